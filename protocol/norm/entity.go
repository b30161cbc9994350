package norm

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// How much an Entity keeps, at most. What is more is refused; a norm that cannot be put in force for that reason fails, with a
// signal.
const (
	MaxGroups    = 1000
	MaxPlays     = 10_000 // roles played, by all
	MaxRunning   = 1000   // schemes
	MaxInstances = 10_000 // norms in force for somebody
	MaxEach      = 100    // likewise: of one norm, that what one agent said has put in force
)

// Entity is an organisation that lives: who plays which role in which group, what has become of the schemes, and which norms are
// in force for whom. It is told what happens, in the order of time, and returns signals. It is not safe for concurrent use.
type Entity struct {
	org    Organisation               // with the norms that are declared now
	supers map[string]map[string]bool // by role: itself, and all it extends
	state  state
	out    []Signal               // of the call that is being answered
	owed   map[string][]*Instance // state.Instances by debtor, oldest first
	caused map[cause]int          // how many of them one agent has put in force
	soon   time.Duration          // no deadline of theirs is before; 0: they have none
}

// state is all of an Entity that is not declared; its JSON form is the snapshot.
type state struct {
	Now       time.Duration     `json:"now"`
	Serial    uint64            `json:"serial"` // of the newest instance
	Norms     []Norm            `json:"norms"`
	Groups    []founded         `json:"groups"` // by name
	Plays     map[string][]Play `json:"plays"`  // by agent; sorted by role and group
	Running   []running         `json:"running"`
	Instances []*Instance       `json:"instances"` // in force, oldest first
}

// founded is a group that there is.
type founded struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	In   string `json:"in,omitempty"` // "": in none
}

// Play is a role that somebody plays in a group.
type Play struct {
	Role  string `json:"role"`
	Group string `json:"group"`
}

// Begin founds the groups that are in no other, each under the name of its kind.
func Begin(o Organisation) (*Entity, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	e := declared(o)
	e.state.Norms = slices.Clone(o.Norms)
	e.org.Norms = e.state.Norms
	for _, g := range o.Groups {
		if !slices.ContainsFunc(o.Groups, func(in Group) bool {
			return slices.ContainsFunc(in.Subgroups, func(p Place) bool { return p.Name == g.Name })
		}) {
			e.state.Groups = append(e.state.Groups, founded{Name: g.Name, Kind: g.Name})
		}
	}
	e.state.sort()
	return e, nil
}

// declared is an Entity in which nothing is yet.
func declared(o Organisation) *Entity {
	e := &Entity{org: o, supers: make(map[string]map[string]bool, len(o.Roles)), state: state{Plays: map[string][]Play{}},
		owed: map[string][]*Instance{}, caused: map[cause]int{}}
	for _, r := range o.Roles {
		e.supers[r.Name] = map[string]bool{}
		for _, s := range o.Roles {
			if o.isA(r.Name, s.Name, false) {
				e.supers[r.Name][s.Name] = true
			}
		}
	}
	return e
}

func (s *state) sort() {
	slices.SortFunc(s.Groups, func(a, b founded) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Running, func(a, b running) int { return strings.Compare(a.Name, b.Name) })
}

func (a Play) compare(b Play) int {
	return cmp.Or(strings.Compare(a.Role, b.Role), strings.Compare(a.Group, b.Group))
}

// Plays are the roles of an agent, by role and group.
func (e *Entity) Plays(agent string) []Play { return slices.Clone(e.state.Plays[agent]) }

// Players are those who play a role, or one that extends it, in whatever group; sorted.
func (e *Entity) Players(role string) (agents []string) {
	for agent := range e.state.Plays {
		if e.plays(agent, role) {
			agents = append(agents, agent)
		}
	}
	slices.Sort(agents)
	return agents
}

// plays says whether an agent plays a role, or one that extends it, anywhere.
func (e *Entity) plays(agent, role string) bool {
	return slices.ContainsFunc(e.state.Plays[agent], func(p Play) bool { return e.supers[p.Role][role] })
}

// playsIn is plays in a group or one inside it.
func (e *Entity) playsIn(agent, role, group string) bool {
	return slices.ContainsFunc(e.state.Plays[agent], func(p Play) bool { return e.supers[p.Role][role] && e.inside(p.Group, group) })
}

// inside says whether a group is another, or somewhere in it.
func (e *Entity) inside(group, in string) bool {
	for range len(e.state.Groups) {
		if group == in {
			return true
		}
		g := e.group(group)
		if g == nil || g.In == "" {
			return false
		}
		group = g.In
	}
	return false
}

func (e *Entity) group(name string) *founded {
	if i, ok := slices.BinarySearchFunc(e.state.Groups, name, func(g founded, name string) int { return strings.Compare(g.Name, name) }); ok {
		return &e.state.Groups[i]
	}
	return nil
}

// Now is how far time has gone, since the start of the society.
func (e *Entity) Now() time.Duration { return e.state.Now }

// Norms are those declared now.
func (e *Entity) Norms() []Norm { return slices.Clone(e.state.Norms) }

// Instances are the norms in force for somebody, oldest first.
func (e *Entity) Instances() []Instance {
	all := make([]Instance, len(e.state.Instances))
	for i, in := range e.state.Instances {
		all[i] = *in
	}
	return all
}

// linked says whether a link of at least that relation lets the one reach the other.
func (e *Entity) linked(r Relation, from, to string) bool {
	for i := range e.org.Links {
		l := &e.org.Links[i]
		if l.Relation >= r && (e.spans(l, from, to) || l.Both && e.spans(l, to, from)) {
			return true
		}
	}
	return false
}

// spans says whether a link goes from the one to the other.
func (e *Entity) spans(l *Link, from, to string) bool {
	for _, p := range e.state.Plays[from] {
		for _, q := range e.state.Plays[to] {
			if e.supers[p.Role][l.From] && e.supers[q.Role][l.To] && l.Scope.fits(p.Group, q.Group) {
				return true
			}
		}
	}
	return false
}

func (s Scope) fits(group, other string) bool {
	return s == Anywhere || (s == Within) == (group == other)
}

// Linked says whether a link of that relation, or one that includes it, goes from the one agent to the other.
func (e *Entity) Linked(r Relation, from, to string) bool { return e.linked(r, from, to) }
