package screen

import (
	"fmt"

	"github.com/polis-agents/polis/environment"
)

// dilemmaGauge shows how much people cooperate: the moves of a tournament in percent, or what a group gives of what it
// could, in units for each member.
func dilemmaGauge(e environment.RoundEnded) Gauge {
	if endowment, group := valueOf(e.World, "endowment"); group {
		given, _ := valueOf(e.World, "contribution")
		g := Gauge{Name: "pool", Value: given, Left: given, Full: endowment}
		if points, _ := valueOf(e.World, "points"); points > 0 {
			g.Aside = fmt.Sprintf("%.0f points of punishment", points)
		}
		return g
	}
	together, _ := valueOf(e.World, "cooperation")
	mutual, _ := valueOf(e.World, "mutual")
	percent := float64(int(100*together + .5))
	return Gauge{Name: "cooperation", Value: percent, Left: percent, Full: 100, Aside: fmt.Sprintf("by both in %.0f %% of games", 100*mutual)}
}

// dilemmaMetrics tells who leads a tournament, or what a turn in the group is worth.
func dilemmaMetrics() func(environment.RoundEnded) []Metric {
	return func(e environment.RoundEnded) []Metric {
		if paid, group := valueOf(e.World, "payoff"); group {
			return []Metric{{"payoff", number(paid)}}
		}
		name, most := "", -1.0
		for _, a := range e.Agents {
			if score, known := valueOf(a.Variables, "score"); known && score > most {
				name, most = a.Name, score
			}
		}
		if name == "" {
			return nil
		}
		return []Metric{{"leads", name + " " + number(most)}}
	}
}
