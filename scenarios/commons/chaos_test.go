package commons

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/supervision"
)

// mixed holds every mind, so that each meets the others.
var mixed = []string{
	"5*fixed:9", "5*sustainable", "5*greedy", "5*random:0-12", "5*reciprocal", "5*covenant",
	"1*fixed:14 1*sustainable 1*random:0-14 2*reciprocal 2*covenant newcomer=covenant@3",
	"3*covenant 1*reciprocal 1*random:5-15 newcomer=greedy@6",
	"4*covenant\nKate proposes 12, takes 16",
	"3*lawful 1*defector:40 1*covenant 1*fixed:14 newcomer=lawful@4",
}

// hurried lets agents come back without a pause.
func hurried(s polis.Society) polis.Society {
	for i := range s.Agents {
		s.Agents[i].Policy = &supervision.Policy{Backoff: supervision.Backoff{Min: -1}}
	}
	return s
}

// "the run hash equals the undisturbed run's, in rounds and in sequential pace, … with GOMAXPROCS 1 and 8 (at least
// one crash in ten turns, shown by faults; none quarantined)". The log is short, so that memories are handed over often.
func TestFaultsChangeNothing(t *testing.T) {
	for _, minds := range mixed {
		for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated} {
			t.Run(minds+" "+string(pace), func(t *testing.T) {
				want := play(t, settled(t, minds), polis.Config{Seed: 3, Rounds: 12, Pace: pace})
				if want.Faults != (polis.Faults{}) || !want.Reproducible {
					t.Fatalf("undisturbed: %+v, reproducible %v", want.Faults, want.Reproducible)
				}
				for _, threads := range []int{1, 8} {
					before := runtime.GOMAXPROCS(threads)
					got := play(t, hurried(settled(t, minds)), polis.Config{Seed: 3, Rounds: 12, Pace: pace,
						Log: 3, Chaos: polis.Chaos{Agents: 0.2}})
					runtime.GOMAXPROCS(before)
					if got.Hash != want.Hash {
						t.Errorf("%d threads: hash %.12s, undisturbed %.12s; %v and %v", threads, got.Hash, want.Hash, Measure(got), Measure(want))
					}
					// What agents handled, and for each the first and the last event, which are not in the account.
					l := got.World.(*Lake)
					turns := int(got.Messages.Handled) - l.Harvests + 2*len(l.Fishers)
					if 10*got.Faults.Crashes < turns || got.Faults.Quarantined > 0 || got.Faults.Forgot > 0 || !got.Reproducible {
						t.Errorf("%d threads: %+v in %d turns, reproducible %v", threads, got.Faults, turns, got.Reproducible)
					}
				}
			})
		}
	}
}

// "The hash changes with the seed, the minds, talk, any parameter that matters; and with nothing else."
func TestHashTellsRunsApart(t *testing.T) {
	hashes := map[string]string{}
	run := func(order string, cfg polis.Config) string {
		cfg.Rounds = 3
		r := play(t, build(t, order+" rounds=3"), cfg)
		return r.Hash
	}
	for what, hash := range map[string]string{
		"plain":      run("5*random:0-12", polis.Config{Seed: 1}),
		"seed":       run("5*random:0-12", polis.Config{Seed: 2}),
		"minds":      run("5*random:0-11", polis.Config{Seed: 1}),
		"one mind":   run("4*random:0-12 greedy", polis.Config{Seed: 1}),
		"agents":     run("6*random:0-12", polis.Config{Seed: 1}),
		"talk":       run("5*random:0-12 talk=false", polis.Config{Seed: 1}),
		"split":      run("5*random:0-12 split=round-robin", polis.Config{Seed: 1}),
		"initial":    run("5*random:0-12 initial=99", polis.Config{Seed: 1}),
		"cap":        run("5*random:0-12 cap=101", polis.Config{Seed: 1}),
		"collapse":   run("5*random:0-12 collapse=6", polis.Config{Seed: 1}),
		"newcomer":   run("5*random:0-12 newcomer=random:0-12@2", polis.Config{Seed: 1}),
		"its month":  run("5*random:0-12 newcomer=random:0-12@3", polis.Config{Seed: 1}),
		"its mind":   run("5*random:0-12 newcomer=greedy@3", polis.Config{Seed: 1}),
		"sequential": run("5*random:0-12", polis.Config{Seed: 1, Pace: environment.Sequential}),
	} {
		if other, taken := hashes[hash]; taken || hash == "" {
			t.Errorf("%s has the hash of %s: %q", what, other, hash)
		}
		hashes[hash] = what
	}
	one := run("5*random:0-12", polis.Config{Seed: 1})
	if hashes[one] != "plain" {
		t.Error("the same run again has another hash")
	}
	var seen recorder
	if run("5*random:0-12", polis.Config{Seed: 1, Observe: seen.observe, Log: 1000, Mailbox: 64}) != one {
		t.Error("the hash depends on who looks, or on limits")
	}
	if run("5*random:0-12 talk=true split=random cap=100", polis.Config{Seed: 1}) != one {
		t.Error("the hash depends on whether a default is written out")
	}
}

// "One agent that always panics: quarantined, counted as missed, every other agent decides as it would have, given what
// it perceived." It is as if Kate did nothing at all.
func TestOneWhoAlwaysPanicsHarmsNobody(t *testing.T) {
	for _, minds := range []string{"5*sustainable", "5*random:0-12", "5*reciprocal", "5*covenant"} {
		t.Run(minds, func(t *testing.T) {
			var quiet recorder
			s := build(t, minds)
			s.Agents[1].Behavior = func() actors.Behavior {
				return actors.BehaviorFunc(func(*actors.Turn, any) error { return nil })
			}
			play(t, s, polis.Config{Seed: 3, Rounds: 12, Observe: quiet.observe})

			var seen recorder
			r := play(t, hurried(build(t, minds)), polis.Config{Seed: 3, Rounds: 12, Observe: seen.observe, Chaos: polis.Chaos{Always: []string{"Kate"}}})
			if got, want := seen.asked(), quiet.asked(); !slices.Equal(got, want) {
				t.Errorf("asked %v\nwant %v", got, want)
			}
			if want := 3 * r.Rounds; r.Faults.Missed != want || len(seen.missed) != want {
				t.Errorf("missed %d, observers saw %d, want every phase: %d", r.Faults.Missed, len(seen.missed), want)
			}
			for _, m := range seen.missed {
				if m.Agent != "Kate" || m.Late {
					t.Errorf("missed: %+v", m)
				}
			}
			if r.Rounds != 12 || r.Faults.Quarantined < 36 || r.Faults.Crashes != 5*r.Faults.Quarantined {
				t.Errorf("%d months, %+v", r.Rounds, r.Faults)
			}
			if fmt.Sprint(r.DecidedBy) != "map[rules:48]" {
				t.Errorf("decided: %v", r.DecidedBy)
			}
		})
	}
}
