package opinion

import (
	"fmt"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

// Line tells where opinions stood when a round ended.
func Line(e environment.RoundEnded) string {
	at := map[string]float64{}
	for _, v := range e.World {
		at[v.Name] = v.Value
	}
	bins := [10]int{}
	for _, a := range e.Agents {
		for _, v := range a.Variables {
			bins[min(9, max(0, int(v.Value*10)))]++
		}
	}
	bar, most := "", 1
	for _, n := range bins {
		most = max(most, n)
	}
	for _, n := range bins {
		bar += string([]rune(" ▁▂▃▄▅▆▇█")[(8*n+most-1)/most])
	}
	return fmt.Sprintf("sweep %4d  0 |%s| 1  mean %.3f  spread %.3f  clusters %.0f", e.Round-1, bar, at[varMean], at[varSpread], at[varClusters])
}

// Headline says whether they came to think the same.
func Headline(c *polis.Chronicle) string {
	n := len(c.Runs)
	if n == 0 {
		return ""
	}
	m := c.Means()
	if n > 1 {
		text := fmt.Sprintf("In %.0f of %d runs all %d agents came to think the same, or nearly all; it took %.1f sweeps on average, and left %.2f clusters", m[Consensus]*float64(n), n, c.Agents, m[Sweeps], m[Clusters])
		if c.Settings["model"] == voter && m[Consensus] > 0 {
			text += fmt.Sprintf(", at 1 in %.0f runs", m[ExitUp]*m[Consensus]*float64(n)) // of those that agreed
		}
		return text + "."
	}
	if m[Consensus] == 1 {
		return fmt.Sprintf("After %.1f sweeps %d agents think the same, on average %.3f.", m[Sweeps], c.Agents, m[Mean])
	}
	return fmt.Sprintf("After %.1f sweeps the opinions of %d agents are in %.0f clusters.", m[Sweeps], c.Agents, m[Clusters])
}
