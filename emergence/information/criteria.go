package information

import (
	"fmt"
	"math"
	"slices"
)

// Criteria are the three numbers of Rosas et al. 2020 (PLOS Comput. Biol. 16(12) e1008289) about a macro variable V of parts X, in
// bits. Each is sufficient and not necessary: a Psi of 0 or less says nothing.
type Criteria struct {
	Psi   float64 // I(V;V') - sum over j of I(Xj;V'); above 0: V tells more about its future than the parts one by one
	Delta float64 // the largest over j of I(V;Xj') - sum over i of I(Xi;Xj'); above 0: V tells about the future of a part
	Gamma float64 // the largest over j of I(V;Xj'); 0 while Psi is above 0: V and the parts go their own ways
}

// CriteriaOf takes the Criteria of parts and of a macro variable from their series, one symbol per part and round, with lag
// rounds between now and later. From N samples of n independent binary parts plug-in Psi is too small by about
// (n-1)/(2N ln 2); h corrects every mutual information. O(n² N).
func CriteriaOf(h Estimator, parts [][]int, macro []int, lag int) (Criteria, error) {
	rows := len(macro)
	if lag < 1 || lag >= rows {
		return Criteria{}, fmt.Errorf("information: lag %d in series of %d symbols; accepted is 1 to less than their length", lag, rows)
	}
	columns := append(slices.Clone(parts), macro)
	var both [][]int
	for i, c := range columns {
		if len(c) != rows {
			return Criteria{}, fmt.Errorf("information: part %d has %d symbols and the macro variable has %d; accepted are series of one length", i, len(c), rows)
		}
		both = append(both, c[:rows-lag])
	}
	for _, c := range columns {
		both = append(both, c[lag:])
	}
	o, err := NewOutcomes(nil, both...)
	if err != nil {
		return Criteria{}, err
	}
	return o.criteria(h, len(parts))
}

// CriteriaOfMatrix takes the Criteria from a transition matrix whose states are known: parts[i] and macro[i] are the symbols of
// state i, and the start is uniform over states. Exact, without samples. O(n² states²).
func CriteriaOfMatrix(matrix [][]float64, parts [][]int, macro []int) (Criteria, error) {
	if err := stochastic(matrix); err != nil {
		return Criteria{}, err
	}
	if len(parts) != len(matrix) || len(macro) != len(matrix) {
		return Criteria{}, fmt.Errorf("information: %d states with parts and %d with a macro symbol for a matrix of %d; accepted is one each", len(parts), len(macro), len(matrix))
	}
	n := len(parts[0])
	columns := make([][]int, 2*(n+1))
	var weights []float64
	for from, row := range matrix {
		if len(parts[from]) != n {
			return Criteria{}, fmt.Errorf("information: state %d has %d parts and state 0 has %d; accepted is one number of parts", from, len(parts[from]), n)
		}
		for to, p := range row {
			if p == 0 || len(parts[to]) != n { // the second is said when its turn comes
				continue
			}
			for i, state := range []int{from, to} {
				at := i * (n + 1)
				for part, symbol := range parts[state] {
					columns[at+part] = append(columns[at+part], symbol)
				}
				columns[at+n] = append(columns[at+n], macro[state])
			}
			weights = append(weights, p)
		}
	}
	o, err := NewOutcomes(weights, columns...)
	if err != nil {
		return Criteria{}, err
	}
	return o.criteria(nil, n)
}

// criteria are those of columns that hold n parts and the macro variable now, then the same later.
func (o *Outcomes) criteria(h Estimator, n int) (Criteria, error) {
	if n < 1 {
		return Criteria{}, fmt.Errorf("information: a macro variable of %d parts; accepted is 1 or more", n)
	}
	// excess is what V tells about a later column, and how much more that is than the parts one by one.
	excess := func(later int) (own, more float64, err error) {
		own, err = o.Mutual(h, []int{n}, []int{later})
		more = own
		for i := 0; i < n && err == nil; i++ {
			var m float64
			m, err = o.Mutual(h, []int{i}, []int{later})
			more -= m
		}
		return own, more, err
	}
	_, psi, err := excess(2*n + 1)
	if err != nil {
		return Criteria{}, err
	}
	c := Criteria{Psi: psi, Delta: math.Inf(-1), Gamma: math.Inf(-1)}
	for j := range n {
		own, more, err := excess(n + 1 + j)
		if err != nil {
			return Criteria{}, err
		}
		c.Delta, c.Gamma = max(c.Delta, more), max(c.Gamma, own)
	}
	return c, nil
}
