package experiment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/emergence/statistics"
	"github.com/polis-agents/polis/internal/chance"
)

// draws are how many arrangements are drawn where they are too many to try all.
const draws = 99_999

var tails = map[string]statistics.Tail{Greater: statistics.Upper, Less: statistics.Lower, Different: statistics.TwoSided}

// values are the number that a hypothesis is about, of each run of a cell that has one.
func (r *Result) values(h *Hypothesis, cell int) (values []float64, missing int) {
	for _, row := range r.of(cell) {
		x, is := row.Metrics[h.Metric]
		if h.Measure != "" {
			m, measured := row.Measured[h.Name]
			x, is = m.Value, measured && m.Error == ""
		}
		if is {
			values = append(values, x)
		} else {
			missing++
		}
	}
	return values, missing
}

// few says that a number is of too few runs to say anything, and why those that are missing are.
func (r *Result) few(h *Hypothesis, cell, n int) error {
	if n >= 2 {
		return nil
	}
	for _, row := range r.of(cell) {
		m := row.Measured[h.Name]
		if m.Error != "" {
			return fmt.Errorf("%s: it could be measured in %d of %d runs: %s", r.File.Title(r.File.Cells()[cell]), n, len(r.of(cell)), m.Error)
		}
		if h.Null != "" && slices.Contains(m.Warnings, allAlike) {
			return fmt.Errorf("%s: it could be tested in %d of %d runs: %s", r.File.Title(r.File.Cells()[cell]), n, len(r.of(cell)), allAlike)
		}
	}
	what := h.Metric + h.Measure
	return fmt.Errorf("%s: %d of %d runs have a %s; accepted are two or more", r.File.Title(r.File.Cells()[cell]), n, len(r.of(cell)), what)
}

// arms holds the runs of a cell against those of another arm: one value of each run.
func (r *Result) arms(h *Hypothesis, cell int, e *emergence.Estimate) error {
	other := r.nullCell(h, cell)
	b, without := r.values(h, cell)
	a, also := r.values(h, other)
	if err := r.few(h, cell, len(b)); err != nil {
		return err
	}
	if err := r.few(h, other, len(a)); err != nil {
		return err
	}
	if n := without + also; n > 0 {
		e.Warnings = append(e.Warnings, fmt.Sprintf("%d runs without the number are left out", n))
	}
	if h.Measure != "" {
		e.Unit = r.unit(h, cell)
	}
	p, err := statistics.Permute(a, b, nil, tails[h.Direction], draws, r.chance("permute/"+h.Name, cell))
	if err != nil {
		return err
	}
	r.overRuns(h, cell, b, e)
	e.Null = simulation(r.File.Cells()[other].Arm, p.Tail, a)
	e.P = &p.P
	e.Values = append(e.Values, emergence.Value{Name: "difference", Value: p.Statistic})
	if delta, err := statistics.CliffDelta(a, b); err == nil {
		e.Values = append(e.Values, emergence.Value{Name: "cliff_delta", Value: delta})
	}
	if _, i, err := statistics.WelchInterval(a, b, .95); err == nil {
		e.Values = append(e.Values, emergence.Value{Name: "difference_low", Value: i.Low}, emergence.Value{Name: "difference_high", Value: i.High})
	}
	effect(e)
	if p.Exact && 1/float64(p.Arrangements) > r.File.Study.Threshold {
		e.Warnings = append(e.Warnings, fmt.Sprintf("so few runs cannot give a p below %.3g", 1/float64(p.Arrangements)))
	}
	return nil
}

// overRuns fills in the mean over runs and its interval.
func (r *Result) overRuns(h *Hypothesis, cell int, values []float64, e *emergence.Estimate) {
	e.Runs, e.N, e.Value = len(values), len(values), stat.Mean(values, nil)
	e.Values = emergence.Values{{Name: "mean", Value: e.Value}}
	stream := "interval/" + h.Name
	if h.Metric != "" {
		stream = "summary/" + h.Metric // the same interval as in the summary
	}
	if _, i, err := statistics.Bootstrap(values, mean, statistics.Bootstrapping{}, r.chance(stream, cell)); err == nil {
		e.Interval = &emergence.Interval{Low: i.Low, High: i.High, Method: i.Method + " over runs"}
		e.Warnings = append(e.Warnings, i.Warnings...)
	}
}

// simulation is the null that an arm is.
func simulation(arm Arm, tail string, values []float64) *emergence.Null {
	name := arm.Name
	if arm.Null != "" {
		name += " (" + arm.Null + ")"
	}
	sorted := slices.Sorted(slices.Values(values))
	n := &emergence.Null{Name: name, Kind: emergence.Simulation, Tail: tail, N: len(values), Mean: stat.Mean(values, nil),
		Low: stat.Quantile(.025, stat.Empirical, sorted, nil), High: stat.Quantile(.975, stat.Empirical, sorted, nil)}
	if len(values) > 1 {
		n.SD = stat.StdDev(values, nil)
	}
	return n
}

// effect fills in how many standard deviations of the null the value is away from its mean.
func effect(e *emergence.Estimate) {
	if e.Null.SD > 0 {
		x := (e.Value - e.Null.Mean) / e.Null.SD
		e.Effect = &x
	}
}

// unit of a measure.
func (r *Result) unit(h *Hypothesis, cell int) string {
	for _, row := range r.of(cell) {
		if m, is := row.Measured[h.Name]; is && m.Unit != "" {
			return m.Unit
		}
	}
	return "1"
}

// times holds the times of a milestone against those of another arm. A run that did not come to it is censored at its end.
func (r *Result) times(h *Hypothesis, cell int, e *emergence.Estimate) error {
	other := r.nullCell(h, cell)
	b, a := r.durations(h, cell), r.durations(h, other)
	if err := r.few(h, cell, len(b)); err != nil {
		return err
	}
	if err := r.few(h, other, len(a)); err != nil {
		return err
	}
	test, err := statistics.LogRank(a, b)
	if err != nil {
		return err
	}
	ours, err := statistics.KaplanMeier(b, .95)
	if err != nil {
		return err
	}
	theirs, err := statistics.KaplanMeier(a, .95)
	if err != nil {
		return err
	}
	end := math.Min(last(a), last(b))
	e.Runs, e.N, e.Unit, e.Value = len(b), len(b), "rounds", restricted(ours, end)
	null := restricted(theirs, end)
	e.Values = emergence.Values{{Name: "restricted_mean", Value: e.Value}, {Name: "median", Value: median(ours)}, {Name: "reached", Value: 1 - float64(ours.Censored)/float64(len(b))},
		{Name: "null_median", Value: median(theirs)}, {Name: "null_reached", Value: 1 - float64(theirs.Censored)/float64(len(a))}}
	e.Null = &emergence.Null{Name: simulation(r.File.Cells()[other].Arm, "", []float64{0}).Name, Kind: emergence.Simulation, Tail: tails[h.Direction].String(), N: len(a), Mean: null, Low: null, High: null}
	p := test.P
	if h.Direction != Different {
		if p /= 2; (e.Value > null) != (h.Direction == Greater) {
			p = 1 - p
		}
	}
	e.P = &p
	if n := ours.Censored + theirs.Censored; n > 0 {
		e.Warnings = append(e.Warnings, fmt.Sprintf("censored runs: %d of %d had not come to it when they ended", n, len(a)+len(b)))
	}
	e.Warnings = append(e.Warnings, test.Warnings...)
	return nil
}

// durations are the times of a milestone.
func (r *Result) durations(h *Hypothesis, cell int) (all []statistics.Duration) {
	for _, row := range r.of(cell) {
		if round, reached := row.Milestones[h.Milestone]; reached {
			all = append(all, statistics.Duration{Time: float64(round)})
		} else {
			all = append(all, statistics.Duration{Time: float64(row.Rounds), Censored: true})
		}
	}
	return all
}

func last(all []statistics.Duration) (time float64) {
	for _, d := range all {
		time = math.Max(time, d.Time)
	}
	return time
}

// restricted is the mean time until something has happened, of which nothing after end counts: the area below the curve.
func restricted(c statistics.Curve, end float64) (area float64) {
	share, at := 1.0, 0.0
	for _, s := range c.Steps {
		if s.Time >= end {
			break
		}
		area += share * (s.Time - at)
		share, at = s.Surviving, s.Time
	}
	return area + share*(end-at)
}

func median(c statistics.Curve) float64 {
	if t, ok := c.Quantile(.5); ok {
		return t
	}
	return math.NaN()
}

// chance of a test in a cell: its own, so that another hypothesis changes none.
func (r *Result) chance(name string, cell int) *rand.Rand {
	return chance.New(r.File.Study.Seed, "experiment/"+name, uint64(cell))
}
