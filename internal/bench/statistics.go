package bench

import (
	"math"
	"slices"
)

// confidence is how sure an interval is to hold the median.
const confidence = 0.95

// median of the values, which it leaves as they are; the mean of the middle two when they are even in number, NaN for
// none.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	x := slices.Sorted(slices.Values(values))
	if n%2 == 1 {
		return x[n/2]
	}
	return (x[n/2-1] + x[n/2]) / 2
}

// interval of the median, between two order statistics: the k-th smallest and the k-th largest value with the largest
// k whose coverage 1 - 2·P(Bin(n, ½) < k) is at least the confidence. It is exact whatever the distribution (Conover,
// Practical Nonparametric Statistics, 3rd ed. 1999, section 3.2). For 20 values it goes from the 6th to the 15th and
// covers 95.9 %. Below 6 values no k suffices, and it is the range.
func interval(values []float64) [2]float64 {
	n := len(values)
	if n == 0 {
		return [2]float64{math.NaN(), math.NaN()}
	}
	x := slices.Sorted(slices.Values(values))
	k := max(rank(n), 1)
	return [2]float64{x[k-1], x[n-k]}
}

// rank is the k of interval for n values, 0 when there is none.
func rank(n int) int {
	k := 0
	for below, p := 0.0, math.Pow(0.5, float64(n)); ; k++ { // p = P(Bin(n, ½) = k), below = P(Bin(n, ½) ≤ k)
		below += p
		if 1-2*below < confidence {
			return k
		}
		p *= float64(n-k) / float64(k+1)
	}
}

// summary of a contest's pairs.
type summary struct {
	value, yardstick, ratio float64 // medians
	valueCI, ratioCI        [2]float64
}

// summarize pairs of readings: values[i] was taken next to yardsticks[i].
func summarize(values, yardsticks []float64) summary {
	ratios := make([]float64, len(values))
	for i := range values {
		ratios[i] = values[i] / yardsticks[i]
	}
	return summary{
		value: median(values), yardstick: median(yardsticks), ratio: median(ratios),
		valueCI: interval(values), ratioCI: interval(ratios),
	}
}

// significant rounds to that many decimal digits, counted from the first that is not 0.
func significant(x float64, digits int) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	exp := digits - 1 - int(math.Floor(math.Log10(math.Abs(x))))
	if exp < 0 {
		unit := math.Pow10(-exp)
		return math.Round(x/unit) * unit
	}
	unit := math.Pow10(exp)
	return math.Round(x*unit) / unit
}
