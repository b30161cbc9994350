package information

import (
	"fmt"
	"math"
)

// Outcomes are rows of symbols of one or more variables, the columns. Without weights each row is one observation; with them it
// counts as much as its weight, a count or a probability.
type Outcomes struct {
	columns [][]int // symbols 0..sizes-1, all of them seen
	sizes   []int
	weights []float64 // nil: 1 each
	total   float64   // of the weights
	rows    int
}

// NewOutcomes takes columns of the same length, with any symbols, and weights of that length or nil. Rows of weight 0 are left out.
func NewOutcomes(weights []float64, columns ...[]int) (*Outcomes, error) {
	if len(columns) == 0 || len(columns[0]) == 0 {
		return nil, fmt.Errorf("information: %d columns without a row; accepted is one column with one row, or more", len(columns))
	}
	rows := len(columns[0])
	for i, c := range columns {
		if len(c) != rows {
			return nil, fmt.Errorf("information: column %d has %d rows and column 0 has %d; accepted are columns of one length", i, len(c), rows)
		}
	}
	o := &Outcomes{total: float64(rows), rows: rows}
	if weights != nil {
		if len(weights) != rows {
			return nil, fmt.Errorf("information: %d weights for %d rows; accepted is one for each", len(weights), rows)
		}
		total, err := sum(weights)
		if err != nil {
			return nil, fmt.Errorf("information: weights of rows: %w", err)
		}
		o.total, o.weights = total, positive(weights, weights)
		o.rows = len(o.weights)
	}
	for _, c := range columns {
		symbols, size := recode(positive(c, weights))
		o.columns, o.sizes = append(o.columns, symbols), append(o.sizes, size)
	}
	return o, nil
}

// positive leaves the values whose weight is above 0; without weights, all.
func positive[T any](values []T, weights []float64) []T {
	if weights == nil {
		return values
	}
	kept := make([]T, 0, len(values))
	for i, v := range values {
		if weights[i] > 0 {
			kept = append(kept, v)
		}
	}
	return kept
}

// N is the sum of the weights: the number of observations, when the weights are counts.
func (o *Outcomes) N() float64 { return o.total }

// Counted tells whether the weights are whole numbers: only then can an estimate be corrected for N.
func (o *Outcomes) Counted() bool {
	for _, w := range o.weights {
		if w != math.Trunc(w) {
			return false
		}
	}
	return true
}

// Width is the number of columns.
func (o *Outcomes) Width() int { return len(o.columns) }

// Size is the number of different symbols seen in the columns together.
func (o *Outcomes) Size(columns ...int) int { return seen(o.Counts(columns...)) }

// Cells is the number of combinations that the symbols of the columns could make, seen or not. With more than a quarter of N
// first-order corrections fail.
func (o *Outcomes) Cells(columns ...int) float64 {
	cells := 1.0
	for _, c := range columns {
		cells *= float64(o.sizes[c])
	}
	return cells
}

// Counts are the weights of the combinations of symbols of the columns, in no particular order; some may be 0. O(rows).
func (o *Outcomes) Counts(columns ...int) []float64 {
	codes, size := o.joint(columns)
	counts := make([]float64, size)
	for i, c := range codes {
		counts[c] += o.weight(i)
	}
	return counts
}

// Entropy is that of the columns together, in bits. O(rows × columns).
func (o *Outcomes) Entropy(h Estimator, columns ...int) (float64, error) {
	counts := o.Counts(columns...)
	if h == nil {
		return plugin(counts, o.total), nil
	}
	return h(counts)
}

// Mutual is the mutual information I(X;Y) = H(X) + H(Y) - H(X,Y) in bits, X and Y being the columns given, together. By Entropy
// it is too large by about (Kx-1)(Ky-1)/(2N ln 2); by MillerMadow that is taken off for the cells that were seen. O(rows).
func (o *Outcomes) Mutual(h Estimator, x, y []int) (float64, error) {
	return o.Conditional(h, x, y, nil)
}

// Conditional is the conditional mutual information I(X;Y|Z) = H(X,Z) + H(Y,Z) - H(X,Y,Z) - H(Z) in bits. By Entropy it is too
// large by about (Kx-1)(Ky-1)Kz/(2N ln 2). O(rows).
func (o *Outcomes) Conditional(h Estimator, x, y, z []int) (float64, error) {
	return o.combine(h, []term{{1, join(x, z)}, {1, join(y, z)}, {-1, join(x, y, z)}, {-1, z}})
}

// Smoothed is the distribution over all combinations of symbols of the columns, those never seen included, each with its count
// and a more: Dirichlet smoothing, a = 1/2 being Jeffreys' prior. An error with more than 2^20 combinations. O(rows + cells).
func (o *Outcomes) Smoothed(a float64) (*Outcomes, error) {
	cells := o.Cells(o.all()...)
	if cells > 1<<20 {
		return nil, fmt.Errorf("information: smoothing over %.0f combinations of symbols; accepted are up to %d", cells, 1<<20)
	}
	counts := make([]float64, int(cells))
	for i := range o.rows {
		code := 0
		for c, column := range o.columns {
			code = code*o.sizes[c] + column[i]
		}
		counts[code] += o.weight(i)
	}
	weights, err := Dirichlet(counts, a)
	if err != nil {
		return nil, err
	}
	columns := make([][]int, len(o.columns))
	below := 1
	for c := len(columns) - 1; c >= 0; c-- {
		columns[c] = make([]int, len(counts))
		for code := range counts {
			columns[c][code] = code / below % o.sizes[c]
		}
		below *= o.sizes[c]
	}
	return NewOutcomes(weights, columns...)
}

func (o *Outcomes) weight(row int) float64 {
	if o.weights == nil {
		return 1
	}
	return o.weights[row]
}

// all are the indices of all columns.
func (o *Outcomes) all() []int {
	columns := make([]int, len(o.columns))
	for i := range columns {
		columns[i] = i
	}
	return columns
}

// term is an entropy of columns, times a factor.
type term struct {
	factor  float64
	columns []int
}

// combine adds entropies up. That of no columns is 0 with every estimator, and is not asked for: Digamma and its like
// would give it a value.
func (o *Outcomes) combine(h Estimator, terms []term) (float64, error) {
	value := 0.0
	for _, t := range terms {
		if len(t.columns) == 0 {
			continue
		}
		e, err := o.Entropy(h, t.columns...)
		if err != nil {
			return 0, err
		}
		value += t.factor * e
	}
	return value, nil
}

// join is the union of groups of columns, in order, each column once.
func join(groups ...[]int) (columns []int) {
	taken := map[int]bool{}
	for _, g := range groups {
		for _, c := range g {
			if !taken[c] {
				taken[c] = true
				columns = append(columns, c)
			}
		}
	}
	return columns
}

// joint numbers the combinations of symbols of columns, row by row: by place value as long as that leaves few numbers unused,
// then by the order in which they are seen. What it returns is not to be written to.
func (o *Outcomes) joint(columns []int) (codes []int, size int) {
	if len(columns) == 0 {
		return make([]int, o.rows), 1
	}
	codes, size = o.columns[columns[0]], o.sizes[columns[0]]
	for _, c := range columns[1:] {
		product := make([]int, o.rows)
		for i, s := range o.columns[c] {
			product[i] = codes[i]*o.sizes[c] + s
		}
		codes, size = product, size*o.sizes[c]
		if size > max(1024, 4*o.rows) {
			codes, size = recode(product)
		}
	}
	return codes, size
}
