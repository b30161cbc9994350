package screen

import (
	"fmt"
	"slices"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/scenarios/commons"
)

// lakeGauge shows the lake before the harvest, and what the harvest has left.
func lakeGauge(e environment.RoundEnded) Gauge {
	g := Gauge{Name: "lake"}
	g.Value, _ = valueOf(e.World, "stock")
	g.Left, _ = valueOf(e.World, "left")
	g.Full, _ = valueOf(e.World, "capacity")
	over, _ := valueOf(e.World, "collapsed")
	g.Over = over > 0
	if g.Over {
		g.Aside = "collapsed"
	} else if n := len(e.Agents); n > 0 {
		g.Aside = fmt.Sprintf("fair share %d each", fairShare(e))
	}
	return g
}

// fairShare is what each of those present could take so that the lake is as full again.
func fairShare(e environment.RoundEnded) int {
	stock, _ := valueOf(e.World, "stock")
	return int(stock) / 2 / max(len(e.Agents), 1)
}

func lakeWords(m *protocol.Message) string {
	switch content := m.Content.(type) {
	case commons.Cap:
		verb := map[protocol.Act]string{protocol.Propose: "proposes", protocol.Agree: "agrees to", protocol.AcceptProposal: "accepts",
			protocol.Refuse: "refuses", protocol.RejectProposal: "rejects"}[m.Act]
		if verb != "" {
			return fmt.Sprintf("%s a cap of %d", verb, content.Tons)
		}
	case commons.Objection:
		why := content.Reason
		switch content.Reason {
		case commons.TooMuch:
			why = "too much"
		case commons.BrokenWord:
			why = "words were broken"
		}
		return fmt.Sprintf("refuses a cap of %d: %s", content.Cap.Tons, why)
	}
	return ""
}

func lakeLimit(content any) (float64, bool) {
	c, ok := content.(commons.Cap)
	return float64(c.Tons), ok
}

// lakeMetrics are those of the scenario that make sense before the end.
func lakeMetrics() func(environment.RoundEnded) []Metric {
	totals := map[string]float64{}
	catches, over := 0, 0
	return func(e environment.RoundEnded) []Metric {
		fair := float64(fairShare(e))
		for _, a := range e.Agents {
			caught, _ := valueOf(a.Variables, "catch")
			totals[a.Name], _ = valueOf(a.Variables, "total")
			if catches++; caught > fair {
				over++
			}
		}
		var all []float64
		sum := 0.0
		for _, total := range totals { // sorted below
			all = append(all, total)
			sum += total
		}
		slices.Sort(all)
		equality := 1.0
		if sum > 0 {
			differences := 0.0
			for i, total := range all {
				differences += float64(2*i-len(all)+1) * total
			}
			equality = 1 - differences/(float64(len(all))*sum)
		}
		return []Metric{
			{"gain", number(sum / float64(max(len(all), 1)))},
			{"equality", fmt.Sprintf("%.2f", equality)},
			{"overuse", fmt.Sprintf("%.0f %%", 100*float64(over)/float64(max(catches, 1)))},
		}
	}
}
