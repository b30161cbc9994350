package llmadapter

import (
	"context"
	"errors"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// desk is the adapter's actor. It has no state of its own: a new life goes on where the former one was.
type desk Adapter

// Messages of the adapter to its own actor.
type (
	rung struct{} // the timer
	more struct{} // more may go out than there are callers
	left struct { // a caller
		err error // it has panicked where the adapter's own code runs; else nil
	}
)

// Receive takes in what is asked, and passes on what is decided.
func (d *desk) Receive(c *engine.Context, msg any) error {
	a := (*Adapter)(d)
	if a.fault != nil {
		a.fault(msg)
	}
	if m, ok := msg.(left); ok && m.err != nil && !c.Again() { // a failure as any other
		return m.err
	}
	if a.cfg.Chaos != nil {
		return a.suffer(c, msg)
	}
	a.receive(c, msg)
	return nil
}

var errChaos = errors.New("llmadapter: a fault made on purpose")

// suffer handles a message, once, and fails before or after as Chaos wants it.
func (a *Adapter) suffer(c *engine.Context, msg any) error {
	switch msg.(type) {
	case engine.Started, engine.Stopping: // of these there are no further attempts
		a.receive(c, msg)
		return nil
	}
	if !c.Again() {
		a.number++
	}
	before, after := a.cfg.Chaos(a.number, c.Attempt(), c.Attempts())
	if before {
		panic(errChaos)
	}
	a.receive(c, msg)
	if after {
		panic(errChaos)
	}
	return nil
}

// receive handles a message.
func (a *Adapter) receive(c *engine.Context, msg any) {
	switch m := msg.(type) {
	case engine.Started:
		a.attach(c)
	case *wire.Ask:
		a.take(c, m)
	case *wire.CancelAsk:
		a.step(c, func(now time.Duration) {
			if e := a.core.open[askID{m.Asker, m.N, m.Index}]; e != nil {
				a.core.cancel(now, e)
			}
		})
	case rung, more, left:
		a.step(c, func(time.Duration) {})
	case engine.Stopping:
		a.stop(c)
	}
}

// attach notes, in the first life, where the actor is.
func (a *Adapter) attach(c *engine.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ref == nil {
		a.ref, a.engine = c.Self(), c.Engine()
	}
}

// take takes a request in.
func (a *Adapter) take(c *engine.Context, ask *wire.Ask) {
	e := &entry{key: askID{ask.Asker, ask.N, ask.Index}, seed: ask.Seed, to: recipient{ref: c.Sender()}}
	if e.to.ref == nil {
		e.to.caller = c.Caller()
	}
	if c.Again() && a.done.Load() == ask {
		a.step(c, a.takeRest)
		return
	}
	if a.cfg.Observe != nil {
		a.observe(Asked{Service: serviceOf(a.name), Asker: ask.Asker, Turn: ask.N, Index: ask.Index})
	}
	a.step(c, func(now time.Duration) {
		a.done.Store(ask)
		a.taking = e
		if former := a.core.open[e.key]; former != nil && former.to.ref != nil && e.to.ref != nil {
			former.to = e.to // asked again, after a failure of the asker
			a.credits.Add(-1)
			e.state = over
			return
		}
		var ok bool
		if e.request, ok = requestOf(ask.Request); !ok {
			a.core.turnedAway(now, e, BadRequest)
			return
		}
		e.request.Seed = ask.Seed >> 11
		if a.core.submit(now, ask.Limit, e) {
			a.begun(c, e)
		}
	})
}

// takeRest goes on with a request at which the attempt before has failed. When it had got nowhere by then, it is rejected: what
// it has failed at would fail again.
func (a *Adapter) takeRest(now time.Duration) {
	if e := a.taking; e.state == held {
		a.core.reject(now, e, a.core.rejected(now, e, Unavailable))
	}
}

// requestOf is what was asked, if it is a request.
func requestOf(asked any) (Request, bool) {
	switch r := asked.(type) {
	case Request:
		return r, true
	case *Request:
		if r != nil {
			return *r, true
		}
	}
	return Request{}, false
}

// step lets the core do something and carries out what follows from it. Where that panics the lock is given back, and what had
// come to its end is carried out by the next step.
func (a *Adapter) step(c *engine.Context, do func(now time.Duration)) {
	a.mu.Lock()
	holds := true
	defer func() {
		if holds {
			a.failed()
			a.mu.Unlock()
		}
	}()
	now := a.now()
	do(now)
	a.core.tick(now)
	for e := a.core.next(now); e != nil; e = a.core.next(now) {
		a.begun(c, e)
	}
	a.settle(now, &holds)
}

// begun gives an attempt that has begun to a caller; a.mu is held.
func (a *Adapter) begun(c *engine.Context, e *entry) {
	a.prepare(e)
	if n := len(a.idle); n > 0 {
		w := a.idle[n-1]
		a.idle[n-1] = nil
		a.idle = a.idle[:n-1]
		w.calls <- e // one at a time: there is room
		return
	}
	w := &caller{adapter: a, calls: make(chan *entry, 1)}
	c.Go("calls of "+a.name, 0, func(context.Context) (any, error) { w.work(e); return nil, nil },
		func(_ any, err error) any {
			if errors.Is(err, context.Canceled) { // with the actor
				err = nil
			}
			return left{err}
		})
}

// settle ends a step: it sets the timer, gives a.mu back, and only then ends calls and answers.
func (a *Adapter) settle(now time.Duration, holds *bool) {
	var room [8]*entry
	ended := append(room[:0], a.core.ended...)
	var cuts []cut
	for _, e := range a.core.cuts {
		cuts = append(cuts, cut{e.cancel, causeOf(e)}) // now: it may be called again before it is cut
	}
	clear(a.core.cuts)
	a.core.cuts = a.core.cuts[:0]
	clear(a.core.ended)
	a.core.ended = a.core.ended[:0]
	a.arm(now)
	*holds = false
	a.mu.Unlock()
	for _, c := range cuts {
		c.cancel(c.cause)
	}
	for _, e := range ended {
		a.credits.Add(-1)
		a.tell(e, now)
		a.answer(e)
	}
}

// cut is a call to be cancelled.
type cut struct {
	cancel context.CancelCauseFunc
	cause  error
}

// causeOf says why a call is cut.
func causeOf(e *entry) error {
	if f, ok := e.value.(Failed); ok && f.Kind == Cancelled {
		return context.Canceled
	}
	return context.DeadlineExceeded
}

// arm sets the timer for when the core wants to be looked after. One that rings too early does no harm, so it is not
// set back; a.mu is held.
func (a *Adapter) arm(now time.Duration) {
	at := a.core.wake(now)
	if at == 0 || a.rings != 0 && a.rings <= at || a.core.stopped {
		return
	}
	a.rings = at
	a.ringIn(max(at-now, 1)) // never at once: see engine.Context.After
}

// failed sees to it that a step which has panicked is followed by another one, whoever asks or not; a.mu is held.
func (a *Adapter) failed() {
	if !a.core.stopped {
		a.rings = 1 // before all else
		a.ringIn(afterPanic)
	}
}

// afterPanic is how soon that is: later than the supervisor's attempts at the message.
const afterPanic = time.Second

// ringIn sets the timer; a.mu is held.
func (a *Adapter) ringIn(in time.Duration) {
	if a.timer == nil {
		a.timer = time.AfterFunc(in, a.ring)
	} else {
		a.timer.Reset(in)
	}
}

// ring wakes the actor.
func (a *Adapter) ring() {
	a.mu.Lock()
	a.rings = 0
	ref, e := a.ref, a.engine
	a.mu.Unlock()
	e.Signal(ref, rung{})
}

// answer sends the answer. Who has cancelled gets none. An asker that has stopped needs none, and one whose mailbox is
// full waits until its own limit; either refusal is counted.
func (a *Adapter) answer(e *entry) {
	answer := &wire.Answer{N: e.key.n, Index: e.key.index, Value: e.value, Error: e.why}
	switch {
	case e.to.ref == nil:
		e.to.caller.Answer(answer, nil)
	case e.how != endCancelled:
		_ = a.engine.Tell(e.to.ref, answer, 1)
	}
}

// tell tells the observer how a request ended.
func (a *Adapter) tell(e *entry, now time.Duration) {
	if e.ended == nil {
		return
	}
	e.ended.Service, e.ended.At = serviceOf(a.name), a.began.Add(now)
	a.observe(*e.ended)
}

// observe tells the observer, whose panics are its own.
func (a *Adapter) observe(event any) {
	defer func() { _ = recover() }()
	a.cfg.Observe(event)
}

// stop ends everything when the actor does.
func (a *Adapter) stop(c *engine.Context) {
	a.step(c, func(now time.Duration) {
		if !a.core.stopped {
			close(a.ending)
		}
		a.core.stop(now)
		for _, w := range a.idle {
			close(w.calls)
		}
		a.idle = nil
		if a.timer != nil {
			a.timer.Stop()
		}
	})
}
