package naming

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
)

// plots are what a report draws; each where its world shows it.
var plots = []polis.Plot{
	{Title: "Success", Of: "world", Variables: []string{varSuccess, varLeader}, Unit: "share"},
	{Title: "Words in use", Of: "world", Variables: []string{varDistinct}, Unit: "words"},
	{Title: "Words that agents know", Of: "world", Variables: []string{varWords}, Unit: "words"},
	{Title: "Entropy of the choices", Of: "world", Variables: []string{varEntropy}, Unit: "bit"},
	{Title: "Points", Of: "agents", Variables: []string{varPayoff}, Unit: "points"},
}

// Headline says whether they came to agree, how long that took, and on what.
func Headline(c *polis.Chronicle) string {
	n := len(c.Runs)
	if n == 0 {
		return ""
	}
	agreed, flipped, minority, took := 0, 0.0, false, 0.0
	for _, run := range c.Runs {
		if games, is := run.Metrics[Converged]; is {
			agreed++
			took += games
		} else if rounds, is := run.Metrics[RoundsToConsensus]; is {
			agreed++
			took += rounds * float64(c.Agents)
		}
		f, is := run.Metrics[Flipped]
		flipped, minority = flipped+f, minority || is
	}
	text := ""
	switch {
	case n == 1 && agreed == 0:
		text = fmt.Sprintf("The %d agents did not come to agree in %s", c.Agents, rounds(c.Runs[0].Rounds))
	case n == 1:
		text = fmt.Sprintf("All %d agents agreed%s after %s", c.Agents, on(c.Runs[0].Metrics), games(took, c.Agents))
	case agreed == 0:
		text = fmt.Sprintf("In none of %d runs did the %d agents come to agree", n, c.Agents)
	default:
		text = fmt.Sprintf("In %d of %d runs all %d agents came to agree, on average after %s", agreed, n, c.Agents, games(took/float64(agreed), c.Agents))
	}
	if means := c.Means(); means[WordsMost] > 0 {
		text += fmt.Sprintf("; they knew most words, %s in all, after %s games, and used up to %s different ones",
			short(means[WordsMost]), short(means[TimeMost]), short(means[DistinctMost]))
	}
	switch {
	case minority && n == 1 && flipped > 0:
		text += "; that is the name of the committed minority"
	case minority && n == 1:
		text += "; the committed minority did not change that"
	case minority:
		text += fmt.Sprintf("; on the name of the committed minority in %.0f", flipped)
	}
	return text
}

// on is the name they agreed on, where it was given.
func on(m map[string]float64) string {
	for metric, x := range m {
		if name, is := strings.CutPrefix(metric, Winner); is && x == 1 { // there is one
			return " on " + name
		}
	}
	return ""
}

// games tells how long something took.
func games(n float64, agents int) string {
	return fmt.Sprintf("%s games, %s for each agent", short(n), short(2*n/float64(max(1, agents))))
}

func rounds(n int) string {
	if n == 1 {
		return "1 round"
	}
	return fmt.Sprintf("%d rounds", n)
}

// short is a number with one decimal at most.
func short(x float64) string { return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0") }
