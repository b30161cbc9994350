package culture

import (
	"fmt"
	"strconv"

	"github.com/polis-agents/polis"
)

// references are known results, to stand beside ours: the mean number of regions on 10 x 10.
var references = []polis.Reference{
	row(5, 5, 1.06, .03, 10), row(5, 15, 18.96, .83, 10), row(10, 5, 1, 0, 4), row(10, 10, 1.03, .02, 4), row(10, 15, 1.61, .08, 4),
	row(15, 5, 1, 0, 4), row(15, 10, 1, 0, 4), row(15, 15, 1.04, .02, 4),
}

// row has the standard error of the mean; 0: it is not known.
func row(features, traits int, regions, se float64, quick int) polis.Reference {
	k := &polis.Known{Settings: map[string]string{"features": strconv.Itoa(features), "traits": strconv.Itoa(traits)}, N: 100, Quick: quick, Long: 100}
	if se > 0 {
		k.SD = map[string]float64{Regions: 10 * se} // of 100 runs
	}
	return polis.Reference{Name: fmt.Sprintf("10 x 10, %d features, %d traits", features, traits), Source: "the rules of Axelrod 1997, by a bare loop, 100 runs",
		Kind: "scripted", Metrics: map[string]float64{Regions: regions}, Known: k}
}
