package norm

import (
	"slices"
	"strings"
)

// running is a scheme that a group works at.
type running struct {
	Name        string       `json:"name"`
	Kind        string       `json:"kind"`
	Group       string       `json:"group"`
	Commitments []Commitment `json:"commitments"`
	Leaves      []leaf       `json:"leaves"`         // in the order of the tree
	Late        []late       `json:"late,omitempty"` // who was obliged to a mission and let the deadline pass: it is not obliged again
}

type late struct {
	Norm  string `json:"norm"`
	Agent string `json:"agent"`
}

// Commitment is a mission that an agent has taken on.
type Commitment struct {
	Agent   string `json:"agent"`
	Mission string `json:"mission"`
}

// leaf is a goal that agents work at.
type leaf struct {
	Goal     string   `json:"goal"`
	Achieved []string `json:"achieved,omitempty"` // by whom
	Met      bool     `json:"met,omitempty"`
	Failed   bool     `json:"failed,omitempty"`
	Enabled  bool     `json:"enabled,omitempty"`
	Late     []string `json:"late,omitempty"` // who was obliged to it and let the deadline pass
}

// Standing is what has become of a goal.
type Standing string

// The standings of goals.
const (
	Waiting    Standing = "waiting"    // for other goals, or for agents who commit themselves
	Enabled    Standing = "enabled"    // it can be worked at
	Satisfied  Standing = "satisfied"  // achieved
	Impossible Standing = "impossible" // never to be achieved
)

// Start lets a group work at a scheme, under a name of its own. Who is obliged to a mission of it, is so from now on.
func (e *Entity) Start(name, scheme, group string) ([]Signal, error) {
	s := e.org.scheme(scheme)
	switch {
	case !named(name):
		return nil, refuse(Unknown, "scheme %.100q; accepted is a name of 1 to %d bytes", name, maxName)
	case s == nil:
		return nil, refuse(Unknown, "there is no scheme %.100q", scheme)
	case e.group(group) == nil:
		return nil, refuse(Unknown, "there is no group %.100q", group)
	case e.scheme(name) != nil:
		return nil, refuse(Taken, "a scheme %q is running", name)
	case len(e.state.Running) >= MaxRunning:
		return nil, refuse(Full, "%d schemes are running", MaxRunning)
	}
	r := running{Name: name, Kind: scheme, Group: group}
	s.Goal.leaves(func(g *Goal) { r.Leaves = append(r.Leaves, leaf{Goal: g.Name}) })
	e.state.Running = append(e.state.Running, r)
	e.state.sort()
	e.settleAll()
	return e.signals(), nil
}

// Finish ends a scheme, whatever has become of it.
func (e *Entity) Finish(name string) ([]Signal, error) {
	if e.scheme(name) == nil {
		return nil, refuse(Unknown, "no scheme %.100q is running", name)
	}
	e.state.Running = slices.DeleteFunc(e.state.Running, func(r running) bool { return r.Name == name })
	e.lapse(func(in *Instance) bool { return in.Scheme == name })
	return e.signals(), nil
}

// Commit lets an agent take on a mission of a running scheme. A norm must permit it or oblige it to.
func (e *Entity) Commit(agent, mission, scheme string) ([]Signal, error) {
	s := e.scheme(scheme)
	if s == nil {
		return nil, refuse(Unknown, "no scheme %.100q is running", scheme)
	}
	m := e.org.scheme(s.Kind).mission(mission)
	switch {
	case m == nil:
		return nil, refuse(Unknown, "scheme %q has no mission %.100q", scheme, mission)
	case e.forbids(agent, mission, s.Group, true) != nil:
		return nil, refuse(Prohibited, "norm %q keeps %s from mission %q", e.forbids(agent, mission, s.Group, true).Name, agent, mission)
	case e.grounds(agent, mission, s.Group) == nil:
		return nil, refuse(Unauthorised, "no role of %s lets it take on mission %q in %q", agent, mission, s.Group)
	case slices.Contains(s.Commitments, Commitment{agent, mission}):
		return nil, refuse(Taken, "%s is committed to mission %q", agent, mission)
	case m.Max > 0 && s.committed(mission) >= m.Max:
		return nil, refuse(Full, "mission %q is for %d", mission, m.Max)
	}
	s.Commitments = append(s.Commitments, Commitment{agent, mission})
	e.resolve(agent, func(in *Instance) verdict {
		if in.Scheme == scheme && in.Goal == "" && e.norm(in.Norm).Mission == mission {
			return met
		}
		return open
	})
	if n := e.forbids(agent, mission, s.Group, false); n != nil { // it can be broken, and has been
		e.activate(n, Instance{Debtor: agent, Scheme: scheme})
		e.resolve(agent, func(in *Instance) verdict {
			if in.Norm == n.Name && in.Scheme == scheme {
				return broken
			}
			return open
		})
	}
	e.settleAll()
	return e.signals(), nil
}

// Abandon lets an agent give up a mission. It is refused while the agent is obliged to a goal of it (choice: who could walk
// away from an obligation had none).
func (e *Entity) Abandon(agent, mission, scheme string) ([]Signal, error) {
	s := e.scheme(scheme)
	if s == nil || !slices.Contains(s.Commitments, Commitment{agent, mission}) {
		return nil, refuse(Unknown, "%s is not committed to mission %.100q of %.100q", agent, mission, scheme)
	}
	goals := e.org.scheme(s.Kind).mission(mission).Goals
	for _, in := range e.owed[agent] {
		if in.Scheme == scheme && slices.Contains(goals, in.Goal) {
			return nil, refuse(Committed, "%s is obliged to goal %q of %q", agent, in.Goal, scheme)
		}
	}
	s.Commitments = slices.DeleteFunc(s.Commitments, func(c Commitment) bool { return c == Commitment{agent, mission} })
	e.settleAll()
	return e.signals(), nil
}

// Achieve notes that an agent has achieved a goal it is committed to.
func (e *Entity) Achieve(agent, goal, scheme string) ([]Signal, error) {
	l, err := e.working(agent, goal, scheme)
	if err != nil {
		return nil, err
	}
	l.Achieved = append(l.Achieved, agent)
	e.resolve(agent, func(in *Instance) verdict {
		if in.Scheme == scheme && in.Goal == goal {
			return met
		}
		return open
	})
	e.settleAll()
	return e.signals(), nil
}

// Fail notes that a goal can never be achieved, as one who is committed to it says.
func (e *Entity) Fail(agent, goal, scheme string) ([]Signal, error) {
	l, err := e.working(agent, goal, scheme)
	if err != nil {
		return nil, err
	}
	l.Failed = true
	e.settleAll()
	return e.signals(), nil
}

// working finds an enabled goal that an agent is committed to and has not achieved.
func (e *Entity) working(agent, goal, scheme string) (*leaf, error) {
	s := e.scheme(scheme)
	if s == nil {
		return nil, refuse(Unknown, "no scheme %.100q is running", scheme)
	}
	l := find(s.Leaves, func(l *leaf) bool { return l.Goal == goal })
	switch {
	case l == nil:
		return nil, refuse(Unknown, "scheme %q has no goal %.100q to work at", scheme, goal)
	case !slices.Contains(e.workers(s, goal), agent):
		return nil, refuse(Unauthorised, "%s is not committed to goal %q", agent, goal)
	case !l.Enabled:
		return nil, refuse(NotEnabled, "goal %q of %q is not enabled", goal, scheme)
	case slices.Contains(l.Achieved, agent):
		return nil, refuse(Taken, "%s has achieved goal %q", agent, goal)
	}
	return l, nil
}

// workers are those committed to a goal, sorted.
func (e *Entity) workers(s *running, goal string) (agents []string) {
	kind := e.org.scheme(s.Kind)
	for _, c := range s.Commitments {
		if slices.Contains(kind.mission(c.Mission).Goals, goal) {
			agents = append(agents, c.Agent)
		}
	}
	slices.Sort(agents)
	return slices.Compact(agents)
}

// Goal says what has become of a goal of a running scheme.
func (e *Entity) Goal(goal, scheme string) (Standing, error) {
	s := e.scheme(scheme)
	if s == nil {
		return "", refuse(Unknown, "no scheme %.100q is running", scheme)
	}
	standing := Standing("")
	e.stand(s, &e.org.scheme(s.Kind).Goal, e.complete(s), func(g *Goal, is Standing) {
		if g.Name == goal {
			standing = is
		}
	})
	if standing == "" {
		return "", refuse(Unknown, "scheme %q has no goal %.100q", scheme, goal)
	}
	return standing, nil
}

// Committed are the missions taken on in a running scheme.
func (e *Entity) Committed(scheme string) []Commitment {
	if s := e.scheme(scheme); s != nil {
		return slices.Clone(s.Commitments)
	}
	return nil
}

func (e *Entity) scheme(name string) *running {
	if i, ok := slices.BinarySearchFunc(e.state.Running, name, func(r running, name string) int { return strings.Compare(r.Name, name) }); ok {
		return &e.state.Running[i]
	}
	return nil
}

func (s *running) committed(mission string) (n int) {
	for _, c := range s.Commitments {
		if c.Mission == mission {
			n++
		}
	}
	return n
}

// complete says whether enough have committed themselves to every mission: before that nothing is enabled.
func (e *Entity) complete(s *running) bool {
	for _, m := range e.org.scheme(s.Kind).Missions {
		if s.committed(m.Name) < m.Min {
			return false
		}
	}
	return true
}

// leaves calls f for each goal without goals below it, in the order of the tree.
func (g *Goal) leaves(f func(*Goal)) {
	if len(g.Goals) == 0 {
		f(g)
	}
	for i := range g.Goals {
		g.Goals[i].leaves(f)
	}
}

// stand gives a goal's standing, and tells f of it and of all below. enabled: it would be, unless it is over.
func (e *Entity) stand(s *running, g *Goal, enabled bool, f func(*Goal, Standing)) Standing {
	is := e.over(s, g)
	if is == Waiting && enabled {
		is = Enabled
	}
	f(g, is)
	before := true // all goals before are satisfied
	for i := range g.Goals {
		below := e.stand(s, &g.Goals[i], is == Enabled && (g.Plan != Sequence || before), f)
		before = before && below == Satisfied
	}
	return is
}

// over says whether a goal is satisfied or impossible, else that it is waiting.
func (e *Entity) over(s *running, g *Goal) Standing {
	if len(g.Goals) == 0 {
		switch l := find(s.Leaves, func(l *leaf) bool { return l.Goal == g.Name }); {
		case l.Met:
			return Satisfied
		case l.Failed:
			return Impossible
		}
		return Waiting
	}
	satisfied, impossible := 0, 0
	for i := range g.Goals {
		switch e.over(s, &g.Goals[i]) {
		case Satisfied:
			satisfied++
		case Impossible:
			impossible++
		}
	}
	switch n := len(g.Goals); {
	case g.Plan == Choice && satisfied > 0, g.Plan != Choice && satisfied == n:
		return Satisfied
	case g.Plan == Choice && impossible == n, g.Plan != Choice && impossible > 0:
		return Impossible
	}
	return Waiting
}
