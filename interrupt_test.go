package polis_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// Whenever a run is interrupted, also while agents think.
func TestInterruptedWhileAgentsThink(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated} {
		t.Run(string(pace), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := polis.Config{Seed: 3, Rounds: 6, Pace: pace, Journal: journal.NewMemory()}
				want := run(t, thinkers(), cfg)
				for at := time.Duration(1); at < 20; at++ {
					ctx, cancel := context.WithTimeout(t.Context(), at*37*time.Millisecond)
					cfg.Journal = journal.NewMemory()
					_, err := polis.Run(ctx, thinkers(), cfg)
					cancel()
					if err == nil {
						continue
					}
					r, err := polis.Resume(within(t), polis.Epoch{Society: thinkers(), Config: cfg})
					if err != nil {
						t.Fatalf("interrupted after %v: %v", at*37*time.Millisecond, err)
					}
					if got, err := r.Wait(); err != nil || got.Hash != want.Hash {
						t.Errorf("interrupted after %v: %+v, %v", at*37*time.Millisecond, got, err)
					}
				}
			})
		})
	}
}

// thinkers are villagers each of whom takes its time.
func thinkers() polis.Society {
	s := village()
	for i := range s.Agents {
		pause := time.Duration(i+1) * 10 * time.Millisecond
		s.Agents[i].Behavior = func() actors.Behavior {
			return actors.FromMind(actors.MindFunc[level, draw](func(ctx context.Context, p actors.Situation[level]) (draw, error) {
				select {
				case <-time.After(pause):
				case <-ctx.Done():
				}
				return draw{Litres: i + 1}, ctx.Err()
			}), actors.MindConfig[level, draw]{})
		}
	}
	return s
}

// patient is a store that takes its time.
type patient struct{ journal.Store }

func (p patient) Append(ctx context.Context, entries []journal.Entry) error {
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return ctx.Err()
	}
	return p.Store.Append(ctx, entries)
}

// When Start has returned, what a run is to be taken up with is kept: also if the process is killed at once.
func TestTheBeginningIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := patient{journal.NewMemory()}
		r, err := polis.Start(within(t), village(), polis.Config{Rounds: 2, Journal: store, Origin: []byte(`{"a":1}`)})
		if err != nil {
			t.Fatal(err)
		}
		if all, err := polis.Origins(t.Context(), store); err != nil || string(all[0].Spec) != `{"a":1}` {
			t.Errorf("%+v, %v", all, err)
		}
		if _, err := r.Wait(); err != nil {
			t.Error(err)
		}
	})
}

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
					r, err := polis.Resume(within(t), polis.Epoch{Society: village(), Config: cfg})
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
