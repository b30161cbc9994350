package statistics

import (
	"cmp"
	"fmt"
	"slices"
)

// BenjaminiHochberg gives the q value of each p, in the order given: the smallest false discovery rate at which it
// would be called a discovery. All pairs, lags and measures that were tried belong in ps. Source: Benjamini and
// Hochberg 1995; sound for independent and for positively dependent tests. Cost O(m log m).
func BenjaminiHochberg(ps []float64) ([]float64, error) {
	order, err := ascending(ps)
	if err != nil {
		return nil, err
	}
	q, least := make([]float64, len(ps)), 1.0
	for rank := len(order); rank > 0; rank-- {
		i := order[rank-1]
		least = min(least, ps[i]*float64(len(ps))/float64(rank))
		q[i] = least
	}
	return q, nil
}

// Holm gives each p corrected so that the chance of any false rejection stays below the threshold, whatever depends on
// what; in the order given. Source: Holm 1979. Cost O(m log m).
func Holm(ps []float64) ([]float64, error) {
	order, err := ascending(ps)
	if err != nil {
		return nil, err
	}
	q, most := make([]float64, len(ps)), 0.0
	for rank, i := range order {
		most = max(most, min(1, ps[i]*float64(len(ps)-rank)))
		q[i] = most
	}
	return q, nil
}

// ascending gives the places of the values, the smallest first.
func ascending(ps []float64) ([]int, error) {
	if len(ps) == 0 {
		return nil, fmt.Errorf("statistics: no p values; accepted is 1 or more")
	}
	order := make([]int, len(ps))
	for i, p := range ps {
		if !(p >= 0 && p <= 1) {
			return nil, fmt.Errorf("statistics: p value %d is %v; accepted is a number in [0, 1]", i, p)
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ps[a], ps[b]) })
	return order, nil
}
