package polis

import (
	"errors"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/supervision"
)

// onEngine counts what supervision decides.
func (r *Running) onEngine(ev engine.Event) {
	switch ev := ev.(type) {
	case engine.Decided:
		var halted *journal.Halted
		if errors.As(ev.Decision.Cause().Err, &halted) { // the journal has failed, once: no actor has
			return
		}
		r.mu.Lock()
		var adopted *supervision.Escalated // it was counted where it happened
		if err := ev.Decision.Cause().Err; !errors.Is(err, supervision.ErrStop) && !errors.As(err, &adopted) {
			r.faults.Crashes++
		}
		if ev.Decision.Cause().Actor == environment.Name && r.fell.IsZero() {
			r.fell = time.Now()
		}
		switch d := ev.Decision.(type) {
		case supervision.Restart:
			r.faults.Restarts++
		case supervision.Quarantine:
			r.faults.Restarts++
			r.faults.Quarantined++
		case supervision.Stop:
			if d.Quarantined {
				r.faults.Quarantined++
			}
			r.control.suffered(ev.Decision.Cause().Err)
		}
		r.mu.Unlock()
		r.tell(Failed{ev.Decision})
	case engine.Blocked:
		r.tell(Blocked{ev.Actor, ev.Held, string(ev.Stack)})
	case engine.Abandoned:
		r.mu.Lock()
		r.faults.Abandoned++
		r.mu.Unlock()
		r.tell(Abandoned{ev.Actor, ev.Job})
	}
}

// onAgents counts what agents have to tell.
func (r *Running) onAgents(event any) {
	r.mu.Lock()
	switch e := event.(type) {
	case actors.Forgot:
		r.faults.Forgot++
		r.control.suffered(nil)
	case actors.Clocked:
		r.faults.Clocked++
	case actors.Marked:
		r.marks[e.Mark.String()]++
	case environment.Missed:
		r.faults.Missed++
	}
	r.mu.Unlock()
	r.tell(event)
}

// onWorld passes the world's events on; nil spares the world the making of them.
func (r *Running) onWorld() func(any) {
	if r.cfg.Observe == nil {
		return nil
	}
	return r.onWorldEvent
}

// onWorldEvent passes one on, and measures how long the society stood still.
func (r *Running) onWorldEvent(event any) {
	if e, ok := event.(environment.Restored); ok {
		r.mu.Lock()
		if !r.fell.IsZero() {
			e.Stood = time.Since(r.fell)
		}
		r.fell = time.Time{}
		r.mu.Unlock()
		event = e
	}
	r.tell(event)
}

// tell shows the observer one event at a time. What it does wrong is its own: most events are shown by a turn that is
// committed already, and must not fail.
func (r *Running) tell(event any) {
	if r.cfg.Observe == nil {
		return
	}
	r.watch.Lock()
	defer r.watch.Unlock()
	r.show(event)
}

// show is tell for whom the watch is held already.
func (r *Running) show(event any) {
	if r.cfg.Observe == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			r.cfg.Logger.Error().Interface("panic", v).Type("event", event).Msg("the observer panicked")
		}
	}()
	r.cfg.Observe(event)
}
