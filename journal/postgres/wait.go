package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/polis-agents/polis/journal"
)

// wait spaces out attempts until patience is at an end.
type wait struct {
	patience time.Duration
	end      *time.Timer
	next     time.Duration
}

const (
	firstPause   = 50 * time.Millisecond
	longestPause = time.Second
)

func newWait(patience time.Duration) *wait {
	return &wait{patience: patience, end: time.NewTimer(patience), next: firstPause}
}

func (w *wait) stop() { w.end.Stop() }

// pause waits before the next attempt, or says why there is none. done, if not nil, is that of the store.
func (w *wait) pause(ctx context.Context, done <-chan struct{}) error {
	t := time.NewTimer(w.next)
	defer t.Stop()
	w.next = min(2*w.next, longestPause)
	select {
	case <-t.C:
		return nil
	case <-w.end.C:
		return fmt.Errorf("%w for %v", ErrUnreachable, w.patience)
	case <-ctx.Done():
		return ctx.Err()
	case <-done:
		return journal.ErrClosed
	}
}

// persist does something until it succeeds, fails in a way that will not pass, or patience ends. An attempt has as long as
// patience, too; if it must not be cut off (firm), the end of ctx ends it only between attempts.
func (s *Store) persist(ctx context.Context, firm bool, do func(ctx context.Context) error) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	w := newWait(s.opts.Patience)
	defer w.stop()
	for {
		err := s.attempt(ctx, firm, do)
		if err == nil || ctx.Err() != nil || !passing(err) {
			if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
				return errors.Join(ctx.Err(), err)
			}
			return err
		}
		if e := w.pause(ctx, s.done); e != nil {
			return fmt.Errorf("%w: %w", e, err)
		}
	}
}

func (s *Store) attempt(ctx context.Context, firm bool, do func(ctx context.Context) error) error {
	if firm {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Patience)
	defer cancel()
	return do(ctx)
}
