package bench

import (
	"fmt"
	"testing"

	"github.com/polis-agents/polis/internal/engine"
)

// openTurnless is the cycle on plain engine actors, without turns, effects and dedup: the most that
// the turn machinery can reach.
func openTurnless(o Options) (rig, error) {
	e, shutdown := newEngine()
	world, err := turnlessSociety(e, o.Agents)
	if err != nil {
		return rig{}, err
	}
	return rig{close: shutdown, run: func(cycles int) (sample, error) {
		rounds := inRounds(cycles, o.Agents)
		msg := &start{rounds: rounds, done: make(chan error, 1)}
		return measure(rounds*o.Agents, func() error {
			if err := e.Tell(world, msg, 1); err != nil {
				return err
			}
			return await(msg.done)
		})
	}}, nil
}

func turnlessSociety(e *engine.Engine, agents int) (*engine.Ref, error) {
	w := &turnlessWorld{pond: newPond(agents)}
	world, err := e.Spawn(engine.Spec{Name: "world", Mailbox: agents, New: func() engine.Actor { return w }})
	if err != nil {
		return nil, err
	}
	for i, name := range names(agents) {
		f := &turnlessFisher{fisher{agent: uint32(i), luck: uint32(i) + 1}, agents, world}
		ref, err := e.Spawn(engine.Spec{Name: name, New: func() engine.Actor { return f }})
		if err != nil {
			return nil, err
		}
		w.refs = append(w.refs, ref)
	}
	return world, nil
}

type turnlessWorld struct {
	*pond
	refs  []*engine.Ref
	start *start
}

func (w *turnlessWorld) Receive(c *engine.Context, msg any) error {
	switch msg := msg.(type) {
	case *start:
		w.start = msg
		return w.perceive(c)
	case *action:
		if !w.take(msg) {
			return nil
		}
		if w.start.over(w.pond) {
			w.start.done <- nil
			return nil
		}
		return w.perceive(c)
	}
	return nil
}

func (w *turnlessWorld) perceive(c *engine.Context) error {
	for i, ref := range w.refs {
		if err := c.Send(ref, &w.percepts[i], 1); err != nil {
			w.start.done <- err
			return fmt.Errorf("percept: %w", err)
		}
	}
	return nil
}

type turnlessFisher struct {
	fisher
	agents int
	world  *engine.Ref
}

func (f *turnlessFisher) Receive(c *engine.Context, msg any) error {
	if p, ok := msg.(*percept); ok {
		return c.Send(f.world, f.decide(p, f.agents), 1)
	}
	return nil
}

func BenchmarkCyclesTurnless(b *testing.B) { on(b, openTurnless) }
