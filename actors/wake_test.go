package actors_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// alone is an agent's past among nobody, in which the world has shown it one thing.
type alone struct{ percept environment.Percept }

func (a alone) Due(string, journal.Cause) (any, bool) { return a.percept, true }
func (alone) Lives(string) bool                       { return false }
func (alone) Hear(string, *wire.Letter)               {}

// An agent that goes on from its past does nothing of its own before it is woken, by whatever reaches it, and is woken once. One
// that is stopped before is not woken.
func TestAnAgentWithAPastSleepsUntilItIsWoken(t *testing.T) {
	for name, c := range map[string]struct {
		msgs []any
		want int // turns about what it wanted in its past
	}{
		"by a word":     {[]any{actors.Wake{}, actors.Wake{}}, 2},
		"by a delivery": {[]any{&wire.Delivery{Step: 2, Round: 1}, actors.Wake{}}, 2},
		"never":         {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen []any
				behavior := func() actors.Behavior {
					return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
						if _, ok := event.(actors.Percept); ok {
							t.After(time.Minute)
							t.Ask("nobody", mark{1})
						}
						seen = append(seen, event)
						return nil
					})
				}
				setting := func(r *journal.Recorder) *actors.Setting {
					return &actors.Setting{Pace: environment.Realtime, Recorder: r, Clock: func() time.Duration { return time.Hour }}
				}
				percept := environment.Percept{Round: 1, Phase: "day"}
				store := journal.NewMemory()
				play := func(s *actors.Setting, host engine.Host, msgs ...any) {
					e := engine.New(engine.Config{Workers: 2})
					ann, err := e.Spawn(engine.Spec{Name: actors.ActorName("ann"), Host: host})
					if err != nil {
						t.Fatal(err)
					}
					for _, msg := range msgs {
						e.Signal(ann, msg)
					}
					synctest.Wait()
					time.Sleep(2 * time.Minute)
					synctest.Wait()
					ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
					defer cancel()
					if err := e.Shutdown(ctx); err != nil {
						t.Error(err)
					}
				}
				s := setting(&journal.Recorder{Digest: true, Store: store})
				play(s, actors.NewHost("ann", s, behavior), &wire.Delivery{Step: 1, Round: 1, Percept: wire.Caused{Event: percept, N: 1}})
				past, err := actors.NewPast("ann", setting(&journal.Recorder{}), behavior, alone{percept})
				if err != nil {
					t.Fatal(err)
				}
				for e, err := range store.Read(t.Context(), 0) {
					if err != nil {
						t.Fatal(err)
					}
					if e.Kind == "started" || e.Kind == "percept" {
						if _, err := past.Retake(&e, false); err != nil {
							t.Fatal(err)
						}
					}
				}
				seen = nil
				s = setting(&journal.Recorder{})
				play(s, past.Host(s, 0, true), c.msgs...)
				own := slices.DeleteFunc(seen, func(event any) bool { _, over := event.(actors.Stopping); return over })
				if len(own) != c.want {
					t.Errorf("it has had %d turns: %+v", len(own), own)
				}
			})
		})
	}
}
