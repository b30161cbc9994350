package engine

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/polis-agents/polis/supervision"
)

// errands is a message that holds several events.
type errands []any

// runner is a Host: it does errands, each a turn of its own, and keeps its account over all its lives.
type runner struct {
	do     func(c *Context, errand any) error
	make   func() // called for every life
	must   bool   // nothing may be skipped
	open   errands
	turn   uint64
	lives  int
	handed int // errands taken in
}

// NewLife makes the next life.
func (h *runner) NewLife() Actor {
	h.lives++
	if h.make != nil {
		h.make()
	}
	return ActorFunc(h.receive)
}

func (h *runner) receive(c *Context, msg any) error {
	switch msg := msg.(type) {
	case errands:
		if !c.Again() {
			h.open = msg
			h.handed += len(msg)
			h.turn++
		}
		for len(h.open) > 0 {
			c.Begin(h.turn, "errand")
			if err := h.do(c, h.open[0]); err != nil {
				return err
			}
			c.Handled(1)
			h.next()
		}
	case Stopping:
		c.Dead(len(h.open))
		h.open = nil
	}
	return nil
}

func (h *runner) next() {
	if h.open = h.open[1:]; len(h.open) > 0 {
		h.turn++
	}
}

// Quarantine sets the failed errand aside.
func (h *runner) Quarantine(c *Context, _ *supervision.Failure) bool {
	if h.must {
		return false
	}
	c.Quarantined(1)
	h.next()
	return true
}

func noted(d *diary) func(c *Context, errand any) error {
	return func(c *Context, errand any) error {
		d.note("turn %d: %v, attempt %d", c.ref.turn, errand, c.Attempt())
		switch {
		case errand == "bad", errand == "hard" && c.Attempt() < 3:
			return errBroken
		case errand == "last":
			return supervision.ErrStop
		}
		return nil
	}
}

// "After a failure the same message is offered to the next life, which goes on where the former one failed."
func TestHostGoesOnWhereItFailed(t *testing.T) {
	var d diary
	e := open(t, Config{})
	h := &runner{do: noted(&d)}
	r := spawn(t, e, Spec{Name: "a", Host: h, Policy: atOnce(supervision.Policy{Attempts: 3})})
	if err := e.Tell(r, errands{"a", "hard", "b", "bad", "c"}, 5); err != nil {
		t.Fatal(err)
	}
	if err := e.Tell(r, errands{"d"}, 1); err != nil {
		t.Fatal(err)
	}
	a := shut(t, e)
	d.expect(t,
		"turn 1: a, attempt 1",
		"turn 2: hard, attempt 1", "turn 2: hard, attempt 2", "turn 2: hard, attempt 3",
		"turn 3: b, attempt 1",
		"turn 4: bad, attempt 1", "turn 4: bad, attempt 2", "turn 4: bad, attempt 3",
		"turn 5: c, attempt 1",
		"turn 6: d, attempt 1")
	if a != (Account{Sent: 6, Handled: 5, Quarantined: 1}) || h.lives != 6 {
		t.Errorf("%+v, %d lives", a, h.lives)
	}
}

// What a host has taken in when it stops is its own to count: it is dead once, not twice.
func TestHostThatStopsInTheMiddleCountsTheRest(t *testing.T) {
	for _, c := range []struct {
		name   string
		h      runner
		policy supervision.Policy
		send   errands
		want   Account
	}{
		{"asks to stop", runner{}, supervision.Policy{}, errands{"a", "last", "b"}, Account{Sent: 4, Handled: 1, Dead: 3}},
		{"its budget ends", runner{}, supervision.Policy{Attempts: 1, Budget: supervision.Budget{Turns: 1}},
			errands{"a", "bad", "b"}, Account{Sent: 4, Handled: 1, Quarantined: 1, Dead: 2}},
		{"cannot go on", runner{must: true}, supervision.Policy{Attempts: 1}, errands{"a", "bad", "b"}, Account{Sent: 4, Handled: 1, Dead: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d diary
			e := open(t, Config{})
			h := c.h
			h.do = noted(&d)
			held := make(chan struct{})
			h.make = func() { <-held }
			r := spawn(t, e, Spec{Name: "a", Host: &h, Policy: atOnce(c.policy)})
			if err := e.Tell(r, c.send, 3); err != nil {
				t.Fatal(err)
			}
			if err := e.Tell(r, errands{"c"}, 1); err != nil {
				t.Fatal(err)
			}
			close(held)
			want(t, r.gone())
			if a := e.Account(); a != c.want {
				t.Errorf("%+v, want %+v", a, c.want)
			}
		})
	}
}

// A host that is stopped while it pauses, or whose next life cannot be made, still gets its Stopping.
func TestHostBetweenTwoLivesCountsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, next := range []string{"pauses", "is not made"} {
			var d diary
			e := open(t, Config{})
			h := &runner{do: noted(&d)}
			policy := &supervision.Policy{Backoff: supervision.Backoff{Min: 1 << 40}}
			if next == "is not made" {
				policy = atOnce(supervision.Policy{})
				h.make = func() {
					if h.lives > 1 {
						panic("no clay")
					}
				}
			}
			r := spawn(t, e, Spec{Name: "a", Host: h, Policy: policy})
			if err := e.Tell(r, errands{"a", "bad", "b"}, 3); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			r.postSystem(stopMessage)
			synctest.Wait()
			if a := e.Account(); a != (Account{Sent: 3, Handled: 1, Dead: 2}) {
				t.Errorf("the next life %s: %+v", next, a)
			}
		}
	})
}

// "skipped is false when the actor cannot go on without that turn: the failure then goes to its parent".
func TestHostThatCannotSkipATurnPassesItUp(t *testing.T) {
	var d diary
	var o observer
	e := open(t, Config{Observe: o.see})
	r := spawn(t, e, Spec{Name: "a", Host: &runner{do: noted(&d), must: true}, Policy: atOnce(supervision.Policy{Attempts: 2})})
	answers := make(chan error)
	go func() {
		_, err := e.Request(t.Context(), r, errands{"bad"})
		answers <- err
	}()
	if err := want(t, e.Fatal()); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if err := want(t, answers); !errors.Is(err, ErrStopped) {
		t.Errorf("answered %v", err)
	}
	d.lines = o.decisions()
	d.expect(t, "restart a turn 1 attempt 1", "escalate a turn 1 attempt 2")
}

// Who asks a host that stops over the question is answered.
func TestAskerOfAHostThatStopsIsAnswered(t *testing.T) {
	var d diary
	for errand, want := range map[string]error{"last": ErrNoAnswer, "bad": errBroken} {
		e := open(t, Config{})
		r := spawn(t, e, Spec{Name: "a", Host: &runner{do: noted(&d)},
			Policy: atOnce(supervision.Policy{Attempts: 1, Budget: supervision.Budget{Turns: 1}})})
		if _, err := e.Request(t.Context(), r, errands{errand}); !errors.Is(err, want) {
			t.Errorf("%s: answered %v", errand, err)
		}
	}
}
