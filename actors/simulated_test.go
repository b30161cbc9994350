package actors_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
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

// "A message arrives after a seeded speaking latency, also while its receiver thinks", and is seen before the result of
// what it thinks about. "In order per sender and receiver", also when the next word would be faster.
func TestWordsReachWhoThinks(t *testing.T) {
	var d diary
	s := simulated(1, thinks("ann", func(t *actors.Turn, event any) error {
		d.add("ann", "%v %s", t.Now(), brief(event))
		if _, ok := event.(actors.Percept); ok {
			t.Do("0s", note{"done"})
		}
		return nil
	}), at(does("ben", func(t *actors.Turn, event any) error {
		switch event.(type) {
		case actors.Percept:
			t.Send(tell("one", "ann", "cleo"))
			t.Send(tell("two", "cleo", "ann"))
		case *protocol.Message:
			t.Send(tell("three", "ann"))
		}
		return nil
	}), environment.Latencies{Speaking: environment.Latency{Mean: 100 * ms}}), at(does("cleo", func(t *actors.Turn, event any) error {
		d.add("cleo", "%v %s", t.Now(), brief(event))
		if m, ok := event.(*protocol.Message); ok && text(m.Content) == "one" {
			t.Send(tell("psst", "ben"))
		}
		return nil
	}), takes(0, 1*ms, 900*ms)))
	s.cfg.Seed = 3 // with it the second word would be faster than the first
	r := s.run(t)
	d.expect(t, "ann", `
		10ms started
		10ms percept 1 day
		147ms inform of ben: one
		147ms inform of ben: two
		280ms inform of ben: three
		310ms result 2.0 of 0s: done
		1s stopping`)
	d.expect(t, "cleo", `
		147ms started
		147ms inform of ben: one
		147ms inform of ben: two
		900ms percept 1 day
		1s stopping`)
	if r.Messages.Dead != 0 {
		t.Errorf("%+v", r.Messages)
	}
}

// "A virtual society where nobody waits for a wall clock" and two that answer each other at once, for ever: time passes all
// the same, and it ends. "Null: latencies 0 for all behaves and terminates."
func TestAnEndlessTalkLetsTimePass(t *testing.T) {
	var heard atomic.Int64
	answer := func(to string) actors.BehaviorFunc {
		return func(t *actors.Turn, event any) error {
			switch event.(type) {
			case actors.Percept, *protocol.Message:
				heard.Add(1)
				t.Send(tell("and?", to))
				t.After(0)
				t.Act(mark{1})
			}
			return nil
		}
	}
	s := simulated(1, does("ann", answer("ben")), does("ben", answer("ann")))
	s.cfg.Latency = takes(0, 0, 0)
	s.run(t)
	if n := heard.Load(); n < 2*998 || n > 4*1000 {
		t.Errorf("heard %d things in 1000 grains", n)
	}
}

// "A run of slow models loses nothing but wall time … the result depends on the seed alone."
func TestTheWallClockHasNoSayInSimulatedTime(t *testing.T) {
	hashes, walls := map[string]bool{}, map[time.Duration]bool{}
	for i := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			wall := rand.New(rand.NewPCG(i, 7))
			var mu sync.Mutex
			began := time.Now()
			think := mind(func(ctx context.Context, s situation) (mark, error) {
				mu.Lock()
				d := time.Duration(wall.IntN(20_000)) * ms
				mu.Unlock()
				return mark{s.Round + s.Rand.IntN(10)*len(s.Messages)}, slowly(ctx, d)
			})
			s := story{cfg: polis.Config{Pace: environment.Simulated, Seed: 5, Rounds: 8}}
			for _, name := range []string{"ann", "ben", "cleo", "dan"} {
				s.agents = append(s.agents, lives(name, func() actors.Behavior {
					return actors.Compose(actors.Layers{Deliberation: actors.FromMind(think, mindful{}), Roles: []actors.Behavior{chatty("", "ann").Behavior()}})
				}))
			}
			r := s.run(t)
			hashes[r.Hash], walls[time.Since(began)] = true, true
			if !r.Reproducible || r.Faults.Clocked != 0 {
				t.Errorf("reproducible %v, %+v", r.Reproducible, r.Faults)
			}
		})
	}
	if len(hashes) != 1 || len(walls) != 4 {
		t.Errorf("%d hashes in %d different times", len(hashes), len(walls))
	}
}

// "Wall deadlines still guard a mind that never answers: then the answer event says so, Clocked, reproducible false", also
// when its own limit is longer than a deadline; what is due later is being thought about meanwhile.
func TestAMindThatNeverAnswersInSimulatedTime(t *testing.T) {
	for _, limit := range []time.Duration{0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			never := mind(func(ctx context.Context, s situation) (mark, error) { return mark{}, slowly(ctx, 10*time.Hour) })
			s := simulated(2, minded("ann", never, mindful{Limit: limit, Fallback: thirteen}), minded("ben", never, mindful{Limit: limit}))
			s.cfg.Deadline = 20 * time.Second
			r := s.run(t)
			if r.marks() != "ann 13, ann 13" || r.Faults.Clocked != 4 || r.Reproducible || r.Faults.Missed != 0 {
				t.Errorf("on the wall is %q; %+v, reproducible %v", r.marks(), r.Faults, r.Reproducible)
			}
			if took := time.Since(began); took != 2*18*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// An agent that stops while it thinks is waited for no longer, and who speaks to it learns so.
func TestWhoStopsInSimulatedTime(t *testing.T) {
	var d diary
	simulated(2, thinks("ann", func(t *actors.Turn, event any) error {
		switch event.(type) {
		case actors.Percept:
			t.Act(mark{1})
			t.Do("1h", note{""})
			t.After(20 * ms)
		case actors.Timer:
			t.Send(tell("farewell", "ben"))
			t.Stop()
		}
		return nil
	}), does("ben", func(t *actors.Turn, event any) error {
		d.add("ben", "%v %s", t.Now(), brief(event))
		if p, ok := event.(actors.Percept); ok {
			t.Send(tell(fmt.Sprint(p.Round), "ann"))
			t.Act(mark{p.View.(view).Marks})
		}
		return nil
	})).run(t)
	d.expect(t, "ben", `
		10ms started
		10ms percept 1 day
		80ms inform of ann: farewell
		310ms outcome {0}
		1.01s percept 2 day
		1.06s undelivered to ann: stopped
		1.31s outcome {2}
		2s stopping`)
}

// "Events of one agent are nondecreasing in virtual time, causes precede effects", whatever the weather.
func TestSimulatedTimeGoesForward(t *testing.T) {
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			store := journal.NewMemory()
			wilderness(polis.Config{Seed: seed, Rounds: 8, Pace: environment.Simulated, Journal: store, Chaos: polis.Chaos{Agents: 0.1}}).run(t)
			when := map[journal.Cause]time.Duration{}
			last := map[string]time.Duration{}
			apart := map[time.Duration]bool{}
			for e, err := range store.Read(t.Context(), 0) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Actor != "world" && !strings.HasPrefix(e.Actor, "agents/") {
					continue
				}
				cause := journal.Cause{Actor: e.Cause.Actor, N: e.Cause.N}
				made, known := when[cause]
				switch {
				case e.Logical < last[e.Actor]:
					t.Errorf("seed %d: turn %d of %s is at %v, after %v", seed, e.N, e.Actor, e.Logical, last[e.Actor])
				case cause.N > 0 && !known:
					t.Errorf("seed %d: turn %d of %s is before its cause", seed, e.N, e.Actor)
				case cause.N > 0 && strings.HasPrefix(cause.Actor, "agents/") && e.Logical < made+ms:
					t.Errorf("seed %d: turn %d of %s, a %s, is at %v, its cause at %v", seed, e.N, e.Actor, e.Kind, e.Logical, made)
				case cause.Actor == "world" && e.Actor != "world" && e.Logical != made:
					t.Errorf("seed %d: turn %d of %s, a %s, is at %v, its cause at %v", seed, e.N, e.Actor, e.Kind, e.Logical, made)
				}
				last[e.Actor], when[journal.Cause{Actor: e.Actor, N: e.N}] = e.Logical, e.Logical
				apart[e.Logical] = true
			}
			if len(apart) < 50 {
				t.Errorf("seed %d: all happened at %d times", seed, len(apart))
			}
		})
	}
}

// Who begins to think before it has looked does not look meanwhile, and misses the phase if that is over by then. What came
// due is told in one order, and what was cancelled never.
func TestWhoThinksDoesNotLook(t *testing.T) {
	var d diary
	r := simulated(2, at(thinks("ann", func(t *actors.Turn, event any) error {
		d.add("ann", "%v %s", t.Now(), brief(event))
		if _, ok := event.(*protocol.Message); ok {
			dropped := t.Do("0s", note{"dropped"})
			t.Do("0s", note{"a"})
			t.Do("0s", note{"b"})
			t.Cancel(dropped)
			t.Cancel(t.After(5 * ms))
			t.After(700 * ms)
		}
		return nil
	}), takes(700*ms, 0, 500*ms)), at(does("ben", func(t *actors.Turn, event any) error {
		if p, ok := event.(actors.Percept); ok && p.Round == 1 {
			t.Send(tell("hello", "ann", "cleo"))
		}
		return nil
	}), takes(0, 50*ms, 10*ms)), polis.Agent{Name: "cleo", From: 2, Behavior: func() actors.Behavior {
		return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			d.add("cleo", "%v %s", t.Now(), brief(event))
			return nil
		})
	}}).run(t)
	d.expect(t, "ann", `
		60ms started
		60ms inform of ben: hello
		760ms timer 2.6
		760ms result 2.1 of 0s: a
		760ms result 2.2 of 0s: b
		1.26s percept 2 day
		2s stopping`)
	d.expect(t, "cleo", `
		1s started
		1s inform of ben: hello
		1.01s percept 2 day
		2s stopping`)
	if r.Faults.Missed != 1 {
		t.Errorf("missed %d", r.Faults.Missed)
	}
}

// A turn can have one action and one thought under way; it is free when both are over, and looks then. A timer beyond all
// time never rings. Who has stopped has missed nothing.
func TestWhenAnAgentIsFree(t *testing.T) {
	var d diary
	s := simulated(1, thinks("ann", func(t *actors.Turn, event any) error {
		d.add("ann", "%v %s", t.Now(), brief(event))
		switch event.(type) {
		case actors.Percept:
			t.Act(mark{1})
			t.After(math.MaxInt64)
			t.After(-time.Hour)
			if t.N() == 2 {
				t.Do("0s", note{""})
			}
		}
		return nil
	}), at(does("ben", func(t *actors.Turn, event any) error {
		if _, ok := event.(*protocol.Message); ok {
			t.Stop()
		}
		return nil
	}), takes(0, 0, 900*ms)), does("cleo", func(t *actors.Turn, event any) error {
		if _, ok := event.(actors.Percept); ok {
			t.Send(tell("go", "ben"))
		}
		return nil
	}))
	r := s.run(t)
	d.expect(t, "ann", `
		10ms started
		10ms percept 1 day
		11ms timer 2.2
		310ms outcome {1}
		310ms result 2.3 of 0s: 
		1s stopping`)
	if r.Faults.Missed != 0 {
		t.Errorf("missed %d", r.Faults.Missed)
	}
}
