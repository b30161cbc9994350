package norm

import (
	"cmp"
	"slices"
)

// cause is who has put a norm in force by what it said.
type cause struct{ norm, by string }

// cause gives that of an instance; false: nobody's words have.
func (e *Entity) cause(in *Instance) (c cause, ok bool) {
	n := e.norm(in.Norm)
	c = cause{in.Norm, in.Other}
	if n.When != nil && n.When.By == Self {
		c.by = in.Debtor
	}
	return c, c.by != ""
}

// crowded says that who puts an instance in force has put too many in force already: so that nobody takes the room of all.
func (e *Entity) crowded(in *Instance) bool {
	c, ok := e.cause(in)
	return ok && e.caused[c] >= MaxEach
}

// add indexes an instance, which is the newest.
func (e *Entity) add(in *Instance) {
	e.owed[in.Debtor] = append(e.owed[in.Debtor], in)
	if c, ok := e.cause(in); ok {
		e.caused[c]++
	}
	if in.Deadline > 0 && (e.soon == 0 || in.Deadline < e.soon) {
		e.soon = in.Deadline
	}
}

// remove takes instances out, oldest first.
func (e *Entity) remove(over []*Instance) {
	if len(over) == 0 {
		return
	}
	gone := func(in *Instance) bool {
		_, is := slices.BinarySearchFunc(over, in.ID, func(o *Instance, id uint64) int { return cmp.Compare(o.ID, id) })
		return is
	}
	done := map[string]bool{}
	for _, in := range over {
		if c, ok := e.cause(in); ok {
			if e.caused[c]--; e.caused[c] == 0 {
				delete(e.caused, c)
			}
		}
		if done[in.Debtor] {
			continue
		}
		done[in.Debtor] = true
		left := slices.DeleteFunc(e.owed[in.Debtor], gone)
		if e.owed[in.Debtor] = left; len(left) == 0 {
			delete(e.owed, in.Debtor)
		}
	}
	e.state.Instances = slices.DeleteFunc(e.state.Instances, gone)
}
