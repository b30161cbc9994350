package norm

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// How large an organisation may be.
const (
	maxDeclared = 1000 // roles, groups, schemes, norms, links, compatibilities: of each
	maxGoals    = 1000 // of a scheme
	maxDepth    = 32   // of a scheme's tree
	maxName     = 100  // bytes
)

// Check says what is wrong with what is declared, all of it.
func (o *Organisation) Check() error {
	c := &checker{o: o}
	c.sizes()
	if len(c.errs) == 0 {
		c.roles()
		c.groups()
		c.schemes()
		for i := range o.Norms {
			c.norm(&o.Norms[i])
			c.once("norm", o.Norms[i].Name, i, func(j int) string { return o.Norms[j].Name })
		}
	}
	return errors.Join(c.errs...)
}

type checker struct {
	o    *Organisation
	errs []error
}

func (c *checker) wrong(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("norm: organisation %.100q: "+format, append([]any{c.o.Name}, args...)...))
}

func (c *checker) sizes() {
	o := c.o
	for _, n := range []int{len(o.Roles), len(o.Compatible), len(o.Links), len(o.Groups), len(o.Schemes), len(o.Norms)} {
		if n > maxDeclared {
			c.wrong("%d of one kind are declared; accepted are at most %d", n, maxDeclared)
		}
	}
	if !named(o.Name) {
		c.wrong("accepted is a name of 1 to %d bytes in UTF-8", maxName)
	}
}

func named(name string) bool { return name != "" && len(name) <= maxName && utf8.ValidString(name) }

// once finds names that are unfit, or had by one before.
func (c *checker) once(what, name string, i int, of func(int) string) {
	if !named(name) || what == "role" && (name == Self || name == Other) {
		c.wrong("%s %.100q; accepted is a name of 1 to %d bytes, other than %s and %s", what, name, maxName, Self, Other)
	}
	for j := range i {
		if of(j) == name {
			c.wrong("%s %q is there twice", what, name)
		}
	}
}

func (c *checker) role(what, name string) {
	if c.o.role(name) == nil {
		c.wrong("%s names role %.100q; accepted is one that is declared", what, name)
	}
}

func (c *checker) roles() {
	o := c.o
	for i, r := range o.Roles {
		c.once("role", r.Name, i, func(j int) string { return o.Roles[j].Name })
		for _, of := range r.Extends {
			c.role("role "+r.Name, of)
		}
		if o.isA(r.Name, r.Name, true) {
			c.wrong("role %q extends itself", r.Name)
		}
	}
	for _, p := range o.Compatible {
		c.role("a compatibility", p.A)
		c.role("a compatibility", p.B)
		c.scope(p.Scope)
	}
	for _, l := range o.Links {
		c.role("a link", l.From)
		c.role("a link", l.To)
		c.scope(l.Scope)
		if l.Relation > Authority {
			c.wrong("a link from %q to %q of relation %d; accepted are Acquaintance, Communication and Authority", l.From, l.To, l.Relation)
		}
	}
}

func (c *checker) scope(s Scope) {
	if s > Across {
		c.wrong("scope %d; accepted are Anywhere, Within and Across", s)
	}
}

func (c *checker) groups() {
	o := c.o
	for i, g := range o.Groups {
		c.once("group", g.Name, i, func(j int) string { return o.Groups[j].Name })
		for j, p := range g.Roles {
			c.place(g.Name, p, j, g.Roles)
			if r := o.role(p.Name); r == nil || r.Abstract {
				c.wrong("group %q has a place for role %.100q; accepted is one that is declared and not abstract", g.Name, p.Name)
			}
		}
		for j, p := range g.Subgroups {
			c.place(g.Name, p, j, g.Subgroups)
			if o.group(p.Name) == nil {
				c.wrong("group %q has a place for group %.100q; accepted is one that is declared", g.Name, p.Name)
			}
		}
		if o.below(g.Name, g.Name) {
			c.wrong("group %q is a subgroup of itself", g.Name)
		}
	}
}

func (c *checker) place(group string, p Place, i int, all []Place) {
	if p.Min < 0 || p.Max < 0 || p.Max > 0 && p.Max < p.Min {
		c.wrong("group %q has %d to %d places for %q; accepted is a minimum from 0 to the maximum, or a maximum of 0", group, p.Min, p.Max, p.Name)
	}
	if slices.ContainsFunc(all[:i], func(q Place) bool { return q.Name == p.Name }) {
		c.wrong("group %q has places for %q twice", group, p.Name)
	}
}

func (c *checker) schemes() {
	o := c.o
	missions := map[string]bool{}
	for i := range o.Schemes {
		s := &o.Schemes[i]
		c.once("scheme", s.Name, i, func(j int) string { return o.Schemes[j].Name })
		leaves, seen := map[string]bool{}, map[string]bool{}
		c.goal(s, &s.Goal, seen, leaves, 1)
		for _, m := range s.Missions {
			if !named(m.Name) || missions[m.Name] {
				c.wrong("mission %.100q of scheme %q; accepted is a name that no other mission has", m.Name, s.Name)
			}
			missions[m.Name] = true
			if m.Min < 0 || m.Max < 0 || m.Max > 0 && m.Max < m.Min || len(m.Goals) == 0 {
				c.wrong("mission %q is for %d to %d agents and has %d goals; accepted is a minimum from 0 to the maximum, or a maximum of 0, and a goal",
					m.Name, m.Min, m.Max, len(m.Goals))
			}
			for j, g := range m.Goals {
				if !leaves[g] || slices.Contains(m.Goals[:j], g) {
					c.wrong("mission %q has goal %.100q; accepted are leaves of its scheme, each once", m.Name, g)
				}
			}
		}
		for _, g := range slices.Sorted(maps.Keys(leaves)) {
			if !slices.ContainsFunc(s.Missions, func(m Mission) bool { return slices.Contains(m.Goals, g) }) {
				c.wrong("goal %q of scheme %q is in no mission: nobody would ever achieve it", g, s.Name)
			}
		}
	}
}

func (c *checker) goal(s *Scheme, g *Goal, seen, leaves map[string]bool, depth int) {
	switch {
	case depth > maxDepth || len(seen) >= maxGoals:
		c.wrong("scheme %q has more than %d goals, or more than %d above each other", s.Name, maxGoals, maxDepth)
		return
	case !named(g.Name) || seen[g.Name]:
		c.wrong("goal %.100q of scheme %q; accepted is a name that no other goal of it has", g.Name, s.Name)
	case g.Plan > Parallel:
		c.wrong("goal %q has plan %d; accepted are Sequence, Choice and Parallel", g.Name, g.Plan)
	case g.Within < 0 || g.Need < 0 || len(g.Goals) > 0 && (g.Within != 0 || g.Need != 0):
		c.wrong("goal %q is needed %d times within %v; accepted is 0 or more, and only 0 of a goal with goals below", g.Name, g.Need, g.Within)
	}
	seen[g.Name] = true
	if len(g.Goals) == 0 {
		leaves[g.Name] = true
	}
	for i := range g.Goals {
		c.goal(s, &g.Goals[i], seen, leaves, depth+1)
	}
}

func (c *checker) norm(n *Norm) {
	c.role("norm "+n.Name, n.Role)
	switch {
	case n.Deontic > Prohibition:
		c.wrong("norm %q is of deontic type %d; accepted are Obligation, Permission and Prohibition", n.Name, n.Deontic)
	case (n.Mission == "") == (n.Do == nil):
		c.wrong("norm %q is about a mission and an act, or about neither; accepted is one of them", n.Name)
	case n.Mission != "" && (n.When != nil || n.Unless != nil):
		c.wrong("norm %q is about a mission and has an activation; it is in force while a scheme with the mission runs", n.Name)
	case n.Mission != "" && c.o.mission(n.Mission) == nil:
		c.wrong("norm %q names mission %.100q; accepted is one that is declared", n.Name, n.Mission)
	case n.Within < 0 || n.Within == 0 && n.Deontic == Obligation:
		c.wrong("norm %q is to be met within %v; accepted is a duration above 0, and of what is no obligation also 0", n.Name, n.Within)
	case n.Regimented && n.Deontic != Prohibition:
		c.wrong("norm %q is regimented and no prohibition; nobody can be made to act", n.Name)
	case n.Deontic == Permission && (n.When != nil || n.Unless != nil || n.Within != 0):
		c.wrong("norm %q permits for a while; accepted is a permission for good, and a prohibition with an activation", n.Name)
	case len(n.Sanction.Name) > maxName || !utf8.ValidString(n.Sanction.Name):
		c.wrong("norm %q has a sanction of %d bytes; accepted are %d, in UTF-8", n.Name, len(n.Sanction.Name), maxName)
	}
	if n.Do != nil && n.Do.By != "" {
		c.wrong("norm %q says by whom; it is who plays %q", n.Name, n.Role)
	}
	c.pattern(n, n.Do, n.When != nil)
	c.pattern(n, n.When, false)
	c.pattern(n, n.Unless, n.When != nil)
}

func (c *checker) pattern(n *Norm, p *Pattern, other bool) {
	if p == nil {
		return
	}
	if p.Fact != "" && (p.Act != "" || p.Protocol != "" || p.Kind != "" || p.To != "") || p.AtLeast < 0 || p.AtLeast > 0 && p.Fact == "" {
		c.wrong("norm %q describes a fact by an act, a protocol, a kind or a receiver, or a message by a value of %d", n.Name, p.AtLeast)
	}
	for _, who := range []string{p.By, p.To} {
		if who != "" && who != Self && (who != Other || !other) {
			c.role("norm "+n.Name, who)
		}
	}
}

func (o *Organisation) role(name string) *Role {
	return find(o.Roles, func(r *Role) bool { return r.Name == name })
}

func (o *Organisation) group(name string) *Group {
	return find(o.Groups, func(g *Group) bool { return g.Name == name })
}

func (o *Organisation) scheme(name string) *Scheme {
	return find(o.Schemes, func(s *Scheme) bool { return s.Name == name })
}

func (o *Organisation) mission(name string) *Mission {
	for i := range o.Schemes {
		if m := o.Schemes[i].mission(name); m != nil {
			return m
		}
	}
	return nil
}

func (s *Scheme) mission(name string) *Mission {
	return find(s.Missions, func(m *Mission) bool { return m.Name == name })
}

func (g *Group) place(role string) *Place {
	return find(g.Roles, func(p *Place) bool { return p.Name == role })
}

func find[T any](all []T, is func(*T) bool) *T {
	for i := range all {
		if is(&all[i]) {
			return &all[i]
		}
	}
	return nil
}

// isA says whether one role is another, or extends it; strictly: extends it.
func (o *Organisation) isA(role, other string, strictly bool) bool {
	if role == other && !strictly {
		return true
	}
	seen := map[string]bool{}
	for next := []string{role}; len(next) > 0; {
		r := o.role(next[0])
		if next = next[1:]; r == nil {
			continue
		}
		for _, of := range r.Extends {
			if of == other {
				return true
			}
			if !seen[of] {
				seen[of] = true
				next = append(next, of)
			}
		}
	}
	return false
}

// below says whether a kind of group is somewhere in another.
func (o *Organisation) below(in, kind string) bool {
	seen := map[string]bool{}
	for next := []string{in}; len(next) > 0; {
		g := o.group(next[0])
		if next = next[1:]; g == nil {
			continue
		}
		for _, p := range g.Subgroups {
			if p.Name == kind {
				return true
			}
			if !seen[p.Name] {
				seen[p.Name] = true
				next = append(next, p.Name)
			}
		}
	}
	return false
}
