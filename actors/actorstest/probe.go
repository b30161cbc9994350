package actorstest

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

// Config says where a behavior believes itself to be. The zero value is an agent named "agent" in a society with
// seed 0.
type Config struct {
	Self  string                  // the agent's name; "": "agent"
	Seed  uint64                  // of the society
	World *environment.Definition // whose actions may be tried; nil: every registered action
}

// Probe gives events to one behavior. N and Now are those of the next turn and may be set before it.
type Probe struct {
	N   uint64        // 1 for the first turn; one more after every turn that succeeded
	Now time.Duration // logical time; it stays as it is set

	t        testing.TB
	behavior actors.Behavior
	cfg      Config
}

// New makes a probe of a behavior that nothing has reached yet.
func New(t testing.TB, b actors.Behavior, cfg Config) *Probe {
	t.Helper()
	if b == nil {
		t.Fatal("actorstest: there is no behavior to test")
	}
	if cfg.Self == "" {
		cfg.Self = "agent"
	}
	return &Probe{N: 1, t: t, behavior: b, cfg: cfg}
}

// Give lets the behavior handle an event and returns what it wants done. The test ends when the behavior returns an
// error or panics, when it changes the event, and when something it wants could not be recorded.
func (p *Probe) Give(event any) []actors.Effect {
	p.t.Helper()
	effects, err := p.Try(event)
	if err != nil {
		p.t.Fatalf("actorstest: turn %d, %T: %v", p.N, event, err)
	}
	return effects
}

// Try is Give for an event that the behavior may fail at: the error says why, a panic is one with its stack. After a
// failure a society would make a new life; so should the test, with a new Probe.
func (p *Probe) Try(event any) ([]actors.Effect, error) {
	p.t.Helper()
	effects, _, err := p.turn(event)
	return effects, err
}

// turn also gives the effects as they are recorded.
func (p *Probe) turn(event any) (effects []actors.Effect, recorded string, err error) {
	p.t.Helper()
	_, worker := p.behavior.(actors.Worker)
	t := actors.NewTurn(actors.TurnConfig{
		Self: p.cfg.Self, N: p.N, Now: p.Now, Seed: p.cfg.Seed, Definition: p.cfg.World, Worker: worker,
	})
	before := written(event)
	err = receive(p.behavior, t, event)
	if after := written(event); after != before {
		p.t.Fatalf("actorstest: turn %d: the behavior changed the event, which others see too:\nbefore %s\nafter  %s", p.N, before, after)
	}
	if err != nil {
		return nil, "", err
	}
	_, text, err := actors.Record(t, event)
	if err != nil {
		return nil, "", err
	}
	p.N++
	return slices.Clone(t.Effects()), string(text), nil
}

// receive turns a panic into an error.
func receive(b actors.Behavior, t *actors.Turn, event any) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return b.Receive(t, event)
}

// Work runs the job that an effect of kind actors.Do asks for, as a society would, with the same chance, and returns
// the Result to be given next. It waits for the job; the job's context ends with the test.
func (p *Probe) Work(e actors.Effect) actors.Result {
	p.t.Helper()
	w, ok := p.behavior.(actors.Worker)
	if !ok || e.Kind != actors.Do {
		p.t.Fatalf("actorstest: %v of %T is no job", e.Kind, p.behavior)
	}
	r := actors.Result{ID: e.ID, Job: e.Name}
	v, err := work(actors.JobContext(p.t.Context(), p.cfg.Seed, p.cfg.Self, e.ID), w, e)
	if err != nil {
		r.Error = err.Error()
		return r
	}
	r.Value = v
	return r
}

// work turns a panic into an error, as a society does.
func work(ctx context.Context, w actors.Worker, e actors.Effect) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return w.Work(ctx, e.Name, e.Value)
}
