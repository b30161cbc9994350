package environment_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// fleet is a society that meets every stage of the conductor: agents come and go, act, talk, are refused and are late.
func fleet(def *environment.Definition, pace environment.Pace) *society {
	s := &society{def: def, cfg: environment.Config{Pace: pace, Seed: 4, Rounds: 4, Recorder: &journal.Recorder{Digest: true, Log: 5}}}
	for i, name := range []string{"ada", "ben", "cleo", "dan"} {
		p := &player{name: name}
		if name == "cleo" {
			p.from = 2
		}
		p.moves = func(p environment.Percept) move {
			switch {
			case p.Phase == "talk":
				return move{acts: []any{say{name}}}
			case name == "ben" && p.Round == 3:
				return move{acts: []any{take{1}}, leaves: true}
			case name == "dan":
				return move{acts: []any{take{20}, take{1}}}
			default:
				return move{acts: []any{take{p.Round + i}}}
			}
		}
		s.players = append(s.players, p)
	}
	// Two come to it, before and between the others, and it is held up.
	for _, name := range []string{"bea", "abe"} {
		s.players = append(s.players, &player{name: name, joins: true, moves: func(p environment.Percept) move {
			return move{acts: []any{take{1}, say{name}}}
		}})
		s.wishes = append(s.wishes, wish{round: 1, what: "join", who: name})
	}
	s.wishes = append(s.wishes, wish{round: 1, what: "quiet"}, wish{round: 1, what: "pause"}, wish{at: time.Minute, what: "resume"})
	return s
}

// "The same event is offered again under the same n with the same randomness": a world that fails at any call of any of
// its methods, up to three times in a row, ends as one that does not fail. Nothing is done twice, nothing is left out.
func TestCrashAtEveryCall(t *testing.T) {
	worlds := []struct {
		name  string
		pace  environment.Pace
		def   func(lake) *environment.Definition
		times []int
		blind bool // no snapshot of it can be made, so that it is rebuilt from the journal
	}{
		{"rounds", environment.Rounds, lakeOf, []int{1, 3}, false},
		{"rounds, a Keeper", environment.Rounds, keptLakeOf, []int{1, 3}, false},
		{"rounds, without snapshots", environment.Rounds, keptLakeOf, []int{1, 3}, true},
		{"sequential", environment.Sequential, turnLakeOf, []int{1, 3}, false},
		{"sequential, told whose turn it is", environment.Sequential, calledLakeOf, []int{1}, false},
		{"sequential, told, without snapshots", environment.Sequential, calledLakeOf, []int{1}, true},
	}
	for _, w := range worlds {
		t.Run(w.name, func(t *testing.T) {
			play := func(t *testing.T, first, times int) (told string, head journal.Head, calls int) {
				synctest.Test(t, func(t *testing.T) {
					f := &faults{}
					def := w.def(lake{Fish: 40, phases: []string{"fish", "talk"}, regrow: 9, done: -1, faults: f,
						turns: [][]string{{"?dan?ada?ben?cleo"}}})
					f.calls = 0 // from now on: the lake of Define is not the society's
					f.hit = func(call int, what string, _ int) error {
						switch {
						case w.blind && what == "snapshot" && call > 10:
							return errBroken
						case call < first || call >= first+times:
							return nil
						case call%2 == 0 && (strings.HasPrefix(what, "take") || what == "snapshot" || what == "restore"):
							return errBroken
						}
						panic(errBroken)
					}
					s := fleet(def, w.pace)
					s.run(t)
					if s.result == nil {
						t.Fatalf("failing at call %d, %d times: %v", first, times, s.fatal)
					}
					calls, f.hit, s.fails = f.calls, nil, nil
					told, head = s.told(t), s.result.Head
				})
				return told, head, calls
			}
			want, wantHead, calls := play(t, 0, 0)
			if calls < 60 {
				t.Fatalf("only %d calls", calls)
			}
			for first := 1; first <= calls; first++ {
				for _, times := range w.times {
					if times > 1 && first%4 > 0 && first > 30 {
						continue // for time's sake
					}
					got, head, _ := play(t, first, times)
					if got != want || head != wantHead {
						t.Fatalf("failing at call %d of %d, %d times, it went\n%s\nit should go\n%s", first, calls, times, got, want)
					}
				}
			}
		})
	}
}

// A snapshot that fails is taken again at the next turn. When the world fails before one could be made, it is rebuilt from
// the journal; without a journal the society ends with an error that says what was lost.
func TestSnapshotThatAlwaysFails(t *testing.T) {
	play := func(t *testing.T, journaled bool) *society {
		f := &faults{hit: func(_ int, what string, nth int) error {
			if what == "snapshot" && nth > 1 || what == "tick 4" { // the first one is taken at the start, to see whether it can be
				return errBroken
			}
			return nil
		}}
		s := fleet(keptLakeOf(lake{Fish: 40, phases: []string{"fish", "talk"}, done: -1, faults: f}), environment.Rounds)
		s.unkept = !journaled
		s.run(t)
		return s
	}
	synctest.Test(t, func(t *testing.T) {
		s := play(t, false)
		if s.fatal == nil {
			t.Fatalf("it goes on: %+v", s.result)
		}
		for _, want := range []string{"in round 3", "is lost", "its recovery log was outgrown", "snapshot of the world: the net is torn"} {
			if !strings.Contains(s.fatal.Error(), want) {
				t.Errorf("%v\ndoes not say %q", s.fatal, want)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		if s := play(t, true); s.result == nil || s.result.Rounds != 4 || len(s.fails) < 10 {
			t.Errorf("%+v, %v, failures %v", s.result, s.fatal, s.fails)
		}
	})
}

// Quarantined turns and others are numbered without a gap, and those of a run that fails are the same in another.
func TestQuarantineIsReproducible(t *testing.T) {
	var heads []journal.Head
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			f := &faults{hit: func(_ int, what string, _ int) error {
				if slices.Contains([]string{"take 2 of ben", "tick 3", "enter cleo"}, what) {
					return fmt.Errorf("bad bytes \xff of %s", what)
				}
				return nil
			}}
			s := fleet(lakeOf(lake{Fish: 40, phases: []string{"fish", "talk"}, done: -1, faults: f}), environment.Rounds)
			s.run(t)
			if s.result == nil {
				t.Fatal(s.fatal)
			}
			heads = append(heads, s.result.Head)
			told := s.told(t)
			if n := strings.Count(told, " quarantined "); n < 3 {
				t.Errorf("%d turns are quarantined:\n%s", n, told)
			}
		})
	}
	if heads[0] != heads[1] {
		t.Errorf("%v and %v", heads[0], heads[1])
	}
}
