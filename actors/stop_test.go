package actors_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/supervision"
)

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
	// Two hellos and a percept in round 2, and the outcome of the last mark; two hellos that came back, and the ask of nobody.
	if r.Messages.Dead != 4 || r.Messages.Refused != 3 {
		t.Errorf("the account is %+v, want 4 dead and 3 refused", r.Messages)
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
