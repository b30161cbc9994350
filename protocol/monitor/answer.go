package monitor

import (
	"slices"
	"strconv"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// answer adds an automatic answer. There is none to an act that is itself an answer of this kind, so that two monitors never
// go on answering each other. It goes to the sender; redirected: to whom the sender may have it sent (see redirects).
func (m *Monitor) answer(msg *protocol.Message, act protocol.Act, why protocol.Reason, redirected bool, step *Step) {
	if answers(msg.Act) || msg.Sender == "" || msg.Sender == m.c.Self {
		return
	}
	to := []string{msg.Sender}
	if redirected {
		to = slices.Clone(msg.ReplyTo)
	}
	out := protocol.Message{Act: act, Sender: m.c.Self, Receivers: to, Content: why, Protocol: msg.Protocol, Conversation: msg.Conversation, InReplyTo: msg.ReplyWith}
	if out.Check() != nil || out.Conversation == "" { // what it echoes is malformed
		if out.Protocol, out.Conversation = "", ""; out.Check() != nil {
			out.InReplyTo = ""
		}
	}
	if out.Check() == nil {
		step.Say = append(step.Say, out)
	}
}

// decline answers an opening act that is not taken up.
func (m *Monitor) decline(g *program, msg *protocol.Message, l interaction.Label, code string, step *Step) {
	act := protocol.Failure
	switch {
	case g.refusable(l):
		act = protocol.Refuse
	case msg.Act == protocol.Propose:
		act = protocol.RejectProposal
	}
	m.answer(msg, act, protocol.Reason{Code: code}, m.redirects(msg), step)
}

// exceeds says which bound a message would exceed; "": none. One that ends the session exceeds none, nor does one that the
// protocol itself bounds.
func (m *Monitor) exceeds(p *planned, msg *protocol.Message, l interaction.Label, heard bool) (code string) {
	if p.move.most != 0 { // its own bound holds for it
		return ""
	}
	var loops bool
	p.mark, loops = m.marked(p.session, msg, l, heard)
	switch {
	case p.session.machine.states[p.move.to].final:
		return ""
	case m.spent(p.session, p.move):
		return CodeBudget
	case loops:
		return CodeLivelock
	}
	return ""
}

// cut ends a session that exceeds a bound, and says so to the peer by what is legal: failure, refuse, reject-proposal or
// cancel, else not-understood. msg is the one that exceeds it, or nil.
func (m *Monitor) cut(at time.Duration, s *session, code string, msg *protocol.Message, step *Step) {
	out := protocol.Message{Act: protocol.NotUnderstood, Sender: m.c.Self, Receivers: []string{s.party.name}, Content: protocol.Reason{Code: code},
		Protocol: s.machine.data.Name, Conversation: s.conversation.id, InReplyTo: s.answer}
	says := s.machine.states[s.state].says
	for _, act := range []protocol.Act{protocol.Cancel, protocol.RejectProposal, protocol.Refuse, protocol.Failure} {
		for i := range says {
			if l := says[i].label; l.Act == act && l.Kind == "" && says[i].answer == "" && m.holds(s, &says[i]) {
				out.Act = act
			}
		}
	}
	if msg == nil || msg.Act != protocol.NotUnderstood {
		step.Say = append(step.Say, out)
	}
	m.stop(at, s, stateCut, code, step)
}

// fresh is a name that the agent has not given before.
func (m *Monitor) fresh() string {
	m.named++
	var room [64]byte
	return string(strconv.AppendUint(append(append(room[:0], m.c.Self...), '.'), m.named, 10))
}

// Open gives a message that opens a conversation, with a fresh conversation-id and reply-with. Nothing is sent: see Send.
func (m *Monitor) Open(token string, act protocol.Act, content any, receivers ...string) protocol.Message {
	return protocol.Message{Act: act, Sender: m.c.Self, Receivers: receivers, Content: content, Protocol: token, Conversation: m.fresh(), ReplyWith: m.fresh()}
}

// Name is the reply-with of a message that opens a conversation under a name of the agent's own: that which Open would give.
func (m *Monitor) Name() string {
	m.named++
	return m.fresh()
}

// Reply gives a message that goes on with a session: with its protocol and conversation, a fresh reply-with, and an
// in-reply-to that names the cancel where the act can answer one, else what the peer said last. Whether it is legal, Send says.
// false: there is no such session open.
func (m *Monitor) Reply(conversation, peer string, act protocol.Act, content any) (protocol.Message, bool) {
	s := m.session(conversation, peer)
	if s == nil {
		return protocol.Message{}, false
	}
	out := protocol.Message{Act: act, Sender: m.c.Self, Receivers: []string{peer}, Content: content, Protocol: s.machine.data.Name,
		Conversation: s.conversation.id}
	if s.ended {
		return out, s.settles(s.machine.program, &out, false)
	}
	state := &s.machine.states[s.state]
	var mv *move
	if s.more != nil || state.rounds { // else every move answers what was said last
		mv = m.choose(s, state.says, &out, interaction.LabelOf(&out), false)
	}
	out.ReplyWith, out.InReplyTo = m.fresh(), s.answer
	switch {
	case mv != nil && mv.answer == interaction.AnswerCancel && s.more != nil:
		out.InReplyTo = s.more.cancel
	case mv != nil && mv.round: // a new round answers nothing of the one before
		out.InReplyTo = ""
	}
	return out, true
}
