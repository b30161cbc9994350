package actors_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
)

// sum is a behavior that adds the rounds it has perceived, and writes the sum on the wall. In its life number dies, it
// fails at a percept of that round.
type sum struct {
	total int
	fails func(round int) bool
}

func (b *sum) Receive(t *actors.Turn, event any) error {
	if p, ok := event.(actors.Percept); ok {
		b.total += p.Round
		if b.fails != nil && b.fails(p.Round) {
			return errors.New("a fault of its own")
		}
		t.Act(mark{b.total})
	}
	return nil
}

// keeping is a sum that hands its memory over.
type keeping struct{ sum }

func (b *keeping) Snapshot() ([]byte, error) { return json.Marshal(b.total) }

func (b *keeping) Restore(state []byte) error { return json.Unmarshal(state, &b.total) }

// once fails the first attempt in that round.
func once(round int) func(int) bool {
	failed := false
	return func(now int) bool {
		if now != round || failed {
			return false
		}
		failed = true
		return true
	}
}

// after is what is on the wall after so many rounds of a sum, and what observers saw.
func after(t *testing.T, rounds int, behavior func() actors.Behavior) told {
	t.Helper()
	r := story{cfg: polis.Config{Rounds: rounds}, agents: []polis.Agent{lives("ann", behavior)}}.run(t)
	return r
}

// last is the last number on the wall.
func (r told) last() string {
	marks := r.World.(*wall).Marks
	return marks[len(marks)-1]
}

// "A new life is producer + last snapshot + events since, with effects suppressed."
func TestANewLifeKnowsWhatWasCommitted(t *testing.T) {
	fails := once(5)
	r := after(t, 6, func() actors.Behavior { return &sum{fails: fails} })
	if want := "ann 1, ann 3, ann 6, ann 10, ann 15, ann 21"; r.marks() != want {
		t.Errorf("on the wall is %q, want %q", r.marks(), want)
	}
	if r.Faults.Crashes != 1 || r.Faults.Forgot != 0 {
		t.Errorf("faults %+v: want one crash", r.Faults)
	}
}

// "Each actor keeps a log of its events in memory, 64 by default, emptied by a Keeper's snapshot; a behavior without
// Keeper that outgrows it restarts empty, and the record says so; one marked Stateless keeps none." A round is two
// events here, so turn 64 is the outcome of round 31.
func TestTheRecoveryLogHolds64Events(t *testing.T) {
	for _, tc := range []struct {
		name     string
		fails    int // in this round
		behavior func(func(int) bool) actors.Behavior
		want     int // on the wall after round 60
		forgot   int
	}{
		{"within the log", 32, func(f func(int) bool) actors.Behavior { return &sum{fails: f} }, 60 * 61 / 2, 0},
		{"outgrown", 34, func(f func(int) bool) actors.Behavior { return &sum{fails: f} }, 60*61/2 - 33*34/2, 1},
		{"a Keeper", 34, func(f func(int) bool) actors.Behavior { return &keeping{sum{fails: f}} }, 60 * 61 / 2, 0},
		{"a Keeper, later", 59, func(f func(int) bool) actors.Behavior { return &keeping{sum{fails: f}} }, 60 * 61 / 2, 0},
		{"Stateless", 34, func(f func(int) bool) actors.Behavior { return &liar{sum{fails: f}} }, 60*61/2 - 33*34/2, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fails := once(tc.fails)
			r := after(t, 60, func() actors.Behavior { return tc.behavior(fails) })
			if want := "ann " + strconv.Itoa(tc.want); r.last() != want {
				t.Errorf("the last on the wall is %q, want %q", r.last(), want)
			}
			if r.Faults.Forgot != tc.forgot || count[actors.Forgot](r) != tc.forgot {
				t.Errorf("faults %+v, and observers saw %d Forgot; want %d", r.Faults, count[actors.Forgot](r), tc.forgot)
			}
		})
	}
}

// liar says it has no memory.
type liar struct{ sum }

func (*liar) Stateless() {}

// A Keeper whose snapshot fails is a behavior without one, until it succeeds.
func TestASnapshotThatFailsIsTakenLater(t *testing.T) {
	for _, tc := range []struct {
		broken int // the snapshots that fail
		want   string
		forgot int
	}{
		{broken: 3, want: "ann 1830", forgot: 0},
		{broken: 1000, want: "ann 1269", forgot: 1},
	} {
		fails, snapshots := once(34), 0
		r := after(t, 60, func() actors.Behavior {
			return &brittle{keeping{sum{fails: fails}}, func() error {
				if snapshots++; snapshots <= tc.broken {
					return errors.New("the disk is full")
				}
				return nil
			}}
		})
		if r.last() != tc.want || r.Faults.Forgot != tc.forgot {
			t.Errorf("with %d broken snapshots the last on the wall is %q, faults %+v; want %q and %d Forgot", tc.broken, r.last(), r.Faults, tc.want, tc.forgot)
		}
	}
}

type brittle struct {
	keeping
	snapshot func() error
}

func (b *brittle) Snapshot() ([]byte, error) {
	if err := b.snapshot(); err != nil {
		return nil, err
	}
	return b.keeping.Snapshot()
}

// Events that are quarantined, one after the other, do not cost a Keeper its memory, nor fill the log of an agent that
// has none.
func TestQuarantinedEventsCostNoMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := story{cfg: polis.Config{Rounds: 40, Log: 4}, agents: []polis.Agent{
			lives("ann", func() actors.Behavior {
				return &keeping{sum{fails: func(round int) bool { return round >= 10 && round < 30 }}}
			}),
		}}.run(t)
		if want := 9*10/2 + (40*41/2 - 29*30/2); r.last() != "ann "+strconv.Itoa(want) || r.Faults.Forgot != 0 || r.Faults.Quarantined != 20 {
			t.Errorf("the last on the wall is %q, want %d; faults %+v", r.last(), want, r.Faults)
		}
		for _, behavior := range []func() actors.Behavior{
			func() actors.Behavior { return &sum{} },
			func() actors.Behavior { return &liar{} },
		} {
			r = story{cfg: polis.Config{Rounds: 100, Chaos: polis.Chaos{Always: []string{"ann"}}}, agents: []polis.Agent{
				lives("ann", behavior), idles("ben"),
			}}.run(t)
			if r.Faults.Quarantined != 102 || r.Faults.Missed != 100 || r.Faults.Forgot != 0 {
				t.Errorf("faults %+v: want started, 100 percepts and stopping quarantined, and nothing forgotten", r.Faults)
			}
		}
	})
}

// A life that cannot be made stops the agent after the last attempt; the society goes on without it.
func TestAnAgentThatCannotStartIsStopped(t *testing.T) {
	for name, behavior := range map[string]func() actors.Behavior{
		"no behavior": func() actors.Behavior { return nil },
		"a panic":     func() actors.Behavior { panic("no") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := story{cfg: polis.Config{Rounds: 3}, agents: []polis.Agent{lives("ann", behavior),
					does("ben", func(t *actors.Turn, event any) error {
						if p, ok := event.(actors.Percept); ok {
							t.Act(mark{p.Round})
						}
						return nil
					})}}.run(t)
				if r.marks() != "ben 1, ben 2, ben 3" || r.Faults.Quarantined != 0 {
					t.Errorf("on the wall is %q, faults %+v", r.marks(), r.Faults)
				}
			})
		})
	}
}

// A committed turn that fails when it is done again, and a snapshot that cannot be read, are failures that say so.
func TestALifeThatCannotBeRestoredSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lifes := 0
		r := story{cfg: polis.Config{Rounds: 2}, agents: []polis.Agent{lives("ann", func() actors.Behavior {
			lifes++
			return &counting{f: func(t *actors.Turn, event any, _ int) error {
				if _, ok := event.(actors.Percept); ok && lifes > 1 || t.N() == 4 {
					return errors.New("changed its mind")
				}
				return nil
			}}
		})}}.run(t)
		var said []string
		for _, e := range r.events {
			if f, ok := e.(polis.Failed); ok {
				said = append(said, f.Decision.Cause().Err.Error())
			}
		}
		const want = "actors: restore ann: turn 2, committed before, now fails: changed its mind"
		if len(said) != 6 || said[0] != "changed its mind" || said[1] != want || said[5] != want {
			t.Errorf("the failures are %q", said)
		}
	})
}

// A Keeper whose snapshot panics has handled its event all the same, and once.
func TestASnapshotThatPanicsCostsNoTurn(t *testing.T) {
	snapshots, fails := 0, once(12)
	r := story{cfg: polis.Config{Rounds: 20, Log: 4}, agents: []polis.Agent{lives("ann", func() actors.Behavior {
		return &brittle{keeping{sum{fails: fails}}, func() error {
			if snapshots++; snapshots%2 == 1 {
				panic("the disk is gone")
			}
			return nil
		}}
	})}}.run(t)
	if n := len(r.World.(*wall).Marks); r.last() != "ann 210" || n != 20 || r.Faults.Crashes != 1 {
		t.Errorf("%d marks on the wall, the last %q, faults %+v; want 20, 210, one crash", n, r.last(), r.Faults)
	}
}
