package emergence

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Weight is the name of the column that holds counts or probabilities: rows are then outcomes, not moments.
const Weight = "weight"

// Bounds of what is read: more is refused, not cut.
const (
	MaxRows    = 5_000_000
	MaxColumns = 10_000
	MaxCells   = 50_000_000
)

// Table is named columns of one length. Rows are observations in time order or, with weights, outcomes.
type Table struct {
	Names   []string
	Columns [][]float64         // by column, then row: finite numbers; of words their numbers, in the order of first sight
	Words   map[string][]string // the words of columns that hold some, by their number
	Weights []float64           // at least 0, some above; nil: each row counts once
}

// NewTable makes a table of columns that somebody has. It keeps them. The error names what is wrong, and what is accepted.
func NewTable(names []string, columns [][]float64, weights []float64) (*Table, error) {
	t := &Table{Names: names, Columns: columns, Weights: weights}
	if len(names) != len(columns) {
		return nil, fmt.Errorf("emergence: %d names for %d columns", len(names), len(columns))
	}
	for i, name := range names {
		if name == "" || slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("emergence: column %d is named %q; accepted is a name that no other has", i+1, name)
		}
		if len(columns[i]) != t.Len() {
			return nil, fmt.Errorf("emergence: column %q has %d rows, %q has %d; accepted are columns of one length", name, len(columns[i]), names[0], t.Len())
		}
		for row, x := range columns[i] {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("emergence: column %q, row %d is %v; accepted are finite numbers", name, row+1, x)
			}
		}
	}
	return t, t.checkWeights()
}

func (t *Table) checkWeights() error {
	if t.Weights == nil {
		return nil
	}
	if len(t.Weights) != t.Len() && len(t.Columns) > 0 {
		return fmt.Errorf("emergence: %d weights for %d rows", len(t.Weights), t.Len())
	}
	sum := 0.0
	for row, w := range t.Weights {
		if !(w >= 0) || math.IsInf(w, 0) {
			return fmt.Errorf("emergence: weight of row %d is %v; accepted is 0 or more", row+1, w)
		}
		sum += w
	}
	if !(sum > 0) {
		return fmt.Errorf("emergence: all weights are 0; accepted are counts or probabilities, some above 0")
	}
	return nil
}

// Len is the number of rows.
func (t *Table) Len() int {
	if len(t.Columns) == 0 {
		return len(t.Weights)
	}
	return len(t.Columns[0])
}

// Column finds a column by its name. The error names those that there are.
func (t *Table) Column(name string) ([]float64, error) {
	if i := slices.Index(t.Names, name); i >= 0 {
		return t.Columns[i], nil
	}
	return nil, fmt.Errorf("emergence: column %q; there are %s", name, strings.Join(t.Names, ", "))
}
