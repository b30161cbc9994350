package social

import (
	"fmt"

	"gonum.org/v1/gonum/mathext"
)

// Condorcet is the chance that the majority of n independent voters, each right with chance p, is right (Condorcet 1785).
// An even n may be split: then a fair coin decides, and the chance is that of n-1. Exact (the binomial tail as an incomplete
// beta function). It is what an ensemble reaches that only votes, and what deliberation has to beat.
func Condorcet(n int, p float64) (float64, error) {
	if n < 1 {
		return 0, fmt.Errorf("social: %d voters; accepted is 1 or more", n)
	}
	if !(p >= 0 && p <= 1) {
		return 0, fmt.Errorf("social: chance %v; accepted is 0 to 1", p)
	}
	most := float64(n-1)/2 + 1 // of an odd number
	if n%2 == 0 {
		most = float64(n) / 2 // of n-1, see above
	}
	return mathext.RegIncBeta(most, most, p), nil
}

// Majority is Condorcet for voters that are right with different chances, still independent. A split is decided by a fair
// coin. Exact (the Poisson binomial distribution, by convolution), O(n^2).
func Majority(chances []float64) (float64, error) {
	if err := amounts("chances", chances, 0); err != nil {
		return 0, err
	}
	right := make([]float64, len(chances)+1) // right[k]: chance that k of those so far are right
	right[0] = 1
	for i, p := range chances {
		if p > 1 {
			return 0, fmt.Errorf("social: chances: number %d is %v; accepted is 0 to 1", i+1, p)
		}
		for k := i + 1; k > 0; k-- {
			right[k] = right[k]*(1-p) + right[k-1]*p
		}
		right[0] *= 1 - p
	}
	sum := 0.0
	for k, chance := range right {
		switch n := len(chances); {
		case 2*k > n:
			sum += chance
		case 2*k == n:
			sum += chance / 2
		}
	}
	return min(1, sum), nil
}
