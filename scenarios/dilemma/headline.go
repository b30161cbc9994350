package dilemma

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
)

// plots are what a report draws; each of its game alone.
var plots = []polis.Plot{
	{Title: "Cooperation", Of: "world", Variables: []string{varCooperation, varMutual}, Unit: "share"},
	{Title: "Contributions", Of: "world", Variables: []string{varContribution}, Unit: "units", Limits: []string{"endowment"}},
	{Title: "Payoffs", Of: "world", Variables: []string{varPayoff}, Unit: "units a turn"},
	{Title: "Points of punishment", Of: "world", Variables: []string{varPoints}, Unit: "points a turn"},
	{Title: "Scores", Of: "agents", Variables: []string{varScore}, Unit: "points"},
	{Title: "What each gave", Of: "agents", Variables: []string{varGave}, Unit: "units a turn"},
}

// Headline says who has won the tournament, or how much the group has given.
func Headline(c *polis.Chronicle) string {
	if len(c.Runs) == 0 {
		return ""
	}
	means := c.Means()
	head := ""
	if len(c.Runs) > 1 {
		head = fmt.Sprintf("Mean of %d runs: ", len(c.Runs))
	}
	if given, is := means[Contribution]; is {
		return sentence(head + group(c, given, means[Payoff]))
	}
	if text := tournament(c, means); text != "" {
		return head + text
	}
	return ""
}

// rank is who has how much of something.
type rank struct {
	name string
	has  float64
}

// ranks are the players by one of their metrics, the most first.
func ranks(metrics map[string]float64, of string) (all []rank) {
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		if player, is := strings.CutPrefix(name, of); is {
			all = append(all, rank{player, metrics[name]})
		}
	}
	slices.SortStableFunc(all, func(a, b rank) int { return cmp.Compare(b.has, a.has) })
	return all
}

// tournament tells who has won it.
func tournament(c *polis.Chronicle, metrics map[string]float64) string {
	scores := ranks(metrics, Score)
	if len(scores) == 0 {
		return ""
	}
	first := leaders(scores)
	if len(first) == len(scores) {
		return fmt.Sprintf("All %d players had %s points in %s", len(scores), short(scores[0].has), turns(c))
	}
	text := fmt.Sprintf("%s came first of %d players with %s points in %s", and(first), len(scores), short(scores[0].has), turns(c))
	text += fmt.Sprintf(", before %s with %s", and(leaders(scores[len(first):])), short(scores[len(first)].has))
	if wins := ranks(metrics, Wins); len(wins) > 0 && wins[0].has > 0 {
		text += fmt.Sprintf("; %s beat the most others: %s", and(leaders(wins)), short(wins[0].has))
	}
	if x, is := metrics[Cooperation]; is {
		text += fmt.Sprintf("; %.0f %% of all moves were to cooperate", 100*x)
	}
	return text
}

// turns played by the first run.
func turns(c *polis.Chronicle) string {
	if n := c.Runs[0].Rounds; n != 1 {
		return fmt.Sprintf("%d turns", n)
	}
	return "1 turn"
}

// leaders are those who have as much as the first.
func leaders(all []rank) (names []string) {
	for _, r := range all {
		if r.has == all[0].has {
			names = append(names, r.name)
		}
	}
	return names
}

// and names a few, and counts many.
func and(names []string) string {
	switch n := len(names); {
	case n == 1:
		return names[0]
	case n > 4:
		return fmt.Sprintf("%d players", n)
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

// group tells how much was given, and how that went on.
func group(c *polis.Chronicle, given, payoff float64) string {
	text := "each gave " + short(given)
	if endowment := c.Settings["endowment"]; endowment != "" {
		text += " of " + endowment
	}
	text += fmt.Sprintf(" units in a turn, on average over %s, and earned %s", turns(c), short(payoff))
	var more []string
	if n := len(c.Rows); n > 1 {
		more = append(more, fmt.Sprintf("it was %s in the first turn and %s in the last", short(c.Rows[0].World[varContribution]), short(c.Rows[n-1].World[varContribution])))
	}
	points := 0.0
	for _, row := range c.Rows {
		points += row.World[varPoints]
	}
	switch {
	case points == 1:
		more = append(more, "1 point of punishment was given")
	case points > 0:
		more = append(more, short(points)+" points of punishment were given")
	}
	if len(more) == 0 {
		return text
	}
	if len(c.Runs) > 1 {
		more[0] = fmt.Sprintf("in the run of seed %d ", c.Runs[0].Seed) + more[0]
	}
	return text + "; " + strings.Join(more, ", and ")
}

// sentence begins with a capital.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// short is a number with two decimals at most.
func short(x float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(x, 'f', 2, 64), "0"), ".")
}
