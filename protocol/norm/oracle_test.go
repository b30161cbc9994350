package norm_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/protocol/norm"
)

// generated is an organisation of chance: roles extend earlier ones, groups have places for later ones.
func generated(r *rand.Rand) norm.Organisation {
	o := norm.Organisation{Name: "generated"}
	pick := func() string { return o.Roles[r.IntN(len(o.Roles))].Name }
	for i := range 2 + r.IntN(6) {
		role := norm.Role{Name: fmt.Sprint("role", i), Abstract: r.IntN(6) == 0, Appointed: r.IntN(5) == 0}
		if i > 0 && r.IntN(2) == 0 {
			role.Extends = append(role.Extends, pick())
		}
		if i > 1 && r.IntN(4) == 0 {
			role.Extends = append(role.Extends, pick())
		}
		if r.IntN(5) == 0 {
			role.Only = []string{"a", "b"}
		}
		o.Roles = append(o.Roles, role)
	}
	for range r.IntN(6) {
		o.Compatible = append(o.Compatible, norm.Compatibility{A: pick(), B: pick(), Scope: norm.Scope(r.IntN(3))})
	}
	for range r.IntN(4) {
		o.Links = append(o.Links, norm.Link{Relation: norm.Relation(r.IntN(3)), From: pick(), To: pick(), Both: r.IntN(2) == 0, Scope: norm.Scope(r.IntN(3))})
	}
	place := func(name string) norm.Place {
		p := norm.Place{Name: name, Min: r.IntN(3)}
		if r.IntN(3) > 0 {
			p.Max = p.Min + r.IntN(3)
		}
		return p
	}
	kinds := 1 + r.IntN(4)
	for i := range kinds {
		g := norm.Group{Name: fmt.Sprint("kind", i)}
		for _, role := range o.Roles {
			if !role.Abstract && r.IntN(3) > 0 {
				g.Roles = append(g.Roles, place(role.Name))
			}
		}
		for j := i + 1; j < kinds; j++ {
			if r.IntN(2) == 0 {
				g.Subgroups = append(g.Subgroups, place(fmt.Sprint("kind", j)))
			}
		}
		o.Groups = append(o.Groups, g)
	}
	r.Shuffle(len(o.Groups), func(i, j int) { o.Groups[i], o.Groups[j] = o.Groups[j], o.Groups[i] })
	return o
}

// oracle knows the same by looking at everything every time.
type oracle struct {
	o      norm.Organisation
	plays  [][3]string // agent, role, group
	groups [][3]string // name, kind, in
}

func (k *oracle) supers(role string) (all []string) {
	all = []string{role}
	for _, r := range k.o.Roles {
		if r.Name == role {
			for _, s := range r.Extends {
				all = append(all, k.supers(s)...)
			}
		}
	}
	return all
}

func (k *oracle) kind(group string) (g norm.Group, ok bool) {
	for _, f := range k.groups {
		for _, kind := range k.o.Groups {
			if f[0] == group && f[1] == kind.Name {
				return kind, true
			}
		}
	}
	return g, false
}

func fits(s norm.Scope, same bool) bool {
	return s == norm.Anywhere || s == norm.Within && same || s == norm.Across && !same
}

// legal says whether everything that is so may be so.
func (k *oracle) legal() bool {
	for i, p := range k.plays {
		kind, ok := k.kind(p[2])
		place := slices.IndexFunc(kind.Roles, func(q norm.Place) bool { return q.Name == p[1] })
		if !ok || place < 0 {
			return false
		}
		n := 0
		for j, q := range k.plays {
			if q[1] == p[1] && q[2] == p[2] {
				n++
			}
			if i == j || p[0] != q[0] {
				continue
			}
			goes := p[1] == q[1] && p[2] != q[2]
			for _, c := range k.o.Compatible {
				for _, a := range k.supers(p[1]) {
					for _, b := range k.supers(q[1]) {
						goes = goes || fits(c.Scope, p[2] == q[2]) && (c.A == a && c.B == b || c.A == b && c.B == a)
					}
				}
			}
			if !goes {
				return false
			}
		}
		if most := kind.Roles[place].Max; most > 0 && n > most {
			return false
		}
	}
	for _, g := range k.groups {
		kind, _ := k.kind(g[0])
		for _, p := range kind.Subgroups {
			if p.Max > 0 && k.subgroups(g[0], p.Name) > p.Max {
				return false
			}
		}
	}
	return true
}

func (k *oracle) subgroups(in, kind string) (n int) {
	for _, g := range k.groups {
		if g[1] == kind && g[2] == in {
			n++
		}
	}
	return n
}

// admits says whether somebody has the right to give the role.
func (k *oracle) admits(by, agent, role, group string) bool {
	for _, r := range k.o.Roles {
		if r.Name == role && (r.Only != nil && !slices.Contains(r.Only, agent) || by == agent && r.Appointed) {
			return false
		}
	}
	if by == agent {
		return true
	}
	for _, l := range k.o.Links {
		for _, p := range k.plays {
			if p[0] != by || l.Relation != norm.Authority || !fits(l.Scope, p[2] == group) {
				continue
			}
			mine, its := k.supers(p[1]), k.supers(role)
			if slices.Contains(mine, l.From) && slices.Contains(its, l.To) || l.Both && slices.Contains(mine, l.To) && slices.Contains(its, l.From) {
				return true
			}
		}
	}
	return false
}

// wellFormed says whether all minima of a group hold, and of the groups in it.
func (k *oracle) wellFormed(group string) bool {
	kind, _ := k.kind(group)
	for _, p := range kind.Roles {
		n := 0
		for _, q := range k.plays {
			if q[1] == p.Name && q[2] == group {
				n++
			}
		}
		if n < p.Min {
			return false
		}
	}
	for _, p := range kind.Subgroups {
		if k.subgroups(group, p.Name) < p.Min {
			return false
		}
	}
	for _, g := range k.groups {
		if g[2] == group && !k.wellFormed(g[0]) {
			return false
		}
	}
	return true
}

// linked says whether a link leads from one to the other.
func (k *oracle) linked(relation norm.Relation, from, to string) bool {
	for _, l := range k.o.Links {
		for _, p := range k.plays {
			for _, q := range k.plays {
				if l.Relation < relation || !fits(l.Scope, p[2] == q[2]) {
					continue
				}
				if p[0] == from && q[0] == to && slices.Contains(k.supers(p[1]), l.From) && slices.Contains(k.supers(q[1]), l.To) ||
					l.Both && p[0] == to && q[0] == from && slices.Contains(k.supers(p[1]), l.From) && slices.Contains(k.supers(q[1]), l.To) {
					return true
				}
			}
		}
	}
	return false
}

// "Adoption beyond the maximum refused; well-formedness right on generated organisations": whatever is done in whatever
// organisation, it is allowed exactly when what then is so may be so, a refusal changes nothing, and who is well formed, and who
// is linked to whom, is what an oracle finds by looking at everything.
func TestGeneratedOrganisations(t *testing.T) {
	counts := map[string]int{}
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 1))
		o := generated(r)
		k := &oracle{o: o}
		s := begin(t, o)
		for _, g := range o.Groups {
			if !slices.ContainsFunc(o.Groups, func(in norm.Group) bool {
				return slices.ContainsFunc(in.Subgroups, func(p norm.Place) bool { return p.Name == g.Name })
			}) {
				k.groups = append(k.groups, [3]string{g.Name, g.Name, ""})
			}
		}
		for range 60 {
			before, _ := s.Snapshot()
			old := oracle{o, slices.Clone(k.plays), slices.Clone(k.groups)}
			agent, by := string(rune('a'+r.IntN(4))), string(rune('a'+r.IntN(4)))
			role, group := o.Roles[r.IntN(len(o.Roles))].Name, k.groups[r.IntN(len(k.groups))]
			var err error
			var want bool
			switch r.IntN(10) {
			case 0:
				name, kind := fmt.Sprint("group", r.IntN(8)), o.Groups[r.IntN(len(o.Groups))].Name
				in, _ := k.kind(group[0])
				want = !slices.ContainsFunc(k.groups, func(g [3]string) bool { return g[0] == name }) &&
					slices.ContainsFunc(in.Subgroups, func(p norm.Place) bool { return p.Name == kind })
				k.groups = append(k.groups, [3]string{name, kind, group[0]})
				want = want && k.legal()
				err = s.Found(name, kind, group[0])
			case 1:
				want = group[2] != "" && !slices.ContainsFunc(k.groups, func(g [3]string) bool { return g[2] == group[0] }) &&
					!slices.ContainsFunc(k.plays, func(p [3]string) bool { return p[2] == group[0] })
				k.groups = slices.DeleteFunc(k.groups, func(g [3]string) bool { return g == group })
				err = s.Dissolve(group[0])
			case 2, 3:
				p := [3]string{agent, role, group[0]}
				want = slices.Contains(k.plays, p)
				k.plays = slices.DeleteFunc(k.plays, func(q [3]string) bool { return p == q })
				_, err = s.Leave(agent, role, group[0])
			default:
				if r.IntN(3) > 0 {
					by = agent
				}
				want = k.admits(by, agent, role, group[0]) && !slices.Contains(k.plays, [3]string{agent, role, group[0]})
				k.plays = append(k.plays, [3]string{agent, role, group[0]})
				want = want && k.legal()
				_, err = s.Appoint(by, agent, role, group[0])
			}
			after, _ := s.Snapshot()
			if (err == nil) != want || err != nil && string(before) != string(after) {
				t.Fatalf("seed %d: %v, want %v; before\n%s\nafter\n%s\nof %+v", seed, err, want, before, after, o)
			}
			if counts["done"]++; err != nil {
				*k = old
				if r, ok := errors.AsType[*norm.Refusal](err); ok {
					counts[r.Why.Code]++
				}
			}
			s.hear(nil) // a snapshot is restored
			for _, g := range k.groups {
				err := s.WellFormed(g[0])
				if (err == nil) != k.wellFormed(g[0]) {
					t.Fatalf("seed %d: group %s: %v, want %v: %s", seed, g[0], err, k.wellFormed(g[0]), after)
				}
				counts[fmt.Sprint("well formed ", err == nil)]++
			}
			for relation := range norm.Relation(3) {
				if got := s.Linked(relation, agent, by); got != k.linked(relation, agent, by) {
					t.Fatalf("seed %d: %s is linked to %s by %d: %v: %s", seed, agent, by, relation, got, after)
				}
			}
		}
	}
	for _, code := range []string{norm.Full, norm.Incompatible, norm.Unauthorised, norm.Taken, norm.Unknown, norm.InUse, "well formed true", "well formed false"} {
		if counts[code] < 30 {
			t.Errorf("%s came %d times of %d", code, counts[code], counts["done"])
		}
	}
}

// What is declared wrongly is named, all of it.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*norm.Organisation)
		want   string
	}{
		{"no name", func(o *norm.Organisation) { o.Name = "" }, "accepted is a name"},
		{"role twice", func(o *norm.Organisation) { o.Roles = append(o.Roles, norm.Role{Name: "coach"}) }, `role "coach" is there twice`},
		{"role self", func(o *norm.Organisation) { o.Roles = append(o.Roles, norm.Role{Name: "self"}) }, `role "self"`},
		{"role extends nobody", func(o *norm.Organisation) { o.Roles[1].Extends = []string{"pope"} }, `names role "pope"`},
		{"role extends itself", func(o *norm.Organisation) { o.Roles[0].Extends = []string{"keeper"} }, `role "member" extends itself`},
		{"compatibility", func(o *norm.Organisation) { o.Compatible[0].A = "pope" }, `names role "pope"`},
		{"compatibility, other side", func(o *norm.Organisation) { o.Compatible[0].B = "pope" }, `names role "pope"`},
		{"scope", func(o *norm.Organisation) { o.Compatible[0].Scope = 3 }, "scope 3"},
		{"link", func(o *norm.Organisation) { o.Links[0].From = "pope" }, `names role "pope"`},
		{"link to", func(o *norm.Organisation) { o.Links[0].To = "pope" }, `names role "pope"`},
		{"link's scope", func(o *norm.Organisation) { o.Links[0].Scope = 7 }, "scope 7"},
		{"relation", func(o *norm.Organisation) { o.Links[0].Relation = 3 }, "relation 3"},
		{"group twice", func(o *norm.Organisation) { o.Groups = append(o.Groups, norm.Group{Name: "team"}) }, `group "team" is there twice`},
		{"place of an abstract role", func(o *norm.Organisation) { o.Groups[0].Roles[0].Name = "member" }, "not abstract"},
		{"place twice", func(o *norm.Organisation) { o.Groups[0].Roles[0].Name = "treasurer" }, "twice"},
		{"place of no group", func(o *norm.Organisation) { o.Groups[0].Subgroups[0].Name = "choir" }, `group "choir"`},
		{"places", func(o *norm.Organisation) { o.Groups[0].Roles[0] = norm.Place{Name: "chair", Min: 2, Max: 1} }, "2 to 1 places"},
		{"fewer than none", func(o *norm.Organisation) { o.Groups[0].Roles[0].Min = -1 }, "-1 to 1 places"},
		{"group in itself", func(o *norm.Organisation) { o.Groups[1].Subgroups = []norm.Place{{Name: "club"}} }, "subgroup of itself"},
		{"scheme twice", func(o *norm.Organisation) { o.Schemes = append(o.Schemes, o.Schemes[0]) }, `scheme "match" is there twice`},
		{"goal twice", func(o *norm.Organisation) { o.Schemes[0].Goal.Goals[2].Name = "attack" }, `goal "attack"`},
		{"goal in no mission", func(o *norm.Organisation) { o.Schemes[0].Missions[1].Goals = []string{"attack"} }, "nobody would ever"},
		{"mission of an inner goal", func(o *norm.Organisation) { o.Schemes[0].Missions[1].Goals[0] = "ready" }, `goal "ready"`},
		{"mission of nothing", func(o *norm.Organisation) { o.Schemes[0].Missions[1].Goals = nil }, "0 goals"},
		{"mission for", func(o *norm.Organisation) { o.Schemes[0].Missions[1].Min = 2 }, "2 to 1 agents"},
		{"mission twice", func(o *norm.Organisation) { o.Schemes[0].Missions[1].Name = "play" }, `mission "play"`},
		{"plan", func(o *norm.Organisation) { o.Schemes[0].Goal.Plan = 3 }, "plan 3"},
		{"time of an inner goal", func(o *norm.Organisation) { o.Schemes[0].Goal.Within = 1 }, "goal with goals below"},
		{"deep", func(o *norm.Organisation) {
			g := &o.Schemes[0].Goal
			for i := range 40 {
				g.Goals = append(g.Goals, norm.Goal{Name: fmt.Sprint("g", i)})
				g = &g.Goals[len(g.Goals)-1]
			}
		}, "above each other"},
		{"norm twice", func(o *norm.Organisation) { o.Norms = append(o.Norms, o.Norms[0]) }, `norm "plays" is there twice`},
		{"norm of no role", func(o *norm.Organisation) { o.Norms[0].Role = "pope" }, `names role "pope"`},
		{"norm of no mission", func(o *norm.Organisation) { o.Norms[0].Mission = "win" }, `mission "win"`},
		{"norm of both", func(o *norm.Organisation) { o.Norms[0].Do = &norm.Pattern{} }, "accepted is one of them"},
		{"norm of nothing", func(o *norm.Organisation) { o.Norms[0].Mission = "" }, "accepted is one of them"},
		{"mission when", func(o *norm.Organisation) { o.Norms[0].When = &norm.Pattern{} }, "has an activation"},
		{"without a deadline", func(o *norm.Organisation) { o.Norms[0].Within = 0 }, "met within 0s"},
		{"before it was", func(o *norm.Organisation) { o.Norms[4].Within = -1 }, "met within -1ns"},
		{"regimented obligation", func(o *norm.Organisation) { o.Norms[0].Regimented = true }, "nobody can be made to act"},
		{"permission for a while", func(o *norm.Organisation) { o.Norms[1].Within = 1 }, "permits for a while"},
		{"deontic", func(o *norm.Organisation) { o.Norms[1].Deontic = 3 }, "deontic type 3"},
		{"by whom", func(o *norm.Organisation) { o.Norms[4].Do.By = "coach" }, "says by whom"},
		{"other without when", func(o *norm.Organisation) { o.Norms[4].Do.To = norm.Other }, `names role "other"`},
		{"other in when", func(o *norm.Organisation) { o.Norms[3].When.By = norm.Other }, `names role "other"`},
		{"fact with an act", func(o *norm.Organisation) { o.Norms[4].Do.Fact = "rain" }, "describes a fact"},
		{"a message's value", func(o *norm.Organisation) { o.Norms[4].Do.AtLeast = 1 }, "value of 1"},
		{"long sanction", func(o *norm.Organisation) { o.Norms[0].Sanction.Name = strings.Repeat("x", 101) }, "101 bytes"},
		{"many", func(o *norm.Organisation) { o.Norms = make([]norm.Norm, 1001) }, "1001 of one kind"},
	} {
		o := club()
		c.change(&o)
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if _, err := norm.Begin(o); err == nil {
			t.Errorf("%s: it begins", c.name)
		}
	}
	if o := club(); o.Check() != nil {
		t.Error(o.Check())
	}
}

// A snapshot may come from anywhere: what it restores to is an entity that goes on, and that can be taken apart.
func FuzzRestore(f *testing.F) {
	s := team(&testing.T{})
	s.Start("cup", "match", "reds")
	s.Commit("ann", "play", "cup")
	s.Commit("bob", "play", "cup")
	s.Commit("cy", "plan", "cup")
	snapshot, _ := s.Snapshot()
	f.Add(snapshot)
	for _, text := range []string{"", "null", "{}", `{"norms":[],"plays":{"a":[]}}`, `{"groups":[{"name":"club","kind":"club"},{"name":"x","kind":"team","in":"x"}]}`,
		`{"instances":[{"id":1,"norm":"plays","debtor":"a"}]}`, `{"norms":[{"name":"a","role":"member","do":{},"within":1}],"serial":1,"instances":[{"id":1,"norm":"a","debtor":"z","deadline":5}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, snapshot []byte) {
		e, err := norm.Restore(club(), snapshot)
		if err != nil {
			return
		}
		e.Adopt("zoe", "player", "reds")
		e.Start("zcup", "match", "club")
		e.Commit("zoe", "play", "zcup")
		e.Commit("ann", "play", "cup")
		e.Achieve("ann", "trained", "cup")
		e.Fail("bob", "travelled", "cup")
		e.WellFormed("club")
		e.Observe(norm.Said(e.Now()+1, say("query-if", "cy", nil, "ann")))
		if at, ok := e.Next(); ok {
			e.Advance(at)
		}
		e.Depart("ann")
		e.Finish("cup")
		again, err := e.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := norm.Restore(club(), again); err != nil {
			t.Errorf("%v: %s", err, again)
		}
	})
}
