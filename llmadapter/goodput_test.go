package llmadapter

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// server is one with slots, in virtual time: it says 429 beyond them, and counts on its own side.
type server struct {
	mu      sync.Mutex
	rand    *rand.Rand
	slots   int
	service time.Duration
	down    bool
	wish    time.Duration // what it says with a 429

	out, top int
	served   []time.Time
	refused  []time.Time
	probes   []time.Time // calls while it was down
}

func newServer() *server {
	return &server{rand: rand.New(rand.NewPCG(5, 6)), slots: 32, service: 50 * time.Millisecond}
}

// Complete serves one call; it runs inside a synctest bubble.
func (s *server) Complete(ctx context.Context, r Request) (Reply, error) {
	s.mu.Lock()
	if s.down {
		s.probes = append(s.probes, time.Now())
		s.mu.Unlock()
		return Reply{}, &Error{Kind: Unreachable, Fate: Unsent, Text: "connection refused"}
	}
	if s.out >= s.slots {
		s.refused = append(s.refused, time.Now())
		s.mu.Unlock()
		time.Sleep(time.Millisecond)
		return Reply{}, &Error{Kind: RateLimited, Fate: Settled, Status: 429, RetryAfter: s.wish}
	}
	s.out++
	s.top = max(s.top, s.out)
	took := s.service*9/10 + time.Duration(s.rand.Int64N(int64(s.service)/5))
	s.mu.Unlock()
	timer := time.NewTimer(took)
	defer timer.Stop()
	var err error
	select {
	case <-timer.C:
	case <-ctx.Done():
		err = &Error{Kind: Cancelled}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out--
	if err == nil {
		s.served = append(s.served, time.Now())
	}
	return Reply{Text: "yes", Finish: FinishStop}, err
}

// between counts the moments of a stretch of time.
func between(all []time.Time, from, to time.Time) (n int) {
	for _, t := range all {
		if !t.Before(from) && t.Before(to) {
			n++
		}
	}
	return n
}

// flood lets callers ask, one question after the other, until the function it gives is called. Who is rejected comes
// back when told. It runs inside a synctest bubble.
func flood(t *testing.T, s *stage, callers int, r Request, took func(time.Duration)) (stop func()) {
	var all sync.WaitGroup
	end := make(chan struct{})
	for range callers {
		all.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				begin := time.Now()
				a := s.ask(t, s.question("ann", time.Minute, r))
				if took != nil {
					took(time.Since(begin))
				}
				if no, ok := a.Value.(Rejected); ok {
					time.Sleep(no.RetryAfter)
				} else if a.Error != "" {
					time.Sleep(100 * time.Millisecond)
				}
			}
		})
	}
	return func() { close(end); all.Wait() }
}

// P1: "goodput at 10x overload: ≥ 0.95 of capacity with AIMD, 0.98 with a known cap, over 60 s"; P2: "429s caused: about
// 1 % in steady state; 0 with a known limit".
func TestGoodputAtTenfoldOverload(t *testing.T) {
	for _, c := range []struct {
		name     string
		inFlight int
		least    float64
		refused  float64
	}{{"known", 32, 0.98, 0}, {"adaptive", 0, 0.95, 0.015}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				model := newServer()
				s := open(t, Config{Model: model, InFlight: c.inFlight})
				stop := flood(t, s, 320, hello, nil)
				time.Sleep(5 * time.Second)
				from := time.Now()
				time.Sleep(30 * time.Second)
				to := time.Now()
				model.mu.Lock()
				served, refused := between(model.served, from, to), between(model.refused, from, to)
				model.mu.Unlock()
				goodput := float64(served) / (30 * 640)
				share := float64(refused) / float64(served+refused)
				t.Logf("goodput %.3f, refused %.4f, limit %v", goodput, share, s.adapter.Load().Limit)
				if goodput < c.least || share > c.refused {
					t.Errorf("goodput %.3f, want %.2f; refused %.4f, want at most %.2f", goodput, c.least, share, c.refused)
				}
				stop()
			})
		})
	}
}

// P7: "30 s outage: ≥ 90 % of capacity within 5 s of return; ≤ 1 probe/s during it; no burst above the limit".
func TestRecoveryAfterAnOutage(t *testing.T) {
	for _, inFlight := range []int{32, 0} {
		synctest.Test(t, func(t *testing.T) {
			model := newServer()
			s := open(t, Config{Model: model, InFlight: inFlight})
			stop := flood(t, s, 320, hello, nil)
			time.Sleep(10 * time.Second)
			set := func(down bool) time.Time {
				model.mu.Lock()
				defer model.mu.Unlock()
				model.down, model.top = down, 0
				return time.Now()
			}
			gone := set(true)
			time.Sleep(30 * time.Second)
			back := set(false)
			time.Sleep(10 * time.Second)
			model.mu.Lock()
			probes := between(model.probes, gone.Add(2*time.Second), back)
			served := between(model.served, back.Add(5*time.Second), back.Add(10*time.Second))
			top := model.top
			model.mu.Unlock()
			if probes < 25 || probes > 29 {
				t.Errorf("%d probes in 28 s", probes)
			}
			if share := float64(served) / (5 * 640); share < 0.9 {
				t.Errorf("%.2f of capacity 5 s after its return", share)
			}
			if top > 32 {
				t.Errorf("%d calls at once", top)
			}
			stop()
		})
	}
}

// P5: "high-priority p99 queue wait ≤ 2 service times at 10x low-priority overload".
func TestTheUrgentDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := newServer()
		s := open(t, Config{Model: model, InFlight: 32})
		stop := flood(t, s, 320, hello, nil)
		time.Sleep(5 * time.Second)
		urgent := hello
		urgent.Priority = 1
		var mu sync.Mutex
		var took []time.Duration
		stopUrgent := flood(t, s, 3, urgent, func(d time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			took = append(took, d)
		})
		time.Sleep(20 * time.Second)
		stopUrgent()
		stop()
		slices.Sort(took)
		if p99 := took[len(took)*99/100]; len(took) < 500 || p99 > 3*model.service {
			t.Errorf("%d calls, the slowest hundredth took %v", len(took), p99)
		}
	})
}

// Who honours a header loses no more than the endpoint wants it to: each refusal costs one pause, not one for each call.
func TestAWishIsHonouredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := newServer()
		model.wish = time.Second
		s := open(t, Config{Model: model})
		stop := flood(t, s, 320, hello, nil)
		time.Sleep(time.Minute)
		model.mu.Lock()
		refused := slices.Clone(model.refused)
		model.mu.Unlock()
		for i, at := range refused {
			if n := between(refused, at.Add(10*time.Millisecond), at.Add(time.Second)); n > 0 {
				t.Errorf("%d calls were refused in the second after refusal %d", n, i)
				break
			}
		}
		if len(refused) == 0 {
			t.Error("nothing was refused")
		}
		stop()
	})
}
