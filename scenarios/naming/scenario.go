package naming

import (
	"fmt"
	"strconv"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

const (
	name          = "naming"
	defaultAgents = 24 // as Ashery et al.
)

// Scenario is the naming game as it is ordered by name.
var Scenario = polis.Scenario{
	Name:       name,
	Summary:    "agents that meet in pairs come to call a thing by one name: words invented or given, two rules, and committed minorities",
	Agents:     defaultAgents,
	Nulls:      []polis.Null{polis.Isolated, polis.MemoryOff},
	Pace:       environment.Sequential,
	Paces:      []environment.Pace{environment.Sequential}, // the order of activation is part of the model
	Minds:      mindKinds(),
	Default:    []string{minimalRule},
	Parameters: parameters,
	Properties: properties,
	Metrics: append([]string{Converged, TimeMost, WordsMost, DistinctMost, RoundsToConsensus},
		append(successNames(), Flipped, MostlyAgreed, Payoff, Winner+"NAME")...),
	Standard:   standardFor,
	Build:      Build,
	Measure:    Measure,
	Line:       Line,
	Plots:      plots,
	Headline:   Headline,
	References: references,
	Questions:  []polis.Question{{Name: "Did understanding change its level?", Measure: "change-point", World: []string{varSuccess}, Null: "block"}},
	StandIn:    StandIn,
}

// Build makes the society that is ordered. The error names what is wrong with the order, and what is accepted.
func Build(o polis.Order) (polis.Society, error) {
	set, err := read(o.Settings)
	if err != nil {
		return polis.Society{}, err
	}
	minds, err := set.cast(o)
	if err != nil {
		return polis.Society{}, err
	}
	s := polis.Society{Name: name, World: set.define(minds, o.Null), Settings: set.text, MaySpeak: func(string, string) bool { return false }}
	for i, m := range minds {
		b, err := decider(m, set, s.World, o.Then)
		if err != nil {
			return polis.Society{}, err
		}
		a := polis.Agent{Name: nameOf(i, len(minds)), Behavior: b, Mind: m.String()}
		if m.Name == model || m.Name == person {
			a.Model = m.Name
		}
		s.Agents = append(s.Agents, a)
	}
	return s, nil
}

// define makes the world of these settings, for agents with those minds.
func (s *settings) define(minds []polis.Mind, null polis.Null) *environment.Definition {
	var firms, noted []string
	for i, m := range minds {
		switch m.Name {
		case firm:
			firms = append(firms, nameOf(i, len(minds)))
		case model, person:
			noted = append(noted, nameOf(i, len(minds)))
		}
	}
	if s.rule == memoryRule {
		return DefineMatch(MatchLaws{Names: s.names, Committed: firms, Noted: noted, Memory: s.memory, MaxRounds: s.maxRounds, Untold: null != ""})
	}
	return DefineTalk(TalkLaws{Names: s.names, Committed: firms, Noted: noted, MaxRounds: s.maxRounds,
		Deaf: null == polis.Isolated, Forgetful: null == polis.MemoryOff})
}

// nameOf names the i-th agent, from 0, so that the order of names is that of numbers.
func nameOf(i, of int) string {
	return fmt.Sprintf("agent-%0*d", max(3, len(strconv.Itoa(of))), i+1)
}

// Measure gives the metrics of a run that has ended; nil when it ended before there was a world.
func Measure(r *polis.Report) map[string]float64 {
	switch w := r.World.(type) {
	case *Talk:
		if w != nil {
			return w.Metrics()
		}
	case *Match:
		if w != nil {
			return w.Metrics()
		}
	}
	return nil
}
