package culture

import (
	"fmt"

	"github.com/polis-agents/polis"
)

// references are known results, to stand beside ours: the mean number of regions on 10 x 10.
var references = []polis.Reference{
	row(5, 5, 1.06), row(5, 15, 18.96), row(10, 5, 1), row(10, 10, 1.03), row(10, 15, 1.61), row(15, 5, 1), row(15, 10, 1), row(15, 15, 1.04),
}

func row(features, traits int, regions float64) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("10 x 10, %d features, %d traits", features, traits), Source: "the rules of Axelrod 1997, by a bare loop, 100 runs",
		Kind: "scripted", Metrics: map[string]float64{Regions: regions}}
}
