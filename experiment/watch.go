package experiment

import (
	"fmt"
	"maps"
	"slices"

	"github.com/polis-agents/polis/environment"
)

// record is what a sweep looks at while a run is played: the variables that its study names, round by round.
type record struct {
	milestones []Milestone
	world      map[string][]float64            // by variable
	agents     map[string]map[string][]float64 // by variable, then agent
	rounds     int
	since      map[string]int // milestones: the first round of those in a row in which it holds
	reached    map[string]int
	unknown    string // a milestone's variable that the world does not show
}

// newRecord is of the variables that a study needs; nil: none.
func newRecord(s *Study) *record {
	r := &record{milestones: s.Milestones, world: map[string][]float64{}, agents: map[string]map[string][]float64{}, since: map[string]int{}, reached: map[string]int{}}
	for _, h := range s.Hypotheses {
		for _, v := range h.World {
			r.world[v] = nil
		}
		if h.Agents != "" {
			r.agents[h.Agents] = map[string][]float64{}
		}
	}
	if len(r.milestones)+len(r.world)+len(r.agents) == 0 {
		return nil
	}
	return r
}

// see takes in the end of a round.
func (r *record) see(event any) {
	e, ok := event.(environment.RoundEnded)
	if !ok {
		return
	}
	r.rounds++
	for name := range r.world {
		if x, ok := valueOf(e.World, name); ok {
			r.world[name] = append(r.world[name], x)
		}
	}
	for i := range e.Agents {
		a := &e.Agents[i]
		for name, of := range r.agents {
			if x, ok := valueOf(a.Variables, name); ok {
				of[a.Name] = append(of[a.Name], x)
			}
		}
	}
	r.judge(e)
}

// judge looks whether milestones are come to.
func (r *record) judge(e environment.RoundEnded) {
	for _, m := range r.milestones {
		x, ok := valueOf(e.World, m.When.Variable)
		switch {
		case !ok:
			r.unknown = m.When.Variable
		case !m.When.Holds(x):
			delete(r.since, m.Name)
		case r.since[m.Name] == 0:
			r.since[m.Name] = e.Round
		}
		first := r.since[m.Name]
		if _, done := r.reached[m.Name]; !done && first > 0 && e.Round-first+1 >= max(m.For, 1) {
			r.reached[m.Name] = first
		}
	}
}

func valueOf(variables []environment.Variable, name string) (float64, bool) {
	for i := range variables {
		if variables[i].Name == name {
			return variables[i].Value, true
		}
	}
	return 0, false
}

// columns are the series of a hypothesis, each with a value for every round from the first that it looks at.
func (r *record) columns(h *Hypothesis) (names []string, columns [][]float64, err error) {
	from := max(h.From, 1) - 1
	add := func(name, of string, series []float64) error {
		if len(series) != r.rounds {
			return fmt.Errorf("%s has %d values in %d rounds", of, len(series), r.rounds)
		}
		names, columns = append(names, name), append(columns, series[min(from, len(series)):])
		return nil
	}
	for _, v := range h.World {
		if err := add(v, fmt.Sprintf("variable %q of the world", v), r.world[v]); err != nil {
			return nil, nil, err
		}
	}
	if h.Agents == "" {
		return names, columns, nil
	}
	of := r.agents[h.Agents]
	if len(of) == 0 {
		return nil, nil, fmt.Errorf("no agent shows a variable %q", h.Agents)
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if err := add(name, fmt.Sprintf("variable %q of %s", h.Agents, name), of[name]); err != nil {
			return nil, nil, err
		}
	}
	return names, columns, nil
}
