package auction

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/environment"
)

// The variables of the world and of bidders.
const (
	varOver   = "over"
	varUnits  = "units"
	varPrice  = "price"
	varWon    = "won"
	varGained = "gained"
)

// Variables describe the round that ended.
func (h *House) Variables() []environment.Variable {
	m := h.metrics()
	price := 0.0
	if n := len(h.Lots); n > 0 {
		price = h.Lots[n-1].Price
	}
	return []environment.Variable{{Name: varOver, Value: float64(len(h.Lots))}, {Name: varUnits, Value: float64(h.laws.Units)},
		{Name: Trades, Value: m[Trades]}, {Name: varPrice, Value: price}, {Name: Revenue, Value: m[Revenue]}}
}

// AgentVariables describe what one bidder has bought so far.
func (h *House) AgentVariables(agent string) []environment.Variable {
	won, gained := 0, 0.0
	if i, known := h.find(agent); known {
		won, gained = h.Guests[i].Won, h.Guests[i].Gained
	}
	return []environment.Variable{{Name: varWon, Value: float64(won)}, {Name: varGained, Value: gained}}
}

const (
	blocks = 10 // of the bar
	leads  = 4  // of more bidders those are shown who have bought most
)

// Line tells how far the sale has come.
func Line(e environment.RoundEnded) string {
	if slices.ContainsFunc(e.World, func(v environment.Variable) bool { return v.Name == varTraded }) {
		return lineOfDouble(e)
	}
	over, units, price, revenue := valueOf(e.World, varOver), valueOf(e.World, varUnits), valueOf(e.World, varPrice), valueOf(e.World, Revenue)
	full := int(over * blocks / max(units, 1))
	line := fmt.Sprintf("round %4d  lots %s%s %.0f/%.0f  last %.3f  mean %.3f  ", e.Round, strings.Repeat("█", full), strings.Repeat("░", blocks-full), over, units, price, revenue)
	agents := slices.SortedStableFunc(slices.Values(e.Agents), func(a, b environment.AgentRow) int {
		return cmp.Compare(valueOf(b.Variables, varWon), valueOf(a.Variables, varWon))
	})
	for _, a := range agents[:min(leads, len(agents))] {
		if n := valueOf(a.Variables, varWon); n > 0 {
			line += fmt.Sprintf("  %s %.0f", a.Name, n)
		}
	}
	return strings.TrimRight(line, " ")
}

// valueOf finds a variable by name; 0: there is none.
func valueOf(all []environment.Variable, name string) float64 {
	for _, v := range all {
		if v.Name == name {
			return v.Value
		}
	}
	return 0
}
