package environment

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// life is one life of the world: it ends when an action or the world's own dynamics fail, and the next one is made
// from the last snapshot and the changes since.
type life struct {
	*conductor
	doomed bool // the turn is to fail when the world's code has run
}

// change is one committed turn of the world, as its recovery needs it.
type change struct {
	action any
	seat   int32
	phase  int16
	kind   kind
}

// kind of a turn of the world.
type kind int8

const (
	started kind = iota
	entered
	left
	activated
	opened
	acted
	refused // an action that changed nothing
	ticked
	quarantined // it failed at every attempt, and changed nothing
)

// String is the kind as it is recorded.
func (k kind) String() string {
	return [...]string{"started", "entered", "left", "activated", "opened", "action", "action", "tick", "quarantined"}[k]
}

// Receive takes a message in, once, and goes on from where the conductor stands.
func (l *life) Receive(c *engine.Context, msg any) error {
	k := l.conductor
	if _, first := msg.(engine.Started); first {
		return l.rebuild(c)
	}
	if c.Again() {
		if k.cfg.Pace == Realtime && k.stage == applying {
			return l.applyArrived(c)
		}
		return l.advance(c)
	}
	switch m := msg.(type) {
	case *Begin:
		switch {
		case k.past != nil:
			return l.takeUp(c, m)
		case k.stage == seating:
			k.seatAll(m)
		}
	case *wire.Report:
		if s := k.take(c, m); s != nil && k.cfg.Pace == Realtime && k.stage == collecting {
			k.order = append(k.order[:0], s.at)
			k.to(applying)
			return l.applyArrived(c)
		}
	case deadline:
		switch {
		case k.sim != nil && k.stage != closing:
			k.overrun(c, m.step)
		case m.step == k.step && (k.stage == collecting || k.stage == closing):
			k.expire()
		}
	case tick:
		if m.step == k.step && k.stage == collecting {
			k.to(applying)
			k.order = k.order[:0] // arrived actions are applied already
			if k.wishes.Pause {
				k.to(pausing)
			}
		}
	case End:
		k.end(c)
	case resume:
		k.delayed = false
	case Steer:
		k.hear(m)
	case *wire.Returned:
		k.returned(m)
	case engine.Stopping:
		k.bury(c)
		return nil
	}
	return l.advance(c)
}

// rebuild makes the world anew, and tells so when it had failed.
func (l *life) rebuild(c *engine.Context) error {
	k := l.conductor
	if err := l.restore(c); err != nil {
		return err
	}
	if k.lived && k.cfg.Observe != nil {
		k.cfg.Observe(Restored{Round: k.round, Phase: k.phaseName(), Turn: k.history.N(), Redone: k.history.Logged()})
	}
	k.lived = true
	return nil
}

// restore makes the world as it was after its last turn. What cannot be restored at the last attempt ends the society.
func (l *life) restore(c *engine.Context) (err error) {
	k := l.conductor
	lost := k.history.Lost() && !k.cfg.Recorder.Keeps()
	if c.Attempt() < c.Attempts() && !lost {
		k.world, err = k.remake()
		return err
	}
	if lost {
		err = fmt.Errorf("its recovery log was outgrown, since no snapshot of it could be made: %w", k.unkept)
	} else {
		err = safely(func() (err error) {
			k.world, err = k.remake()
			return err
		})
	}
	if err != nil {
		return grave{fmt.Errorf("environment: the world as it was after turn %d, in round %d, cannot be restored and is lost: %w",
			k.history.N(), k.round, err)}
	}
	return nil
}

// grave is a failure that no further attempt would mend: it ends the society.
type grave struct{ error }

// Is says that the world's own policy must not decide.
func (grave) Is(target error) bool { return target == engine.ErrEscalate }

// Unwrap gives the failure.
func (g grave) Unwrap() error { return g.error }

// remake makes the world as it was after its last turn: producer, snapshot, changes since.
func (k *conductor) remake() (world any, err error) {
	if k.history.Lost() {
		return k.recollect()
	}
	world = k.def.make()
	if state, ok := k.history.Snapshot(); ok {
		if err := Restore(world, state); err != nil {
			return nil, err
		}
	}
	for n, e := range k.history.Events() {
		if err := k.redo(world, n, e.Event); err != nil {
			return nil, fmt.Errorf("turn %d, committed before, now fails: %w", n, err)
		}
	}
	return world, nil
}

// redo applies a committed change to the world, without its effects.
func (k *conductor) redo(world any, n uint64, ch change) error {
	switch ch.kind {
	case entered:
		world.(Population).Enter(k.seats[ch.seat].Name)
	case left:
		world.(Population).Leave(k.seats[ch.seat].Name)
	case activated:
		world.(Activator).Next(chance.New(k.cfg.Seed, Name, n))
	case opened:
		k.call(world, ch)
	case ticked:
		world.(Ticker).Tick(k.def.phases[ch.phase], chance.New(k.cfg.Seed, Name, n))
	case acted:
		_, err := k.def.Apply(world, k.seats[ch.seat].Name, k.def.phases[ch.phase], ch.action)
		return err
	}
	return nil
}

// begin names the turn that begins. Like all that makes a turn of the world it can do without a context: then what was
// recorded is done again, see Past.
func (l *life) begin(c *engine.Context, of kind) uint64 {
	n := l.history.N() + 1
	if c == nil {
		return n
	}
	c.Begin(n, of.String())
	if l.cfg.Chaos != nil {
		before, after := l.cfg.Chaos(l.round, c.Attempt(), c.Attempts())
		if before {
			panic(errChaos)
		}
		l.doomed = after
	}
	return n
}

var errChaos = errors.New("environment: a fault made on purpose")

// commit ends a turn of the world: it gets its number and its digest, and is kept for recovery.
func (l *life) commit(ch change, cause journal.Cause, write func(*journal.Draft) error) error {
	if l.doomed {
		panic(errChaos)
	}
	full, err := l.record(ch, cause, write)
	if err == nil && full {
		l.keep(func() (any, error) { return l.world, nil })
	}
	return err
}

// record gives the next turn its place in the record and in the recovery log. full: it is time for a snapshot.
func (k *conductor) record(ch change, cause journal.Cause, write func(*journal.Draft) error) (full bool, err error) {
	digest := journal.Digest{}
	if k.cfg.Recorder.Writes() {
		d := journal.NewDraft(Name, k.history.N()+1, ch.kind.String(), k.now(), k.stepOf(ch), cause)
		if err := write(d); err != nil {
			return false, err
		}
		if digest, err = k.cfg.Recorder.Commit(d, k.history.Head(Name).Digest); err != nil {
			return false, grave{err}
		}
	}
	// A snapshot costs as much as the world is large: one for every eight actions that each agent could have taken.
	return k.history.Extend(digest, ch, k.now(), max(k.cfg.Recorder.Limit(), 8*len(k.seats))), nil
}

// stepOf is the step that a change belongs to: percepts begin a new one.
func (k *conductor) stepOf(ch change) uint64 {
	if ch.kind == opened {
		return k.step + 1
	}
	return k.step
}

// keep takes a snapshot of the world as it is after its last turn. That turn is committed and must not run again, so a
// failure here is only noted: if the log is outgrown and the world fails before the next snapshot, rebuild says so.
func (k *conductor) keep(of func() (world any, err error)) {
	k.unkept = safely(func() error {
		world, err := of()
		if err != nil {
			return err
		}
		state, err := State(world)
		if err == nil {
			k.history.Keep(state)
		}
		return err
	})
	if k.unkept != nil && k.cfg.Observe != nil {
		k.cfg.Observe(Unkept{Round: k.round, Why: firstLine(k.unkept)})
	}
}

// firstLine of an error: without the stack.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// safely turns a panic into an error.
func safely(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return do()
}

// start is the world's first turn.
func (l *life) start(c *engine.Context) error {
	l.begin(c, started)
	if err := l.def.checkState(l.world); err != nil { // said now, not at the first crash
		return err
	}
	return l.commit(change{kind: started}, journal.Cause{}, func(d *journal.Draft) error {
		return d.Event(null)
	})
}

// orLose, deferred, words a failure that the society cannot outlive when it is the last attempt's.
func (l *life) orLose(c *engine.Context, what string, err *error) {
	if c == nil || c.Attempt() < c.Attempts() {
		return
	}
	lost := func(why any) error {
		text := "environment: round %d, phase %q: the world %s, so the society ends, and what was done in this round is lost: "
		if e, ok := why.(error); ok {
			return fmt.Errorf(text+"%w", l.round, l.phaseName(), what, e)
		}
		return fmt.Errorf(text+"%v", l.round, l.phaseName(), what, why)
	}
	if v := recover(); v != nil {
		panic(lost(v)) // again, for its stack
	}
	if *err != nil {
		*err = lost(*err)
	}
}
