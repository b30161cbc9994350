package supervision

import (
	"errors"
	"fmt"
	"time"
)

// Scope says who starts a new life when one child failed.
type Scope int

const (
	// OneForOne restarts only the actor that failed.
	OneForOne Scope = iota
	// AllForOne restarts all children of the same parent: for actors that are useless without each other.
	AllForOne
)

// String gives OTP's name of the scope.
func (s Scope) String() string {
	if s == AllForOne {
		return "all-for-one"
	}
	return "one-for-one"
}

// Policy is how an actor is supervised. The zero value offers a failing event five times, with growing pauses,
// then sets it aside and lets life go on; it never stops the actor.
type Policy struct {
	Attempts int     // how often one event is offered before it is quarantined; 0: 5
	Backoff  Backoff // the pause before each new attempt
	Budget   Budget  // when to stop the actor; zero: never
	Scope    Scope   // who is restarted with it; zero: nobody
}

// Budget stops an actor whose events are quarantined too often: more than Quarantines of them within Turns of its
// own turns. The zero value never stops it.
type Budget struct {
	Quarantines int    // allowed within the window
	Turns       uint64 // length of the window in turns of the actor; 0: no budget
}

// Record is what a policy remembers of one actor. Its zero value is a fresh actor.
type Record struct {
	charged []uint64 // turns whose events were quarantined, ascending, within the budget's window
}

// Charged says whether some turn is on record.
func (r *Record) Charged() bool { return len(r.charged) > 0 }

// Limit is the number of attempts at one event, never below 1.
func (p Policy) Limit() int {
	if p.Attempts <= 0 {
		return 5
	}
	return p.Attempts
}

// Decide says what becomes of the actor after f. u is uniform in [0, 1) and moves the pause. rec is updated.
func (p Policy) Decide(rec *Record, f *Failure, u float64) Decision {
	switch {
	case errors.Is(f.Err, ErrStop):
		return Stop{Failure: f, Reason: "it asked to stop"}
	case errors.Is(f.Err, ErrEscalate):
		return Escalate{Failure: f}
	case f.Attempt < p.Limit() && f.Turn > 0:
		return Restart{Failure: f, After: p.Backoff.Delay(f.Attempt, u), Scope: p.Scope}
	case f.Attempt < p.Limit(): // it failed to start: nobody has yet built upon this life, and lives that fail to start
		// must not make each other start for ever
		return Restart{Failure: f, After: p.Backoff.Delay(f.Attempt, u), Scope: OneForOne}
	case f.Turn == 0:
		return Stop{Failure: f, Reason: fmt.Sprintf("it failed to start %d times", f.Attempt)}
	}
	if b := p.Budget; b.Turns > 0 {
		rec.charge(f.Turn, b.Turns)
		if len(rec.charged) > b.Quarantines {
			return Stop{Failure: f, Quarantined: true,
				Reason: fmt.Sprintf("%d events quarantined within %d turns, budget %d", len(rec.charged), b.Turns, b.Quarantines)}
		}
	}
	return Quarantine{Failure: f, After: p.Backoff.Delay(f.Attempt, u), Scope: p.Scope}
}

// charge notes a quarantined event and forgets those that the window has passed.
func (r *Record) charge(turn, window uint64) {
	r.charged = append(r.charged, turn)
	for len(r.charged) > 0 && turn-r.charged[0] >= window {
		r.charged = r.charged[1:]
	}
}

// Decision is one of Restart, Quarantine, Stop and Escalate. The same value that is carried out is published, so an
// observer sees every decision with its cause.
type Decision interface {
	// Cause is the failure that was decided about.
	Cause() *Failure
	// Name is the decision in a word, for records and logs.
	Name() string
	decision()
}

// Restart gives the actor a new life after a pause and offers the failed event again.
type Restart struct {
	Failure *Failure
	After   time.Duration
	Scope   Scope
}

// Quarantine sets the failed event aside; the actor gets a new life after a pause and goes on with the next event.
type Quarantine struct {
	Failure *Failure
	After   time.Duration
	Scope   Scope
}

// Stop ends the actor. Quarantined says that the failed event was set aside first, else it is dead with the rest.
type Stop struct {
	Failure     *Failure
	Reason      string
	Quarantined bool
}

// Escalate passes the failure to the actor's parent, whose policy decides about the parent.
type Escalate struct {
	Failure *Failure
}

// Cause is the failure that was decided about.
func (d Restart) Cause() *Failure { return d.Failure }

// Cause is the failure that was decided about.
func (d Quarantine) Cause() *Failure { return d.Failure }

// Cause is the failure that was decided about.
func (d Stop) Cause() *Failure { return d.Failure }

// Cause is the failure that was decided about.
func (d Escalate) Cause() *Failure { return d.Failure }

// Name is "restart".
func (Restart) Name() string { return "restart" }

// Name is "quarantine".
func (Quarantine) Name() string { return "quarantine" }

// Name is "stop".
func (Stop) Name() string { return "stop" }

// Name is "escalate".
func (Escalate) Name() string { return "escalate" }

func (Restart) decision()    {}
func (Quarantine) decision() {}
func (Stop) decision()       {}
func (Escalate) decision()   {}
