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
	{Title: "Lots of each", Of: "agents", Variables: []string{varWon}, Unit: "bought"},
	{Title: "Gains", Of: "agents", Variables: []string{varGained}, Unit: "value less price"},
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

// references are known results, to stand beside ours: with rational bidders and no reserve, in the mean of all auctions.
var references = []polis.Reference{
	revenueOf("2 bidders", 2), revenueOf("4 bidders", 4), revenueOf("10 bidders", 10),
}

// revenueOf is what sealed bids bring with n bidders, either kind: (n-1)/(n+1).
func revenueOf(name string, n float64) polis.Reference {
	return polis.Reference{Name: name + ", sealed bids", Source: "exact for values from U[0,1] (Vickrey 1961): (n-1)/(n+1)", Kind: "scripted",
		Metrics: map[string]float64{Revenue: (n - 1) / (n + 1), Efficiency: 1}}
}
