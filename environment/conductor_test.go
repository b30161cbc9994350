package environment_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// always makes the moves of an agent who does the same in every phase.
func always(acts ...any) func(environment.Percept) move {
	return func(environment.Percept) move { return move{acts: acts} }
}

// "an action with a `Reason` changes nothing in the world's state hash"
func TestRefusedActionsLeaveTheStateAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var states []string
		for _, acts := range [][]any{{take{1}}, {take{1}, take{2}, odd{3}}} {
			for _, other := range [][]any{nil, {take{11}}, {take{10}, say{"x"}}, {odd{1}}} {
				def := lakeOf(lake{Fish: 9, phases: []string{"fish", "talk"}, regrow: 0, done: -1})
				s := &society{def: def, cfg: environment.Config{Rounds: 3}, players: []*player{
					{name: "ada", moves: always(acts...)}, {name: "ben", moves: always(other...)}}}
				s.run(t)
				state, err := environment.State(s.result.World)
				if err != nil {
					t.Fatal(err)
				}
				states = append(states, string(state))
			}
		}
		if len(slices.Compact(states)) != 1 {
			t.Error(states)
		}
	})
}

type empty struct{}

func (empty) Error() string  { return "no" }
func (empty) Reason() string { return "" }

// answers is a world whose action answers what a test wants.
type answers struct {
	Asked int
	give  func() (float64, error)
	view  func() float64
}

type ask struct{}

func answersOf(a answers) *environment.Definition {
	def := environment.Define(func() *answers { w := a; return &w }, func(w *answers, _ string) float64 { return w.view() })
	environment.AddAction(def, "ask", "Ask.", func(w *answers, _ string, _ ask) (float64, error) {
		w.Asked++
		return w.give()
	})
	return def
}

// What a world gives must have a recorded form: without one the action fails like any other.
func TestWhatCannotBeRecordedIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, give := range map[string]func() (float64, error){
			"not a number":               func() (float64, error) { return math.NaN(), nil },
			"a refusal without a reason": func() (float64, error) { return 0, empty{} },
		} {
			s := &society{def: answersOf(answers{give: give, view: func() float64 { return 1 }}), cfg: environment.Config{Rounds: 1},
				players: []*player{{name: "ada", moves: always(ask{})}}}
			s.run(t)
			if s.result == nil || s.result.World.(*answers).Asked != 0 || s.result.Decided["test"] != 0 || s.Quarantined != 1 ||
				!slices.Contains(s.players[0].diary, "ask -> refused, world-failed") {
				t.Errorf("%s: %+v, %v", name, s.result, s.players[0].diary)
			}
		}
		s := &society{def: answersOf(answers{view: func() float64 { return math.Inf(1) }}), players: []*player{{name: "ada"}}}
		s.run(t)
		if s.fatal == nil || !strings.Contains(s.fatal.Error(), "cannot be perceived") || !strings.Contains(s.fatal.Error(), "Inf") {
			t.Error(s.fatal)
		}
	})
}

// torn is a store that takes no more after some entries.
type torn struct {
	*journal.Memory
	left int
}

func (s *torn) Append(ctx context.Context, entries []journal.Entry) error {
	if s.left--; s.left < 0 {
		return errors.New("the disk is full")
	}
	return s.Memory.Append(ctx, entries)
}

// What cannot be committed has not happened: without its record the society ends at once.
func TestStoreThatFailsEndsTheSociety(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine.New(engine.Config{})
		defer e.Shutdown(context.Background())
		world, err := e.Spawn(engine.Spec{Name: environment.Name, Host: environment.NewHost(
			lakeOf(lake{Fish: 9, phases: []string{"fish"}}), environment.Config{Recorder: &journal.Recorder{Store: &torn{journal.NewMemory(), 2}}})})
		if err != nil {
			t.Fatal(err)
		}
		ref, _ := e.Spawn(engine.Spec{Name: "agents/ada", New: func() engine.Actor { return &player{name: "ada"} }})
		_ = e.Tell(world, &environment.Begin{Seats: []environment.Seat{{Name: "ada", Ref: ref}}}, 0)
		if err := <-e.Fatal(); !strings.Contains(err.Error(), "attempt 1: journal: turn 3 of world: the disk is full") {
			t.Error(err)
		}
	})
}

// No queue is unbounded: what an agent tries beyond any measure counts as refused.
func TestTooManyActionsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &society{def: lakeOf(lake{Fish: 9, phases: []string{"fish"}, done: -1}), cfg: environment.Config{Rounds: 1}, players: []*player{
			{name: "ada", moves: always(slices.Repeat([]any{take{1}}, 3000)...)}}}
		s.run(t)
		if s.Refused != 3000-1024 || s.Sent != 2*1024+1976+1 {
			t.Errorf("%+v", s.Account)
		}
	})
}

// bare runs a world with one agent made by hand.
func bare(t *testing.T, cfg environment.Config, spec engine.Spec, before func(e *engine.Engine, agent *engine.Ref)) environment.Result {
	t.Helper()
	e := engine.New(engine.Config{Workers: 1})
	finished := make(chan environment.Result, 1)
	cfg.Finished = func(r environment.Result) { finished <- r }
	world, err := e.Spawn(engine.Spec{Name: environment.Name, Host: environment.NewHost(lakeOf(lake{Fish: 9, phases: []string{"fish"}, done: -1}), cfg)})
	if err != nil {
		t.Fatal(err)
	}
	spec.Name = "agents/ada"
	ref, err := e.Spawn(spec)
	if err != nil {
		t.Fatal(err)
	}
	before(e, ref)
	_ = e.Tell(world, &environment.Begin{Seats: []environment.Seat{{Name: "ada", Ref: ref, Decides: "test"}}}, 0)
	r := <-finished
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if a := e.Account(); !a.Balanced() {
		t.Errorf("%+v", a)
	}
	return r
}

// "refused: the receiver's mailbox was busy": an agent whose mailbox is full misses the phase, and since another run need
// not meet a full mailbox, the result is late.
func TestFullMailboxMissesThePhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		var missed []environment.Missed
		cfg := environment.Config{Rounds: 2, Observe: func(e any) {
			if m, ok := e.(environment.Missed); ok {
				missed = append(missed, m)
			}
		}}
		spec := engine.Spec{Mailbox: 1, New: func() engine.Actor {
			return engine.ActorFunc(func(_ *engine.Context, msg any) error {
				if msg == "hold" {
					<-hold
				}
				return nil
			})
		}}
		r := bare(t, cfg, spec, func(e *engine.Engine, agent *engine.Ref) {
			_ = e.Tell(agent, "hold", 1)
			synctest.Wait()
			_ = e.Tell(agent, "more", 1)
			time.AfterFunc(time.Second, func() { close(hold) })
		})
		if r.Missed != 2 || !r.Late || fmt.Sprint(missed) != "[{1 fish ada false} {2 fish ada false}]" {
			t.Errorf("%+v, %v", r, missed)
		}
	})
}

// An agent that has stopped before it could say so leaves: nobody waits for it, and it misses nothing.
func TestStoppedAgentHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spec := engine.Spec{New: func() engine.Actor { return &player{} }}
		r := bare(t, environment.Config{Rounds: 3}, spec, func(e *engine.Engine, agent *engine.Ref) {
			if err := e.Stop(t.Context(), agent); err != nil {
				t.Fatal(err)
			}
		})
		if w := r.World.(*lake); r.Missed != 0 || r.Late || len(w.People) != 0 || w.Ticks != 3 {
			t.Errorf("%+v, %+v", r, w)
		}
	})
}

// End before Begin: there was no society, and there will be none.
func TestEndBeforeBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine.New(engine.Config{})
		finished := make(chan environment.Result, 2)
		world, err := e.Spawn(engine.Spec{Name: environment.Name, Host: environment.NewHost(
			lakeOf(lake{Fish: 9, phases: []string{"fish"}}), environment.Config{Finished: func(r environment.Result) { finished <- r }})})
		if err != nil {
			t.Fatal(err)
		}
		for _, msg := range []any{environment.End{}, environment.End{}, &environment.Begin{}, &wire.Report{}} {
			_ = e.Tell(world, msg, 0)
		}
		if r := <-finished; r.Rounds != 0 || r.World == nil || r.Head.Count != 0 {
			t.Errorf("%+v", r)
		}
		if err := e.Shutdown(t.Context()); err != nil || len(finished) > 0 {
			t.Error(err, len(finished))
		}
	})
}

// "Each phase lasts `Config.Phase`": logical time does not depend on who is slow.
func TestLogicalTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &society{def: lakeOf(lake{Fish: 9, phases: []string{"fish", "talk"}, done: -1}),
			cfg:     environment.Config{Rounds: 2, Phase: time.Hour, Delay: time.Minute},
			players: []*player{{name: "ada", moves: func(environment.Percept) move { return move{after: time.Second} }}}}
		s.run(t)
		if d := time.Since(began); d != time.Minute+4*time.Second {
			t.Errorf("it took %v", d)
		}
		want := []string{`0s round 1 fish: {"fish":9}`, `1h0m0s round 1 talk: {"fish":9}`, `2h0m0s round 2 fish: {"fish":9}`, `3h0m0s round 2 talk: {"fish":9}`, "the end"}
		if !slices.Equal(s.players[0].diary, want) {
			t.Errorf("%q", s.players[0].diary)
		}
	})
}

// A delivery announces how many letters its receiver must hold before it begins: those promised to it by all who were
// heard, counted from the start.
func TestDeliveriesCountLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []uint64
		cfg := environment.Config{Rounds: 3}
		spec := engine.Spec{New: func() engine.Actor {
			return engine.ActorFunc(func(c *engine.Context, msg any) error {
				if d, ok := msg.(*wire.Delivery); ok {
					seen = append(seen, d.Letters)
					d.Slip = wire.Report{Step: d.Step, Done: true, Wrote: []wire.Count{{To: "ada", N: d.Round}, {To: "nobody", N: 7}}}
					_ = c.Send(c.Sender(), &d.Slip, 0)
				}
				return nil
			})
		}}
		bare(t, cfg, spec, func(*engine.Engine, *engine.Ref) {})
		if !slices.Equal(seen, []uint64{0, 1, 3, 6}) {
			t.Error(seen)
		}
	})
}
