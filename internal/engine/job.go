package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// grace is how long a job may go on after its context has ended before it is called abandoned.
const grace = 100 * time.Millisecond

// job is one slow piece of work, on a goroutine of its own.
type job struct {
	ref    *Ref
	name   string
	cancel context.CancelFunc
	ended  chan struct{}
}

// Go runs work outside of the mailbox and sends what done makes of its outcome to the actor: once, when work returns
// or when its context ends, whichever comes first. The context ends after limit (0: never by itself), with the
// actor, or by the returned function. Work that does not return soon after that is abandoned and reported.
func (c *Context) Go(name string, limit time.Duration, work func(context.Context) (any, error), done func(any, error) any) context.CancelFunc {
	r, e := c.ref, c.ref.engine
	var ctx context.Context
	var cancel context.CancelFunc
	if limit > 0 {
		ctx, cancel = context.WithTimeout(context.Background(), limit)
	} else {
		ctx, cancel = context.WithCancel(context.Background())
	}
	j := &job{ref: r, name: name, cancel: cancel, ended: make(chan struct{})}
	e.mu.Lock()
	if e.jobs[r] == nil {
		e.jobs[r] = make(map[*job]struct{})
	}
	e.jobs[r][j] = struct{}{}
	e.mu.Unlock()
	var once sync.Once
	tell := func(v any, err error) { once.Do(func() { r.force(done(v, err)) }) }
	stop := context.AfterFunc(ctx, func() { // ends at the latest when work does: see the deferred cancel below
		tell(nil, ctx.Err())
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-j.ended:
		case <-timer.C:
			e.observe(Abandoned{Actor: r.name, Job: name})
		}
	})
	go func() {
		defer func() {
			e.mu.Lock()
			if delete(e.jobs[r], j); len(e.jobs[r]) == 0 {
				delete(e.jobs, r)
			}
			e.mu.Unlock()
			close(j.ended)
			stop()
			cancel()
		}()
		v, err := safely(ctx, work)
		tell(v, err)
	}()
	return cancel
}

// safely turns a panic of the work into an error with its stack.
func safely(ctx context.Context, work func(context.Context) (any, error)) (v any, err error) {
	defer recovered(&err)
	return work(ctx)
}

// endJobs cancels the jobs of an actor that has stopped.
func (e *Engine) endJobs(r *Ref) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for j := range e.jobs[r] {
		j.cancel()
	}
}

// waitJobs waits until all jobs have ended, and names those that have not soon after ctx has.
func (e *Engine) waitJobs(ctx context.Context) error {
	e.mu.RLock()
	var open []*job
	for _, jobs := range e.jobs {
		for j := range jobs {
			open = append(open, j)
		}
	}
	e.mu.RUnlock()
	var last <-chan time.Time
	var errs []error
	for _, j := range open {
		select {
		case <-j.ended:
			continue
		case <-ctx.Done():
		}
		if last == nil {
			last = time.After(grace)
		}
		if !ended(j.ended, last) {
			last = passed
			errs = append(errs, fmt.Errorf("engine: job %s of %s has not ended: %w", j.name, j.ref.name, ctx.Err()))
		}
	}
	return errors.Join(errs...)
}
