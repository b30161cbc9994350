package jury

import (
	"fmt"
	"strconv"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

const name = "jury"

// The metrics of a run.
const (
	Accuracy = "accuracy" // cases decided for the right side, of all: 0..1
	Sound    = "sound"    // votes for the right side, of all: 0..1
	Spent    = "spent"    // clues read, said and heard, and votes, for a case: see Budget; of those who talk by rules or its acts
	Tokens   = "tokens"   // of models, read and written, for a case; none: no model was asked
)

// properties: an agent sees its own evidence, and chance draws it.
var properties = environment.Properties{Discrete: true, Closed: true}

// Scenario is the jury as it is ordered by name.
var Scenario = polis.Scenario{
	Name:       name,
	Summary:    "a society that deliberates beside an ensemble that only votes, at equal cost, on cases whose right answer is known",
	Agents:     5,
	Pace:       environment.Rounds,
	Paces:      []environment.Pace{environment.Rounds}, // who has been told what before a vote is part of the task
	Minds:      mindKinds(),
	Default:    []string{bayesian},
	Parameters: parameters,
	Properties: properties,
	Nulls:      []polis.Null{polis.ChannelCut},
	Metrics:    []string{Accuracy, Sound, Spent, Tokens},
	Period:     "case",
	Plots:      []polis.Plot{{Title: "Decided for the right side", Of: "world", Variables: []string{varRight}, Unit: "share"}, {Title: "Votes", Of: "world", Variables: []string{varA, varB}, Unit: "votes"}},
	Standard:   standardFor,
	Build:      Build,
	Measure:    Measure,
	Line:       Line,
	Headline:   Headline,
	StandIn:    StandIn,
}

// Define makes the court an environment.
func Define(laws Laws) *environment.Definition {
	d := environment.Define(func() *Court { return NewCourt(laws) }, (*Court).Perceive)
	environment.AddAction(d, "vote", "Vote for a side. All vote at once.", (*Court).Vote, PhaseVote)
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
		if minds, err = polis.ParseMinds([]string{bayesian}, o.Agents, set.agents); err != nil {
			return polis.Society{}, err
		}
	}
	if o.Agents > 0 && o.Agents != len(minds) || len(minds) != set.agents {
		return polis.Society{}, fmt.Errorf("jury: %d agents; accepted with arm=%s, jurors=%s and voters=%s are %d", max(o.Agents, len(minds)), set.text["arm"], set.text["jurors"], set.text["voters"], set.agents)
	}
	s := polis.Society{Name: name, World: Define(set.laws), Settings: set.text}
	if set.laws.Phases == 0 {
		s.MaySpeak = func(string, string) bool { return false }
	}
	for i, m := range minds {
		b, err := decider(m, s.World, o.Then)
		if err != nil {
			return polis.Society{}, err
		}
		a := polis.Agent{Name: fmt.Sprintf("juror-%0*d", max(3, len(strconv.Itoa(len(minds)))), i+1), Behavior: b, Mind: m.String()}
		if m.Name == model || m.Name == person {
			a.Model = m.Name
		}
		s.Agents = append(s.Agents, a)
	}
	return s, nil
}

// Measure gives the metrics of a run that has ended; nil when it ended before a case was decided.
func Measure(r *polis.Report) map[string]float64 {
	c, ok := r.World.(*Court)
	if !ok || c == nil || c.Decided == 0 {
		return nil
	}
	cases := float64(c.Decided)
	m := map[string]float64{Accuracy: float64(c.Right) / cases, Spent: float64(c.Shown+c.Votes+c.said(r.Said)) / cases}
	if c.Votes > 0 {
		m[Sound] = float64(c.Sound) / float64(c.Votes)
	}
	tokens, asked := 0, false
	for name, a := range r.Models {
		if name != person {
			tokens, asked = tokens+a.InputTokens+a.OutputTokens, true
		}
	}
	if asked {
		m[Tokens] = float64(tokens) / cases
	}
	return m
}

// said is what was said, in clues: once as it was said, and once for each who heard it. One that tells has told all it has.
func (c *Court) said(heard map[string]int) int {
	others := len(c.Jurors) - 1
	if others < 1 {
		return 0
	}
	clues := heard["inform"]*(c.laws.Shared+c.laws.Own) + heard["propose"]
	return clues + clues/others
}
