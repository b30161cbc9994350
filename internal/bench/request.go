package bench

import (
	"context"

	"github.com/polis-agents/polis/internal/engine"
)

// openRequest asks an actor from outside, one request at a time.
func openRequest(Options) (rig, error) {
	e, shutdown := newEngine()
	to, err := e.Spawn(engine.Spec{Name: "answers", New: func() engine.Actor {
		return engine.ActorFunc(func(c *engine.Context, msg any) error {
			if _, ok := msg.(*note); ok {
				c.Reply(msg)
			}
			return nil
		})
	}})
	if err != nil {
		return rig{}, err
	}
	msg := any(&note{})
	return rig{close: shutdown, run: func(n int) (sample, error) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return measure(n, func() error {
			for range n {
				if _, err := e.Request(ctx, to, msg); err != nil {
					return err
				}
			}
			return nil
		})
	}}, nil
}
