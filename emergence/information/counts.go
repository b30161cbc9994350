package information

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Estimator makes an entropy in bits of counts; zeros are symbols that were not seen. Entropy, MillerMadow, ChaoShen,
// Grassberger and Digamma are Estimators. Where a function takes one, nil is Entropy.
type Estimator func(counts []float64) (float64, error)

// ErrCoverage is returned by ChaoShen when every symbol was seen once: there is nothing to tell from it how much was not seen.
var ErrCoverage = errors.New("information: every symbol was seen only once; accepted are counts with one above 1")

// Entropy is the plug-in entropy in bits, -sum p log2 p, of counts, weights or probabilities; they are divided by their
// sum. From N samples of K symbols it is too small by about (K-1)/(2N ln 2). O(K). Source: Shannon 1948.
func Entropy(counts []float64) (float64, error) {
	total, err := sum(counts)
	if err != nil {
		return 0, err
	}
	return plugin(counts, total), nil
}

// MillerMadow is Entropy with its bias to the first order added: (K-1)/(2N ln 2) bits, K the symbols that were seen. Needs
// counts. O(K). Source: Miller 1955.
func MillerMadow(counts []float64) (float64, error) {
	n, err := wholeSum(counts)
	if err != nil {
		return 0, err
	}
	return plugin(counts, n) + float64(seen(counts)-1)/(2*n*math.Ln2), nil
}

// ChaoShen is the entropy in bits weighted by the coverage C = 1 - f1/N, f1 the symbols seen once: it allows for symbols not
// seen at all and is good when undersampled. Needs counts; ErrCoverage when C is 0. O(K). Source: Chao and Shen 2003.
func ChaoShen(counts []float64) (float64, error) {
	n, err := wholeSum(counts)
	if err != nil {
		return 0, err
	}
	once := 0.0
	for _, c := range counts {
		if c == 1 {
			once++
		}
	}
	if once == n {
		return 0, ErrCoverage
	}
	coverage, h := 1-once/n, 0.0
	for _, c := range counts {
		if c > 0 {
			p := coverage * c / n
			h -= p * math.Log2(p) / -math.Expm1(n*math.Log1p(-p)) // 1-(1-p)^n, also for small p; at p = 1 it is 1
		}
	}
	return h, nil
}

// Digamma is the entropy in bits (psi(N) - (1/N) sum n psi(n)) / ln 2. Needs counts. O(K). Source: Grassberger 1988, with
// psi(N) as the leading term.
func Digamma(counts []float64) (float64, error) {
	n, err := wholeSum(counts)
	if err != nil {
		return 0, err
	}
	h := mathext.Digamma(n)
	for _, c := range counts {
		if c > 0 {
			h -= c / n * mathext.Digamma(c)
		}
	}
	return h / math.Ln2, nil
}

// Grassberger is the entropy in bits (ln N - (1/N) sum n G(n)) / ln 2 with G(n) = psi(n) + (-1)^n/2 (psi((n+1)/2) - psi(n/2)).
// The leading term is ln N, as in the paper; dit has psi(N), which is smaller by about 1/(2N ln 2) bits. Needs counts. O(K).
// Source: Grassberger 2003.
func Grassberger(counts []float64) (float64, error) {
	n, err := wholeSum(counts)
	if err != nil {
		return 0, err
	}
	h := math.Log(n)
	for _, c := range counts {
		if c > 0 {
			h -= c / n * grassbergerG(c)
		}
	}
	return h / math.Ln2, nil
}

func grassbergerG(n float64) float64 {
	half := (mathext.Digamma((n+1)/2) - mathext.Digamma(n/2)) / 2
	if math.Mod(n, 2) != 0 {
		half = -half
	}
	return mathext.Digamma(n) + half
}

// Dirichlet returns the probabilities (n+a)/(N+aK) of counts of K symbols, those never seen included: the mean after seeing
// the counts under a symmetric Dirichlet prior. a = 1/2 is Jeffreys'. O(K).
func Dirichlet(counts []float64, a float64) ([]float64, error) {
	if !(a > 0) || math.IsInf(a, 0) {
		return nil, fmt.Errorf("information: smoothing %v; accepted is a number above 0, 0.5 for Jeffreys' prior", a)
	}
	total, err := sum(counts)
	if err != nil {
		return nil, err
	}
	p := make([]float64, len(counts))
	for i, c := range counts {
		p[i] = (c + a) / (total + a*float64(len(counts)))
	}
	return p, nil
}

// plugin is Entropy of counts that were looked at.
func plugin(counts []float64, total float64) float64 {
	h := 0.0
	for _, c := range counts {
		if c > 0 {
			p := c / total
			h -= p * math.Log2(p)
		}
	}
	return h
}

// sum adds counts up and says what is wrong with them.
func sum(counts []float64) (float64, error) {
	total := 0.0
	for i, c := range counts {
		if !(c >= 0) || math.IsInf(c, 0) {
			return 0, fmt.Errorf("information: count %d is %v; accepted is 0 or more", i, c)
		}
		total += c
	}
	if !(total > 0) || math.IsInf(total, 0) {
		return 0, fmt.Errorf("information: %d counts with the sum %v; accepted is a sum above 0", len(counts), total)
	}
	return total, nil
}

// wholeSum is sum of counts that must be whole: a correction for N samples needs an N.
func wholeSum(counts []float64) (float64, error) {
	total, err := sum(counts)
	if err != nil {
		return 0, err
	}
	for i, c := range counts {
		if c != math.Trunc(c) {
			return 0, fmt.Errorf("information: count %d is %v; a corrected entropy accepts whole numbers, not probabilities", i, c)
		}
	}
	return total, nil
}

func seen(counts []float64) (k int) {
	for _, c := range counts {
		if c > 0 {
			k++
		}
	}
	return k
}
