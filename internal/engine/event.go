package engine

import (
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/polis-agents/polis/supervision"
)

// Event is what the engine tells its observer: a closed set of Decided, Blocked and Abandoned.
type Event interface{ event() }

// Decided is a decision of an actor's supervision, as it is carried out.
type Decided struct{ Decision supervision.Decision }

// Blocked reports an actor that has held its message for over a second.
type Blocked struct {
	Actor string
	Held  time.Duration // so far
	Stack []byte        // of the goroutine it holds
}

// Abandoned reports a job that did not end although its context has: its goroutine cannot be ended from outside.
type Abandoned struct {
	Actor string
	Job   string
}

func (Decided) event()   {}
func (Blocked) event()   {}
func (Abandoned) event() {}

// observe tells the observer and the log. An observer that panics must not take the actor with it (A15).
func (e *Engine) observe(ev Event) {
	log := &e.cfg.Log
	switch ev := ev.(type) {
	case Decided:
		f := ev.Decision.Cause()
		level := zerolog.WarnLevel
		if _, again := ev.Decision.(supervision.Restart); again || errors.Is(f.Err, supervision.ErrStop) || e.dying.Load() {
			level = zerolog.DebugLevel
		}
		log.WithLevel(level).Str("actor", f.Actor).Uint64("turn", f.Turn).Int("attempt", f.Attempt).Str("event", f.Event).
			Err(f.Err).Str("decision", ev.Decision.Name()).Bytes("stack", f.Stack()).Msg("an actor failed")
	case Blocked:
		log.Warn().Str("actor", ev.Actor).Dur("held", ev.Held).Bytes("stack", ev.Stack).Msg("an actor holds its turn")
	case Abandoned:
		log.Warn().Str("actor", ev.Actor).Str("job", ev.Job).Msg("a job ignores its context")
	}
	if e.cfg.Observe == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			log.Error().Interface("panic", v).Msg("the observer panicked")
		}
	}()
	e.cfg.Observe(ev)
}
