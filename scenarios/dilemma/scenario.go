package dilemma

import (
	"slices"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

const name = "dilemma"

// Scenario is the two games as they are ordered by name.
var Scenario = polis.Scenario{
	Name:       name,
	Summary:    "what is best for each is not best for all: the iterated prisoner's dilemma, and the public good with and without punishment",
	Agents:     len(standards[ipd].minds),
	Rounds:     standards[ipd].turns,
	Pace:       environment.Rounds,
	Minds:      mindKinds(),
	Default:    standards[ipd].minds,
	Parameters: parameters,
	Properties: properties,
	Nulls:      []polis.Null{polis.Isolated, polis.MemoryOff},
	Metrics:    []string{Cooperation, Contribution, Payoff, Score + "NAME", Wins + "NAME", Payoff + ".NAME"},
	Standard:   standardFor,
	Build:      Build,
	Measure:    Measure,
	Line:       Line,
	Period:     "turn",
	Plots:      plots,
	Headline:   Headline,
	References: references,
	Questions:  []polis.Question{{Name: "Did cooperation change its level?", Measure: "change-point", World: []string{varCooperation}, Null: "block"}},
	StandIn:    StandIn,
}

// Build makes the society that is ordered. The error names what is wrong with the order, and what is accepted.
func Build(o polis.Order) (polis.Society, error) {
	set, err := read(o.Settings, o.Rounds)
	if err != nil {
		return polis.Society{}, err
	}
	minds, err := set.cast(o)
	if err != nil {
		return polis.Society{}, err
	}
	asked := slices.ContainsFunc(minds, func(m polis.Mind) bool { return m.Name == model || m.Name == person })
	s := polis.Society{Name: name, World: set.define(asked && set.names == nil, o.Null), Settings: set.text,
		MaySpeak: func(string, string) bool { return false }}
	for i, called := range set.called(minds) {
		b, err := decider(minds[i], set, s.World, o.Then)
		if err != nil {
			return polis.Society{}, err
		}
		a := polis.Agent{Name: called, Behavior: b, Mind: minds[i].String()}
		if minds[i].Name == model || minds[i].Name == person {
			a.Model = minds[i].Name
		}
		s.Agents = append(s.Agents, a)
	}
	return s, nil
}

// Measure gives the metrics of a run that has ended; nil when it ended before there was a world.
func Measure(r *polis.Report) map[string]float64 {
	switch w := r.World.(type) {
	case *Tournament:
		if w != nil {
			return w.Metrics()
		}
	case *Group:
		if w != nil {
			return w.Metrics()
		}
	}
	return nil
}
