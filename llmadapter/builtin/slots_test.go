package builtin

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Capacity is exactly Slots ÷ Service: with callers enough and timers that are late, as they are, no answer is lost and
// none is won. Who waited has the slot from when it became free.
func TestServiceIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const service = 50 * time.Millisecond
		s := newSlots(Config{Slots: 4, Silent: true, Service: service}.filled())
		begun, served := time.Now(), 0
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				for time.Since(begun) < 10*time.Second {
					since, err := s.take(t.Context(), time.Now())
					if err != nil {
						t.Error(err)
						return
					}
					if late := time.Since(since); late > service/2 || late < 0 {
						t.Errorf("a slot since %v", late)
					}
					time.Sleep(time.Until(since.Add(service)) + 7*time.Millisecond) // a timer that is late
					s.give(since.Add(service))
					mu.Lock()
					served++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if served < 800 || served > 840 {
			t.Errorf("%d were served in 10 s, want 800 and those that still waited", served)
		}
		if q := s.counts(); q.peakServed != 4 || q.peakWaiting != 36 || q.busy != 0 || s.free != 4 || s.queue.Len() != 0 {
			t.Errorf("%+v", q)
		}
	})
}

// What was not served because the machine stood still is not made up for.
func TestServiceAfterAStandstill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(Config{Slots: 1, Service: time.Second, QueueLimit: 1}.filled())
		first, _ := s.take(t.Context(), time.Now())
		got := make(chan time.Duration)
		go func() {
			since, _ := s.take(t.Context(), time.Now())
			got <- time.Since(since)
		}()
		synctest.Wait()
		time.Sleep(time.Minute)
		s.give(first.Add(time.Second))
		if late := <-got; late != 500*time.Millisecond {
			t.Errorf("a slot since %v, want half a service", late)
		}
	})
}

// "Every wait with a deadline": 2 min for a slot, an hour in silence. Who goes leaves a place, and a slot that came at the
// same moment is not lost.
func TestWaitsForSlotsEnd(t *testing.T) {
	for silent, limit := range map[bool]time.Duration{false: 2 * time.Minute, true: time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := newSlots(Config{Slots: 1, QueueLimit: 1, Silent: silent}.filled())
			since, err := s.take(t.Context(), time.Now())
			if err != nil {
				t.Error(err)
			}
			if _, err := s.take(t.Context(), time.Now()); !errors.Is(err, errBusy) || time.Since(since) != limit {
				t.Errorf("%v after %v, want %v", err, time.Since(since), limit)
			}
			for range 200 {
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan bool)
				go func() {
					since, err := s.take(ctx, time.Now())
					if err == nil {
						s.give(since)
					} else if !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					ended <- true
				}()
				synctest.Wait()
				go cancel()
				s.give(time.Now())
				<-ended
				cancel()
				if _, err = s.take(t.Context(), time.Now()); err != nil {
					t.Fatal("a slot is lost")
				}
			}
			if s.queue.Len() != 0 || s.free != 0 {
				t.Errorf("%d wait, %d are free", s.queue.Len(), s.free)
			}
		})
	}
}

// Who goes at the moment at which a slot comes gives it to the next.
func TestSlotThatComesTooLate(t *testing.T) {
	s := newSlots(Config{Slots: 1}.filled())
	if _, err := s.enter(); err != nil {
		t.Error(err)
	}
	first, _ := s.enter()
	second, _ := s.enter()
	at := time.Unix(7, 0)
	s.give(at)
	s.leave(first, false)
	select {
	case since := <-turnOf(second):
		if !since.Equal(at) {
			t.Errorf("free since %v", since)
		}
	default:
		t.Error("the slot is lost")
	}
	s.give(at)
	if s.free != 1 {
		t.Errorf("%d are free", s.free)
	}
}

// An answer gives its slot back as of the end of its service, although a timer that was late says so later; one that was
// not given does so at once.
func TestSlotIsFreeWhenServiceIsOver(t *testing.T) {
	for outcome, asOf := range map[string]bool{answered: true, gone: false} {
		s := &Server{slots: newSlots(Config{Slots: 1}.filled())}
		if _, err := s.slots.enter(); err != nil {
			t.Error(err)
		}
		next, _ := s.slots.enter()
		over := time.Now().Add(-time.Second)
		(&exchange{s: s, seated: true, until: over, served: Served{Begun: over}}).end(outcome)
		if since := <-turnOf(next); since.Equal(over) != asOf {
			t.Errorf("%s: free since %v, its service was over at %v", outcome, since, over)
		}
	}
}

// What a stand-in refuses for want of a slot, in each of the three ways, and what it asks for then.
func TestBusy(t *testing.T) {
	for _, x := range []struct {
		busy, status int
		retry        time.Duration
		header       string
	}{{0, 503, 0, "1 50"}, {429, 429, -1, " "}, {529, 529, 1500 * time.Millisecond, "2 1500"}} {
		h := newHeld()
		cfg := fast()
		cfg.Policy, cfg.Slots, cfg.QueueLimit, cfg.Busy, cfg.BusyRetry = h.decide, 1, -1, x.busy, x.retry
		s, c := started(t, cfg), client(t)
		first := make(chan got, 1)
		go func() { first <- post(t, c, s, wired(question(t, 1, 1), s, nil)) }()
		<-h.asked
		g := post(t, c, s, wired(question(t, 2, 1), s, nil))
		if retry := g.header.Get("Retry-After") + " " + g.header.Get("Retry-After-Ms"); g.status != x.status || retry != x.header {
			t.Errorf("%d, come back in %q, want %+v", g.status, retry, x)
		}
		close(h.let)
		<-first
		if n := s.Counts(); n.Busy != 1 || n.Status[strconv.Itoa(x.status)] != 1 || n.Waited != 0 || n.PeakServed != 1 || n.PeakWaiting != 0 || n.Slots != 1 {
			t.Errorf("%+v", n)
		}
	}
}

// In silence everybody waits, however many there are.
func TestSilent(t *testing.T) {
	h := newHeld()
	cfg := fast()
	cfg.Policy, cfg.Slots, cfg.QueueLimit, cfg.Silent = h.decide, 1, -1, true
	s, c := started(t, cfg), client(t)
	answers := make(chan got, 30)
	for i := range 30 {
		go func() { answers <- post(t, c, s, wired(question(t, i, 1), s, nil)) }()
	}
	<-h.asked
	close(h.let)
	for range 30 {
		if g := <-answers; g.status != 200 {
			t.Errorf("%d %s", g.status, g.body)
		}
	}
	if n := s.Counts(); n.Answered != 30 || n.Busy != 0 || n.PeakServed != 1 {
		t.Errorf("%+v", n)
	}
}

// With a service time an answer comes whole, at its end and not before, streamed or not; what it says is the same.
func TestService(t *testing.T) {
	const service = 40 * time.Millisecond
	plainly := started(t, fast())
	s, c := started(t, Config{Service: service, FirstToken: time.Hour, PerToken: time.Hour, Slots: 1}), client(t)
	for _, streamed := range []bool{false, true} {
		body := wired(question(t, 60, 1), s, object{"stream": streamed})
		want := post(t, c, plainly, body)
		begun := time.Now()
		g := post(t, c, s, body)
		if took := time.Since(begun); took < service {
			t.Errorf("streamed %v: it took %v", streamed, took)
		}
		if g.content() != want.content() || g.body != want.body || g.chunks != want.chunks {
			t.Errorf("streamed %v: %+v, want %+v", streamed, g, want)
		}
	}
}

// Faults in mid-answer are seen in mid-answer with a service time, too.
func TestServiceAndFaults(t *testing.T) {
	for _, f := range []Fault{FaultStall, FaultKeepalive, FaultCut, FaultError} {
		cfg := always(f)
		cfg.Service, cfg.StallLimit = time.Millisecond, 60*time.Millisecond
		s, c := started(t, cfg), client(t)
		g := post(t, c, s, wired(question(t, 60, 1), s, object{"stream": true}))
		if g.status != 200 || g.finish != "" || len(g.calls) == 0 || f == FaultKeepalive && g.body == "" {
			t.Errorf("%s: %+v", f, g)
		}
	}
}
