package journaltest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/polis-agents/polis/journal"
)

// testModel: whatever is done to it, the store answers as the one in memory does.
func testModel(t *testing.T, s journal.Store) {
	m := journal.NewMemory()
	r := rand.New(rand.NewPCG(4, 2026))
	sc := newScript()
	actors := []string{"world", "agents/a", "agents/b", "agents/a/b", "services/model"}
	anyone := func() string { return actors[r.IntN(len(actors))] }
	// Near the end of a chain, since that is where it matters.
	near := func(actor string) uint64 {
		return sc.heads[actor].Count + uint64(r.IntN(4)) - min(2, sc.heads[actor].Count)
	}
	for i := range 400 {
		var got, want error
		what := ""
		switch actor := anyone(); r.IntN(6) {
		case 0, 1, 2:
			before := newScript()
			for a, h := range sc.heads {
				before.heads[a] = h
			}
			var batch []journal.Entry
			for range r.IntN(8) {
				batch = append(batch, sc.next(anyone()))
			}
			if len(batch) > 0 && r.IntN(3) == 0 { // spoilt: repeated, left out, renumbered
				k := r.IntN(len(batch))
				switch r.IntN(3) {
				case 0:
					batch = append(batch, batch[k])
				case 1:
					batch[k].N = near(batch[k].Actor)
				default:
					batch[k].Kind = ""
				}
			}
			got, want = s.Append(t.Context(), batch), m.Append(t.Context(), batch)
			if what = fmt.Sprintf("append of %d", len(batch)); want != nil {
				sc = before
			}
		case 3:
			n, state := near(actor), fmt.Appendf(nil, "state %d", i)
			got, want = s.SaveSnapshot(t.Context(), actor, n, state), m.SaveSnapshot(t.Context(), actor, n, state)
			what = fmt.Sprintf("snapshot of %q after %d", actor, n)
		case 4:
			upTo := near(actor)
			n, state, err := s.LoadSnapshot(t.Context(), actor, upTo)
			wantN, wantState, wantErr := m.LoadSnapshot(t.Context(), actor, upTo)
			if n != wantN || string(state) != string(wantState) || err != nil || wantErr != nil {
				t.Fatalf("step %d: snapshot of %q up to %d: got %d, %q, %v; want %d, %q", i, actor, upTo, n, state, err, wantN, wantState)
			}
		case 5:
			n := near(actor)
			same(t, collect(t, s.Turns(t.Context(), actor, n)), collect(t, m.Turns(t.Context(), actor, n)))
		}
		var a, b *journal.Conflict
		if errors.As(got, &a) != errors.As(want, &b) || a != nil && *a != *b || (got == nil) != (want == nil) ||
			errors.Is(got, journal.ErrMalformed) != errors.Is(want, journal.ErrMalformed) {
			t.Fatalf("step %d: %s: got %v, want %v", i, what, got, want)
		}
	}
	same(t, collect(t, s.Read(t.Context(), 0)), collect(t, m.Read(t.Context(), 0)))
	checkHeads(t, s, sc)
}
