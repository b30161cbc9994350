package engine

import (
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"
)

// newSystem makes the actor system with the library's own log at WARN: without a logger it writes coloured text to
// stderr, and dead letters at every shutdown.
func newSystem(log zerolog.Logger) *actor.ActorSystem {
	own := log.Level(max(log.GetLevel(), zerolog.WarnLevel))
	return actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(zerolog.NewSlogHandler(own)) }),
		actor.WithDeadLetterRequestLogging(false),
	)
}
