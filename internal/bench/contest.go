package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"
)

// contest is one line of a suite: a value and its yardstick.
type contest struct {
	name      string
	metric    metric
	goal      string
	value     opener
	yardstick string // what the other side is
	against   opener
	ops       func(Options) int // how many operations a side does; nil: as many as take Options.Least of CPU time
	stacks    stacks            // where stacks start, on both sides
	added     bool              // the value is what its side needs more than the yardstick
}

// metric makes a number of a sample.
type metric struct {
	unit string
	of   func(sample) float64
}

var (
	cpuTime   = metric{"cpu-ns/op", func(s sample) float64 { return float64(s.cpu) / float64(s.ops) }}
	allocated = metric{"B", func(s sample) float64 { return float64(s.allocated) / float64(s.ops) }}
	held      = metric{"B", func(s sample) float64 { return float64(s.held) / float64(s.ops) }}
	rate      = metric{"1/s", func(s sample) float64 { return float64(s.ops) / s.wall.Seconds() }}
	seconds   = metric{"s", func(s sample) float64 { return s.wall.Seconds() }}
	latency   = metric{"ns", func(s sample) float64 { return float64(s.p50) }}
	allocs    = metric{"allocs/op", func(s sample) float64 { return float64(s.mallocs) / float64(s.ops) }}
)

// sample is what a number of operations cost.
type sample struct {
	ops       int
	cpu       time.Duration // of the process, user and system
	wall      time.Duration
	allocated int64         // bytes of heap, also those freed meanwhile
	mallocs   int64         // pieces of heap, likewise
	p50       time.Duration // of the single operations, by the clock; set by those that look
	held      int64         // bytes of heap still in use when all was done and the garbage collected; set by those that look
}

// rig is one side, set up.
type rig struct {
	run   func(ops int) (sample, error) // from one goroutine at a time
	close func() error                  // nil: there is nothing to close
}

// opener sets up a side.
type opener func(Options) (rig, error)

func (r rig) end() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// measure runs f, which does that many operations, after a collection, so that no side pays for the other's garbage.
func measure(ops int, f func() error) (sample, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	cpu, wall := cpuUsed(), time.Now()
	err := f()
	s := sample{ops: ops, wall: time.Since(wall), cpu: cpuUsed() - cpu}
	runtime.ReadMemStats(&after)
	s.allocated, s.mallocs = int64(after.TotalAlloc-before.TotalAlloc), int64(after.Mallocs-before.Mallocs)
	return s, err
}

// measureEach measures operations that are timed one by one. Each is timed from the end of the one before: the clock is
// looked at once for each, on every side.
func measureEach(ops int, f func() error) (sample, error) {
	times := make([]time.Duration, ops)
	s, err := measure(ops, func() error {
		last := time.Now()
		for i := range times {
			if err := f(); err != nil {
				return err
			}
			now := time.Now()
			times[i], last = now.Sub(last), now
		}
		return nil
	})
	slices.Sort(times)
	s.p50 = times[len(times)/2]
	return s, err
}

// heapInUse is what the heap holds when all garbage is gone; what sync.Pool keeps survives one collection.
func heapInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func (c contest) claims() []claim { return []claim{{c.name, c.metric.unit, c.goal, c.yardstick}} }

// lasts: a side takes a few times its CPU time by the clock, for most of them wait for something.
func (c contest) lasts(o Options) time.Duration { return 6 * time.Duration(o.Reps) * o.Least }

func (c contest) run(ctx context.Context, o Options, progress func(pair, pairs int)) ([]Result, error) {
	r, err := c.compete(ctx, o, func(pair int) { progress(pair, o.Reps) })
	return []Result{r}, err
}

// compete opens both sides, finds out how many operations are enough and runs the pairs.
func (c contest) compete(ctx context.Context, o Options, progress func(pair int)) (r Result, err error) {
	defer func() {
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("bench: %s: %w", c.name, err)
		}
	}()
	g, err := parseGoal(c.goal)
	if err != nil {
		return r, err
	}
	defer c.stacks.park()()
	a, err := c.value(o)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, a.end()) }()
	b, err := c.against(o)
	if err != nil {
		return r, fmt.Errorf("yardstick: %w", err)
	}
	defer func() { err = errors.Join(err, b.end()) }()
	sides := [2]rig{a, b}
	var ops [2]int
	for i, side := range sides {
		if ops[i], err = c.enough(ctx, side, o); err != nil {
			return r, err
		}
	}
	var readings [2][]float64
	for pair := range o.Reps {
		for i, side := range sides {
			if err := ctx.Err(); err != nil {
				return r, err
			}
			s, err := side.run(ops[i])
			if err != nil {
				return r, err
			}
			readings[i] = append(readings[i], c.metric.of(s))
		}
		if c.added {
			readings[0][pair] -= readings[1][pair]
		}
		progress(pair + 1)
	}
	s := summarize(readings[0], readings[1])
	return newResult(c.claims()[0], s, g.met(s), o.Reps), nil
}

// enough finds how many operations a side does in a pair. It also warms up.
func (c contest) enough(ctx context.Context, side rig, o Options) (int, error) {
	if c.ops != nil {
		return c.ops(o), nil
	}
	for ops := 1_000; ; ops *= 4 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		s, err := side.run(ops)
		if err != nil {
			return 0, err
		}
		if s.cpu >= o.Least/4 {
			return int(1.25*float64(ops)*float64(o.Least)/float64(s.cpu)) + 1, nil
		}
	}
}

// patience is how long a side may take before it counts as stuck.
const patience = time.Minute

// await waits for the end of what a side has started.
func await(done <-chan error) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("not done after %v", patience)
	}
}
