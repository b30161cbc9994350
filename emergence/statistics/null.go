package statistics

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Null is an entry of the menu of surrogate nulls: what it breaks in recorded data, what it keeps, and so what question
// it answers. Nulls that need another run (agents isolated, channel cut) are of the runtime, not in this menu.
type Null struct {
	Name   string // as in the results and on the command line
	Breaks string
	Keeps  string
	Asks   string // the question that a small p answers with yes
	Graph  bool   // it is of the edges of a graph, not of columns: see Rewiring
}

// Names of the surrogate nulls.
const (
	NullShuffle     = "shuffle"
	NullCircular    = "circular"
	NullBlock       = "block"
	NullLabels      = "labels"
	NullLabelBlocks = "label-blocks"
	NullRewire      = "rewire"
)

var menu = []Null{
	{NullShuffle, "all structure in time", "how often each value occurs in each column",
		"is there more than the frequencies? (for values that do not persist)", false},
	{NullCircular, "the alignment between columns", "all that is within a column, persistence included",
		"do the columns go together at this alignment?", false},
	{NullBlock, "alignment over more than a block", "persistence up to a block, frequencies on average",
		"do the columns go together beyond what persistence gives?", false},
	{NullLabels, "who it was", "the distribution of every round, and with it every public signal",
		"does it matter which agent did it?", false},
	{NullLabelBlocks, "who it was, from stretch to stretch", "the distribution of every round, and persistence up to a stretch",
		"does it matter which agent did it, beyond that each persists?", false},
	{NullRewire, "who meets whom", "how many each one meets",
		"is there more in the graph than the degrees?", true},
}

// Nulls is the menu of surrogate nulls.
func Nulls() []Null { return slices.Clone(menu) }

// FindNull finds an entry of the menu by its name.
func FindNull(name string) (Null, error) {
	names := make([]string, len(menu))
	for i, n := range menu {
		if n.Name == name {
			return n, nil
		}
		names[i] = n.Name
	}
	return Null{}, fmt.Errorf("statistics: surrogate null %q; accepted is %s", name, strings.Join(names, ", "))
}

// SurrogateOf gives the surrogate of columns that a name of the menu stands for; block is the mean length of blocks for
// those that have them, 0 for MeanBlock.
func SurrogateOf[T any](name string, block int) (Surrogate[T], error) {
	switch name {
	case NullShuffle:
		return Shuffle[T], nil
	case NullCircular:
		return Circular[T], nil
	case NullBlock:
		return Block[T](block), nil
	case NullLabels:
		return Labels[T], nil
	case NullLabelBlocks:
		return LabelBlocks[T](block), nil
	case NullRewire:
		return nil, fmt.Errorf("statistics: surrogate null %q is of the edges of a graph; accepted for columns is %s",
			name, strings.Join([]string{NullShuffle, NullCircular, NullBlock, NullLabels, NullLabelBlocks}, ", "))
	}
	_, err := FindNull(name)
	return nil, err
}

// Against draws s surrogates of columns and takes the measure of each: the null distribution, in the order drawn. The
// measure must not keep or change what it is given.
func Against[T any](columns [][]T, surrogate Surrogate[T], measure func([][]T) float64, s int, r *rand.Rand) ([]float64, error) {
	if err := CheckColumns(columns); err != nil {
		return nil, err
	}
	if err := checkDraws(s, r); err != nil {
		return nil, err
	}
	dst, null := Like(columns), make([]float64, s)
	for i := range null {
		surrogate(dst, columns, r)
		null[i] = measure(dst)
	}
	return null, nil
}

// checkDraws tells whether s draws can be made from r.
func checkDraws(s int, r *rand.Rand) error {
	if s < 1 {
		return fmt.Errorf("statistics: %d draws; accepted is 1 or more", s)
	}
	if r == nil {
		return fmt.Errorf("statistics: no generator of random numbers; accepted is a seeded one")
	}
	return nil
}
