package journaltest

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/polis-agents/polis/journal"
)

func appendAll(t *testing.T, s journal.Store, entries ...journal.Entry) {
	t.Helper()
	if err := s.Append(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
}

func testEmpty(t *testing.T, s journal.Store) {
	ctx := t.Context()
	appendAll(t, s) // nothing
	same(t, collect(t, s.Read(ctx, 0)), nil)
	same(t, collect(t, s.Turns(ctx, "nobody", 0)), nil)
	if heads, err := s.Heads(ctx); err != nil || len(heads) != 0 {
		t.Errorf("heads: %v, %v", heads, err)
	}
	if n, state, err := s.LoadSnapshot(ctx, "nobody", math.MaxInt64); n != 0 || len(state) != 0 || err != nil {
		t.Errorf("snapshot: %d, %q, %v", n, state, err)
	}
}

func testOrder(t *testing.T, s journal.Store) {
	// 3,000 entries, so that what a store does in blocks or pages is seen; in batches of one, many and all the same actor.
	sc := newScript()
	var want []journal.Entry
	for _, batch := range [][]journal.Entry{sc.turns(1, "world"), sc.turns(999, "world", "agents/b", "agents/a"), sc.turns(2000, "agents/a")} {
		appendAll(t, s, batch...)
		want = append(want, batch...)
	}
	same(t, collect(t, s.Read(t.Context(), 0)), want)
	if err := journal.Check(s.Read(t.Context(), 0)); err != nil {
		t.Error(err)
	}
}

func testFidelity(t *testing.T, s journal.Store) {
	want := awkward()
	appendAll(t, s, want...)
	same(t, collect(t, s.Read(t.Context(), 0)), want)
	for _, w := range want {
		same(t, collect(t, s.Turns(t.Context(), w.Actor, 0)), []journal.Entry{w})
	}
}

func testTurns(t *testing.T, s journal.Store) {
	sc := newScript()
	entries := sc.turns(30, "a", "ab", "b")
	appendAll(t, s, entries...)
	of := slices.DeleteFunc(slices.Clone(entries), func(e journal.Entry) bool { return e.Actor != "a" })
	for _, n := range []int{0, 1, 5, 9, 10} {
		same(t, collect(t, s.Turns(t.Context(), "a", uint64(n))), of[n:])
	}
	same(t, collect(t, s.Turns(t.Context(), "a", 11)), nil)
	same(t, collect(t, s.Turns(t.Context(), "A", 0)), nil)
	for e, err := range s.Turns(t.Context(), "a", 3) {
		if err != nil || e.N != 4 {
			t.Errorf("got turn %d, %v", e.N, err)
		}
		break
	}
}

func testHeads(t *testing.T, s journal.Store) {
	sc := newScript()
	actors := []string{"world", "Zoe", "agents/kate", "agents/10", "agents/9", "ärger", "_"}
	appendAll(t, s, sc.turns(20, actors...)...)
	checkHeads(t, s, sc)
}

// checkHeads fails unless the store's heads are the script's, sorted bytewise.
func checkHeads(t *testing.T, s journal.Store, sc *script) {
	t.Helper()
	got, err := s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var actors []string
	for actor := range sc.heads {
		actors = append(actors, actor)
	}
	slices.Sort(actors)
	var want []journal.Head
	for _, actor := range actors {
		want = append(want, sc.heads[actor])
	}
	if !slices.Equal(got, want) {
		t.Errorf("heads:\n got %v\nwant %v", got, want)
	}
}

func testTail(t *testing.T, s journal.Store) {
	sc := newScript()
	var want, got []journal.Entry
	var at journal.Position
	for i := range 8 {
		batch := sc.turns(i, "a", "b") // the first is empty: a tail may find nothing new
		appendAll(t, s, batch...)
		want = append(want, batch...)
		for _, e := range collect(t, s.Read(t.Context(), at)) {
			got, at = append(got, e), e.Position
		}
		same(t, got, want)
	}
	for i, e := range got {
		same(t, collect(t, s.Read(t.Context(), e.Position)), want[i+1:])
	}
	for _, e := range collect(t, s.Turns(t.Context(), "a", 0)) {
		if next := collect(t, s.Read(t.Context(), e.Position-1)); next[0].Actor != "a" || next[0].N != e.N {
			t.Errorf("the position of turn %d is not where it is read", e.N)
		}
	}
}

func testReadWhileAppending(t *testing.T, s journal.Store) {
	sc := newScript()
	first := sc.turns(10, "a", "b")
	appendAll(t, s, first...)
	var got []journal.Entry
	for e, err := range s.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, e); len(got) == 10 {
			break
		}
		appendAll(t, s, sc.next("c")) // a store that holds its lock while yielding hangs here
	}
	same(t, got, first)
}

func testConflict(t *testing.T, s journal.Store) {
	sc := newScript()
	kept := sc.turns(4, "a", "b")
	appendAll(t, s, kept...)
	renumbered := func(e journal.Entry, n uint64) journal.Entry { e.N = n; return e }
	ahead := newScript()
	a3, b3 := ahead.turns(6, "a", "b")[4], ahead.turns(1, "b")[0]
	for _, c := range []struct {
		name          string
		entries       []journal.Entry
		actor         string
		expected, got uint64
	}{
		{"the last turn again", kept[2:3], "a", 3, 2},
		{"the first turn again", kept[:1], "a", 3, 1},
		{"a gap", []journal.Entry{renumbered(a3, 4)}, "a", 3, 4},
		{"turn zero", []journal.Entry{renumbered(a3, 0)}, "a", 3, 0},
		{"a new actor that starts at 2", []journal.Entry{renumbered(newScript().next("c"), 2)}, "c", 1, 2},
		{"the last of a batch", []journal.Entry{a3, newScript().next("c"), renumbered(b3, 7)}, "b", 3, 7},
		{"twice in a batch", []journal.Entry{newScript().next("c"), a3, a3}, "a", 4, 3},
		{"the wrong way round", []journal.Entry{renumbered(a3, 4), a3}, "a", 3, 4},
	} {
		err := s.Append(t.Context(), c.entries)
		var conflict *journal.Conflict
		if !errors.Is(err, journal.ErrConflict) || !errors.As(err, &conflict) ||
			*conflict != (journal.Conflict{Actor: c.actor, Expected: c.expected, Got: c.got}) {
			t.Errorf("%s: got %v, want a conflict of %q: expected %d, got %d", c.name, err, c.actor, c.expected, c.got)
		}
		same(t, collect(t, s.Read(t.Context(), 0)), kept)
		checkHeads(t, s, sc)
	}
	appendAll(t, s, a3) // and nothing stands in the way of the right one
	same(t, collect(t, s.Read(t.Context(), 0)), append(slices.Clone(kept), a3))
}

func testMalformed(t *testing.T, s journal.Store) {
	sc := newScript()
	kept := sc.turns(2, "a")
	appendAll(t, s, kept...)
	bad := newScript().next("c")
	bad.Payload = nil
	good := newScript().next("b")
	if err := s.Append(t.Context(), []journal.Entry{good, bad}); !errors.Is(err, journal.ErrMalformed) {
		t.Errorf("got %v", err)
	}
	same(t, collect(t, s.Read(t.Context(), 0)), kept)
	checkHeads(t, s, sc)
	appendAll(t, s, good)
}

func testIsolation(t *testing.T, s journal.Store) {
	want, given := newScript().turns(3, "a"), newScript().turns(3, "a")
	appendAll(t, s, given...)
	for _, e := range given {
		clear(e.Payload)
		clear(e.Effects)
	}
	for range 2 {
		for _, got := range [][]journal.Entry{collect(t, s.Read(t.Context(), 0)), collect(t, s.Turns(t.Context(), "a", 0))} {
			for _, e := range got {
				_ = append(e.Payload, "overflow"...)
				_ = append(e.Effects, "overflow"...)
			}
			same(t, got, want)
			for _, e := range got {
				clear(e.Payload)
				clear(e.Effects)
			}
		}
	}
	state := []byte("state")
	if err := s.SaveSnapshot(t.Context(), "a", 2, state); err != nil {
		t.Fatal(err)
	}
	clear(state)
	for range 2 {
		_, got, err := s.LoadSnapshot(t.Context(), "a", 2)
		if err != nil || string(got) != "state" {
			t.Errorf("got %q, %v", got, err)
		}
		clear(got)
	}
}

func testCancelled(t *testing.T, s journal.Store) {
	sc := newScript()
	kept := sc.turns(3, "a")
	appendAll(t, s, kept...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var reads int
	for _, err := range s.Read(ctx, 0) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("read: %v", err)
			}
			break
		}
		reads++
		cancel()
	}
	if reads == 0 || reads > len(kept) {
		t.Errorf("read %d entries", reads)
	}
	failing(ctx, t, s, context.Canceled)
	same(t, collect(t, s.Read(t.Context(), 0)), kept)
	if n, _, err := s.LoadSnapshot(t.Context(), "a", 3); n != 0 || err != nil {
		t.Errorf("a snapshot was saved: %d, %v", n, err)
	}
}

func testClosed(t *testing.T, s journal.Store) {
	appendAll(t, s, newScript().turns(3, "a")...)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	failing(t.Context(), t, s, journal.ErrClosed)
}

// failing fails unless every method fails with the error. The store holds three turns of a, or did.
func failing(ctx context.Context, t *testing.T, s journal.Store, want error) {
	t.Helper()
	check := func(method string, err error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", method, err, want)
		}
	}
	check("Append", s.Append(ctx, newScript().turns(4, "a")[3:]))
	check("Append of nothing", s.Append(ctx, nil))
	for method, seq := range map[string]func(func(journal.Entry, error) bool){"Read": s.Read(ctx, 0), "Turns": s.Turns(ctx, "a", 0), "Turns of nobody": s.Turns(ctx, "b", 0)} {
		last := errors.New("no error")
		for _, last = range seq {
		}
		check(method, last)
	}
	_, err := s.Heads(ctx)
	check("Heads", err)
	check("SaveSnapshot", s.SaveSnapshot(ctx, "a", 1, []byte("x")))
	_, _, err = s.LoadSnapshot(ctx, "a", 1)
	check("LoadSnapshot", err)
}
