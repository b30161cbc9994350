package experiment

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/emergence/statistics"
)

// allAlike is why a run is not tested: of one in which nothing varied every surrogate is the run again, so that its p is 1
// whatever holds. That is not evidence for the null, and must not be put together with what is.
const allAlike = "all its surrogates have the same value: nothing that they break ever varied"

// alike says whether surrogates had one value, but for rounding.
func (s *Shadow) alike() bool { return s.SD <= 1e-12*max(1, math.Abs(s.Mean)) }

// surrogates puts together what each run of a cell is against its own surrogates.
func (r *Result) surrogates(h *Hypothesis, cell int, e *emergence.Estimate) error {
	measure, err := emergence.Find(h.Measure)
	if err != nil {
		return err
	}
	var runs []Measured
	var values []float64
	for _, row := range r.of(cell) {
		m, is := row.Measured[h.Name]
		if !is || m.Error != "" {
			continue
		}
		e.Warnings = append(e.Warnings, m.Warnings...)
		if m.Null != nil && !m.Null.alike() {
			runs, values = append(runs, m), append(values, m.Value)
		}
	}
	if err := r.few(h, cell, len(runs)); err != nil {
		return err
	}
	if missing := len(r.of(cell)) - len(runs); missing > 0 {
		e.Warnings = append(e.Warnings, fmt.Sprintf("%d runs without a number, or without surrogates that differ, are left out", missing))
	}
	slices.Sort(e.Warnings)
	e.Warnings = slices.Compact(e.Warnings)
	e.Unit = r.unit(h, cell)
	r.overRuns(h, cell, values, e)
	stouffer(h.Null, measure.Tail.String(), runs, e)
	return nil
}

// stouffer puts the p of runs together, which are independent: under the null the sum of their normal scores is normal (Stouffer
// et al. 1949). Each is taken in the middle of its step, so that no surrogate at all below the value does not decide alone. Of a
// two-sided measure the scores have the side on which the value is, so that runs on different sides do not add up; the sum is
// then two-sided itself.
func stouffer(null, tail string, runs []Measured, e *emergence.Estimate) {
	sum, mean, variance, drawn, below, n := 0.0, 0.0, 0.0, 0, 0, float64(len(runs))
	both := tail == statistics.TwoSided.String()
	for _, m := range runs {
		sum += score(m, both)
		mean += m.Null.Mean / n
		variance += m.Null.SD * m.Null.SD
		if drawn = m.Null.N; m.Null.P <= .05 {
			below++
		}
	}
	if both {
		sum = math.Abs(sum)
	}
	p := math.Erfc(sum/math.Sqrt(2*n)) / 2 // the upper tail, to its last digits
	if both {
		p *= 2
	}
	e.P = &p
	e.Null = &emergence.Null{Name: null, Kind: emergence.Surrogate, Tail: tail, N: drawn, Mean: mean, SD: math.Sqrt(variance) / n}
	e.Null.Low, e.Null.High = e.Null.Mean-1.959964*e.Null.SD, e.Null.Mean+1.959964*e.Null.SD
	e.Values = append(e.Values, emergence.Value{Name: "runs_with_p_up_to_0.05", Value: float64(below) / n})
	effect(e)
}

// score is the normal score of one run: positive where it is extreme; of a two-sided p, positive above the null and negative
// below.
func score(m Measured, both bool) float64 {
	step := .5 / float64(m.Null.N+1)
	if !both {
		return distuv.UnitNormal.Quantile(1 - (m.Null.P - step))
	}
	return math.Copysign(distuv.UnitNormal.Quantile(1-(m.Null.P/2-step)), m.Value-m.Null.Mean)
}
