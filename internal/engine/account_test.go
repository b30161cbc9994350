package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/polis-agents/polis/supervision"
)

// crowd is a society of actors that send, crash, stop, overload and spawn at random. What goes into the engine's
// account is counted a second time here, where it happens.
type crowd struct {
	e       *Engine
	mu      sync.RWMutex
	members []*Ref
	born    atomic.Int64
	policy  supervision.Policy

	sent, refused, handled atomic.Int64
}

// word is a message of the crowd; it goes on to others as often as it has hops left.
type word struct{ hops int }

func (w *crowd) pick(r *rand.Rand) *Ref {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.members[r.IntN(len(w.members))]
}

// count notes what a send came to.
func (w *crowd) count(n int, err error) {
	w.sent.Add(int64(n))
	if err != nil {
		w.refused.Add(int64(n))
	}
}

// react is what a member does with a word.
func (w *crowd) react(c *Context, r *rand.Rand, hops int) error {
	for range r.IntN(4) {
		if hops == 0 {
			break
		}
		w.send(r, hops-1, func(to *Ref, msg any, n int) error { return c.Send(to, msg, n) })
	}
	switch p := r.IntN(1000); {
	case p < 60:
		panic("broken")
	case p < 120:
		return errBroken
	case p < 123:
		c.Stop()
	case p < 126:
		return supervision.ErrStop
	case p < 128:
		return supervision.ErrEscalate
	case p < 150:
		c.After(time.Duration(r.IntN(100))*time.Microsecond, "timer")
	case p < 160:
		c.Go("job", time.Millisecond, func(context.Context) (any, error) { return nil, nil }, func(any, error) any { return "result" })
	case p < 165:
		w.spawn(r, c.Self())
	}
	return nil
}

// send gives somebody a word, or a bunch of them in one message.
func (w *crowd) send(r *rand.Rand, hops int, send func(to *Ref, msg any, n int) error) {
	to := w.pick(r)
	if to.plain {
		w.count(1, send(to, word{hops}, 1))
		return
	}
	bunch := make(errands, 1+r.IntN(5))
	for i := range bunch {
		bunch[i] = word{hops}
	}
	w.count(len(bunch), send(to, bunch, len(bunch)))
}

// spawn adds a member, plain or a host.
func (w *crowd) spawn(r *rand.Rand, parent *Ref) {
	n := w.born.Add(1)
	own := rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))
	s := Spec{Name: fmt.Sprint("member", n), Mailbox: 1 + r.IntN(20), Policy: &w.policy}
	if r.IntN(3) == 0 {
		s.Parent = parent
	}
	if r.IntN(3) == 0 {
		s.Host = &runner{
			make: func() {
				if own.IntN(50) == 0 {
					panic("not made")
				}
			},
			do: func(c *Context, errand any) error {
				err := w.react(c, own, errand.(word).hops)
				if err == nil {
					w.handled.Add(1)
				}
				return err
			},
		}
	} else {
		s.New = each(func(c *Context, msg any) error {
			m, counted := msg.(word)
			err := w.react(c, own, m.hops)
			if counted && (err == nil || errors.Is(err, supervision.ErrStop)) {
				w.handled.Add(1)
			}
			return err
		})
	}
	member, err := w.e.Spawn(s)
	if err != nil {
		return // shutting down
	}
	w.mu.Lock()
	w.members = append(w.members, member)
	w.mu.Unlock()
}

// "sent = handled + refused + dead + quarantined, exactly, after a stop", under any crash, stop or overload.
func TestAccountIsExactUnderCrashStopAndOverload(t *testing.T) {
	var total Account
	decisions := 0
	for seed := range uint64(6) {
		var o observer
		w := &crowd{e: New(Config{Workers: 1 + int(seed%4), Seed: seed, Observe: o.see}), policy: supervision.Policy{
			Attempts: 1 + int(seed%3),
			Backoff:  supervision.Backoff{Min: []time.Duration{-1, time.Microsecond, 200 * time.Microsecond}[seed%3], Max: time.Millisecond},
			Budget:   supervision.Budget{Quarantines: 20, Turns: []uint64{0, 100}[seed%2]},
			Scope:    supervision.Scope(seed / 2 % 2),
		}}
		r := rand.New(rand.NewPCG(seed, 1))
		for range 150 {
			var parent *Ref
			if len(w.members) > 0 {
				parent = w.pick(r)
			}
			w.spawn(r, parent)
		}
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(2+i)))
				for j := range 1500 {
					w.send(r, 3, w.e.Tell)
					switch {
					case j%10 == 0:
						ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(200))*time.Microsecond)
						if to := w.pick(r); to.plain {
							_, err := w.e.Request(ctx, to, word{1})
							w.sent.Add(1)
							if errors.Is(err, ErrBusy) {
								w.refused.Add(1)
							}
						}
						cancel()
					case j%100 == 1:
						ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(100))*time.Microsecond)
						_ = w.e.Stop(ctx, w.pick(r))
						cancel()
					case j%20 == 2:
						w.spawn(r, w.pick(r))
					}
				}
			})
		}
		if seed%2 == 0 {
			all.Wait()
		} // else they go on while it shuts down
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if seed == 4 {
			cancel() // at once
		}
		if err := w.e.Shutdown(ctx); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		cancel()
		all.Wait()
		a := w.e.Account()
		if !a.Balanced() {
			t.Errorf("seed %d: %+v is short of %d", seed, a, a.Sent-a.Handled-a.Refused-a.Dead-a.Quarantined)
		}
		if a.Sent != w.sent.Load() || a.Handled != w.handled.Load() || a.Refused < w.refused.Load() {
			t.Errorf("seed %d: %+v, but sent %d, handled %d, refused at least %d", seed, a, w.sent.Load(), w.handled.Load(), w.refused.Load())
		}
		total.add(a)
		decisions += len(seen[Decided](&o))
	}
	t.Logf("%d decisions, %+v", decisions, total)
	if decisions == 0 || total.Handled == 0 || total.Refused == 0 || total.Dead == 0 || total.Quarantined == 0 {
		t.Error("not everything happened")
	}
}

func TestAccountCountsWhatMessagesWeigh(t *testing.T) {
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "a", New: idle})
	for n := range 5 {
		if err := e.Tell(r, n, n); err != nil {
			t.Error(err)
		}
	}
	if a := shut(t, e); a != (Account{Sent: 10, Handled: 10}) {
		t.Errorf("%+v", a)
	}
}
