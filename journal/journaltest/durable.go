package journaltest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/polis-agents/polis/journal"
)

// RunDurable tests stores that outlive the process, in addition to Run. place makes an empty place for a journal and returns
// what opens the store there, each time anew; stores of one place may be open at the same time.
func RunDurable(t *testing.T, place func(t *testing.T) (open func(t *testing.T) journal.Store)) {
	t.Helper()
	for _, claim := range []struct {
		name string
		test func(t *testing.T, open func() journal.Store)
	}{
		{"what was committed is there after reopening", testReopen},
		{"reopened, a chain goes on where it ended", testGoesOn},
		{"two stores of one place see each other", testTwoStores},
		{"a rival is refused though nobody told", testStranger},
		{"writers of two stores", testCrowd},
		{"a tail follows another store's writer", testFollow},
	} {
		t.Run(strings.ReplaceAll(claim.name, " ", "-"), func(t *testing.T) {
			open := place(t)
			claim.test(t, func() journal.Store {
				s := open(t)
				t.Cleanup(func() { _ = s.Close() })
				return s
			})
		})
	}
}

func testReopen(t *testing.T, open func() journal.Store) {
	sc := newScript()
	var want []journal.Entry
	var positions []journal.Position
	for i := range 4 {
		s := open()
		got := collect(t, s.Read(t.Context(), 0))
		same(t, got, want)
		for j, p := range positions {
			if got[j].Position != p {
				t.Fatalf("entry %d is at %d, was at %d", j, got[j].Position, p)
			}
		}
		checkHeads(t, s, sc)
		batch := append(sc.turns(5, "a", "b"), sc.turns(i, "c")...)
		appendAll(t, s, batch...)
		want = append(want, batch...)
		positions = positions[:0]
		for _, e := range collect(t, s.Read(t.Context(), 0)) {
			positions = append(positions, e.Position)
		}
		if n, state, err := s.LoadSnapshot(t.Context(), "a", math.MaxInt64); n != uint64(i) || len(state) != i || err != nil {
			t.Errorf("snapshot of turn %d, %q, %v; want that of turn %d", n, state, err, i)
		}
		if err := s.SaveSnapshot(t.Context(), "a", uint64(i+1), []byte(strings.Repeat("x", i+1))); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func testGoesOn(t *testing.T, open func() journal.Store) {
	sc := newScript()
	s := open()
	kept := sc.turns(10, "a", "b")
	appendAll(t, s, kept...)
	_ = s.Close()
	s = open()
	refused(t, s, kept[8:9], journal.Conflict{Actor: "a", Expected: 6, Got: 5})
	next := sc.next("a")
	appendAll(t, s, next)
	same(t, collect(t, s.Read(t.Context(), 0)), append(kept, next))
}

// refused fails unless the append is refused so.
func refused(t *testing.T, s journal.Store, entries []journal.Entry, want journal.Conflict) {
	t.Helper()
	var conflict *journal.Conflict
	if err := s.Append(t.Context(), entries); !errors.As(err, &conflict) || *conflict != want {
		t.Errorf("got %v, want %v", err, &want)
	}
}

func testTwoStores(t *testing.T, open func() journal.Store) {
	one, two := open(), open()
	sc := newScript()
	var want []journal.Entry
	for i := range 6 {
		batch := sc.turns(3, "a", "b")
		appendAll(t, []journal.Store{one, two}[i%2], batch...)
		want = append(want, batch...)
		for _, s := range []journal.Store{one, two} {
			same(t, collect(t, s.Read(t.Context(), 0)), want)
			checkHeads(t, s, sc)
		}
	}
	if err := one.SaveSnapshot(t.Context(), "a", 9, []byte("nine")); err != nil {
		t.Fatal(err)
	}
	if n, state, err := two.LoadSnapshot(t.Context(), "a", 9); n != 9 || string(state) != "nine" || err != nil {
		t.Errorf("got %d, %q, %v", n, state, err)
	}
}

func testStranger(t *testing.T, open func() journal.Store) {
	one, two := open(), open()
	sc := newScript()
	first := sc.turns(4, "a", "b")
	appendAll(t, one, first[:2]...)
	refused(t, two, first[:1], journal.Conflict{Actor: "a", Expected: 2, Got: 1}) // two had not read anything
	appendAll(t, two, first[2:]...)
	refused(t, one, first[2:3], journal.Conflict{Actor: "a", Expected: 3, Got: 2}) // one believes that it knows
	refused(t, one, append(newScript().turns(1, "c"), first[3]), journal.Conflict{Actor: "b", Expected: 3, Got: 2})
	if err := one.SaveSnapshot(t.Context(), "a", 2, []byte("two")); err != nil {
		t.Errorf("a snapshot of the other's turn: %v", err)
	}
	same(t, collect(t, one.Read(t.Context(), 0)), first)
	appendAll(t, one, sc.next("a"))
	appendAll(t, two, sc.next("a"))
}

// testCrowd: four writers at two stores, each with an actor of its own and all with one that each believes to own.
func testCrowd(t *testing.T, open func() journal.Store) {
	const writers, turns = 4, 30
	stores := []journal.Store{open(), open()}
	var wg sync.WaitGroup
	var won atomic.Int64
	for w := range writers {
		s := stores[w%len(stores)]
		wg.Go(func() {
			own, shared := newScript(), newScript()
			for range turns {
				if err := s.Append(t.Context(), own.turns(2, fmt.Sprintf("own/%d", w))); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
				switch err := s.Append(t.Context(), shared.turns(1, "shared")); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, journal.ErrConflict):
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	wg.Wait()
	if won.Load() != turns {
		t.Errorf("%d turns of the shared actor got through, want %d", won.Load(), turns)
	}
	for _, s := range stores {
		if n := len(collect(t, s.Read(t.Context(), 0))); n != turns*(2*writers+1) {
			t.Errorf("%d entries", n)
		}
		if err := journal.Check(s.Read(t.Context(), 0)); err != nil {
			t.Error(err)
		}
	}
}

func testFollow(t *testing.T, open func() journal.Store) {
	writer, follower := open(), open()
	const batches, size = 40, 6
	wrote := make(chan error, 1)
	go func() {
		sc := newScript()
		for range batches {
			if err := writer.Append(t.Context(), sc.turns(size, "a", "b")); err != nil {
				wrote <- err
				return
			}
		}
		wrote <- nil
	}()
	var at journal.Position
	var got []journal.Entry
	for last := false; !last && !t.Failed(); {
		select {
		case err := <-wrote:
			if err != nil {
				t.Error(err)
			}
			last = true // and once more: all of it is there now
		default:
		}
		for _, e := range collect(t, follower.Read(t.Context(), at)) {
			got, at = append(got, e), e.Position
		}
	}
	same(t, got, newScript().turns(batches*size, "a", "b"))
}
