package emergence

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/polis-agents/polis/emergence/statistics"
)

var changePoint = Measure{
	Name: "change-point", Unit: "rounds", Cost: "O(T log T)", Values: []string{"tau", "k", "p", "before", "after"}, Plain: []string{"k", "p", "before", "after"},
	Nulls:  []string{statistics.NullBlock, statistics.NullShuffle},
	Doc:    "after which row a column changed its level",
	Needs:  "a column of numbers, rows in time order",
	Source: "Pettitt 1979; its own p holds for rows that do not persist",
	Params: []Param{{"x", "a column; by default the first", ""}},
	bind: func(in Input, a args) (*bound, error) {
		t, err := in.series("change-point")
		if err != nil {
			return nil, err
		}
		names, err := t.named(a, "x")
		if err != nil {
			return nil, err
		}
		x, err := t.numbers(names[0])
		if err != nil {
			return nil, err
		}
		c, err := statistics.Pettitt(x)
		if err != nil {
			return nil, err
		}
		b := &bound{n: len(x), of: "x=" + names[0], tested: "k", why: "a place in a series cannot be drawn again from its rows",
			warnings: constantColumn(names[0], x), values: Values{{"tau", float64(c.At)}, {"k", c.Statistic}, {"p", c.P}, {"before", c.Before}, {"after", c.After}}}
		columns(b, [][]float64{x}, []int{0}, func(x [][]float64) float64 { return statistics.PettittStatistic(x[0]) },
			statistics.NullBlock, statistics.NullShuffle)
		return b, nil
	},
}

var survival = Measure{
	Name: "survival", Unit: "rounds", Cost: "O(R log R)", Values: []string{"median", "s(T)"},
	Doc:    "how long it takes until something happens, when in some runs it had not happened yet",
	Needs:  "a column time and a column event (1: it happened then; 0: the run ended before it did), a row for each run",
	Source: "Kaplan and Meier 1958; Greenwood 1926",
	Params: []Param{{"at", "times at which the share of runs is told in which it has not happened, with commas between them", ""}},
	bind: func(in Input, a args) (*bound, error) {
		t, err := in.table(2)
		if err != nil {
			return nil, err
		}
		times, err := t.numbers("time")
		if err != nil {
			return nil, err
		}
		events, err := t.flags("event")
		if err != nil {
			return nil, err
		}
		durations := make([]statistics.Duration, len(times))
		for i := range times {
			durations[i] = statistics.Duration{Time: times[i], Censored: !events[i]}
		}
		curve, err := statistics.KaplanMeier(durations, .95)
		if err != nil {
			return nil, err
		}
		b := &bound{n: len(times), of: "time, event", values: Values{{"median", median(curve)}}, warnings: curve.Warnings}
		if math.IsNaN(b.values[0].Value) {
			b.warn("there is no median: it has not happened in half of the runs")
		}
		for _, text := range slices.Compact(slices.Sorted(slices.Values(a.list("at")))) {
			at, err := strconv.ParseFloat(text, 64)
			if err != nil || !(at >= 0) {
				return nil, fmt.Errorf("emergence: at=%q; accepted are times from 0 on", short(text))
			}
			b.values = append(b.values, Value{"s(" + text + ")", curve.At(at)})
		}
		b.medianBand(curve, slices.Max(times))
		return b, nil
	},
}

// medianBand is the interval of the median: the times at which the band of the curve has a half in it (Brookmeyer and Crowley
// 1982). Where the band does not come down so far it goes to the end of the record.
func (b *bound) medianBand(c statistics.Curve, end float64) {
	low, high := end, end
	for _, s := range slices.Backward(c.Steps) {
		if s.Low <= .5 {
			low = s.Time
		}
		if s.High <= .5 {
			high = s.Time
		}
	}
	if n := len(c.Steps); n == 0 || c.Steps[n-1].High > .5 {
		b.warn("the interval of the median has no upper end: it is cut off at %v, where the record ends", end)
	}
	b.interval = &Interval{low, high, "Brookmeyer-Crowley, by the log-log band of Greenwood"}
}

// flags are a column of 0 and 1.
func (t *Table) flags(name string) ([]bool, error) {
	column, err := t.numbers(name)
	if err != nil {
		return nil, err
	}
	flags := make([]bool, len(column))
	for i, x := range column {
		if x != 0 && x != 1 {
			return nil, fmt.Errorf("emergence: column %q, row %d is %v; accepted is 0 or 1", name, i+1, x)
		}
		flags[i] = x == 1
	}
	return flags, nil
}

// median is the first time at which half of the runs are past it; NaN: there is none.
func median(c statistics.Curve) float64 {
	if at, ok := c.Quantile(.5); ok {
		return at
	}
	return math.NaN()
}

var criticalMass = Measure{
	Name: "critical-mass", Unit: "1", Cost: "O(shares)", Values: []string{"threshold", "slope", "p"},
	Doc:    "the committed share with which a population flips in half of the runs",
	Needs:  "a column share and a column flipped (1: it did), a row for each run; or a share more than once with a column weight",
	Source: "Centola et al. 2018; the fit is Firth 1993's",
	bind: func(in Input, _ args) (*bound, error) {
		t, err := in.table(2)
		if err != nil {
			return nil, err
		}
		shares, err := t.numbers("share")
		if err != nil {
			return nil, err
		}
		flipped, err := t.flags("flipped")
		if err != nil {
			return nil, err
		}
		doses := make([]statistics.Dose, len(shares))
		for i, share := range shares {
			if share < 0 || share > 1 {
				return nil, fmt.Errorf("emergence: column %q, row %d is %v; accepted is a share from 0 to 1", "share", i+1, share)
			}
			doses[i] = statistics.Dose{Dose: share, Trials: 1}
			if flipped[i] {
				doses[i].Responses = 1
			}
		}
		r, err := statistics.DoseResponse(doses, .95)
		if err != nil {
			return nil, err
		}
		b := &bound{n: len(shares), of: "share, flipped", warnings: r.Interval.Warnings,
			values: Values{{"threshold", r.Threshold}, {"slope", r.Slope}, {"p", r.P}}}
		if r.Found {
			b.interval = &Interval{r.Interval.Low, r.Interval.High, r.Interval.Method}
		} else {
			b.values[0].Value = math.NaN()
			b.warn("no threshold among the shares that were tried")
		}
		return b, nil
	},
}
