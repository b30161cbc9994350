package statistics

import (
	"math"
	"testing"
)

// Expected: SciPy's documentation of binomtest(3, 15, 0.1, "greater"), R's of binom.test(682, 925, 0.75).
func TestBinomial(t *testing.T) {
	near(t, "3 of 15, upper", must(BinomialTest(3, 15, 0.1, Upper)), 0.18406106910639114, 1e-12)
	near(t, "3 of 15, two-sided", must(BinomialTest(3, 15, 0.1, TwoSided)), 0.18406106910639114, 1e-12)
	near(t, "3 of 15, lower", must(BinomialTest(3, 15, 0.1, Lower)), 0.94444, 1e-5)
	near(t, "682 of 925", must(BinomialTest(682, 925, 0.75, TwoSided)), 0.3825, 5e-5)
	near(t, "both ends", must(BinomialTest(0, 5, 0.5, TwoSided)), 2./32, 1e-12)
	near(t, "the middle", must(BinomialTest(2, 5, 0.5, TwoSided)), 1, 1e-12)
	near(t, "certain", must(BinomialTest(5, 5, 1, Lower)), 1, 0)
	near(t, "impossible", must(BinomialTest(4, 5, 1, TwoSided)), 0, 0)
	near(t, "impossible but at most", must(BinomialTest(4, 5, 1, Upper)), 1, 0)
	near(t, "never, and it did", must(BinomialTest(1, 5, 0, Upper)), 0, 0)
	near(t, "never, or fewer", must(BinomialTest(1, 5, 0, Lower)), 1, 0)
	_, err := BinomialTest(6, 5, 0.5, Upper)
	wantError(t, err, "6 successes of 5")
	for _, bad := range []float64{-0.1, 1.1, math.NaN()} {
		_, err = BinomialTest(1, 5, bad, Upper)
		wantError(t, err, "probability")
	}
}

// Expected: SciPy's documentation of chisquare([16, 18, 16, 14, 12, 12]).
func TestChiSquareUniform(t *testing.T) {
	c := must(ChiSquareUniform([]int{16, 18, 16, 14, 12, 12}))
	near(t, "statistic", c.Statistic, 2, 1e-12)
	near(t, "p", c.P, 0.84914503608460956, 1e-9)
	if c.DF != 5 || len(c.Warnings) > 0 {
		t.Errorf("%+v", c)
	}
	if c = must(ChiSquareUniform([]int{4, 5, 0})); len(c.Warnings) != 1 {
		t.Errorf("3 expected: %+v", c)
	}
	if c = must(ChiSquareUniform([]int{5, 5})); len(c.Warnings) != 0 || c.P != 1 {
		t.Errorf("5 expected: %+v", c)
	}
	for want, bad := range map[string][]int{"1 categories": {5}, "count 1 is -2": {5, -2}, "all counts are 0": {0, 0}} {
		_, err := ChiSquareUniform(bad)
		wantError(t, err, want)
	}
}
