package engine

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/polis-agents/polis/supervision"
)

const (
	throughput = 300 // messages an actor handles before it lets another one run
	keepBuffer = 256 // a queue grown beyond it is given back when it is empty (A7)
)

// item is one message in a mailbox.
type item struct {
	msg  any
	from *Ref   // the sender; for a request the place of its call, see asker
	gen  uint32 // of the call; 0: nobody waits for an answer
	n    int32  // what it weighs in the account
}

// asker is who waits for an answer to the message, nil for nobody.
func (it *item) asker() *call {
	if it.gen == 0 {
		return nil
	}
	return it.from.call
}

// noItem is what an actor is at outside of messages. Nobody writes to it.
var noItem item

// Ref is one actor: its name, its mailbox, its place in the tree. It stays the same over all lives.
//
// The mailbox is two slices: senders append to one under the lock, the runner works through the other without it and
// swaps them when it is done, so the lock is taken once per batch on the runner's side.
type Ref struct {
	mu        sync.Mutex
	in        []item  // waiting
	slot      [1]item // room for one: most mailboxes never need more
	sys       []any   // the library's messages: they overtake
	done      chan struct{}
	limit     int32
	scheduled bool // waiting for a worker, or running
	closing   bool // takes no more messages; stops when those it has are handled
	closed    bool // its account is being settled
	ended     bool // nothing of it is left
	plain     bool // not a Host
	relay     bool // what its children pass up goes past it
	refused   int64
	told      int64 // sent to it by no actor

	// Written once. They stand between what senders write and what the runner writes, which are on different cores.
	name     string
	engine   *Engine
	host     Host
	parent   *Ref
	policy   *supervision.Policy
	gate     Gate
	invoker  actor.MessageInvoker
	life     *life        // the present one: messages go straight to it
	order    uint64       // when it was spawned
	children atomic.Int32 // living ones

	// Owned by the runner.
	out       []item // being worked on, from pos
	pos       int
	sysCount  atomic.Int32 // len(sys), to look without the lock
	suspended bool         // between two lives
	stopping  bool
	starting  bool // in the first message of a life
	worker    *worker
	turn      uint64
	event     string // kind of the event being handled, if a host has named it
	account   Account
	trouble   *trouble // nil as long as all goes well
	call      *call    // set in a Ref that is no actor: where a request from outside waits
}

// Name of the actor.
func (r *Ref) Name() string { return r.name }

// mailbox is the Ref as protoactor sees it.
type mailbox Ref

// RegisterHandlers keeps the invoker. The library's dispatcher is not used: see workers.go.
func (m *mailbox) RegisterHandlers(i actor.MessageInvoker, _ actor.Dispatcher) { m.invoker = i }

// Start does nothing: the Started message does.
func (m *mailbox) Start() {}

// UserMessageCount is the number of messages waiting.
func (m *mailbox) UserMessageCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.in)
}

// PostUserMessage takes what is sent to the actor's PID, which is only the library's own business.
func (m *mailbox) PostUserMessage(msg any) {
	_, body, _ := actor.UnwrapEnvelope(msg)
	if _, poison := body.(*actor.PoisonPill); poison {
		(*Ref)(m).drain()
		return
	}
	_ = (*Ref)(m).post(item{msg: body}, nil) // refused: counted in the mailbox, weighs nothing
}

// PostSystemMessage takes the library's own messages. Started is first, even when a stop has come before it.
func (m *mailbox) PostSystemMessage(msg any) {
	if _, first := msg.(*actor.Started); !first {
		(*Ref)(m).postSystem(msg)
		return
	}
	m.mu.Lock()
	m.sys = append([]any{msg}, m.sys...)
	m.sysCount.Store(int32(len(m.sys)))
	m.mu.Unlock()
}

// post puts an item into the mailbox or says why not. w is the worker of the sender, nil outside of actors.
func (r *Ref) post(it item, w *worker) error {
	if r.gate != nil {
		if to, away := r.gate.(way); away {
			return r.sendAway(to, it, w)
		}
		if err := r.gate.Enter(it.msg); err != nil {
			r.turnAway(it, w)
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	r.mu.Lock()
	if w == nil {
		r.count(int64(it.n))
	}
	if r.closing || len(r.in) >= int(r.limit) || it.msg == nil {
		r.refuse(it)
		why := ErrBusy
		if it.msg == nil {
			why = ErrNoMessage
		} else if r.closing {
			why = ErrStopped
		}
		r.mu.Unlock()
		r.drop(it)
		return fmt.Errorf("%s: %w", r.name, why)
	}
	r.push(it)
	start := !r.scheduled
	r.scheduled = true
	r.mu.Unlock()
	if start {
		r.schedule(w)
	}
	return nil
}

// count counts what is sent from outside, before it is known what becomes of it; r.mu is held.
func (r *Ref) count(n int64) {
	if r.closed {
		r.engine.outside.Add(n) // the account of this actor is settled
	} else {
		r.told += n
	}
}

// push adds an item; r.mu is held.
func (r *Ref) push(it item) {
	if len(r.in) == cap(r.in) {
		r.in = grow(r.in)
	}
	r.in = append(r.in, it)
}

// force puts a message of the engine itself past the bound: a job's result or a timer, of which there are only as
// many as the actor asked for. It is dropped when the actor is gone.
func (r *Ref) force(msg any) {
	r.mu.Lock()
	if r.closed || r.Away() {
		r.mu.Unlock()
		return
	}
	r.push(item{msg: msg})
	start := !r.scheduled
	r.scheduled = true
	r.mu.Unlock()
	if start {
		r.schedule(nil)
	}
}

func (r *Ref) postSystem(msg any) {
	r.mu.Lock()
	r.sys = append(r.sys, msg)
	r.sysCount.Store(int32(len(r.sys)))
	start := !r.scheduled
	r.scheduled = true
	r.mu.Unlock()
	if start {
		r.schedule(nil)
	}
}

func (r *Ref) schedule(w *worker) {
	if w != nil {
		w.wakeup(r)
		return
	}
	r.engine.workers.push(r)
}

// run handles messages until there are none or the actor's share is used up.
func (r *Ref) run(w *worker) {
	r.worker = w
	w.ctx = Context{ref: r, worker: w, cur: &noItem}
	left := throughput
	for r.runSome(w, &left) {
	}
}

// runSome is run until an actor panics; then it is to be called again. One deferred call for many messages costs less
// than one for each.
func (r *Ref) runSome(w *worker, left *int) (panicked bool) {
	defer func() {
		if w.inside {
			w.inside = false
			v := recover()
			if v == nil { // runtime.Goexit: the worker ends with it
				return
			}
			w.err = &supervision.Panic{Value: v, Stack: debug.Stack()}
			r.fail(*w.ctx.cur)
			panicked = true
		}
	}()
	for *left > 0 {
		*left--
		if r.sysCount.Load() > 0 {
			r.runSystem()
		}
		it, again, ok := r.next()
		if !ok {
			w.one, w.ctx.cur = item{}, &noItem // what was handled is kept by nobody
			return false                       // idle: another worker may run it from here on
		}
		if it == nil {
			continue // a system message came meanwhile
		}
		r.handle(w, it, again)
	}
	w.wakeup(r)
	return false
}

// next takes the next message; again says that it was offered before. When ok is false the actor is idle.
// The item stays where it is, and valid, until the next call.
func (r *Ref) next() (it *item, again, ok bool) {
	if !r.suspended {
		if t := r.trouble; t != nil && t.held.msg != nil {
			t.offered, t.held = t.held, item{}
			return &t.offered, true, true
		} else if t != nil {
			t.offered = item{}
		}
		if r.pos < len(r.out) {
			it = &r.out[r.pos]
			r.pos++
			return it, false, true
		}
		clear(r.out)
		r.out, r.pos = r.out[:0], 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sys) > 0 {
		return nil, false, true
	}
	if r.suspended || len(r.in) == 0 {
		if !r.suspended && r.closing && !r.closed && !r.stopping { // all handled: now it may stop
			r.sys = append(r.sys, stopMessage)
			r.sysCount.Store(int32(len(r.sys)))
			return nil, false, true
		}
		if cap(r.in) > keepBuffer || cap(r.out) > keepBuffer {
			if !r.suspended {
				release(r.in)
				release(r.out)
				r.in, r.out, r.pos = nil, nil, 0
			}
		}
		r.scheduled = false
		return nil, false, false
	}
	if len(r.in) == 1 { // most mailboxes: no second slice is needed
		r.worker.one = r.in[0]
		r.in[0] = item{}
		r.in = r.in[:0]
		return &r.worker.one, false, true
	}
	r.in, r.out, r.pos = r.out, r.in, 1
	return &r.out[0], false, true
}

// handle offers one message to the actor.
func (r *Ref) handle(w *worker, it *item, again bool) {
	w.moved()
	w.flush()
	if r.plain && !again {
		r.turn++
		r.event = ""
	}
	w.ctx.cur, w.ctx.kept, w.ctx.again = it, false, again
	w.inside = true
	w.err = r.life.actor.Receive(&w.ctx, it.msg)
	w.inside = false
	if w.err != nil {
		r.fail(*it)
		return
	}
	if r.plain {
		r.account.Handled += int64(it.n)
	}
	if it.gen != 0 && !w.ctx.kept {
		it.from.call.answer(it.gen, nil, ErrNoAnswer)
	}
}

// runSystem handles the library's messages.
func (r *Ref) runSystem() {
	r.mu.Lock()
	sys := r.sys
	r.sys = nil
	r.sysCount.Store(0)
	r.mu.Unlock()
	for _, msg := range sys {
		r.worker.moved()
		switch m := msg.(type) {
		case *actor.SuspendMailbox, *actor.ResumeMailbox:
			// The library resumes after every restart. When the new life has failed by then, that would end its pause.
		case *actor.Restart:
			if r.stopping { // a late restart must not undo a stop (A3)
				continue
			}
			r.nextLife(m)
		case escalated:
			if !r.stopping { // else the child is stopped with it
				r.adopt(m)
			}
		case *actor.Stop:
			r.stopping = true
			r.mu.Lock()
			r.closing = true // who hears that it leaves must not get a letter to it past that
			r.mu.Unlock()
			r.system(m)
		default:
			r.system(m)
		}
	}
}

// system invokes a system message; a new life that fails to start is a failure like any other.
func (r *Ref) system(msg any) {
	r.worker.err = nil
	r.invoker.InvokeSystemMessage(msg)
	if r.worker.err != nil && r.starting && !r.stopping {
		r.failStart()
	}
}

// kind names a message for people.
func kind(msg any) string {
	if msg == nil {
		return "started"
	}
	return reflect.TypeOf(msg).String()
}
