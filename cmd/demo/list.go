package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/scenarios/auction"
	"github.com/polis-agents/polis/scenarios/commons"
	"github.com/polis-agents/polis/scenarios/culture"
	"github.com/polis-agents/polis/scenarios/dilemma"
	"github.com/polis-agents/polis/scenarios/elfarol"
	"github.com/polis-agents/polis/scenarios/jury"
	"github.com/polis-agents/polis/scenarios/market"
	"github.com/polis-agents/polis/scenarios/naming"
	"github.com/polis-agents/polis/scenarios/opinion"
	"github.com/polis-agents/polis/scenarios/rumour"
	"github.com/polis-agents/polis/scenarios/schelling"
)

// scenarios that can be run by name. The first is the default.
var scenarios = []polis.Scenario{
	commons.Scenario,
	dilemma.Scenario,
	market.Scenario,
	auction.Scenario,
	naming.Scenario,
	schelling.Scenario,
	jury.Scenario,
	elfarol.Scenario,
	culture.Scenario,
	rumour.Scenario,
	opinion.Scenario,
}

// listCommand shows the scenarios.
type listCommand struct {
	JSON bool `name:"json" help:"Print one JSON document."`
}

// listing is the document of list --json.
type listing struct {
	Scenarios []listedScenario `json:"scenarios"`
}

type listedScenario struct {
	Name         string            `json:"name"`
	Summary      string            `json:"summary"`
	Properties   listedProperties  `json:"properties"`
	Agents       int               `json:"agents"`
	Rounds       int               `json:"rounds"`
	Pace         string            `json:"pace"`
	DefaultMinds []string          `json:"default_minds"`
	Parameters   []listedParameter `json:"parameters"`
	Minds        []listedMind      `json:"minds"`
	Nulls        []listedNull      `json:"nulls,omitempty"`
	Metrics      []string          `json:"metrics"`
}

type listedProperties struct {
	FullyObservable bool `json:"fully_observable"`
	Deterministic   bool `json:"deterministic"`
	Episodic        bool `json:"episodic"`
	Static          bool `json:"static"`
	Discrete        bool `json:"discrete"`
	SingleAgent     bool `json:"single_agent"`
	Closed          bool `json:"closed"`
}

type listedParameter struct {
	Name    string `json:"name"`
	Doc     string `json:"doc"`
	Default string `json:"default"`
	Range   string `json:"range"`
}

type listedNull struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

type listedMind struct {
	Name string `json:"name"`
	Arg  string `json:"arg,omitempty"`
	Doc  string `json:"doc"`
}

// Run carries out the command.
func (c *listCommand) Run(p *process) error {
	if c.JSON {
		doc := listing{Scenarios: []listedScenario{}}
		for i := range p.scenarios {
			doc.Scenarios = append(doc.Scenarios, listScenario(&p.scenarios[i]))
		}
		return writeJSON(p.stdout, doc)
	}
	for i := range p.scenarios {
		if i > 0 {
			fmt.Fprintln(p.stdout)
		}
		if err := writeScenario(p.stdout, &p.scenarios[i]); err != nil {
			return err
		}
	}
	return nil
}

func listScenario(s *polis.Scenario) listedScenario {
	l := listedScenario{Name: s.Name, Summary: s.Summary, Properties: listedProperties(s.Properties), Agents: s.Agents,
		Rounds: s.Rounds, Pace: paceOf(s), DefaultMinds: append([]string{}, s.Default...),
		Parameters: []listedParameter{}, Minds: []listedMind{}, Metrics: append([]string{}, s.Metrics...)}
	for _, p := range s.Parameters {
		l.Parameters = append(l.Parameters, listedParameter(p))
	}
	for _, n := range s.Nulls {
		l.Nulls = append(l.Nulls, listedNull{string(n), n.Doc()})
	}
	for _, m := range s.Minds {
		l.Minds = append(l.Minds, listedMind(m))
	}
	return l
}

func paceOf(s *polis.Scenario) string {
	if s.Pace == "" {
		return string(environment.Rounds)
	}
	return string(s.Pace)
}

// writeScenario shows one scenario to people.
func writeScenario(w io.Writer, s *polis.Scenario) error {
	fmt.Fprintf(w, "%s: %s\n", s.Name, s.Summary)
	fmt.Fprintf(w, "  by default %d agents, %s; %s, pace %s\n", s.Agents, strings.Join(s.Default, ", "), roundsText(s.Rounds), paceOf(s))
	fmt.Fprintf(w, "  the world is %s\n", s.Properties)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(s.Minds) > 0 {
		fmt.Fprintln(t, "  --mind")
	}
	for _, m := range s.Minds {
		fmt.Fprintf(t, "    %s\t%s\n", m.Usage(), m.Doc)
	}
	if len(s.Parameters) > 0 {
		fmt.Fprintln(t, "  --set")
	}
	for _, p := range s.Parameters {
		fmt.Fprintf(t, "    %s=%s\t%s (%s)\n", p.Name, p.Default, p.Doc, p.Range)
	}
	if len(s.Nulls) > 0 {
		fmt.Fprintln(t, "  --null")
	}
	for _, n := range s.Nulls {
		fmt.Fprintf(t, "    %s\t%s\n", n, n.Doc())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "  metrics: %s\n", strings.Join(s.Metrics, ", "))
	return err
}

func roundsText(n int) string {
	if n == 0 {
		return "until the world is done"
	}
	return plural(n, "round")
}
