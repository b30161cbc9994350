package engine

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/polis-agents/polis/supervision"
)

// turnstile lets that many in, and counts who passes.
type turnstile struct {
	mu      sync.Mutex
	room    int
	dropped []any
}

// full is why the turnstile refuses.
type full struct{ room int }

func (f full) Error() string { return fmt.Sprintf("full at %d", f.room) }

// Enter lets a message in.
func (g *turnstile) Enter(msg any) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if msg == "free" || msg == nil {
		return nil
	}
	if g.room == 0 {
		return &Refusal{full{g.room}}
	}
	g.room--
	return nil
}

// Drop takes one back.
func (g *turnstile) Drop(msg any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropped = append(g.dropped, msg)
	if msg != "free" {
		g.room++
	}
}

func (g *turnstile) expect(t *testing.T, room int, dropped ...any) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.room != room || !slices.Equal(g.dropped, dropped) {
		t.Errorf("room for %d, dropped %v; want %d, %v", g.room, g.dropped, room, dropped)
	}
}

// "what it refuses costs the actor nothing": it is refused while the actor holds its turn, with the reason as a value.
func TestGateRefusesBeforeTheMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		g := &turnstile{room: 1}
		held := make(chan struct{})
		r := spawn(t, e, Spec{Name: "a", Gate: g, New: each(func(*Context, any) error { <-held; return nil })})
		tell(t, e, r, "first", "free")
		err := e.Tell(r, "second", 1)
		if why, ok := errors.AsType[full](err); !ok || why.room != 0 || err.Error() != "a: full at 0" {
			t.Errorf("refused with %v", err)
		}
		if _, err := e.Request(t.Context(), r, "third"); err == nil || err.Error() != "a: full at 0" {
			t.Errorf("asked, and refused with %v", err)
		}
		from := spawn(t, e, Spec{Name: "b", New: each(func(c *Context, msg any) error {
			if err := c.Send(r, msg, 1); err == nil {
				t.Error("the message of an actor passed")
			}
			return nil
		})})
		tell(t, e, from, "fourth")
		synctest.Wait()
		close(held)
		if a := shut(t, e); a != (Account{Sent: 6, Handled: 3, Refused: 3}) {
			t.Errorf("%+v", a)
		}
		g.expect(t, 0)
		if err := e.Tell(r, "late", 1); err == nil || errors.Is(err, ErrStopped) {
			t.Errorf("after the end the gate speaks first: %v", err)
		}
		if a := e.Account(); !a.Balanced() || a.Sent != 7 {
			t.Errorf("%+v", a)
		}
	})
}

// "Drop takes back a message that was let in and is not handled".
func TestGateGetsBackWhatIsNotHandled(t *testing.T) {
	for _, c := range []struct {
		name    string
		mailbox int
		policy  supervision.Policy
		do      func(t *testing.T, e *Engine, r *Ref)
		handled int
		dropped []any
	}{
		{"the mailbox is full", 1, supervision.Policy{}, func(t *testing.T, e *Engine, r *Ref) {
			_ = e.Tell(r, "held", 1)
			synctest.Wait()
			_ = e.Tell(r, 1, 1)
			if err := e.Tell(r, 2, 1); !errors.Is(err, ErrBusy) {
				t.Error(err)
			}
		}, 2, []any{2}},
		{"the actor stops", 0, supervision.Policy{}, func(t *testing.T, e *Engine, r *Ref) {
			_ = e.Tell(r, "held", 1)
			synctest.Wait()
			_ = e.Tell(r, 1, 1)
			_ = e.Tell(r, 2, 1)
			r.postSystem(stopMessage)
		}, 1, []any{1, 2}},
		{"it is set aside", 0, supervision.Policy{Attempts: 2}, func(t *testing.T, e *Engine, r *Ref) { _ = e.Tell(r, "bad", 1) }, 0, []any{"bad"}},
		{"its actor is stopped for it", 0, supervision.Policy{Attempts: 1, Budget: supervision.Budget{Turns: 1}},
			func(t *testing.T, e *Engine, r *Ref) { _ = e.Tell(r, "bad", 1) }, 0, []any{"bad"}},
		{"its failure goes up to the top", 0, supervision.Policy{Attempts: 1},
			func(t *testing.T, e *Engine, r *Ref) { _ = e.Tell(r, "top", 1) }, 0, []any{"top"}},
		{"its actor asks to stop", 0, supervision.Policy{}, func(t *testing.T, e *Engine, r *Ref) { _ = e.Tell(r, "last", 1) }, 1, nil},
		{"it has stopped before", 0, supervision.Policy{}, func(t *testing.T, e *Engine, r *Ref) {
			if err := e.Stop(t.Context(), r); err != nil {
				t.Error(err)
			}
			if err := e.Tell(r, 1, 1); !errors.Is(err, ErrStopped) {
				t.Error(err)
			}
		}, 0, []any{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, Config{})
				g := &turnstile{room: 10}
				held := make(chan struct{})
				r := spawn(t, e, Spec{Name: "a", Gate: g, Mailbox: c.mailbox, Policy: atOnce(c.policy), New: each(func(_ *Context, msg any) error {
					switch msg {
					case "held":
						<-held
					case "bad":
						return errBroken
					case "top":
						return errors.Join(errBroken, ErrEscalate)
					case "last":
						return supervision.ErrStop
					}
					return nil
				})})
				c.do(t, e, r)
				synctest.Wait()
				close(held)
				synctest.Wait()
				shut(t, e)
				g.expect(t, 10-c.handled, c.dropped...)
			})
		})
	}
}
