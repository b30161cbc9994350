package bench

import (
	"github.com/polis-agents/polis/internal/engine"
)

// openRoundTrip is two actors that send a message back and forth; one operation is there and back.
func openRoundTrip(Options) (rig, error) {
	e, shutdown := newEngine()
	left, done := 0, make(chan error, 1)
	echo, err := e.Spawn(engine.Spec{Name: "echo", New: func() engine.Actor {
		return engine.ActorFunc(func(c *engine.Context, msg any) error {
			if _, ok := msg.(*note); ok {
				if err := c.Send(c.Sender(), msg, 1); err != nil {
					done <- err
				}
			}
			return nil
		})
	}})
	if err != nil {
		return rig{}, err
	}
	serve, err := e.Spawn(engine.Spec{Name: "serve", New: func() engine.Actor {
		return engine.ActorFunc(func(c *engine.Context, msg any) error {
			if _, ok := msg.(*note); !ok {
				return nil
			}
			if left--; left < 0 {
				done <- nil
			} else if err := c.Send(echo, msg, 1); err != nil {
				done <- err
			}
			return nil
		})
	}})
	if err != nil {
		return rig{}, err
	}
	msg := any(&note{})
	return rig{close: shutdown, run: func(n int) (sample, error) {
		return measure(n, func() error {
			left = n
			if err := e.Tell(serve, msg, 1); err != nil {
				return err
			}
			return await(done)
		})
	}}, nil
}

// openChannels is the same with two goroutines and two channels, the least that Go itself asks for.
func openChannels(Options) (rig, error) {
	there, back := make(chan any), make(chan any)
	go func() {
		defer close(back)
		for msg := range there {
			back <- msg
		}
	}()
	end := func() error {
		close(there)
		<-back
		return nil
	}
	msg := any(&note{})
	return rig{close: end, run: func(n int) (sample, error) {
		return measure(n, func() error {
			for range n {
				there <- msg
				<-back
			}
			return nil
		})
	}}, nil
}
