package norm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/protocol"
)

// Found makes a group of a kind, in another that has a place for it.
func (e *Entity) Found(name, kind, in string) error {
	g := e.group(in)
	switch {
	case !named(name):
		return refuse(Unknown, "group %.100q; accepted is a name of 1 to %d bytes", name, maxName)
	case e.group(name) != nil:
		return refuse(Taken, "there is a group %q", name)
	case g == nil:
		return refuse(Unknown, "there is no group %.100q", in)
	}
	place := find(e.org.group(g.Kind).Subgroups, func(p *Place) bool { return p.Name == kind })
	switch {
	case place == nil:
		return refuse(Unknown, "%q has no place for a group of kind %.100q", in, kind)
	case place.Max > 0 && e.subgroups(in, kind) >= place.Max:
		return refuse(Full, "%q has room for %d groups of kind %q", in, place.Max, kind)
	case len(e.state.Groups) >= MaxGroups:
		return refuse(Full, "there are %d groups", MaxGroups)
	}
	e.state.Groups = append(e.state.Groups, founded{name, kind, in})
	e.state.sort()
	return nil
}

func (e *Entity) subgroups(in, kind string) (n int) {
	for _, g := range e.state.Groups {
		if g.In == in && g.Kind == kind {
			n++
		}
	}
	return n
}

// Dissolve ends a group that was founded in another, when nobody plays a role in it and nothing is in it.
func (e *Entity) Dissolve(name string) error {
	g := e.group(name)
	if g == nil || g.In == "" {
		return refuse(Unknown, "group %.100q; accepted is one that was founded in another", name)
	}
	used := slices.ContainsFunc(e.state.Groups, func(o founded) bool { return o.In == name }) ||
		slices.ContainsFunc(e.state.Running, func(r running) bool { return r.Group == name })
	for _, plays := range e.state.Plays {
		used = used || slices.ContainsFunc(plays, func(p Play) bool { return p.Group == name })
	}
	if used {
		return refuse(InUse, "group %q has members, groups or schemes", name)
	}
	e.state.Groups = slices.DeleteFunc(e.state.Groups, func(o founded) bool { return o.Name == name })
	return nil
}

// Adopt lets an agent take a role in a group, on its own word.
func (e *Entity) Adopt(agent, role, group string) ([]Signal, error) {
	return e.Appoint(agent, agent, role, group)
}

// Appoint lets an agent take a role in a group, on the word of another, who needs authority over the role (see Link). A
// refusal changes nothing.
func (e *Entity) Appoint(by, agent, role, group string) ([]Signal, error) {
	if err := e.mayPlay(by, agent, role, group); err != nil {
		return nil, err
	}
	p := Play{role, group}
	plays := e.state.Plays[agent]
	i, _ := slices.BinarySearchFunc(plays, p, Play.compare)
	e.state.Plays[agent] = slices.Insert(plays, i, p)
	for k := range e.state.Norms {
		if n := &e.state.Norms[k]; n.Do != nil && n.When == nil && n.Deontic != Permission && e.supers[role][n.Role] {
			e.activate(n, Instance{Debtor: agent})
		}
	}
	e.settleAll()
	return e.signals(), nil
}

// mayPlay says why an agent must not take a role.
func (e *Entity) mayPlay(by, agent, role, group string) error {
	r, g := e.org.role(role), e.group(group)
	switch {
	case !named(agent):
		return refuse(Unknown, "agent %.100q; accepted is a name of 1 to %d bytes", agent, maxName)
	case r == nil:
		return refuse(Unknown, "there is no role %.100q", role)
	case g == nil:
		return refuse(Unknown, "there is no group %.100q", group)
	}
	place := e.org.group(g.Kind).place(role)
	switch {
	case place == nil:
		return refuse(Unknown, "group %q has no place for role %q", group, role)
	case r.Only != nil && !slices.Contains(r.Only, agent):
		return refuse(Unauthorised, "%s is not one of those who may play %q", agent, role)
	case by != agent && !e.commands(by, role, group), by == agent && r.Appointed:
		return refuse(Unauthorised, "%s has no authority over role %q in group %q", by, role, group)
	case slices.Contains(e.state.Plays[agent], Play{role, group}):
		return refuse(Taken, "%s plays %q in %q", agent, role, group)
	case place.Max > 0 && e.count(role, group) >= place.Max:
		return refuse(Full, "group %q has room for %d in role %q", group, place.Max, role)
	}
	for _, p := range e.state.Plays[agent] {
		if !e.compatible(p.Role, role, p.Group == group) {
			return refuse(Incompatible, "%s plays %q in %q, which does not go with %q in %q", agent, p.Role, p.Group, role, group)
		}
	}
	all := 0
	for _, plays := range e.state.Plays {
		all += len(plays)
	}
	if all >= MaxPlays {
		return refuse(Full, "%d roles are played", MaxPlays)
	}
	return nil
}

// commands says whether an agent has authority over a role in a group.
func (e *Entity) commands(by, role, group string) bool {
	for _, l := range e.org.Links {
		if l.Relation != Authority {
			continue
		}
		for _, p := range e.state.Plays[by] {
			over := e.supers[p.Role][l.From] && e.supers[role][l.To] || l.Both && e.supers[p.Role][l.To] && e.supers[role][l.From]
			if over && l.Scope.fits(p.Group, group) {
				return true
			}
		}
	}
	return false
}

// count is how many play exactly this role in a group (choice: who plays a role that extends it is counted there).
func (e *Entity) count(role, group string) (n int) {
	for _, plays := range e.state.Plays {
		if slices.Contains(plays, Play{role, group}) {
			n++
		}
	}
	return n
}

// compatible says whether one agent may play both roles.
func (e *Entity) compatible(a, b string, together bool) bool {
	if a == b && !together {
		return true
	}
	for _, c := range e.org.Compatible {
		fits := c.Scope == Anywhere || (c.Scope == Within) == together
		if fits && (e.supers[a][c.A] && e.supers[b][c.B] || e.supers[a][c.B] && e.supers[b][c.A]) {
			return true
		}
	}
	return false
}

// Leave lets an agent give up a role. It is refused while the agent is committed to a mission that it could have only by this
// role. Norms that bound it by this role are out of force.
func (e *Entity) Leave(agent, role, group string) ([]Signal, error) {
	plays := e.state.Plays[agent]
	i := slices.Index(plays, Play{role, group})
	if i < 0 {
		return nil, refuse(Unknown, "%s does not play %.100q in %.100q", agent, role, group)
	}
	grounded := func(c Commitment, s *running) bool {
		return c.Agent == agent && e.grounds(agent, c.Mission, s.Group) != nil
	}
	rest := slices.Delete(slices.Clone(plays), i, i+1)
	for k := range e.state.Running {
		s := &e.state.Running[k]
		for _, c := range s.Commitments {
			had := grounded(c, s)
			e.state.Plays[agent] = rest
			has := grounded(c, s)
			if e.state.Plays[agent] = plays; had && !has {
				return nil, refuse(Committed, "%s is committed to mission %q of %q", agent, c.Mission, s.Name)
			}
		}
	}
	e.state.Plays[agent] = rest
	if len(rest) == 0 {
		delete(e.state.Plays, agent)
	}
	e.lapse(func(in *Instance) bool {
		n := e.norm(in.Norm)
		return in.Debtor == agent && in.Goal == "" && (n == nil || !e.bound(n, in))
	})
	e.settleAll()
	return e.signals(), nil
}

// Depart lets an agent go who is gone: its missions and all its roles end.
func (e *Entity) Depart(agent string) []Signal {
	delete(e.state.Plays, agent)
	for k := range e.state.Running {
		s := &e.state.Running[k]
		s.Commitments = slices.DeleteFunc(s.Commitments, func(c Commitment) bool { return c.Agent == agent })
	}
	e.lapse(func(in *Instance) bool { return in.Debtor == agent })
	e.settleAll()
	return e.signals()
}

// WellFormed says what a group lacks, and the groups in it: of every role at least the minimum, of every kind of group too.
// nil: nothing. That no maximum is exceeded always holds.
func (e *Entity) WellFormed(group string) error {
	g := e.group(group)
	if g == nil {
		return refuse(Unknown, "there is no group %.100q", group)
	}
	var lacks []string
	e.lacks(g, &lacks)
	if lacks == nil {
		return nil
	}
	return &Refusal{protocol.Reason{Code: NotWellFormed, Detail: strings.Join(lacks, "; ")}}
}

func (e *Entity) lacks(g *founded, lacks *[]string) {
	kind := e.org.group(g.Kind)
	for _, p := range kind.Roles {
		if n := e.count(p.Name, g.Name); n < p.Min {
			*lacks = append(*lacks, fmt.Sprintf("group %q has %d in role %q, of at least %d", g.Name, n, p.Name, p.Min))
		}
	}
	for _, p := range kind.Subgroups {
		if n := e.subgroups(g.Name, p.Name); n < p.Min {
			*lacks = append(*lacks, fmt.Sprintf("group %q has %d groups of kind %q, of at least %d", g.Name, n, p.Name, p.Min))
		}
	}
	for i := range e.state.Groups {
		if e.state.Groups[i].In == g.Name {
			e.lacks(&e.state.Groups[i], lacks)
		}
	}
}
