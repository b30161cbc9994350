package actors_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

// live is a story in the realtime pace, a second per round.
func live(rounds int, agents ...polis.Agent) story {
	return story{cfg: polis.Config{Pace: "realtime", Rounds: rounds}, agents: agents}
}

// "One decision at a time: a percept that comes meanwhile replaces the one waiting and never ends the one running."
func TestInRealtimeTheNewestPerceptWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen []string
		began := time.Now()
		r := live(10, minded("ann", func(ctx context.Context, s situation) (mark, error) {
			err := slowly(ctx, 3400*time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprintf("percept %d, decided at %v", s.Round, time.Since(began)))
			return mark{s.Round}, err
		}, mindful{})).run(t)
		want := []string{"percept 1, decided at 3.4s", "percept 4, decided at 6.8s", "percept 7, decided at 10s"}
		if !slices.Equal(seen, want) {
			t.Errorf("it decided\n%s\nwant\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
		}
		if r.marks() != "ann 1, ann 4" || r.Faults.Abandoned != 0 {
			t.Errorf("on the wall is %q, faults %+v", r.marks(), r.Faults)
		}
		// "missed the phase": its percept was replaced, or the society was over, before the agent could look at it
		var missed []int
		for _, e := range r.events {
			if m, ok := e.(environment.Missed); ok && m.Agent == "ann" && m.Phase == "day" && m.Late {
				missed = append(missed, m.Round)
			}
		}
		if !slices.Equal(missed, []int{2, 3, 5, 6, 8, 9, 10}) || r.Faults.Missed != 7 {
			t.Errorf("missed %v, counted %d", missed, r.Faults.Missed)
		}
	})
}

// "Option Overtake": a new percept ends the decision that is being made; what that was about is in the next.
func TestInRealtimeAPerceptMayOvertake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen []string
		began := time.Now()
		s := live(4, minded("ann", func(ctx context.Context, s situation) (mark, error) {
			err := slowly(ctx, 1500*time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprintf("percept %d, %d messages, ended at %v", s.Round, len(s.Messages), time.Since(began)))
			return mark{s.Round}, err
		}, mindful{}), does("ben", func(t *actors.Turn, event any) error {
			if _, ok := event.(actors.Percept); ok {
				t.After(500 * time.Millisecond)
			}
			if _, ok := event.(actors.Timer); ok {
				t.Send(tell("hello", "ann"))
			}
			return nil
		}))
		s.cfg.Overtake = true
		s.run(t)
		want := []string{
			"percept 1, 0 messages, ended at 1s", "percept 2, 1 messages, ended at 2s",
			"percept 3, 2 messages, ended at 3s", "percept 4, 3 messages, ended at 4s",
		}
		if !slices.Equal(seen, want) {
			t.Errorf("it decided\n%s\nwant\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
		}
	})
}

// "An agent that is thinking can be told." "The clock ticks, nobody is waited for …: a Mind that sleeps 10 s and honours
// its ctx delays nobody: others' p99 from event to turn < 50 ms."
func TestInRealtimeAThinkingMindDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var waits []time.Duration
		told := 0
		began := time.Now()
		agents := []polis.Agent{lives("ann", func() actors.Behavior {
			return actors.Compose(actors.Layers{
				Deliberation: actors.FromMind(mind(func(ctx context.Context, s situation) (mark, error) {
					return mark{s.Round}, slowly(ctx, 10*time.Second)
				}), mindful{}),
				Roles: []actors.Behavior{actors.BehaviorFunc(func(t *actors.Turn, event any) error {
					mu.Lock()
					defer mu.Unlock()
					if brief(event) == "inform of ben: "+fmt.Sprint(t.Now()) {
						told++
					}
					return nil
				})},
			})
		})}
		for _, name := range []string{"ben", "cleo", "dan", "eve"} {
			agents = append(agents, does(name, func(t *actors.Turn, event any) error {
				mu.Lock()
				defer mu.Unlock()
				waits = append(waits, time.Since(began)-t.Now())
				switch e := event.(type) {
				case actors.Percept:
					waits = append(waits, time.Since(began)-time.Duration(e.Round-1)*time.Second)
					t.Act(mark{e.Round})
					t.Send(tell(fmt.Sprint(t.Now()), "ann"))
				}
				return nil
			}))
		}
		live(30, agents...).run(t)
		slices.Sort(waits)
		if p99 := waits[len(waits)*99/100]; p99 >= 50*time.Millisecond || waits[0] < 0 {
			t.Errorf("from event to turn it took %v to %v, p99 %v", waits[0], waits[len(waits)-1], p99)
		}
		if told != 30 {
			t.Errorf("ann was told %d of 30 things at once, while she thought", told)
		}
	})
}

// "A behavior that holds its turn over a second is reported with its stack." "32 blocked behaviors starve nobody."
func TestBlockedBehaviorsAreReportedAndStarveNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var waits []time.Duration
		began := time.Now()
		var agents []polis.Agent
		for i := range 32 {
			agents = append(agents, does(fmt.Sprintf("stone%02d", i), func(_ *actors.Turn, event any) error {
				if p, ok := event.(actors.Percept); ok && p.Round == 2 {
					hang()
				}
				return nil
			}))
		}
		for i := range 8 {
			agents = append(agents, does(fmt.Sprintf("agile%d", i), func(t *actors.Turn, event any) error {
				if p, ok := event.(actors.Percept); ok {
					mu.Lock()
					defer mu.Unlock()
					waits = append(waits, time.Since(began)-time.Duration(p.Round-1)*time.Second)
					t.Act(mark{p.Round})
				}
				return nil
			}))
		}
		r := live(8, agents...).run(t)
		slices.Sort(waits)
		if len(waits) != 8*8 || waits[len(waits)*99/100] >= 50*time.Millisecond {
			t.Errorf("%d percepts reached the others, the slowest after %v", len(waits), waits[len(waits)-1])
		}
		blocked := map[string]bool{}
		for _, e := range r.events {
			if b, ok := e.(polis.Blocked); ok {
				blocked[b.Actor] = true
				if !strings.Contains(b.Stack, "actors_test.hang") || b.Held < time.Second {
					t.Errorf("%s is reported after %v with the stack %s", b.Actor, b.Held, b.Stack)
				}
			}
		}
		if len(blocked) != 32 {
			t.Errorf("%d were reported: %v", len(blocked), blocked)
		}
	})
}

// hang holds a turn for three seconds. It is called inside a synctest bubble.
func hang() { time.Sleep(3 * time.Second) }

// "Actions apply on arrival and their outcome is an event at once. … Now is wall time there." Messages, timers, results
// and what could not be delivered are events at once, too.
func TestInRealtimeEverythingHappensAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		live(2, thinks("ann", func(t *actors.Turn, event any) error {
			d.add("ann", "%v %s", t.Now(), brief(event))
			if t.N() == 2 {
				t.After(400 * time.Millisecond)
				t.Do("300ms", note{"done"})
				t.Send(tell("a", "nobody"))
				t.Send(tell("b", "nothing"))
			}
			switch event.(type) {
			case actors.Timer:
				t.Act(mark{4})
			}
			return nil
		}), does("ben", func(t *actors.Turn, event any) error {
			switch event.(type) {
			case actors.Started:
				t.After(700 * time.Millisecond)
			case actors.Timer:
				t.Send(tell("hello", "ann"))
			}
			return nil
		})).run(t)
		d.expect(t, "ann", `
			0s started
			0s percept 1 day
			0s undelivered to nobody: unknown
			0s undelivered to nothing: unknown
			300ms result 2.1 of 300ms: done
			400ms timer 2.0
			400ms outcome {4}
			700ms inform of ben: hello
			1s percept 2 day
			2s stopping`)
	})
}

// Chaos does not tell on what happens in realtime either: an event is offered until it is handled.
func TestInRealtimeAnEventIsOfferedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		tries := map[uint64]int{}
		r := live(2, thinks("ann", func(t *actors.Turn, event any) error {
			if tries[t.N()]++; tries[t.N()] < 3 {
				return errors.New("not yet")
			}
			d.note(t, event)
			switch event.(type) {
			case actors.Percept:
				t.Do("300ms", note{"done"})
				t.Send(tell("hello", "ann"))
				t.After(500 * time.Millisecond)
			case actors.Result:
				t.Send(tell("hello", "nobody"))
			case actors.Timer:
				t.Act(mark{1})
			}
			return nil
		})).run(t)
		d.expect(t, "ann", `
			1 started
			2 percept 1 day
			3 inform of ann: hello
			4 result 2.0 of 300ms: done
			5 undelivered to nobody: unknown
			6 timer 2.2
			7 outcome {1}
			8 percept 2 day
			9 inform of ann: hello
			10 result 8.0 of 300ms: done
			11 undelivered to nobody: unknown
			12 timer 8.2
			13 outcome {1}
			14 stopping`)
		if r.Faults.Crashes != 28 {
			t.Errorf("faults %+v, want two crashes per event", r.Faults)
		}
	})
}
