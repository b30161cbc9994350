package auction

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
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

// plots are what a report draws.
var plots = []polis.Plot{
	{Title: "Prices", Of: "world", Variables: []string{varPrice, Revenue}, Unit: "price of the last lot, and mean so far"},
	{Title: "Lots", Of: "world", Variables: []string{Trades}, Unit: "sold", Limits: []string{varUnits}},
	{Title: "Lots of each", Of: "agents", Variables: []string{varWon}, Unit: "bought"},
	{Title: "Gains", Of: "agents", Variables: []string{varGained}, Unit: "value less price"},
}

// Headline says what the lots have brought.
func Headline(c *polis.Chronicle) string {
	if len(c.Runs) == 0 {
		return ""
	}
	sums, n := map[string]float64{}, float64(len(c.Runs))
	for _, run := range c.Runs {
		for name, x := range run.Metrics {
			sums[name] += x / n
		}
	}
	if _, known := sums[Revenue]; !known {
		return ""
	}
	head := ""
	if len(c.Runs) > 1 {
		head = fmt.Sprintf("Mean of %d runs: ", len(c.Runs))
	}
	text := fmt.Sprintf("%s%.4g of %s lots were sold", head, sums[Trades], cmp.Or(c.Settings["units"], "all"))
	if kind := c.Settings["kind"]; kind != "" {
		text += " by " + kind + " auction"
	}
	text += fmt.Sprintf("; a lot brought %.3f on average", sums[Revenue])
	if e, is := sums[Efficiency]; is {
		text += fmt.Sprintf(", and buyers valued them at %.1f %% of what was possible", 100*e)
	}
	return text
}

// references are known results, to stand beside ours: with rational bidders and no reserve, in the mean of all auctions.
var references = []polis.Reference{
	revenueOf("2 bidders", 2), revenueOf("4 bidders", 4), revenueOf("10 bidders", 10),
}

// revenueOf is what sealed bids bring with n bidders, either kind: (n-1)/(n+1).
func revenueOf(name string, n float64) polis.Reference {
	return polis.Reference{Name: name + ", sealed bids", Source: "exact for values from U[0,1] (Vickrey 1961): (n-1)/(n+1)", Kind: "scripted",
		Metrics: map[string]float64{Revenue: (n - 1) / (n + 1), Efficiency: 1}}
}
