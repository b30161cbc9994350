package opinion

import (
	"fmt"
	"strconv"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

const name = "opinion"

// properties: an agent hears those it meets alone, and chance decides who that is.
var properties = environment.Properties{Closed: true}

// Scenario is the forum as it is ordered by name.
var Scenario = polis.Scenario{
	Name:       name,
	Summary:    "agents hear what others think, and move: voters, averages, and two models of bounded confidence",
	Agents:     50,
	Pace:       environment.Sequential,
	Paces:      []environment.Pace{environment.Sequential}, // the order of activation is part of the model
	Minds:      mindKinds,
	Default:    []string{moved},
	Parameters: parameters,
	Properties: properties,
	Nulls:      []polis.Null{polis.Isolated, polis.PartnersShuffled},
	Metrics:    []string{Sweeps, ExitUp, Clusters, Consensus, Mean, Spread},
	Period:     "sweep",
	Plots:      []polis.Plot{{Title: "Opinions", Of: "agents", Variables: []string{varOpinion}, Unit: "0 to 1"}, {Title: "Mean and spread", Of: "world", Variables: []string{varMean, varSpread}, Unit: "0 to 1"}, {Title: "Clusters", Of: "world", Variables: []string{varClusters}, Unit: "clusters"}},
	Standard:   standardFor,
	Build:      Build,
	Measure:    Measure,
	Line:       Line,
	Headline:   Headline,
	References: references,
}

// Build makes the society that is ordered. The error names what is wrong with the order, and what is accepted.
func Build(o polis.Order) (polis.Society, error) {
	set, err := read(o.Settings)
	if err != nil {
		return polis.Society{}, err
	}
	minds := o.Minds
	if minds == nil {
		if minds, err = polis.ParseMinds([]string{moved}, o.Agents, set.agents()); err != nil {
			return polis.Society{}, err
		}
	}
	switch n := len(minds); {
	case o.Agents > 0 && o.Agents != n:
		return polis.Society{}, fmt.Errorf("opinion: %d minds for %d agents; accepted is one for each", n, o.Agents)
	case n < 2 || n > mostAgents:
		return polis.Society{}, fmt.Errorf("opinion: %d agents; accepted are 2 to %d", n, mostAgents)
	case o.Null == polis.PartnersShuffled && set.graph == complete:
		return polis.Society{}, fmt.Errorf("opinion: null %q; accepted with graph=complete is isolated: whom an agent meets is drawn anew each time as it is", o.Null)
	}
	laws := Laws{Model: set.model, Graph: set.graph, Eps: set.eps, MaxSweeps: set.maxSweeps, Deaf: o.Null == polis.Isolated, Shuffled: o.Null == polis.PartnersShuffled}
	s := polis.Society{Name: name, World: Define(laws), Settings: set.text, MaySpeak: func(string, string) bool { return false }}
	for i, m := range minds {
		b, err := decider(m, set, set.first(i, len(minds)))
		if err != nil {
			return polis.Society{}, err
		}
		s.Agents = append(s.Agents, polis.Agent{Name: fmt.Sprintf("agent-%0*d", max(3, len(strconv.Itoa(len(minds)))), i+1), Behavior: b, Mind: m.String()})
	}
	return s, nil
}

// Measure gives the metrics of a run that has ended; nil when it ended before there was a world.
func Measure(r *polis.Report) map[string]float64 {
	if f, ok := r.World.(*Forum); ok && f != nil {
		return f.Metrics()
	}
	return nil
}
