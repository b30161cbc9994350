package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/supervision"
)

// One test per defect of protoactor that applies on one node, with the sentence it answers. A21 (the size of an actor
// system) is the library's own; the rest of what is missing here concerns remoting and clusters.

// stubborn makes actors that panic when they are to stop.
func stubborn() Actor {
	return ActorFunc(func(_ *Context, msg any) error {
		if _, last := msg.(Stopping); last {
			panic("I shall not go")
		}
		return nil
	})
}

// "A1: panic in Stopping makes the supervisor restart the actor: stop is lost, parent never stops".
func TestA1PanicInStoppingStillStops(t *testing.T) {
	var o observer
	e := open(t, Config{Observe: o.see})
	parent := spawn(t, e, Spec{Name: "parent", New: stubborn})
	child := spawn(t, e, Spec{Name: "child", New: stubborn, Parent: parent})
	for _, r := range []*Ref{child, parent} {
		if err := e.Stop(t.Context(), r); err != nil {
			t.Error(err)
		}
		if _, err := e.Find(r.Name()); !errors.Is(err, ErrNoName) {
			t.Errorf("%s is still there", r.Name())
		}
	}
	if d := o.decisions(); len(d) > 0 {
		t.Errorf("supervised: %v", d)
	}
}

// "A2: panic in Stopped: gone from the registry, but no Terminated: watchers and parent hang for ever". Nothing of an
// actor runs after Stopping, and who waits for its end is told after all else.
func TestA2WhoWaitsForTheEndIsTold(t *testing.T) {
	e := open(t, Config{})
	for i := range 200 {
		r := spawn(t, e, Spec{Name: "a", New: stubborn})
		tell(t, e, r, i)
		if err := e.Stop(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		// The name is free and the account settled at that moment, not soon after.
		if a := e.Account(); !a.Balanced() || a.Handled != int64(i+1) {
			t.Fatalf("stopped, and the account is %+v", a)
		}
	}
}

// "A3: Stop during a pending backoff restart: the late Restart overrides Stopping: actor comes back".
func TestA3StopDuringBackoffIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		lives := 0
		r := spawn(t, e, Spec{Name: "a", Policy: pausing(time.Minute, supervision.Policy{}), New: func() Actor {
			lives++
			return each(func(*Context, any) error { return errors.New("broken") })()
		}})
		tell(t, e, r, 1, 2)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := e.Stop(ctx, r); err != nil {
			t.Errorf("it only paused, and was named: %v", err)
		}
		pass(time.Hour)
		if _, err := e.Find("a"); !errors.Is(err, ErrNoName) || lives != 1 {
			t.Errorf("it came back: %v, %d lives", err, lives)
		}
		if a := e.Account(); a != (Account{Sent: 2, Dead: 2}) {
			t.Errorf("%+v", a)
		}
	})
}

func TestA3RestartBehindAStopIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		lives, held := 0, make(chan struct{})
		r := spawn(t, e, Spec{Name: "a", New: func() Actor {
			lives++
			return each(func(*Context, any) error { <-held; return nil })()
		}})
		tell(t, e, r, 1)
		synctest.Wait()
		r.postSystem(stopMessage)
		r.postSystem(restartMessage)
		close(held)
		synctest.Wait()
		if _, err := e.Find("a"); !errors.Is(err, ErrNoName) || lives != 1 {
			t.Errorf("it came back: %v, %d lives", err, lives)
		}
	})
}

// "A4: the rest of the mailbox is dropped silently on Stop (100 queued: 3 handled, 0 dead letters): lost work, stalls
// until timeout".
func TestA4RestOfTheMailboxIsAccounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		held := make(chan struct{})
		r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, msg any) error {
			<-held
			if msg == 3 {
				c.Stop()
			}
			return nil
		})})
		for i := range 100 {
			tell(t, e, r, i+1)
		}
		answers := make(chan error, 10)
		for range 10 {
			go func() {
				_, err := e.Request(t.Context(), r, "anyone there?")
				answers <- err
			}()
		}
		synctest.Wait()
		begin := time.Now()
		close(held)
		for range 10 {
			if err := <-answers; !errors.Is(err, ErrStopped) {
				t.Errorf("answered %v", err)
			}
		}
		if waited := time.Since(begin); waited > 0 {
			t.Errorf("they waited %v", waited)
		}
		if a := e.Account(); a != (Account{Sent: 110, Handled: 3, Dead: 107}) {
			t.Errorf("%+v", a)
		}
	})
}

// "A5: Bounded(n): the sender spins until there is room; an actor sending to itself deadlocks and burns a core".
func TestA5FullMailboxRefusesInsteadOfSpinning(t *testing.T) {
	e := open(t, Config{})
	refusals := make(chan error, 1)
	r := spawn(t, e, Spec{Name: "a", Mailbox: 10, New: each(func(c *Context, msg any) error {
		if msg == "begin" {
			for i := range 10 {
				if err := c.Send(c.Self(), i, 1); err != nil {
					return err
				}
			}
			refusals <- c.Send(c.Self(), "one too many", 1)
		}
		return nil
	})})
	tell(t, e, r, "begin")
	if err := want(t, refusals); !errors.Is(err, ErrBusy) {
		t.Errorf("answered %v", err)
	}
	if a := shut(t, e); a != (Account{Sent: 12, Handled: 11, Refused: 1}) {
		t.Errorf("%+v", a)
	}
}

// "A6: BoundedDropping: drops the OLDEST without a dead letter (kept 127 of 1000); counter not decremented on a drop:
// idle actor burns up to a core, also after Stop".
func TestA6FullMailboxKeepsTheOldestAndTellsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		var got []int
		held := make(chan struct{})
		r := spawn(t, e, Spec{Name: "a", Mailbox: 128, New: each(func(_ *Context, msg any) error {
			<-held
			got = append(got, msg.(int))
			return nil
		})})
		tell(t, e, r, 0)
		synctest.Wait() // it holds the first
		refused := 0
		for i := 1; i < 1000; i++ {
			if err := e.Tell(r, i, 1); errors.Is(err, ErrBusy) {
				refused++
			}
		}
		close(held)
		synctest.Wait()
		if len(got) != 129 || got[0] != 0 || got[128] != 128 || refused != 1000-129 {
			t.Errorf("kept %v, refused %d", got, refused)
		}
		pass(time.Minute)
		p := e.workers
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.dog.armed || p.idle != len(p.live) {
			t.Error("somebody is busy although nothing is to do")
		}
	})
}

// "A7: default mailbox is unbounded; its buffer never shrinks (20 MiB kept after a burst of 1 M)".
func TestA7BufferOfABurstIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		held := make(chan struct{})
		r := spawn(t, e, Spec{Name: "a", Mailbox: 100_000, New: each(func(*Context, any) error { <-held; return nil })})
		tell(t, e, r, 0)
		synctest.Wait() // it holds the first: the others wait together
		for i := range 100_000 {
			tell(t, e, r, i)
		}
		if cap(r.in) < 90_000 {
			t.Error("there was no burst")
		}
		close(held)
		synctest.Wait()
		if cap(r.in) > keepBuffer || cap(r.out) > keepBuffer {
			t.Errorf("it keeps room for %d and %d", cap(r.in), cap(r.out))
		}
	})
}

// "A8: Future wakes one waiter: with 3 waiters 2 hang". A request has one waiter, and many may ask at once.
func TestA8EveryOneWhoAsksIsAnswered(t *testing.T) {
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "a", New: echo})
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for j := range 100 {
				question := [2]int{i, j}
				if answer, err := e.Request(t.Context(), r, question); err != nil || answer != question {
					t.Errorf("asked %v, answered %v, %v", question, answer, err)
				}
			}
		})
	}
	all.Wait()
}

// "A9: Future result written without the lock: data race near the timeout". Here the answers come about when the
// asker gives up; it has its own answer or none.
func TestA9AnswersAtTheDeadlineAreTheOwnOrNone(t *testing.T) {
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "a", Mailbox: 8 * 500, New: each(func(c *Context, msg any) error {
		who := c.Caller()
		go func() {
			for range rand.IntN(50) {
				runtime.Gosched()
			}
			who.Answer(msg, nil)
		}()
		return nil
	})})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 500 {
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					for range rand.IntN(50) {
						runtime.Gosched()
					}
					cancel()
				}()
				question := [2]int{i, j}
				answer, err := e.Request(ctx, r, question)
				switch {
				case err == nil && answer == question:
				case errors.Is(err, context.Canceled) && answer == nil:
				default:
					t.Errorf("asked %v, answered %v, %v", question, answer, err)
				}
				cancel()
			}
		})
	}
	all.Wait()
}

// "A10: SetReceiveTimeout: timer goroutine writes actor state; fires once only". A timer is a message, as often as it
// is set.
func TestA10TimerIsAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		var d diary
		begin := time.Now()
		count := 0 // touched by the actor only
		r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, _ any) error {
			d.note("%d at %v", count, time.Since(begin))
			if count++; count < 4 {
				c.After(time.Second, "tick")
			}
			return nil
		})})
		tell(t, e, r, "begin")
		pass(time.Minute)
		d.expect(t, "0 at 0s", "1 at 1s", "2 at 2s", "3 at 3s")
	})
}

// "A11: Future with timeout < 0 that is never answered: registry leak".
func TestA11RequestWithoutAnswerLeavesNothing(t *testing.T) {
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, _ any) error { c.Caller(); return nil })})
	processes := func() (n int) {
		for _, m := range e.system.ProcessRegistry.LocalPIDs.LocalPIDs {
			n += m.Count()
		}
		return n
	}
	before := processes()
	for range 100 {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Microsecond)
		if _, err := e.Request(ctx, r, "anyone there?"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		cancel()
	}
	if after := processes(); after != before || before == 0 {
		t.Errorf("%d processes, then %d", before, after)
	}
}

// "A12: ReenterAfter continuation is a system message on the OLD closure: runs after a restart and while suspended:
// writes to a dead instance".
func TestA12ResultComesToTheLifeThatIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		var d diary
		begin := time.Now()
		lives := 0
		r := spawn(t, e, Spec{Name: "a", Policy: pausing(time.Minute, supervision.Policy{}), New: func() Actor {
			lives++
			life := lives
			return each(func(c *Context, msg any) error {
				d.note("life %d: %v at %v", life, msg, time.Since(begin))
				switch {
				case msg == "work":
					c.Go("job", 0, func(context.Context) (any, error) { time.Sleep(2 * time.Second); return nil, nil },
						func(any, error) any { return "result" })
					c.After(3*time.Second, "timer")
				case msg == "fail" && life == 1:
					return errors.New("broken")
				}
				return nil
			})()
		}})
		tell(t, e, r, "work")
		pass(time.Second)
		tell(t, e, r, "fail")
		pass(time.Hour)
		d.expect(t, "life 1: work at 0s", "life 1: fail at 1s", "life 2: fail at 1m1s", "life 2: result at 1m1s", "life 2: timer at 1m1s")
	})
}

// "A13: Stash is LIFO, unstashed only by restart, loses sender and headers". What an actor failed at waits for the
// next life in front of the others, with its sender and its caller.
func TestA13FailedMessageKeepsItsPlaceAndItsSender(t *testing.T) {
	e := open(t, Config{})
	var d diary
	lives := 0
	b := spawn(t, e, Spec{Name: "b", Policy: atOnce(supervision.Policy{}), New: func() Actor {
		lives++
		life := lives
		return each(func(c *Context, msg any) error {
			d.note("%v of %s", msg, c.Sender().Name())
			if life < 3 {
				panic("broken")
			}
			return nil
		})()
	}})
	a := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, msg any) error { return c.Send(b, msg, 1) })})
	tell(t, e, a, 1, 2, 3)
	shut(t, e)
	d.expect(t, "1 of a", "1 of a", "1 of a", "2 of a", "3 of a")
}

// "A14: guardian that escalates, or AllForOne as guardian: panic inside recovery: process exit 2".
func TestA14EscalationAtTheTopIsReported(t *testing.T) {
	for _, scope := range []supervision.Scope{supervision.OneForOne, supervision.AllForOne} {
		e := open(t, Config{})
		other := spawn(t, e, Spec{Name: "other", New: echo})
		top := spawn(t, e, Spec{Name: "top", Policy: &supervision.Policy{Scope: scope}, New: each(func(*Context, any) error {
			return fmt.Errorf("%w: the lake is gone", ErrEscalate)
		})})
		tell(t, e, top, 1, 2)
		err := want(t, e.Fatal())
		if !errors.Is(err, ErrEscalate) || !strings.Contains(err.Error(), "top: turn 1") {
			t.Errorf("%v: %v", scope, err)
		}
		if err := e.Stop(t.Context(), top); err != nil {
			t.Error(err)
		}
		if _, err := e.Request(t.Context(), other, "still there?"); err != nil {
			t.Errorf("%v: others went with it: %v", scope, err)
		}
	}
}

// "A15: EventStream subscriber that panics on a supervisor event: process exit".
func TestA15PanicOfTheObserverHarmsNobody(t *testing.T) {
	var log lines
	e := open(t, Config{Log: logTo(&log), Observe: func(Event) { panic("I cannot look") }})
	failed := false
	r := spawn(t, e, Spec{Name: "a", Policy: atOnce(supervision.Policy{}), New: each(func(c *Context, msg any) error {
		if !failed {
			failed = true
			return errors.New("broken")
		}
		c.Reply(msg)
		return nil
	})})
	if _, err := e.Request(t.Context(), r, "still there?"); err != nil {
		t.Error(err)
	}
	if got := log.String(); !strings.Contains(got, "I cannot look") {
		t.Errorf("nobody was told: %s", got)
	}
}

// "A16: ActorSystem.Shutdown stops no actor; called twice it panics".
func TestA16ShutdownStopsActorsAndMayBeCalledAgain(t *testing.T) {
	var d diary
	e := New(Config{})
	for i := range 3 {
		spawn(t, e, Spec{Name: fmt.Sprint(i), New: func() Actor {
			return ActorFunc(func(c *Context, msg any) error {
				if _, last := msg.(Stopping); last {
					d.note("%s stopped", c.Self().Name())
				}
				return nil
			})
		}})
	}
	shut(t, e)
	d.expect(t, "2 stopped", "1 stopped", "0 stopped")
	shut(t, e)
	d.expect(t, "2 stopped", "1 stopped", "0 stopped")
	if _, err := e.Spawn(Spec{Name: "late", New: idle}); !errors.Is(err, ErrStopped) {
		t.Errorf("spawned after all: %v", err)
	}
}

// "A17: StopFuture/PoisonFuture time out at a fixed 10 s: false failures".
func TestA17DeadlineOfAStopIsTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		slow := each(func(*Context, any) error { time.Sleep(time.Minute); return nil })
		r := spawn(t, e, Spec{Name: "patient", New: slow})
		tell(t, e, r, 1)
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := e.Stop(ctx, r); err != nil || time.Since(begin) != time.Minute {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		r = spawn(t, e, Spec{Name: "hasty", New: slow})
		tell(t, e, r, 1)
		begin = time.Now()
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := e.Stop(ctx, r)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "hasty") {
			t.Errorf("it blocks and is not named: %v", err)
		}
		if took := time.Since(begin); took > time.Second+grace {
			t.Errorf("after %v", took)
		}
		pass(time.Minute) // it ends when it no longer blocks
		if _, err := e.Find("hasty"); !errors.Is(err, ErrNoName) {
			t.Error("it did not stop even then")
		}
	})
}

// "A18: SpawnNamed with a taken name still runs the producer: side effects".
func TestA18TakenNameRunsNoProducer(t *testing.T) {
	e := open(t, Config{})
	spawn(t, e, Spec{Name: "a", New: idle})
	for _, name := range []string{"a", "eventstream"} { // the second is an actor of the library itself
		_, err := e.Spawn(Spec{Name: name, New: func() Actor { t.Error("made"); return idle() }})
		if !errors.Is(err, ErrNameTaken) || !strings.Contains(err.Error(), name) {
			t.Error(err)
		}
	}
	if r, err := e.Find("eventstream"); err == nil {
		t.Errorf("found %v", r)
	}
}

// "A19: stack of a failure is lost: blind debugging".
func TestA19PanicCarriesItsStack(t *testing.T) {
	var o observer
	var log lines
	e := open(t, Config{Observe: o.see, Log: logTo(&log)})
	r := spawn(t, e, Spec{Name: "a", Policy: atOnce(supervision.Policy{Attempts: 1}), New: each(func(*Context, any) error {
		catchAFish()
		return nil
	})})
	tell(t, e, r, 1)
	shut(t, e)
	f := seen[Decided](&o)[0].Decision.Cause()
	if !strings.Contains(string(f.Stack()), "catchAFish") {
		t.Errorf("stack: %s", f.Stack())
	}
	if !strings.Contains(log.String(), "catchAFish") {
		t.Errorf("log: %s", log.String())
	}
}

func catchAFish() {
	var pond []string
	_ = pond[len(pond)] // nothing bites
}

// "A20: RestartStatistics never trimmed: slow leak".
func TestA20MemoryOfFailuresIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		const failures = 20_000
		r := spawn(t, e, Spec{Name: "a", Mailbox: failures,
			Policy: atOnce(supervision.Policy{Attempts: 1, Budget: supervision.Budget{Quarantines: 3, Turns: 2}}),
			New:    each(func(*Context, any) error { return errBroken })})
		for i := range failures {
			tell(t, e, r, i)
		}
		synctest.Wait()
		if r.turn != failures {
			t.Fatalf("%d failures", r.turn)
		}
		if n := reflect.ValueOf(r.trouble.record).FieldByName("charged").Cap(); n == 0 || n > 16 {
			t.Errorf("room for %d of %d failures", n, failures)
		}
	})
}

// batchOfTwo looks to protoactor like a message that holds others.
type batchOfTwo struct{ first, second any }

// GetMessages makes it a batch for protoactor.
func (b batchOfTwo) GetMessages() []any { return []any{b.first, b.second} }

// "A22: MessageBatch: members delivered and then the batch object too: double handling".
func TestA22MessageThatHoldsOthersIsOneMessage(t *testing.T) {
	e := open(t, Config{})
	var d diary
	r := spawn(t, e, Spec{Name: "a", New: each(func(_ *Context, msg any) error { d.note("%T", msg); return nil })})
	tell(t, e, r, batchOfTwo{1, 2})
	shut(t, e)
	d.expect(t, "engine.batchOfTwo")
}
