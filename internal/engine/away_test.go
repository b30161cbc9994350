package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// bridge joins two engines in one process: an actor whose name begins with the other's letter lives there.
type bridge struct {
	here, there *Engine
	deaf        error // what Send says; nil: it goes on
}

func (b *bridge) Send(from, to string, msg any, weight int) error {
	if b.deaf != nil {
		return b.deaf
	}
	go func() { _ = b.there.Arrive(from, to, msg, weight) }() // counted there
	return nil
}

// joined gives two engines; names beginning with "a/" live in the first, with "b/" in the second.
func joined(cfg Config) (a, b *Engine, to *bridge) {
	to, back := &bridge{}, &bridge{}
	cfgA, cfgB := cfg, cfg
	cfgA.Locate = func(name string) Away {
		if strings.HasPrefix(name, "b/") {
			return to
		}
		return nil
	}
	cfgB.Locate = func(name string) Away {
		if strings.HasPrefix(name, "a/") {
			return back
		}
		return nil
	}
	a, b = New(cfgA), New(cfgB)
	to.here, to.there, back.here, back.there = a, b, b, a
	return a, b, to
}

// shutBoth ends both and checks that the account holds over both together.
func shutBoth(t *testing.T, a, b *Engine) (sum Account) {
	t.Helper()
	for _, e := range []*Engine{a, b} {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		if err := e.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	}
	sum = a.Account()
	sum.add(b.Account())
	return sum
}

// "Outside the engine an actor is its name; the engine resolves names through a locator (a map on one node, the cluster
// later). Senders are stamped by the engine."
func TestNobodyKnowsWhereAnybodyLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, _ := joined(Config{})
		heard := make(chan string, 2)
		var asker, seen *Ref
		asker = spawn(t, a, Spec{Name: "a/ada", New: each(func(c *Context, msg any) error {
			to, err := c.Engine().Find("b/ben")
			if err != nil {
				return err
			}
			if word, ok := msg.(string); ok {
				heard <- fmt.Sprint(word, " from ", c.Sender().Name(), " ", c.Sender() == to)
				return nil
			}
			return c.Send(to, "hello", 1)
		})})
		spawn(t, b, Spec{Name: "b/ben", New: each(func(c *Context, msg any) error {
			seen = c.Sender()
			return c.Send(c.Sender(), "hello yourself", 1)
		})})
		tell(t, a, asker, 1)
		if got := <-heard; got != "hello yourself from b/ben true" {
			t.Error(got)
		}
		if seen.Name() != "a/ada" || !seen.Away() || asker.Away() {
			t.Errorf("%+v", seen.Name())
		}
		if again, err := b.Find("a/ada"); err != nil || again != seen {
			t.Error("an actor of another process is another Ref each time", err)
		}
		if _, err := a.Find("a/nobody"); !errors.Is(err, ErrNoName) {
			t.Error(err)
		}
		synctest.Wait()
		if sum := shutBoth(t, a, b); sum != (Account{Sent: 3, Handled: 3}) {
			t.Errorf("%+v", sum)
		}
	})
}

// "sent = handled + refused + dead + quarantined, exactly", over all processes together.
func TestAccountHoldsOverBothProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, to := joined(Config{})
		hold := make(chan struct{})
		spawn(t, b, Spec{Name: "b/slow", Mailbox: 2, New: each(func(*Context, any) error {
			<-hold
			return nil
		})})
		slow, err := a.Find("b/slow")
		if err != nil {
			t.Fatal(err)
		}
		gone, err := a.Find("b/gone")
		if err != nil {
			t.Fatal(err)
		}
		type order struct {
			to     *Ref
			weight int
		}
		var refused error
		sender := spawn(t, a, Spec{Name: "a/ada", New: each(func(c *Context, msg any) error {
			refused = c.Send(msg.(order).to, 1, msg.(order).weight)
			return nil
		})})
		send := func(to *Ref, weight int) error {
			tell(t, a, sender, order{to, weight})
			synctest.Wait()
			return refused
		}
		for range 5 { // one is being handled, two wait, two are refused there
			if err := send(slow, 2); err != nil {
				t.Error(err)
			}
		}
		if err := send(gone, 1); err != nil { // refused there
			t.Error(err)
		}
		to.deaf = ErrBusy
		if err := send(slow, 1); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "b/slow") { // refused here
			t.Error(err)
		}
		if err := a.Tell(slow, 1, 3); !errors.Is(err, ErrBusy) {
			t.Error(err)
		}
		to.deaf = nil
		if err := a.Tell(slow, 1, 3); err != nil { // refused there
			t.Error(err)
		}
		if err := a.Tell(slow, nil, 1); !errors.Is(err, ErrNoMessage) {
			t.Error(err)
		}
		a.outside.Add(4) // sent on a way that is cut
		a.Lost(4)
		synctest.Wait()
		close(hold)
		synctest.Wait()
		orders := int64(7) // to a/ada
		want := Account{Sent: orders + 10 + 1 + 1 + 3 + 3 + 1 + 4, Handled: orders + 6, Refused: 4 + 1 + 1 + 3 + 3 + 1, Dead: 4}
		if sum := shutBoth(t, a, b); sum != want || !sum.Balanced() {
			t.Errorf("got %+v, want %+v", sum, want)
		}
	})
}

func TestWhatCannotBeDoneElsewhereIsSaid(t *testing.T) {
	a, b, _ := joined(Config{})
	far, err := a.Find("b/ben")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := a.Request(ctx, far, 1); !errors.Is(err, ErrElsewhere) {
		t.Error(err)
	}
	if err := a.Stop(ctx, far); !errors.Is(err, ErrElsewhere) {
		t.Error(err)
	}
	a.Signal(far, 1) // of the runtime's own, which has no business there
	if far.Stopped() {
		t.Error("it is said to have stopped")
	}
	if err := b.Arrive("c/nobody", "b/ben", 1, 0); !errors.Is(err, ErrNoName) {
		t.Error("a sender that lives nowhere was let in:", err)
	}
	shutBoth(t, a, b)
}

func TestWhatIsReturnedPassesTheBound(t *testing.T) {
	e := open(t, Config{})
	hold, got := make(chan struct{}), make(chan any, 4)
	r := spawn(t, e, Spec{Name: "a/ada", Mailbox: 1, New: each(func(_ *Context, msg any) error {
		<-hold
		got <- msg
		return nil
	})})
	var told sync.WaitGroup
	told.Go(func() {
		for e.Tell(r, "letter", 0) == nil { // until it is full
		}
	})
	told.Wait()
	e.Return("a/ada", "back")
	e.Return("a/nobody", "back")
	close(hold)
	for msg := range got {
		if msg == "back" {
			return
		}
	}
}
