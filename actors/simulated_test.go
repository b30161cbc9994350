package actors_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

// takes are latencies that are always the same.
func takes(thinking, speaking, perceiving time.Duration) environment.Latencies {
	fixed := func(d time.Duration) environment.Latency {
		return environment.Latency{Shape: environment.Fixed, Mean: d}
	}
	return environment.Latencies{Thinking: fixed(thinking), Speaking: fixed(speaking), Perceiving: fixed(perceiving)}
}

const ms = time.Millisecond

// simulated is a story in the simulated pace: phases of a second, thoughts of 300 ms, words of 50 ms, looks of 10 ms.
func simulated(rounds int, agents ...polis.Agent) story {
	return story{cfg: polis.Config{Pace: environment.Simulated, Rounds: rounds, Latency: takes(300*ms, 50*ms, 10*ms)}, agents: agents}
}

// at is an agent with latencies of its own.
func at(a polis.Agent, l environment.Latencies) polis.Agent {
	a.Latency = l
	return a
}

// "A percept shows the world as it is at that moment; an action applies when its thinking time is over and its outcome
// comes as an event of its own; timers ring at their virtual time."
func TestInSimulatedTimeEverythingTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		began := time.Now()
		r := simulated(2, thinks("ann", func(t *actors.Turn, event any) error {
			d.add("ann", "%v %s", t.Now(), brief(event))
			switch e := event.(type) {
			case actors.Percept:
				d.add("ann", "sees %d", e.View.(view).Marks)
				if e.Round == 1 {
					t.After(400 * ms)
					t.Do("30s", note{"done"}) // by the wall clock
					t.Send(tell("a", "nobody", "ben", "nothing"))
				} else {
					t.Act(mark{7})
				}
			case actors.Timer:
				t.Act(mark{4})
			case actors.Result:
				t.Act(mark{5})
			}
			return nil
		}), does("ben", func(t *actors.Turn, event any) error {
			d.add("ben", "%v %s", t.Now(), brief(event))
			switch event.(type) {
			case actors.Started:
				t.After(700 * ms)
			case actors.Timer:
				t.Send(tell("hello", "ann"))
			}
			return nil
		})).run(t)
		d.expect(t, "ann", `
			10ms started
			10ms percept 1 day
			sees 0
			60ms undelivered to nobody: unknown
			60ms undelivered to nothing: unknown
			310ms result 2.1 of 30s: done
			311ms outcome {5}
			410ms timer 2.0
			710ms outcome already-acted
			760ms inform of ben: hello
			1.01s percept 2 day
			sees 1
			1.31s outcome {7}
			2s stopping`)
		d.expect(t, "ben", `
			10ms started
			10ms percept 1 day
			60ms inform of ann: a
			710ms timer 1.0
			1.01s percept 2 day
			2s stopping`)
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("it took %v by the wall clock, and only one job took any", took)
		}
		if !r.Reproducible || r.Faults.Missed != 0 {
			t.Errorf("reproducible %v, faults %+v", r.Reproducible, r.Faults)
		}
	})
}

// Two agents with different thinking speed: the fast one acts twice before the slow one acts once.
func TestTheQuickActWhileTheSlowThink(t *testing.T) {
	write := func(t *actors.Turn, event any) error {
		if p, ok := event.(actors.Percept); ok {
			t.Act(mark{10*p.Round + p.View.(view).Marks})
		}
		return nil
	}
	r := simulated(4, at(does("hare", write), takes(100*ms, 0, 0)), at(does("snail", write), takes(2500*ms, 0, 0))).run(t)
	if got := r.marks(); got != "hare 10, hare 21, hare 32, snail 10, hare 44" {
		t.Error(got)
	}
	if r.Faults.Missed != 2 { // the snail thinks all through the second round; in the third it looks, at 2.5 s, and thinks again until the end
		t.Errorf("missed %d", r.Faults.Missed)
	}
}
