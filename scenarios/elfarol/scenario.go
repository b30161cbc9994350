package elfarol

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

const name = "elfarol"

// The metrics of a run, of the weeks that are measured.
const (
	Attendance   = "attendance"    // bar: mean of those who went
	AttendanceSD = "attendance_sd" // bar: their deviation from week to week
	Volatility   = "volatility"    // minority: variance of going less staying, for each agent; 1 when all choose by chance
)

const varAttendance = "attendance"

// firstMeasured is the round of the first week that the bar measures: before the first week there is a round without any, and
// the first 100 weeks are discarded.
const firstMeasured = 1 + discarded + 1

// The minds.
const (
	forecasterName = "forecaster"
	playerName     = "player"
	randomName     = "random"
)

// properties: everybody senses the same, and nothing of what the others are like.
var properties = environment.Properties{Discrete: true, Closed: true}

// Scenario is the two games as they are ordered by name.
var Scenario = polis.Scenario{
	Name:    name,
	Summary: "going where the others are not: the bar El Farol, and the minority game",
	Agents:  100,
	Rounds:  601,
	Pace:    environment.Rounds,
	Minds: []polis.MindKind{
		{Name: forecasterName, Doc: "model=bar: goes when the strategy that told the newest weeks best forecasts room"},
		{Name: playerName, Doc: "model=minority: does what the strategy says that would have won most often"},
		{Name: randomName, Arg: "P", Doc: "goes with probability P"}},
	Default:    []string{forecasterName},
	Parameters: parameters,
	Properties: properties,
	Watch:      []string{"active-information:attendance"},
	Metrics:    []string{Attendance, AttendanceSD, Volatility},
	Nulls:      []polis.Null{polis.MemoryOff},
	Period:     "week",
	Plots:      []polis.Plot{{Title: "Attendance", Of: "world", Variables: []string{varAttendance}, Unit: "agents", Limits: []string{"threshold"}}},
	Standard:   standardFor,
	Build:      Build,
	Measure:    Measure,
	Line:       Line,
	Headline:   Headline,
	References: references,
	Questions:  []polis.Question{{Name: "Can attendance be told from the week before?", Measure: "active-information", Set: map[string]string{"bins": "3"}, World: []string{varAttendance}, From: firstMeasured, Null: "shuffle"}},
}

// Define makes the town an environment.
func Define(laws Laws) *environment.Definition {
	d := environment.Define(func() *Town { return NewTown(laws) }, (*Town).Perceive)
	environment.AddAction(d, "go", "Go this week. Who does not, stays at home.", (*Town).Go)
	d.Properties = properties
	return d
}

// Build makes the society that is ordered. The error names what is wrong with the order, and what is accepted.
func Build(o polis.Order) (polis.Society, error) {
	set, err := read(o.Settings, o.Rounds)
	if err != nil {
		return polis.Society{}, err
	}
	minds := o.Minds
	if minds == nil {
		standard := forecasterName
		if set.minority {
			standard = playerName
		}
		if minds, err = polis.ParseMinds([]string{standard}, o.Agents, set.agents()); err != nil {
			return polis.Society{}, err
		}
	}
	if o.Agents > 0 && o.Agents != len(minds) {
		return polis.Society{}, fmt.Errorf("elfarol: %d minds for %d agents; accepted is one for each", len(minds), o.Agents)
	}
	if set.minority && len(minds)%2 == 0 {
		return polis.Society{}, fmt.Errorf("elfarol: %d agents; accepted with model=minority is an odd number, so that one side is smaller", len(minds))
	}
	laws := Laws{Minority: set.minority, Shown: set.shown(), Threshold: set.threshold, MeasureFrom: set.measureFrom}
	s := polis.Society{Name: name, World: Define(laws), Settings: set.text, MaySpeak: func(string, string) bool { return false }}
	for i, m := range minds {
		b, err := decider(m, set)
		if err != nil {
			return polis.Society{}, err
		}
		s.Agents = append(s.Agents, polis.Agent{Name: fmt.Sprintf("agent-%0*d", max(3, len(strconv.Itoa(len(minds)))), i+1), Behavior: b, Mind: m.String()})
	}
	return s, nil
}

// decider makes the mind that is ordered.
func decider(m polis.Mind, set *settings) (func() actors.Behavior, error) {
	switch {
	case m.Name == forecasterName && m.Arg == "" && !set.minority:
		return func() actors.Behavior {
			return actors.FromRule[View, Go](&forecaster{memory: set.memory, strategies: set.strategies, threshold: set.threshold})
		}, nil
	case m.Name == playerName && m.Arg == "" && set.minority:
		return func() actors.Behavior {
			return actors.FromRule[View, Go](&player{memory: set.memory, strategies: set.strategies})
		}, nil
	case m.Name == randomName:
		p, err := strconv.ParseFloat(m.Arg, 64)
		if err != nil || !(p >= 0 && p <= 1) {
			return nil, fmt.Errorf("elfarol: mind %q; accepted is random:P with a probability from 0 to 1", m)
		}
		return func() actors.Behavior { return actors.FromRule[View, Go](chancer{p}) }, nil
	}
	fitting := forecasterName
	if set.minority {
		fitting = playerName
	}
	return nil, fmt.Errorf("elfarol: mind %q; accepted with model=%s are %s and random:P", m, set.text["model"], fitting)
}

// Measure gives the metrics of a run that has ended; nil when it ended before there was a world.
func Measure(r *polis.Report) map[string]float64 {
	if t, ok := r.World.(*Town); ok && t != nil {
		return t.Metrics()
	}
	return nil
}

// Line tells how many went.
func Line(e environment.RoundEnded) string {
	i := slices.IndexFunc(e.World, func(v environment.Variable) bool { return v.Name == varAttendance })
	if i < 0 || e.Round < 2 {
		return "before the first week"
	}
	full := int(20*e.World[i].Value/float64(max(1, len(e.Agents))) + .5)
	full = min(20, max(0, full))
	return fmt.Sprintf("week %5d  %s %3.0f went", e.Round-1, strings.Repeat("█", full)+strings.Repeat("░", 20-full), e.World[i].Value)
}

// Headline says how many went, or how well they shared out.
func Headline(c *polis.Chronicle) string {
	m := c.Means()
	of := ""
	if len(c.Runs) > 1 {
		of = fmt.Sprintf(" (mean of %d runs)", len(c.Runs))
	}
	switch volatility, is := m[Volatility]; {
	case len(c.Runs) == 0:
		return ""
	case is && volatility < 1:
		return fmt.Sprintf("Volatility %.3f for each agent%s: they share out better than by chance, which is 1.", volatility, of)
	case is:
		return fmt.Sprintf("Volatility %.3f for each agent%s: no better than by chance, which is 1.", volatility, of)
	}
	if _, is := m[Attendance]; !is {
		return ""
	}
	return fmt.Sprintf("On average %.1f of %d went, with a threshold of %s, and a deviation of %.1f from week to week%s.", m[Attendance], c.Agents, c.Settings["threshold"], m[AttendanceSD], of)
}
