package opinion

import (
	"fmt"
	"math"
	"strconv"

	"github.com/polis-agents/polis"
)

// The models, and who can meet whom.
const (
	voter    = "voter"
	degroot  = "degroot"
	hk       = "hk"
	deffuant = "deffuant"
	complete = "complete"
	ring     = "ring"
	path     = "path"
)

const (
	mostAgents = 100_000
	mostSweeps = 10_000_000
)

var parameters = []polis.Parameter{
	{Name: "model", Doc: "how opinions move: one is taken over, all are averaged, those nearby are, or two meet half-way", Default: voter, Range: "voter|degroot|hk|deffuant"},
	{Name: "x0", Doc: "voter, degroot: share of the agents that begin at 1, the first of them; the others begin at 0", Default: "0.5", Range: "0..1; by default with degroot 0.3333333333"},
	{Name: "eps", Doc: "hk, deffuant: whose opinion is farther off is not listened to", Default: "0.2", Range: "0..1"},
	{Name: "mu", Doc: "deffuant: how far the two move towards each other; at 0.5 they meet half-way", Default: "0.5", Range: "0..0.5"},
	{Name: "graph", Doc: "who can meet", Default: complete, Range: "complete|ring|path; by default with degroot path"},
	{Name: "max_sweeps", Doc: "it ends then, if opinions still move", Default: "100000", Range: fmt.Sprintf("1..%d; by default with deffuant 300", mostSweeps)},
}

// byModel are defaults that only one model has.
var byModel = map[string]map[string]string{
	degroot:  {"x0": "0.3333333333", "graph": path},
	deffuant: {"max_sweeps": "300"},
}

// unused are parameters that a model has no use for.
var unused = map[string][]string{voter: {"eps", "mu"}, degroot: {"eps", "mu"}, hk: {"x0", "mu"}, deffuant: {"x0"}}

// settings are the parameters of one order, read and checked.
type settings struct {
	model, graph string
	x0, eps, mu  float64
	maxSweeps    int
	text         map[string]string
}

// read checks what was set and fills in what was not.
func read(set map[string]string) (*settings, error) {
	text, err := polis.ReadSettings(parameters, set)
	if err != nil {
		return nil, fmt.Errorf("opinion: %w", err)
	}
	s := &settings{text: text, model: text["model"]}
	if unused[s.model] == nil {
		return nil, s.wrong("model", "voter, degroot, hk or deffuant")
	}
	for name, value := range byModel[s.model] {
		if _, is := set[name]; !is {
			text[name] = value
		}
	}
	for _, p := range parameters {
		for _, name := range unused[s.model] {
			if p.Name == name && text[name] != p.Default {
				return nil, s.wrong(name, p.Default+", the default, with model="+s.model+", which has no use for it")
			}
		}
	}
	for _, p := range []struct {
		name string
		to   *float64
		most float64
	}{{"x0", &s.x0, 1}, {"eps", &s.eps, 1}, {"mu", &s.mu, .5}} {
		if *p.to, err = strconv.ParseFloat(text[p.name], 64); err != nil || !(*p.to >= 0 && *p.to <= p.most) {
			return nil, s.wrong(p.name, fmt.Sprintf("a number from 0 to %v", p.most))
		}
	}
	if s.graph = text["graph"]; s.graph != complete && s.graph != ring && s.graph != path {
		return nil, s.wrong("graph", "complete, ring or path")
	}
	ok := false
	if s.maxSweeps, ok = polis.Whole(text["max_sweeps"], 1, mostSweeps); !ok {
		return nil, s.wrong("max_sweeps", fmt.Sprintf("a number from 1 to %d", mostSweeps))
	}
	return s, nil
}

func (s *settings) wrong(name, accepted string) error {
	return fmt.Errorf("opinion: parameter %s is %q; accepted is %s", name, s.text[name], accepted)
}

// first is what the i-th of so many agents begins with; below 0: it draws that.
func (s *settings) first(i, of int) float64 {
	switch {
	case s.model == hk || s.model == deffuant:
		return -1
	case i < int(math.Round(s.x0*float64(of))):
		return 1
	}
	return 0
}

// agents is how many there are by default.
func (s *settings) agents() int {
	return map[string]int{voter: 50, degroot: 3, hk: 625, deffuant: 1000}[s.model]
}

// standardFor is what holds by default under these parameters. What is wrong with them is told by Build.
func standardFor(set map[string]string) polis.Standard {
	s, err := read(set)
	if err != nil {
		return polis.Standard{}
	}
	return polis.Standard{Agents: s.agents()}
}
