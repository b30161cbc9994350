package statistics

import (
	"math"
	"slices"
	"testing"
)

func TestPermuteDrawsWhenThereAreMany(t *testing.T) {
	r := seeded(1)
	a, b := make([]float64, 15), make([]float64, 15)
	for i := range a {
		a[i], b[i] = r.NormFloat64(), r.NormFloat64()+3
	}
	p := must(Permute(a, b, nil, TwoSided, 999, r))
	if p.Exact || p.Arrangements != 999 {
		t.Errorf("%+v", p)
	}
	near(t, "p", p.P, 0.002, 1e-15)
	sizes := func(a, b []float64) float64 { return float64(len(a) - len(b)) }
	near(t, "p of the sizes, which stay", must(Permute(a, b[:12], sizes, Upper, 99, r)).P, 1, 0)
	near(t, "p of the sizes, the other way", must(Permute(a, b[:12], sizes, Lower, 99, r)).P, 1, 0)
	_, err := Permute(a, b, nil, TwoSided, 0, r)
	wantError(t, err, "0 draws")
	_, err = Permute(a, b, nil, TwoSided, 99, nil)
	wantError(t, err, "generator")
}

// Drawn and exact must say the same: 10 against 11 has 352,716 arrangements, 9 against 9 has 48,620.
func TestPermuteDrawnAgreesWithExact(t *testing.T) {
	r := seeded(2)
	a, b := make([]float64, 9), make([]float64, 9)
	for i := range a {
		a[i], b[i] = r.NormFloat64(), r.NormFloat64()+0.5
	}
	exact := must(Permute(a, b, nil, Upper, 0, nil))
	if !exact.Exact || exact.Arrangements != 48620 {
		t.Fatalf("%+v", exact)
	}
	// The same data doubled in number cannot be exact; the same statistic by hand can be compared.
	pool, above := slices.Concat(a, b), 0
	const draws = 20000
	for range draws {
		r.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
		if MeanDifference(pool[:9], pool[9:]) >= exact.Statistic-1e-12 {
			above++
		}
	}
	near(t, "share", float64(above)/draws, exact.P, 4*math.Sqrt(exact.P/draws))
}

func TestPermuteTakesAnyStatistic(t *testing.T) {
	spread := func(a, b []float64) float64 { return slices.Max(b) - slices.Min(b) - slices.Max(a) + slices.Min(a) }
	sorting := func(a, b []float64) float64 { slices.Sort(a); slices.Sort(b); return b[0] - a[0] }
	p := must(Permute([]float64{4, 5, 6}, []float64{0, 5, 10}, spread, Upper, 0, nil))
	near(t, "spread", p.Statistic, 8, 0)
	near(t, "p of spread", p.P, 0.2, 1e-15) // 4 of 20: 0 and 10 together in b with any of the other four
	a, b := []float64{3, 1}, []float64{9, 7}
	p = must(Permute(a, b, sorting, Upper, 0, nil))
	near(t, "minimum", p.Statistic, 6, 0)
	near(t, "p of minimum", p.P, 1./6, 1e-15)
	if a[0] != 3 || b[0] != 9 {
		t.Error("the samples were reordered")
	}
}

func TestPermuteRefuses(t *testing.T) {
	_, err := Permute(nil, low5, nil, Upper, 9, seeded(1))
	wantError(t, err, "the first sample has 0 values")
	_, err = Permute(low5, []float64{math.NaN()}, nil, Upper, 9, seeded(1))
	wantError(t, err, "value of the second sample 0 is NaN")
	_, err = Permute(low5, high5, func(_, _ []float64) float64 { return math.NaN() }, Upper, 9, seeded(1))
	wantError(t, err, "observed value NaN")
}

// Of differences that are all positive only one pattern of 2^n is as extreme.
func TestSignFlip(t *testing.T) {
	p := must(SignFlip([]float64{1, 2, 3, 4, 5}, Upper, 0, nil))
	near(t, "p", p.P, 1./32, 1e-15)
	near(t, "mean", p.Statistic, 3, 0)
	near(t, "two-sided", must(SignFlip([]float64{1, 2, 3, 4, 5}, TwoSided, 0, nil)).P, 2./32, 1e-15)
	near(t, "balanced", must(SignFlip([]float64{1, -1}, Upper, 0, nil)).P, 3./4, 1e-15)
	near(t, "all zero", must(SignFlip([]float64{0, 0, 0}, Upper, 0, nil)).P, 1, 0)
	many := make([]float64, 40)
	for i := range many {
		many[i] = 1 + float64(i%3)
	}
	p = must(SignFlip(many, Lower, 999, seeded(3)))
	if p.Exact || p.P != 1 || p.Arrangements != 999 {
		t.Errorf("%+v", p)
	}
	near(t, "drawn", must(SignFlip(many, Upper, 999, seeded(3))).P, 0.001, 1e-15)
	if p := must(SignFlip(many[:17], Upper, 0, nil)); !p.Exact || p.Arrangements != 1<<17 {
		t.Errorf("17 pairs: %+v", p)
	}
	if _, err := SignFlip(many[:18], Upper, 0, nil); err == nil {
		t.Error("18 pairs were all tried")
	}
	_, err := SignFlip(nil, Upper, 9, seeded(1))
	wantError(t, err, "the differences has 0 values")
}

func TestChoose(t *testing.T) {
	for _, c := range [][3]int{{10, 5, 252}, {18, 9, 48620}, {7, 0, 1}, {7, 7, 1}, {200000, 1, 200000}, {20, 10, 184756}} {
		if got := choose(c[0], c[1]); got != c[2] {
			t.Errorf("%d over %d = %d", c[0], c[1], got)
		}
	}
	for _, c := range [][2]int{{21, 10}, {200, 100}, {5000, 2500}, {1 << 40, 3}} {
		if got := choose(c[0], c[1]); got <= ExactUpTo {
			t.Errorf("%d over %d = %d", c[0], c[1], got)
		}
	}
}
