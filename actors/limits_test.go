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
	"github.com/polis-agents/polis/environment"
)

// "A mind that ignores its ctx is abandoned, named and counted": any job. The answer is the limit's; whoever measures
// learns that the clock had a say.
func TestAJobThatIgnoresItsLimitIsAbandonedAndNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		began := time.Now()
		release := make(chan bool)
		defer close(release)
		r := story{cfg: polis.Config{Rounds: 2, Stop: time.Second}, agents: []polis.Agent{lives("ann", func() actors.Behavior {
			return &thinker{
				func(t *actors.Turn, event any) error {
					if d.note(t, event); t.N() == 2 {
						t.Do("quick", nil)
					}
					return nil
				},
				func(context.Context, string, any) (any, error) {
					<-release
					return nil, nil
				}}
		})}}.runLeaving(t)
		d.expect(t, "ann", "1 started\n2 percept 1 day\n3 result 2.0 of quick: context deadline exceeded\n4 percept 2 day\n5 stopping")
		if a := first[polis.Abandoned](t, r); a.Actor != "agents/ann" || a.Job != "quick 2.0" || r.Faults.Abandoned != 1 {
			t.Errorf("abandoned is %+v, faults %+v", a, r.Faults)
		}
		if c := first[actors.Clocked](t, r); c != (actors.Clocked{Agent: "ann", What: "job 2.0 ran into its limit"}) || r.Reproducible {
			t.Errorf("clocked is %+v, reproducible %v", c, r.Reproducible)
		}
		if r.NotStopped == nil || !strings.Contains(r.NotStopped.Error(), "quick 2.0 of agents/ann") {
			t.Errorf("left behind: %v", r.NotStopped)
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// "No queue is unbounded": a turn that wants more than 1024 asks and jobs open at once fails, before any begins. The one
// whose answer it is about is not open any more.
func TestATurnThatWantsTooMuchOpenFails(t *testing.T) {
	for name, open := range map[string]func(t *actors.Turn){
		"jobs":   func(t *actors.Turn) { t.Do("1s", nil) },
		"asks":   func(t *actors.Turn) { t.Ask("nobody", note{}) },
		"timers": func(t *actors.Turn) { t.After(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answered := 0
				r := story{cfg: polis.Config{Rounds: 2}, agents: []polis.Agent{thinks("ann", func(t *actors.Turn, event any) error {
					switch e := event.(type) {
					case actors.Percept:
						for range 1023 + e.Round { // in round 2 one too many
							open(t)
						}
					case actors.Result, actors.Answer:
						if answered++; answered == 1 {
							open(t)
						}
					}
					return nil
				})}}.run(t)
				if want := map[string]int{"jobs": 1025, "asks": 1025}[name]; answered != want {
					t.Errorf("%d were answered, want %d", answered, want)
				}
				f := first[polis.Failed](t, r).Decision.Cause()
				if f.Event != "percept" || !strings.Contains(f.Error(), "limit of 1024") || r.Faults.Quarantined != 1 || r.Faults.Missed != 1 {
					t.Errorf("it failed with %v, faults %+v", f, r.Faults)
				}
			})
		})
	}
}

// worrier fails when it is asked how long its job may take.
type worrier struct{ thinker }

func (*worrier) Limit(string) time.Duration { panic("how should I know") }

// A Limiter that panics fails the turn that wants the job: nothing is left open that nobody would ever answer.
func TestALimiterThatPanicsFailsItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		r := story{cfg: polis.Config{Rounds: 2}, agents: []polis.Agent{lives("ann", func() actors.Behavior {
			return &worrier{thinker{
				func(t *actors.Turn, event any) error {
					if p, ok := event.(actors.Percept); ok && p.Round == 1 {
						t.Do("anything", nil)
						return nil
					}
					d.note(t, event)
					return nil
				},
				func(context.Context, string, any) (any, error) { return nil, nil },
			}}
		})}}.run(t)
		d.expect(t, "ann", "1 started\n3 percept 2 day\n4 stopping")
		if r.Faults.Quarantined != 1 || r.Faults.Missed != 1 || r.Faults.Clocked != 0 {
			t.Errorf("faults %+v: want the percept of round 1 quarantined", r.Faults)
		}
	})
}

// A mind that swallows the end of its ctx has run into its limit all the same, whichever of the two is heard of first.
func TestAResultThatComesWithTheLimitIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := story{cfg: polis.Config{Rounds: 50}, agents: []polis.Agent{minded("ann", func(ctx context.Context, s situation) (mark, error) {
			<-ctx.Done()
			return mark{s.Round}, nil
		}, mindful{Limit: time.Second})}}.run(t)
		if r.Faults.Clocked != 50 || r.Reproducible {
			t.Errorf("faults %+v, reproducible %v: want 50 Clocked", r.Faults, r.Reproducible)
		}
	})
}

// An agent that asks nobody again and again is stopped when it is to stop.
func TestAskingAgainAndAgainIsNoEndlessTurn(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Realtime} {
		t.Run(string(pace), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			asked := 0
			r, err := story{cfg: polis.Config{Pace: pace, Rounds: 1000, Tick: 10 * time.Millisecond}, agents: []polis.Agent{
				does("ann", func(t *actors.Turn, event any) error {
					switch event.(type) {
					case actors.Percept:
						if t.N() == 2 {
							t.Ask("nobody", note{})
							t.Send(tell("anybody there?", "nobody"))
						}
					case actors.Answer:
						if asked++; asked == 1000 {
							cancel()
						}
						t.Ask("nobody", note{})
					case actors.Undelivered:
						t.Send(tell("anybody there?", "nobody"))
					}
					return nil
				})}}.start(ctx)
			if !errors.Is(err, context.Canceled) || r.NotStopped != nil || !r.Messages.Balanced() {
				t.Errorf("err %v, left behind %v, account %+v", err, r.NotStopped, r.Messages)
			}
		})
	}
}
