package engine

import (
	"hash/fnv"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/polis-agents/polis/supervision"
)

var (
	stopMessage    = &actor.Stop{}
	restartMessage = &actor.Restart{}
)

// escalated tells a parent that a child's failure is its to decide.
type escalated struct{ failure *supervision.Failure }

// trouble is what the engine remembers of an actor that has failed. Actors that never fail have none.
type trouble struct {
	turn    uint64 // that failed last
	attempt int    // failures of it
	record  supervision.Record
	held    item        // the message that failed, kept to be offered again
	timer   *time.Timer // the pause before the next life
}

func (t *trouble) end() {
	t.held = item{}
	if t.timer != nil {
		t.timer.Stop()
	}
}

// fail asks the policy what becomes of the actor, and carries it out. it is empty when a life failed to start.
func (r *Ref) fail(it item) {
	f := r.failure(r.err, it.msg)
	r.decide(f, it)
}

// adopt takes over a child's failure: it counts as a failure of this actor.
func (r *Ref) adopt(child *supervision.Failure) {
	r.decide(r.failure(child.Err, child), item{})
}

func (r *Ref) failure(err error, msg any) *supervision.Failure {
	if r.trouble == nil {
		r.trouble = &trouble{}
	}
	t, turn, event := r.trouble, r.turn, r.event
	if r.starting {
		turn, event = 0, "started"
	}
	if t.turn != turn || t.attempt == 0 {
		t.turn, t.attempt = turn, 0
	}
	t.attempt++
	if event == "" {
		event = kind(msg)
	}
	return &supervision.Failure{Actor: r.name, Turn: turn, Attempt: t.attempt, Event: event, Err: err}
}

func (r *Ref) decide(f *supervision.Failure, it item) {
	decision := r.policy.Decide(&r.trouble.record, f, chance(r.engine.cfg.Seed, f))
	r.engine.observe(Decided{decision})
	if _, stop := decision.(supervision.Stop); !stop && it.msg == nil && it.call == nil && r.trouble.held.msg != nil {
		it = r.trouble.held // a life that failed to start still owes the message of the one before
	}
	switch d := decision.(type) {
	case supervision.Restart:
		r.trouble.held = it
		r.restart(d.After, d.Scope)
	case supervision.Quarantine:
		r.trouble.held = r.setAside(f, it)
		r.restart(d.After, d.Scope)
	case supervision.Stop:
		r.settle(d, it)
		r.suspended = true
		r.postSystem(stopMessage)
	case supervision.Escalate:
		r.trouble.held = r.setAside(f, it)
		r.suspended = true
		if r.parent == nil {
			r.engine.die(f)
			r.postSystem(stopMessage)
			return
		}
		r.parent.postSystem(escalated{f})
	}
}

// setAside quarantines the event. A host goes on with the rest of the message, so that is offered again.
func (r *Ref) setAside(f *supervision.Failure, it item) item {
	if it.msg == nil {
		return item{}
	}
	if !r.plain {
		r.host.Quarantine(&r.worker.ctx, f)
		return it
	}
	r.account.Quarantined += int64(it.n)
	if it.call != nil {
		it.call.answer(it.gen, nil, f)
	}
	return item{}
}

// settle counts the message that stopped its actor.
func (r *Ref) settle(d supervision.Stop, it item) {
	switch {
	case d.Quarantined:
		r.setAside(d.Failure, it)
	case it.msg == nil || !r.plain: // a host counts its own at Stopping
	case d.Failure.Attempt < r.policy.Limit(): // it asked to stop: the message was handled
		r.account.Handled += int64(it.n)
		if it.call != nil {
			it.call.answer(it.gen, nil, ErrNoAnswer)
		}
	default:
		r.account.Dead += int64(it.n)
		if it.call != nil {
			it.call.answer(it.gen, nil, d.Failure)
		}
	}
}

// restart gives the actor a new life after a pause, and with it those that the scope names.
func (r *Ref) restart(after time.Duration, scope supervision.Scope) {
	r.suspended = true
	if scope == supervision.AllForOne && r.parent != nil {
		for _, sibling := range r.engine.childrenOf(r.parent) {
			if sibling != r {
				sibling.postSystem(restartMessage)
			}
		}
	}
	for _, child := range r.engine.childrenOf(r) {
		child.postSystem(restartMessage)
	}
	if after <= 0 {
		r.postSystem(restartMessage)
		return
	}
	r.trouble.timer = time.AfterFunc(after, func() { r.postSystem(restartMessage) })
}

// die reports a failure that nobody above can handle.
func (e *Engine) die(f *supervision.Failure) {
	select {
	case e.fatal <- f:
	default:
	}
}

// chance draws from (seed, actor, turn, attempt), so that the same run pauses the same way.
func chance(seed uint64, f *supervision.Failure) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(f.Actor))
	x := h.Sum64() ^ seed ^ f.Turn<<8 ^ uint64(f.Attempt)
	x ^= x >> 30 // splitmix64's finaliser: neighbouring turns must not pause alike
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	x ^= x >> 31
	return float64(x>>11) / (1 << 53)
}
