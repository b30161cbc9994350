package polis_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// "The run hash is a hash of the configuration that matters (scenario, parameters, minds, model, pace, seed, rounds; not
// chaos, journal, limits, cluster, threads, output) and the sorted (actor, last digest, count) of the world and the agents."
func TestHashTellsWhatMatters(t *testing.T) {
	base := polis.Config{Seed: 1, Rounds: 4}
	want := run(t, village(), base)
	if len(want.Hash) != 64 || !want.Reproducible {
		t.Fatalf("%+v", want)
	}
	for _, c := range []struct {
		name    string
		matters bool
		change  func(s *polis.Society, cfg *polis.Config)
	}{
		{"nothing", false, func(*polis.Society, *polis.Config) {}},
		{"chaos", false, func(_ *polis.Society, cfg *polis.Config) { cfg.Chaos.Agents = 0.3 }},
		{"the recovery log", false, func(_ *polis.Society, cfg *polis.Config) { cfg.Log = 200 }},
		{"the mailboxes", false, func(_ *polis.Society, cfg *polis.Config) { cfg.Mailbox = 100 }},
		{"the journal", false, func(_ *polis.Society, cfg *polis.Config) { cfg.Journal = journal.NewMemory() }},
		{"who watches", false, func(_ *polis.Society, cfg *polis.Config) { cfg.Observe = func(any) {} }},
		{"a pause", false, func(_ *polis.Society, cfg *polis.Config) { cfg.Delay = time.Millisecond }},
		{"a deadline not met", false, func(_ *polis.Society, cfg *polis.Config) { cfg.Deadline = time.Hour }},
		{"patience", false, func(_ *polis.Society, cfg *polis.Config) { cfg.Stop = time.Hour }},
		{"the order of the list", false, func(s *polis.Society, _ *polis.Config) { slices.Reverse(s.Agents) }},
		{"how people call who decides", false, func(s *polis.Society, _ *polis.Config) { s.Agents[0].Decides = "it" }},
		{"From 0 or 1", false, func(s *polis.Society, _ *polis.Config) { s.Agents[0].From = 1 }},
		{"the pace by name", false, func(_ *polis.Society, cfg *polis.Config) { cfg.Pace = environment.Rounds }},
		{"the seed", true, func(_ *polis.Society, cfg *polis.Config) { cfg.Seed = 2 }},
		{"the rounds", true, func(_ *polis.Society, cfg *polis.Config) { cfg.Rounds = 5 }},
		{"the pace", true, func(_ *polis.Society, cfg *polis.Config) { cfg.Pace = environment.Sequential }},
		{"what a phase lasts", true, func(_ *polis.Society, cfg *polis.Config) { cfg.Phase = time.Hour }},
		{"the order of actions", true, func(_ *polis.Society, cfg *polis.Config) { cfg.Shuffle = true }},
		{"the scenario", true, func(s *polis.Society, _ *polis.Config) { s.Name = "town" }},
		{"a parameter", true, func(s *polis.Society, _ *polis.Config) { s.Settings = map[string]string{"depth": "8"} }},
		{"another parameter", true, func(s *polis.Society, _ *polis.Config) { s.Settings["width"] = "1" }},
		{"a null", true, func(s *polis.Society, _ *polis.Config) { s.Null = polis.ChannelCut }},
		{"a mind's name", true, func(s *polis.Society, _ *polis.Config) { s.Agents[3].Mind = "still" }},
		{"a mind", true, func(s *polis.Society, _ *polis.Config) { s.Agents[3].Behavior = rule }},
		{"when somebody comes", true, func(s *polis.Society, _ *polis.Config) { s.Agents[3].From = 2 }},
		{"a name", true, func(s *polis.Society, _ *polis.Config) { s.Agents[3].Name = "don" }},
		{"one agent fewer", true, func(s *polis.Society, _ *polis.Config) { s.Agents = s.Agents[:3] }},
		{"who may speak", true, func(s *polis.Society, _ *polis.Config) { s.MaySpeak = func(string, string) bool { return false } }},
		{"what may be said", true, func(s *polis.Society, _ *polis.Config) {
			s.May = func(*protocol.Message, string) error { return errors.New("hush") }
		}},
		{"the world", true, func(s *polis.Society, _ *polis.Config) {
			s.World = wellOf(func(what string, litres int) error {
				if what == "draw" && litres < 60 {
					return environment.Refuse("low", "the well is low")
				}
				return nil
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, cfg := village(), base
			c.change(&s, &cfg)
			if got := run(t, s, cfg); (got.Hash != want.Hash) != c.matters {
				t.Errorf("%s and %s", got.Hash, want.Hash)
			}
		})
	}
	if r := run(t, village(), polis.Config{Seed: 1, Rounds: 4, Undigested: true}); r.Hash != "" || r.World.(*well).Litres != want.World.(*well).Litres {
		t.Errorf("undigested it has the hash %q, and %d litres are left, not %d", r.Hash, r.World.(*well).Litres, want.World.(*well).Litres)
	}
}

// "In rounds, sequential and simulated pace: same seed, same configuration, same hash, on any number of threads". "The same
// event is offered again under the same n with the same randomness": faults made on purpose change nothing either.
func TestHashIsThatOfTheUndisturbedRun(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated} {
		t.Run(string(pace), func(t *testing.T) {
			cfg := polis.Config{Seed: 7, Rounds: 12, Pace: pace}
			want := run(t, village(), cfg)
			for _, threads := range []int{1, 8} {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
				for _, share := range []float64{0, 0.2} {
					cfg.Chaos = polis.Chaos{Agents: share}
					got := run(t, village(), cfg)
					if got.Hash != want.Hash || fmt.Sprint(got.World) != fmt.Sprint(want.World) || !got.Reproducible {
						t.Errorf("%d threads, chaos %v: %s, undisturbed %s: %+v", threads, share, got.Hash, want.Hash, got)
					}
					if f := got.Faults; share > 0 && (f.Crashes < 30 || f.Quarantined > 0 || f.Forgot > 0) || share == 0 && f != (polis.Faults{}) {
						t.Errorf("chaos %v: %+v", share, f)
					}
				}
			}
		})
	}
}
