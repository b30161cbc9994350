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

// onEngine passes on what the engine tells.
func (r *Running) onEngine(ev engine.Event) {
	switch ev := ev.(type) {
	case engine.Decided:
		var halted *journal.Halted
		if errors.As(ev.Decision.Cause().Err, &halted) { // the journal has failed, once: no actor has
			return
		}
		if ev.Decision.Cause().Actor == environment.Name {
			r.mu.Lock()
			if r.fell.IsZero() {
				r.fell = time.Now()
			}
			r.mu.Unlock()
		}
		r.tell(Failed{ev.Decision})
	case engine.Blocked:
		r.tell(Blocked{ev.Actor, ev.Held, string(ev.Stack)})
	case engine.Abandoned:
		r.tell(Abandoned{ev.Actor, ev.Job})
	}
}

// onWorld passes the world's events on; nil spares the world the making of them.
func (r *Running) onWorld() func(any) {
	if r.cfg.Observe == nil && r.annals == nil {
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

// tell counts an event, writes down what the record keeps of it, and shows it to the observer: one event at a time.
// Whatever goes wrong here is no failure of a turn: most events are told by one that is committed already.
func (r *Running) tell(event any) {
	if r.cfg.Observe == nil && r.annals == nil {
		r.count(event)
		return
	}
	r.watch.Lock()
	defer r.watch.Unlock()
	if r.note(event) {
		return
	}
	r.count(event)
	r.show(event)
}

// count takes an event into the numbers of the report.
func (r *Running) count(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := event.(type) {
	case Failed:
		r.decided(e.Decision)
	case Abandoned:
		r.faults.Abandoned++
	case actors.Forgot:
		r.faults.Forgot++
		r.control.suffered(nil)
	case actors.Clocked:
		r.faults.Clocked++
	case actors.Said:
		r.said[string(e.Message.Act)] += len(e.Message.Receivers)
	case actors.Judged:
		r.judged[e.Verdict]++
	case actors.Marked:
		r.marks[e.Mark.String()]++
	case environment.Missed:
		r.faults.Missed++
	case Intervened:
		r.control.took(e)
	}
}

// decided counts what supervision has decided. r.mu is held.
func (r *Running) decided(d supervision.Decision) {
	var adopted *supervision.Escalated // it was counted where it happened
	if err := d.Cause().Err; !errors.Is(err, supervision.ErrStop) && !errors.As(err, &adopted) {
		r.faults.Crashes++
	}
	switch d := d.(type) {
	case supervision.Restart:
		r.faults.Restarts++
	case supervision.Quarantine:
		r.faults.Restarts++
		r.faults.Quarantined++
	case supervision.Stop:
		if d.Quarantined {
			r.faults.Quarantined++
		}
		r.control.suffered(d.Failure.Err)
	}
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
