package auction

import (
	"cmp"
	"fmt"

	"github.com/polis-agents/polis"
)

// plots are what a report draws.
var plots = []polis.Plot{
	{Title: "Prices", Of: "world", Variables: []string{varPrice, Revenue}, Unit: "price of the last lot, and mean so far"},
	{Title: "Lots", Of: "world", Variables: []string{Trades}, Unit: "sold", Limits: []string{varUnits}},
	{Title: "Lots of each", Of: "agents", Variables: []string{varWon}, Unit: "bought, or traded"},
	{Title: "Gains", Of: "agents", Variables: []string{varGained}, Unit: "value less price, or price less cost"},
	{Title: "Trades", Of: "world", Variables: []string{varTraded, varPossible}, Unit: "units; those that bring the most"},
	{Title: "Share of the gains", Of: "world", Variables: []string{varShare}, Unit: "of those possible"},
}

// Headline says what the lots have brought.
func Headline(c *polis.Chronicle) string {
	if len(c.Runs) == 0 {
		return ""
	}
	means := c.Means()
	if _, known := means[Revenue]; !known {
		return ""
	}
	head := ""
	if len(c.Runs) > 1 {
		head = fmt.Sprintf("Mean of %d runs: ", len(c.Runs))
	}
	if c.Settings["kind"] == double {
		return headlineOfDouble(head, c, means)
	}
	text := fmt.Sprintf("%s%.4g of %s lots were sold", head, means[Trades], cmp.Or(c.Settings["units"], "all"))
	if kind := c.Settings["kind"]; kind != "" {
		text += " by " + kind + " auction"
	}
	text += fmt.Sprintf("; a lot brought %.3f on average", means[Revenue])
	if e, is := means[Efficiency]; is {
		text += fmt.Sprintf(", and buyers valued them at %.1f %% of what was possible", 100*e)
	}
	return text
}

// references are known results, to stand beside ours: with rational bidders and no reserve, in the mean of all auctions, and traders by chance.
var references = []polis.Reference{
	revenueOf("2 bidders", 2), revenueOf("4 bidders", 4), revenueOf("10 bidders", 10),
	gainsOf(constrained, "6 x 6, 1 unit", .952), gainsOf(constrained, "12 x 12, 1 unit", .962), gainsOf(constrained, "50 x 50, 1 unit, 10 to 190", .958),
	gainsOf(unconstrained, "6 x 6, 1 unit", .000), gainsOf(unconstrained, "12 x 12, 1 unit", .030), gainsOf(unconstrained, "50 x 50, 1 unit, 10 to 190", .021),
}

// revenueOf is what sealed bids bring with n bidders, either kind: (n-1)/(n+1).
func revenueOf(name string, n float64) polis.Reference {
	return polis.Reference{Name: name + ", sealed bids", Source: "exact for values from U[0,1] (Vickrey 1961): (n-1)/(n+1)", Kind: "scripted",
		Metrics: map[string]float64{Revenue: (n - 1) / (n + 1), Efficiency: 1}}
}

// gainsOf is what traders by chance gain in a double auction.
func gainsOf(mind, market string, efficiency float64) polis.Reference {
	return polis.Reference{Name: "double, " + mind + ", " + market, Source: "the rules of Gode and Sunder (1993), by a bare loop, 400 runs", Kind: "random",
		Metrics: map[string]float64{Efficiency: efficiency}}
}
