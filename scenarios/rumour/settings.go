package rumour

import (
	"fmt"
	"strconv"

	"github.com/polis-agents/polis"
)

const (
	mostAgents = 1_000_000
	mostRounds = 1_000_000
	mostR0     = 1000
)

var parameters = []polis.Parameter{
	{Name: "model", Doc: "when an agent tells it no more: never, when it told it to somebody who knew, or by chance", Default: gossip, Range: "gossip|maki-thompson|sir"},
	{Name: "r0", Doc: "sir: contacts that an agent makes on average before it recovers", Default: "2", Range: fmt.Sprintf("0..%d", mostR0)},
	{Name: "seeds", Doc: "agents that know it from the beginning", Default: "1", Range: "1.."},
	{Name: "max_rounds", Doc: "it ends then, if it still goes round", Default: "10000", Range: fmt.Sprintf("1..%d", mostRounds)},
}

// settings are the parameters of one order, read and checked.
type settings struct {
	model            string
	r0               float64
	seeds, maxRounds int
	text             map[string]string
}

// read checks what was set and fills in what was not.
func read(set map[string]string) (*settings, error) {
	text, err := polis.ReadSettings(parameters, set)
	if err != nil {
		return nil, fmt.Errorf("rumour: %w", err)
	}
	s, ok := &settings{text: text, model: text["model"]}, false
	if s.model != gossip && s.model != makiThompson && s.model != sir {
		return nil, s.wrong("model", "gossip, maki-thompson or sir")
	}
	if s.r0, err = strconv.ParseFloat(text["r0"], 64); err != nil || !(s.r0 >= 0 && s.r0 <= mostR0) {
		return nil, s.wrong("r0", fmt.Sprintf("a number from 0 to %d", mostR0))
	}
	if s.model != sir && text["r0"] != "2" {
		return nil, s.wrong("r0", "2, the default, with model="+s.model+", where nobody recovers by chance")
	}
	if s.seeds, ok = polis.Whole(text["seeds"], 1, mostAgents); !ok {
		return nil, s.wrong("seeds", "a number from 1, of as many agents as there are at most")
	}
	if s.maxRounds, ok = polis.Whole(text["max_rounds"], 1, mostRounds); !ok {
		return nil, s.wrong("max_rounds", fmt.Sprintf("a number from 1 to %d", mostRounds))
	}
	return s, nil
}

func (s *settings) wrong(name, accepted string) error {
	return fmt.Errorf("rumour: parameter %s is %q; accepted is %s", name, s.text[name], accepted)
}
