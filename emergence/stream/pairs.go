package stream

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/emergence/information"
	"github.com/polis-agents/polis/emergence/statistics"
)

// coordination is the mean mutual information of all pairs, in bits, against columns that are each turned in a circle by a
// shift of their own. A signal that all follow is found as well as agents that follow each other.
func (s series) coordination(test emergence.Test) (*emergence.Estimate, error) {
	if len(s.columns) < 2 {
		return nil, errors.New("stream: one agent over the window; accepted are two or more")
	}
	codes, sizes, err := s.codes()
	if err != nil {
		return nil, err
	}
	rounds := len(s.columns[0])
	kernels := make([]*information.PairKernel, 0, len(codes)*(len(codes)-1)/2)
	for i := range codes {
		for j := range codes[:i] {
			y := make([]int, rounds)
			for t, c := range codes[i] {
				y[t] = int(c)
			}
			k, err := information.NewMutual(y, sizes[j], 0)
			if err != nil {
				return nil, err
			}
			kernels = append(kernels, k)
		}
	}
	shifts := make([]int, len(codes))
	mean := func() float64 {
		sum, at := 0.0, 0
		for i := range codes {
			for j := range codes[:i] {
				sum += kernels[at].Shifted(codes[j], shifts[j]-shifts[i])
				at++
			}
		}
		return sum / float64(len(kernels))
	}
	e := &emergence.Estimate{Measure: coordination, Of: fmt.Sprintf("mean of the pairs of %d agents", len(codes)), Unit: "bit", N: rounds,
		Value: mean(), Seed: test.Seed, Warnings: []string{}}
	e.Values = emergence.Values{{Name: "plugin", Value: e.Value}}
	r := rand.New(rand.NewPCG(test.Seed, 1))
	values := make([]float64, test.Surrogates)
	for n := range values {
		for i := range shifts {
			shifts[i] = statistics.CircularShift(rounds, r)
		}
		values[n] = mean()
	}
	return e, hold(e, values)
}

// hold sets null, p and effect.
func hold(e *emergence.Estimate, values []float64) error {
	p, err := statistics.P(e.Value, values, statistics.Upper)
	if err != nil {
		return err
	}
	null := emergence.Null{Name: statistics.NullCircular, Kind: emergence.Surrogate, Tail: statistics.Upper.String(), N: len(values)}
	null.Mean, null.SD = stat.PopMeanStdDev(values, nil)
	null.Low, null.High = quantiles(values)
	if e.Null, e.P = &null, &p; null.SD > 0 {
		effect := (e.Value - null.Mean) / null.SD
		e.Effect = &effect
	}
	return nil
}

// codes are the columns as symbols: a few values each its own, more in three bins.
func (s series) codes() (codes [][]uint8, sizes []int, err error) {
	for _, column := range s.columns {
		symbols, alphabet := information.Recode(column)
		if len(alphabet) > few {
			if symbols, err = information.Bins(column, 3); err != nil {
				return nil, nil, err
			}
		}
		code, size, err := information.Codes(symbols)
		if err != nil {
			return nil, nil, err
		}
		codes, sizes = append(codes, code), append(sizes, size)
	}
	return codes, sizes, nil
}

// quantiles are the 2.5 % and 97.5 % quantiles. It sorts the values.
func quantiles(values []float64) (low, high float64) {
	slices.Sort(values)
	return stat.Quantile(.025, stat.Empirical, values, nil), stat.Quantile(.975, stat.Empirical, values, nil)
}
