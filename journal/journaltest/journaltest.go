package journaltest

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/journal"
)

// Run tests the stores that open returns against the contract of journal.Store, a subtest for each claim.
func Run(t *testing.T, open func(t *testing.T) journal.Store) {
	t.Helper()
	for _, claim := range []struct {
		name string
		test func(t *testing.T, s journal.Store)
	}{
		{"an empty store", testEmpty},
		{"what is appended is read in order", testOrder},
		{"an entry comes back as it was", testFidelity},
		{"the turns of one actor", testTurns},
		{"the heads", testHeads},
		{"reading goes on from a position", testTail},
		{"reading can be broken off, and appended to meanwhile", testReadWhileAppending},
		{"a conflict is refused and nothing half-written", testConflict},
		{"a malformed entry is refused and nothing half-written", testMalformed},
		{"slices are not shared", testIsolation},
		{"snapshots", testSnapshots},
		{"a snapshot of a turn not committed is refused", testSnapshotConflict},
		{"a done context", testCancelled},
		{"writers of different actors", testWriters},
		{"writers of the same actor", testRivals},
		{"the same as in memory, whatever is done", testModel},
		{"a closed store", testClosed},
	} {
		t.Run(strings.ReplaceAll(claim.name, " ", "-"), func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			claim.test(t, s)
		})
	}
}

// script makes entries that extend each other's chains.
type script struct{ heads map[string]journal.Head }

func newScript() *script { return &script{heads: map[string]journal.Head{}} }

// next returns the actor's next turn. Every part of it depends on actor and turn.
func (s *script) next(actor string) journal.Entry {
	head := s.heads[actor]
	n := head.Count + 1
	e := journal.Entry{
		Actor: actor, N: n, Kind: fmt.Sprintf("kind-%d", n%3),
		Logical: time.Duration(n)*time.Second + 1,
		Step:    n / 2,
		Wall:    time.Date(2026, 1, 2, 3, 4, 5, int(n)*1000, time.UTC),
		Cause:   journal.Cause{Actor: actor, N: n - 1, Index: int(n % 5)},
		Payload: fmt.Appendf(nil, `{"actor":%q,"turn":%d}`, actor, n),
		Effects: fmt.Appendf(nil, `[{"act":"harvest","tons":%d}]`, n),
	}
	e.Digest = e.Sum(head.Digest)
	s.heads[actor] = journal.Head{Actor: actor, Digest: e.Digest, Count: n}
	return e
}

// turns returns the next n turns of the actors, one of each in turn.
func (s *script) turns(n int, actors ...string) []journal.Entry {
	entries := make([]journal.Entry, n)
	for i := range entries {
		entries[i] = s.next(actors[i%len(actors)])
	}
	return entries
}

// awkward are entries that a store could change on the way: large and small numbers, text of all kinds.
func awkward() []journal.Entry {
	names := []string{"ключ/é/😀", `quote"back\slash`, "white \t\n space ", "zero\x00byte", "percent%_'; --"}
	var entries []journal.Entry
	for i, name := range names {
		e := journal.Entry{
			Actor: name, N: 1, Kind: name, Logical: math.MaxInt64, Wall: time.Date(2026, 7, 1, 12, 0, 0, 123456789, time.UTC),
			Cause:   journal.Cause{Actor: name, N: math.MaxInt64, Index: math.MaxInt32},
			Step:    math.MaxInt64,
			Payload: []byte(`{"big":12345678901234567890123,"float":0.1,"minus":-0,"text":"é😀\u0000\"<&>` + "\u2028" + `"}`),
			Effects: []byte(`[null,{"":[]},` + "\"" + strings.Repeat("x", i*100_000) + `"]`),
		}
		if i == 1 { // the zero values
			e.Kind, e.Logical, e.Cause, e.Payload, e.Effects = "k", -1, journal.Cause{}, []byte(`null`), []byte(`[]`)
		}
		e.Digest = e.Sum(journal.Digest{})
		entries = append(entries, e)
	}
	return entries
}

// collect reads all entries.
func collect(t *testing.T, seq iter.Seq2[journal.Entry, error]) []journal.Entry {
	t.Helper()
	var entries []journal.Entry
	for e, err := range seq {
		if err != nil {
			t.Fatalf("after %d entries: %v", len(entries), err)
		}
		entries = append(entries, e)
	}
	return entries
}

// same fails unless got are the entries of want, in their order, with increasing positions.
func same(t *testing.T, got, want []journal.Entry) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d entries, want %d", len(got), len(want))
	}
	var last journal.Position
	for i := range got {
		if got[i].Position <= last {
			t.Fatalf("entry %d: position %d after %d", i, got[i].Position, last)
		}
		last = got[i].Position
		if g, w := show(got[i]), show(want[i]); g != w {
			t.Fatalf("entry %d:\n got %s\nwant %s", i, g, w)
		}
	}
}

// show writes all that a store must keep of an entry.
func show(e journal.Entry) string {
	return fmt.Sprintf("%q %d %q %d %d %d %+v %s %s %s", e.Actor, e.N, e.Kind, e.Logical, e.Step, e.Wall.UnixNano(), e.Cause, e.Payload, e.Effects, e.Digest)
}
