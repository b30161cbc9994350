package engine

import (
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/polis-agents/polis/supervision"
)

// Actor is one life of an actor. Receive gets one message at a time, Started first and Stopping last; it must not
// block. An error, like a panic, ends this life: see package supervision.
type Actor interface {
	Receive(c *Context, msg any) error
}

// ActorFunc is an Actor without state.
type ActorFunc func(c *Context, msg any) error

// Receive calls f.
func (f ActorFunc) Receive(c *Context, msg any) error { return f(c, msg) }

// Host is what outlives the lives of an actor whose messages hold several events, each a turn of its own. It keeps
// its own account (Context.Handled and so on) and names its turns (Context.Begin). After a failure the same message
// is offered to the next life, which goes on where the former one failed.
type Host interface {
	// NewLife makes the actor's next life.
	NewLife() Actor
	// Quarantine sets aside the event of the failed turn, and counts it. It runs between two lives. skipped is false
	// when the actor cannot go on without that turn: the failure then goes to its parent.
	Quarantine(c *Context, f *supervision.Failure) (skipped bool)
}

// lives is the host of a plain actor: one message, one event.
type lives func() Actor

func (f lives) NewLife() Actor                                 { return f() }
func (f lives) Quarantine(*Context, *supervision.Failure) bool { return true }

// Started is the first message of every life.
type Started struct{}

// Stopping is the last message of the last life.
type Stopping struct{}

// life is what protoactor sees of an actor: one incarnation. It finds its Ref at its first message, because the Props
// are shared, and lets no panic reach the library (A1, A2, A19).
type life struct {
	engine *Engine
	ref    *Ref
	actor  Actor
}

// Receive passes a message on, and leaves the error to the mailbox.
func (l *life) Receive(pc actor.Context) {
	msg := pc.Message()
	switch msg.(type) {
	case *actor.Started:
		ref, err := l.engine.Find(pc.Self().Id)
		if err != nil {
			return // stopped meanwhile
		}
		l.ref, ref.life = ref, l
		ref.starting = true
		if ref.worker.err = l.start(); ref.worker.err != nil {
			return
		}
		ref.starting = false
		if t := ref.trouble; t != nil {
			t.starts, t.last = 0, nil
		}
	case *actor.Stopping:
		l.stop()
	case *actor.Stopped:
		if l.ref != nil {
			l.ref.close()
		}
	case *actor.Restarting: // the next life starts from what was committed; the old one has nothing to say
		if l.actor != nil && l.ref.trouble != nil {
			l.ref.trouble.last = l.actor
		}
	} // all else is the library's own and goes nowhere: the actor's messages come by receive
}

func (l *life) start() (err error) {
	defer recovered(&err)
	l.actor = l.ref.host.NewLife()
	l.ref.worker.ctx = Context{ref: l.ref, worker: l.ref.worker, cur: &noItem}
	return l.actor.Receive(&l.ref.worker.ctx, Started{})
}

// stop gives Stopping to this life, or to the one before when there was no making of this one: a host must account for
// what it holds. An error here changes nothing.
func (l *life) stop() {
	if l.ref == nil {
		return
	}
	if t := l.ref.trouble; l.actor == nil && t != nil {
		l.actor = t.last
	}
	if l.actor != nil {
		l.ref.worker.ctx = Context{ref: l.ref, worker: l.ref.worker, cur: &noItem}
		_ = l.receive(Stopping{})
	}
}

func (l *life) receive(msg any) (err error) {
	defer recovered(&err)
	return l.actor.Receive(&l.ref.worker.ctx, msg)
}

// recovered turns a panic into an error with its stack.
func recovered(err *error) {
	if v := recover(); v != nil {
		*err = &supervision.Panic{Value: v, Stack: debug.Stack()}
	}
}

// Failure is a failed turn, as supervision sees it.
type Failure = supervision.Failure

// ErrEscalate marks a failure that the actor's own policy must not handle: wrap it.
var ErrEscalate = supervision.ErrEscalate
