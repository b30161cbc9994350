package environment_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// shut ends an engine; it is called inside a synctest bubble.
func shut(t *testing.T, e *engine.Engine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := e.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// What fails when the percepts are made and committed is not done again from there: it fails to its last attempt, and the
// society ends with an error. (The seat has no actor, as none that was seated rightly has.)
func TestPerceptsThatCannotBeSentEndTheSociety(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Realtime, environment.Simulated} {
		t.Run(string(pace), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := journal.NewMemory()
				e := engine.New(engine.Config{Workers: 2})
				defer shut(t, e)
				world, err := e.Spawn(engine.Spec{Name: environment.Name, Host: environment.NewHost(lakeOf(lake{Fish: 40, phases: []string{"fish"}, done: -1}),
					environment.Config{Pace: pace, Rounds: 3, Recorder: &journal.Recorder{Store: store}})})
				if err != nil {
					t.Fatal(err)
				}
				if err := e.Tell(world, &environment.Begin{Seats: []environment.Seat{{Name: "ada"}}}, 0); err != nil {
					t.Fatal(err)
				}
				select {
				case err := <-e.Fatal():
					if !strings.Contains(err.Error(), "nil pointer") {
						t.Error(err)
					}
				case <-time.After(5 * time.Second):
					t.Error("it fails for ever")
				}
				perceived := 0
				for e, err := range store.Read(t.Context(), 0) {
					if err != nil {
						t.Fatal(err)
					}
					if e.Kind == "opened" {
						perceived++
					}
				}
				if perceived != 1 {
					t.Errorf("the percepts were made %d times", perceived)
				}
			})
		})
	}
}

// A world that is to go on from its past does nothing before it has heard who is there: its next turn is the one that follows.
func TestAWorldWithAPastWaitsForItsBeginning(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Realtime, environment.Simulated} {
		t.Run(string(pace), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				def := lakeOf(lake{Fish: 40, phases: []string{"fish"}, done: -1})
				cfg := environment.Config{Pace: pace, Rounds: 2}
				first := society{def: def, cfg: cfg, players: []*player{{name: "ada", moves: func(environment.Percept) move { return move{acts: []any{take{1}}} }}}}
				first.run(t)
				cfg.Recorder = &journal.Recorder{Digest: true}
				past := environment.NewPast(def, cfg, []environment.Seat{{Name: "ada"}}, func(agent string) string { return "agents/" + agent })
				for e, err := range first.store.Read(t.Context(), 0) {
					if err == nil && e.Actor == environment.Name {
						err = past.Retake(&e)
					}
					if err != nil {
						t.Fatal(err)
					}
					if e.Kind == "opened" {
						break
					}
				}
				turns := past.Head().Count
				finished := make(chan environment.Result, 1)
				cfg.Recorder, cfg.Finished = &journal.Recorder{Digest: true}, func(r environment.Result) { finished <- r }
				e := engine.New(engine.Config{Workers: 2})
				defer shut(t, e)
				world, err := e.Spawn(engine.Spec{Name: environment.Name, Host: past.Host(cfg)})
				if err != nil {
					t.Fatal(err)
				}
				ada, err := e.Spawn(engine.Spec{Name: "agents/ada", New: func() engine.Actor {
					return engine.ActorFunc(func(c *engine.Context, msg any) error {
						switch m := msg.(type) {
						case *wire.Report:
							_ = c.Send(world, m, m.Weight())
						case *wire.Delivery:
							_ = c.Send(world, &wire.Report{Seat: m.Seat, Step: m.Step, Done: true}, 0)
						}
						return nil
					})
				}})
				if err != nil {
					t.Fatal(err)
				}
				if err := e.Tell(ada, &wire.Report{Step: past.Step(), Act: wire.Act{Value: take{1}, N: 9}}, 1); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if n := past.Head().Count - turns; n > 0 {
					t.Errorf("it has had %d turns", n)
				}
				if err := e.Tell(world, &environment.Begin{Seats: []environment.Seat{{Name: "ada", Ref: ada}}}, 0); err != nil {
					t.Fatal(err)
				}
				select {
				case r := <-finished:
					if r.Rounds != 2 {
						t.Errorf("%+v", r)
					}
				case err := <-e.Fatal():
					t.Error(err)
				case <-time.After(time.Hour):
					t.Error("it does not end")
				}
			})
		})
	}
}
