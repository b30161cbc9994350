package monitor

import (
	"slices"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// planned is a move that is to be made: the first of two steps, in which all receivers of a message are looked at. Sessions
// and counts already stand where they will; all else follows in Monitor.carry.
type planned struct {
	session *session
	move    *move
	from    uint16
	round   uint32   // before
	fresh   bool     // the session is made by it
	mark    mark     // of the message
	echo    pair     // of an opening
	settles *session // the message comes after the end of this one, and moves none
}

// plan lets a session stand where a move leads.
func (p *planned) plan() {
	s := p.session
	p.from, p.round = s.state, s.round
	round := s.round
	if p.move.round && !p.fresh {
		round++
	}
	s.conversation.shift(s, p.move.to, round)
}

// undo takes plan back.
func (m *Monitor) undo(p *planned) {
	s := p.session
	if s == nil {
		return
	}
	s.conversation.shift(s, p.from, p.round)
	if p.fresh {
		m.drop(s)
	}
}

// carry does the rest of what follows from a planned move. msg is the message that set it off, or nil.
func (m *Monitor) carry(at time.Duration, p *planned, msg *protocol.Message, heard bool, step *Step) {
	s, mv := p.session, p.move
	before := s.answer
	if msg != nil {
		s.remember(msg, heard)
		s.messages++
		s.follow(p.mark, mv)
	}
	switch { // what is said next answers what was heard in this round
	case mv.round && !heard:
		s.answer = ""
	case heard && mv.answer == interaction.AnswerOlder:
		s.answer = before
	}
	if p.echo.label != 0 {
		m.note(s.party, p.echo)
	}
	s.made(mv)
	if mv.send.Act != "" {
		m.say(s, mv, msg, step)
	}
	if mv.wait != "" && mv.send.Act == "" {
		s.messages++ // so that waits that follow each other for ever exceed the budget too
	}
	m.change(at, s, p.from, mv.by, step)
	if s.machine.states[s.state].final {
		s.expired = mv.wait != ""
		if msg != nil && !answers(msg.Act) {
			m.unpair(s.party)
		}
		m.end(at, s)
	} else {
		m.wind(at, p, msg, heard)
	}
}

// answers says whether an act only ever answers, and refuses: no automatic answer is given to one, and it is no progress.
func answers(a protocol.Act) bool {
	return a == protocol.NotUnderstood || a == protocol.Refuse || a == protocol.Failure || a == protocol.RejectProposal
}

// change notes that a session stands elsewhere.
func (m *Monitor) change(at time.Duration, s *session, from uint16, by string, step *Step) {
	step.Changes = append(step.Changes, Change{Conversation: s.conversation.id, Peer: s.party.name, Protocol: s.machine.data.Name, Role: s.machine.role,
		From: s.name(from), To: s.name(s.state), Final: int(s.state) >= len(s.machine.states) || s.machine.states[s.state].final, By: by, At: at, Attached: s.attached})
}

// stop ends a session in an end that is none of its machine's, or in [NU].
func (m *Monitor) stop(at time.Duration, s *session, state uint16, by string, step *Step) {
	from := s.state
	if i, ok := s.machine.find(s.name(state)); ok {
		state = i
	}
	s.conversation.shift(s, state, s.round)
	m.change(at, s, from, by, step)
	m.end(at, s)
	m.turned(at, s.conversation, s.machine)
}

// end makes a session one that is remembered.
func (m *Monitor) end(at time.Duration, s *session) {
	s.due = never
	m.due.fix(s)
	m.count(s, -1)
	s.ended, s.dues, s.names, s.more, s.answer = true, nil, nil, nil, ""
	s.endedAt = at
	m.open--
	m.ended = append(m.ended, s)
	m.tidy(false)
}

// tidy forgets what ended long ago. over says that nobody looks at a session now: the room of a conversation can be used again.
func (m *Monitor) tidy(over bool) {
	for m.forgotten < len(m.ended) {
		s := m.ended[m.forgotten]
		if len(m.ended)-m.forgotten <= maxEnded && m.now-s.endedAt <= m.c.Kept {
			break
		}
		c := s.conversation
		if m.forget(s); over && c.empty() && len(m.free) < maxFree {
			*c = conversation{}
			m.free = append(m.free, c)
		}
		m.ended[m.forgotten] = nil
		m.forgotten++
	}
	if m.forgotten > 64 && m.forgotten > len(m.ended)/2 {
		m.ended, m.forgotten = slices.Delete(m.ended, 0, m.forgotten), 0
	}
}

// forget takes a session out of its conversation.
func (m *Monitor) forget(s *session) {
	if m.recent == s {
		m.recent = nil
	}
	s.conversation.remove(s)
	s.party.sessions--
	m.part(s.party)
	if s.conversation.empty() {
		delete(m.conversations, s.conversation.id)
	}
}

// advance lets pass what is due before now.
func (m *Monitor) advance(now time.Duration, step *Step) {
	now = m.at(now)
	for len(m.due) > 0 && m.due[0].due < now {
		m.now = m.due[0].due
		m.pass(m.due[0], step)
	}
	m.now = now
	m.tidy(true)
}

// at is the time that a call is taken to be at: time does not go back.
func (m *Monitor) at(now time.Duration) time.Duration { return max(m.now, now) }

// pass makes the move of a session whose deadline has passed.
func (m *Monitor) pass(s *session, step *Step) {
	waits := s.machine.states[s.state].waits
	for i := range waits {
		mv := &waits[i]
		if s.deadline(i) != s.due || !m.holds(s, mv) {
			continue
		}
		at := s.due
		if m.spent(s, mv) {
			m.cut(at, s, CodeBudget, nil, step)
			return
		}
		p := planned{session: s, move: mv}
		p.plan()
		m.carry(at, &p, nil, false, step)
		m.turned(at, s.conversation, s.machine)
		return
	}
	for i := range waits { // a bounded wait that may not end again
		if s.deadline(i) == s.due {
			s.set(i, never)
		}
	}
	m.rest(s)
}

// say adds what a move says by itself.
func (m *Monitor) say(s *session, mv *move, msg *protocol.Message, step *Step) {
	out := protocol.Message{Act: mv.send.Act, Sender: m.c.Self, Receivers: []string{s.party.name}, Content: contentOf(mv.send),
		Protocol: s.machine.data.Name, Conversation: s.conversation.id, InReplyTo: s.answer}
	if !out.Act.Reasoned() { // the others ask for no reply, and would push out the names of what does
		out.ReplyWith = m.fresh()
	}
	if msg != nil {
		out.InReplyTo = msg.ReplyWith
	}
	s.remember(&out, false)
	s.messages++
	step.Say = append(step.Say, out)
}

// contentOf is what a message of a label that nobody wrote says.
func contentOf(l interaction.Label) any {
	switch {
	case l.Kind == "":
		return nil
	case l.Act == protocol.Refuse || l.Act == protocol.Failure || l.Act == protocol.NotUnderstood || l.Act == protocol.RejectProposal:
		return protocol.Reason{Code: l.Kind}
	case l.Kind == (protocol.Done{}).Kind():
		return protocol.Done{}
	}
	return protocol.Note{What: l.Kind}
}
