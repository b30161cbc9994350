package engine

import "time"

// Timer is a message that comes later. It ends with its actor.
type Timer struct{ t *time.Timer }

// Stop takes the message back, if it is not yet in the mailbox.
func (t Timer) Stop() {
	if t.t != nil {
		t.t.Stop()
	}
}

// After sends msg to the actor itself when d has passed; at once, when it is no time at all. When the actor is gone by then it is dropped, and it weighs
// nothing in the account. Only as many may be open as the actor can account for: they pass the mailbox's bound.
func (c *Context) After(d time.Duration, msg any) Timer {
	r := c.ref
	if d <= 0 {
		// Without a timer, and not for speed alone: in a synctest bubble under the race detector, Go 1.26 runs the function
		// of a timer that is due at once on the system stack, and now and then crashes there.
		r.force(msg)
		return Timer{}
	}
	return Timer{time.AfterFunc(d, func() { r.force(msg) })}
}
