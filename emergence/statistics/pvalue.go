package statistics

import (
	"fmt"
	"math"
)

// Tail says which values are as extreme as the observed one.
type Tail int

// Upper counts values that are as large or larger, Lower those as small or smaller. TwoSided is twice the smaller of the
// two, at most 1: it takes no null distribution to be symmetric.
const (
	Upper Tail = iota
	Lower
	TwoSided
)

// String is the name of the tail in results.
func (t Tail) String() string {
	switch t {
	case Lower:
		return "lower"
	case TwoSided:
		return "two-sided"
	}
	return "upper"
}

// slack is how far two values may differ and still be a tie, for values about 1; larger ones in proportion.
const slack = 1e-12

// P is how likely a value as extreme as the observed one is under the null of which null has S draws:
// (b+1)/(S+1), b being the draws that are at least as extreme; ties count, with a slack of 1e-12. It is never below
// SmallestP. Cost O(S). Source: Davison and Hinkley 1997, ch. 4; Phipson and Smyth 2010.
func P(observed float64, null []float64, tail Tail) (float64, error) {
	above, below, err := extremes(observed, null)
	if err != nil {
		return 0, err
	}
	s := float64(len(null) + 1)
	return tail.of(float64(above+1)/s, float64(below+1)/s), nil
}

// of picks the p of a tail from those of the two sides.
func (t Tail) of(upper, lower float64) float64 {
	switch t {
	case Lower:
		return lower
	case TwoSided:
		return min(1, 2*min(upper, lower))
	}
	return upper
}

// extremes counts the draws that are at least, and those that are at most, what was observed.
func extremes(observed float64, null []float64) (above, below int, err error) {
	if len(null) == 0 {
		return 0, 0, fmt.Errorf("statistics: a null of no draws; accepted is 1 or more")
	}
	if !finite(observed) {
		return 0, 0, fmt.Errorf("statistics: observed value %v; accepted is a finite number", observed)
	}
	if err := checkFinite("draw of the null", null); err != nil {
		return 0, 0, err
	}
	tie := slack * max(1, math.Abs(observed))
	for _, v := range null {
		if v >= observed-tie {
			above++
		}
		if v <= observed+tie {
			below++
		}
	}
	return above, below, nil
}

// SmallestP is the smallest p that s draws can give.
func SmallestP(s int, tail Tail) float64 {
	p := 1 / float64(max(0, s)+1)
	return tail.of(p, p)
}

// DrawsNeeded is how many draws it takes until the smallest reachable p is at most alpha divided by the number of
// comparisons (Bonferroni; the first step of Holm and of Benjamini-Hochberg): 19 for 0.05 and one comparison.
func DrawsNeeded(alpha float64, comparisons int, tail Tail) (int, error) {
	if !(alpha > 0 && alpha < 1) {
		return 0, fmt.Errorf("statistics: alpha %v; accepted is a number between 0 and 1", alpha)
	}
	if comparisons < 1 {
		return 0, fmt.Errorf("statistics: %d comparisons; accepted is 1 or more", comparisons)
	}
	sides := 1.0
	if tail == TwoSided {
		sides = 2
	}
	n := math.Ceil(sides*float64(comparisons)/alpha - 1e-9) // 1/0.05 is a hair above or below 20
	if n > math.MaxInt32 {
		return 0, fmt.Errorf("statistics: alpha %v over %d comparisons needs %.3g draws; accepted is what needs fewer than 2^31", alpha, comparisons, n)
	}
	return int(n) - 1, nil
}

// MaxStatistic corrects for many comparisons by the distribution of the largest: each of the observed values is held
// against the largest of all in every draw, so that what hangs together among them is not counted twice (Westfall and
// Young 1993). null has a row for each draw with a value for each comparison, on one scale.
func MaxStatistic(observed []float64, null [][]float64) ([]float64, error) {
	if len(observed) == 0 {
		return nil, fmt.Errorf("statistics: no comparisons; accepted is 1 or more")
	}
	largest := make([]float64, len(null))
	for s, row := range null {
		if len(row) != len(observed) {
			return nil, fmt.Errorf("statistics: draw %d has %d values; accepted are %d, one for each comparison", s, len(row), len(observed))
		}
		largest[s] = math.Inf(-1)
		for _, v := range row {
			largest[s] = max(largest[s], v) // of NaN and a number max is NaN
		}
	}
	ps := make([]float64, len(observed))
	for i, v := range observed {
		p, err := P(v, largest, Upper)
		if err != nil {
			return nil, err
		}
		ps[i] = p
	}
	return ps, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// checkFinite tells whether all values are finite; what names one of them.
func checkFinite(what string, values []float64) error {
	for i, v := range values {
		if !finite(v) {
			return fmt.Errorf("statistics: %s %d is %v; accepted are finite numbers", what, i, v)
		}
	}
	return nil
}

// checkSample is checkFinite for a sample of at least n values.
func checkSample(what string, values []float64, n int) error {
	if len(values) < n {
		return fmt.Errorf("statistics: %s has %d values; accepted are %d or more", what, len(values), n)
	}
	return checkFinite("value of "+what, values)
}
