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
