package naming

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// A kill loses only what was not written: whatever a run was cut off at, taken up again it ends as if nothing had happened, and
// its record is that of the whole run. In the middle of a round, of a game and of a turn.
func TestCutOffAnywhereItGoesOn(t *testing.T) {
	for _, text := range []string{"agents=6", "6*minimal 2*model vocabulary=closed words=3 max_rounds=6", "agents=6 rule=memory words=2", "agents=8 committed=0.25 null=memory-off max_rounds=3"} {
		t.Run(text, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			whole := journal.NewMemory()
			cfg := polis.Config{Seed: 7, Pace: environment.Sequential, Journal: whole}
			want := play(t, build(t, text), cfg)
			var all []journal.Entry
			for e, err := range whole.Read(ctx, 0) {
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, e)
			}
			for n := 3; n < len(all); n += max(1, len(all)/40) | 1 {
				cut := journal.NewMemory()
				if err := cut.Append(ctx, slices.Clone(all[:n])); err != nil {
					t.Fatal(err)
				}
				cfg.Journal = cut
				again, err := polis.Resume(ctx, polis.Epoch{Society: build(t, text), Config: cfg})
				if err != nil {
					t.Fatalf("cut off at %d of %d: %v", n, len(all), err)
				}
				got, err := again.Wait()
				if err != nil || got.Hash != want.Hash {
					t.Fatalf("cut off at %d of %d: %v, hash %.12s, want %.12s", n, len(all), err, got.Hash, want.Hash)
				}
			}
			replayed, err := polis.Replay(ctx, whole, polis.Epoch{Society: build(t, text), Config: polis.Config{Seed: 7, Pace: environment.Sequential}})
			if err != nil || replayed.Hash != want.Hash {
				t.Errorf("replayed: %v, %+v", err, replayed)
			}
		})
	}
}
