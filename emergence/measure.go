package emergence

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/emergence/statistics"
)

// Measure is an entry of the catalogue: what can be asked of data.
type Measure struct {
	Name   string
	Doc    string // one line
	Needs  string // what the data must be
	Unit   string
	Cost   string // by rows N or T, columns n, symbols K, surrogates S
	Source string // paper or book
	Params []Param
	Values []string        // what it gives, the first is Estimate.Value
	Plain  []string        // those of Values that are pure numbers, whatever Unit is
	Nulls  []string        // that make sense for it, the recommended one first; none: it is descriptive
	Tail   statistics.Tail // which values count as extreme

	bind func(in Input, a args) (*bound, error)
}

// Param is a setting of a measure.
type Param struct {
	Name    string
	Doc     string // one line
	Default string // "": it follows from the data, as Doc says
}

// Input is what a measure is applied to.
type Input struct {
	Table  *Table
	Matrix [][]float64 // transitions: a row of probabilities for each state; nil: the measure is one of a Table
	States *Table      // for a Matrix, a row per state; nil: none
}

// All are the measures, by the order of their value: what published work most often lacks comes first.
func All() []Measure { return slices.Clone(catalogue) }

// Find finds a measure by its name. The error names those that there are.
func Find(name string) (*Measure, error) {
	names := make([]string, len(catalogue))
	for i := range catalogue {
		if catalogue[i].Name == name {
			return &catalogue[i], nil
		}
		names[i] = catalogue[i].Name
	}
	return nil, fmt.Errorf("emergence: measure %q; there are %s", name, strings.Join(names, ", "))
}

// args are a measure's settings.
type args map[string]string

// read fills in what was not set.
func (m *Measure) read(set map[string]string) (args, error) {
	a, names := args{}, []string{}
	for _, p := range m.Params {
		a[p.Name] = p.Default
		names = append(names, p.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("emergence: %s: parameter %q; accepted are %s", m.Name, name, cmp.Or(strings.Join(names, ", "), "none"))
		}
		a[name] = set[name]
	}
	return a, nil
}

// whole is a whole number of a range.
func (a args) whole(name string, least, most int) (int, error) {
	n, err := strconv.Atoi(a[name])
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("emergence: %s=%q; accepted is a whole number from %d to %d", name, a[name], least, most)
	}
	return n, nil
}

// real is a number of a range.
func (a args) real(name string, least, most float64) (float64, error) {
	x, err := strconv.ParseFloat(a[name], 64)
	if err != nil || !(x >= least && x <= most) {
		return 0, fmt.Errorf("emergence: %s=%q; accepted is a number from %v to %v", name, a[name], least, most)
	}
	return x, nil
}

// list is what stands between commas; nil: nothing was set.
func (a args) list(name string) []string {
	if a[name] == "" {
		return nil
	}
	return strings.Split(a[name], ",")
}

// one of several words.
func (a args) one(name string, of ...string) (string, error) {
	if !slices.Contains(of, a[name]) {
		return "", fmt.Errorf("emergence: %s=%q; accepted is %s", name, a[name], strings.Join(of, ", "))
	}
	return a[name], nil
}
