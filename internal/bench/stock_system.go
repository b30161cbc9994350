package bench

import (
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"
)

// newStock makes an actor system as protoactor makes it, but with a silent log.
func newStock() *actor.ActorSystem {
	return actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }),
		actor.WithDeadLetterRequestLogging(false),
	)
}

// ended gives the function that ends the system. Its actors have no goroutine and go with the garbage.
func ended(s *actor.ActorSystem) func() error {
	return func() error {
		s.Shutdown()
		return nil
	}
}
