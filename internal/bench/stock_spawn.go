package bench

import (
	"runtime"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// openStockSpawn is openSpawn on protoactor: named actors at the root that share their Props.
func openStockSpawn(Options) (rig, error) {
	return rig{run: func(n int) (sample, error) {
		names := names(n)
		s := newStock()
		defer s.Shutdown()
		return measure(n, func() error { return stockSpawn(s, names) })
	}}, nil
}

// openStockIdle is openIdle on protoactor.
func openStockIdle(Options) (rig, error) {
	return rig{run: func(n int) (sample, error) {
		s := newStock()
		defer s.Shutdown()
		before := heapInUse()
		if err := stockSpawn(s, names(n)); err != nil {
			return sample{}, err
		}
		held := heapInUse() - before
		runtime.KeepAlive(s)
		return sample{ops: n, held: held}, nil
	}}, nil
}

func stockSpawn(s *actor.ActorSystem, names []string) error {
	var started atomic.Int64
	done := make(chan error, 1)
	props := actor.PropsFromFunc(func(c actor.Context) {
		if _, ok := c.Message().(*actor.Started); ok && started.Add(1) == int64(len(names)) {
			done <- nil
		}
	})
	for _, name := range names {
		if _, err := s.Root.SpawnNamed(props, name); err != nil {
			return err
		}
	}
	return await(done)
}
