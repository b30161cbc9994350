package bench

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{3, 1}, 2},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v: %v, want %v", c.values, got, c.want)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("the median of nothing is a number")
	}
}

// The ranks of the printed tables for 95 % (Conover, table A3 by the binomial).
func TestRankIsThatOfTheTables(t *testing.T) {
	for n, want := range map[int]int{1: 0, 5: 0, 6: 1, 8: 1, 9: 2, 12: 3, 15: 4, 17: 5, 20: 6, 30: 10, 50: 18, 100: 40} {
		if got := rank(n); got != want {
			t.Errorf("rank for %d values: %d, want %d", n, got, want)
		}
	}
}

func TestIntervalOfFewIsTheRange(t *testing.T) {
	if got := interval([]float64{3, 1, 2}); got != [2]float64{1, 3} {
		t.Errorf("interval %v", got)
	}
}

// "It is exact whatever the distribution": of a lopsided one with median ln 2 it covers the median in 95.9 % of samples.
func TestIntervalCoversTheMedian(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const samples = 4000
	covered := 0
	for range samples {
		x := make([]float64, 20)
		for i := range x {
			x[i] = r.ExpFloat64()
		}
		if ci := interval(x); ci[0] <= math.Ln2 && math.Ln2 <= ci[1] {
			covered++
		}
	}
	const want = 0.9586 // 1 - 2·P(Bin(20, ½) ≤ 5)
	sd := math.Sqrt(want * (1 - want) / samples)
	if got := float64(covered) / samples; math.Abs(got-want) > 4*sd {
		t.Errorf("covered %v, want %v ± %v", got, want, 4*sd)
	}
}

// The ratio is the median of the pairs' ratios: a machine that slows down for a while slows both sides of its pairs.
func TestRatioIsTakenPairByPair(t *testing.T) {
	s := summarize([]float64{10, 100, 10, 100, 10}, []float64{20, 200, 20, 200, 20})
	if s.ratio != 0.5 || s.ratioCI != [2]float64{0.5, 0.5} || s.value != 10 || s.yardstick != 20 {
		t.Errorf("%+v", s)
	}
}

func TestSignificant(t *testing.T) {
	for _, c := range [][2]float64{{123456, 123500}, {0.000123456, 0.0001235}, {-1.00049, -1}, {99.996, 100}, {0, 0}, {0.65, 0.65}} {
		if got := significant(c[0], 4); got != c[1] {
			t.Errorf("four digits of %v: %v, want %v", c[0], got, c[1])
		}
	}
}
