package monitor

import (
	"fmt"
	"slices"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// Send judges a message that the agent wants to say. When the verdict is not Accepted it must not be sent, and no session has
// changed, but for one that was cut. A message to several goes to all of them or to none; their sessions are moved in the
// order of the receivers. What opens a conversation for another (its reply-to names neither the agent nor nobody) opens no session here.
func (m *Monitor) Send(now time.Duration, msg *protocol.Message) Step {
	step := m.step()
	m.advance(now, &step)
	if msg.Protocol == "" {
		return step
	}
	g, reason := m.understand(msg)
	if g == nil {
		return step.is(NotUnderstood, reason)
	}
	if m.c.Permit != nil {
		own := *msg
		own.Sender = m.c.Self
		if err := m.permit(&own); err != nil {
			return step.is(Forbidden, protocol.Reason{Code: CodeUnauthorised, Detail: err.Error()})
		}
	}
	l := interaction.LabelOf(msg)
	var few [1]planned
	plans := few[:0]
	for _, to := range msg.Receivers {
		p := planned{}
		v, r := m.want(&p, g, msg, l, to)
		if v != Accepted {
			for i := len(plans) - 1; i >= 0; i-- {
				m.undo(&plans[i])
			}
			if v == Cut && p.session != nil {
				m.cut(m.now, p.session, r.Code, nil, &step)
			}
			return step.is(v, r)
		}
		if p.session != nil {
			p.plan()
		}
		plans = append(plans, p)
	}
	for i := range plans {
		switch p := &plans[i]; {
		case p.settles != nil:
			p.settles.settled = true
		case p.session != nil:
			m.carry(m.now, p, msg, false, &step)
		}
	}
	for i := range plans { // sessions of one conversation may be of several protocols: that of a recruiter, and those of its targets
		if s := plans[i].session; s != nil && (i == 0 || plans[i-1].session == nil || plans[i-1].session.machine != s.machine) {
			m.turned(m.now, s.conversation, s.machine)
		}
	}
	return step
}

// want looks whether a message may be said to one receiver, and by which move. A plan without a session: none is needed.
func (m *Monitor) want(p *planned, g *program, msg *protocol.Message, l interaction.Label, to string) (Verdict, protocol.Reason) {
	if to == m.c.Self {
		return OutOfSequence, sequence("a message of the agent to itself")
	}
	s := m.session(msg.Conversation, to)
	switch {
	case s == nil:
		return m.wantOpen(p, g, msg, l, to)
	case s.ended && s.settles(g, msg, false):
		p.settles = s
		return Accepted, protocol.Reason{}
	case s.ended:
		return Late, protocol.Reason{Code: CodeLate, Detail: fmt.Sprintf("%s to %q after %s", l, to, s.name(s.state))}
	case s.machine.program != g:
		return OutOfSequence, sequence(fmt.Sprintf("protocol %q in a conversation of %q", g.data.Name, s.machine.data.Name))
	}
	mv := m.choose(s, s.machine.states[s.state].says, msg, l, false)
	if mv == nil {
		return OutOfSequence, sequence(fmt.Sprintf("%s to %q in state %s; accepted is one of %v", l, to, s.name(s.state), m.Legal(m.now, msg.Conversation, to)))
	}
	p.session, p.move = s, mv
	if code := m.exceeds(p, msg, l, false); code != "" {
		return Cut, protocol.Reason{Code: code}
	}
	return Accepted, protocol.Reason{}
}

func (m *Monitor) wantOpen(p *planned, g *program, msg *protocol.Message, l interaction.Label, to string) (Verdict, protocol.Reason) {
	machine, c := g.machines[interaction.Initiator], m.conversations[msg.Conversation]
	p.move = machine.opening(l)
	switch {
	case p.move == nil:
		return Unknown, protocol.Reason{Code: CodeUnknown, Detail: fmt.Sprintf("%s to %q opens no conversation of %s", l, to, g.data.Name)}
	case len(msg.ReplyTo) > 0 && !slices.Contains(msg.ReplyTo, m.c.Self):
		return Accepted, protocol.Reason{}
	case !machine.many && (len(msg.Receivers) > 1 || c != nil && c.initiated(machine)):
		return OutOfSequence, sequence(fmt.Sprintf("%s to several; accepted in %s is one participant", l, g.data.Name))
	case m.open >= m.c.Open:
		return Cut, protocol.Reason{Code: CodeOverloaded}
	}
	var loops bool
	if p.echo, loops = m.echo(m.parties[to], g.data.Name, msg, l, false); loops {
		return Cut, protocol.Reason{Code: CodeLivelock}
	}
	p.session, p.fresh = m.begin(msg.Conversation, to, machine), true
	if !m.holds(p.session, p.move) {
		m.drop(p.session)
		p.session = nil
		return OutOfSequence, sequence(fmt.Sprintf("%s to %q: other sessions of the conversation stand against it", l, to))
	}
	return Accepted, protocol.Reason{}
}

// begin makes a session in the first state.
func (m *Monitor) begin(conversationID, peer string, machine *machine) *session {
	c, s := m.conversation(conversationID), (*session)(nil)
	if c == nil {
		c = m.room()
		c.id, s, c.first.names = conversationID, &c.first, c.names[:0]
		m.conversations[conversationID] = c
	} else {
		s = &session{}
	}
	s.conversation, s.party, s.machine, s.due, s.at = c, m.party(peer), machine, never, -1
	s.party.sessions++
	m.recent = s
	c.add(s)
	c.count(s, s.state, s.round, true)
	m.open++
	return s
}

// maxFree is of how many conversations the room is kept.
const maxFree = 64

// room gives that of a conversation: of one forgotten, if there is one.
func (m *Monitor) room() (c *conversation) {
	last := len(m.free) - 1
	if last < 0 {
		return &conversation{}
	}
	c, m.free = m.free[last], m.free[:last]
	return c
}

// drop takes back begin.
func (m *Monitor) drop(s *session) {
	s.conversation.count(s, s.state, s.round, false)
	m.count(s, -1)
	m.forget(s)
	m.open--
}

// Undelivered says that a message of the agent has not reached one of its receivers: the session ends as [UNDELIVERABLE].
func (m *Monitor) Undelivered(now time.Duration, msg *protocol.Message, to, reason string) Step {
	step := m.step()
	m.advance(now, &step)
	switch s := m.session(msg.Conversation, to); {
	case s == nil || msg.Protocol != s.machine.data.Name:
		return step.is(Unknown, protocol.Reason{Code: CodeUnknown, Detail: reason})
	case s.ended:
		return step.is(Late, protocol.Reason{Code: CodeLate, Detail: reason})
	default:
		m.stop(m.now, s, stateUndeliverable, "undelivered", &step)
	}
	return step
}

// Event says that something has happened inside the agent that a protocol waits for: "skip", "condition".
func (m *Monitor) Event(now time.Duration, conversation, peer, event string) Step {
	step := m.step()
	m.advance(now, &step)
	s := m.session(conversation, peer)
	switch {
	case s == nil:
		return step.is(Unknown, protocol.Reason{Code: CodeUnknown})
	case s.ended:
		return step.is(Late, protocol.Reason{Code: CodeLate, Detail: s.name(s.state)})
	}
	events := s.machine.states[s.state].events
	for i := range events {
		if mv := &events[i]; mv.event == event && m.holds(s, mv) {
			if m.spent(s, mv) {
				m.cut(m.now, s, CodeBudget, nil, &step)
				return step.is(Cut, protocol.Reason{Code: CodeBudget})
			}
			p := planned{session: s, move: mv}
			p.plan()
			m.carry(m.now, &p, nil, false, &step)
			m.turned(m.now, s.conversation, s.machine)
			return step
		}
	}
	return step.is(OutOfSequence, sequence(fmt.Sprintf("event %.80q in state %s", event, s.name(s.state))))
}
