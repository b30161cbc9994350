package journaltest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/polis-agents/polis/journal"
)

// testWriters: eight writers, each with actors of its own, and a tail that follows them.
func testWriters(t *testing.T, s journal.Store) {
	const writers, batches, size = 8, 25, 6
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			sc := newScript()
			for range batches {
				if err := s.Append(t.Context(), sc.turns(size, fmt.Sprintf("w%d/a", w), fmt.Sprintf("w%d/b", w))); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	wg.Go(func() {
		var at journal.Position
		next := map[string]uint64{}
		for seen := 0; seen < writers*batches*size && !t.Failed(); {
			for e, err := range s.Read(t.Context(), at) {
				if err != nil || e.Position <= at || e.N != next[e.Actor]+1 {
					t.Errorf("tail at %d: turn %d of %s after %d at %d, %v", at, e.N, e.Actor, next[e.Actor], e.Position, err)
					return
				}
				at, next[e.Actor] = e.Position, e.N
				seen++
			}
		}
	})
	wg.Wait()
	if got := len(collect(t, s.Read(t.Context(), 0))); got != writers*batches*size {
		t.Errorf("%d entries, want %d", got, writers*batches*size)
	}
	if err := journal.Check(s.Read(t.Context(), 0)); err != nil {
		t.Error(err)
	}
}

// testRivals: four writers believe that they own the same actor. Of every turn one gets through.
func testRivals(t *testing.T, s journal.Store) {
	const rivals, turns = 4, 50
	var mu sync.Mutex
	won := 0
	var wg sync.WaitGroup
	for range rivals {
		wg.Go(func() {
			sc := newScript()
			for range turns {
				e := sc.next("a")
				switch err := s.Append(t.Context(), []journal.Entry{e}); {
				case err == nil:
					mu.Lock()
					won++
					mu.Unlock()
				case !errors.Is(err, journal.ErrConflict):
					t.Errorf("turn %d: %v", e.N, err)
				}
			}
		})
	}
	wg.Wait()
	if won != turns {
		t.Errorf("%d appends got through, want %d", won, turns)
	}
	same(t, collect(t, s.Turns(t.Context(), "a", 0)), newScript().turns(turns, "a"))
}
