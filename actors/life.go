package actors

import (
	"fmt"
	"slices"
	"sync"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// life is one life of an agent: a behavior made anew, with the memory of the one before.
type life struct {
	*agent
	behavior Behavior
}

// messages of an agent to itself
type (
	finished struct { // a job has
		id    ID
		value any
		err   string
		late  bool // its limit ended it
	}
	overdue struct{ id ID } // an ask is
	rings   struct{ id ID } // a timer does, in realtime
)

// Receive takes a message in, once, and handles what is on the agenda.
func (l *life) Receive(c *engine.Context, msg any) error {
	if _, first := msg.(engine.Started); first {
		return l.rebuild()
	}
	if !c.Again() && !l.takeIn(c, msg) {
		return nil
	}
	return l.handleAll(c)
}

// takeIn puts a message on the agenda; false: there is nothing to handle yet.
func (l *life) takeIn(c *engine.Context, msg any) bool {
	realtime := l.realtime()
	switch m := msg.(type) {
	case *wire.Delivery:
		l.world = c.Sender()
		if realtime && !m.Last {
			return l.takeNow(c, m)
		}
		return l.takeDelivery(c, m)
	case *wire.Letter:
		d := l.ownDesk()
		if !d.fresh(m) {
			return false
		}
		if realtime {
			return l.takeSingle(letterEvent(m))
		}
		d.early = append(d.early, m)
		if d.held != nil && d.complete(d.held) {
			held := d.held
			d.held = nil
			l.open(held)
			return true
		}
		return false
	case *wire.Answer:
		return l.takeAnswer(c, ID{m.N, m.Index}, m.Value, m.Error, 1)
	case *finished:
		if m.late {
			l.clocked("job " + m.id.String() + " ran into its limit")
		}
		return l.takeAnswer(c, m.id, m.value, m.err, 0)
	case overdue:
		l.clocked("ask " + m.id.String() + " ran into its limit")
		return l.takeAnswer(c, m.id, nil, "no answer within the limit", 0)
	case rings:
		for i, t := range l.ownDesk().timers {
			if t.id == m.id {
				l.desk.timers = slices.Delete(l.desk.timers, i, i+1)
				return l.takeSingle(timerEvent(l.agent, m.id))
			}
		}
		return false
	case engine.Stopping:
		l.bury(c)
	}
	return false
}

// takeSingle puts an event on the agenda that came by itself, as they do in realtime.
func (l *life) takeSingle(q queued) bool {
	l.agenda.single, l.agenda.now = &q, l.setting.Clock()
	return true
}

// takeDelivery opens a phase, if the letters it announces are there.
func (l *life) takeDelivery(c *engine.Context, m *wire.Delivery) bool {
	if m.Step <= l.agenda.step && !m.Last {
		return false // seen before
	}
	if d := l.desk; d != nil {
		if d.held != nil { // its phase was closed without it
			c.Refused(d.held.Weight())
			d.held = nil
		}
		if d.waiting != nil {
			c.Refused(d.waiting.Weight())
			d.waiting = nil
		}
	}
	if m.Letters > 0 && !l.ownDesk().complete(m) && !m.Last {
		l.desk.held = m
		return false
	}
	l.open(m)
	return true
}

// open begins a phase.
func (l *life) open(m *wire.Delivery) {
	l.agenda.begin(m)
	l.report.reset()
	d := l.desk
	if d == nil {
		return
	}
	x := &extra{undelivered: d.undelivered, letters: d.letters(m.Step), timers: d.due(m.Now)}
	d.undelivered = nil
	if len(x.undelivered)+len(x.letters)+len(x.timers) > 0 {
		l.agenda.extra = x
	}
	if m.Last { // nobody waits for what is still being thought about
		for _, w := range d.work {
			w.end()
		}
		d.work = nil
	}
}

// takeNow handles a delivery of the realtime pace: outcomes always, a percept unless the agent is thinking.
func (l *life) takeNow(c *engine.Context, m *wire.Delivery) bool {
	if m.Percept.Event != nil && l.thinking() && !l.setting.Overtake {
		d := l.ownDesk()
		if d.waiting != nil {
			c.Refused(d.waiting.Weight())
		}
		d.waiting = m
		return false
	}
	l.agenda.begin(m)
	l.report.reset()
	return true
}

// takeAnswer notes an answer or a result; false: nobody waits for it, or others come first.
func (l *life) takeAnswer(c *engine.Context, id ID, value any, err string, weight int) bool {
	if l.desk == nil || !l.desk.answer(id, value, err, weight, !l.realtime()) {
		c.Refused(weight) // its id is no longer open
		return false
	}
	return true
}

// handleAll handles what is on the agenda, one turn each, and tells the world when the phase is done.
func (l *life) handleAll(c *engine.Context) error {
	for {
		q, ok := l.agenda.next(l.agent)
		if !ok {
			if l.realtime() && l.afterwards() {
				continue
			}
			l.tellWorld(c)
			return nil
		}
		if err := l.turn(c, q); err != nil {
			return err
		}
		l.agenda.done(l.agent)
	}
}

// afterwards puts on the agenda, in realtime, what came up meanwhile: messages that could not be delivered, and the
// percept that waited until the agent had thought.
func (l *life) afterwards() bool {
	d := l.desk
	if d == nil || l.agenda.delivery != nil && l.agenda.delivery.Last {
		return false
	}
	if len(d.undelivered) > 0 {
		u := d.undelivered[0]
		d.undelivered = d.undelivered[1:]
		return l.takeSingle(undeliveredEvent(l.agent, u))
	}
	if d.waiting == nil || l.thinking() {
		return false
	}
	l.agenda.begin(d.waiting)
	l.report.reset()
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
	if err := l.commit(t, q); err != nil {
		return err
	}
	c.Handled(q.weight)
	if q.kind != kindStopping {
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
		d := journal.NewDraft(a.actor, t.n, q.kind, t.now, q.cause)
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
	limit := a.setting.Recorder.Limit()
	if _, none := l.behavior.(Stateless); none {
		limit = 0
	}
	if full := a.history.Extend(digest, q.event, t.now, limit); full {
		if k, ok := l.behavior.(Keeper); ok {
			if state, err := k.Snapshot(); err == nil { // else the log is outgrown, and the next life begins empty
				a.history.Keep(state)
			}
		}
	}
	return nil
}

// rebuild makes the behavior: producer, snapshot, and the events since, with their effects suppressed.
func (l *life) rebuild() error {
	a := l.agent
	l.behavior = a.newBehavior()
	if l.behavior == nil {
		return fmt.Errorf("actors: %s: its producer gave no behavior", a.name)
	}
	if a.history.Lost() && a.setting.Observe != nil {
		a.setting.Observe(Forgot{Agent: a.name})
	}
	if state, ok := a.history.Snapshot(); ok {
		if err := l.behavior.(Keeper).Restore(state); err != nil {
			return fmt.Errorf("actors: restore %s: %w", a.name, err)
		}
	}
	_, worker := l.behavior.(Worker)
	for n, e := range a.history.Events() {
		if e.Event == nil {
			continue // quarantined: it had no effect
		}
		t := newTurn()
		t.begin(a, n, e.Now, worker)
		if err := l.behavior.Receive(t, e.Event); err != nil {
			return fmt.Errorf("actors: restore %s: turn %d, committed before, now fails: %w", a.name, n, err)
		}
	}
	return nil
}

// bury accounts for what a stopping agent has not handled, and leaves the world.
func (l *life) bury(c *engine.Context) {
	a := l.agent
	left := 0
	if a.agenda.delivery != nil || a.agenda.single != nil {
		left += a.agenda.weight(a)
	}
	if d := a.desk; d != nil {
		left += len(d.early)
		for _, v := range []*wire.Delivery{d.held, d.waiting} {
			if v != nil {
				left += v.Weight()
			}
		}
		for _, w := range d.work {
			if w.ready {
				left += w.weight
			}
			w.end()
		}
		for _, t := range d.timers {
			t.t.Stop()
		}
	}
	c.Dead(left)
	if a.world != nil {
		_ = c.Send(a.world, &wire.Report{Seat: a.agenda.seat, Left: true}, 0) // when the world is gone too, nobody waits
	}
}
