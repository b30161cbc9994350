package schelling

import (
	"fmt"

	"github.com/polis-agents/polis"
)

// references are known results, to stand beside ours: 20 runs each on a torus of 51 x 51, by the rules of the NetLogo model.
var references = []polis.Reference{
	row(".95", ".4", 83.69, 21.4), row(".95", ".6", 98.98, 700),
	row(".80", ".3", 73.86, 11.8), row(".80", ".4", 81.70, 13.7), row(".80", ".5", 88.02, 16.9), row(".80", ".6", 97.08, 34.9), row(".80", ".7", 99.69, 58.6),
}

func row(density, wanted string, similar, ticks float64) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("density %s, wanted %s", density, wanted), Source: "the rules of Wilensky's Segregation (NetLogo, 1997), by a bare loop, 20 runs",
		Kind: "scripted", Metrics: map[string]float64{Similar: similar / 100, Ticks: ticks}}
}
