package culture

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

const name = "culture"

// The metrics of a run.
const (
	Regions      = "regions"       // areas of one culture at the end
	LargestShare = "largest_share" // sites in the largest of them, of all
	Sweeps       = "sweeps"        // rounds of as many meetings as there are agents
	Converged    = "converged"     // 1: nothing could change any more
)

// The variables of the world.
const (
	varRegions = "regions"
	varLargest = "largest"
)

// The minds.
const (
	homophilous  = "homophilous"
	indifferent  = "indifferent"
	unpersuaded  = "unpersuaded"
	defaultSweep = 20_000
)

// properties: an agent senses the two that meet, and chance decides who they are.
var properties = environment.Properties{Discrete: true, Closed: true}

// Scenario is the land as it is ordered by name.
var Scenario = polis.Scenario{
	Name:    name,
	Summary: "neighbours who have something in common come to have more of it, and differences last",
	Agents:  100,
	Rounds:  defaultSweep,
	Pace:    environment.Sequential,
	Paces:   []environment.Pace{environment.Sequential}, // the order of activation is part of the model
	Minds: []polis.MindKind{
		{Name: homophilous, Doc: "takes a trait over as often as it has features in common with whom it meets"},
		{Name: indifferent, Doc: "takes a trait over from everybody who has another"},
		{Name: unpersuaded, Doc: "never takes anything over"}},
	Default:    []string{homophilous},
	Parameters: parameters,
	Properties: properties,
	Metrics:    []string{Regions, LargestShare, Sweeps, Converged},
	Nulls:      []polis.Null{polis.PartnersShuffled},
	Period:     "sweep",
	Plots: []polis.Plot{{Title: "Regions", Of: "world", Variables: []string{varRegions}, Unit: "regions"},
		{Title: "The largest region", Of: "world", Variables: []string{varLargest}, Unit: "share"}},
	Standard:   standardFor,
	Build:      Build,
	Measure:    Measure,
	Line:       Line,
	Headline:   Headline,
	References: references,
	Questions: []polis.Question{{Name: "Did the number of regions change its level?", Measure: "change-point", World: []string{varRegions}, Null: "block",
		Beware: "a slow drift is a change of level too: the row is where its halves differ most, and no jump"}},
}

// Define makes the land an environment.
func Define(laws Laws) *environment.Definition {
	d := environment.Define(func() *Land { return NewLand(laws) }, (*Land).Perceive)
	environment.AddAction(d, "copy", "Take over a trait of whom you meet.", (*Land).Copy)
	d.Properties = properties
	return d
}

// Build makes the society that is ordered. The error names what is wrong with the order, and what is accepted.
func Build(o polis.Order) (polis.Society, error) {
	set, err := read(o.Settings)
	if err != nil {
		return polis.Society{}, err
	}
	minds := o.Minds
	if minds == nil {
		if minds, err = polis.ParseMinds([]string{homophilous}, o.Agents, set.width*set.width); err != nil {
			return polis.Society{}, err
		}
	}
	if n := set.width * set.width; o.Agents > 0 && o.Agents != n || len(minds) != n {
		return polis.Society{}, fmt.Errorf("culture: %d agents; accepted with width=%d are %d, one on each site", max(o.Agents, len(minds)), set.width, n)
	}
	laws := Laws{Width: set.width, Features: set.features, Traits: set.traits, Anybody: o.Null == polis.PartnersShuffled}
	s := polis.Society{Name: name, World: Define(laws), Settings: set.text, MaySpeak: func(string, string) bool { return false }}
	for i, m := range minds {
		rule, known := rules[m.Name]
		if !known || m.Arg != "" {
			return polis.Society{}, fmt.Errorf("culture: mind %q; accepted are %s, %s and %s", m, homophilous, indifferent, unpersuaded)
		}
		s.Agents = append(s.Agents, polis.Agent{Name: fmt.Sprintf("agent-%0*d", max(3, len(strconv.Itoa(len(minds)))), i+1), Mind: m.String(),
			Behavior: func() actors.Behavior { return actors.FromRule[View, Copy](rule) }})
	}
	return s, nil
}

// Measure gives the metrics of a run that has ended; nil when it ended before there was a world.
func Measure(r *polis.Report) map[string]float64 {
	if l, ok := r.World.(*Land); ok && l != nil {
		return l.Metrics()
	}
	return nil
}

// Line tells how many cultures are left.
func Line(e environment.RoundEnded) string {
	regions, largest := 0.0, 0.0
	for _, v := range e.World {
		switch v.Name {
		case varRegions:
			regions = v.Value
		case varLargest:
			largest = v.Value
		}
	}
	full := min(10, max(0, int(largest*10+.5)))
	return fmt.Sprintf("sweep %5d  regions %3.0f  the largest %s %3.0f %%", e.Round, regions, strings.Repeat("█", full)+strings.Repeat("░", 10-full), 100*largest)
}

// Headline says how many cultures lasted.
func Headline(c *polis.Chronicle) string {
	m := c.Means()
	switch n := len(c.Runs); {
	case n == 0:
		return ""
	case n > 1:
		return fmt.Sprintf("In %.0f of %d runs nothing could change any more in the end; on average there are %.2f regions, and the largest holds %.0f %% of the land.",
			m[Converged]*float64(n), n, m[Regions], 100*m[LargestShare])
	case m[Converged] == 1 && m[Regions] == 1:
		return fmt.Sprintf("After %.0f sweeps all have one culture.", m[Sweeps])
	case m[Converged] == 1:
		return fmt.Sprintf("After %.0f sweeps nothing can change any more: %.0f regions are left, and the largest holds %.0f %% of the land.", m[Sweeps], m[Regions], 100*m[LargestShare])
	}
	return fmt.Sprintf("After %.0f sweeps cultures still change: there are %.0f regions, and the largest holds %.0f %% of the land.", m[Sweeps], m[Regions], 100*m[LargestShare])
}
