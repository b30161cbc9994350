package polis_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// A run with a journal that is interrupted is cut off where it stands: taken up again, it ends as if it had not been.
func TestInterruptedRunIsTakenUp(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential} {
		t.Run(string(pace), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := polis.Config{Seed: 3, Rounds: 8, Pace: pace, Delay: time.Second, Journal: journal.NewMemory()}
				want := run(t, village(), cfg)
				for at := 1; at < 8; at += 2 {
					ctx, cancel := context.WithCancel(t.Context())
					cfg.Journal = journal.NewMemory()
					cfg.Observe = func(event any) {
						if e, ok := event.(environment.RoundEnded); ok && e.Round == at {
							cancel()
						}
					}
					rep, err := polis.Run(ctx, village(), cfg)
					if !errors.Is(err, context.Canceled) || rep.Reproducible || rep.Hash == want.Hash || rep.NotStopped != nil {
						t.Fatalf("interrupted in round %d: %+v, %v", at, rep, err)
					}
					for e, err := range cfg.Journal.Read(t.Context(), 0) {
						if err != nil || e.Kind == "stopping" {
							t.Fatalf("turn %d of %s is its last, %v", e.N, e.Actor, err)
						}
					}
					cfg.Observe = nil
					r, err := polis.Resume(t.Context(), polis.Epoch{Society: village(), Config: cfg})
					if err != nil {
						t.Fatal(err)
					}
					if got, err := r.Wait(); err != nil || got.Hash != want.Hash || !got.Reproducible {
						t.Errorf("interrupted in round %d: %+v, %v, want %+v", at, got, err, want)
					}
				}
			})
		})
	}
}
