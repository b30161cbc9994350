package statistics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// Calibration says how a test is tried out. The zero value is useful, but for Sets.
type Calibration struct {
	Sets    int     // data sets drawn
	Alpha   float64 // p at or below which a set is called a finding; 0: 0.05
	Seed    uint64  // each set has a generator of its own from (Seed, its number): the same with any number of workers
	Workers int     // sets tried at once; 0: one after the other. With more, draw and p are called at the same time
}

// Rate is how often a test called a set a finding: its false-positive rate on data without the effect, its power on data
// with it.
type Rate struct {
	Sets     int      `json:"sets"`
	Findings int      `json:"findings"`
	Alpha    float64  `json:"alpha"`
	Share    float64  `json:"share"`    // findings of sets
	Interval Interval `json:"interval"` // 99 %, by Wilson
}

// String is the rate with its interval: "0.048 [0.041, 0.056]".
func (r Rate) String() string {
	return fmt.Sprintf("%.3f [%.3f, %.3f]", r.Share, r.Interval.Low, r.Interval.High)
}

// Sound tells whether the rate is that of a sound test at 0.05, on data without the effect: its 99 % interval meets
// [0.03, 0.07].
func (r Rate) Sound() bool { return r.Interval.Meets(0.03, 0.07) }

// Calibrate draws data sets, tests each, and counts how often p is at or below alpha. The first error ends it: that of a
// test, or that p was no number in [0, 1].
func Calibrate[D any](c Calibration, draw func(r *rand.Rand) D, p func(data D, r *rand.Rand) (float64, error)) (Rate, error) {
	if c.Alpha == 0 {
		c.Alpha = 0.05
	}
	if c.Sets < 1 || !(c.Alpha > 0 && c.Alpha < 1) {
		return Rate{}, fmt.Errorf("statistics: calibration over %d sets at %v; accepted are 1 or more, and a number between 0 and 1", c.Sets, c.Alpha)
	}
	ps, errs := make([]float64, c.Sets), make([]error, c.Sets)
	var next atomic.Int64
	work := func() {
		for {
			i := int(next.Add(1)) - 1
			if i >= c.Sets {
				return
			}
			r := rand.New(rand.NewPCG(c.Seed, uint64(i)))
			if ps[i], errs[i] = p(draw(r), r); errs[i] != nil {
				next.Store(int64(c.Sets)) // what was begun is finished, no more is begun
				return
			}
		}
	}
	var workers sync.WaitGroup
	for range c.Workers - 1 {
		workers.Go(work)
	}
	work()
	workers.Wait()
	rate := Rate{Sets: c.Sets, Alpha: c.Alpha}
	for i, p := range ps {
		if errs[i] != nil {
			return Rate{}, fmt.Errorf("statistics: calibration, set %d: %w", i, errs[i])
		}
		if !(p >= 0 && p <= 1) {
			return Rate{}, fmt.Errorf("statistics: calibration, set %d: p is %v; accepted is a number in [0, 1]", i, p)
		}
		if p <= c.Alpha+slack {
			rate.Findings++
		}
	}
	rate.Share = float64(rate.Findings) / float64(c.Sets)
	rate.Interval, _ = Wilson(rate.Findings, rate.Sets, 0.99) // of good numbers there is no error
	return rate, nil
}

// Persistent draws a series of 0s and 1s that keeps its value from one round to the next with probability stay: 0.5 for
// independent values. It is what tests are calibrated on.
func Persistent(rounds int, stay float64, r *rand.Rand) []int {
	x := make([]int, rounds)
	for t := range x {
		switch {
		case t == 0:
			x[t] = r.IntN(2)
		case r.Float64() < stay:
			x[t] = x[t-1]
		default:
			x[t] = 1 - x[t-1]
		}
	}
	return x
}

// Autoregressive draws a series of real values, each phi times the one before and normal noise; it begins in its
// stationary distribution, of variance 1. phi lies within (-1, 1).
func Autoregressive(rounds int, phi float64, r *rand.Rand) []float64 {
	x, noise := make([]float64, rounds), math.Sqrt(1-phi*phi)
	for t := range x {
		if x[t] = r.NormFloat64(); t > 0 {
			x[t] = phi*x[t-1] + noise*x[t]
		}
	}
	return x
}
