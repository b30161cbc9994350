package polis_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/supervision"
)

// A society that cannot be run is refused before anything starts, with all that is wrong with it.
func TestSocietiesAreChecked(t *testing.T) {
	for _, c := range []struct {
		change func(s *polis.Society, cfg *polis.Config)
		want   string
	}{
		{func(s *polis.Society, _ *polis.Config) { s.World = nil }, `society "village" has no world`},
		{func(s *polis.Society, _ *polis.Config) { s.Agents = nil }, `society "village" has no agents`},
		{func(s *polis.Society, _ *polis.Config) { s.Agents[1].Name = "" }, `agent 1 is named ""`},
		{func(s *polis.Society, _ *polis.Config) { s.Agents[1].Name = "b\xffn" }, `agent 1 is named "b\xffn"`},
		{func(_ *polis.Society, cfg *polis.Config) { cfg.Phase = -1 }, "Config.Phase is -1"},
		{func(_ *polis.Society, cfg *polis.Config) { cfg.Pace = "warp" }, `pace "warp"`},
		{func(s *polis.Society, _ *polis.Config) { s.Agents[1].Name = "ada" }, `two agents are named "ada"`},
		{func(s *polis.Society, _ *polis.Config) { s.Agents[1].Behavior = nil }, `agent "ben" has no behavior`},
		{func(_ *polis.Society, cfg *polis.Config) { cfg.Chaos.Always = []string{"zoe"} }, `chaos names agent "zoe"; there are ada, ben, cleo, dan`},
		{func(_ *polis.Society, cfg *polis.Config) { cfg.Chaos.Agents = math.NaN() }, "a share of NaN and 0"},
		{func(_ *polis.Society, cfg *polis.Config) { cfg.Chaos.Adapters = 1.5 }, "a share of 0 and 1.5"},
		{func(_ *polis.Society, cfg *polis.Config) { cfg.Chaos.World = -1 }, "-1 crashes"},
		{func(_ *polis.Society, cfg *polis.Config) { cfg.Chaos.Adapters = 0.5 }, "the society asks no model"},
		{func(_ *polis.Society, cfg *polis.Config) { cfg.Chaos.Journal = polis.JournalSlow }, "the run keeps no journal"},
		{func(_ *polis.Society, cfg *polis.Config) { cfg.Chaos.Process = 1 }, "the run keeps no journal"},
		{func(_ *polis.Society, cfg *polis.Config) { cfg.Chaos.Journal, cfg.Journal = "wet", journal.NewMemory() }, `chaos "wet" for the journal`},
		{func(s *polis.Society, cfg *polis.Config) { s.World, cfg.Chaos.Always = nil, []string{"zoe"} }, "no world\npolis: chaos names"},
	} {
		s, cfg := village(), polis.Config{Rounds: 1}
		c.change(&s, &cfg)
		r, err := polis.Run(within(t), s, cfg)
		if r != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, %v, want %s", r, err, c.want)
		}
	}
}

// "or ctx ends. In the last case the report says what happened until then, and the error is ctx's."
func TestInterruptedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Realtime} {
			s := village()
			s.Agents[2].Behavior = func() actors.Behavior { // a mind that takes its time
				return actors.FromMind(actors.MindFunc[level, draw](func(ctx context.Context, _ actors.Situation[level]) (draw, error) {
					select {
					case <-time.After(400 * time.Millisecond):
						return draw{1}, nil
					case <-ctx.Done():
						return draw{}, ctx.Err()
					}
				}), actors.MindConfig[level, draw]{})
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
			r, err := polis.Run(ctx, s, polis.Config{Pace: pace, Delay: 300 * time.Millisecond})
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || r == nil {
				t.Fatalf("%s: %v, %v", pace, r, err)
			}
			if r.Rounds < 2 || r.Rounds > 4 || r.World == nil || r.Reproducible || r.NotStopped != nil || !r.Messages.Balanced() || r.Wall > 2600*time.Millisecond {
				t.Errorf("%s: %+v", pace, r)
			}
		}
	})
}

// A run that nobody wants any more when it begins, ends at once, and has a report all the same.
func TestInterruptedBeforeItBegan(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := polis.Run(ctx, village(), polis.Config{})
	if !errors.Is(err, context.Canceled) || r == nil || r.Reproducible || !r.Messages.Balanced() || r.NotStopped != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// A society that everybody has left, and that only its world could end, ends.
func TestEndsWhenNobodyIsLeft(t *testing.T) {
	s := village()
	for i := range s.Agents {
		s.Agents[i].Behavior = func() actors.Behavior {
			return actors.BehaviorFunc(func(t *actors.Turn, _ any) error {
				t.Stop()
				return nil
			})
		}
	}
	r, err := polis.Run(within(t), s, polis.Config{Stop: time.Minute})
	if err != nil || r.Rounds > 5 || r.NotStopped != nil || !r.Messages.Balanced() {
		t.Errorf("%+v, %v", r, err)
	}
}

var errDry = errors.New("the bucket is gone")

// "The world's failure pauses the society, restores it (…) and goes on; what cannot be restored stops the society with an
// error that says what was lost." The report says how far it came.
func TestWorldThatCannotGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rounds := 0
		s := village()
		s.World = wellOf(func(what string, _ int) error {
			if what == "perceive" && rounds >= 2 {
				return errDry
			}
			return nil
		})
		r, err := polis.Run(within(t), s, polis.Config{Observe: func(e any) {
			if _, ok := e.(environment.RoundEnded); ok {
				rounds++
			}
		}})
		if !errors.Is(err, errDry) || !strings.Contains(err.Error(), `round 3, phase "round": the world cannot be perceived`) {
			t.Error(err)
		}
		if r == nil || r.Rounds != 2 || r.Reproducible || !r.Messages.Balanced() || r.Faults.Crashes < 5 {
			t.Errorf("%+v", r)
		}
		var f *supervision.Failure
		if !errors.As(err, &f) || f.Actor != "world" || f.Stack() == nil {
			t.Errorf("%+v", f)
		}
	})
}

// A world whose action returns a plain error is restored, and the society goes on.
func TestWorldThatFailsGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := run(t, village(), polis.Config{Rounds: 4})
		n := 0
		s := village()
		s.World = wellOf(func(what string, _ int) error {
			n++
			if what == "draw" && slices.Contains([]int{5, 11, 12, 30}, n) || what == "perceive" && n == 20 {
				return errDry
			}
			return nil
		})
		got := run(t, s, polis.Config{Rounds: 4})
		if got.Hash != want.Hash || got.Faults.Crashes == 0 || got.Faults.Quarantined != 0 || !got.Reproducible {
			t.Errorf("%+v, undisturbed %+v", got, want)
		}
	})
}

// torn is a store that is full after some entries.
type torn struct {
	*journal.Memory
	left int
}

func (s *torn) Append(ctx context.Context, entries []journal.Entry) error {
	if s.left--; s.left < 0 {
		return errDry
	}
	return s.Memory.Append(ctx, entries)
}

// What cannot be recorded must not go on.
func TestStoreThatFailsEndsTheRun(t *testing.T) {
	r, err := polis.Run(within(t), polis.Society{Name: "one", World: wellOf(nil), Agents: []polis.Agent{{Name: "ada", Behavior: still}}},
		polis.Config{Rounds: 50, Journal: &torn{journal.NewMemory(), 9}})
	if err == nil || !strings.Contains(err.Error(), errDry.Error()) || r == nil || r.Reproducible || !r.Messages.Balanced() {
		t.Errorf("%+v, %v", r, err)
	}
}

// A behavior that ignores the end is left behind and named; the run has a report, and its hash is nobody's promise.
func TestSocietyThatDoesNotStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		s := village()
		s.Agents[3] = polis.Agent{Name: "dan", Behavior: func() actors.Behavior {
			return actors.BehaviorFunc(func(_ *actors.Turn, event any) error {
				if p, ok := event.(actors.Percept); ok && p.Round == 2 {
					<-hold
				}
				return nil
			})
		}}
		r, err := polis.Run(within(t), s, polis.Config{Rounds: 3, Deadline: time.Second, Stop: time.Second})
		if err != nil || r.NotStopped == nil || !strings.Contains(r.NotStopped.Error(), "agents/dan") {
			t.Errorf("%+v, %v", r, err)
		}
		if r.Reproducible || r.Hash == "" || r.Rounds != 3 || r.Faults.Missed != 2 {
			t.Errorf("%+v", r)
		}
		close(hold)
	})
}

// Observers see every event of the closed set, one at a time, in an order that makes sense.
func TestObserversSeeWhatHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := village()
		s.Agents[3] = polis.Agent{Name: "dan", Behavior: func() actors.Behavior {
			return actors.BehaviorFunc(func(_ *actors.Turn, event any) error {
				if _, ok := event.(actors.Percept); ok {
					panic("no")
				}
				return nil
			})
		}}
		var seen []string
		busy := false
		r := run(t, s, polis.Config{Rounds: 2, Observe: func(e any) {
			if busy {
				t.Error("two at a time")
			}
			busy = true
			switch e := e.(type) {
			case environment.RoundEnded:
				seen = append(seen, fmt.Sprintf("round %d", e.Round))
			case environment.Missed:
				seen = append(seen, e.Agent+" missed")
			case polis.Failed:
				if _, last := e.Decision.(supervision.Quarantine); last {
					seen = append(seen, e.Decision.Cause().Actor+" quarantined")
				}
			}
			busy = false
		}})
		want := []string{"agents/dan quarantined", "dan missed", "round 1", "agents/dan quarantined", "dan missed", "round 2"}
		if !slices.Equal(seen, want) {
			t.Errorf("%q", seen)
		}
		if f := r.Faults; f.Crashes != 10 || f.Restarts != 10 || f.Quarantined != 2 || f.Missed != 2 || r.DecidedBy["a mind"] != 2 || r.DecidedBy["rules"] != 4 {
			t.Errorf("%+v, %v", f, r.DecidedBy)
		}
	})
}

// Most events are shown by turns that are committed already: what an observer does wrong must not undo them.
func TestObserverThatPanicsChangesNothing(t *testing.T) {
	calm, err := polis.Run(within(t), village(), polis.Config{Rounds: 3})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	r, err := polis.Run(within(t), village(), polis.Config{Rounds: 3, Observe: func(any) {
		seen++
		panic("I cannot look")
	}})
	if err != nil || seen == 0 || r.Hash != calm.Hash || r.Faults != calm.Faults || r.Messages != calm.Messages {
		t.Errorf("%d seen: %+v, want %+v, %v", seen, r, calm, err)
	}
}

// Of the configuration only what matters is hashed: a default that is written out is the same.
func TestDefaultsWrittenOutHaveTheSameHash(t *testing.T) {
	a, err := polis.Run(within(t), village(), polis.Config{Rounds: 2})
	if err != nil {
		t.Fatal(err)
	}
	b, err := polis.Run(within(t), village(), polis.Config{Rounds: 2, Phase: time.Second, Pace: environment.Rounds})
	if err != nil || a.Hash != b.Hash {
		t.Errorf("%s, %s, %v", a.Hash, b.Hash, err)
	}
}

// "An agent's failure never touches another": one that escalates ends the run, at once, and restarts nobody else.
func TestEscalatedFailureEndsTheRunAndRestartsNobody(t *testing.T) {
	s := village()
	s.Agents[1].Behavior = func() actors.Behavior {
		return actors.BehaviorFunc(func(_ *actors.Turn, event any) error {
			if _, ok := event.(actors.Percept); ok {
				return fmt.Errorf("the well is poisoned: %w", supervision.ErrEscalate)
			}
			return nil
		})
	}
	r, err := polis.Run(within(t), s, polis.Config{Rounds: 3})
	if err == nil || !strings.Contains(err.Error(), "the well is poisoned") || r.Faults.Restarts != 0 || r.Faults.Crashes != 1 || r.Reproducible {
		t.Errorf("%+v, %v", r, err)
	}
}

// An agent that cannot even begin leaves the society, and nobody waits for it.
func TestAgentThatNeverStartsIsNotWaitedFor(t *testing.T) {
	s := village()
	s.Agents[1].Behavior = func() actors.Behavior { panic("no behavior to be had") }
	r, err := polis.Run(within(t), s, polis.Config{Rounds: 3, Deadline: time.Hour})
	if err != nil || r.Rounds != 3 || !r.Reproducible || !r.Messages.Balanced() || r.NotStopped != nil {
		t.Errorf("%+v, %v", r, err)
	}
}
