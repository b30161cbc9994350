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

// "No queue is unbounded": more than 1024 open asks and jobs are refused with an answer, and an agent that asks again at
// every answer holds its own phase up, nobody else's, and not the end.
func TestTooManyOpenJobsAreRefusedWithAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused, done := 0, 0
		story{agents: []polis.Agent{thinks("ann", func(t *actors.Turn, event any) error {
			switch e := event.(type) {
			case actors.Percept:
				for range 1030 {
					t.Do("1s", nil)
				}
			case actors.Result:
				if e.Error == "" {
					done++
				} else if strings.Contains(e.Error, "too many") {
					refused++
				}
			}
			return nil
		})}}.run(t)
		if done != 1024 || refused != 6 {
			t.Errorf("%d done, %d refused; want 1024 and 6", done, refused)
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
