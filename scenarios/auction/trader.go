package auction

import (
	"fmt"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
)

// The minds of a double auction: traders without intelligence (Gode and Sunder 1993).
const (
	constrained   = "zi-c"
	unconstrained = "zi-u"
)

var tradersOfAuction = []string{constrained, unconstrained}

var traderKinds = []polis.MindKind{
	{Name: constrained, Doc: "a trader that quotes any price at which it does not lose, all alike likely"},
	{Name: unconstrained, Doc: "a trader that quotes any price, all alike likely"},
}

// chance is a trader that quotes by chance.
type chance struct {
	budget bool // it quotes no price at which it would lose
}

// Stateless says that it has no memory.
func (chance) Stateless() {}

// Decide draws a price.
func (c chance) Decide(_ *actors.Turn, s actors.Situation[Board]) (Quote, error) {
	b := &s.Percept
	least, most := 1, b.Highest
	if c.budget && b.Buys {
		most = b.Limit
	} else if c.budget {
		least = b.Limit
	}
	if b.Left == 0 || least > most {
		return Quote{}, actors.ErrPass
	}
	return Quote{least + s.Rand.IntN(most-least+1)}, nil
}

// crowd makes the traders: the first half buys, the other sells.
func (s *settings) crowd(minds []polis.Mind) (agents []polis.Agent, err error) {
	n := len(minds)
	if n%2 != 0 || n == 0 || n > 2*mostBidders {
		return nil, fmt.Errorf("auction: %d agents; accepted is an even number up to %d, of which the first half buys and the other sells", n, 2*mostBidders)
	}
	if s.bidders != 0 && 2*s.bidders != n {
		return nil, s.wrong("bidders", fmt.Sprintf("%d, half of the minds", n/2))
	}
	s.bidders = n / 2
	for i, m := range minds {
		if m.Arg != "" || m.Name != constrained && m.Name != unconstrained {
			return nil, fmt.Errorf("auction: mind %q; in a double auction accepted are %s and %s", m, constrained, unconstrained)
		}
		name := fmt.Sprintf("buyer-%03d", i+1)
		if i >= n/2 {
			name = fmt.Sprintf("seller-%03d", i-n/2+1)
		}
		rule := chance{m.Name == constrained}
		agents = append(agents, polis.Agent{Name: name, Mind: m.String(), Behavior: func() actors.Behavior { return actors.FromRule[Board, Quote](rule) }})
	}
	return agents, nil
}
