package bench

import (
	"github.com/asynkron/protoactor-go/actor"
)

// openStockTell is openTell on protoactor: Root.Send to an actor with the default mailbox, which has no bound and
// counts nothing.
func openStockTell(Options) (rig, error) {
	s := newStock()
	left, done := 0, make(chan error, 1)
	to := s.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
		if _, ok := c.Message().(*note); ok {
			if left--; left == 0 {
				done <- nil
			}
		}
	}))
	msg := any(&note{})
	return rig{close: ended(s), run: func(n int) (sample, error) {
		return measure(n, func() error {
			return inBursts(n, func(size int) error {
				left = size
				for range size {
					s.Root.Send(to, msg)
				}
				return await(done)
			})
		})
	}}, nil
}
