package statistics

import (
	"math/bits"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/combin"
)

// ExactUpTo is how many arrangements are all tried; of more, a sample is drawn.
const ExactUpTo = 200_000

// Permutation is the outcome of a permutation test.
type Permutation struct {
	Statistic    float64 `json:"statistic"` // of the data as they are
	P            float64 `json:"p"`
	Tail         string  `json:"tail"`
	Exact        bool    `json:"exact"`        // all arrangements were tried
	Arrangements int     `json:"arrangements"` // tried; without the data's own, when drawn
	Method       string  `json:"method"`
}

// Permute tests whether two samples, one value per run, differ: it gives the labels out anew and counts how often the
// statistic is as extreme as it was (nil: MeanDifference). Up to ExactUpTo arrangements all are tried and P is the
// exact share; of more, s are drawn from r and P is (b+1)/(s+1). The statistic may reorder what it is given, and not
// keep it. Source: Fisher 1935; Good 2005.
func Permute(a, b []float64, statistic func(a, b []float64) float64, tail Tail, s int, r *rand.Rand) (Permutation, error) {
	if err := checkTwo(a, b, 1); err != nil {
		return Permutation{}, err
	}
	if statistic == nil {
		statistic = MeanDifference
	}
	pool := slices.Concat(a, b)
	result := Permutation{Statistic: statistic(slices.Clone(a), slices.Clone(b)), Tail: tail.String(), Method: "permutation"}
	var null []float64
	if arrangements := choose(len(pool), len(a)); arrangements <= ExactUpTo {
		result.Exact, null = true, make([]float64, 0, arrangements)
		first, second, chosen := make([]float64, len(a)), make([]float64, len(b)), make([]int, len(a))
		for of := combin.NewCombinationGenerator(len(pool), len(a)); of.Next(); {
			split(first, second, pool, of.Combination(chosen))
			null = append(null, statistic(first, second))
		}
	} else {
		if err := checkDraws(s, r); err != nil {
			return Permutation{}, err
		}
		null = make([]float64, s)
		for i := range null {
			r.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
			null[i] = statistic(slices.Clone(pool[:len(a)]), slices.Clone(pool[len(a):]))
		}
	}
	return result.against(null, tail)
}

// SignFlip tests whether differences within pairs, one per pair of runs, have a mean other than 0: it flips their signs
// and counts how often the mean is as extreme as it was. Up to ExactUpTo patterns of signs all are tried; of more, s are
// drawn from r. It takes the differences to be symmetric about 0 under the null.
func SignFlip(differences []float64, tail Tail, s int, r *rand.Rand) (Permutation, error) {
	if err := checkSample("the differences", differences, 1); err != nil {
		return Permutation{}, err
	}
	n := len(differences)
	mean := func(flipped func(i int) bool) float64 {
		sum := 0.0
		for i, d := range differences {
			if flipped(i) {
				d = -d
			}
			sum += d
		}
		return sum / float64(n)
	}
	result := Permutation{Statistic: mean(func(int) bool { return false }), Tail: tail.String(), Method: "sign flip"}
	var null []float64
	if n <= bits.Len(ExactUpTo)-1 {
		result.Exact, null = true, make([]float64, 1<<n)
		for pattern := range null {
			null[pattern] = mean(func(i int) bool { return pattern>>i&1 == 1 })
		}
	} else {
		if err := checkDraws(s, r); err != nil {
			return Permutation{}, err
		}
		null = make([]float64, s)
		for i := range null {
			null[i] = mean(func(int) bool { return r.Uint64()&1 == 1 })
		}
	}
	return result.against(null, tail)
}

// against fills in the p of the statistic. An exact null holds the data's own arrangement, a drawn one does not.
func (p Permutation) against(null []float64, tail Tail) (Permutation, error) {
	above, below, err := extremes(p.Statistic, null)
	if err != nil {
		return Permutation{}, err
	}
	p.Arrangements = len(null)
	own := 1
	if p.Exact {
		own = 0
	}
	n := float64(len(null) + own)
	p.P = tail.of(float64(above+own)/n, float64(below+own)/n)
	return p, nil
}

// split puts the chosen places of the pool into first and the others into second.
func split(first, second, pool []float64, chosen []int) {
	k, o := 0, 0
	for i, v := range pool {
		if k < len(chosen) && chosen[k] == i {
			first[k] = v
			k++
		} else {
			second[o] = v
			o++
		}
	}
}

// choose is n over k, or something above ExactUpTo when it is larger than that.
func choose(n, k int) int {
	c := 1
	for i := 1; i <= min(k, n-k); i++ {
		if c = c * (n - min(k, n-k) + i) / i; c > ExactUpTo {
			return c
		}
	}
	return c
}
