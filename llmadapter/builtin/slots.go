package builtin

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// slots are how many requests are served at once. Others wait in the order in which they came, a bounded number.
type slots struct {
	free    chan struct{} // a token per slot
	waiting atomic.Int64
	queue   int64
}

// errBusy says that as many wait as may.
var errBusy = errors.New("as many requests wait as may")

func newSlots(n, queue int) *slots {
	s := &slots{free: make(chan struct{}, n), queue: int64(queue)}
	for range n {
		s.free <- struct{}{}
	}
	return s
}

// take waits for a slot: errBusy when none may wait any more, or when it took too long; else ctx's error.
func (s *slots) take(ctx context.Context, limit time.Duration) error {
	select {
	case <-s.free:
		return nil
	default:
	}
	if s.waiting.Add(1) > s.queue {
		s.waiting.Add(-1)
		return errBusy
	}
	defer s.waiting.Add(-1)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-s.free:
		return nil
	case <-timer.C:
		return errBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

// give puts a slot back.
func (s *slots) give() { s.free <- struct{}{} }
