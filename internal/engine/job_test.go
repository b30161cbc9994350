package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/supervision"
)

// report is what a job's actor hears of it.
type report struct {
	value any
	err   error
}

// patient is a job that honours its context.
func patient(ctx context.Context) (any, error) { <-ctx.Done(); return nil, ctx.Err() }

// stubbornJob does not; it runs in a synctest bubble only.
func stubbornJob(context.Context) (any, error) { time.Sleep(time.Hour); return "too late", nil }

// employer makes an actor that starts a job of that name with every message and notes what comes of it.
func employer(d *diary, limit time.Duration, work func(context.Context) (any, error)) func() Actor {
	begin := time.Now()
	return each(func(c *Context, msg any) error {
		if r, ok := msg.(report); ok {
			d.note("%v, %v at %v", r.value, r.err, time.Since(begin))
			return nil
		}
		cancel := c.Go(fmt.Sprint(msg), limit, work, func(v any, err error) any { return report{v, err} })
		if msg == "cancelled" {
			cancel()
		}
		return nil
	})
}

func TestJobRunsBesideItsActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		e := open(t, Config{Workers: 1, MaxWorkers: 1})
		r := spawn(t, e, Spec{Name: "a", New: employer(&d, time.Hour, func(context.Context) (any, error) {
			time.Sleep(time.Minute)
			return "fish", nil
		})})
		tell(t, e, r, "one", "two")
		pass(time.Hour)
		d.expect(t, "fish, <nil> at 1m0s", "fish, <nil> at 1m0s")
		if a := shut(t, e); a != (Account{Sent: 2, Handled: 2}) {
			t.Errorf("results weigh something: %+v", a)
		}
	})
}

func TestJobIsCancelledAtItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		var o observer
		e := open(t, Config{Observe: o.see})
		r := spawn(t, e, Spec{Name: "a", New: employer(&d, time.Minute, patient)})
		tell(t, e, r, "job")
		pass(time.Hour)
		d.expect(t, "<nil>, context deadline exceeded at 1m0s")
		if len(e.jobs) > 0 || len(seen[Abandoned](&o)) > 0 {
			t.Error("it goes on")
		}
	})
}

func TestJobIsCancelledByItsActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		e := open(t, Config{})
		r := spawn(t, e, Spec{Name: "a", New: employer(&d, 0, patient)})
		tell(t, e, r, "cancelled")
		pass(time.Second)
		d.expect(t, "<nil>, context canceled at 0s")
	})
}

// "it ends within 100 ms of its deadline or its agent's stop"
func TestJobEndsWithItsActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		e := open(t, Config{})
		var ended time.Duration
		begin := time.Now()
		r := spawn(t, e, Spec{Name: "a", New: employer(&d, 0, func(ctx context.Context) (any, error) {
			defer func() { ended = time.Since(begin) }()
			return patient(ctx)
		})})
		tell(t, e, r, "job")
		pass(time.Second)
		if err := e.Stop(t.Context(), r); err != nil {
			t.Error(err)
		}
		pass(grace)
		if len(e.jobs) > 0 || ended < time.Second || ended > time.Second+grace {
			t.Errorf("%d go on; ended at %v", len(e.jobs), ended)
		}
		d.expect(t)
	})
}

// A restart is not a stop: the next life gets the result.
func TestJobOutlivesALife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		e := open(t, Config{})
		start := employer(&d, 0, func(context.Context) (any, error) { time.Sleep(time.Minute); return "fish", nil })
		r := spawn(t, e, Spec{Name: "a", Policy: atOnce(supervision.Policy{Attempts: 1}), New: func() Actor {
			return ActorFunc(func(c *Context, msg any) error {
				if msg == "bad" {
					panic("broken")
				}
				return start().Receive(c, msg)
			})
		}})
		tell(t, e, r, "job", "bad")
		pass(time.Hour)
		d.expect(t, "fish, <nil> at 1m0s")
	})
}

// "A mind that ignores its ctx is abandoned, named and counted (Go cannot end it)". Its actor hears at the limit, and
// once.
func TestJobThatIgnoresItsContextIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		var o observer
		e := open(t, Config{Observe: o.see})
		r := spawn(t, e, Spec{Name: "agents/kate", New: employer(&d, time.Minute, stubbornJob)})
		tell(t, e, r, "think")
		pass(time.Minute + grace - 1)
		if got := seen[Abandoned](&o); len(got) > 0 {
			t.Errorf("it had no time to end: %v", got)
		}
		pass(1)
		if got := seen[Abandoned](&o); len(got) != 1 || got[0] != (Abandoned{Actor: "agents/kate", Job: "think"}) {
			t.Errorf("%v", got)
		}
		pass(2 * time.Hour)
		d.expect(t, "<nil>, context deadline exceeded at 1m0s")
		if len(e.jobs) > 0 {
			t.Error("it is kept for ever")
		}
	})
}

func TestJobThatPanicsHasFailed(t *testing.T) {
	e := open(t, Config{})
	reports := make(chan report, 1)
	r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, msg any) error {
		if r, ok := msg.(report); ok {
			reports <- r
			return nil
		}
		c.Go("job", 0, func(context.Context) (any, error) { catchAFish(); return nil, nil }, func(v any, err error) any { return report{v, err} })
		return nil
	})})
	tell(t, e, r, "go")
	var p *supervision.Panic
	if got := want(t, reports); !errors.As(got.err, &p) || !strings.Contains(string(p.Stack), "catchAFish") {
		t.Errorf("%v", got)
	}
}

func TestShutdownWaitsForJobsAndNamesThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		e := New(Config{})
		r := spawn(t, e, Spec{Name: "agents/kate", New: employer(&d, 0, stubbornJob)})
		tell(t, e, r, "think", "dream")
		synctest.Wait()
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := e.Shutdown(ctx)
		if err == nil || !strings.Contains(err.Error(), "job think of agents/kate has not ended") || !strings.Contains(err.Error(), "job dream of") {
			t.Errorf("%v", err)
		}
		if took := time.Since(begin); took != time.Minute+grace {
			t.Errorf("after %v", took)
		}
		pass(time.Hour)
	})
}

func TestShutdownOutOfTimeNamesNoJobThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		e := New(Config{})
		r := spawn(t, e, Spec{Name: "a", New: employer(&d, 0, func(ctx context.Context) (any, error) {
			<-ctx.Done()
			time.Sleep(grace / 2) // puts its things away
			return nil, nil
		})})
		tell(t, e, r, "job")
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := e.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
}

// Many actors that stop at once, each with jobs of its own: what one ends does not grow with all that run.
func TestManyActorsStopWithTheirJobs(t *testing.T) {
	e := open(t, Config{})
	const actors = 3000
	var d diary
	parent := spawn(t, e, Spec{Name: "agents", New: idle})
	for i := range actors {
		r := spawn(t, e, Spec{Name: fmt.Sprint("agents/", i), Parent: parent, New: employer(&d, 0, patient)})
		tell(t, e, r, "one", "two")
	}
	if a := shut(t, e); a.Handled != 2*actors {
		t.Errorf("%+v", a)
	}
	if len(e.jobs) > 0 {
		t.Errorf("jobs of %d actors are kept", len(e.jobs))
	}
}
