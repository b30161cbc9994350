package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// trial is a promise put to the test in one long run. It may give several results.
type trial struct {
	of   []claim
	full time.Duration // about how long it takes when Options.For is a minute
	try  func(ctx context.Context, s *setting) ([]finding, error)
}

// finding is what a trial has found about a claim.
type finding struct {
	values, against []float64 // one of each, or one for each of several stretches, taken in turns
	note            string    // what else was seen
	broken          []string  // what else was promised and was not kept
}

// once is a finding of one value.
func once(value, against float64, note string, args ...any) finding {
	return finding{values: []float64{value}, against: []float64{against}, note: fmt.Sprintf(note, args...)}
}

// must notes that something else that was promised was not kept.
func (f *finding) must(kept bool, what string, args ...any) {
	if !kept {
		f.broken = append(f.broken, fmt.Sprintf(what, args...))
	}
}

func (t trial) claims() []claim { return t.of }

func (t trial) lasts(o Options) time.Duration {
	return time.Duration(float64(t.full) * o.For.Minutes())
}

func (t trial) run(ctx context.Context, o Options, progress func(done, of int)) ([]Result, error) {
	s := &setting{Options: o, begun: time.Now()}
	var one sync.Mutex // a trial may have several goroutines that wait
	s.tell = func() {
		one.Lock()
		defer one.Unlock()
		progress(int(time.Since(s.begun).Seconds()), int(t.lasts(o).Seconds()))
	}
	s.tell()
	found, err := t.try(ctx, s)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil && len(found) != len(t.of) {
		err = fmt.Errorf("%d findings for %d claims", len(found), len(t.of))
	}
	if err != nil {
		return nil, fmt.Errorf("bench: %s: %w", t.of[0].name, err)
	}
	var results []Result
	for i, c := range t.of {
		r, err := found[i].result(c)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// beside are trials of which the first mostly waits: the others, one after the other, run meanwhile.
type beside []trial

func (b beside) claims() (all []claim) {
	for _, t := range b {
		all = append(all, t.of...)
	}
	return all
}

func (b beside) lasts(o Options) time.Duration {
	var others time.Duration
	for _, t := range b[1:] {
		if t.wanted(o) {
			others += t.lasts(o)
		}
	}
	if !b[0].wanted(o) {
		return others
	}
	return max(b[0].lasts(o), others)
}

// wanted says whether a result of it is asked for.
func (t trial) wanted(o Options) bool { return slices.ContainsFunc(t.of, o.wants) }

func (b beside) run(ctx context.Context, o Options, progress func(done, of int)) ([]Result, error) {
	results, errs := make([][]Result, len(b)), make([]error, len(b))
	begun := time.Now()
	var one sync.Mutex
	tell := func(int, int) {
		one.Lock()
		defer one.Unlock()
		progress(int(time.Since(begun).Seconds()), int(b.lasts(o).Seconds()))
	}
	try := func(i int) {
		if b[i].wanted(o) && ctx.Err() == nil {
			results[i], errs[i] = b[i].run(ctx, o, tell)
		}
	}
	var first sync.WaitGroup
	first.Go(func() { try(0) })
	for i := range b[1:] {
		try(i + 1)
	}
	first.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return slices.Concat(results...), errors.Join(errs...)
}

// result holds what was found against what was claimed.
func (f finding) result(c claim) (Result, error) {
	s, ok := summarize(f.values, f.against), f.broken == nil
	if c.goal != "" {
		g, err := parseGoal(c.goal)
		if err != nil {
			return Result{}, err
		}
		ok = ok && g.met(s)
	}
	if math.IsInf(s.ratio, 0) || math.IsNaN(s.ratio) { // the yardstick is 0
		s.ratio, s.ratioCI = 0, [2]float64{}
	}
	r := newResult(c, s, ok, len(f.values))
	if len(f.values) == 1 {
		r.RatioCI = [2]float64{}
	}
	r.Note = f.note
	if f.broken != nil {
		r.Note = strings.TrimPrefix(r.Note+"; not kept: "+strings.Join(f.broken, ", "), "; ")
	}
	return r, nil
}

// setting is what a trial has beside its own.
type setting struct {
	Options
	begun time.Time
	tell  func() // says how far it is
}

// span is a stretch of time, or its part of it where less is asked for.
func (s *setting) span(d time.Duration) time.Duration {
	return max(time.Millisecond, time.Duration(float64(d)*s.For.Minutes()))
}

// times is likewise how often something is done, at least least.
func (s *setting) times(n, least int) int { return max(least, int(float64(n)*s.For.Minutes())) }

// pass lets time go by, and tells every second how far it is. The error is ctx's.
func (s *setting) pass(ctx context.Context, d time.Duration) error {
	over := time.NewTimer(d)
	defer over.Stop()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-over.C:
			s.tell()
			return ctx.Err()
		case <-second.C:
			s.tell()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// brief says that only the form is looked at: nobody would measure anything in so little time.
func (s *setting) brief() bool { return s.For < 2*time.Second }

// crowd is how many callers there are: where only the form is looked at a few are enough, and sooner gone.
func (s *setting) crowd(callers, few int) int {
	if s.brief() {
		return few
	}
	return callers
}
