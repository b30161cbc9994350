package statistics

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// near holds a number to the digits that the reference gives.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.12g, expected %.12g (±%g)", what, got, want, tolerance)
	}
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) || !strings.HasPrefix(err.Error(), "statistics: ") {
		t.Errorf("error %q, expected one with %q", err, part)
	}
}

// must takes the number of a call that may not fail here.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var (
	low5, high5 = []float64{1, 2, 3, 4, 5}, []float64{6, 7, 8, 9, 10}
	mean        = func(x []float64) float64 { return stat.Mean(x, nil) }
)

// "(b+1)/(S+1), b = surrogates at least as extreme; 0 of 999 gives .001."
func TestP(t *testing.T) {
	null := make([]float64, 999)
	near(t, "0 of 999", must(P(1, null, Upper)), 0.001, 0)
	near(t, "below all", must(P(-1, null, Lower)), 0.001, 0)
	near(t, "both sides", must(P(1, null, TwoSided)), 0.002, 1e-15)
	near(t, "all tied", must(P(0, null, Upper)), 1, 0)
	near(t, "all tied, both sides", must(P(0, null, TwoSided)), 1, 0)
	null = []float64{1, 2, 3, 4}
	near(t, "upper of 3", must(P(3, null, Upper)), 3./5, 0)
	near(t, "lower of 3", must(P(3, null, Lower)), 4./5, 0)
	near(t, "two-sided of 4", must(P(4, null, TwoSided)), 4./5, 0)
}

// "Compare with a small slack (1e-12) so that ties count as extreme."
func TestTiesCount(t *testing.T) {
	x := 0.1 + 0.2 // 0.30000000000000004
	near(t, "tie by rounding", must(P(x, []float64{0.3}, Upper)), 1, 0)
	near(t, "tie by rounding, lower", must(P(0.3, []float64{x}, Lower)), 1, 0)
	near(t, "no tie", must(P(0.3+1e-9, []float64{0.3}, Upper)), 0.5, 0)
	near(t, "a tie of large values", must(P(3e9+1e-5, []float64{3e9}, Upper)), 1, 0)
	near(t, "no tie of large values", must(P(3e9+1, []float64{3e9}, Upper)), 0.5, 0)
}

func TestSmallestP(t *testing.T) {
	near(t, "19 draws", SmallestP(19, Upper), 0.05, 0)
	near(t, "999 draws, two-sided", SmallestP(999, TwoSided), 0.002, 0)
	near(t, "no draws", SmallestP(0, TwoSided), 1, 0)
	for _, c := range []struct {
		alpha float64
		m     int
		tail  Tail
		want  int
	}{{0.05, 1, Upper, 19}, {0.05, 1, TwoSided, 39}, {0.001, 1, Lower, 999}, {0.05, 2450, Upper, 48999}, {0.011, 11, Upper, 999}, {0.03, 1, Upper, 33}} {
		n := must(DrawsNeeded(c.alpha, c.m, c.tail))
		if n != c.want {
			t.Errorf("%+v: %d draws", c, n)
		}
		if threshold := c.alpha / float64(c.m); SmallestP(n, c.tail) > threshold*(1+1e-9) || SmallestP(n-1, c.tail) <= threshold {
			t.Errorf("%+v: %d draws are not just enough", c, n)
		}
	}
}

func TestPRefuses(t *testing.T) {
	nan := math.NaN()
	_, err := P(1, nil, Upper)
	wantError(t, err, "a null of no draws")
	_, err = P(nan, []float64{1}, Upper)
	wantError(t, err, "observed value NaN")
	_, err = P(1, []float64{1, nan}, Upper)
	wantError(t, err, "draw of the null 1 is NaN")
	_, err = P(1, []float64{math.Inf(1)}, Upper)
	wantError(t, err, "draw of the null 0 is +Inf")
	_, err = DrawsNeeded(0, 1, Upper)
	wantError(t, err, "alpha 0")
	_, err = DrawsNeeded(nan, 1, Upper)
	wantError(t, err, "alpha NaN")
	_, err = DrawsNeeded(0.05, 0, Upper)
	wantError(t, err, "0 comparisons")
	_, err = DrawsNeeded(1e-300, 1, Upper)
	wantError(t, err, "fewer than 2^31")
}

func TestMaxStatistic(t *testing.T) {
	ps := must(MaxStatistic([]float64{5, 2}, [][]float64{{1, 3}, {0, 1}, {4, 0}}))
	near(t, "the larger", ps[0], 1./4, 0)
	near(t, "the smaller", ps[1], 3./4, 0)
	_, err := MaxStatistic([]float64{1, 2}, [][]float64{{1}})
	wantError(t, err, "draw 0 has 1 values; accepted are 2")
	_, err = MaxStatistic(nil, nil)
	wantError(t, err, "no comparisons")
	_, err = MaxStatistic([]float64{1}, nil)
	wantError(t, err, "no draws")
	_, err = MaxStatistic([]float64{1, 1}, [][]float64{{math.NaN(), 3}})
	wantError(t, err, "NaN")
}

// "Benjamini-Hochberg q = (.02, .04, .04, .02); Holm = (.03, .06, .06, .02)"
func TestCorrections(t *testing.T) {
	ps := []float64{.01, .04, .03, .005}
	for name, c := range map[string]struct {
		of   func([]float64) ([]float64, error)
		want []float64
	}{"BH": {BenjaminiHochberg, []float64{.02, .04, .04, .02}}, "Holm": {Holm, []float64{.03, .06, .06, .02}}} {
		for i, q := range must(c.of(ps)) {
			near(t, name, q, c.want[i], 1e-15)
		}
		near(t, name+" of one", must(c.of([]float64{0.3}))[0], 0.3, 0)
		near(t, name+" of 1", must(c.of([]float64{1, 1}))[1], 1, 0)
		near(t, name+" never above 1", must(c.of([]float64{0.9, 0.9, 0.95}))[0], map[string]float64{"BH": 0.95, "Holm": 1}[name], 1e-15)
		_, err := c.of(nil)
		wantError(t, err, "no p values")
		for _, bad := range []float64{-0.1, 1.1, math.NaN()} {
			_, err = c.of([]float64{0.5, bad})
			wantError(t, err, "p value 1 is")
		}
	}
	// Where a larger p has a smaller product, the q of the smaller is brought down to it; Holm's is brought up.
	near(t, "BH brought down", must(BenjaminiHochberg([]float64{.02, .021}))[0], .021, 0)
	near(t, "Holm brought up", must(Holm([]float64{.02, .021}))[1], .04, 0)
	if ps[0] != .01 || ps[3] != .005 {
		t.Error("the p values were reordered")
	}
}

// "Wilson 95 % (z = 1.959964): 3/5 (.2307, .8824); 0/10 (0, .2775); 27/27 (.8754, 1)"
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{{3, 5, .2307, .8824}, {0, 10, 0, .2775}, {27, 27, .8754, 1}} {
		i := must(Wilson(c.k, c.n, 0.95))
		near(t, "low", i.Low, c.low, 5e-5)
		near(t, "high", i.High, c.high, 5e-5)
		if i.Method != "wilson" || i.N != c.n || i.Level != 0.95 {
			t.Errorf("%+v", i)
		}
	}
	if i := must(Wilson(0, 10, 0.95)); i.Low != 0 || !i.Has(0) || i.Has(0.3) {
		t.Errorf("0 of 10: %+v", i)
	}
	if i := must(Wilson(27, 27, 0.95)); i.High != 1 || !i.Meets(1, 2) || !i.Meets(0, 0.9) || i.Meets(0, 0.8) || i.Meets(1.1, 2) {
		t.Errorf("27 of 27: %+v", i)
	}
	for _, bad := range [][2]int{{0, 0}, {-1, 3}, {4, 3}} {
		_, err := Wilson(bad[0], bad[1], 0.95)
		wantError(t, err, "successes of")
	}
	for _, bad := range []float64{0, 1, -1, 95, math.NaN()} {
		_, err := Wilson(1, 2, bad)
		wantError(t, err, "confidence")
	}
}

// "Exact permutation test, difference of means, {1..5} against {6..10}: p = 2/252 = .0079365079; Cohen d = 3.162278;
// Cliff delta = 1."
func TestFiveAgainstFive(t *testing.T) {
	p := must(Permute(low5, high5, nil, TwoSided, 0, nil))
	near(t, "p", p.P, .0079365079, 1e-10)
	near(t, "p", p.P, 2./252, 1e-15)
	near(t, "statistic", p.Statistic, 5, 0)
	if !p.Exact || p.Arrangements != 252 || p.Tail != "two-sided" {
		t.Errorf("%+v", p)
	}
	near(t, "upper", must(Permute(low5, high5, MeanDifference, Upper, 0, nil)).P, 1./252, 1e-15)
	near(t, "lower", must(Permute(low5, high5, nil, Lower, 0, nil)).P, 1, 0)
	near(t, "d", must(CohenD(low5, high5)), 3.162278, 5e-7)
	near(t, "d the other way", must(CohenD(high5, low5)), -3.162278, 5e-7)
	near(t, "delta", must(CliffDelta(low5, high5)), 1, 0)
	near(t, "delta with ties", must(CliffDelta([]float64{1, 2, 2}, []float64{2, 3})), 4./6, 1e-15)
}
