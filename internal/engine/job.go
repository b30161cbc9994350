package engine

import (
	"context"
	"errors"
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
	e.jobs[j] = struct{}{}
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
			delete(e.jobs, j)
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
	for j := range e.jobs {
		if j.ref == r {
			j.cancel()
		}
	}
}

// waitJobs waits until all jobs have ended, and names those that have not when ctx ends.
func (e *Engine) waitJobs(ctx context.Context) error {
	e.mu.RLock()
	open := make([]*job, 0, len(e.jobs))
	for j := range e.jobs {
		open = append(open, j)
	}
	e.mu.RUnlock()
	var errs []error
	for _, j := range open {
		select {
		case <-j.ended:
		case <-ctx.Done():
			select {
			case <-j.ended:
			default:
				errs = append(errs, errors.New(j.ref.name+": job "+j.name+" has not ended"))
			}
		}
	}
	return errors.Join(errs...)
}
