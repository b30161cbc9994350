package statistics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// BinomialTest is the exact p of some successes in some trials when each succeeds with the given probability. TwoSided
// adds up all outcomes that are no likelier than the observed one, as R and SciPy do. Cost O(trials).
func BinomialTest(successes, trials int, probability float64, tail Tail) (float64, error) {
	if trials < 1 || successes < 0 || successes > trials {
		return 0, fmt.Errorf("statistics: %d successes of %d trials; accepted is 0 to all of 1 or more", successes, trials)
	}
	if !(probability >= 0 && probability <= 1) {
		return 0, fmt.Errorf("statistics: probability %v; accepted is a number in [0, 1]", probability)
	}
	if probability == 0 || probability == 1 { // one outcome is certain
		certain := int(probability) * trials
		if successes == certain || tail == Upper && successes < certain || tail == Lower && successes > certain {
			return 1, nil
		}
		return 0, nil
	}
	outcome := distuv.Binomial{N: float64(trials), P: probability}
	observed, p := outcome.LogProb(float64(successes)), 0.0
	for k := range trials + 1 {
		l := outcome.LogProb(float64(k))
		switch {
		case tail == Upper && k >= successes, tail == Lower && k <= successes,
			tail == TwoSided && l <= observed+1e-7: // outcomes as likely, but for rounding, count
			p += math.Exp(l)
		}
	}
	return min(1, p), nil
}

// ChiSquareUniform tests whether counts of categories could come from equal probabilities. Every category counts, also
// one never seen: leave none out. Below 5 expected of each it warns, the distribution is only near then.
func ChiSquareUniform(counts []int) (ChiSquared, error) {
	if len(counts) < 2 {
		return ChiSquared{}, fmt.Errorf("statistics: %d categories; accepted are 2 or more", len(counts))
	}
	total := 0.0
	for i, n := range counts {
		if n < 0 {
			return ChiSquared{}, fmt.Errorf("statistics: count %d is %d; accepted is 0 or more", i, n)
		}
		total += float64(n)
	}
	if total == 0 {
		return ChiSquared{}, fmt.Errorf("statistics: all counts are 0; accepted is one that is not")
	}
	expected, statistic := total/float64(len(counts)), 0.0
	for _, n := range counts {
		statistic += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	c := chiSquared("chi-square against uniform", statistic, len(counts)-1)
	if expected < 5 {
		c.Warnings = []string{fmt.Sprintf("%.3g expected in each category: fewer than 5, the p is only near", expected)}
	}
	return c, nil
}
