package social

import (
	"fmt"
	"math"
	"slices"
)

// Shannon is the entropy of a tally in bits, plug-in: biased down by about (K-1)/(2N ln 2) with K kinds and N counted. O(K).
func Shannon[C Count](counts []C) (float64, error) {
	p, err := shares("counts", counts)
	return entropy(p), err
}

// Hill is the effective number of kinds of order q (Hill 1973): (sum p^q)^(1/(1-q)). 0: how many kinds there are; 1: 2 to
// the entropy in bits (the limit); 2: the inverse of Simpson's concentration; infinite: the inverse of the largest share.
// From 1 to the number of kinds, falling with q. Plug-in, O(K).
func Hill[C Count](counts []C, q float64) (float64, error) {
	if !(q >= 0) {
		return 0, fmt.Errorf("social: order %v; accepted is 0 or more", q)
	}
	p, err := shares("counts", counts)
	if err != nil {
		return 0, err
	}
	p = positives(p)
	sum, largest := 0.0, slices.Max(p)
	switch {
	case q == 1:
		return math.Exp2(entropy(p)), nil
	case math.IsInf(q, 1):
		return 1 / largest, nil
	case math.Abs(q-1) < 0.5: // sum p^q - 1, which is next to nothing near order 1
		for _, x := range p {
			sum += x * math.Expm1((q-1)*math.Log(x))
		}
		return math.Exp(math.Log1p(sum) / (1 - q)), nil
	}
	for _, x := range p { // relative to the largest: x^q of a large q is 0
		sum += math.Pow(x/largest, q)
	}
	return math.Exp(q/(1-q)*math.Log(largest) + math.Log(sum)/(1-q)), nil
}

// Simpson is 1 - sum p^2, the chance that two drawn with replacement are of different kinds (Simpson 1949). 0 to 1-1/K,
// plug-in: biased down by the factor (N-1)/N. O(K).
func Simpson[C Count](counts []C) (float64, error) {
	p, err := shares("counts", counts)
	if err != nil {
		return 0, err
	}
	return 1 - concentration(p), nil
}

// concentration is the sum of squared shares.
func concentration(p []float64) float64 {
	sum := 0.0
	for _, x := range p {
		sum += x * x
	}
	return sum
}

// SimpsonUnbiased is the chance that two drawn without replacement are of different kinds, 1 - sum n(n-1)/(N(N-1)): Simpson
// times N/(N-1), unbiased (Simpson 1949). Only of whole counts, two or more in all. O(K).
func SimpsonUnbiased(counts []int) (float64, error) {
	d, err := Simpson(counts)
	if err != nil {
		return 0, err
	}
	n := 0.0
	for _, c := range counts {
		n += float64(c)
	}
	if n < 2 {
		return 0, fmt.Errorf("social: %v counted; accepted is 2 or more", n)
	}
	return d * n / (n - 1), nil
}

// Evenness is the entropy as a part of the largest that so many kinds can have, H/log2 K with K the kinds that were seen
// (Pielou 1966): 1 when all are as frequent. Of one kind alone it is 1, with a Warning. Unit 1, O(K).
func Evenness[C Count](counts []C) (float64, error) {
	p, err := shares("counts", counts)
	if err != nil {
		return 0, err
	}
	kinds := len(positives(p))
	if kinds == 1 {
		return 1, Warning("only one kind: evenness is taken as 1")
	}
	return entropy(p) / math.Log2(float64(kinds)), nil
}
