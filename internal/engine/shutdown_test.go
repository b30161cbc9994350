package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/supervision"
)

// parting makes actors that note their end.
func parting(d *diary) func() Actor {
	return func() Actor {
		return ActorFunc(func(c *Context, msg any) error {
			if _, last := msg.(Stopping); last {
				d.note("%s", c.Self().Name())
			}
			return nil
		})
	}
}

// "Started top to bottom, stopped bottom to top."
func TestShutdownIsTheReverseOfTheStart(t *testing.T) {
	var d diary
	e := open(t, Config{})
	parent := map[string]*Ref{}
	for _, s := range [][2]string{{"journal"}, {"services"}, {"services/model", "services"}, {"world"}, {"world/north", "world"}, {"agents"}, {"agents/kate", "agents"}} {
		parent[s[0]] = spawn(t, e, Spec{Name: s[0], Parent: parent[s[1]], New: parting(&d)})
	}
	shut(t, e)
	d.expect(t, "agents/kate", "agents", "world/north", "world", "services/model", "services", "journal")
}

// Siblings stop together: a slow one delays nobody but those above.
func TestSiblingsStopTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		parent := spawn(t, e, Spec{Name: "agents", New: idle})
		for i := range 20 {
			spawn(t, e, Spec{Name: fmt.Sprint("agents/", i), Parent: parent, New: func() Actor {
				return ActorFunc(func(_ *Context, msg any) error {
					if _, last := msg.(Stopping); last {
						time.Sleep(time.Second)
					}
					return nil
				})
			}})
		}
		begin := time.Now()
		shut(t, e)
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("after %v", took)
		}
	})
}

func TestStopLetsTheActorHandleWhatItHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		e := open(t, Config{})
		held := make(chan struct{})
		r := spawn(t, e, Spec{Name: "a", New: each(func(_ *Context, msg any) error {
			<-held
			d.note("%v", msg)
			return nil
		})})
		tell(t, e, r, 1, 2, 3)
		stopped := make(chan error, 1)
		go func() { stopped <- e.Stop(t.Context(), r) }()
		synctest.Wait()
		if err := e.Tell(r, 4, 1); !errors.Is(err, ErrStopped) {
			t.Errorf("it takes more: %v", err)
		}
		close(held)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		d.expect(t, "1", "2", "3")
		if a := e.Account(); a != (Account{Sent: 4, Handled: 3, Refused: 1}) {
			t.Errorf("%+v", a)
		}
	})
}

func TestStopOfAStoppedActorIsDone(t *testing.T) {
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "a", New: idle})
	for range 3 {
		if err := e.Stop(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.Spawn(Spec{Name: "a", New: idle}); err != nil {
		t.Errorf("the name is not free: %v", err)
	}
	if err := e.Stop(t.Context(), r); err != nil { // the one before
		t.Error(err)
	}
	if _, err := e.Find("a"); err != nil {
		t.Errorf("the next of that name was stopped: %v", err)
	}
}

// "When ctx ends first the rest is dead".
func TestStopOutOfTimeLeavesTheRestDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		r := spawn(t, e, Spec{Name: "a", New: each(func(*Context, any) error { time.Sleep(time.Second); return nil })})
		for i := range 10 {
			tell(t, e, r, i)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2950*time.Millisecond)
		defer cancel()
		if err := e.Stop(ctx, r); err != nil {
			t.Errorf("it does not block, and is named: %v", err)
		}
		if a := e.Account(); a != (Account{Sent: 10, Handled: 3, Dead: 7}) {
			t.Errorf("%+v", a)
		}
	})
}

// A shutdown whose time has run out stops everything at once, names who blocks, and does not wait for each in turn.
func TestShutdownOutOfTimeNamesWhoBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		e := New(Config{})
		spawn(t, e, Spec{Name: "journal", New: parting(&d)})
		for i := range 10 { // none the sibling of another
			r := spawn(t, e, Spec{Name: fmt.Sprint("blocked", i), New: each(func(*Context, any) error { time.Sleep(10 * time.Second); return nil })})
			tell(t, e, r, 1)
		}
		spawn(t, e, Spec{Name: "last", New: parting(&d)})
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := e.Shutdown(ctx)
		if took := time.Since(begin); took > time.Second+3*grace {
			t.Errorf("after %v", took)
		}
		if !errors.Is(err, context.DeadlineExceeded) || strings.Count(err.Error(), "blocked") != 10 || strings.Contains(err.Error(), "journal") {
			t.Errorf("%v", err)
		}
		d.expect(t, "last", "journal")
		pass(time.Minute) // they end when they no longer block
		if a := e.Account(); a != (Account{Sent: 10, Handled: 10}) {
			t.Errorf("%+v", a)
		}
	})
}

// Whoever spawns, tells, asks and finds while the engine shuts down is served or refused, never lost.
func TestSpawnRacesWithShutdown(t *testing.T) {
	for range 20 {
		e := New(Config{})
		parent := spawn(t, e, Spec{Name: "parent", New: idle})
		begun := make(chan struct{}, 4)
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for j := 0; ; j++ {
					name := fmt.Sprint(i, "/", j)
					all.Go(func() { // finds it as early as can be
						for range 100 {
							if r, err := e.Find(name); err == nil {
								_ = e.Tell(r, "hello", 1)
								return
							}
						}
					})
					r, err := e.Spawn(Spec{Name: name, Parent: parent, New: echo})
					if err != nil {
						if !errors.Is(err, ErrStopped) {
							t.Error(err)
						}
						return
					}
					_, _ = e.Request(t.Context(), r, "hello")
					if j == 5 {
						begun <- struct{}{}
					}
				}
			})
		}
		want(t, begun)
		shut(t, e)
		all.Wait()
		if a := e.Account(); !a.Balanced() {
			t.Errorf("%+v", a)
		}
		if r := e.sorted(func(*Ref) bool { return true }); len(r) > 0 {
			t.Errorf("%d actors left", len(r))
		}
	}
}

// An actor can be found, told and stopped from the moment its name is known: what comes early waits for its Started.
func TestActorIsToldBeforeItHasStarted(t *testing.T) {
	e := open(t, Config{})
	var d diary
	e.spawning.Lock() // holds the spawn between the locator and protoactor
	spawned := make(chan *Ref, 1)
	go func() {
		r, err := e.Spawn(Spec{Name: "a", New: func() Actor {
			return ActorFunc(func(_ *Context, msg any) error { d.note("%T", msg); return nil })
		}})
		if err != nil {
			t.Error(err)
		}
		spawned <- r
	}()
	var r *Ref
	for r == nil {
		r, _ = e.Find("a")
	}
	tell(t, e, r, 1)
	r.drain()
	r.postSystem(stopMessage)
	e.spawning.Unlock()
	if got := want(t, spawned); got != r {
		t.Errorf("%v", got)
	}
	want(t, r.gone())
	d.expect(t, "engine.Started", "engine.Stopping")
	if a := e.Account(); a != (Account{Sent: 1, Dead: 1}) {
		t.Errorf("%+v", a)
	}
}

// After a shutdown nothing runs: no timer of the watchdog, of an actor or of a pause.
func TestNothingRunsAfterShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := New(Config{})
		r := spawn(t, e, Spec{Name: "a", Policy: pausing(time.Minute, supervision.Policy{}), New: each(func(c *Context, _ any) error {
			c.After(time.Minute, "later")
			return errBroken
		})})
		tell(t, e, r, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := e.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		e.workers.mu.Lock()
		live := len(e.workers.live)
		e.workers.mu.Unlock()
		if live != 0 {
			t.Errorf("%d workers", live)
		}
		pass(time.Hour)
		e.workers.mu.Lock()
		defer e.workers.mu.Unlock()
		if e.workers.dog.armed || len(e.workers.queue) > e.workers.head {
			t.Error("something moved")
		}
	})
}
