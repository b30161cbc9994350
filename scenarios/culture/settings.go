package culture

import (
	"fmt"

	"github.com/polis-agents/polis"
)

const (
	mostWidth    = 100
	mostFeatures = 100
	mostTraits   = 10_000
)

var parameters = []polis.Parameter{
	{Name: "width", Doc: "of the grid: an agent on each site", Default: "10", Range: fmt.Sprintf("2..%d", mostWidth)},
	{Name: "features", Doc: "of a culture", Default: "5", Range: fmt.Sprintf("1..%d", mostFeatures)},
	{Name: "traits", Doc: "that a feature can have", Default: "10", Range: fmt.Sprintf("1..%d", mostTraits)},
}

// settings are the parameters of one order, read and checked.
type settings struct {
	width, features, traits int
	text                    map[string]string
}

// read checks what was set and fills in what was not.
func read(set map[string]string) (*settings, error) {
	text, err := polis.ReadSettings(parameters, set)
	if err != nil {
		return nil, fmt.Errorf("culture: %w", err)
	}
	s := &settings{text: text}
	for _, p := range []struct {
		name        string
		to          *int
		least, most int
	}{{"width", &s.width, 2, mostWidth}, {"features", &s.features, 1, mostFeatures}, {"traits", &s.traits, 1, mostTraits}} {
		var ok bool
		if *p.to, ok = polis.Whole(text[p.name], p.least, p.most); !ok {
			return nil, fmt.Errorf("culture: parameter %s is %q; accepted is a number from %d to %d", p.name, text[p.name], p.least, p.most)
		}
	}
	return s, nil
}

// standardFor is what holds by default under these parameters. What is wrong with them is told by Build.
func standardFor(set map[string]string) polis.Standard {
	s, err := read(set)
	if err != nil {
		return polis.Standard{}
	}
	return polis.Standard{Agents: s.width * s.width}
}
