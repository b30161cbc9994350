package polis

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"

	"github.com/polis-agents/polis/journal"
)

// listed is a store of so many turns, whose reading fails behind them, or waits for its context.
type listed struct {
	journal.Store
	n     uint64
	err   error
	hangs bool
}

func (l listed) Read(ctx context.Context, _ journal.Position) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		for n := range l.n {
			if !yield(journal.Entry{N: n + 1}, nil) {
				return
			}
		}
		if l.hangs {
			<-ctx.Done()
			yield(journal.Entry{}, ctx.Err())
		} else if l.err != nil {
			yield(journal.Entry{}, l.err)
		}
	}
}

// All entries come, in their order, and after them the error; whoever breaks off leaves no goroutine behind.
func TestReadingAhead(t *testing.T) {
	fault := errors.New("a page is torn")
	for _, n := range []uint64{0, 1, stride - 1, stride, stride + 1, 3*stride*strides + 7} {
		for _, end := range []error{nil, fault} {
			for _, most := range []uint64{n + 1, 1, n / 2} {
				synctest.Test(t, func(t *testing.T) {
					seen, last := uint64(0), error(nil)
					for e, err := range ahead(t.Context(), listed{n: n, err: end}) {
						if last = err; err != nil {
							continue
						}
						if seen++; e.N != seen {
							t.Fatalf("entry %d is turn %d", seen, e.N)
						}
						if seen == most {
							break
						}
					}
					if want := min(n, max(most, 1)); seen != want && n > 0 {
						t.Errorf("%d of %d entries, broken off after %d", seen, n, most)
					}
					if most > n && !errors.Is(last, end) {
						t.Errorf("after %d entries: %v, want %v", n, last, end)
					}
				})
			}
		}
	}
}

// A reading that waits ends with its context, and says so.
func TestReadingAheadEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		seen, last := 0, error(nil)
		for _, err := range ahead(ctx, listed{n: stride + 3, hangs: true}) {
			if last = err; err == nil {
				if seen++; seen == stride {
					cancel()
				}
			}
		}
		if !errors.Is(last, context.Canceled) || seen < stride {
			t.Errorf("%d entries, then %v", seen, last)
		}
	})
}
