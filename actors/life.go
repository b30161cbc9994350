package actors

import (
	"fmt"
	"iter"
	"sync"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// life is one life of an agent: a behavior made anew, with the memory of the one before.
type life struct {
	*agent
	behavior Behavior
}

// Receive takes a message in, once, and handles what is on the agenda.
func (l *life) Receive(c *engine.Context, msg any) error {
	if _, first := msg.(engine.Started); first {
		if l.past != nil {
			l.takeUp(c)
			return nil
		}
		return l.rebuild()
	}
	if _, over := msg.(engine.Stopping); l.asleep && !over { // nobody sends to it before all are there: no need to wait for Wake
		l.wake(c)
	}
	if !c.Again() && !l.takeIn(c, msg) {
		return nil
	}
	return l.handleAll(c)
}

// handleAll handles what is on the agenda, one turn each, and tells the world when the phase is done.
func (l *life) handleAll(c *engine.Context) error {
	for !l.owed {
		q, ok := l.agenda.next(l.agent)
		if !ok {
			if l.realtime() && l.afterwards(c) {
				continue
			}
			l.tellWorld(c)
			return nil
		}
		if err := l.turn(c, q); err != nil {
			return err
		}
		if l.stopped {
			l.tellWorld(c)
			return nil
		}
	}
	return nil
}

// afterwards puts on the agenda, in realtime, the percept that waited until the agent had thought.
func (l *life) afterwards(c *engine.Context) bool {
	d := l.desk
	if d == nil || d.waiting == nil || l.thinking() {
		return false
	}
	l.tellWorld(c) // what it has thought of is of the percept before
	l.begin(d.waiting)
	d.waiting = nil
	return true
}

var turns = sync.Pool{New: func() any { return newTurn() }}

// turn handles one event: all of it, or nothing.
func (l *life) turn(c *engine.Context, q queued) error {
	a := l.agent
	n := a.history.N() + 1
	c.Begin(n, q.kind)
	t := turns.Get().(*Turn)
	_, worker := l.behavior.(Worker)
	t.begin(a, n, a.agenda.now, worker)
	before, after := false, false
	if a.crash { // never the last attempt at this event: it came between two events, and package polis spares who has one
		a.crash = false
		if a.setting.Crashed != nil {
			a.setting.Crashed(Crashed{Agent: a.name, Round: a.agenda.round, Phase: a.agenda.phase})
		}
		panic(errChaos)
	}
	if a.setting.Chaos != nil {
		before, after = a.setting.Chaos(a.actor, n, c.Attempt(), c.Attempts())
	}
	if before {
		panic(errChaos)
	}
	if err := l.behavior.Receive(t, q.event); err != nil {
		return err
	}
	if t.err != nil {
		return t.err
	}
	if after {
		panic(errChaos)
	}
	if err := a.tooMuch(t.effects, q.kind); err != nil {
		return err
	}
	l.limits(t.effects)
	if err := l.commit(t, q); err != nil {
		return err
	}
	c.Handled(q.weight)
	if a.desk != nil {
		a.desk.goOn(t, q.kind)
	}
	a.agenda.done(a)
	if q.kind != kindStopping {
		a.report.ready = q.kind == kindAnswer || q.kind == kindResult
		l.perform(c, t)
	}
	clear(t.effects)
	turns.Put(t)
	return nil
}

var errChaos = fmt.Errorf("actors: a fault made on purpose")

// commit gives the turn its digest and its place in the record.
func (l *life) commit(t *Turn, q queued) error {
	a := l.agent
	digest := journal.Digest{}
	if a.setting.Recorder.Writes() {
		d := journal.NewDraft(a.actor, t.n, q.kind, t.now, a.agenda.step, q.cause)
		if q.kind == kindAnswer || q.kind == kindResult {
			d.Lasting() // it cannot be computed again
		}
		if err := d.Event(func(b []byte) ([]byte, error) { return appendEvent(b, q.event) }); err != nil {
			return err
		}
		for i := range t.effects {
			if err := d.Effect(func(b []byte) ([]byte, error) { return appendEffect(b, &t.effects[i]) }); err != nil {
				return err
			}
		}
		var err error
		if digest, err = a.setting.Recorder.Commit(d, a.history.Head(a.actor).Digest); err != nil {
			return fmt.Errorf("%w: %w", engine.ErrEscalate, err)
		}
	}
	if full := a.history.Extend(digest, q.event, t.now, a.logLimit()); full {
		l.snapshot()
	}
	return nil
}

// snapshot empties the recovery log of a Keeper. If it cannot, the log is outgrown, and the next life begins empty. The
// turn is committed by then: a panic is no failure of it.
func (l *life) snapshot() {
	k, ok := l.behavior.(Keeper)
	if !ok {
		return
	}
	err := safely(func() error {
		state, err := k.Snapshot()
		if err == nil {
			l.history.Keep(state)
		}
		return err
	})
	if err != nil && l.setting.Observe != nil {
		l.setting.Observe(Unkept{Agent: l.name, Why: err.Error()})
	}
}

// safely turns a panic into an error.
func safely(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return do()
}

// rebuild makes the behavior: producer, snapshot, and the events since, with their effects suppressed.
func (l *life) rebuild() error {
	a := l.agent
	l.behavior = a.newBehavior()
	if l.behavior == nil {
		return fmt.Errorf("actors: %s: its producer gave no behavior", a.name)
	}
	if a.history.Lost() {
		if a.setting.Recorder.Keeps() {
			return l.recollect()
		}
		if a.setting.Observe != nil {
			a.setting.Observe(Forgot{Agent: a.name})
		}
	}
	if state, ok := a.history.Snapshot(); ok {
		if err := l.behavior.(Keeper).Restore(state); err != nil {
			return fmt.Errorf("actors: restore %s: %w", a.name, err)
		}
	}
	_, worker := l.behavior.(Worker)
	a.log = a.setting.Recorder.Limit()
	if _, none := l.behavior.(Stateless); none {
		a.log = 0
	}
	logged := 0
	for n, e := range a.history.Events() {
		logged++
		if e.Event == nil {
			continue // quarantined: it had no effect
		}
		t := newTurn()
		t.begin(a, n, e.Now, worker)
		if err := l.behavior.Receive(t, e.Event); err != nil {
			return fmt.Errorf("actors: restore %s: turn %d, committed before, now fails: %w", a.name, n, err)
		}
	}
	if logged > 0 && logged >= a.log { // the last was quarantined, and nobody was there to take a snapshot
		l.snapshot()
	}
	return nil
}

// recollect takes a behavior without Keeper, whose recovery log was outgrown, through all that has reached it, as the
// journal has it.
func (l *life) recollect() error {
	a := l.agent
	return l.recall(a.setting.Recorder.Turns(a.actor, a.since))
}

// recall takes the behavior through turns that were committed.
func (l *life) recall(turns iter.Seq2[journal.Entry, error]) error {
	a := l.agent
	_, worker := l.behavior.(Worker)
	for e, err := range turns {
		if err != nil {
			return fmt.Errorf("actors: restore %s: %w", a.name, err)
		}
		if e.Kind == kindQuarantined || e.N <= a.since {
			continue
		}
		event, err := ReadEvent(e.Kind, e.Payload)
		if err != nil {
			return fmt.Errorf("actors: restore %s: turn %d: %w", a.name, e.N, err)
		}
		t := newTurn()
		t.begin(a, e.N, e.Logical, worker)
		if err := l.behavior.Receive(t, event); err != nil {
			return fmt.Errorf("actors: restore %s: turn %d, committed before, now fails: %w", a.name, e.N, err)
		}
	}
	return nil
}

// bury accounts for what a stopping agent has not handled, and leaves the world.
func (l *life) bury(c *engine.Context) {
	a := l.agent
	left, unheard := 0, a.unheard()
	if a.agenda.delivery != nil || a.agenda.single != nil {
		left += a.agenda.weight(a)
	}
	if d := a.desk; d != nil {
		left += len(d.early) + l.giveUp(c)
		for _, v := range []*wire.Delivery{d.held, d.waiting} {
			if v != nil {
				left += v.Weight()
			}
		}
	}
	c.Dead(left + unheard)
	c.Refused(-unheard) // a refusal that its sender does not live to hear of is none
	a.stopped = true
	l.tellWorld(c) // what committed turns wanted, when a later one of the same phase has ended the agent
	a.setting.left.Store(a.name, a.agenda.step)
	world, seat := a.world, a.agenda.seat
	if world == nil { // it never came to hear of it
		world, _ = c.Engine().Find(environment.Name)
		seat = -1
	}
	if world != nil {
		_ = c.Send(world, &wire.Report{Seat: seat, Step: a.agenda.step, Left: true}, 0) // when the world is gone too, nobody waits
	}
}

// unheard is how many of its messages were refused without its having been told.
func (a *agent) unheard() (n int) {
	g := &a.agenda
	if x := g.extra; x != nil && g.part <= partUndelivered {
		if n = len(x.undelivered); g.part == partUndelivered {
			n -= g.at
		}
	}
	if g.single != nil && g.single.kind == kindUndelivered {
		n++
	}
	if d := a.desk; d != nil {
		n += len(d.undelivered) + len(d.virtual.back)
	}
	return n
}
