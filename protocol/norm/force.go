package norm

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// The life of a norm for somebody: in force from activate on, until resolve finds it met or broken, lapse that it is out of
// force, or expire that its time has passed.

type verdict uint8

const (
	open verdict = iota
	met
	broken
)

func (e *Entity) norm(name string) *Norm {
	return find(e.state.Norms, func(n *Norm) bool { return n.Name == name })
}

// activate puts a norm in force for in.Debtor. What is in force for it already, in the same matter, is not put in force twice.
func (e *Entity) activate(n *Norm, in Instance) {
	in.Norm, in.Since = n.Name, e.state.Now
	within := n.Within
	if in.Goal != "" {
		within = e.leafOf(&in).Within
	}
	if in.Deadline == 0 && within > 0 {
		in.Deadline = e.state.Now + min(within, math.MaxInt64-e.state.Now)
	}
	e.force(in)
}

// force adds an instance.
func (e *Entity) force(in Instance) {
	if slices.ContainsFunc(e.owed[in.Debtor], func(o *Instance) bool {
		return o.Norm == in.Norm && o.Other == in.Other && o.Conversation == in.Conversation && o.Scheme == in.Scheme && o.Goal == in.Goal
	}) {
		return
	}
	if len(e.state.Instances) >= MaxInstances || e.crowded(&in) {
		e.signal(Failure, &in, Overloaded)
		return
	}
	e.state.Serial++
	in.ID = e.state.Serial
	e.state.Instances = append(e.state.Instances, &in)
	e.add(&in)
	e.signal(Created, &in, "")
}

// resolve ends the instances of a debtor that are met or broken. A prohibition of an act that was broken stays in force, as a new
// instance: who breaks it again, breaks it twice.
func (e *Entity) resolve(debtor string, of func(*Instance) verdict) {
	var over, again []*Instance
	for _, in := range e.owed[debtor] {
		switch of(in) {
		case met:
			e.signal(Fulfilled, in, "")
		case broken:
			e.violate(in, Broken)
			if n := e.norm(in.Norm); n.Deontic == Prohibition && n.Do != nil {
				again = append(again, in)
			}
		default:
			continue
		}
		over = append(over, in)
	}
	e.remove(over)
	for _, old := range again {
		in := *old
		in.Since = e.state.Now
		e.force(in)
	}
}

// violate says that a norm was not kept, and what follows.
func (e *Entity) violate(in *Instance, reason string) {
	e.signal(Unfulfilled, in, reason)
	if s := e.norm(in.Norm).Sanction; s.Name != "" {
		e.signal(Sanctioned, in, reason).Sanction = s
	}
}

// lapse ends instances that are out of force.
func (e *Entity) lapse(out func(*Instance) bool) {
	var over []*Instance
	for _, in := range e.state.Instances {
		if out(in) {
			e.signal(Inactive, in, "")
			over = append(over, in)
		}
	}
	e.remove(over)
}

// expire ends the instances whose deadline is at a time or before, in the order of the deadlines.
func (e *Entity) expire(at time.Duration) {
	if e.soon == 0 || e.soon > at {
		return
	}
	var due []*Instance
	e.soon = 0
	for _, in := range e.state.Instances {
		switch {
		case in.Deadline == 0:
		case in.Deadline <= at:
			due = append(due, in)
		case e.soon == 0 || in.Deadline < e.soon:
			e.soon = in.Deadline
		}
	}
	e.remove(due)
	slices.SortStableFunc(due, func(a, b *Instance) int { return cmp.Compare(a.Deadline, b.Deadline) })
	for _, in := range due {
		e.state.Now = max(e.state.Now, in.Deadline)
		if in.Goal == "" && e.norm(in.Norm).Deontic == Prohibition {
			e.signal(Fulfilled, in, "")
			continue
		}
		e.violate(in, Late)
		switch s := e.scheme(in.Scheme); {
		case in.Goal != "":
			l := find(s.Leaves, func(l *leaf) bool { return l.Goal == in.Goal })
			l.Late = append(l.Late, in.Debtor)
		case s != nil:
			s.Late = append(s.Late, late{in.Norm, in.Debtor})
		}
	}
}

// Next is when the next deadline passes; false: none is waited for.
func (e *Entity) Next() (at time.Duration, ok bool) {
	for _, in := range e.state.Instances {
		if in.Deadline > 0 && (!ok || in.Deadline < at) {
			at, ok = in.Deadline, true
		}
	}
	return at, ok
}

// Advance lets time go on. A deadline passes at exactly its time, after all that was said and done at that time: tell it first.
// What was is not changed by a time that is before Now.
func (e *Entity) Advance(now time.Duration) []Signal {
	e.expire(now)
	e.state.Now = max(e.state.Now, now)
	return e.signals()
}

// Enact declares a norm and puts it in force.
func (e *Entity) Enact(n Norm) ([]Signal, error) {
	if e.norm(n.Name) != nil {
		return nil, refuse(Taken, "there is a norm %q", n.Name)
	}
	o := e.org
	o.Norms = append(slices.Clone(e.state.Norms), n.clone())
	if err := o.Check(); err != nil {
		return nil, err
	}
	e.org, e.state.Norms = o, o.Norms
	if of := e.norm(n.Name); of.Do != nil && of.When == nil && of.Deontic != Permission {
		for _, agent := range e.Players(of.Role) {
			e.activate(of, Instance{Debtor: agent})
		}
	}
	e.settleAll()
	return e.signals(), nil
}

// Repeal takes a norm back: it is out of force for all.
func (e *Entity) Repeal(name string) ([]Signal, error) {
	if e.norm(name) == nil {
		return nil, refuse(Unknown, "there is no norm %.100q", name)
	}
	e.lapse(func(in *Instance) bool { return in.Norm == name })
	e.state.Norms = slices.DeleteFunc(slices.Clone(e.state.Norms), func(n Norm) bool { return n.Name == name })
	e.org.Norms = e.state.Norms
	e.settleAll()
	return e.signals(), nil
}

// clone is a norm that shares nothing with the one it was made from.
func (n Norm) clone() Norm {
	for _, p := range []**Pattern{&n.Do, &n.When, &n.Unless} {
		if *p != nil {
			q := **p
			*p = &q
		}
	}
	return n
}

// grounds is the norm by which an agent may take on a mission of a scheme of a group; nil: there is none.
func (e *Entity) grounds(agent, mission, group string) *Norm {
	return find(e.state.Norms, func(n *Norm) bool {
		return n.Mission == mission && n.Deontic != Prohibition && e.playsIn(agent, n.Role, group)
	})
}

// forbids is the prohibition that keeps an agent from a mission; nil: none does.
func (e *Entity) forbids(agent, mission, group string, regimented bool) *Norm {
	return find(e.state.Norms, func(n *Norm) bool {
		return n.Mission == mission && n.Deontic == Prohibition && n.Regimented == regimented && e.playsIn(agent, n.Role, group)
	})
}

// bound says whether who is bound by an instance still plays a role that the norm is for.
func (e *Entity) bound(n *Norm, in *Instance) bool {
	if s := e.scheme(in.Scheme); s != nil {
		return e.playsIn(in.Debtor, n.Role, s.Group)
	}
	return e.plays(in.Debtor, n.Role)
}

// leafOf is the goal of an instance.
func (e *Entity) leafOf(in *Instance) (goal *Goal) {
	e.org.scheme(e.scheme(in.Scheme).Kind).Goal.leaves(func(g *Goal) {
		if g.Name == in.Goal {
			goal = g
		}
	})
	return goal
}

// settleAll lets the goals of all schemes, and the obligations to missions and goals, follow from what is known now.
func (e *Entity) settleAll() {
	for i := range e.state.Running {
		e.settle(&e.state.Running[i])
	}
}

func (e *Entity) settle(s *running) {
	kind := e.org.scheme(s.Kind)
	kind.Goal.leaves(func(g *Goal) {
		l := find(s.Leaves, func(l *leaf) bool { return l.Goal == g.Name })
		need := g.Need
		if need == 0 {
			need = max(1, len(e.workers(s, g.Name)))
		}
		l.Met = l.Met || len(l.Achieved) >= need
	})
	over := e.over(s, &kind.Goal) != Waiting
	e.stand(s, &kind.Goal, e.complete(s), func(g *Goal, is Standing) {
		if l := find(s.Leaves, func(l *leaf) bool { return l.Goal == g.Name }); l != nil {
			if l.Enabled = is == Enabled; !l.Enabled {
				l.Late = nil
			}
		}
	})
	e.lapse(func(in *Instance) bool {
		switch {
		case in.Scheme != s.Name:
			return false
		case in.Goal != "":
			l := find(s.Leaves, func(l *leaf) bool { return l.Goal == in.Goal })
			return !l.Enabled || !slices.Contains(e.workers(s, in.Goal), in.Debtor)
		}
		n := e.norm(in.Norm)
		return over || s.committed(n.Mission) >= kind.mission(n.Mission).Min || !e.bound(n, in)
	})
	e.oblige(s, kind, over)
}

// oblige puts in force what a running scheme asks for: missions that too few have taken on, goals that are enabled.
func (e *Entity) oblige(s *running, kind *Scheme, over bool) {
	for i := range e.state.Norms {
		n := &e.state.Norms[i]
		m := kind.mission(n.Mission)
		if n.Deontic != Obligation || n.Mission == "" || m == nil || over || s.committed(m.Name) >= m.Min {
			continue
		}
		for _, agent := range e.Players(n.Role) {
			if e.playsIn(agent, n.Role, s.Group) && !slices.Contains(s.Commitments, Commitment{agent, m.Name}) &&
				!slices.Contains(s.Late, late{n.Name, agent}) {
				e.activate(n, Instance{Debtor: agent, Scheme: s.Name})
			}
		}
	}
	for i := range s.Leaves {
		l := &s.Leaves[i]
		if !l.Enabled {
			continue
		}
		for _, c := range s.Commitments {
			if !slices.Contains(kind.mission(c.Mission).Goals, l.Goal) || slices.Contains(l.Achieved, c.Agent) || slices.Contains(l.Late, c.Agent) {
				continue
			}
			if n := e.grounds(c.Agent, c.Mission, s.Group); n != nil {
				e.activate(n, Instance{Debtor: c.Agent, Scheme: s.Name, Goal: l.Goal})
			}
		}
	}
}
