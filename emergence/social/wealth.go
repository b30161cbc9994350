package social

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Gini is sum_i (2i-n-1) x_(i) / (n sum x) with x ascending (Gini 1912; Sen 1973): 0 when all have the same, (n-1)/n when one
// has all. Payoffs must not be negative. When all are zero it is 0, with a Warning. Plug-in; see GiniUnbiased. Unit 1,
// O(n log n).
func Gini(payoffs []float64) (float64, error) {
	if err := amounts("payoffs", payoffs, 0); err != nil {
		return 0, err
	}
	sorted := slices.Sorted(slices.Values(payoffs))
	n, largest := len(sorted), sorted[len(sorted)-1]
	if largest == 0 {
		return 0, Warning("all payoffs are 0: inequality is taken as none")
	}
	var weighted, sum float64
	for i, x := range sorted {
		x /= largest
		weighted += float64(2*(i+1)-n-1) * x
		sum += x
	}
	return weighted / (float64(n) * sum), nil
}

// GiniUnbiased is Gini times n/(n-1) (Deltas 2003): 1 when one has all, whatever n. Needs two payoffs; the sample's
// coefficient is unbiased to first order only. Unit 1, O(n log n).
func GiniUnbiased(payoffs []float64) (float64, error) {
	n := float64(len(payoffs))
	if n == 1 {
		return 0, fmt.Errorf("social: 1 payoff; accepted is 2 or more")
	}
	g, err := Gini(payoffs)
	return g * n / (n - 1), err
}

// Equality is 1 - Gini, that is 1 - sum_ij |R_i-R_j| / (2n sum R) (Perolat et al. 2017). When all payoffs are zero it is 1,
// with a Warning. Unit 1, O(n log n).
func Equality(payoffs []float64) (float64, error) {
	g, err := Gini(payoffs)
	if warning := Warning(""); err != nil && !errors.As(err, &warning) {
		return 0, err
	}
	return 1 - g, err
}

// Efficiency is the utilitarian one: the sum of payoffs as a part of the largest sum there could have been (Perolat et
// al. 2017). best must be above 0. Payoffs may be negative, and so may the efficiency. Above 1 there is a Warning: best
// was not the best. Unit 1, O(n).
func Efficiency(payoffs []float64, best float64) (float64, error) {
	if err := amounts("payoffs", payoffs, anything); err != nil {
		return 0, err
	}
	sum := 0.0
	for _, p := range payoffs {
		sum += p
	}
	return part("welfare", sum, best)
}

// AllocativeEfficiency is the surplus that trade or assignment realised as a part of the largest possible (Smith 1962),
// which MaximalSurplus tells for a market. Negative where trades lost. maximal must be above 0. Above 1 there is a
// Warning. Unit 1.
func AllocativeEfficiency(realised, maximal float64) (float64, error) {
	return part("surplus", realised, maximal)
}

// part is reached/best, with a Warning where it is beyond 1 by more than rounding.
func part(thing string, reached, best float64) (float64, error) {
	if err := cmp.Or(amount("reached "+thing, reached, anything), positive("maximal "+thing, best)); err != nil {
		return 0, err
	}
	v := reached / best
	if err := amount(thing+" as a part of the maximal", v, anything); err != nil {
		return 0, err
	}
	if v > 1+1e-9 {
		return v, Warning(fmt.Sprintf("%s %v is more than the maximal %v", thing, reached, best))
	}
	return v, nil
}

// positive refuses what is not above zero.
func positive(thing string, x float64) error {
	if err := amount(thing, x, anything); err != nil || x > 0 {
		return err
	}
	return fmt.Errorf("social: %s %v; accepted is above 0", thing, x)
}

// MaximalSurplus is what a market of single units can yield at most: buyers' values, highest first, against sellers'
// costs, lowest first, as long as there is a gain (Gode and Sunder 1993). In the unit of the values, O(n log n).
func MaximalSurplus(values, costs []float64) (float64, error) {
	if err := cmp.Or(amounts("values", values, anything), amounts("costs", costs, anything)); err != nil {
		return 0, err
	}
	v, c := slices.Sorted(slices.Values(values)), slices.Sorted(slices.Values(costs))
	slices.Reverse(v)
	sum := 0.0
	for i := range min(len(v), len(c)) {
		if v[i] <= c[i] {
			break
		}
		sum += v[i] - c[i]
	}
	if err := amount("surplus", sum, 0); err != nil {
		return 0, err
	}
	return sum, nil
}

// PriceOfAnarchy is the welfare of the best outcome divided by that of the equilibrium (Koutsoupias and Papadimitriou
// 1999; take the worst equilibrium where there are several). Both must be above 0. Below 1 there is a Warning: the best was
// not the best. Unit 1.
func PriceOfAnarchy(best, equilibrium float64) (float64, error) {
	if err := cmp.Or(positive("best welfare", best), positive("welfare in equilibrium", equilibrium)); err != nil {
		return 0, err
	}
	v := best / equilibrium
	if err := amount("price of anarchy", v, anything); err != nil {
		return 0, err
	}
	if v < 1-1e-9 {
		return v, Warning(fmt.Sprintf("welfare %v in equilibrium is more than the best %v", equilibrium, best))
	}
	return v, nil
}

// Sustainability is the mean over agents of the mean round, counted from 1, in which an agent collected a reward (Perolat
// et al. 2017): late when the resource lasts, early when it is spent. rewards[t][i] is what agent i
// got in round t+1; what is not above 0 is no reward. Agents that never got any are left out, with a Warning; when nobody
// got any it is 0, with a Warning. In rounds, O(nT).
func Sustainability(rewards [][]float64) (float64, error) {
	if len(rewards) == 0 || len(rewards[0]) == 0 {
		return 0, fmt.Errorf("social: no rewards; accepted is a round or more of an agent or more")
	}
	n := len(rewards[0])
	rounds, times := make([]float64, n), make([]float64, n)
	for t, round := range rewards {
		if len(round) != n {
			return 0, fmt.Errorf("social: round %d has %d rewards; accepted is %d, as in round 1", t+1, len(round), n)
		}
		if err := amounts("rewards", round, anything); err != nil {
			return 0, fmt.Errorf("%w, in round %d", err, t+1)
		}
		for i, r := range round {
			if r > 0 {
				rounds[i] += float64(t + 1)
				times[i]++
			}
		}
	}
	sum, some := 0.0, 0
	for i := range n {
		if times[i] > 0 {
			sum += rounds[i] / times[i]
			some++
		}
	}
	switch some {
	case 0:
		return 0, Warning("nobody got a reward: sustainability is taken as 0")
	case n:
		return sum / float64(n), nil
	}
	return sum / float64(some), Warning(fmt.Sprintf("%d of %d agents never got a reward and are left out", n-some, n))
}
