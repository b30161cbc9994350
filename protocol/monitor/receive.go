package monitor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// recruiting is the protocol in which others than its participant answer in its conversation (SC00034H).
const recruiting = "fipa-recruiting"

// proposal is the protocol in which the initiator tells afterwards what has come of what was accepted (SC00036H).
const proposal = "fipa-propose"

// Receive judges a message that has reached the agent. When the verdict is not Accepted the message is not for the agent's
// roles, and no session has changed, but for one that a malformed message belonged to or that was cut. The sender must be the true one.
//
// A message without a Protocol is Accepted, and means nothing to any session. An opening act with a reply-to that names
// another than its sender opens the session with the agent named there, when Config.Redirect says that the sender may do so.
// Else it is Forbidden: the agent would speak to one that has asked for nothing, in a conversation that may be another's. So is
// what opens a conversation under a name that only the agent gives, its own with a slash: it could not use that name itself any more.
func (m *Monitor) Receive(now time.Duration, msg *protocol.Message) Step {
	step := m.step()
	m.advance(now, &step)
	if msg.Protocol == "" {
		return step
	}
	s := m.session(msg.Conversation, msg.Sender)
	g, reason := m.understand(msg)
	if g == nil {
		if s != nil && !s.ended {
			m.stop(m.now, s, stateNotUnderstood, string(protocol.NotUnderstood), &step)
		}
		m.answer(msg, protocol.NotUnderstood, reason, false, &step)
		return step.is(NotUnderstood, reason)
	}
	l := interaction.LabelOf(msg)
	if err := m.permit(msg); err != nil {
		if s == nil && g.refusable(l) {
			m.answer(msg, protocol.Refuse, protocol.Reason{Code: CodeUnauthorised}, m.redirects(msg), &step)
		}
		return step.is(Forbidden, protocol.Reason{Code: CodeUnauthorised, Detail: err.Error()})
	}
	switch {
	case msg.Sender == m.c.Self:
		return step.is(OutOfSequence, sequence("a message of the agent to itself"))
	case s != nil && s.ended && s.settles(g, msg, true):
		s.settled = true
		return step
	case s != nil && s.ended:
		return m.late(s, msg, &step)
	case s != nil && s.machine.program != g:
		return step.is(OutOfSequence, sequence(fmt.Sprintf("protocol %q in a conversation of %q", g.data.Name, s.machine.data.Name)))
	case s != nil:
		return m.hear(&planned{session: s}, msg, l, &step)
	}
	return m.opened(g, msg, l, &step)
}

// hear judges a message of an open session.
func (m *Monitor) hear(p *planned, msg *protocol.Message, l interaction.Label, step *Step) Step {
	s := p.session
	if p.move = m.choose(s, s.machine.states[s.state].hears, msg, l, true); p.move == nil {
		return step.is(OutOfSequence, sequence(fmt.Sprintf("%s in state %s", l, s.name(s.state))))
	}
	if code := m.exceeds(p, msg, l, true); code != "" {
		m.cut(m.now, s, code, msg, step)
		return step.is(Cut, protocol.Reason{Code: code})
	}
	p.plan()
	m.carry(m.now, p, msg, true, step)
	m.turned(m.now, s.conversation, s.machine)
	return *step
}

// opened judges a message of no session.
func (m *Monitor) opened(g *program, msg *protocol.Message, l interaction.Label, step *Step) Step {
	machine, peer, p := g.machines[interaction.Participant], msg.Sender, planned{fresh: true}
	p.move = machine.opening(l)
	if p.move == nil {
		return m.strange(g, msg, l, step)
	}
	redirected := m.redirects(msg)
	if m.own(msg.Conversation) {
		if g.refusable(l) {
			m.answer(msg, protocol.Refuse, protocol.Reason{Code: CodeUnauthorised}, redirected, step)
		}
		return step.is(Forbidden, protocol.Reason{Code: CodeUnauthorised, Detail: fmt.Sprintf("opens %.80q; accepted are names that are not the agent's own", msg.Conversation)})
	}
	if !redirected && slices.ContainsFunc(msg.ReplyTo, func(to string) bool { return to != msg.Sender }) {
		if g.refusable(l) {
			m.answer(msg, protocol.Refuse, protocol.Reason{Code: CodeUnauthorised}, false, step)
		}
		return step.is(Forbidden, protocol.Reason{Code: CodeUnauthorised, Detail: fmt.Sprintf("replies to %.80q; accepted is the sender alone", msg.ReplyTo)})
	}
	if redirected {
		peer = msg.ReplyTo[0]
	}
	if peer == m.c.Self || len(msg.ReplyTo) > 1 || redirected && m.session(msg.Conversation, peer) != nil {
		return step.is(OutOfSequence, sequence(fmt.Sprintf("%s with replies to %q; accepted is one agent, with which there is no session yet", l, msg.ReplyTo)))
	}
	var loops bool
	if p.echo, loops = m.echo(m.parties[peer], g.data.Name, msg, l, true); loops {
		m.decline(g, msg, l, CodeLivelock, step)
		return step.is(Cut, protocol.Reason{Code: CodeLivelock})
	}
	if m.full(msg.Sender) {
		m.decline(g, msg, l, CodeOverloaded, step)
		return step.is(Cut, protocol.Reason{Code: CodeOverloaded})
	}
	p.session = m.begin(msg.Conversation, peer, machine)
	if peer != msg.Sender {
		p.session.extra().opener = msg.Sender
	}
	m.count(p.session, 1)
	p.plan()
	m.carry(m.now, &p, msg, true, step)
	return *step
}

// strange judges a message of no session that opens none. In a conversation with a recruiter it may be that of a target, and also
// where somebody else has asked the recruiter, and Config.Collect knows of it: but in no conversation that the agent has begun itself.
func (m *Monitor) strange(g *program, msg *protocol.Message, l interaction.Label, step *Step) Step {
	c := m.conversation(msg.Conversation)
	collects := m.c.Collect != nil && !m.own(msg.Conversation) && (c == nil || !c.begun()) && m.c.Collect(msg)
	if (c != nil && c.recruits() || collects) && g.data.Name != recruiting && !m.full(msg.Sender) {
		machine := g.machines[interaction.Initiator]
		s := m.begin(msg.Conversation, msg.Sender, machine)
		s.target = true
		m.count(s, 1)
		s.conversation.shift(s, machine.states[0].says[0].to, 0)
		if m.choose(s, machine.states[s.state].hears, msg, l, true) != nil {
			return m.hear(&planned{session: s}, msg, l, step)
		}
		m.drop(s)
	}
	if c != nil {
		return step.is(OutOfSequence, sequence(fmt.Sprintf("%s of an agent that has no part in the conversation", l)))
	}
	if msg.Act == protocol.Cancel {
		m.answer(msg, protocol.Failure, protocol.Reason{Code: CodeUnknown}, false, step)
	}
	return step.is(Unknown, protocol.Reason{Code: CodeUnknown, Detail: fmt.Sprintf("%s opens no conversation", l)})
}

// settles says whether a message is the one that may follow the end of its session, and changes nothing: what came of a
// proposal that was accepted, told by who made it, or of what could not be cancelled.
func (s *session) settles(g *program, msg *protocol.Message, heard bool) bool {
	if s.settled || s.machine.program != g || msg.Act != protocol.Inform && msg.Act != protocol.Failure {
		return false
	}
	own := heard == (s.machine.role == interaction.Participant) // said by the initiator
	switch end := s.name(s.state); {
	case g.data.Name == proposal:
		return own && end == "[ACCEPTED]"
	default:
		return !own && heard && (end == "[CANCEL_FAILED]" || end == "[CANCEL_TIMEOUT]")
	}
}

// late judges a message of a session that has ended.
func (m *Monitor) late(s *session, msg *protocol.Message, step *Step) Step {
	switch participant := s.machine.role == interaction.Participant; {
	case msg.Act == protocol.Propose:
		m.answer(msg, protocol.RejectProposal, protocol.Reason{Code: CodeLate}, false, step)
	case msg.Act == protocol.Cancel:
		m.answer(msg, protocol.Failure, protocol.Reason{Code: CodeEnded}, false, step)
	case msg.Act == protocol.AcceptProposal && participant && s.expired:
		m.answer(msg, protocol.Failure, protocol.Reason{Code: CodeExpired}, false, step)
	}
	return step.is(Late, protocol.Reason{Code: CodeLate, Detail: fmt.Sprintf("%s after %s", msg.Act, s.name(s.state))})
}

// understand gives the program of a message, or why there is none.
func (m *Monitor) understand(msg *protocol.Message) (*program, protocol.Reason) {
	if err := msg.Check(); err != nil {
		var with interface{ Reason() protocol.Reason }
		if errors.As(err, &with) {
			return nil, with.Reason()
		}
		return nil, protocol.Reason{Code: CodeUnrecognised, Detail: err.Error()}
	}
	g := m.c.Library.programs[msg.Protocol]
	if g == nil {
		return nil, protocol.Reason{Code: CodeUnsupported, Detail: fmt.Sprintf("protocol: %.80q is not known here", msg.Protocol)}
	}
	return g, protocol.Reason{}
}

// redirects says whether a message is to be answered to one other than its sender, and may be.
func (m *Monitor) redirects(msg *protocol.Message) bool {
	return len(msg.ReplyTo) == 1 && msg.ReplyTo[0] != msg.Sender && m.c.Redirect != nil && m.c.Redirect(msg)
}

// full says whether a peer may open no more sessions now.
func (m *Monitor) full(peer string) bool {
	p := m.parties[peer]
	return m.open >= m.c.Open || p != nil && p.opened >= m.c.OpenEach
}

// own says whether it is the agent that names conversations so: "zoe/7.0". What is below another slash others do, who are named so.
func (m *Monitor) own(conversation string) bool {
	rest, ok := strings.CutPrefix(conversation, m.c.Self)
	if ok {
		rest, ok = strings.CutPrefix(rest, "/")
	}
	return ok && !strings.Contains(rest, "/")
}

// permit asks whether the sender may say that.
func (m *Monitor) permit(msg *protocol.Message) error {
	if m.c.Permit == nil {
		return nil
	}
	return m.c.Permit(msg)
}

// is gives a step its verdict.
func (s *Step) is(v Verdict, r protocol.Reason) Step {
	s.Verdict, s.Reason = v, r
	return *s
}

func sequence(detail string) protocol.Reason {
	return protocol.Reason{Code: CodeSequence, Detail: detail}
}

// recruits says whether the agent waits for what a recruiter sets going in this conversation.
func (c *conversation) recruits() (found bool) {
	c.each(func(s *session) {
		found = found || !s.ended && s.machine.data.Name == recruiting && s.machine.role == interaction.Initiator
	})
	return found
}

// begun says whether the agent has begun anything in this conversation itself, other than with whom it collects from.
func (c *conversation) begun() (found bool) {
	c.each(func(s *session) { found = found || s.machine.role == interaction.Initiator && !s.target })
	return found
}
