package polis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/internal/chance"
)

// Chaos are faults made on purpose. The zero value makes none.
type Chaos struct {
	Agents float64  // share of the attempts at agents' turns that panic, half before and half after the behavior ran; never an event's last attempt
	Always []string // agents of whom every attempt panics
}

// ParseChaos reads a list such as "agent:20%,agent:kate=always".
func ParseChaos(spec string) (Chaos, error) {
	var c Chaos
	for part := range strings.SplitSeq(spec, ",") {
		what, ok := strings.CutPrefix(strings.TrimSpace(part), "agent:")
		if !ok {
			return Chaos{}, fmt.Errorf("chaos %q; accepted are agent:P%% and agent:NAME=always", part)
		}
		if name, always := strings.CutSuffix(what, "=always"); always && name != "" {
			c.Always = append(c.Always, name)
			continue
		}
		percent, isShare := strings.CutSuffix(what, "%")
		share, err := strconv.ParseFloat(percent, 64)
		if !isShare || err != nil || !(share >= 0 && share <= 100) {
			return Chaos{}, fmt.Errorf("chaos %q; accepted are agent:P%% with P from 0 to 100, and agent:NAME=always", part)
		}
		c.Agents = share / 100
	}
	return c, nil
}

// check says whether the faults name agents that there are.
func (c Chaos) check(s *Society) error {
	for _, name := range c.Always {
		if !slices.ContainsFunc(s.Agents, func(a Agent) bool { return a.Name == name }) {
			names := make([]string, len(s.Agents))
			for i, a := range s.Agents {
				names[i] = a.Name
			}
			return fmt.Errorf("polis: chaos names agent %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// faults draws from (seed, actor, n, attempt); nil: none.
func (c Chaos) faults(seed uint64) actors.Chaos {
	if c.Agents == 0 && len(c.Always) == 0 {
		return nil
	}
	return func(actor string, n uint64, attempt, attempts int) (before, after bool) {
		u := chance.Float(seed, "chaos/"+actor+"/"+strconv.Itoa(attempt), n)
		for _, name := range c.Always {
			if actor == actors.ActorName(name) {
				return u < 0.5, u >= 0.5
			}
		}
		if attempt >= attempts || u >= c.Agents {
			return false, false
		}
		return u < c.Agents/2, u >= c.Agents/2
	}
}
