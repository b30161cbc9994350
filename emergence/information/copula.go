package information

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"
)

// CopulaTotals are the Totals of real columns by a Gaussian copula: every value becomes the normal quantile of its rank, and what
// is left are correlations. It takes more columns than counting cells can, and sees only what goes together in pairs: never an XOR.
// Equal values have the mean of their ranks. Independent columns have a Total that is too large by about n(n-1)/(4N ln 2) bits.
// O(N n² + n³). Source: Ince et al. 2017 for the copula; Rosas et al. 2019 for the totals of a Gaussian.
func CopulaTotals(columns [][]float64) (Totals, error) {
	n := len(columns)
	if n < 2 || len(columns[0]) < n+2 {
		return Totals{}, fmt.Errorf("information: a copula of %d columns; accepted are 2 or more, with 2 rows more than there are columns", n)
	}
	scores := mat.NewDense(len(columns[0]), n, nil)
	for i, c := range columns {
		if len(c) != len(columns[0]) {
			return Totals{}, fmt.Errorf("information: column %d has %d rows and column 0 has %d; accepted are columns of one length", i, len(c), len(columns[0]))
		}
		if err := finite(fmt.Sprintf("column %d, row", i), c); err != nil {
			return Totals{}, err
		}
		if slices.Min(c) == slices.Max(c) {
			return Totals{}, fmt.Errorf("information: column %d has %d equal values; accepted are columns that vary", i, len(c))
		}
		scores.SetCol(i, normalScores(c))
	}
	var correlations, inverse mat.SymDense
	stat.CorrelationMatrix(&correlations, scores, nil)
	var factors mat.Cholesky
	var condition mat.Condition
	if ok := factors.Factorize(&correlations); !ok || errors.As(factors.InverseTo(&inverse), &condition) {
		return Totals{}, fmt.Errorf("information: a copula of %d columns of which one follows from others; accepted are columns that do not", n)
	}
	whole, given := factors.LogDet(), 0.0 // of Gaussians with variance 1: twice the entropies in nats, less those of independent ones
	for i := range n {
		given += math.Log(inverse.At(i, i))
	}
	return Totals{Total: -whole / 2 / math.Ln2, Dual: (whole + given) / 2 / math.Ln2}, nil
}

// normalScores are the quantiles of the ranks r/(N+1).
func normalScores(x []float64) []float64 {
	sorted := slices.Sorted(slices.Values(x))
	scores := make([]float64, len(x))
	for i, v := range x {
		first, _ := slices.BinarySearch(sorted, v)
		after, _ := slices.BinarySearch(sorted, math.Nextafter(v, math.Inf(1)))
		scores[i] = mathext.NormalQuantile(float64(first+after+1) / 2 / float64(len(x)+1))
	}
	return scores
}
