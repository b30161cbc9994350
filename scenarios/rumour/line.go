package rumour

import (
	"fmt"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

// Line tells how far it has come when a round ended.
func Line(e environment.RoundEnded) string {
	at := map[string]float64{}
	for _, v := range e.World {
		at[v.Name] = v.Value
	}
	full := int(at[varHeard]*10 + .5)
	return fmt.Sprintf("round %3d  heard %s %5.1f %%  telling %5.1f %%  told %.0f times", e.Round,
		strings.Repeat("█", full)+strings.Repeat("░", 10-full), 100*at[varHeard], 100*at[varTelling], at[varTold])
}

// Headline says how far it came.
func Headline(c *polis.Chronicle) string {
	n := len(c.Runs)
	if n == 0 {
		return ""
	}
	m := c.Means()
	over := "After"
	if n > 1 {
		over = fmt.Sprintf("In %d runs, after on average", n)
	}
	text := fmt.Sprintf("%s %s rounds %.1f %% of %d agents had heard it", over, short(m[Rounds], n), 100*(1-m[NeverHeard]), c.Agents)
	if m[NeverHeard] == 0 {
		text = fmt.Sprintf("%s %s rounds all %d agents had heard it", over, short(m[Rounds], n), c.Agents)
	}
	text += fmt.Sprintf("; it was told %s times", short(m[Told], n))
	if n > 1 && m[Major] > 0 && m[Major] < 1 {
		text += fmt.Sprintf("; in %.0f of them it died out at once, in the others it reached %.1f %% of those who did not know it", float64(n)*(1-m[Major]), 100*m[MajorFinalSize])
	}
	return text + "."
}

// short is a mean, or the count of one run.
func short(x float64, runs int) string {
	if runs == 1 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.1f", x)
}
