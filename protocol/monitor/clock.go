package monitor

import (
	"slices"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// deadline is that of wait i of the state.
func (s *session) deadline(i int) time.Duration {
	if len(s.dues) > 0 {
		return s.dues[i]
	}
	return s.due
}

func (s *session) set(i int, d time.Duration) {
	if len(s.dues) > 0 {
		s.dues[i] = d
		return
	}
	s.due = d
}

// rest works out which deadline comes first.
func (m *Monitor) rest(s *session) {
	if len(s.dues) > 0 {
		s.due = slices.Min(s.dues)
	}
	m.due.fix(s)
}

// after is a span after a time.
func after(t, span time.Duration) time.Duration {
	if span == never || t > never-span {
		return never
	}
	return t + span
}

// wind sets the deadlines of the state that a session has come to. A message that leaves it in its place (S, CANCELLING/S and
// CANCEL_ASKED/S are one) and begins no round does not begin a wait anew that it had there.
func (m *Monitor) wind(at time.Duration, p *planned, msg *protocol.Message, heard bool) {
	s := p.session
	states := s.machine.states
	from, to := &states[p.from], &states[s.state]
	stays := msg != nil && from.place == to.place && s.round == p.round
	if stays && p.from == s.state {
		return
	}
	old, due := s.dues, s.due
	s.dues, s.due = nil, never
	if len(to.waits) > 1 {
		s.dues = make([]time.Duration, len(to.waits))
	}
	for i := range to.waits {
		w, d := &to.waits[i], never
		k := -1
		if stays {
			k = slices.IndexFunc(from.waits, func(o move) bool { return o.wait == w.wait && o.guarded == w.guarded })
		}
		switch {
		case k >= 0 && len(old) > 0:
			d = old[k]
		case k >= 0:
			d = due
		case !w.guarded || s.conversation.holds(s, w):
			d = m.start(at, s, w, msg, heard)
		}
		s.set(i, d)
	}
	m.rest(s)
}

// start gives the deadline of a wait that starts.
func (m *Monitor) start(at time.Duration, s *session, w *move, msg *protocol.Message, heard bool) time.Duration {
	d := after(at, w.span)
	said := msg != nil && msg.ReplyBy != 0
	switch {
	case w.wait == waitCancel && said && msg.Act == protocol.Cancel:
		return replyBy(msg, at)
	case w.wait != interaction.Reply:
		return d
	case said && msg.Act != protocol.Cancel:
		d = replyBy(msg, at)
	default:
		said = false
	}
	if s.machine.many {
		d = m.earliest(s, d, said && !heard)
	}
	return d
}

// replyBy is that of a message, as a deadline: not before now, and not never.
func replyBy(msg *protocol.Message, at time.Duration) time.Duration {
	return min(max(msg.ReplyBy, at), never-1)
}

// waitCancel is the wait for the answer to a cancel: it ends at the reply-by of the cancel.
const waitCancel = "cancel"

// earliest is the deadline for the replies of all participants in one round (R4): the minimum of the reply-bys said.
func (m *Monitor) earliest(s *session, d time.Duration, said bool) time.Duration {
	c := s.conversation
	r := c.row(s.machine, s.round)
	if r.by <= m.now { // it has passed: who is called now is called anew
		r.by = never
	}
	if said && d < r.by {
		r.by = d
		c.each(func(o *session) {
			if o == s || o.ended || o.machine != s.machine || o.round != s.round {
				return
			}
			waits := o.machine.states[o.state].waits
			for i := range waits {
				if waits[i].wait == interaction.Reply && o.deadline(i) > d && o.deadline(i) != never {
					o.set(i, d)
				}
			}
			m.rest(o)
		})
	}
	return min(d, r.by)
}

// turned starts and stops the waits whose guards have come to hold, or hold no more, after sessions of a conversation have
// moved. All sessions that stand in one state and round are in the same case, so the guards are evaluated once for each.
func (m *Monitor) turned(at time.Duration, c *conversation, machine *machine) {
	if len(machine.guarded) == 0 {
		return
	}
	for i := range c.rows {
		r := &c.rows[i]
		for g, w := range machine.guarded {
			if r.machine != machine || r.counts[w.state] == 0 {
				continue
			}
			if holds := c.admits(machine, w.state, r.round, &machine.states[w.state].waits[w.wait]); holds != r.held[g] {
				r.held[g] = holds
				m.regroup(at, c, machine, w.state, r.round)
			}
		}
	}
}

// regroup does so for the sessions of one state and round.
func (m *Monitor) regroup(at time.Duration, c *conversation, machine *machine, state uint16, round uint32) {
	waits := machine.states[state].waits
	c.each(func(s *session) {
		if s.machine != machine || s.state != state || s.round != round || s.ended {
			return
		}
		for i := range waits {
			w := &waits[i]
			if !w.guarded {
				continue
			}
			switch holds := c.holds(s, w); {
			case !holds:
				s.set(i, never)
			case s.deadline(i) == never:
				s.set(i, m.start(at, s, w, nil, false))
			}
		}
		m.rest(s)
	})
}
