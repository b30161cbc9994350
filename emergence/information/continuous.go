package information

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"
)

// Nats is information by the natural logarithm, as measures of real values are usually given.
type Nats float64

// Bits is the same in bits.
func (n Nats) Bits() float64 { return float64(n) / math.Ln2 }

// Gaussian is the mutual information of two jointly Gaussian variables with correlation rho, -1/2 ln(1-rho²). Exact; infinite at
// -1 and 1.
func Gaussian(rho float64) (Nats, error) {
	if !(rho >= -1 && rho <= 1) {
		return 0, fmt.Errorf("information: correlation %v; accepted is -1 to 1", rho)
	}
	return Nats(-math.Log1p(-rho*rho) / 2), nil
}

// GaussianMutual is Gaussian of the correlation of two series: all there is between them when they are jointly Gaussian, and less
// than that otherwise. Too large by about 1/(2N) nats. O(N).
func GaussianMutual(x, y []float64) (Nats, error) {
	if err := realPair(x, y, 3); err != nil {
		return 0, err
	}
	rho := stat.Correlation(x, y, nil)
	if math.IsNaN(rho) {
		return 0, fmt.Errorf("information: a series of %d equal values; accepted are series that vary", len(x))
	}
	return Gaussian(max(-1, min(1, rho)))
}

// Kraskov is the mutual information of two real series by the k nearest neighbours, psi(k) + psi(N) - mean(psi(nx+1) + psi(ny+1)),
// with distances by the larger of the two differences. Nearly unbiased when the series are independent, where it is as often
// below 0 as above. Neither are the series normalised nor is noise added: bring them to one scale, and break ties, before. O(N log N
// + N × the entries nearer in x than the k-th neighbour). Source: Kraskov, Stögbauer and Grassberger 2004, algorithm 1; k=4 is usual.
func Kraskov(x, y []float64, k int) (Nats, error) {
	if k < 1 {
		return 0, fmt.Errorf("information: %d neighbours; accepted is 1 or more", k)
	}
	if err := realPair(x, y, k+1); err != nil {
		return 0, err
	}
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if x[a] < x[b] {
			return -1
		}
		if x[a] > x[b] {
			return 1
		}
		return a - b
	})
	xs, ys := make([]float64, len(x)), make([]float64, len(x)) // both in the order of x
	for at, i := range order {
		xs[at], ys[at] = x[i], y[i]
	}
	sortedY := slices.Sorted(slices.Values(y))
	nearest, sum := make([]float64, 0, k+1), 0.0
	for i := range xs {
		nearest = neighbours(nearest[:0], xs, ys, i, k)
		radius := nearest[k-1]
		sum += mathext.Digamma(float64(within(xs, xs[i], radius))) + mathext.Digamma(float64(within(sortedY, ys[i], radius)))
	}
	n := float64(len(x))
	return Nats(mathext.Digamma(float64(k)) + mathext.Digamma(n) - sum/n), nil
}

// neighbours puts the k smallest distances of entry i to the others into nearest, in order. xs is sorted, so that the search goes
// outwards from i on both sides until the difference in x alone is no less than the k-th distance.
func neighbours(nearest, xs, ys []float64, i, k int) []float64 {
	take := func(j int) bool {
		dx := math.Abs(xs[j] - xs[i])
		if len(nearest) == k && dx >= nearest[k-1] {
			return false
		}
		d := max(dx, math.Abs(ys[j]-ys[i]))
		at, _ := slices.BinarySearch(nearest, d)
		nearest = slices.Insert(nearest, at, d)[:min(len(nearest)+1, k)]
		return true
	}
	left, right := i-1, i+1
	for left >= 0 || right < len(xs) {
		if left >= 0 {
			if take(left) {
				left--
			} else {
				left = -1
			}
		}
		if right < len(xs) {
			if take(right) {
				right++
			} else {
				right = len(xs)
			}
		}
	}
	return nearest
}

// within counts the sorted values nearer to v than radius, one more than the others that are: v is among them, also when the
// radius is 0.
func within(sorted []float64, v, radius float64) int {
	from := sort.Search(len(sorted), func(i int) bool { return v-sorted[i] < radius })
	to := sort.Search(len(sorted), func(i int) bool { return sorted[i]-v >= radius })
	return max(to-from, 1)
}

func realPair(x, y []float64, least int) error {
	if len(x) != len(y) || len(x) < least {
		return fmt.Errorf("information: series of %d and of %d values; accepted are two of one length, %d or more", len(x), len(y), least)
	}
	if err := finite("value of the first series", x); err != nil {
		return err
	}
	return finite("value of the second series", y)
}
