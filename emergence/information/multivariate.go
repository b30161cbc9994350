package information

import (
	"fmt"
	"math/bits"
)

// maxSubsets bounds the columns of measures that look at every subset of them.
const maxSubsets = 16

// TotalCorrelation is sum H(Xi) - H(X) in bits: how far the columns are from being independent. K^n cells: keep to about 6 columns,
// fewer when symbols are many. O(rows × columns). Source: Watanabe 1960.
func (o *Outcomes) TotalCorrelation(h Estimator) (float64, error) {
	terms := []term{{-1, o.all()}}
	for i := range o.columns {
		terms = append(terms, term{1, []int{i}})
	}
	return o.combine(h, terms)
}

// DualTotalCorrelation is H(X) - sum H(Xi given the others) in bits: how much of what there is to know is shared. As
// TotalCorrelation; O(rows × columns²). Source: Han 1975.
func (o *Outcomes) DualTotalCorrelation(h Estimator) (float64, error) {
	n := len(o.columns)
	terms := []term{{-float64(n - 1), o.all()}}
	for i := range o.columns {
		terms = append(terms, term{1, o.without(i)})
	}
	return o.combine(h, terms)
}

// OInformation is TotalCorrelation - DualTotalCorrelation in bits: below 0 synergy dominates, above 0 redundancy. Both biases are
// in it; report the two beside it. O(rows × columns²). Source: Rosas et al. 2019, PRE 100, 032305.
func (o *Outcomes) OInformation(h Estimator) (float64, error) { return o.both(h, -1) }

// SInformation is TotalCorrelation + DualTotalCorrelation in bits. Source: Rosas et al. 2019.
func (o *Outcomes) SInformation(h Estimator) (float64, error) { return o.both(h, 1) }

func (o *Outcomes) both(h Estimator, sign float64) (float64, error) {
	tc, err := o.TotalCorrelation(h)
	if err != nil {
		return 0, err
	}
	dtc, err := o.DualTotalCorrelation(h)
	return tc + sign*dtc, err
}

// CoInformation is the alternating sum of the entropies of all subsets of the columns in bits: of two their mutual information,
// of three I(X;Y) - I(X;Y|Z). Up to 16 columns. O(rows × 2^columns). Source: McGill 1954.
func (o *Outcomes) CoInformation(h Estimator) (float64, error) {
	if err := o.subsettable("co-information"); err != nil {
		return 0, err
	}
	var terms []term
	for set := uint(1); set < 1<<len(o.columns); set++ {
		sign := 1.0
		if bits.OnesCount(set)%2 == 0 {
			sign = -1
		}
		terms = append(terms, term{sign, members(set)})
	}
	return o.combine(h, terms)
}

// Complexity is that of Tononi, Sporns and Edelman in bits: the sum over k of the mean entropy of k columns less k/n of the
// entropy of all; high when parts are both apart and together. Up to 16 columns. O(rows × 2^columns). Source: PNAS 91, 5033 (1994).
func (o *Outcomes) Complexity(h Estimator) (float64, error) {
	if err := o.subsettable("complexity"); err != nil {
		return 0, err
	}
	n := len(o.columns)
	terms := []term{{-float64(n+1) / 2, o.all()}} // k/n summed over k = 1..n
	for set := uint(1); set < 1<<n; set++ {
		terms = append(terms, term{1 / binomial(n, bits.OnesCount(set)), members(set)})
	}
	return o.combine(h, terms)
}

func (o *Outcomes) subsettable(what string) error {
	if n := len(o.columns); n < 2 || n > maxSubsets {
		return fmt.Errorf("information: %s of %d columns; accepted are 2 to %d", what, n, maxSubsets)
	}
	return nil
}

// without are all columns but one.
func (o *Outcomes) without(column int) (others []int) {
	for i := range o.columns {
		if i != column {
			others = append(others, i)
		}
	}
	return others
}

func members(set uint) (columns []int) {
	for ; set != 0; set &= set - 1 {
		columns = append(columns, bits.TrailingZeros(set))
	}
	return columns
}

func binomial(n, k int) float64 {
	b := 1.0
	for i := range k {
		b = b * float64(n-i) / float64(i+1)
	}
	return b
}
