package engine

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// resident and added workers, and whether any is idle although actors wait.
func (p *workers) count() (live, waiting int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.live), len(p.queue) - p.head
}

// "51st actor answers while 50 sleep 100 ms in Receive: Fixed 2534 ms, Elastic 214 ms, Pool 1.8 ms"; and of the issue:
// "32 blocked behaviors starve nobody".
func TestBlockedActorsStarveNobody(t *testing.T) {
	for blocked, allowed := range map[int]time.Duration{32: 50 * time.Millisecond, 200: 100 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, Config{Workers: 2})
			held := make(chan struct{})
			for i := range blocked {
				r := spawn(t, e, Spec{Name: fmt.Sprint("blocked", i), New: each(func(*Context, any) error { <-held; return nil })})
				tell(t, e, r, 1)
			}
			begin := time.Now()
			for i := range 5 {
				r := spawn(t, e, Spec{Name: fmt.Sprint("free", i), New: echo})
				if _, err := e.Request(t.Context(), r, "hello"); err != nil {
					t.Error(err)
				}
			}
			if took := time.Since(begin); took > allowed {
				t.Errorf("%d blocked: the others answered after %v", blocked, took)
			}
			if live, _ := e.workers.count(); live < blocked+1 || live > 2*blocked+4 {
				t.Errorf("%d blocked: %d workers", blocked, live)
			}
			close(held)
			pass(time.Second)
			if live, waiting := e.workers.count(); live != 2 || waiting != 0 {
				t.Errorf("later: %d workers, %d waiting", live, waiting)
			}
		})
	}
}

// Who was woken by an actor that then blocks does not wait for it: neither for its message nor for others'.
func TestWhatABlockedActorHasSentArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{Workers: 2})
		var d diary
		begin := time.Now()
		receivers := make([]*Ref, 3)
		for i := range receivers {
			receivers[i] = spawn(t, e, Spec{Name: fmt.Sprint("receiver", i), New: each(func(c *Context, msg any) error {
				if late := time.Since(begin); late > 10*time.Millisecond {
					d.note("%s: %v after %v", c.Self().Name(), msg, late)
				}
				return nil
			})})
		}
		r := spawn(t, e, Spec{Name: "blocked", New: each(func(c *Context, msg any) error {
			for _, to := range receivers {
				if err := c.Send(to, msg, 1); err != nil {
					return err
				}
			}
			time.Sleep(10 * time.Second)
			return nil
		})})
		tell(t, e, r, "from the blocked")
		synctest.Wait()
		tell(t, e, receivers[0], "from outside")
		pass(time.Minute)
		d.expect(t)
		if a := shut(t, e); a.Handled != 5 {
			t.Errorf("%+v", a)
		}
	})
}

// What a worker has taken from the queue is given to others when it is stuck.
func TestBatchOfAStuckWorkerIsTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{Workers: 1})
		held, begun := make(chan struct{}), make(chan struct{})
		first := spawn(t, e, Spec{Name: "first", New: each(func(*Context, any) error { <-begun; return nil })})
		tell(t, e, first, 1)
		var d diary
		begin := time.Now()
		for i := range 100 { // all in the queue when the only worker comes back: it takes many at once
			r := spawn(t, e, Spec{Name: fmt.Sprint(i), New: each(func(_ *Context, msg any) error {
				if msg == 0 {
					<-held
				} else if late := time.Since(begin); late > 10*time.Millisecond {
					d.note("%v after %v", msg, late)
				}
				return nil
			})})
			tell(t, e, r, i)
		}
		close(begun)
		pass(time.Second)
		close(held)
		d.expect(t)
		if a := shut(t, e); a.Handled != 101 {
			t.Errorf("%+v", a)
		}
	})
}

// "A behavior that blocks its turn is reported with its stack", once for each time.
func TestBlockedActorIsReportedWithItsStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o observer
		e := open(t, Config{Observe: o.see})
		for _, name := range []string{"agents/kate", "agents/john"} {
			r := spawn(t, e, Spec{Name: name, New: each(func(_ *Context, msg any) error { ponder(msg.(time.Duration)); return nil })})
			tell(t, e, r, 900*time.Millisecond)
			pass(time.Minute)
			if got := seen[Blocked](&o); len(got) > 0 {
				t.Fatalf("it was quick enough: %v", got)
			}
			tell(t, e, r, 10*time.Second, 1100*time.Millisecond)
			pass(time.Minute)
			got := seen[Blocked](&o)
			if len(got) != 2 {
				t.Fatalf("%d reports", len(got))
			}
			for _, b := range got {
				if b.Actor != name || b.Held != time.Second || !strings.Contains(string(b.Stack), "engine.ponder") || strings.Count(string(b.Stack), "goroutine ") > 2 {
					t.Errorf("%s held for %v\n%s", b.Actor, b.Held, b.Stack)
				}
			}
			o.events = nil
		}
	})
}

// ponder holds its goroutine, in a synctest bubble.
//
//go:noinline
func ponder(d time.Duration) { time.Sleep(d) }

// A host that has many turns in one message holds none of them long.
func TestHostWithManyTurnsIsNotBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o observer
		e := open(t, Config{Observe: o.see})
		r := spawn(t, e, Spec{Name: "a", Host: &runner{do: func(*Context, any) error { ponder(400 * time.Millisecond); return nil }}})
		if err := e.Tell(r, make(errands, 10), 10); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if got := seen[Blocked](&o); len(got) > 0 {
			t.Errorf("%s", got[0].Stack)
		}
	})
}

func TestWorkersAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{Workers: 2, MaxWorkers: 10})
		held := make(chan struct{})
		for i := range 50 {
			r := spawn(t, e, Spec{Name: fmt.Sprint(i), New: each(func(*Context, any) error { <-held; return nil })})
			tell(t, e, r, 1)
		}
		pass(time.Second)
		if live, waiting := e.workers.count(); live != 10 || waiting != 40 {
			t.Errorf("%d workers, %d actors wait", live, waiting)
		}
		close(held)
		if a := shut(t, e); a.Handled != 50 {
			t.Errorf("%+v", a)
		}
	})
}

// The watchdog sleeps when there is nothing to do.
func TestWatchdogSleepsWhenAllIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		r := spawn(t, e, Spec{Name: "a", New: idle})
		armed := func() bool {
			e.workers.mu.Lock()
			defer e.workers.mu.Unlock()
			return e.workers.dog.armed
		}
		tell(t, e, r, 1)
		if synctest.Wait(); !armed() {
			t.Error("it sleeps at work")
		}
		pass(time.Minute)
		if armed() {
			t.Error("it never sleeps")
		}
		tell(t, e, r, 2)
		if synctest.Wait(); !armed() {
			t.Error("it does not wake up")
		}
	})
}
