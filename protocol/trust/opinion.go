package trust

import "gonum.org/v1/gonum/mathext"

// Opinion is a beta distribution over how likely somebody is to keep a commitment. Beta(1, 1) knows nothing.
type Opinion struct {
	Alpha float64 `json:"alpha"` // 1 + commitments kept, the old ones counting less
	Beta  float64 `json:"beta"`  // 1 + commitments broken, likewise
}

// Estimate is the mean: α/(α+β).
func (o Opinion) Estimate() float64 { return o.Alpha / (o.Alpha + o.Beta) }

// Observations is how many observations it rests on, the old ones counting less.
func (o Opinion) Observations() float64 { return o.Alpha + o.Beta - 2 }

// Interval is the central credible interval of that probability, such as 0.95.
func (o Opinion) Interval(probability float64) (low, high float64) {
	tail := (1 - min(max(probability, 0), 1)) / 2
	return mathext.InvRegIncBeta(o.Alpha, o.Beta, tail), mathext.InvRegIncBeta(o.Alpha, o.Beta, 1-tail)
}
