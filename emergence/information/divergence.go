package information

import (
	"fmt"

	"gonum.org/v1/gonum/floats"
)

// JensenShannon is the divergence of several distributions over the same symbols in bits, H(sum w p) - sum w H(p): 0 when they are
// one, log2 of their number at most. Rows are counts or probabilities; weights nil counts every row the same, however much is in
// it. Plug-in: with rows of few counts it is too large. O(rows × symbols). Source: Lin 1991.
func JensenShannon(rows [][]float64, weights []float64) (float64, error) {
	if len(rows) < 2 {
		return 0, fmt.Errorf("information: divergence of %d distributions; accepted are 2 or more", len(rows))
	}
	if weights == nil {
		weights = make([]float64, len(rows))
		floats.AddConst(1, weights)
	}
	if len(weights) != len(rows) {
		return 0, fmt.Errorf("information: %d weights for %d distributions; accepted is one for each", len(weights), len(rows))
	}
	all, err := sum(weights)
	if err != nil {
		return 0, fmt.Errorf("information: weights of distributions: %w", err)
	}
	mixed, within := make([]float64, len(rows[0])), 0.0
	for i, row := range rows {
		if len(row) != len(mixed) {
			return 0, fmt.Errorf("information: distribution %d has %d symbols and distribution 0 has %d; accepted are the same symbols", i, len(row), len(mixed))
		}
		n, err := sum(row)
		if err != nil {
			return 0, fmt.Errorf("information: distribution %d: %w", i, err)
		}
		floats.AddScaled(mixed, weights[i]/all/n, row)
		within += weights[i] / all * plugin(row, n)
	}
	return plugin(mixed, floats.Sum(mixed)) - within, nil
}
