package engine

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"
)

// drain lets the actor handle what it has, take nothing more, and stop.
func (r *Ref) drain() {
	r.mu.Lock()
	r.closing = true
	start := !r.scheduled && !r.closed
	if start {
		r.scheduled = true
	}
	r.mu.Unlock()
	if start {
		r.schedule(nil)
	}
}

// gone is closed when the actor has stopped.
func (r *Ref) gone() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done == nil {
		r.done = make(chan struct{})
		if r.ended {
			close(r.done)
		}
	}
	return r.done
}

// Stopped says whether the actor has stopped.
func (r *Ref) Stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// close accounts for what is left when the actor has stopped, and answers those who wait for it.
func (r *Ref) close() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	rest := r.in
	r.in, r.closing, r.closed = nil, true, true
	r.account.Refused += r.refused
	r.account.Sent += r.told
	r.told = 0
	r.mu.Unlock()
	rest = append(r.out[min(r.pos, len(r.out)):len(r.out):len(r.out)], rest...)
	r.out, r.pos = nil, 0
	if t := r.trouble; t != nil {
		if t.held.msg != nil && !r.plain {
			t.held.n = 0 // its events are the host's to count
		}
		rest = append(rest, t.held)
		t.held = item{}
		t.rest()
	}
	for _, it := range rest {
		r.drop(it)
		r.account.Dead += int64(it.n)
		if c := it.asker(); c != nil {
			c.answer(it.gen, nil, fmt.Errorf("%s: %w", r.name, ErrStopped))
		}
	}
	for _, child := range r.engine.childrenOf(r) {
		child.postSystem(stopMessage)
	}
	r.engine.endJobs(r)
	r.engine.forget(r)
	r.mu.Lock()
	r.ended = true
	done := r.done
	r.mu.Unlock()
	if done != nil {
		close(done)
	}
}

// Stop lets the actor handle what is in its mailbox and stops it. When ctx ends first the rest is dead; an actor that
// does not even then stop, because it blocks, is named in the error.
func (e *Engine) Stop(ctx context.Context, r *Ref) error {
	if r.Away() {
		return fmt.Errorf("engine: stop %s: %w", r.name, ErrElsewhere)
	}
	return e.stopAll(ctx, []*Ref{r})
}

func (e *Engine) stopAll(ctx context.Context, refs []*Ref) error {
	for _, r := range refs {
		r.drain()
	}
	for i, r := range refs {
		select {
		case <-r.gone():
		case <-ctx.Done():
			return cutShort(ctx, refs[i:])
		}
	}
	return nil
}

// cutShort stops actors that had no time to handle what they have, and names those that block.
func cutShort(ctx context.Context, refs []*Ref) error {
	for _, r := range refs {
		r.postSystem(stopMessage) // overtakes the queue
	}
	last := time.After(grace)
	var errs []error
	for _, r := range refs {
		if !ended(r.gone(), last) {
			last = passed
			errs = append(errs, fmt.Errorf("engine: stop %s: %w", r.name, ctx.Err()))
		}
	}
	return errors.Join(errs...)
}

// passed is a moment that has come.
var passed = func() <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}()

// ended waits for what ends, until the last moment.
func ended(end <-chan struct{}, last <-chan time.Time) bool {
	select {
	case <-end:
		return true
	case <-last:
	}
	select {
	case <-end: // both at once
		return true
	default:
		return false
	}
}

// Shutdown stops all actors, those started last first, siblings together, and waits for their jobs. When ctx ends the
// rest is stopped at once, and what blocks even then is named. It may be called again, and then does nothing (A16).
func (e *Engine) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	if e.shutdown {
		e.mu.Unlock()
		return nil
	}
	e.shutdown = true
	e.mu.Unlock()
	var errs []error
	refs := e.sorted(func(*Ref) bool { return true })
	for len(refs) > 0 {
		i := len(refs) - 1
		for i > 0 && refs[i-1].parent == refs[i].parent && refs[i].parent != nil {
			i--
		}
		if ctx.Err() != nil { // no time for an order
			i = 0
		}
		errs = append(errs, e.stopAll(ctx, refs[i:]))
		refs = refs[:i]
	}
	errs = append(errs, e.waitJobs(ctx))
	e.workers.close()
	if err := errors.Join(errs...); err != nil {
		return err // what blocks keeps its goroutine: it cannot be ended from outside
	}
	e.workers.wait()
	e.system.release()
	return nil
}

// sorted gives the living actors that pass, in start order.
func (e *Engine) sorted(pass func(*Ref) bool) []*Ref {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var refs []*Ref
	for _, r := range e.refs {
		if pass(r) {
			refs = append(refs, r)
		}
	}
	sort.Slice(refs, func(i, j int) bool { return refs[i].order < refs[j].order })
	return refs
}
