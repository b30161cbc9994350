package social

import (
	"fmt"
	"math"
)

// Warning is an error beside which the value stands: it says by which convention, or with what doubt. To find one
// whatever package it is from, use errors.As with a target of type interface{ Warning() string }.
type Warning string

// Error is the warning, with the package it is from.
func (w Warning) Error() string { return "social: " + string(w) }

// Warning is the warning as it stands beside a value.
func (w Warning) Warning() string { return string(w) }

// Count is what a tally may be made of: how often something was seen, or a weight or probability.
type Count interface{ ~int | ~float64 }

// amount refuses what is no finite number of at least least.
func amount(thing string, x, least float64) error {
	switch {
	case x >= least && x-x == 0: // neither too small nor NaN nor infinite
		return nil
	case math.IsInf(least, -1):
		return fmt.Errorf("social: %s %v; accepted is a finite number", thing, x)
	default:
		return fmt.Errorf("social: %s %v; accepted is a finite number from %v on", thing, x, least)
	}
}

// anything is the least that amount and amounts take where every finite number will do.
var anything = math.Inf(-1)

// amounts refuses an empty list and what amount refuses.
func amounts(thing string, xs []float64, least float64) error {
	if len(xs) == 0 {
		return fmt.Errorf("social: no %s; accepted is one or more", thing)
	}
	for i, x := range xs {
		if amount("", x, least) != nil { // the name is made only where it is needed
			return amount(fmt.Sprintf("%s: number %d is", thing, i+1), x, least)
		}
	}
	return nil
}

// shares turns a tally into probabilities. It works on parts of the largest, so that no sum can overflow.
func shares[C Count](thing string, counts []C) ([]float64, error) {
	p := make([]float64, len(counts))
	largest, sum := 0.0, 0.0
	for i, c := range counts {
		p[i] = float64(c)
		largest = max(largest, p[i])
	}
	if err := amounts(thing, p, 0); err != nil {
		return nil, err
	}
	if largest == 0 {
		return nil, fmt.Errorf("social: %s are all 0; accepted is a sum above 0", thing)
	}
	for i := range p {
		p[i] /= largest
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p, nil
}

// entropy is the Shannon entropy of probabilities, in bits.
func entropy(p []float64) float64 {
	h := 0.0
	for _, x := range p {
		if x > 0 {
			h -= x * math.Log2(x)
		}
	}
	return h
}
