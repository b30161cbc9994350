package information

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// Effective is how much a state's cause leaves of a mark, when every state is set equally often.
type Effective struct {
	Bits        float64 // H(mean row) - mean H(row) = log2(states) × (Determinism - Degeneracy)
	Determinism float64 // 1: each state has one successor; 0: all are equally likely
	Degeneracy  float64 // 1: all states lead to the same; 0: successors are spread evenly
}

// EffectiveInformation of a transition matrix, row by row from one state. The matrix must come from setting states, equally
// often; one that was observed gives another number under the same name, and whoever shows it says so. Of one state it is 0,
// with determinism and degeneracy 1. O(states²). Sources: Hoel et al. 2013; Klein and Hoel 2020.
func EffectiveInformation(matrix [][]float64) (Effective, error) {
	if err := stochastic(matrix); err != nil {
		return Effective{}, err
	}
	n := len(matrix)
	if n == 1 {
		return Effective{Bits: 0, Determinism: 1, Degeneracy: 1}, nil
	}
	mean, within := make([]float64, n), 0.0
	for _, row := range matrix {
		within += plugin(row, floats.Sum(row)) / float64(n)
		for to, p := range row {
			mean[to] += p / float64(n)
		}
	}
	spread, most := plugin(mean, floats.Sum(mean)), math.Log2(float64(n))
	return Effective{Bits: spread - within, Determinism: 1 - within/most, Degeneracy: 1 - spread/most}, nil
}

// Macro is the matrix between groups of states: from a group, the mean over its states; to a group, the sum. Each state must be
// in one group. O(states²). Source: Hoel 2013.
func Macro(matrix [][]float64, groups [][]int) ([][]float64, error) {
	if err := stochastic(matrix); err != nil {
		return nil, err
	}
	group := make([]int, len(matrix))
	for i := range group {
		group[i] = -1
	}
	for g, states := range groups {
		if len(states) == 0 {
			return nil, fmt.Errorf("information: group %d is empty; accepted is one state or more", g)
		}
		for _, s := range states {
			if s < 0 || s >= len(matrix) || group[s] >= 0 {
				return nil, fmt.Errorf("information: state %d in group %d; accepted is each of the %d states in one group", s, g, len(matrix))
			}
			group[s] = g
		}
	}
	macro := make([][]float64, len(groups))
	for g := range macro {
		macro[g] = make([]float64, len(groups))
	}
	for from, row := range matrix {
		g := group[from]
		if g < 0 {
			return nil, fmt.Errorf("information: state %d is in no group; accepted is each of the %d states in one group", from, len(matrix))
		}
		for to, p := range row {
			if group[to] >= 0 {
				macro[g][group[to]] += p / float64(len(groups[g]))
			}
		}
	}
	return macro, nil
}

// Observed is the matrix of transitions of a series of symbols, and the symbols in the order of its rows. It was observed, not
// made by setting states: EffectiveInformation of it says so where it is shown. A symbol that is only seen last has no row, and
// is an error. O(N).
func Observed(series []int) (matrix [][]float64, states []int, err error) {
	codes, states := Recode(series)
	if len(series) < 2 {
		return nil, nil, fmt.Errorf("information: transitions of a series of %d symbols; accepted are 2 or more", len(series))
	}
	matrix = make([][]float64, len(states))
	left := make([]float64, len(states))
	for i := range matrix {
		matrix[i] = make([]float64, len(states))
	}
	for i, from := range codes[:len(codes)-1] {
		matrix[from][codes[i+1]]++
		left[from]++
	}
	for from, row := range matrix {
		if left[from] == 0 {
			return nil, nil, fmt.Errorf("information: symbol %d is seen only at the end; accepted is a series in which each is followed by another", states[from])
		}
		for to := range row {
			row[to] /= left[from]
		}
	}
	return matrix, states, nil
}

// stochastic says what is wrong with a transition matrix. Rows may miss 1 by 1e-6, as numbers in a file do.
func stochastic(matrix [][]float64) error {
	if len(matrix) == 0 {
		return fmt.Errorf("information: a transition matrix of 0 states; accepted is 1 or more")
	}
	for i, row := range matrix {
		if len(row) != len(matrix) {
			return fmt.Errorf("information: row %d of a transition matrix has %d entries; accepted is as many as rows, %d", i, len(row), len(matrix))
		}
		t, err := sum(row)
		if err != nil {
			return fmt.Errorf("information: row %d of a transition matrix: %w", i, err)
		}
		if math.Abs(t-1) > 1e-6 {
			return fmt.Errorf("information: row %d of a transition matrix sums to %v; accepted is 1", i, t)
		}
	}
	return nil
}
