package statistics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// FewRuns is the number of runs below which an interval over runs warns.
const FewRuns = 8

// Bootstrapping says how an interval is found. The zero value is useful.
type Bootstrapping struct {
	B          int     // resamples; 0: 2000, which is also the least
	Level      float64 // confidence; 0: 0.95
	Percentile bool    // the percentiles of the resamples as they are, not bias-corrected and accelerated (BCa)
}

// Bootstrap is the interval of a statistic over runs: the runs are drawn again, with replacement, and the statistic taken
// of each such sample. BCa (Efron 1987) where it can be computed, else the percentiles, with a warning. Below FewRuns it
// warns: show the single values too. The statistic must not keep or change what it is given. Cost O((B+R) R).
func Bootstrap[T any](runs []T, statistic func([]T) float64, cfg Bootstrapping, r *rand.Rand) (value float64, i Interval, err error) {
	return resample([][]T{runs}, func(g [][]T) float64 { return statistic(g[0]) }, cfg, r)
}

// BootstrapDifference is the interval of the difference of a statistic between two conditions, b less a, one value per
// run. The runs of each are drawn again on their own; else it is as Bootstrap.
func BootstrapDifference[T any](a, b []T, statistic func([]T) float64, cfg Bootstrapping, r *rand.Rand) (value float64, i Interval, err error) {
	return resample([][]T{a, b}, func(g [][]T) float64 { return statistic(g[1]) - statistic(g[0]) }, cfg, r)
}

// resample is the bootstrap of a statistic of one or more groups of runs.
func resample[T any](groups [][]T, statistic func([][]T) float64, cfg Bootstrapping, r *rand.Rand) (value float64, i Interval, err error) {
	n, least := 0, math.MaxInt
	for _, g := range groups {
		n, least = n+len(g), min(least, len(g))
	}
	if least == 0 {
		return 0, i, fmt.Errorf("statistics: no runs; accepted is 1 or more, in each condition")
	}
	if cfg, err = cfg.filled(r); err != nil {
		return 0, i, err
	}
	if value = statistic(groups); !finite(value) {
		return 0, i, fmt.Errorf("statistics: the statistic of %d runs is %v; accepted is a finite number", n, value)
	}
	sample, resampled := Like(groups), make([]float64, cfg.B)
	for b := range resampled {
		for k, g := range groups {
			for j := range g {
				sample[k][j] = g[r.IntN(len(g))]
			}
		}
		resampled[b] = statistic(sample)
	}
	if err := checkFinite("statistic of resample", resampled); err != nil {
		return 0, i, err
	}
	i = cfg.interval(value, resampled, func() float64 { return acceleration(groups, statistic) })
	i.N, i.Warnings = n, append(fewRuns(least), i.Warnings...)
	return value, i, nil
}

// acceleration is how fast the statistic's spread changes with its value, from what it is without each run in turn.
func acceleration[T any](groups [][]T, statistic func([][]T) float64) float64 {
	rest, squares, cubes := slices.Clone(groups), 0.0, 0.0
	for k, g := range groups {
		n := float64(len(g))
		if n < 2 {
			continue
		}
		without, mean := make([]float64, len(g)), 0.0
		for j := range g {
			rest[k] = slices.Concat(g[:j], g[j+1:])
			without[j] = statistic(rest)
			mean += without[j] / n
		}
		rest[k] = g
		for _, v := range without {
			u := (mean - v) * (n - 1) / n
			squares, cubes = squares+u*u, cubes+u*u*u
		}
	}
	if squares == 0 {
		return 0
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// filled puts in the defaults and checks the rest.
func (c Bootstrapping) filled(r *rand.Rand) (Bootstrapping, error) {
	if c.B == 0 {
		c.B = 2000
	}
	if c.Level == 0 {
		c.Level = 0.95
	}
	if c.B < 2000 {
		return c, fmt.Errorf("statistics: %d resamples; accepted are 2000 or more", c.B)
	}
	if err := checkLevel(c.Level); err != nil {
		return c, err
	}
	return c, checkDraws(c.B, r)
}

// interval takes the interval from the resamples, which it sorts.
func (c Bootstrapping) interval(value float64, resampled []float64, acceleration func() float64) Interval {
	slices.Sort(resampled)
	low, high := (1-c.Level)/2, (1+c.Level)/2
	i := Interval{Level: c.Level, Method: "percentile"}
	if !c.Percentile {
		if l, h, ok := corrected(low, high, value, resampled, acceleration); ok {
			i.Method, low, high = "bca", l, h
		} else {
			i.Warnings = append(i.Warnings, "no bias correction: the resamples lie on one side, or do not vary; percentiles shown")
		}
	}
	i.Low, i.High = quantile(resampled, low), quantile(resampled, high)
	return i
}

// corrected moves the two probabilities as BCa does; ok is false where that cannot be computed.
func corrected(low, high, value float64, sorted []float64, acceleration func() float64) (l, h float64, ok bool) {
	below, tie := 0.0, slack*max(1, math.Abs(value))
	for _, v := range sorted {
		if v < value-tie {
			below++
		} else if v <= value+tie {
			below += 0.5 // ties count half: a statistic of few values is not biased by them
		}
	}
	share := below / float64(len(sorted))
	if share <= 0 || share >= 1 || sorted[0] == sorted[len(sorted)-1] {
		return 0, 0, false
	}
	z0, a := distuv.UnitNormal.Quantile(share), acceleration()
	moved := func(p float64) float64 {
		z := z0 + distuv.UnitNormal.Quantile(p)
		return distuv.UnitNormal.CDF(z0 + z/(1-a*z))
	}
	l, h = moved(low), moved(high)
	return l, h, l < h // false for NaN too
}

// quantile is that of sorted values, linear between them (type 7 of Hyndman and Fan 1996).
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}

// fewRuns is the warning of an interval over n runs, if it needs one.
func fewRuns(n int) []string {
	if n >= FewRuns {
		return nil
	}
	return []string{fmt.Sprintf("%d runs: fewer than %d, look at the single values", n, FewRuns)}
}
