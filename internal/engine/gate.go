package engine

// Gate stands before a mailbox. It is asked on the sender's goroutine, and by many at once, so it must be quick: what it
// refuses costs the actor nothing, however much that has to do.
type Gate interface {
	// Enter lets a message in or says why not; a *Refusal also says it to programs.
	Enter(msg any) error
	// Drop takes back a message that was let in and is not handled: the mailbox refused it, or its actor stopped or
	// failed at it to the last attempt.
	Drop(msg any)
}

// Refusal is a Gate's error with a meaning: where an answer is awaited, Value is the answer, and Error says why it is
// none.
type Refusal struct{ Value error }

// Error is what the value says.
func (e *Refusal) Error() string { return e.Value.Error() }

// Unwrap gives the value.
func (e *Refusal) Unwrap() error { return e.Value }

// turnAway counts what the gate refused.
func (r *Ref) turnAway(it item, w *worker) {
	r.mu.Lock()
	if w == nil {
		r.count(int64(it.n))
	}
	r.refuse(it)
	r.mu.Unlock()
}

// refuse counts what does not get into the mailbox; r.mu is held.
func (r *Ref) refuse(it item) {
	if r.closed {
		r.engine.late.Add(int64(it.n)) // the account of this actor is settled
	} else {
		r.refused += int64(it.n)
	}
}

// drop tells the gate of what it let in and nobody handles.
func (r *Ref) drop(it item) {
	if r.gate != nil && it.msg != nil {
		r.gate.Drop(it.msg)
	}
}
