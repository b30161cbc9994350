package engine

import (
	"context"
	"fmt"
	"sync"
)

// call is where one request waits for its answer. Calls are reused; gen tells the present request from earlier ones,
// whose late answers are dropped.
type call struct {
	mu       sync.Mutex
	place    Ref    // what a message names as its sender
	gen      uint32 // from 1
	answered bool
	value    any
	err      error
	ready    chan struct{} // one slot
}

func newCall() any {
	c := &call{ready: make(chan struct{}, 1), gen: 1}
	c.place.call = c
	return c
}

// Request sends from outside any actor and waits for the answer, until ctx ends. It must not be called while an actor
// handles a message: that actor would block.
func (e *Engine) Request(ctx context.Context, to *Ref, msg any) (any, error) {
	c := e.calls.Get().(*call)
	c.mu.Lock()
	gen := c.gen
	c.mu.Unlock()
	if err := to.post(item{msg: msg, n: 1, from: &c.place, gen: gen}, nil); err != nil {
		e.calls.Put(c)
		return nil, err
	}
	select {
	case <-c.ready:
	case <-ctx.Done():
	}
	c.mu.Lock()
	value, err, answered := c.value, c.err, c.answered
	if c.gen++; c.gen == 0 {
		c.gen = 1
	}
	c.value, c.err, c.answered = nil, nil, false
	select {
	case <-c.ready: // answered at the very moment ctx ended
	default:
	}
	c.mu.Unlock()
	e.calls.Put(c)
	if !answered {
		return nil, fmt.Errorf("engine: %s has not answered: %w", to.name, ctx.Err())
	}
	return value, err
}

func (c *call) answer(gen uint32, value any, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gen != gen || c.answered {
		return false
	}
	c.answered, c.value, c.err = true, value, err
	c.ready <- struct{}{}
	return true
}

// Caller is who waits for the answer to a message. It may be kept and answered later.
type Caller struct {
	call *call
	gen  uint32
}

// Answer gives the answer; false: nobody waits for it any more.
func (c Caller) Answer(value any, err error) bool {
	return c.call != nil && c.call.answer(c.gen, value, err)
}

// Caller takes the duty to answer: the request is then no longer answered with ErrNoAnswer when Receive returns.
func (c *Context) Caller() Caller {
	c.kept = true
	return Caller{c.cur.asker(), c.cur.gen}
}

// Reply answers the request being handled; false: nobody waits.
func (c *Context) Reply(value any) bool { return c.Caller().Answer(value, nil) }
