package actors_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/supervision"
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

// "Stop ends the agent after this turn. What has reached it and is not handled yet, is lost": and counted.
func TestStopEndsTheAgentAfterItsTurn(t *testing.T) {
	var d diary
	r := story{cfg: polis.Config{Rounds: 4}, agents: []polis.Agent{
		does("ann", func(t *actors.Turn, event any) error {
			d.note(t, event)
			switch e := event.(type) {
			case actors.Percept:
				t.Act(mark{e.Round})
			case actors.Outcome:
				t.Stop()
				t.Act(mark{99}) // it is still of this turn
				t.Send(tell("farewell", "ben"))
				t.Ask("nobody", note{})
			}
			return nil
		}),
		does("ben", func(t *actors.Turn, event any) error {
			d.note(t, event)
			if _, ok := event.(actors.Percept); ok {
				t.Send(tell("hello", "ann"))
			}
			return nil
		}),
	}}.run(t)
	d.expect(t, "ann", "1 started\n2 percept 1 day\n3 outcome {1}")
	d.expect(t, "ben", `
		1 started
		2 percept 1 day
		3 percept 2 day
		4 inform of ann: farewell
		5 percept 3 day
		6 undelivered to ann: stopped
		7 percept 4 day
		8 undelivered to ann: stopped
		9 stopping`)
	if r.marks() != "ann 1, ann 99" {
		t.Errorf("on the wall is %q", r.marks())
	}
	if r.Messages.Dead+r.Messages.Refused != 5 { // two hellos and a percept in round 2, two hellos that came back
		t.Errorf("the account is %+v, want 5 dead or refused", r.Messages)
	}
}

// What a committed turn wanted is done, also when the very next turn ends the agent.
func TestWhatWasCommittedIsDoneWhenTheAgentEnds(t *testing.T) {
	var d diary
	ann := does("ann", func(t *actors.Turn, event any) error {
		if _, ok := event.(actors.Percept); ok {
			return errors.New("no more")
		}
		t.Act(mark{1})
		t.Act(mark{2})
		t.Send(tell("farewell", "ben"))
		return nil
	})
	ann.Policy = &supervision.Policy{Attempts: 1, Budget: supervision.Budget{Turns: 1}}
	r := story{cfg: polis.Config{Rounds: 2}, agents: []polis.Agent{ann, does("ben", func(t *actors.Turn, event any) error {
		d.note(t, event)
		return nil
	})}}.run(t)
	d.expect(t, "ben", "1 started\n2 percept 1 day\n3 inform of ann: farewell\n4 percept 2 day\n5 stopping")
	if r.marks() != "ann 1" || r.Faults.Quarantined != 1 {
		t.Errorf("on the wall is %q, faults %+v", r.marks(), r.Faults)
	}
}

// "Stopping is the last event, when the society ends. Effects of its turn are not carried out."
func TestStoppingIsTheLastEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, pace := range []polis.Config{{Rounds: 2}, {Rounds: 2, Pace: "sequential"}, {Rounds: 2, Pace: "realtime"}} {
			began := time.Now()
			var d diary
			stopped, late := 0, 0
			society := []polis.Agent{}
			for _, name := range []string{"ann", "ben", "cleo"} {
				society = append(society, lives(name, func() actors.Behavior {
					return &slow{work: 30 * time.Second, f: func(t *actors.Turn, event any) error {
						d.mu.Lock()
						defer d.mu.Unlock()
						if stopped > 0 && t.Self() == "ann" {
							late++
						}
						if _, ok := event.(actors.Stopping); ok && t.Self() == "ann" {
							stopped++
						}
						_, percept := event.(actors.Percept)
						_, stopping := event.(actors.Stopping)
						_, outcome := event.(actors.Outcome)
						if stopping {
							t.Act(mark{99})
						}
						if percept || stopping || outcome && pace.Pace != "realtime" { // as much as could still come of it
							t.Send(tell("still here", "ann", "ben", "cleo"))
							t.Send(tell("anybody", "nobody"))
							t.After(0)
							t.Act(mark{1})
							t.Ask("nobody", note{})
							if !percept || pace.Pace == "realtime" {
								t.Do("think", note{})
							}
						}
						return nil
					}}
				}))
			}
			pace.Deadline = 10 * time.Second
			r := story{cfg: pace, agents: society}.run(t)
			if stopped != 1 || late != 0 {
				t.Errorf("pace %q: ann had %d Stopping, and %d turns after it", pace.Pace, stopped, late)
			}
			if strings.Contains(r.marks(), "99") {
				t.Error("an effect of Stopping was carried out")
			}
			if took := time.Since(began); took > 31*time.Second {
				t.Errorf("pace %q: the end waited for thoughts: %v", pace.Pace, took)
			}
		}
	})
}

// slow is a Worker whose jobs take their time.
type slow struct {
	work time.Duration
	f    func(t *actors.Turn, event any) error
}

func (b *slow) Receive(t *actors.Turn, event any) error { return b.f(t, event) }

func (b *slow) Work(ctx context.Context, _ string, input any) (any, error) {
	return input, slowly(ctx, b.work)
}
