package llmadapter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// mostParked is how many callers stay when nothing is to be called.
const mostParked = mostInFlight

// caller is a goroutine that calls the model. It is a job of the actor, so that the engine waits for it at the end, and
// names it if it does not end. When its call is over it makes the next one, or parks until there is one: a fresh
// goroutine costs several times as much, for its stack grows with every call.
type caller struct {
	adapter *Adapter
	calls   chan *entry // room for one; closed when the actor stops
	back    bool        // the permit of its last call is
}

// work makes calls until there is nothing more to do for it.
func (w *caller) work(e *entry) {
	var o outcome
	came := false
	defer func() {
		if e == nil || w.back {
			return
		}
		if !came { // the model's client has ended the goroutine
			o = panicked("it ended its goroutine")
		}
		w.adapter.returned(w, e, o, false) // else what takes it in has panicked, and has not begun
	}()
	for e != nil {
		w.back, came = false, false
		o = w.adapter.call(e)
		came = true
		e = w.next(e, o)
	}
}

// next gives back what became of a call, and gives the call that comes next; nil: there will be none.
func (w *caller) next(e *entry, o outcome) *entry {
	next, parked := w.adapter.returned(w, e, o, true)
	if parked {
		next = <-w.calls
	}
	return next
}

// lingering is how long the place of a call that was cut short stays taken. An endpoint sees a closed socket a moment
// after it was closed, and must not find more calls than there may be.
const lingering = 30 * time.Millisecond

// call makes one attempt.
func (a *Adapter) call(e *entry) (o outcome) {
	defer func() {
		if v := recover(); v != nil {
			o = panicked(v)
		}
	}()
	r := e.sent.As(Forms[e.form])
	if most := e.tab.most; most > 0 {
		r.MaxTokens = most
	}
	o = outcomeOf(a.cfg.Model.Complete(e.ctx, r))
	if o.err != nil && o.err.Fate != Unsent && e.ctx.Err() != nil {
		a.linger()
	}
	return o
}

// linger waits until the endpoint has seen a closed socket. When the adapter ends nothing more is sent, so it need not.
func (a *Adapter) linger() {
	timer := time.NewTimer(lingering)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.ending:
	}
}

// returned takes in what became of a call: its permit is free from here on, whatever else happens. It gives the caller
// its next call, if there is one; parked says that one may come later. stays says that the caller can make another.
func (a *Adapter) returned(w *caller, e *entry, o outcome, stays bool) (next *entry, parked bool) {
	a.mu.Lock()
	holds := true
	var now time.Duration
	defer func() {
		if holds {
			defer a.mu.Unlock()
			a.failed()
			a.lost(now, w, next)
		}
	}()
	now = a.now()
	cancel := e.cancel
	w.back = true
	a.core.returned(now, e, o)
	a.core.tick(now)
	if stays {
		if next = a.core.next(now); next != nil {
			a.prepare(next)
		} else if parked = !a.core.stopped && len(a.idle) < mostParked; parked {
			a.idle = append(a.idle, w)
		}
	}
	wanted := a.core.queue.length > 0 && a.core.free(now)
	a.settle(now, &holds)
	cancel(nil) // the context is over
	if wanted {
		a.engine.Signal(a.ref, more{})
	}
	return next, parked
}

// lost notes that a caller has panicked and makes no more calls, neither the next one that it was given; a.mu is held.
func (a *Adapter) lost(now time.Duration, w *caller, next *entry) {
	a.idle = slices.DeleteFunc(a.idle, func(other *caller) bool { return other == w })
	if next != nil {
		a.core.returned(now, next, outcome{err: &Error{Kind: Transient, Fate: Unsent, Text: "its caller has failed"}})
	}
}

// prepare gives an attempt its context; a.mu is held.
func (a *Adapter) prepare(e *entry) {
	ctx, cancel := context.WithCancelCause(context.Background())
	e.sent = e.request // which may get another asker meanwhile
	e.ctx, e.cancel = &callContext{ctx, a.began.Add(e.due)}, cancel
}

// callContext is the context of a call. It has a deadline but no timer: the adapter has one for all calls, and cancels it
// with that cause.
type callContext struct {
	context.Context
	deadline time.Time
}

// Deadline of the attempt.
func (c *callContext) Deadline() (time.Time, bool) { return c.deadline, true }

// Err says whether it was the deadline.
func (c *callContext) Err() error {
	err := c.Context.Err()
	if err != nil && errors.Is(context.Cause(c.Context), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}

// serviceOf is the name of a service, from that of its actor.
func serviceOf(actor string) string {
	_, name, ok := strings.Cut(actor, "/")
	if !ok {
		return actor
	}
	return name
}
