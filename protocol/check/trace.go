package check

import (
	"slices"

	"github.com/polis-agents/polis/protocol/interaction"
)

// path is how a situation was reached.
func (e *exploration) path(n uint32) (all []action) {
	for ; n != 0; n = e.parent[n] {
		all = append(all, e.by[n])
	}
	slices.Reverse(all)
	return all
}

// trace tells actions from the beginning on.
func (m *model) trace(in scope, path []action) (steps []Step) {
	c := m.start(in)
	for _, a := range path {
		steps = append(steps, m.step(c, a))
		c = m.apply(c, a, true)
		last := &steps[len(steps)-1]
		last.Initiator, last.Participant = m.name(0, c.sessions[a.session][0].at), m.name(1, c.sessions[a.session][1].at)
	}
	return steps
}

// step tells an action without what comes of it.
func (m *model) step(c *situation, a action) Step {
	s := Step{Session: int(a.session) + 1, Role: interaction.Role(a.role)}
	if a.does != moves && a.does != stops {
		if out := c.sessions[a.session][1-a.role].out; len(out) > 0 {
			s.What = m.labels[out[0].label].String()
		}
	}
	switch a.does {
	case moves, takes:
		mv := m.sides[a.role].machine[c.sessions[a.session][a.role].at].Moves[a.move]
		s.Does = "receives"
		switch m.move(c, a).by {
		case byWish:
			s.Does, s.What = "sends", m.labels[a.label].String()
			return s
		case byWait:
			s.Does, s.What = "after", mv.After
		case byEvent:
			s.Does, s.What = "on", mv.On
		}
		if a.label != none {
			s.Sends = m.labels[a.label].String()
		}
	case misses:
		s.Does = "cannot take"
	case lets:
		s.Does = "has ended before"
	case bounces:
		s.Does, s.Role = "is returned", s.Role.Other()
	case loses:
		s.Does = "never gets"
	case stops:
		s.Does, s.What = "stops", ""
	}
	return s
}

// name is that of a state.
func (m *model) name(r int, at uint16) string {
	switch at {
	case ended, unheard:
		return "an end"
	case returned:
		return "[UNDELIVERABLE]"
	case gone:
		return "stopped"
	}
	return m.sides[r].machine[at].Name
}
