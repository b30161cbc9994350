package auction

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

// DefineMarket makes a double auction an environment.
func DefineMarket(laws MarketLaws) *environment.Definition {
	d := environment.Define(func() *Market { return NewMarket(laws) }, (*Market).Perceive)
	environment.AddAction(d, "quote", "Say at which price you would trade your next unit.", (*Market).Quote)
	d.Properties = environment.Properties{Discrete: true, Closed: true}
	return d
}

// buildDouble makes the society of a double auction.
func buildDouble(set *settings, o polis.Order) (polis.Society, error) {
	ordered := o.Minds
	if ordered == nil {
		agents := o.Agents
		if agents == 0 && set.bidders > 0 {
			agents = 2 * set.bidders
		}
		var err error
		if ordered, err = polis.ParseMinds([]string{set.traders}, agents, 2*usualBidders); err != nil {
			return polis.Society{}, fmt.Errorf("auction: %w", err)
		}
	}
	if o.Agents > 0 && o.Agents != len(ordered) {
		return polis.Society{}, fmt.Errorf("auction: %d minds for %d agents; accepted is one for each", len(ordered), o.Agents)
	}
	agents, err := set.crowd(ordered)
	if err != nil {
		return polis.Society{}, err
	}
	set.text["bidders"] = strconv.Itoa(set.bidders)
	laws := MarketLaws{Units: set.units, Low: set.low, High: set.high, NoLoss: set.traders == constrained}
	for i := range agents {
		if i < set.bidders {
			laws.Buyers = append(laws.Buyers, agents[i].Name)
		} else {
			laws.Sellers = append(laws.Sellers, agents[i].Name)
		}
	}
	return polis.Society{Name: name, World: DefineMarket(laws), Settings: set.text, Agents: agents, MaySpeak: func(string, string) bool { return false }}, nil
}

// standardDouble is what holds by default in a double auction, of so many who buy.
func standardDouble(buyers int, set map[string]string) polis.Standard {
	mind := constrained
	if set["traders"] == unconstrained {
		mind = unconstrained
	}
	return polis.Standard{Agents: 2 * buyers, Pace: environment.Sequential, Minds: []string{strconv.Itoa(2*buyers) + "*" + mind}}
}

// The variables of a double auction that others do not have.
const (
	varTraded   = "traded"
	varPossible = "possible"
	varShare    = "share"
)

// Variables describe the round that ended.
func (m *Market) Variables() []environment.Variable {
	possible, _ := m.laws.optimum()
	all := m.metrics()
	return []environment.Variable{{Name: varTraded, Value: float64(m.Trades)}, {Name: varPossible, Value: float64(possible)},
		{Name: varShare, Value: all[Efficiency]}, {Name: varPrice, Value: float64(m.Price)}, {Name: Revenue, Value: all[Revenue]}}
}

// AgentVariables describe what one trader has traded and gained so far.
func (m *Market) AgentVariables(agent string) []environment.Variable {
	t := Trader{}
	if i, _ := m.find(agent); i >= 0 {
		t = m.Traders[i]
	}
	return []environment.Variable{{Name: varWon, Value: float64(t.Traded)}, {Name: varGained, Value: float64(t.Gained)}}
}

// lineOfDouble tells how far a double auction has come.
func lineOfDouble(e environment.RoundEnded) string {
	share := valueOf(e.World, varShare)
	full := min(max(int(share*blocks+.5), 0), blocks)
	return fmt.Sprintf("round %4d  trades %.0f (best %.0f)  last %.0f  mean %.1f  gains %s%s %.1f %%", e.Round, valueOf(e.World, varTraded), valueOf(e.World, varPossible),
		valueOf(e.World, varPrice), valueOf(e.World, Revenue), strings.Repeat("█", full), strings.Repeat("░", blocks-full), 100*share)
}

// headlineOfDouble says what the traders have gained.
func headlineOfDouble(head string, c *polis.Chronicle, means map[string]float64) string {
	text := fmt.Sprintf("%s%.4g units were traded by double auction", head, means[Trades])
	if means[Trades] > 0 {
		text += fmt.Sprintf(", at a price of %.1f on average", means[Revenue])
	}
	return text + fmt.Sprintf("; that has brought %.1f %% of what could be gained, by %s traders", 100*means[Efficiency], c.Settings["traders"])
}
