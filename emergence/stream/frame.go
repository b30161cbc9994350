package stream

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/emergence/information"
	"github.com/polis-agents/polis/emergence/network"
	"github.com/polis-agents/polis/emergence/social"
)

// Surrogates of a reading that has a null: the least with which p can be .01.
const Surrogates = 99

// Frame is a copy of a window, and of what all agents have in the newest round.
type Frame struct {
	Round   int // the newest
	Rounds  int // how many there are
	watches []Watch
	now     map[string][]float64 // by variable: of all agents that have it
	over    map[string]series    // by variable, of the panel
	world   map[string][]float64
	talk    []arc
	lost    int
	size    int
}

// series are columns over the window, of agents that were there all the time.
type series struct {
	agents  []string
	columns [][]float64
}

// Frame copies the window. s is the society as it was when the newest round ended.
func (w *Window) Frame(s Society) *Frame {
	f := &Frame{watches: w.watches, now: map[string][]float64{}, over: map[string]series{}, world: map[string][]float64{}, size: w.size, lost: w.lost}
	if f.Rounds = len(w.rounds); f.Rounds > 0 {
		f.Round = w.rounds[f.Rounds-1]
	}
	for _, watch := range w.watches {
		if m, _ := find(watch.Measure); m.of != ofAgentsNow || f.now[watch.Variable] != nil {
			continue
		}
		all := make([]float64, 0, s.Agents())
		for i := range s.Agents() {
			if x, ok := s.Value(i, watch.Variable); ok && !math.IsNaN(x) && !math.IsInf(x, 0) {
				all = append(all, x)
			}
		}
		f.now[watch.Variable] = all
	}
	for i := range w.tracks {
		t := &w.tracks[i]
		if t.of == ofWorldOver {
			if values := t.values[0]; !slices.ContainsFunc(values, math.IsNaN) {
				f.world[t.variable] = slices.Clone(values)
			}
			continue
		}
		var kept series
		for k, values := range t.values {
			if t.seats[k].agent != "" && len(values) == f.Rounds && !slices.ContainsFunc(values, math.IsNaN) {
				kept.agents = append(kept.agents, t.seats[k].agent)
				kept.columns = append(kept.columns, slices.Clone(values))
			}
		}
		f.over[t.variable] = kept
	}
	f.talk = slices.Clone(w.talk)
	return f
}

// Reading is what a watch has given.
type Reading struct {
	Watch
	Round    int // the newest of the window
	Rounds   int // of the window; 1: of the newest only
	Estimate *emergence.Estimate
	Err      error // why there is none
}

// Readings takes all watches of a frame. The seed is that of the surrogates: the same frame and seed give the same.
func (f *Frame) Readings(seed uint64) []Reading {
	all := make([]Reading, len(f.watches))
	for i, w := range f.watches {
		m, err := find(w.Measure)
		all[i] = Reading{Watch: w, Round: f.Round, Rounds: f.Rounds}
		if err == nil {
			if m.of == ofAgentsNow {
				all[i].Rounds = 1
			}
			all[i].Estimate, err = f.estimate(m, w, seed)
		}
		all[i].Err = err
	}
	return all
}

func (f *Frame) estimate(m Measure, w Watch, seed uint64) (*emergence.Estimate, error) {
	if m.of != ofAgentsNow && f.Rounds < least {
		return nil, &Early{f.Rounds}
	}
	test := emergence.Test{Null: m.Null, Surrogates: Surrogates, Resamples: -1, Seed: seed}
	switch m.of {
	case ofAgentsNow:
		if len(f.now[w.Variable]) == 0 {
			return nil, lacks("agent", w.Variable)
		}
		if m.Name == "convention" {
			return convention(f.now[w.Variable])
		}
		return catalogued(m.Name, []string{"value"}, [][]float64{f.now[w.Variable]}, nil, test)
	case ofWorldOver:
		values, ok := f.world[w.Variable]
		if !ok {
			return nil, lacks("world", w.Variable)
		}
		set := map[string]string{}
		if symbols, size := information.Recode(values); len(size) > few && len(symbols) > 0 {
			set["bins"] = "2"
		}
		return catalogued(m.Name, []string{"value"}, [][]float64{values}, set, test)
	case ofTalk:
		return f.reciprocity()
	}
	panel := f.over[w.Variable]
	if len(panel.columns) == 0 {
		return nil, lacks("agent", w.Variable)
	}
	switch {
	case m.of == ofPooled:
		return catalogued(m.Name, []string{"value"}, [][]float64{slices.Concat(panel.columns...)}, nil, test)
	case m.Name == coordination:
		return panel.coordination(test)
	}
	return catalogued(m.Name, panel.agents, panel.columns, nil, test)
}

// few is up to how many different values are symbols of their own; more are put in bins.
const few = 4

// lacks says that a variable is not shown.
func lacks(who, variable string) error {
	if variable == "" {
		return fmt.Errorf("stream: no variable of the %s over the window; accepted is one that is there in each round", who)
	}
	return fmt.Errorf("stream: variable %q; accepted is one that the %s has in each round of the window", variable, who)
}

// Early says that a window is too short yet.
type Early struct{ Rounds int }

// Error says how short.
func (e *Early) Error() string {
	return fmt.Sprintf("stream: %d rounds so far; accepted are %d or more", e.Rounds, least)
}

// catalogued takes a measure of the catalogue of columns.
func catalogued(name string, names []string, columns [][]float64, set map[string]string, test emergence.Test) (*emergence.Estimate, error) {
	m, err := emergence.Find(name)
	if err != nil {
		return nil, err
	}
	t, err := emergence.NewTable(names, columns, nil)
	if err != nil {
		return nil, err
	}
	return m.Estimate(emergence.Input{Table: t}, set, test)
}

// described is an estimate without a null.
func described(name, unit string, value float64, n int, of string, more ...string) *emergence.Estimate {
	return &emergence.Estimate{Measure: name, Of: of, Unit: unit, N: n, Value: value, Values: emergence.Values{{Name: name, Value: value}},
		Warnings: append([]string{"no null: descriptive only"}, more...)}
}

// convention is how many have the commonest value.
func convention(values []float64) (*emergence.Estimate, error) {
	words, _ := information.Recode(values)
	c, err := social.ConventionOf(words)
	if err != nil {
		return nil, err
	}
	return described("convention", "1", c.Share, len(values), ""), nil
}

// reciprocity is how many of those who spoke to another were spoken to by it.
func (f *Frame) reciprocity() (*emergence.Estimate, error) {
	number := map[string]int{}
	of := func(name string) int {
		if _, known := number[name]; !known {
			number[name] = len(number)
		}
		return number[name]
	}
	arcs := map[[2]int]bool{}
	for _, a := range f.talk {
		if f.Round-a.round < f.size && a.round <= f.Round && a.from != a.to {
			arcs[[2]int{of(a.from), of(a.to)}] = true
		}
	}
	if len(arcs) == 0 {
		return nil, errors.New("stream: nobody has spoken in the window")
	}
	edges := slices.SortedFunc(maps.Keys(arcs), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	g, err := network.Directed(len(number), edges, nil)
	if err != nil {
		return nil, err
	}
	x, err := g.Reciprocity()
	if err != nil {
		return nil, err
	}
	var more []string
	if f.lost > 0 {
		more = append(more, fmt.Sprintf("more was said than is kept: the newest %d", MaxTalk))
	}
	return described(reciprocity, "1", x, len(edges), "", more...), nil
}
