package schelling

import (
	"fmt"
	"math"
	"strconv"

	"github.com/polis-agents/polis"
)

const mostWidth = 300

var parameters = []polis.Parameter{
	{Name: "width", Doc: "of the grid, a torus", Default: "51", Range: fmt.Sprintf("3..%d", mostWidth)},
	{Name: "density", Doc: "share of the cells on which somebody lives: so many agents there are", Default: "0.95", Range: "0..1"},
	{Name: "wanted", Doc: "share of its neighbours that an agent wants to be of its own kind", Default: "0.3", Range: "0..1"},
	{Name: "max_ticks", Doc: "it ends then, if somebody is still unhappy", Default: "2000", Range: "1..1000000"},
}

// settings are the parameters of one order, read and checked.
type settings struct {
	width, maxTicks int
	density, wanted float64
	text            map[string]string
}

// read checks what was set and fills in what was not.
func read(set map[string]string) (*settings, error) {
	text, err := polis.ReadSettings(parameters, set)
	if err != nil {
		return nil, fmt.Errorf("schelling: %w", err)
	}
	s, ok := &settings{text: text}, false
	if s.width, ok = polis.Whole(text["width"], 3, mostWidth); !ok {
		return nil, s.wrong("width", fmt.Sprintf("a number from 3 to %d", mostWidth))
	}
	if s.maxTicks, ok = polis.Whole(text["max_ticks"], 1, 1_000_000); !ok {
		return nil, s.wrong("max_ticks", "a number from 1 to 1000000")
	}
	if s.density, err = strconv.ParseFloat(text["density"], 64); err != nil || !(s.density > 0 && s.density < 1) {
		return nil, s.wrong("density", "a share above 0 and below 1")
	}
	if s.wanted, err = strconv.ParseFloat(text["wanted"], 64); err != nil || !(s.wanted >= 0 && s.wanted <= 1) {
		return nil, s.wrong("wanted", "a share from 0 to 1")
	}
	if n := s.agents(); n < 2 || n >= s.width*s.width {
		return nil, s.wrong("density", fmt.Sprintf("a share that makes 2 agents or more and leaves a cell free, of %d cells", s.width*s.width))
	}
	return s, nil
}

func (s *settings) wrong(name, accepted string) error {
	return fmt.Errorf("schelling: parameter %s is %q; accepted is %s", name, s.text[name], accepted)
}

// agents is how many live on the grid.
func (s *settings) agents() int { return int(math.Round(s.density * float64(s.width*s.width))) }

// standardFor is what holds by default under these parameters. What is wrong with them is told by Build.
func standardFor(set map[string]string) polis.Standard {
	s, err := read(set)
	if err != nil {
		return polis.Standard{}
	}
	return polis.Standard{Agents: s.agents()}
}
