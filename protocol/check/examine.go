package check

import (
	"fmt"
	"slices"

	"github.com/polis-agents/polis/protocol/interaction"
)

// report notes a fault, unless it is known.
func (e *exploration) report(k faultKey, f Fault, path []action) {
	if e.seen[k] {
		return
	}
	e.seen[k] = true
	f.Kind, f.Role = k.kind, k.role
	f.Trace = e.trace(e.in, path)
	e.found = append(e.found, f)
}

// missed notes that a message meets a state that says nothing about it.
func (e *exploration) missed(n uint32, c *situation, a action) {
	head := c.sessions[a.session][1-a.role].out[0]
	k := faultKey{Unspecified, interaction.Role(a.role), c.sessions[a.session][a.role].at, head.label}
	if c.broken || head.auto || e.seen[k] {
		return
	}
	f := Fault{State: e.name(int(a.role), k.state), Label: e.labels[head.label].String()}
	f.Text = fmt.Sprintf("the %s in %s cannot take %s%s", k.role, f.State, f.Label, [...]string{"", " in reply to its cancel", " in reply to a former round", ""}[head.answer])
	if head.origin {
		f.Text += " passed on"
	}
	e.report(k, f, append(e.path(n), a))
}

// examine looks at a situation by itself: can a side stay where it is for ever?
func (e *exploration) examine(n uint32, c *situation) {
	if e.in == guards {
		e.suspect = e.suspect || e.unsure(c)
	}
	quiet, goes := true, false // nothing is on the way; something can still happen
	var held, left []faultKey  // sides that have not ended; those whose wait ends
	both := false
	for s := range c.sessions {
		open := 0
		for r := range c.sessions[s] {
			h := &c.sessions[s][r]
			quiet = quiet && len(h.out) == 0
			if e.over(r, h.at) {
				continue
			}
			open++
			k := faultKey{Wait, interaction.Role(r), h.at, none}
			st := &e.sides[r].states[h.at]
			if e.in == anything && !st.waits && !st.never && !e.seen[k] {
				e.report(k, Fault{State: e.name(r, h.at), Text: e.endless(r, h.at)}, e.path(n))
			}
			waiting, moving := e.may(c, s, r)
			goes = goes || moving
			if waiting {
				left = append(left, k)
			} else if !st.never {
				held = append(held, k)
			}
		}
		both = both || open == 2
	}
	switch {
	case !quiet || len(left) > 0 || e.allOver(c):
	case both && !goes:
		e.blocked[n] = true
		e.deadlock(n, c)
	case e.in == untimed:
	case len(held) > 0:
		e.blocked[n] = e.blocked[n] || !goes
		for _, k := range held {
			name := e.name(int(k.role), k.state)
			e.report(k, Fault{State: name, Text: fmt.Sprintf("no wait of the %s in %s can end any more", k.role, name)}, e.path(n))
		}
	default:
		e.blocked[n] = e.blocked[n] || !goes // it was said that this may last for ever
	}
}

// may says whether a wait of a side can end, and whether it can make a move at all without a message, other than to give up.
func (e *exploration) may(c *situation, s, r int) (waiting, moving bool) {
	for i := range e.sides[r].states[c.sessions[s][r].at].moves {
		mv := &e.sides[r].states[c.sessions[s][r].at].moves[i]
		if mv.by != byMessage && !mv.never && e.holds(c, s, r, mv) && (e.in != untimed || mv.by != byWait) {
			moving, waiting = moving || !e.gives(mv), waiting || mv.by == byWait
		}
	}
	return waiting, moving
}

// endless says in which way a state has no deadline.
func (e *exploration) endless(r int, at uint16) string {
	role, name := interaction.Role(r), e.name(r, at)
	st := &e.sides[r].states[at]
	never, own := "", false
	for i := range st.moves {
		if st.moves[i].never {
			never = e.sides[r].machine[at].Moves[i].After
		}
		own = own || !e.gives(&st.moves[i]) && (st.moves[i].by == byWish || st.moves[i].by == byEvent)
	}
	switch {
	case never != "":
		return fmt.Sprintf("the %s in %s waits %q, which never ends, and no clause says why", role, name, never)
	case own:
		return fmt.Sprintf("the %s stays in %s for ever when its agent does nothing: no move is set off by a wait", role, name)
	}
	return fmt.Sprintf("the %s in %s waits for a message that may not come: no move is set off by a wait", role, name)
}

func (e *exploration) deadlock(n uint32, c *situation) {
	for s := range c.sessions {
		i, p := c.sessions[s][0].at, c.sessions[s][1].at
		if e.over(0, i) || e.over(1, p) || c.broken && e.sides[0].states[i].never && e.sides[1].states[p].never {
			continue // or something was lost, and that they then wait for ever is said
		}
		text := fmt.Sprintf("the initiator in %s and the participant in %s wait for each other, and nothing is on the way", e.name(0, i), e.name(1, p))
		e.report(faultKey{Deadlock, interaction.Initiator, i, p}, Fault{State: e.name(0, i), Text: text}, e.path(n))
	}
}

// unsure says whether some message can arrive while other sessions stand in the way of all moves that would take it.
func (e *exploration) unsure(c *situation) bool {
	for s := range c.sessions {
		at := c.sessions[s][0].at
		if e.final(0, at) {
			continue
		}
		all := e.sides[0].states[at].moves
		for i := range all {
			mv := &all[i]
			if mv.by != byMessage || !mv.guarded || e.holds(c, s, 0, mv) {
				continue
			}
			if !slices.ContainsFunc(all, func(o move) bool {
				return o.by == byMessage && o.rank == mv.rank && o.answer == mv.answer && o.origin == mv.origin && slices.Equal(o.takes, mv.takes) && e.holds(c, s, 0, &o)
			}) {
				return true
			}
		}
	}
	return false
}
