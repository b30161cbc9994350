package engine

import (
	"errors"
	"fmt"
)

// ErrElsewhere says that an actor lives in another process, where what was wanted of it cannot be done.
var ErrElsewhere = errors.New("actor lives in another process")

// Away is the way to the actors of another process.
type Away interface {
	// Send takes a message on its way to the actor named to, or says why not. weight is what it counts in the account.
	// It must neither block nor keep msg. What becomes of the message there is not known here: see Engine.Arrive.
	Send(from, to string, msg any, weight int) error
}

// way makes an Away the gate of the Refs that stand for its actors. A mailbox without a gate, as actors of turns have,
// pays nothing for it.
type way struct{ Away }

// Enter is never asked: see post.
func (way) Enter(any) error { return ErrElsewhere }

// Drop has nothing to take back.
func (way) Drop(any) {}

// Away says whether the actor lives in another process: then the Ref is all that there is of it here.
func (r *Ref) Away() bool {
	_, away := r.gate.(way)
	return away
}

// away finds the Ref of an actor of another process: one for each name, so that senders can be told apart by it.
func (e *Engine) away(name string) *Ref {
	if e.cfg.Locate == nil {
		return nil
	}
	to := e.cfg.Locate(name)
	if to == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.elsewhere[name]
	if r == nil {
		r = &Ref{name: name, engine: e, gate: way{to}}
		if e.elsewhere == nil {
			e.elsewhere = make(map[string]*Ref)
		}
		e.elsewhere[name] = r
	}
	return r
}

// sendAway hands an item to another process. What does not get on its way is refused here. w is as in post.
func (r *Ref) sendAway(to way, it item, w *worker) error {
	if w == nil {
		r.engine.outside.Add(int64(it.n))
	}
	err := ErrNoMessage
	switch {
	case it.gen != 0:
		err = ErrElsewhere // a request waits for an answer of this process
	case it.msg != nil:
		from := ""
		if it.from != nil {
			from = it.from.name
		}
		err = to.Send(from, r.name, it.msg, int(it.n))
	}
	if err == nil {
		return nil
	}
	r.engine.late.Add(int64(it.n))
	return fmt.Errorf("%s: %w", r.name, err)
}

// Arrive puts a message of an actor of another process into a mailbox of this one, or says why that refused it. It was
// counted as sent where it comes from; what becomes of it is counted here. Whoever calls it answers for from, which is ""
// for what comes from no actor.
func (e *Engine) Arrive(from, to string, msg any, weight int) error {
	e.mu.RLock()
	r := e.refs[to]
	e.mu.RUnlock()
	var sender *Ref
	var err error
	if from != "" {
		sender, err = e.Find(from)
	}
	switch {
	case err != nil:
	case r == nil:
		err = fmt.Errorf("%s: %w", to, ErrStopped)
	default:
		err = r.post(item{msg: msg, from: sender, n: int32(weight)}, nil)
		e.outside.Add(-int64(weight)) // post has counted it as sent
		return err
	}
	e.late.Add(int64(weight))
	return err
}

// Return puts what the runtime of another process has to say of a message into the mailbox of who sent that: it weighs
// nothing, and passes the bound, as there are only as many as were sent.
func (e *Engine) Return(to string, msg any) {
	e.mu.RLock()
	r := e.refs[to]
	e.mu.RUnlock()
	if r != nil {
		r.force(msg)
	}
}

// Lost counts what was sent to another process and will never be known to have arrived.
func (e *Engine) Lost(weight int) { e.lost.Add(int64(weight)) }
