package actors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// Past is, for package polis, an agent being rebuilt from its record: its turns are done again, in their order, and each
// must be the one recorded. It needs no engine. When the record ends, an agent goes on from there.
type Past struct {
	agent   *agent
	life    *life
	worker  bool
	retrace journal.Retrace
	setting Setting // with a recorder that compares
	around  Around
	turn    *Turn
	handled wire.Due // in this turn
}

// Around is what an agent's past needs to know of the others.
type Around interface {
	// Due gives what an effect of the world was for an agent, once; false: there is no such effect, or it was handled.
	Due(agent string, cause journal.Cause) (event any, ok bool)
	// Lives says whether there is an agent of that name that has not stopped.
	Lives(agent string) bool
	// Hear lays a letter before an agent that lives.
	Hear(agent string, letter *wire.Letter)
}

// Retaken is what a turn, done again, wanted of the world, and how it was done.
type Retaken struct {
	Acts    []wire.Act
	Wants   []wire.Want // simulated: else
	Handled wire.Due    // simulated: what had come due; a kind of 0: nothing that the world waits with
	Stopped bool        // it was the agent's last
	Missed  bool        // the percept of its phase was set aside
	Given   bool        // its event follows from no other turn: an answer, a result, or one that was set aside
}

// NewPast makes an agent of which nothing has been rebuilt yet.
func NewPast(name string, s *Setting, newBehavior func() Behavior, around Around) (*Past, error) {
	p := &Past{around: around, turn: newTurn()}
	p.setting.shared(s)
	p.setting.Recorder = &journal.Recorder{Retrace: &p.retrace, Log: s.Recorder.Limit()}
	p.agent = NewHost(name, &p.setting, newBehavior).(*agent)
	p.life = &life{agent: p.agent}
	return p, safely(p.begin)
}

// shared takes over what a past needs of the setting of agents that live. Nobody is told of the past.
func (s *Setting) shared(of *Setting) {
	s.Seed, s.Definition, s.Pace, s.Limit, s.MaySpeak, s.Services = of.Seed, of.Definition, of.Pace, of.Limit, of.MaySpeak, of.Services
	s.May = of.May
	if of.left == nil {
		of.left = new(sync.Map)
	}
	s.left = of.left
}

// Succeed takes over, for agents that live on in this setting, what those of another one know of who has stopped.
func (s *Setting) Succeed(other *Setting) { s.left = other.left }

// Retake does the agent's next turn again. quiet: nobody may speak. The error says how it differs from the one recorded.
func (p *Past) Retake(e *journal.Entry, quiet bool) (r Retaken, err error) {
	a := p.agent
	a.agenda.quiet = quiet
	p.retrace.Next = e
	a.agenda.now = e.Logical
	if a.agenda.step != e.Step {
		a.agenda.step, a.report = e.Step, report{}
	}
	if a.stopped {
		return r, fmt.Errorf("actors: %s had stopped before its turn %d", a.name, e.N)
	}
	p.handled = wire.Due{}
	if e.Kind == kindQuarantined {
		r.Given = true
		r.Missed, err = p.setAside(e)
		r.Handled = p.handled
		return r, err
	}
	event, over, err := p.event(e)
	if err != nil {
		return r, err
	}
	r.Given, r.Handled = e.Kind == kindAnswer || e.Kind == kindResult, p.handled
	a.report.ready = r.Given
	t := p.turn
	t.begin(a, e.N, e.Logical, p.worker)
	err = safely(func() error {
		if err := p.life.behavior.Receive(t, event); err != nil {
			return err
		}
		if t.err != nil {
			return t.err
		}
		p.life.limits(t.effects)
		return p.life.commit(t, queued{event: event, kind: e.Kind, cause: p.cause(e)})
	})
	if err != nil {
		return r, fmt.Errorf("actors: turn %d of %s, done again: %w", e.N, a.name, err)
	}
	over()
	if e.Kind != kindStopping {
		p.perform(t, &r)
	}
	return r, nil
}

// cause is what a turn about such an event names as its cause.
func (p *Past) cause(e *journal.Entry) journal.Cause {
	switch e.Kind {
	case kindStarted, kindStopping:
		return journal.Cause{}
	case kindTimer, kindAnswer, kindResult, kindUndelivered:
		return journal.Cause{Actor: p.agent.actor, N: e.Cause.N, Index: e.Cause.Index}
	}
	return e.Cause
}

// event is what reached the agent, and what is over with it. What another turn made must be what that turn made; the
// retrace compares.
func (p *Past) event(e *journal.Entry) (event any, over func(), err error) {
	a, d := p.agent, p.agent.ownDesk()
	none := func() {}
	own := ID{Turn: e.Cause.N, Index: e.Cause.Index}
	switch e.Kind {
	case kindStarted:
		return Started{}, func() { a.started = true }, nil
	case kindStopping:
		return Stopping{}, func() { a.ended = true }, nil
	case kindPercept, kindOutcome:
		if event, ok := p.around.Due(a.name, e.Cause); ok && e.Cause.Actor == "world" {
			return event, none, nil
		}
		return nil, nil, p.uncaused(e)
	case kindMessage:
		i := slices.IndexFunc(d.early, func(l *wire.Letter) bool { return p.causedBy(l, e.Cause) })
		if i < 0 || p.passesOver(i, e.Step) {
			return nil, nil, p.uncaused(e)
		}
		p.handled = wire.Due{Kind: wire.Word, Sender: d.early[i].Sender, N: e.Cause.N, Index: e.Cause.Index}
		return d.early[i].Message.(*protocol.Message), func() { d.early = slices.Delete(d.early, i, i+1) }, nil
	case kindTimer:
		i := slices.IndexFunc(d.timers, func(t timer) bool { return t.id == own })
		if i < 0 || d.timers[i].due > e.Logical && !a.realtime() {
			return nil, nil, p.uncaused(e)
		}
		p.handled = wire.Due{Kind: wire.Ring, N: own.Turn, Index: own.Index}
		return Timer{ID: own}, func() { d.timers = slices.Delete(d.timers, i, i+1) }, nil
	case kindUndelivered:
		return p.undelivered(e)
	case kindAnswer, kindResult:
		i := slices.IndexFunc(d.work, func(w *work) bool { return w.id == own && w.job == (e.Kind == kindResult) })
		if i < 0 {
			return nil, nil, p.uncaused(e)
		}
		p.handled = wire.Due{Kind: wire.Reply, N: own.Turn, Index: own.Index}
		event, err = ReadEvent(e.Kind, e.Payload)
		return event, func() { d.work = slices.Delete(d.work, i, i+1) }, err
	}
	return nil, nil, fmt.Errorf("actors: turn %d of %s: there are no events of kind %q", e.N, a.name, e.Kind)
}

// passesOver says whether a letter is taken before another that the agent must see first.
func (p *Past) passesOver(i int, step uint64) bool {
	if of := p.setting.Pace; of == environment.Realtime || of == environment.Simulated {
		return false
	}
	early := p.agent.desk.early
	return slices.ContainsFunc(early, func(l *wire.Letter) bool { return l.Step < step && byLetter(l, early[i]) < 0 })
}

func (p *Past) causedBy(l *wire.Letter, c journal.Cause) bool {
	return l.N == c.N && l.Index == c.Index && ActorName(l.Sender) == c.Actor
}

// undelivered finds the message that came back. Whether a mailbox was full depended on the clock.
func (p *Past) undelivered(e *journal.Entry) (event any, over func(), err error) {
	d := p.agent.ownDesk()
	for i, b := range d.virtual.back {
		if e.Cause != (journal.Cause{Actor: p.agent.actor, N: b.id.Turn, Index: b.id.Index}) {
			continue
		}
		if text, err := appendEvent(nil, b.Undelivered); err == nil && bytes.Equal(text, e.Payload) {
			p.handled = wire.Due{Kind: wire.Return, N: b.id.Turn, Index: b.id.Index}
			return b.Undelivered, func() { d.virtual.back = slices.Delete(d.virtual.back, i, i+1) }, nil
		}
	}
	for i, u := range d.undelivered {
		if e.Cause != (journal.Cause{Actor: p.agent.actor, N: u.id.Turn, Index: u.id.Index}) {
			continue
		}
		if text, err := appendEvent(nil, u.Undelivered); err == nil && bytes.Equal(text, e.Payload) {
			return u.Undelivered, func() { d.undelivered = slices.Delete(d.undelivered, i, i+1) }, nil
		}
	}
	event, err = ReadEvent(e.Kind, e.Payload)
	if u, ok := event.(Undelivered); err == nil && (!ok || u.Reason != ReasonBusy && !p.agent.realtime()) {
		err = p.uncaused(e)
	}
	return event, func() {}, err
}

// uncaused says that a turn is about something that no other turn has made.
func (p *Past) uncaused(e *journal.Entry) error {
	return &journal.Differs{Actor: e.Actor, N: e.N, What: "cause", Again: "no such effect that was not handled",
		Recorded: fmt.Sprintf("%s made by effect %d of turn %d of %q", e.Kind, e.Cause.Index, e.Cause.N, e.Cause.Actor)}
}

// setAside takes an event that failed to its last attempt as it was recorded: it had no effect.
func (p *Past) setAside(e *journal.Entry) (missed bool, err error) {
	a := p.agent
	var w struct {
		Event json.RawMessage
		Kind  string
	}
	if err := json.Unmarshal(e.Payload, &w); err != nil {
		return false, fmt.Errorf("actors: turn %d of %s: %w", e.N, a.name, err)
	}
	if string(e.Effects) != "[]" {
		return false, &journal.Differs{Actor: e.Actor, N: e.N, What: "effects", Recorded: string(e.Effects[:min(len(e.Effects), 100)]), Again: "[]"}
	}
	if e.Digest != e.Sum(a.history.Head(a.actor).Digest) {
		return false, &journal.Broken{Actor: e.Actor, N: e.N, Fault: journal.ErrAltered}
	}
	of := *e
	of.Kind, of.Payload = w.Kind, w.Event
	_, over, err := p.event(&of)
	if err != nil {
		return false, err
	}
	over()
	limit := 0
	if a.remembers() {
		limit = a.logLimit()
	}
	if full := a.history.Extend(e.Digest, nil, e.Logical, limit); full {
		p.life.snapshot()
	}
	missed = w.Kind == kindPercept
	a.report.missed = missed
	return missed, nil
}

// perform notes what a turn wanted, as its agent's host and others know it.
func (p *Past) perform(t *Turn, r *Retaken) {
	a, d := p.agent, p.agent.ownDesk()
	for i := range t.effects {
		e := &t.effects[i]
		switch e.Kind {
		case Act:
			r.Acts = append(r.Acts, wire.Act{Value: e.Value, N: t.n, Index: i, By: a.setting.by(e), Ready: a.report.ready})
		case Send:
			p.send(e.Value.(*protocol.Message), t.n, i)
		case Ask, Do:
			a.opens(e)
		case After:
			d.timers = append(d.timers, timer{id: e.ID, due: t.now + e.Delay, set: a.agenda.step})
			a.want(wire.Ring, e.ID, e.Delay, "")
		case Cancel:
			d.work = slices.DeleteFunc(d.work, func(w *work) bool { return w.id == e.ID })
			d.timers = slices.DeleteFunc(d.timers, func(t timer) bool { return t.id == e.ID })
			a.want(wire.Withdrawal, e.ID, 0, "")
		case Stop:
			p.stop()
			r.Stopped = true
		}
	}
	clear(t.effects)
	r.Wants, d.virtual.wants = d.virtual.wants, nil
}

// send is what life.send does, where nobody's mailbox is in between.
func (p *Past) send(m *protocol.Message, n uint64, index int) {
	a := p.agent
	for _, to := range m.Receivers {
		reason, why := a.held(m, to)
		if reason == "" && !p.around.Lives(to) {
			if reason = a.absence(to, ReasonUnknown); reason == "" {
				continue
			}
		}
		if reason == "" {
			p.around.Hear(to, &wire.Letter{Message: m, Sender: a.name, N: n, Index: index, Step: a.agenda.step})
			a.want(wire.Word, ID{n, index}, 0, to)
			continue
		}
		d := a.ownDesk()
		if a.simulated() {
			d.virtual.back = append(d.virtual.back, comeback{Undelivered{Message: m, To: to, Reason: reason, Why: why}, ID{n, index}})
			a.want(wire.Return, ID{n, index}, 0, "")
			continue
		}
		d.undelivered = append(d.undelivered, unsent{comeback{Undelivered{Message: m, To: to, Reason: reason, Why: why}, ID{n, index}}, a.agenda.step})
	}
}

func (p *Past) stop() {
	p.agent.stopped = true
	p.setting.left.Store(p.agent.name, p.agent.agenda.step)
}

// Stop ends the agent where its supervision has: its record does not say so.
func (p *Past) Stop() { p.stop() }

// Stopped says whether the agent has stopped.
func (p *Past) Stopped() bool { return p.agent.stopped }

// Hear lays a letter before the agent.
func (p *Past) Hear(l *wire.Letter) {
	if d := p.agent.ownDesk(); d.fresh(l) {
		d.early = append(d.early, l)
	}
}

// Head is the end of the agent's chain.
func (p *Past) Head() journal.Head { return p.agent.Head() }

// Letters counts those that the agent has not handled: sent before a step, and later.
func (p *Past) Letters(step uint64) (due, later int) {
	if p.agent.desk == nil {
		return 0, 0
	}
	for _, l := range p.agent.desk.early {
		if l.Step < step {
			due++
		} else {
			later++
		}
	}
	return due, later
}

// Cross lets the agent live on in another setting, with a behavior made anew: with its memory, or fresh, as one that has
// heard of nothing but what still lies before it. turns are those it has had.
func (p *Past) Cross(s *Setting, newBehavior func() Behavior, fresh bool, turns iter.Seq2[journal.Entry, error]) error {
	a, old := p.agent, p.life.behavior
	p.setting.shared(s)
	a.newBehavior = newBehavior
	if fresh {
		a.started, a.since = false, a.history.N()
		a.history.Restart()
		if d := a.desk; d != nil {
			d.work, d.timers, d.undelivered, d.virtual = nil, nil, nil, virtual{}
		}
		return safely(p.begin)
	}
	return safely(func() error {
		memory, keeps := old.(Keeper)
		if !keeps {
			a.history.Restart()
			if err := p.begin(); err != nil {
				return err
			}
			if _, none := p.life.behavior.(Stateless); none {
				return nil
			}
			return p.life.recall(turns)
		}
		state, err := memory.Snapshot()
		if err != nil {
			return err
		}
		a.history.Keep(state)
		return p.begin()
	})
}

// begin makes the behavior.
func (p *Past) begin() error {
	if err := p.life.rebuild(); err != nil {
		return err
	}
	_, p.worker = p.life.behavior.(Worker)
	return nil
}
