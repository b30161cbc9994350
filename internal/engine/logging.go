package engine

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"
)

// system is an actor system that can be used by one engine after another: making one takes 3 MB and milliseconds, which
// is most of what a small society costs. Nothing is left in it when all actors of an engine have stopped.
type system struct {
	*actor.ActorSystem
	log relay
}

var systems = sync.Pool{New: func() any {
	s := &system{}
	s.log.to(zerolog.Nop())
	s.ActorSystem = actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(&s.log) }),
		actor.WithDeadLetterRequestLogging(false),
		actor.WithDeadLetterThrottleInterval(time.Millisecond), // a dead letter starts a goroutine that lives that long
	)
	return s
}}

// openSystem gives an actor system whose own log goes to log, from WARN on: without a logger it writes coloured text to
// stderr, and dead letters at every shutdown.
func openSystem(log zerolog.Logger) *system {
	s := systems.Get().(*system)
	s.log.to(log.Level(max(log.GetLevel(), zerolog.WarnLevel)))
	return s
}

// release lets the next engine use the system. All actors have stopped.
func (s *system) release() {
	s.log.to(zerolog.Nop())
	systems.Put(s)
}

// relay passes the library's log on to whoever uses it at the moment.
type relay struct{ target atomic.Pointer[slog.Handler] }

func (r *relay) to(log zerolog.Logger) {
	var h slog.Handler = zerolog.NewSlogHandler(log)
	r.target.Store(&h)
}

func (r *relay) now() slog.Handler { return *r.target.Load() }

// Enabled asks the present user.
func (r *relay) Enabled(ctx context.Context, level slog.Level) bool {
	return r.now().Enabled(ctx, level)
}

// Handle hands the record to the present user.
func (r *relay) Handle(ctx context.Context, rec slog.Record) error { return r.now().Handle(ctx, rec) }

// WithAttrs is bound to the present user.
func (r *relay) WithAttrs(attrs []slog.Attr) slog.Handler { return r.now().WithAttrs(attrs) }

// WithGroup is bound to the present user.
func (r *relay) WithGroup(name string) slog.Handler { return r.now().WithGroup(name) }
