package schelling

import (
	"fmt"

	"github.com/polis-agents/polis"
)

// references are known results, to stand beside ours: 20 runs each on a torus of 51 x 51, by the rules of the NetLogo model.
var references = []polis.Reference{
	row("0.95", "0.4", 83.69, .50, 21.4, 5.9, 2), row("0.95", "0.6", 98.98, .10, 700, 404, 0),
	row("0.80", "0.3", 73.86, 1.39, 11.8, 2.8, 2), row("0.80", "0.4", 81.70, .87, 13.7, 2.7, 2), row("0.80", "0.5", 88.02, .75, 16.9, 3.7, 2),
	row("0.80", "0.6", 97.08, .28, 34.9, 6.1, 2), row("0.80", "0.7", 99.69, .08, 58.6, 6.6, 2),
}

func row(density, wanted string, similar, similarSD, ticks, ticksSD float64, quick int) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("density %s, wanted %s", density, wanted), Source: "the rules of Wilensky's Segregation (NetLogo, 1997), by a bare loop, 20 runs",
		Kind: "scripted", Metrics: map[string]float64{Similar: similar / 100, Ticks: ticks},
		Known: &polis.Known{Settings: map[string]string{"density": density, "wanted": wanted}, N: 20,
			SD: map[string]float64{Similar: similarSD / 100, Ticks: ticksSD}, Quick: quick, Long: 20}}
}
