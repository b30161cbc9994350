package bench

import (
	"github.com/polis-agents/polis/internal/engine"
)

// burst is how many messages are told before the sender waits until all are handled. Without the wait a sender that
// is faster than the receiver would measure how a queue without a bound grows through the caches, and one with a
// bound would refuse.
const burst = 10_000

// openTell is one sender outside, one receiver, through the mailbox that is bounded and accounts.
func openTell(Options) (rig, error) {
	e, shutdown := newEngine()
	left, done := 0, make(chan error, 1)
	to, err := e.Spawn(engine.Spec{Name: "receiver", Mailbox: burst, New: func() engine.Actor {
		return engine.ActorFunc(func(_ *engine.Context, msg any) error {
			if _, ok := msg.(*note); ok {
				if left--; left == 0 {
					done <- nil
				}
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
			return inBursts(n, func(size int) error {
				left = size
				for range size {
					if err := e.Tell(to, msg, 1); err != nil {
						return err
					}
				}
				return await(done)
			})
		})
	}}, nil
}

// inBursts calls f with the sizes of bursts that make n.
func inBursts(n int, f func(size int) error) error {
	for n > 0 {
		size := min(n, burst)
		if err := f(size); err != nil {
			return err
		}
		n -= size
	}
	return nil
}
