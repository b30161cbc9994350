package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// priorityTrial is P5: how long urgent requests wait for their turn while others flood the adapter.
func priorityTrial() trial {
	return trial{full: 20 * time.Second, try: tryPriority, of: []claim{
		{"p5_priority_wait", "s", "<= 2.0×", "service time of the server: 50 ms"},
	}}
}

const urgent = "urgent"

// waits are how long requests wait before their first attempt, by their asker's class.
type waits struct {
	mu   sync.Mutex
	from time.Time // those that came before are not counted
	of   map[bool][]time.Duration
}

// Observe sees what becomes of requests.
func (w *waits) Observe(event any) {
	e, ok := event.(llmadapter.Ended)
	if !ok || e.Attempts == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := time.Now(); !w.from.IsZero() && now.Add(-e.Took).After(w.from) {
		class := e.Asker == urgent
		w.of[class] = append(w.of[class], e.Wait)
	}
}

// p99 of a class, and how many there were.
func (w *waits) p99(class bool) (time.Duration, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.of[class]
	return percentile(all, 0.99), len(all)
}

// percentile of durations, which it sorts; 0 of none.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(p*float64(len(all))))]
}

func tryPriority(ctx context.Context, s *setting) ([]finding, error) {
	var worst finding
	note := ""
	for _, inFlight := range []int{strict.slots, 0} {
		label := "limit known"
		if inFlight == 0 {
			label = "limit found out"
		}
		fast, slow, n, err := s.urgency(ctx, inFlight)
		if err != nil {
			return nil, err
		}
		note += fmt.Sprintf("%s: p99 %v of %d, of the others %v; ", label, fast.Round(100*time.Microsecond), n, slow.Round(time.Millisecond))
		if worst.values == nil || fast.Seconds() > worst.values[0] {
			worst = once(fast.Seconds(), strict.service.Seconds(), "")
		}
	}
	worst.note = note + "3 urgent callers and 320 others; the value is the worse"
	return []finding{worst}, nil
}

// urgency lets three urgent callers ask among 320 others, and gives the 99th percentile of the waits of both.
func (s *setting) urgency(ctx context.Context, inFlight int) (fast, slow time.Duration, n int, err error) {
	w := &waits{of: map[bool][]time.Duration{}}
	f, err := s.flooded(ctx, "low", strict, llmadapter.Config{InFlight: inFlight, Observe: w.Observe})
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	stop := f.crew().start(ctx, s.crowd(overload, 64))
	defer func() { err = errors.Join(err, stop()) }()
	if err := s.pass(ctx, s.span(2*time.Second)); err != nil {
		return 0, 0, 0, err
	}
	high := &crew{office: f.office, asker: func(int) string { return urgent }, request: func(i, n int) llmadapter.Request {
		r := prompt(fmt.Sprint("high-", i, "-", n))
		r.Priority = 1
		return r
	}}
	stopHigh := high.start(ctx, 3)
	defer func() { err = errors.Join(err, stopHigh()) }()
	w.mu.Lock()
	w.from = time.Now()
	w.mu.Unlock()
	if err := s.pass(ctx, s.span(7*time.Second)); err != nil {
		return 0, 0, 0, err
	}
	fast, n = w.p99(true)
	slow, _ = w.p99(false)
	return fast, slow, n, nil
}
