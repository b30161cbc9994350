package polis

import (
	"context"
	"iter"

	"github.com/polis-agents/polis/journal"
)

const (
	stride  = 256 // entries handed over at once
	strides = 4   // that may be ahead
)

// ahead yields all entries of a store, which are read in a goroutine of its own: a long past takes as long as reading it or as
// doing it again, not both. The goroutine has ended when the reading has, also when it was broken off.
func ahead(ctx context.Context, store journal.Store) iter.Seq2[journal.Entry, error] {
	type some struct {
		entries []journal.Entry
		err     error // after them
	}
	return func(yield func(journal.Entry, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ready := make(chan some, strides)
		defer func() {
			cancel()
			for range ready { // until the goroutine has ended
			}
		}()
		go func() {
			defer close(ready)
			hand := func(s some) bool {
				select {
				case ready <- s:
					return true
				case <-ctx.Done():
					return false
				}
			}
			var next some
			for e, err := range store.Read(ctx, 0) {
				if next.err = err; err != nil {
					break
				}
				if next.entries = append(next.entries, e); len(next.entries) < stride {
					continue
				}
				if !hand(next) {
					return
				}
				next.entries = make([]journal.Entry, 0, stride)
			}
			hand(next)
		}()
		for s := range ready {
			for i := range s.entries {
				if !yield(s.entries[i], nil) {
					return
				}
			}
			if s.err != nil {
				yield(journal.Entry{}, s.err)
				return
			}
		}
		if err := ctx.Err(); err != nil { // the end of the reading was not handed over
			yield(journal.Entry{}, err)
		}
	}
}
