package emergence

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/polis-agents/polis/emergence/statistics"
)

// bound is a measure that has found its data.
type bound struct {
	of        string // what it was applied to
	unit      string // "": the measure's
	n         int    // samples
	values    Values
	tested    string // which of values is held against the null, and has the interval; "": the first
	corrected *float64
	memory    float64 // the strongest persistence of its columns, 0..1
	effective bool    // the value less the mean of the null is told too
	warnings  []string

	// draws make the tested value under a null, by the null's name; each call gives one with buffers of its own.
	draws map[string]func() draw
	// resolution is the smallest p to be trusted from circular shifts; 0: they are many enough.
	resolution float64
	// sampled is the tested value of the samples that are named, out of n; nil: the data allow no interval, why says it.
	sampled  func(rows []int) float64
	interval *Interval // where the measure has one of its own; nil: from sampled
	ordered  bool      // samples stand in time order: they are resampled in blocks
	why      string
	within   [2]float64 // what values are possible, and so the interval; both 0: all are
}

// draw is one value under a null.
type draw func(r *rand.Rand) float64

func (b *bound) warn(format string, args ...any) {
	b.warnings = append(b.warnings, fmt.Sprintf(format, args...))
}

// test is the value that is held against the null.
func (b *bound) test() Value {
	for _, v := range b.values {
		if v.Name == b.tested {
			return v
		}
	}
	return b.values[0]
}

// columns lets the nulls of series put their surrogates in place of some columns; value computes from all of them.
func columns[T any](b *bound, all [][]T, moved []int, value func(columns [][]T) float64, nulls ...string) {
	if statistics.CheckColumns(all) != nil { // one row: there is nothing to move
		return
	}
	if b.draws == nil {
		b.draws = map[string]func() draw{}
	}
	for _, name := range nulls {
		surrogate, err := statistics.SurrogateOf[T](name, 0)
		if err != nil {
			panic(err) // a name of the catalogue, not of a user
		}
		if !slices.Contains(labels, name) {
			surrogate = statistics.Moving(surrogate, moved...)
		}
		if name == statistics.NullCircular && len(moved) == 1 {
			b.resolution = statistics.CircularResolution(len(all[0]))
		}
		b.draws[name] = func() draw {
			dst := statistics.Like(all)
			return func(r *rand.Rand) float64 {
				surrogate(dst, all, r)
				return value(dst)
			}
		}
	}
}

// rows lets the samples of columns be drawn again for an interval.
func rows[T any](b *bound, samples [][]T, value func(columns [][]T) float64) {
	picked := statistics.Like(samples)
	b.sampled = func(rows []int) float64 {
		for c, column := range samples {
			for i, row := range rows {
				picked[c][i] = column[row]
			}
		}
		return value(picked)
	}
}

// orNaN is a value, or none where it cannot be computed: of a surrogate or a resample that has lost what it takes.
func orNaN(x float64, err error) float64 {
	if err != nil && !isWarning(err) {
		return math.NaN()
	}
	return x
}

func isWarning(err error) bool {
	var w interface{ Warning() string }
	return errors.As(err, &w)
}

// take notes the value of a computation: an error beside which the value stands is a warning.
func (b *bound) take(name string, x float64, err error) error {
	var w interface{ Warning() string }
	switch {
	case errors.As(err, &w):
		b.warn("%s: %s", name, w.Warning())
	case err != nil:
		return err
	}
	b.values = append(b.values, Value{name, x})
	return nil
}
