package monitor

import (
	"slices"
	"time"
)

// conversation is what has one conversation-id: the agent's sessions with one peer or several.
type conversation struct {
	id   string
	one  *session            // the only one
	all  map[string]*session // by peer, when there are several
	rows []row               // how many sessions are where, for machines of which there may be several

	attached any // see Monitor.Attach

	first session // the one that began it: most have no other
	names [2]name // of that: what is asked, and what is answered
}

// row counts the sessions that stand in one round of one machine. Guards are evaluated on counts, so that a call to 1000
// participants costs no more for each than a call to one.
type row struct {
	machine *machine
	round   uint32
	counts  []uint32      // by state, the ended ones too
	by      time.Duration // the earliest reply-by said in this round; never: none
	held    []bool        // by place in machine.guarded: whether the guard held when it was last looked at
}

func (c *conversation) session(peer string) *session {
	if c.one != nil {
		if c.one.party.name == peer {
			return c.one
		}
		return nil
	}
	return c.all[peer]
}

func (c *conversation) add(s *session) {
	switch {
	case c.one == nil && c.all == nil:
		c.one = s
		return
	case c.all == nil:
		c.all, c.one = map[string]*session{c.one.party.name: c.one}, nil
	}
	c.all[s.party.name] = s
}

func (c *conversation) remove(s *session) {
	if c.one == s {
		c.one = nil
	}
	delete(c.all, s.party.name)
}

func (c *conversation) empty() bool { return c.one == nil && len(c.all) == 0 }

// each calls f for each session, in no order.
func (c *conversation) each(f func(s *session)) {
	if c.one != nil {
		f(c.one)
	}
	for _, s := range c.all {
		f(s)
	}
}

// row gives the row of a round; nil: there is none.
func (c *conversation) row(m *machine, round uint32) *row {
	for i := len(c.rows) - 1; i >= 0; i-- {
		if c.rows[i].machine == m && c.rows[i].round == round {
			return &c.rows[i]
		}
	}
	return nil
}

// count counts a session, or takes it out of the count, where it stands.
func (c *conversation) count(s *session, state uint16, round uint32, in bool) {
	if !s.machine.many || int(state) >= len(s.machine.states) {
		return
	}
	r := c.row(s.machine, round)
	if r == nil {
		c.rows = append(c.rows, row{machine: s.machine, round: round, counts: make([]uint32, len(s.machine.states)), by: never,
			held: make([]bool, len(s.machine.guarded))})
		r = &c.rows[len(c.rows)-1]
	}
	if in {
		r.counts[state]++
		return
	}
	r.counts[state]--
	if !slices.ContainsFunc(r.counts, func(n uint32) bool { return n > 0 }) {
		m := r.machine
		c.rows = slices.DeleteFunc(c.rows, func(o row) bool { return o.machine == m && o.round == round })
	}
}

// shift counts a session as standing elsewhere.
func (c *conversation) shift(s *session, state uint16, round uint32) {
	c.count(s, state, round, true)
	c.count(s, s.state, s.round, false)
	s.state, s.round = state, round
}

// holds says whether a guard about the other sessions holds for one of them.
func (c *conversation) holds(s *session, mv *move) bool {
	return c.admits(s.machine, s.state, s.round, mv)
}

// admits says so for any session that stands in a state in a round.
func (c *conversation) admits(m *machine, state uint16, round uint32, mv *move) bool {
	var few uint32
	for i := range c.rows {
		r := &c.rows[i]
		if r.machine != m {
			continue
		}
		if mv.level && r.round > round {
			return false
		}
		if r.round <= round {
			for _, s := range mv.none {
				if n := r.counts[s]; n > 1 || n == 1 && (s != state || r.round != round) {
					return false
				}
			}
		}
		for _, s := range mv.fewer {
			few += r.counts[s]
			if s == state && r.round == round {
				few--
			}
		}
	}
	return len(mv.fewer) == 0 || few < mv.than
}

// initiated says whether the agent has begun sessions of a machine in this conversation.
func (c *conversation) initiated(m *machine) (found bool) {
	c.each(func(s *session) { found = found || s.machine == m })
	return found
}
