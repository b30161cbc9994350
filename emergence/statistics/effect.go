package statistics

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// CohenD is by how many pooled standard deviations the mean of b is above that of a. Samples of two or more values; an
// error where neither sample varies. Source: Cohen 1988.
func CohenD(a, b []float64) (float64, error) {
	if err := checkTwo(a, b, 2); err != nil {
		return 0, err
	}
	na, nb := float64(len(a)), float64(len(b))
	pooled := math.Sqrt(((na-1)*stat.Variance(a, nil) + (nb-1)*stat.Variance(b, nil)) / (na + nb - 2))
	if pooled == 0 {
		return 0, fmt.Errorf("statistics: neither sample varies; accepted for Cohen's d are samples of which one does")
	}
	return MeanDifference(a, b) / pooled, nil
}

// CliffDelta is how much more often a value of b is above one of a than below, over all pairs: 1 when all are, 0 when
// neither is above. Source: Cliff 1993. Cost O((n+m) log n).
func CliffDelta(a, b []float64) (float64, error) {
	if err := checkTwo(a, b, 1); err != nil {
		return 0, err
	}
	sorted := slices.Sorted(slices.Values(a))
	sum := 0
	for _, v := range b {
		below, _ := slices.BinarySearch(sorted, v)
		upTo, _ := slices.BinarySearch(sorted, math.Nextafter(v, math.Inf(1)))
		sum += below - (len(a) - upTo)
	}
	return float64(sum) / (float64(len(a)) * float64(len(b))), nil
}

// MeanDifference is the mean of b less the mean of a: the statistic of Permute when none is named.
func MeanDifference(a, b []float64) float64 { return stat.Mean(b, nil) - stat.Mean(a, nil) }

// WelchInterval is the interval of the difference of means, b less a, by Student's t with unequal variances. One value
// per run; two or more. Source: Welch 1947.
func WelchInterval(a, b []float64, level float64) (difference float64, i Interval, err error) {
	if err := checkTwo(a, b, 2); err != nil {
		return 0, i, err
	}
	if err := checkLevel(level); err != nil {
		return 0, i, err
	}
	d := MeanDifference(a, b)
	na, nb := float64(len(a)), float64(len(b))
	va, vb := stat.Variance(a, nil)/na, stat.Variance(b, nil)/nb
	half := 0.0
	if se := math.Sqrt(va + vb); se > 0 {
		df := (va + vb) * (va + vb) / (va*va/(na-1) + vb*vb/(nb-1))
		half = se * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(0.5+level/2)
	}
	i = Interval{Low: d - half, High: d + half, Level: level, Method: "welch", N: len(a) + len(b)}
	i.Warnings = fewRuns(min(len(a), len(b)))
	if half == 0 {
		i.Warnings = append(i.Warnings, "neither sample varies")
	}
	return d, i, nil
}

// CramerV is how closely the rows and the columns of a table of counts hang together: 0 not at all, 1 wholly. Empty rows
// and columns are left out; two of each must remain. It is not corrected for its upward bias in small tables. Source:
// Cramér 1946. Cost O(cells).
func CramerV(counts [][]int) (float64, error) {
	rows, columns, total, err := margins(counts)
	if err != nil {
		return 0, err
	}
	kr, kc := occupied(rows), occupied(columns)
	if kr < 2 || kc < 2 {
		return 0, fmt.Errorf("statistics: a table with %d rows and %d columns that are not empty; accepted are 2 or more of each", kr, kc)
	}
	chi := 0.0
	for i, row := range counts {
		for j, n := range row {
			if expected := rows[i] * columns[j] / total; expected > 0 {
				chi += (float64(n) - expected) * (float64(n) - expected) / expected
			}
		}
	}
	return min(1, math.Sqrt(chi/(total*float64(min(kr, kc)-1)))), nil
}

// margins are the sums of a rectangular table of counts.
func margins(counts [][]int) (rows, columns []float64, total float64, err error) {
	if len(counts) == 0 || len(counts[0]) == 0 {
		return nil, nil, 0, fmt.Errorf("statistics: an empty table; accepted is one with rows and columns")
	}
	rows, columns = make([]float64, len(counts)), make([]float64, len(counts[0]))
	for i, row := range counts {
		if len(row) != len(columns) {
			return nil, nil, 0, fmt.Errorf("statistics: row %d has %d cells and row 0 has %d; accepted are rows of one length", i, len(row), len(columns))
		}
		for j, n := range row {
			if n < 0 {
				return nil, nil, 0, fmt.Errorf("statistics: count %d in row %d, column %d; accepted is 0 or more", n, i, j)
			}
			rows[i] += float64(n)
			columns[j] += float64(n)
			total += float64(n)
		}
	}
	return rows, columns, total, nil
}

func occupied(sums []float64) (k int) {
	for _, s := range sums {
		if s > 0 {
			k++
		}
	}
	return k
}

// checkTwo tells whether both samples have n finite values or more.
func checkTwo(a, b []float64, n int) error {
	if err := checkSample("the first sample", a, n); err != nil {
		return err
	}
	return checkSample("the second sample", b, n)
}
