package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/supervision"
)

var errBroken = errors.New("broken")

// "The same event is offered again under the same n …, up to the policy's attempts (default 5, counted per event), then
// quarantined, and life goes on with the next." And the pauses are exact, not cut short by the library's resume.
func TestFailingMessageIsOfferedAgainThenQuarantined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		var o observer
		e := open(t, Config{Observe: o.see})
		begin := time.Now()
		lives := 0
		r := spawn(t, e, Spec{Name: "a", Policy: pausing(100*time.Millisecond, supervision.Policy{}), New: func() Actor {
			lives++
			life := lives
			return each(func(c *Context, msg any) error {
				d.note("life %d: %v, attempt %d of %d at %v", life, msg, c.Attempt(), c.Attempts(), time.Since(begin))
				if msg == "bad" {
					return errBroken
				}
				return nil
			})()
		}})
		tell(t, e, r, "good", "bad", "next")
		pass(time.Minute)
		d.expect(t,
			"life 1: good, attempt 1 of 5 at 0s",
			"life 1: bad, attempt 1 of 5 at 0s",
			"life 2: bad, attempt 2 of 5 at 100ms",
			"life 3: bad, attempt 3 of 5 at 300ms",
			"life 4: bad, attempt 4 of 5 at 700ms",
			"life 5: bad, attempt 5 of 5 at 1.5s",
			"life 6: next, attempt 1 of 5 at 3.1s")
		want := []string{
			"restart a turn 2 attempt 1",
			"restart a turn 2 attempt 2",
			"restart a turn 2 attempt 3",
			"restart a turn 2 attempt 4",
			"quarantine a turn 2 attempt 5",
		}
		if got := o.decisions(); !slices.Equal(got, want) {
			t.Errorf("decided %q", got)
		}
		if a := e.Account(); a.Sent != 3 {
			t.Errorf("%+v", a)
		}
		if a := shut(t, e); a != (Account{Sent: 3, Handled: 2, Quarantined: 1}) {
			t.Errorf("%+v", a)
		}
	})
}

func TestPanicAndErrorAreTreatedAlike(t *testing.T) {
	run := func(fail func() error) (*diary, Account) {
		d, o := &diary{}, &observer{}
		e := open(t, Config{Observe: o.see})
		r := spawn(t, e, Spec{Name: "a", Policy: atOnce(supervision.Policy{Attempts: 2, Budget: supervision.Budget{Quarantines: 1, Turns: 9}}),
			New: each(func(*Context, any) error { return fail() })})
		tell(t, e, r, 1)
		_, _ = e.Request(t.Context(), r, 2)
		d.lines = o.decisions()
		return d, shut(t, e)
	}
	byError, a := run(func() error { return errBroken })
	byPanic, b := run(func() error { panic("broken") })
	byPanic.expect(t, byError.all()...)
	if a != b || a != (Account{Sent: 2, Quarantined: 2}) {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestAttemptsAreCountedPerMessage(t *testing.T) {
	e := open(t, Config{})
	var d diary
	tries := map[any]int{}
	r := spawn(t, e, Spec{Name: "a", Policy: atOnce(supervision.Policy{Attempts: 3}), New: each(func(c *Context, msg any) error {
		d.note("%v %d again %v", msg, c.Attempt(), c.Again())
		if tries[msg]++; tries[msg] < 3 {
			return errBroken
		}
		return nil
	})})
	tell(t, e, r, "a", "b")
	if a := shut(t, e); a.Handled != 2 {
		t.Errorf("%+v", a)
	}
	d.expect(t, "a 1 again false", "a 2 again true", "a 3 again true", "b 1 again false", "b 2 again true", "b 3 again true")
}

// A life that does not start takes no attempt away from the message, nor gives it new ones.
func TestLifeThatDoesNotStartIsTriedAgain(t *testing.T) {
	var d diary
	var o observer
	e := open(t, Config{Observe: o.see})
	lives := 0
	r := spawn(t, e, Spec{Name: "a", Policy: atOnce(supervision.Policy{Attempts: 3}), New: func() Actor {
		lives++
		life := lives
		if life == 5 {
			panic("not even made")
		}
		return ActorFunc(func(c *Context, msg any) error {
			switch msg.(type) {
			case Started:
				if life == 2 || life == 3 {
					d.note("life %d does not start, attempt %d", life, c.Attempt())
					return errBroken
				}
			case string:
				d.note("life %d: %v, attempt %d", life, msg, c.Attempt())
				if msg == "bad" {
					return errBroken
				}
			}
			return nil
		})
	}})
	tell(t, e, r, "bad", "good")
	a := shut(t, e)
	d.expect(t,
		"life 1: bad, attempt 1",
		"life 2 does not start, attempt 1",
		"life 3 does not start, attempt 2",
		"life 4: bad, attempt 2",
		"life 6: bad, attempt 3",
		"life 7: good, attempt 1")
	if a != (Account{Sent: 2, Handled: 1, Quarantined: 1}) {
		t.Errorf("%+v", a)
	}
}

func TestActorThatNeverStartsIsStopped(t *testing.T) {
	var o observer
	e := open(t, Config{Observe: o.see})
	lives := 0
	r := spawn(t, e, Spec{Name: "a", Policy: atOnce(supervision.Policy{}), New: func() Actor { lives++; panic("not even made") }})
	want(t, r.gone())
	if got := o.decisions(); lives != 5 || len(got) != 5 || got[4] != "stop a turn 0 attempt 5" {
		t.Errorf("%d lives, decided %q", lives, got)
	}
}

// What was failed before a start that fails for good is dead, and its asker is told.
func TestMessageOfALifeWithoutSuccessorIsDead(t *testing.T) {
	e := open(t, Config{})
	lives := 0
	r := spawn(t, e, Spec{Name: "a", Policy: atOnce(supervision.Policy{}), New: func() Actor {
		if lives++; lives > 1 {
			panic("no more lives")
		}
		return each(func(*Context, any) error { return errBroken })()
	}})
	if _, err := e.Request(t.Context(), r, 1); !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
	if a := shut(t, e); a != (Account{Sent: 1, Dead: 1}) {
		t.Errorf("%+v", a)
	}
}

// "ErrStop is returned by an actor that is done and wants to stop. It is not a failure": the message was handled.
func TestErrStopIsAHandledMessage(t *testing.T) {
	for _, attempts := range []int{0, 1} {
		e := open(t, Config{})
		r := spawn(t, e, Spec{Name: "a", Policy: &supervision.Policy{Attempts: attempts}, New: each(func(_ *Context, msg any) error {
			return fmt.Errorf("all fish are sold: %w", supervision.ErrStop)
		})})
		if _, err := e.Request(t.Context(), r, 1); !errors.Is(err, ErrNoAnswer) {
			t.Error(err)
		}
		want(t, r.gone())
		if a := e.Account(); a != (Account{Sent: 1, Handled: 1}) {
			t.Errorf("with %d attempts: %+v", attempts, a)
		}
	}
}

// "Budget stops the actor whose events are quarantined too often".
func TestEndOfTheBudgetStopsTheActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		r := spawn(t, e, Spec{Name: "a", Policy: atOnce(supervision.Policy{Attempts: 2, Budget: supervision.Budget{Quarantines: 2, Turns: 100}}),
			New: each(func(*Context, any) error { return errBroken })})
		tell(t, e, r, 1, 2, 3, 4, 5)
		want(t, r.gone())
		if a := e.Account(); a != (Account{Sent: 5, Quarantined: 3, Dead: 2}) {
			t.Errorf("%+v", a)
		}
	})
}

func TestAllForOneRestartsTheSiblings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		e := open(t, Config{Workers: 1})
		parent := spawn(t, e, Spec{Name: "parent", New: idle})
		lives := map[string]int{}
		child := func(name string) *Ref {
			return spawn(t, e, Spec{Name: name, Parent: parent, Policy: pausing(time.Second, supervision.Policy{Scope: supervision.AllForOne}),
				New: func() Actor {
					lives[name]++
					return each(func(c *Context, msg any) error {
						d.note("%s: %v in life %d", name, msg, lives[name])
						if msg == "bad" && c.Attempt() == 1 {
							return errBroken
						}
						return nil
					})()
				}})
		}
		a, b := child("a"), child("b")
		other := spawn(t, e, Spec{Name: "other", New: func() Actor { lives["other"]++; return idle() }})
		tell(t, e, b, 1)
		synctest.Wait()
		tell(t, e, a, "bad")
		synctest.Wait()
		tell(t, e, b, 2)
		tell(t, e, other, 1)
		pass(time.Minute)
		d.expect(t, "b: 1 in life 1", "a: bad in life 1", "b: 2 in life 2", "a: bad in life 2")
		if lives["a"] != 2 || lives["b"] != 2 || lives["other"] != 1 {
			t.Errorf("lives: %v", lives)
		}
	})
}

// A sibling that pauses after a failure of its own is restarted with the others, and not once more when its pause
// would have ended.
func TestAllForOneEndsThePauseOfASibling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		e := open(t, Config{Workers: 1})
		parent := spawn(t, e, Spec{Name: "parent", New: idle})
		begin := time.Now()
		lives := map[string]int{}
		child := func(name string, pause time.Duration, scope supervision.Scope) *Ref {
			return spawn(t, e, Spec{Name: name, Parent: parent, Policy: pausing(pause, supervision.Policy{Scope: scope}),
				New: func() Actor {
					lives[name]++
					return each(func(c *Context, msg any) error {
						d.note("%s: %v, attempt %d at %v", name, msg, c.Attempt(), time.Since(begin))
						if msg == "bad" && c.Attempt() == 1 {
							return errBroken
						}
						return nil
					})()
				}})
		}
		a, b := child("a", time.Hour, supervision.OneForOne), child("b", time.Second, supervision.AllForOne)
		tell(t, e, a, "bad")
		pass(time.Minute)
		tell(t, e, b, "bad")
		pass(2 * time.Hour)
		d.expect(t, "a: bad, attempt 1 at 0s", "b: bad, attempt 1 at 1m0s", "a: bad, attempt 2 at 1m0s", "b: bad, attempt 2 at 1m1s")
		if lives["a"] != 2 || lives["b"] != 2 {
			t.Errorf("lives: %v", lives)
		}
	})
}

// Siblings that often fail to start end each other's lives once, not for ever.
func TestAllForOneIsNoAvalanche(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{Workers: 1, MaxWorkers: 1})
		parent := spawn(t, e, Spec{Name: "parent", New: idle})
		lives := 0
		var first *Ref
		for i := range 50 {
			own := 0
			r := spawn(t, e, Spec{Name: fmt.Sprint(i), Parent: parent, Policy: pausing(time.Second, supervision.Policy{Scope: supervision.AllForOne}),
				New: func() Actor {
					lives++
					if own++; own%2 == 0 {
						panic("not made")
					}
					return each(func(c *Context, _ any) error {
						if c.Attempt() == 1 {
							return errBroken
						}
						return nil
					})()
				}})
			if i == 0 {
				first = r
			}
		}
		tell(t, e, first, 1)
		pass(time.Hour)
		if lives != 3*50 {
			t.Errorf("%d lives", lives)
		}
	})
}

// "Escalate: parent restarts" and its children with it; the failed message is offered again.
func TestEscalatedFailureIsDecidedByTheParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		var o observer
		e := open(t, Config{Observe: o.see})
		count := func(name string, f func(c *Context, msg any) error) func() Actor {
			lives := 0
			return func() Actor {
				lives++
				d.note("%s: life %d", name, lives)
				return each(f)()
			}
		}
		top := spawn(t, e, Spec{Name: "top", New: count("top", func(*Context, any) error { return nil })})
		synctest.Wait()
		parent := spawn(t, e, Spec{Name: "parent", Parent: top, New: count("parent", func(*Context, any) error { return nil })})
		synctest.Wait()
		child := spawn(t, e, Spec{Name: "child", Parent: parent, New: count("child", func(c *Context, msg any) error {
			d.note("child: %v, attempt %d", msg, c.Attempt())
			if c.Attempt() == 1 {
				return fmt.Errorf("%w: %w", supervision.ErrEscalate, errBroken)
			}
			return nil
		})})
		tell(t, e, child, 1)
		pass(time.Minute)
		d.expect(t, "top: life 1", "parent: life 1", "child: life 1", "child: 1, attempt 1",
			"parent: life 2", "child: life 2", "child: 1, attempt 2")
		want := []string{"escalate child turn 1 attempt 1", "restart parent turn 1 attempt 1"}
		if got := o.decisions(); !slices.Equal(got, want) {
			t.Errorf("decided %q", got)
		}
		select {
		case err := <-e.Fatal():
			t.Errorf("it went to the top: %v", err)
		default:
		}
	})
}

// A child that never recovers is passed up until nobody is left, and is not offered for ever.
func TestEscalationEndsAtTheTop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		top := spawn(t, e, Spec{Name: "top", New: idle})
		parent := spawn(t, e, Spec{Name: "parent", New: idle, Parent: top})
		tries := 0
		child := spawn(t, e, Spec{Name: "child", Parent: parent, New: each(func(*Context, any) error {
			tries++
			return supervision.ErrEscalate
		})})
		tell(t, e, child, 1, 2)
		err := want(t, e.Fatal())
		var f *supervision.Failure
		if !errors.As(err, &f) || f.Actor != "top" {
			t.Errorf("%v", err)
		}
		want(t, child.gone())
		synctest.Wait()
		for _, name := range []string{"top", "parent", "child"} {
			if _, err := e.Find(name); err == nil {
				t.Errorf("%s is still there", name)
			}
		}
		if a := e.Account(); a != (Account{Sent: 2, Dead: 2}) {
			t.Errorf("%+v", a)
		}
		if tries != 9 { // the fifth exhausts the parent's patience, the ninth the top's
			t.Errorf("tried %d times", tries)
		}
	})
}

// A failure that is passed up does not charge what the parent is itself in the middle of.
func TestAdoptedFailureKeepsTheMessageOfTheParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		e := open(t, Config{})
		begin := time.Now()
		parent := spawn(t, e, Spec{Name: "parent", Policy: pausing(time.Second, supervision.Policy{Attempts: 2}), New: each(func(c *Context, msg any) error {
			d.note("%v, attempt %d at %v", msg, c.Attempt(), time.Since(begin))
			if c.Attempt() == 1 {
				return errBroken
			}
			return nil
		})})
		child := spawn(t, e, Spec{Name: "child", Parent: parent, New: each(func(c *Context, _ any) error {
			if c.Attempt() == 1 {
				return supervision.ErrEscalate
			}
			return nil
		})})
		tell(t, e, parent, "own work")
		pass(time.Second / 2)
		tell(t, e, child, 1)
		pass(time.Hour)
		d.expect(t, "own work, attempt 1 at 0s", "own work, attempt 2 at 1.5s") // one pause at a time: the later
		if a := shut(t, e); a != (Account{Sent: 2, Handled: 2}) {
			t.Errorf("%+v", a)
		}
	})
}

// A parent that stops decides about nobody any more.
func TestStoppedParentAdoptsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o observer
		e := open(t, Config{Observe: o.see})
		held := make(chan struct{})
		parent := spawn(t, e, Spec{Name: "parent", New: each(func(*Context, any) error { <-held; return nil })})
		child := spawn(t, e, Spec{Name: "child", Parent: parent, New: each(func(*Context, any) error { return supervision.ErrEscalate })})
		tell(t, e, parent, 1)
		synctest.Wait()
		parent.postSystem(stopMessage)
		tell(t, e, child, 1)
		synctest.Wait()
		close(held)
		pass(time.Minute)
		if got := o.decisions(); !slices.Equal(got, []string{"escalate child turn 1 attempt 1"}) {
			t.Errorf("decided %q", got)
		}
		want(t, child.gone())
	})
}

func TestChildrenGetANewLifeWithTheirParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		failed := false
		parent := spawn(t, e, Spec{Name: "parent", New: each(func(*Context, any) error {
			if !failed {
				failed = true
				return errBroken
			}
			return nil
		})})
		lives := 0
		spawn(t, e, Spec{Name: "child", Parent: parent, New: func() Actor { lives++; return idle() }})
		tell(t, e, parent, 1)
		pass(time.Minute)
		if lives != 2 {
			t.Errorf("%d lives", lives)
		}
	})
}

// "Actor.Stop … decided by its supervision: children stop with their parent".
func TestChildrenStopWithTheirParent(t *testing.T) {
	e := open(t, Config{})
	parent := spawn(t, e, Spec{Name: "parent", New: each(func(*Context, any) error { return supervision.ErrStop })})
	child := spawn(t, e, Spec{Name: "child", Parent: parent, New: idle})
	grandchild := spawn(t, e, Spec{Name: "grandchild", Parent: child, New: idle})
	tell(t, e, parent, 1)
	for _, r := range []*Ref{parent, child, grandchild} {
		want(t, r.gone())
	}
	orphan := spawn(t, e, Spec{Name: "orphan", Parent: parent, New: idle})
	want(t, orphan.gone())
	if _, err := e.Spawn(Spec{Name: "child", New: idle}); err != nil {
		t.Errorf("the name is not free: %v", err)
	}
}

// The same seed gives the same pauses, whatever the clock; another seed others.
func TestPausesComeFromTheSeed(t *testing.T) {
	pauses := func(seed uint64) (all []time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, Config{Seed: seed})
			var last time.Time
			r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, _ any) error {
				if c.Attempt() > 1 {
					all = append(all, time.Since(last))
				}
				last = time.Now()
				return errBroken
			})})
			tell(t, e, r, 1, 2)
			pass(time.Minute)
		})
		return all
	}
	a, b, c := pauses(1), pauses(1), pauses(2)
	if len(a) != 8 || !slices.Equal(a, b) || slices.Equal(a, c) || slices.Equal(a[:4], a[4:]) {
		t.Errorf("seed 1: %v and %v, seed 2: %v", a, b, c)
	}
}

// A message waits while the actor pauses, a stop does not wait longer than it is allowed to.
func TestStopLetsAPausingActorFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		r := spawn(t, e, Spec{Name: "a", Policy: pausing(time.Second, supervision.Policy{Attempts: 2}), New: each(func(_ *Context, msg any) error {
			if msg == "bad" {
				return errBroken
			}
			return nil
		})})
		tell(t, e, r, "bad", "good")
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := e.Stop(ctx, r); err != nil || time.Since(begin) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		if a := e.Account(); a != (Account{Sent: 2, Handled: 1, Quarantined: 1}) {
			t.Errorf("%+v", a)
		}
	})
}
