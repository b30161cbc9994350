package statistics

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Change is the place where a series changed its level, by Pettitt's test.
type Change struct {
	At        int     `json:"at"`        // how many values lie before it
	Statistic float64 `json:"statistic"` // K
	P         float64 `json:"p"`
	Before    float64 `json:"before"` // mean of the values before it
	After     float64 `json:"after"`  // and of those after it
}

// Cut is one of the places where Segment cuts a series.
type Cut struct {
	At     int     `json:"at"`     // how many values lie before it
	Drop   float64 `json:"drop"`   // by how much the sum of squares was lower for it
	Before float64 `json:"before"` // mean from the cut before it, or the beginning
	After  float64 `json:"after"`  // mean to the next cut, or the end
}

// Pettitt finds the place where a series changed its level, and how likely as large a change is without any:
// U_t = sum over i <= t < j of sign(x_j - x_i), K = max |U_t|, p about 2 exp(-6 K²/(n³+n²)), at most 1. It takes the
// values to be independent: on a series that persists the p is far too small, hold K against block surrogates there
// (PettittStatistic). Four values or more. Source: Pettitt 1979. Cost O(n log n).
func Pettitt(x []float64) (Change, error) {
	if err := checkSample("the series", x, 4); err != nil {
		return Change{}, err
	}
	at, k := pettitt(x)
	n := float64(len(x))
	return Change{At: at, Statistic: k, P: min(1, 2*math.Exp(-6*k*k/(n*n*n+n*n))), Before: average(x[:at]), After: average(x[at:])}, nil
}

// PettittStatistic is K alone, to be taken of surrogates.
func PettittStatistic(x []float64) float64 {
	_, k := pettitt(x)
	return k
}

// pettitt gives the first t at which |U_t| is largest, at least 1, and that value. With midranks R, U_t is the sum of
// n + 1 - 2 R_i over i <= t: within the first part the signs cancel.
func pettitt(x []float64) (at int, k float64) {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	rank := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, o := range order[i:j] {
			rank[o] = float64(i+j+1) / 2
		}
		i = j
	}
	u := 0.0
	at = 1
	for t := range len(x) - 1 {
		u += float64(len(x)+1) - 2*rank[t]
		if math.Abs(u) > k {
			at, k = t+1, math.Abs(u)
		}
	}
	return at, k
}

// Segment finds the places where the mean of a series changed, by binary segmentation: the series is cut where that
// lowers the sum of squares most, then each part again, as long as a cut lowers it by more than penalty and leaves
// shortest values on each side. shortest 0 is 2; penalty 0 is 3 s² ln n, with s² half the mean square of the steps from
// one value to the next (von Neumann 1941), which a few changes hardly raise. It names places and tests nothing; on a
// series that persists it finds too many. Source: Scott and Knott 1974. Cost O(n) for each level
// of parts within parts. The cuts are in order of time.
func Segment(x []float64, shortest int, penalty float64) ([]Cut, error) {
	if err := checkSample("the series", x, 4); err != nil {
		return nil, err
	}
	if shortest == 0 {
		shortest = 2
	}
	if shortest < 1 || penalty < 0 || !finite(penalty) {
		return nil, fmt.Errorf("statistics: segments of %d or more at a penalty of %v; accepted is 1 or more, and 0 or more", shortest, penalty)
	}
	if penalty == 0 {
		for i := range len(x) - 1 {
			penalty += (x[i+1] - x[i]) * (x[i+1] - x[i])
		}
		penalty *= 3 * math.Log(float64(len(x))) / (2 * float64(len(x)-1))
	}
	var cuts []Cut
	for parts := [][2]int{{0, len(x)}}; len(parts) > 0; {
		from, to := parts[len(parts)-1][0], parts[len(parts)-1][1]
		parts = parts[:len(parts)-1]
		at, drop := cut(x[from:to], shortest)
		if at == 0 || drop <= penalty+slack {
			continue
		}
		cuts = append(cuts, Cut{At: from + at, Drop: drop})
		parts = append(parts, [2]int{from, from + at}, [2]int{from + at, to})
	}
	slices.SortFunc(cuts, func(a, b Cut) int { return cmp.Compare(a.At, b.At) })
	for i := range cuts {
		from, to := 0, len(x)
		if i > 0 {
			from = cuts[i-1].At
		}
		if i < len(cuts)-1 {
			to = cuts[i+1].At
		}
		cuts[i].Before, cuts[i].After = average(x[from:cuts[i].At]), average(x[cuts[i].At:to])
	}
	return cuts, nil
}

// cut is where a part is best cut in two, and by how much that lowers its sum of squares; at 0 there is no place.
func cut(x []float64, shortest int) (at int, drop float64) {
	mean := average(x) // taken off, so that large values with small cuts keep their digits
	sum, n := 0.0, float64(len(x))
	for t := range len(x) - 1 {
		sum += x[t] - mean
		before := float64(t + 1)
		if t+1 < shortest || len(x)-t-1 < shortest {
			continue
		}
		if d := sum * sum * (1/before + 1/(n-before)); at == 0 || d > drop {
			at, drop = t+1, d
		}
	}
	return at, drop
}

func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
