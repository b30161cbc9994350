package bench

import (
	"github.com/asynkron/protoactor-go/actor"
)

// openStockRoundTrip is openRoundTrip on protoactor with its default dispatcher. Each actor keeps the other's PID: to
// answer the sender of a request would cost an envelope more per message.
func openStockRoundTrip(Options) (rig, error) {
	s := newStock()
	left, done := 0, make(chan error, 1)
	var serve *actor.PID
	echo := s.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
		if msg, ok := c.Message().(*note); ok {
			c.Send(serve, msg)
		}
	}))
	serve = s.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
		if msg, ok := c.Message().(*note); ok {
			if left--; left < 0 {
				done <- nil
			} else {
				c.Send(echo, msg)
			}
		}
	}))
	msg := any(&note{})
	return rig{close: ended(s), run: func(n int) (sample, error) {
		return measure(n, func() error {
			left = n
			s.Root.Send(serve, msg)
			return await(done)
		})
	}}, nil
}
