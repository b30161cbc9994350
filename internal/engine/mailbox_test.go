package engine

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"weak"

	"github.com/polis-agents/polis/supervision"
)

func TestFirstComesStartedAndLastStopping(t *testing.T) {
	var d diary
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "a", New: func() Actor {
		return ActorFunc(func(c *Context, msg any) error {
			d.note("%T %v of %s", msg, msg, c.Self().Name())
			return nil
		})
	}})
	tell(t, e, r, 1, 2)
	shut(t, e)
	d.expect(t, "engine.Started {} of a", "int 1 of a", "int 2 of a", "engine.Stopping {} of a")
}

// "Order is kept per sender→receiver".
func TestOrderHoldsPerSenderAndReceiver(t *testing.T) {
	const senders, messages = 20, 2000
	type numbered struct{ n int }
	e := open(t, Config{Workers: 4})
	last := map[*Ref]int{}
	total, done := 0, make(chan struct{})
	to := spawn(t, e, Spec{Name: "receiver", Mailbox: senders * messages, New: each(func(c *Context, msg any) error {
		if n := msg.(numbered).n; n != last[c.Sender()]+1 {
			t.Errorf("%s: %d after %d", c.Sender().Name(), n, last[c.Sender()])
		}
		last[c.Sender()] = msg.(numbered).n
		if total++; total == senders*messages {
			close(done)
		}
		return nil
	})})
	for i := range senders {
		from := spawn(t, e, Spec{Name: fmt.Sprint("sender", i), New: each(func(c *Context, msg any) error {
			n := msg.(int)
			if err := c.Send(to, numbered{n}, 1); err != nil || n == messages {
				return err
			}
			return c.Send(c.Self(), n+1, 1)
		})})
		tell(t, e, from, 1)
	}
	want(t, done)
	if a := shut(t, e); a.Handled != 2*senders*messages {
		t.Errorf("%+v", a)
	}
}

func TestSenderIsStampedByTheEngine(t *testing.T) {
	e := open(t, Config{})
	senders := make(chan *Ref, 2)
	b := spawn(t, e, Spec{Name: "b", New: each(func(c *Context, _ any) error { senders <- c.Sender(); return nil })})
	a := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, msg any) error { return c.Send(b, msg, 1) })})
	tell(t, e, a, "hello")
	if from := want(t, senders); from != a {
		t.Errorf("from %v", from)
	}
	tell(t, e, b, "hello")
	if from := want(t, senders); from != nil {
		t.Errorf("from outside, not from %v", from)
	}
}

func TestNilIsNoMessage(t *testing.T) {
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "a", New: idle})
	if err := e.Tell(r, nil, 1); !errors.Is(err, ErrNoMessage) {
		t.Error(err)
	}
	if a := shut(t, e); a.Sent != 1 || a.Refused != 1 {
		t.Errorf("%+v", a)
	}
}

func TestRefusalNamesTheActorAndTheReason(t *testing.T) {
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "agents/kate", New: idle})
	shut(t, e)
	err := e.Tell(r, "hello", 1)
	if !errors.Is(err, ErrStopped) || err.Error() != "agents/kate: actor stopped" {
		t.Error(err)
	}
	if a := e.Account(); a != (Account{Sent: 1, Refused: 1}) {
		t.Errorf("%+v", a)
	}
}

// An actor with much to do lets others run: it is taken off its worker after its share.
func TestBusyActorLetsOthersRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{Workers: 1})
		var d diary
		handled := 0
		start := make(chan struct{})
		busy := spawn(t, e, Spec{Name: "busy", Mailbox: 10 * throughput, New: each(func(*Context, any) error {
			<-start
			handled++
			return nil
		})})
		other := spawn(t, e, Spec{Name: "other", New: each(func(*Context, any) error {
			d.note("after %d", handled)
			return nil
		})})
		for range 10 * throughput {
			tell(t, e, busy, "work")
		}
		e.workers.limit = 1 // no second worker: it is about sharing the one
		tell(t, e, other, "hello")
		close(start)
		synctest.Wait()
		d.expect(t, fmt.Sprintf("after %d", throughput))
	})
}

func TestStopInTheMiddleOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		var d diary
		start := make(chan struct{})
		r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, msg any) error {
			<-start
			d.note("%v", msg)
			if msg == 3 {
				c.Stop()
			}
			return nil
		})})
		tell(t, e, r, 1, 2, 3, 4, 5)
		close(start)
		synctest.Wait()
		d.expect(t, "1", "2", "3")
		if a := e.Account(); a != (Account{Sent: 5, Handled: 3, Dead: 2}) {
			t.Errorf("%+v", a)
		}
	})
}

func TestWhatIsSentInStoppingIsDelivered(t *testing.T) {
	e := open(t, Config{})
	words := make(chan any, 1)
	heir := spawn(t, e, Spec{Name: "heir", New: each(func(c *Context, msg any) error {
		if c.Sender() != nil {
			words <- fmt.Sprint(msg, " from ", c.Sender().Name())
		}
		return nil
	})})
	r := spawn(t, e, Spec{Name: "a", New: func() Actor {
		return ActorFunc(func(c *Context, msg any) error {
			if _, last := msg.(Stopping); last {
				if c.Self().Name() != "a" {
					t.Errorf("Stopping in the name of %s", c.Self().Name())
				}
				return c.Send(heir, "my last words", 1)
			}
			return nil
		})
	}})
	if err := e.Stop(t.Context(), r); err != nil {
		t.Error(err)
	}
	if got := want(t, words); got != "my last words from a" {
		t.Error(got)
	}
	if a := shut(t, e); a != (Account{Sent: 1, Handled: 1}) {
		t.Errorf("%+v", a)
	}
}

// What an actor has handled, alone, in a burst or at its second attempt, is kept by nobody.
func TestHandledMessagesAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type parcel struct{ _ [64]byte }
		gate := make(chan struct{})
		e := open(t, Config{Workers: 1, MaxWorkers: 1})
		r := spawn(t, e, Spec{Name: "a", Mailbox: 10_000, Policy: atOnce(supervision.Policy{}), New: each(func(c *Context, msg any) error {
			if msg == "wait" {
				<-gate
			} else if c.ref.turn == 2 && c.Attempt() == 1 {
				return errBroken
			}
			return nil
		})})
		for _, burst := range []int{1, 2, 200, 3000, 1} {
			tell(t, e, r, "wait")
			synctest.Wait()
			parcels := make([]weak.Pointer[parcel], burst)
			for i := range parcels {
				p := new(parcel)
				parcels[i] = weak.Make(p)
				tell(t, e, r, p)
			}
			gate <- struct{}{}
			synctest.Wait()
			runtime.GC()
			kept := 0
			for _, p := range parcels {
				if p.Value() != nil {
					kept++
				}
			}
			if kept > 1 || kept > 0 && burst == 1 { // the last may lie in a frame of the one who sent it
				t.Errorf("of a burst of %d, %d are kept", burst, kept)
			}
		}
	})
}
