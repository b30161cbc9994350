package polis

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter/builtin"
)

// Scenario is a society that can be ordered by name: what the demo binary lists and runs.
type Scenario struct {
	Name       string
	Summary    string             // one line
	Agents     int                // by default
	Rounds     int                // by default
	Pace       environment.Pace   // by default
	Paces      []environment.Pace // that it can have; nil: all
	Minds      []MindKind         // who can decide
	Default    []string           // minds by default, as on the command line: "5*sustainable"
	Parameters []Parameter
	Properties environment.Properties
	Nulls      []Null      // simulation nulls that it can be run with; nil: none
	Metrics    []string    // names, in the order they are shown
	References []Reference // known results, to stand beside ours
	Questions  []Question  // asked of every run; nil: none
	Period     string      // what a round is called, such as "month"; "": round
	Plots      []Plot      // what a report draws; nil: each variable of the world, and the first of the agents'
	Watch      []string    // what is measured on a screen while it runs, as MEASURE:VARIABLE (emergence/stream); nil: nothing

	// Standard gives what holds where an order leaves it out and it follows from the parameters that were set, unread as they
	// are; what it gives as zero is as above. nil: all is.
	Standard func(settings map[string]string) Standard
	// Build makes the society that is ordered. The error names what is wrong with the order, and what is accepted.
	Build func(Order) (Society, error)
	// Newcomer makes one more agent for a society of that order: the n-th, from 1, that was not ordered. Its name is free
	// in that society. The error names what is wrong, and what is accepted. nil: nobody can come.
	Newcomer func(o Order, mind Mind, n int) (Agent, error)
	// Measure gives the metrics of a run that has ended.
	Measure func(*Report) map[string]float64
	// Line tells people what happened in a round.
	Line func(environment.RoundEnded) string
	// Headline says in a sentence or two what became of runs that came to their own end, and claims nothing that is not
	// in the chronicle. Who decided is said by whoever shows it. nil: rounds and metrics are told.
	Headline func(*Chronicle) string
	// StandIn decides in place of a model when there is none. nil: seeded choice among what may be called.
	StandIn builtin.Policy
}

// Standard is what a scenario has by default under some parameters.
type Standard struct {
	Agents int
	Rounds int
	Pace   environment.Pace
	Minds  []string // as on the command line
}

// StandardFor is what holds by default under these parameters.
func (s *Scenario) StandardFor(settings map[string]string) Standard {
	d := Standard{}
	if s.Standard != nil {
		d = s.Standard(settings)
	}
	if d.Minds == nil {
		d.Minds = s.Default
	}
	d.Agents, d.Rounds, d.Pace = cmp.Or(d.Agents, s.Agents), cmp.Or(d.Rounds, s.Rounds), cmp.Or(d.Pace, s.Pace)
	return d
}

// MindKind is a way to decide that a scenario offers.
type MindKind struct {
	Name string // "fixed"
	Arg  string // what follows after a colon, "N"; in brackets when it can be left out, "[N]"; "": nothing
	Doc  string // one line
}

// Usage is how it is written: "fixed:N", "model[:FALLBACK]".
func (k MindKind) Usage() string {
	switch arg, optional := strings.CutPrefix(k.Arg, "["); {
	case k.Arg == "":
		return k.Name
	case optional:
		return k.Name + "[:" + arg
	}
	return k.Name + ":" + k.Arg
}

// Order says which society of a scenario is wanted.
type Order struct {
	Agents   int               // 0: the scenario's default
	Minds    []Mind            // one per agent; nil: the scenario's default
	Settings map[string]string // parameters; those left out have their defaults
	Rounds   int               // 0: the scenario's default
	Null     Null              // what is taken away from the society; "": nothing
	Then     []string          // services that minds ask when the model could not decide, in this order; see prompted.Config
}

// Mind names who decides for an agent: "fixed:10" is Name "fixed", Arg "10".
type Mind struct{ Name, Arg string }

// String is the form that ParseMind reads.
func (m Mind) String() string {
	if m.Arg == "" {
		return m.Name
	}
	return m.Name + ":" + m.Arg
}

// ParseMind reads NAME or NAME:ARG.
func ParseMind(text string) (Mind, error) {
	name, arg, colon := strings.Cut(text, ":")
	if name == "" || colon && arg == "" || strings.Contains(name, "*") {
		return Mind{}, fmt.Errorf("mind %q; accepted is NAME or NAME:ARG", text)
	}
	return Mind{Name: name, Arg: arg}, nil
}

// ParseMinds reads a list of [N*]NAME[:ARG] into one mind per agent. Counts must sum to agents, or set it when it is
// 0; one name without a count takes the agents that are left, standard those when agents is 0.
func ParseMinds(specs []string, agents, standard int) ([]Mind, error) {
	type group struct {
		n    int // 0: the rest
		mind Mind
	}
	var groups []group
	sum, rest := 0, -1
	for _, spec := range specs {
		g := group{}
		text := spec
		if count, after, counted := strings.Cut(spec, "*"); counted {
			n, err := strconv.Atoi(count)
			if err != nil || n < 1 || n > 1_000_000 {
				return nil, fmt.Errorf("mind %q: count %q; accepted is a number from 1 to 1000000", spec, count)
			}
			g.n, text = n, after
		} else if rest >= 0 {
			return nil, fmt.Errorf("minds %q: two without a count; accepted is one, which takes the agents that are left", specs)
		} else {
			rest = len(groups)
		}
		var err error
		if g.mind, err = ParseMind(text); err != nil {
			return nil, err
		}
		sum += g.n
		groups = append(groups, g)
	}
	if agents == 0 {
		agents = sum
		if rest >= 0 {
			agents = max(standard, sum+1)
		}
	}
	if rest >= 0 {
		if groups[rest].n = agents - sum; groups[rest].n < 1 {
			return nil, fmt.Errorf("minds %q: the counts sum to %d, so none of %d agents is left for %s", specs, sum, agents, groups[rest].mind)
		}
		sum = agents
	}
	if sum != agents {
		return nil, fmt.Errorf("minds %q: the counts sum to %d, the agents are %d", specs, sum, agents)
	}
	var minds []Mind
	for _, g := range groups {
		minds = append(minds, slices.Repeat([]Mind{g.mind}, g.n)...)
	}
	return minds, nil
}
