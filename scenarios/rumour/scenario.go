package rumour

import (
	"fmt"
	"strconv"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

const (
	name          = "rumour"
	defaultAgents = 64
)

// properties: an agent senses what it is told alone, and nothing of where the rumour has come to.
var properties = environment.Properties{Discrete: true, Closed: true}

// Scenario is the town as it is ordered by name.
var Scenario = polis.Scenario{
	Name:       name,
	Summary:    "a rumour goes from mouth to mouth: gossip that reaches all, a rumour that bores, an epidemic that ends",
	Agents:     defaultAgents,
	Pace:       environment.Sequential,
	Paces:      []environment.Pace{environment.Sequential, environment.Rounds},
	Minds:      mindKinds,
	Default:    []string{teller},
	Parameters: parameters,
	Properties: properties,
	Nulls:      []polis.Null{polis.ChannelCut, polis.Isolated},
	Metrics:    []string{Rounds, NeverHeard, FinalSize, Major, MajorFinalSize, Told},
	Plots:      []polis.Plot{{Title: "Who has heard it, and who tells it", Of: "world", Variables: []string{varHeard, varTelling}, Unit: "share"}},
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
		if minds, err = polis.ParseMinds([]string{teller}, o.Agents, defaultAgents); err != nil {
			return polis.Society{}, err
		}
	}
	switch n := len(minds); {
	case o.Agents > 0 && o.Agents != n:
		return polis.Society{}, fmt.Errorf("rumour: %d minds for %d agents; accepted is one for each", n, o.Agents)
	case n < 2 || n > mostAgents:
		return polis.Society{}, fmt.Errorf("rumour: %d agents; accepted are 2 to %d", n, mostAgents)
	case set.seeds >= n:
		return polis.Society{}, set.wrong("seeds", fmt.Sprintf("a number from 1 to %d, so that one of %d agents has not heard it", n-1, n))
	}
	laws := Laws{Seeds: set.seeds, UntilAll: set.model == gossip, MaxRounds: set.maxRounds, Deaf: o.Null != ""}
	s := polis.Society{Name: name, World: Define(laws), Settings: set.text}
	book := make([]string, len(minds))
	for i := range book {
		book[i] = fmt.Sprintf("agent-%0*d", max(4, len(strconv.Itoa(len(minds)))), i+1) // the order of names is that of numbers
	}
	for i, m := range minds {
		b, err := decider(m, set, book, i)
		if err != nil {
			return polis.Society{}, err
		}
		s.Agents = append(s.Agents, polis.Agent{Name: book[i], Behavior: b, Mind: m.String()})
	}
	return s, nil
}

// Measure gives the metrics of a run that has ended; nil when it ended before there was a world.
func Measure(r *polis.Report) map[string]float64 {
	if w, ok := r.World.(*Town); ok && w != nil {
		return w.Metrics()
	}
	return nil
}
