package bench

import (
	"github.com/asynkron/protoactor-go/actor"
)

// openStockRequest is openRequest on protoactor: a future with a timeout per request.
func openStockRequest(Options) (rig, error) {
	s := newStock()
	to := s.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
		if msg, ok := c.Message().(*note); ok {
			c.Respond(msg)
		}
	}))
	msg := any(&note{})
	return rig{close: ended(s), run: func(n int) (sample, error) {
		return measure(n, func() error {
			for range n {
				if _, err := s.Root.RequestFuture(to, msg, patience).Result(); err != nil {
					return err
				}
			}
			return nil
		})
	}}, nil
}
