package actors_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
)

// "A phase opens for an agent with one delivery, handled as one turn each, in this order: outcomes of its last actions,
// [messages that did not arrive,] timers due, messages sent to it in the phase before by (sender, turn, index), the
// percept. Then, still in this phase, answers and results in the order they were asked." "What it sends is seen in the
// next phase."
func TestTheOrderOfAPhase(t *testing.T) {
	var d diary
	talk := func(name string) polis.Agent { // writes to ann in three turns of round 1
		return does(name, func(t *actors.Turn, event any) error {
			switch e := event.(type) {
			case actors.Started:
				t.Send(tell("first", "ann"))
			case actors.Percept:
				if e.Round == 1 {
					t.Send(tell("second", "ann"))
					t.Send(tell("third", "ann"))
				}
			}
			return nil
		})
	}
	story{cfg: polis.Config{Rounds: 2}, agents: []polis.Agent{talk("zoe"), talk("ben"),
		does("ann", func(t *actors.Turn, event any) error {
			d.note(t, event)
			switch e := event.(type) {
			case actors.Percept:
				if e.Round == 1 {
					t.After(time.Second)
					t.After(500 * time.Millisecond)
					t.Send(tell("to nobody", "nobody"))
					t.Act(mark{1})
				} else {
					t.Ask("nobody", note{})
				}
			case actors.Outcome:
				t.Ask("nothing", note{})
			}
			return nil
		})}}.run(t)
	d.expect(t, "ann", `
		1 started
		2 percept 1 day
		3 outcome {1}
		4 undelivered to nobody: unknown
		5 timer 2.1
		6 timer 2.0
		7 inform of ben: first
		8 inform of ben: second
		9 inform of ben: third
		10 inform of zoe: first
		11 inform of zoe: second
		12 inform of zoe: third
		13 percept 2 day
		14 answer 3.0 of nothing: engine: "services/nothing": no such actor
		15 answer 13.0 of nobody: engine: "services/nobody": no such actor
		16 stopping`)
}

// "One action counts per agent and phase …; the rest are refused (already-acted); pass is an action." What the world
// refuses is an outcome with its reason.
func TestOneActionCountsPerPhase(t *testing.T) {
	var d diary
	r := story{cfg: polis.Config{Rounds: 2}, phases: []string{"morning", "evening"}, agents: []polis.Agent{
		does("ann", func(t *actors.Turn, event any) error {
			d.note(t, event)
			p, ok := event.(actors.Percept)
			switch {
			case !ok:
			case p.Round == 1 && p.Phase == "morning":
				t.Act(mark{1})
				t.Act(mark{2})
				t.Pass()
			case p.Round == 1:
				t.Act(mark{-1})
			case p.Phase == "morning":
				t.Pass()
				t.Act(mark{3})
			}
			return nil
		})}}.run(t)
	d.expect(t, "ann", `
		1 started
		2 percept 1 morning
		3 outcome {1}
		4 outcome already-acted
		5 outcome already-acted
		6 percept 1 evening
		7 outcome negative
		8 percept 2 morning
		9 outcome <nil>
		10 outcome already-acted
		11 percept 2 evening
		12 stopping`)
	if r.marks() != "ann 1" || r.Faults.Missed != 0 {
		t.Errorf("on the wall is %q; faults %+v", r.marks(), r.Faults)
	}
}

// "It has missed the phase when … its percept was quarantined, before it acted or passed."
func TestWhoActedBeforeItsPerceptFailedHasNotMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := story{cfg: polis.Config{Rounds: 2}, agents: []polis.Agent{does("ann", func(t *actors.Turn, event any) error {
			switch event.(type) {
			case actors.Started:
				t.Act(mark{1}) // in phase 1, before the percept
			case actors.Percept:
				panic("blind")
			}
			return nil
		})}}.run(t)
		if r.Faults.Quarantined != 2 || r.Faults.Missed != 1 || r.marks() != "ann 1" {
			t.Errorf("faults %+v, on the wall %q: want two percepts quarantined and one phase missed", r.Faults, r.marks())
		}
	})
}

// "Logical time is a duration; each phase lasts Config.Phase (1 s), which is what After and Now count."
func TestTimersCountLogicalTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Duration
		var percepts []time.Duration
		story{cfg: polis.Config{Rounds: 6, Phase: time.Hour}, agents: []polis.Agent{
			does("ann", func(t *actors.Turn, event any) error {
				switch e := event.(type) {
				case actors.Percept:
					if percepts = append(percepts, t.Now()); e.Round == 1 {
						t.After(0)
						t.After(time.Hour)
						t.After(150 * time.Minute)
						t.Cancel(t.After(time.Hour))
						t.After(24 * time.Hour) // never
					}
				case actors.Timer:
					at = append(at, t.Now())
				}
				return nil
			})}}.run(t)
		if want := []time.Duration{time.Hour, time.Hour, 3 * time.Hour}; !slices.Equal(at, want) {
			t.Errorf("the timers came at %v, want %v", at, want)
		}
		if want := []time.Duration{0, time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 5 * time.Hour}; !slices.Equal(percepts, want) {
			t.Errorf("the percepts came at %v, want %v", percepts, want)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("five hours of logical time took %v", took)
		}
	})
}

// "Cancel closes an ask, a job or a timer: nothing will come of it any more", also if it is due in this very phase.
func TestACancelledTimerDoesNotCome(t *testing.T) {
	var d diary
	var timers []actors.ID
	story{cfg: polis.Config{Rounds: 3}, agents: []polis.Agent{does("ann", func(t *actors.Turn, event any) error {
		d.note(t, event)
		switch e := event.(type) {
		case actors.Percept:
			if t.Act(mark{e.Round}); e.Round == 1 {
				timers = []actors.ID{t.After(0), t.After(1), t.After(2), t.After(3), t.After(2 * time.Second)}
			}
		case actors.Outcome: // all but the last are due in this phase
			t.Cancel(timers[1])
		case actors.Timer:
			t.Cancel(e.ID) // it has come: this changes nothing
			t.Cancel(timers[3])
			t.Cancel(timers[4])
		}
		return nil
	})}}.run(t)
	d.expect(t, "ann", `
		1 started
		2 percept 1 day
		3 outcome {1}
		4 timer 2.1
		5 timer 2.3
		6 percept 2 day
		7 outcome {2}
		8 percept 3 day
		9 outcome {3}
		10 stopping`)
}
