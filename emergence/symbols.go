package emergence

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/polis-agents/polis/emergence/information"
)

// bins is the setting of measures that count symbols.
var bins = Param{"bins", "so many bins, each with as many rows as the others; 0: every value is a symbol of its own", "0"}

// table is the input of a measure of tables.
func (in Input) table(least int) (*Table, error) {
	switch {
	case in.Table == nil:
		return nil, errors.New("emergence: no table; accepted are columns with a header")
	case len(in.Table.Columns) < least:
		return nil, fmt.Errorf("emergence: %d columns; accepted are %d or more", len(in.Table.Columns), least)
	case in.Table.Len() == 0:
		return nil, errors.New("emergence: there are no rows; accepted is one or more")
	}
	return in.Table.seen(), nil
}

// seen is the table without the rows of weight 0: they are outcomes that never came.
func (t *Table) seen() *Table {
	if !slices.Contains(t.Weights, 0) {
		return t
	}
	of := &Table{Names: t.Names, Columns: make([][]float64, len(t.Columns)), Words: t.Words}
	for row, w := range t.Weights {
		if w == 0 {
			continue
		}
		of.Weights = append(of.Weights, w)
		for i, column := range t.Columns {
			of.Columns[i] = append(of.Columns[i], column[row])
		}
	}
	return of
}

// chosen are the names that a setting lists, or all columns.
func (t *Table) chosen(names []string) ([]string, error) {
	if names == nil {
		return t.Names, nil
	}
	for i, name := range names {
		if _, err := t.Column(name); err != nil {
			return nil, err
		}
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("emergence: column %q is named twice; accepted is each once", name)
		}
	}
	return names, nil
}

// named are the columns that settings name, in that order; where none was set, the first of the table.
func (t *Table) named(a args, settings ...string) (names []string, err error) {
	set := 0
	for i, s := range settings {
		name := a[s]
		if name != "" {
			set++
		} else if i < len(t.Names) {
			name = t.Names[i]
		}
		names = append(names, name)
	}
	if set > 0 && set < len(settings) {
		return nil, fmt.Errorf("emergence: %s: accepted is to set all of them, or none when they are the first columns; there are %s",
			strings.Join(settings, ", "), strings.Join(t.Names, ", "))
	}
	for _, name := range names {
		if _, err := t.Column(name); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// symbols are columns as symbols 0, 1, …: every value its own, or in bins. What is strange about them is a warning of b.
func (t *Table) symbols(b *bound, a args, names []string) ([][]int, error) {
	n, err := a.whole("bins", 0, 1000)
	if err != nil {
		return nil, err
	}
	all := make([][]int, len(names))
	for i, name := range names {
		column, err := t.Column(name)
		if err != nil {
			return nil, err
		}
		if n > 0 && t.Words[name] == nil {
			if all[i], err = information.Bins(column, n); err != nil {
				return nil, fmt.Errorf("emergence: column %q: %w", name, err)
			}
		} else {
			all[i], _ = information.Recode(column)
		}
		if slices.Max(all[i]) == slices.Min(all[i]) && t.Weights == nil {
			b.warn("column %q is constant: it can tell nothing", name)
		}
		if t.Weights == nil {
			b.memory = max(b.memory, math.Abs(persistence(all[i])))
		}
	}
	b.of = strings.Join(names, ", ")
	return all, nil
}

// calibrated is the persistence up to which the nulls of series are known to be wrong as often as they say.
const calibrated = .7

// persistence is the correlation of a column with itself one row later; 0 where it does not change.
func persistence(x []int) float64 {
	if len(x) < 3 {
		return 0
	}
	now, later := make([]float64, len(x)-1), make([]float64, len(x)-1)
	for i := range now {
		now[i], later[i] = float64(x[i]), float64(x[i+1])
	}
	if c := stat.Correlation(now, later, nil); !math.IsNaN(c) {
		return c
	}
	return 0
}

// fits warns of more cells than the samples can fill.
func (b *bound) fits(cells float64) {
	if cells > float64(b.n)/4 {
		b.warn("undersampled: %.0f cells for %d samples, more than a quarter; corrections fail, fewer symbols (bins=2) help", cells, b.n)
	}
}

// corrects notes the value without its bias.
func (b *bound) corrects(x float64) {
	if b.corrected = &x; x < 0 {
		b.warn("corrected for bias it is below 0: there is less than chance makes")
	}
}

// maximal is the largest entropy of so many symbols, in bits.
func maximal(symbols int) float64 { return math.Log2(float64(max(1, symbols))) }
