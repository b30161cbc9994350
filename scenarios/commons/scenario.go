package commons

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

const (
	name          = "commons"
	defaultAgents = 5
	defaultMonths = 12
	talkers       = 200 // at most, when each speaks to each: what they say grows with the square of their number
)

var defaultMinds = []string{"sustainable"} // as many as there are agents

// Scenario is the commons as it is ordered by name.
var Scenario = polis.Scenario{
	Name:       name,
	Summary:    "a lake to fish in: what is left doubles, and when too little is left all is over",
	Agents:     defaultAgents,
	Rounds:     defaultMonths,
	Pace:       environment.Rounds,
	Minds:      mindKinds(),
	Default:    defaultMinds,
	Parameters: parameters,
	Properties: properties,
	Nulls:      []polis.Null{polis.ChannelCut, polis.MemoryOff, polis.PublicSignalOnly},
	Metrics:    metricNames,
	Watch:      []string{"gini:total", "mutual-information:catch", "reciprocity"},
	Build:      Build,
	Newcomer:   Newcomer,
	Measure:    Measure,
	Line:       Line,
	Period:     period,
	Plots:      plots,
	Headline:   Headline,
	References: references,
	Questions: []polis.Question{{Name: "Do catches go together?", Measure: "total-correlation", Set: map[string]string{"bins": "2"}, Agents: varCatch, Null: "block",
		Beware: "common public signal: all see the same stock, which makes catches go together without any interaction; --null public-signal-only keeps it"}},
	StandIn: StandIn,
}

// Build makes the society that is ordered. The error names what is wrong with the order, and what is accepted.
func Build(o polis.Order) (polis.Society, error) {
	months := o.Rounds
	if months == 0 {
		months = defaultMonths
	}
	if months < 0 || o.Agents < 0 {
		return polis.Society{}, fmt.Errorf("commons: %d agents and %d months; accepted are at least 1 of each", o.Agents, months)
	}
	minds := o.Minds
	if minds == nil {
		var err error
		if minds, err = polis.ParseMinds(defaultMinds, o.Agents, defaultAgents); err != nil {
			return polis.Society{}, fmt.Errorf("commons: %w", err)
		}
	}
	if len(minds) == 0 || o.Agents > 0 && o.Agents != len(minds) {
		return polis.Society{}, fmt.Errorf("commons: %d minds for %d agents; accepted is one for each", len(minds), o.Agents)
	}
	set, err := read(o.Settings, months)
	if err != nil {
		return polis.Society{}, err
	}
	set.laws.Blind = o.Null == polis.PublicSignalOnly
	s := polis.Society{Name: name, World: Define(set.laws), Settings: set.text}
	if !set.laws.Talk {
		s.MaySpeak = func(string, string) bool { return false }
	}
	for i, mind := range minds {
		if err := settle(&s, i, mind, 0, o.Then); err != nil {
			return polis.Society{}, err
		}
	}
	if set.joins > 0 {
		s.World.Properties.Closed = false
		if err := settle(&s, len(minds), set.newcomer, set.joins, o.Then); err != nil {
			return polis.Society{}, fmt.Errorf("newcomer: %w", err)
		}
	}
	return s, limitTalk(&s, set.laws.Talk)
}

// settle adds an agent to the society.
func settle(s *polis.Society, i int, mind polis.Mind, from int, then []string) error {
	b, err := decider(mind, s.World, then)
	if err != nil {
		return err
	}
	a := polis.Agent{Name: nameOf(i), Behavior: b, Mind: mind.String(), From: from}
	if mind.Name == model || mind.Name == person {
		a.Model = mind.Name
	}
	s.Agents = append(s.Agents, a)
	return nil
}

// limitTalk keeps crowds from talking: what each says to each would not fit into mailboxes.
func limitTalk(s *polis.Society, talk bool) error {
	if !talk || len(s.Agents) <= talkers {
		return nil
	}
	for _, a := range s.Agents {
		if mind, _, _ := strings.Cut(a.Mind, ":"); a.Model != "" || slices.Contains([]string{"covenant", "lawful", "defector"}, mind) {
			return fmt.Errorf("commons: %d agents, among them %q, who speaks to each of them; accepted are %d, or talk=false",
				len(s.Agents), a.Mind, talkers)
		}
	}
	return nil
}

// people are the five of the original, in its order, and some more.
var people = []string{"John", "Kate", "Jack", "Emma", "Luke", "Mia", "Noah", "Olga", "Paul", "Rosa", "Sven", "Tara"}

// nameOf names the i-th agent, from 0.
func nameOf(i int) string {
	if i < len(people) {
		return people[i]
	}
	return fmt.Sprintf("agent-%03d", i+1)
}

// Measure gives the metrics of a run that has ended; nil when it ended before there was a lake.
func Measure(r *polis.Report) map[string]float64 {
	l, ok := r.World.(*Lake)
	if !ok || l == nil {
		return nil
	}
	return l.Metrics()
}
