package schelling

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

const name = "schelling"

// The metrics of a run.
const (
	Similar   = "similar"   // neighbours of one's own kind, of all neighbours of all agents, at the end: 0..1
	Ticks     = "ticks"     // rounds in which agents could move
	Converged = "converged" // 1: nobody was unhappy at the end
)

// The variables of the world.
const (
	varSimilar = "similar"
	varUnhappy = "unhappy"
)

// properties: an agent sees its neighbours alone, and chance decides where it goes.
var properties = environment.Properties{Discrete: true, Closed: true}

// Scenario is the grid as it is ordered by name.
var Scenario = polis.Scenario{
	Name:       name,
	Summary:    "two kinds live on a grid, and move when too few of their neighbours are of their own kind",
	Agents:     2471,
	Pace:       environment.Rounds,
	Minds:      []polis.MindKind{{Name: tolerant, Doc: "moves when fewer of its neighbours are of its own kind than wanted says"}, {Name: restless, Arg: "P", Doc: "moves with probability P, whoever its neighbours are"}},
	Default:    []string{tolerant},
	Parameters: parameters,
	Properties: properties,
	Metrics:    []string{Similar, Ticks, Converged},
	Nulls:      []polis.Null{polis.Isolated},
	Period:     "tick",
	Plots:      []polis.Plot{{Title: "Similar neighbours", Of: "world", Variables: []string{varSimilar}, Unit: "share", Limits: []string{"wanted"}}, {Title: "Unhappy agents", Of: "world", Variables: []string{varUnhappy}, Unit: "agents"}},
	Standard:   standardFor,
	Build:      Build,
	Measure:    Measure,
	Line:       Line,
	Headline:   Headline,
	References: references,
	Questions: []polis.Question{{Name: "Did the share of similar neighbours change its level?", Measure: "change-point", World: []string{varSimilar}, Null: "block",
		Beware: "a slow drift is a change of level too: the row is where its halves differ most, and no jump"}},
}

// Define makes the grid an environment.
func Define(laws Laws) *environment.Definition {
	d := environment.Define(func() *Grid { return NewGrid(laws) }, (*Grid).Perceive)
	environment.AddAction(d, "move", "Move to another cell, wherever that is.", (*Grid).Move)
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
		if minds, err = polis.ParseMinds([]string{tolerant}, o.Agents, set.agents()); err != nil {
			return polis.Society{}, err
		}
	}
	if o.Agents > 0 && o.Agents != len(minds) || len(minds) != set.agents() {
		return polis.Society{}, fmt.Errorf("schelling: %d agents; accepted with width=%d and density=%s are %d", max(o.Agents, len(minds)), set.width, set.text["density"], set.agents())
	}
	laws := Laws{Width: set.width, Agents: len(minds), Wanted: set.wanted, MaxTicks: set.maxTicks, Blind: o.Null == polis.Isolated}
	s := polis.Society{Name: name, World: Define(laws), Settings: set.text, MaySpeak: func(string, string) bool { return false }}
	for i, m := range minds {
		b, err := decider(m, set)
		if err != nil {
			return polis.Society{}, err
		}
		s.Agents = append(s.Agents, polis.Agent{Name: fmt.Sprintf("agent-%0*d", max(4, len(strconv.Itoa(len(minds)))), i+1), Behavior: b, Mind: m.String()})
	}
	return s, nil
}

// The minds.
const (
	tolerant = "tolerant"
	restless = "restless"
)

// decider makes the mind that is ordered.
func decider(m polis.Mind, set *settings) (func() actors.Behavior, error) {
	switch {
	case m.Name == tolerant && m.Arg == "":
		return func() actors.Behavior { return actors.FromRule[View, Move](tolerance{set.wanted}) }, nil
	case m.Name == restless:
		p, err := strconv.ParseFloat(m.Arg, 64)
		if err != nil || !(p >= 0 && p <= 1) {
			return nil, fmt.Errorf("schelling: mind %q; accepted is restless:P with a probability from 0 to 1", m)
		}
		return func() actors.Behavior { return actors.FromRule[View, Move](restlessness{p}) }, nil
	}
	return nil, fmt.Errorf("schelling: mind %q; accepted are tolerant and restless:P", m)
}

// tolerance wants so large a share of its neighbours to be of its kind.
type tolerance struct{ wanted float64 }

// Stateless says that it has no memory.
func (tolerance) Stateless() {}

// Decide moves when there are too few.
func (t tolerance) Decide(_ *actors.Turn, s actors.Situation[View]) (Move, error) {
	if v := s.Percept; !v.Settled || happy(v.Similar, v.Neighbors, t.wanted) {
		return Move{}, actors.ErrPass
	}
	return Move{}, nil
}

// restlessness moves by chance.
type restlessness struct{ p float64 }

// Stateless says that it has no memory.
func (restlessness) Stateless() {}

// Decide moves by chance.
func (r restlessness) Decide(_ *actors.Turn, s actors.Situation[View]) (Move, error) {
	if !s.Percept.Settled || s.Rand.Float64() >= r.p {
		return Move{}, actors.ErrPass
	}
	return Move{}, nil
}

// Measure gives the metrics of a run that has ended; nil when it ended before there was a world.
func Measure(r *polis.Report) map[string]float64 {
	if g, ok := r.World.(*Grid); ok && g != nil {
		return g.Metrics()
	}
	return nil
}

// Line tells what the grid looked like when a round ended.
func Line(e environment.RoundEnded) string {
	similar, unhappy := 0.0, 0.0
	for _, v := range e.World {
		switch v.Name {
		case varSimilar:
			similar = v.Value
		case varUnhappy:
			unhappy = v.Value
		}
	}
	full := int(similar*10 + .5)
	return fmt.Sprintf("tick %4d  similar %s %5.1f %%  unhappy %.0f", e.Round-1, strings.Repeat("█", full)+strings.Repeat("░", 10-full), 100*similar, unhappy)
}

// Headline says how far they came to live apart.
func Headline(c *polis.Chronicle) string {
	n := len(c.Runs)
	if n == 0 {
		return ""
	}
	m := c.Means()
	text := fmt.Sprintf("%.1f %% of all neighbours are of one's own kind, where every agent wants %s of 1", 100*m[Similar], c.Settings["wanted"])
	switch {
	case n > 1:
		return fmt.Sprintf("In %.0f of %d runs all were happy in the end, after %.1f ticks on average; %s.", m[Converged]*float64(n), n, m[Ticks], text)
	case m[Converged] == 1:
		return fmt.Sprintf("All were happy after %.0f ticks; %s.", m[Ticks], text)
	}
	return fmt.Sprintf("After %.0f ticks some were still unhappy; %s.", m[Ticks], text)
}
