package supervision

import (
	"errors"
	"fmt"
)

// ErrStop is returned by an actor that is done and wants to stop. It is not a failure and charges no budget.
var ErrStop = errors.New("supervision: stop")

// ErrEscalate marks a failure that the actor's own policy must not handle: its parent is to decide. Wrap it.
var ErrEscalate = errors.New("supervision: escalate")

// Failure is one failed attempt of an actor to handle one event.
type Failure struct {
	Actor   string // name, such as "agents/kate"
	Turn    uint64 // the turn that failed: the same on every attempt; 0 when a new life failed to start
	Attempt int    // 1 for the first
	Event   string // kind of the event, such as "percept"
	Err     error  // what Receive returned, or a *Panic
}

// Error names the actor, the turn, the event and the cause.
func (f *Failure) Error() string {
	return fmt.Sprintf("%s: turn %d (%s), attempt %d: %v", f.Actor, f.Turn, f.Event, f.Attempt, f.Err)
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Stack is the stack of the panic that caused the failure, nil if an error did.
func (f *Failure) Stack() []byte {
	var p *Panic
	if errors.As(f.Err, &p) {
		return p.Stack
	}
	return nil
}

// Panic is a recovered panic as an error: a panic and a returned error are treated alike.
type Panic struct {
	Value any    // what was passed to panic
	Stack []byte // as debug.Stack gave it where the panic was recovered
}

// Error says what was passed to panic.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Unwrap gives the value of the panic if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Escalated is a failure that a child has passed up, as the policy of its parent sees it: one of the parent's own. It
// does not unwrap, for what the child's error says to its supervision (ErrEscalate) was meant for this parent and no
// further.
type Escalated struct{ Child *Failure }

// Error says what the child failed at.
func (e *Escalated) Error() string { return "passed up: " + e.Child.Error() }

// As finds the child's panic, for its stack.
func (e *Escalated) As(target any) bool {
	_, ok := target.(**Panic)
	return ok && errors.As(e.Child, target)
}
