package engine

import (
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/supervision"
)

var (
	stopMessage    = &actor.Stop{}
	restartMessage = &actor.Restart{}
)

// escalated tells a parent that a child's failure is its to decide.
type escalated struct {
	failure *supervision.Failure
	times   int // that the child has passed this event up
}

// trouble is what the engine remembers of an actor that has failed. Actors that never fail have none.
type trouble struct {
	turn    uint64 // whose handling failed last
	attempt int    // failures of it
	passed  int    // how often it was passed up
	starts  int    // lives in a row that failed to start
	record  supervision.Record
	offered item        // the one that is offered again
	held    item        // the message that failed, kept to be offered again
	timer   *time.Timer // the pause before the next life
	last    Actor       // the life before, until the next has started
}

// rest ends the pause before the next life.
func (t *trouble) rest() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

func (r *Ref) inTrouble() *trouble {
	if r.trouble == nil {
		r.trouble = &trouble{}
	}
	return r.trouble
}

// fail asks the policy what becomes of the actor when it failed to handle a message.
func (r *Ref) fail(it item) {
	t := r.inTrouble()
	if t.turn != r.turn {
		t.turn, t.attempt, t.passed = r.turn, 0, 0
	}
	t.attempt++
	event := r.event
	if event == "" {
		event = kind(it.msg)
	}
	r.decide(&supervision.Failure{Actor: r.name, Turn: r.turn, Attempt: t.attempt, Event: event, Err: r.worker.err}, it)
}

// failStart asks the same when a new life failed to start. The message that the life before failed at keeps its own
// count of attempts, and stays owed.
func (r *Ref) failStart() {
	t := r.inTrouble()
	t.starts++
	r.decide(&supervision.Failure{Actor: r.name, Attempt: t.starts, Event: "started", Err: r.worker.err}, item{})
}

// adopt asks the same when a child has passed a failure up. What this actor itself is in the middle of stays owed. An
// actor that has had no turn yet fails in its first: 0 would say that it did not start.
func (r *Ref) adopt(e escalated) {
	r.inTrouble()
	err := &supervision.Escalated{Child: e.failure}
	r.decide(&supervision.Failure{Actor: r.name, Turn: max(r.turn, 1), Attempt: e.times, Event: "escalated", Err: err}, item{})
}

// decide asks the policy and carries its decision out. it is the message that failed, empty if none of this actor's.
func (r *Ref) decide(f *supervision.Failure, it item) {
	decision := r.policy.Decide(&r.trouble.record, f, chance.Float(r.engine.cfg.Seed, f.Actor, f.Turn<<8^uint64(f.Attempt)))
	if _, quarantine := decision.(supervision.Quarantine); quarantine && !r.setAside(f, it) {
		decision = supervision.Escalate{Failure: f}
	}
	r.engine.observe(Decided{decision})
	switch d := decision.(type) {
	case supervision.Restart:
		r.keep(it)
		r.restart(d.After, d.Scope)
	case supervision.Quarantine:
		r.restart(d.After, d.Scope)
	case supervision.Stop:
		r.settle(d, it)
		r.suspended = true
		r.postSystem(stopMessage)
	case supervision.Escalate:
		r.escalate(f, it)
	}
}

// keep holds the message that failed, to be offered to the next life.
func (r *Ref) keep(it item) {
	if it.msg != nil {
		r.trouble.held = it
	}
}

// escalate passes the failure up. At the top nobody is left to decide: the actor stops, and the engine says why.
func (r *Ref) escalate(f *supervision.Failure, it item) {
	r.keep(it)
	r.suspended = true
	up := r.parent
	for up != nil && up.relay {
		up = up.parent
	}
	if up == nil {
		r.engine.die(f)
		r.postSystem(stopMessage)
		return
	}
	r.trouble.passed++
	up.postSystem(escalated{f, r.trouble.passed})
}

// setAside quarantines the event; false: the actor cannot go on without it, or it was a child's. A host goes on with
// the rest of the message, so that is offered again.
func (r *Ref) setAside(f *supervision.Failure, it item) (skipped bool) {
	switch {
	case it.msg == nil:
		return false
	case !r.plain:
		r.keep(it)
		return r.host.Quarantine(&r.worker.ctx, f)
	}
	r.drop(it)
	r.account.Quarantined += int64(it.n)
	if c := it.asker(); c != nil {
		c.answer(it.gen, nil, f)
	}
	return true
}

// settle counts the message that stopped its actor, and answers who waits for it.
func (r *Ref) settle(d supervision.Stop, it item) {
	if it.msg == nil {
		return
	}
	done := errors.Is(d.Failure.Err, supervision.ErrStop) // it asked to stop: the message was handled
	if !done && r.plain {
		r.drop(it)
	}
	switch {
	case !r.plain: // a host counts its own at Stopping
		if d.Quarantined {
			r.host.Quarantine(&r.worker.ctx, d.Failure)
		}
	case d.Quarantined:
		r.account.Quarantined += int64(it.n)
	case done:
		r.account.Handled += int64(it.n)
	default:
		r.account.Dead += int64(it.n)
	}
	c := it.asker()
	if c == nil {
		return
	}
	if done {
		c.answer(it.gen, nil, ErrNoAnswer)
	} else {
		c.answer(it.gen, nil, d.Failure)
	}
}

// restart gives the actor a new life after a pause, and to those that the scope names at once.
func (r *Ref) restart(after time.Duration, scope supervision.Scope) {
	r.suspended = true
	if scope == supervision.AllForOne && r.parent != nil {
		for _, sibling := range r.engine.childrenOf(r.parent) {
			if sibling != r {
				sibling.postSystem(restartMessage)
			}
		}
	}
	if after <= 0 {
		r.postSystem(restartMessage)
		return
	}
	r.trouble.rest() // one pause at a time: a child's failure may come in the middle of one
	r.trouble.timer = time.AfterFunc(after, func() { r.postSystem(restartMessage) })
}

// nextLife begins a new life, and with it one of each child: a child that passed a failure up waits for that.
func (r *Ref) nextLife(m *actor.Restart) {
	r.suspended = false
	if r.trouble != nil {
		r.trouble.rest()
	}
	r.system(m)
	for _, child := range r.engine.childrenOf(r) {
		child.postSystem(restartMessage)
	}
}

// die reports a failure that nobody above can handle.
func (e *Engine) die(f *supervision.Failure) {
	e.dying.Store(true)
	select {
	case e.fatal <- f:
	default:
	}
}
