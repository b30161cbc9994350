package environment

import (
	"errors"
	"fmt"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// life is one life of the world: it ends when an action or the world's own dynamics fail, and the next one is made
// from the last snapshot and the changes since.
type life struct {
	*conductor
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
)

// String is the kind as it is recorded.
func (k kind) String() string {
	return [...]string{"started", "entered", "left", "activated", "opened", "action", "action", "tick"}[k]
}

// Receive takes a message in, once, and goes on from where the conductor stands.
func (l *life) Receive(c *engine.Context, msg any) error {
	k := l.conductor
	if _, first := msg.(engine.Started); first {
		return l.rebuild()
	}
	if !c.Again() {
		switch m := msg.(type) {
		case *Begin:
			k.seatAll(m)
		case *wire.Report:
			if err := k.take(c, m); err != nil {
				return err
			}
			if k.cfg.Pace == Realtime && k.stage == collecting {
				k.arrived(m.Seat)
				return l.applyArrived(c)
			}
		case deadline:
			if m.step == k.step && (k.stage == collecting || k.stage == closing) {
				k.expire(c)
			}
		case tick:
			if m.step == k.step && k.stage == collecting {
				k.to(applying)
				k.order = k.order[:0] // arrived actions are applied already
			}
		case End:
			if k.stage == collecting || k.stage == pausing {
				k.expire(c)
				k.closeAll(c)
			}
		case resume:
			if k.stage == pausing {
				k.to(entering)
			}
		case engine.Stopping:
			return nil
		}
	} else if k.cfg.Pace == Realtime && k.stage == applying {
		return l.applyArrived(c)
	}
	return l.advance(c)
}

// rebuild makes the world anew: producer, snapshot, changes since.
func (l *life) rebuild() error {
	k := l.conductor
	if k.history.Lost() {
		return fmt.Errorf("environment: the world cannot be restored: its snapshot failed and its recovery log was outgrown: %w", engine.ErrEscalate)
	}
	k.world = k.def.make()
	if state, ok := k.history.Snapshot(); ok {
		if err := Restore(k.world, state); err != nil {
			return err
		}
	}
	for n, e := range k.history.Events() {
		if err := l.redo(n, e.Event); err != nil {
			return fmt.Errorf("environment: restore the world: turn %d: %w", n, err)
		}
	}
	return nil
}

// redo applies a committed change to the world, without its effects.
func (l *life) redo(n uint64, ch change) error {
	switch ch.kind {
	case entered:
		l.world.(Population).Enter(l.seats[ch.seat].Name)
	case left:
		l.world.(Population).Leave(l.seats[ch.seat].Name)
	case activated:
		l.world.(Activator).Next(chance.New(l.cfg.Seed, Name, n))
	case ticked:
		l.world.(Ticker).Tick(l.def.phases[ch.phase], chance.New(l.cfg.Seed, Name, n))
	case acted:
		_, err := l.def.Apply(l.world, l.seats[ch.seat].Name, l.def.phases[ch.phase], ch.action)
		return err
	}
	return nil
}

// commit ends a turn of the world: it gets its number and its digest, and is kept for recovery.
func (l *life) commit(ch change, cause journal.Cause, write func(*journal.Draft) error) error {
	k := l.conductor
	n := k.history.N() + 1
	digest := journal.Digest{}
	if k.cfg.Recorder.Writes() {
		d := journal.NewDraft(Name, n, ch.kind.String(), k.now(), cause)
		if err := write(d); err != nil {
			return err
		}
		var err error
		if digest, err = k.cfg.Recorder.Commit(d, k.history.Head(Name).Digest); err != nil {
			return fmt.Errorf("%w: %w", engine.ErrEscalate, err)
		}
	}
	// Twice the number of seats, because a snapshot costs as much as the world is large.
	if full := k.history.Extend(digest, ch, k.now(), max(k.cfg.Recorder.Limit(), 2*len(k.seats))); full {
		if state, err := State(l.world); err == nil { // else the log is outgrown, and rebuild says so
			k.history.Keep(state)
		}
	}
	return nil
}

// begin names the turn that begins.
func (l *life) begin(c *engine.Context, of kind) uint64 {
	n := l.history.N() + 1
	c.Begin(n, of.String())
	return n
}

// start is the world's first turn.
func (l *life) start(c *engine.Context) error {
	l.begin(c, started)
	if _, err := State(l.world); err != nil { // said now, not at the first crash
		return fmt.Errorf("%w: %w", engine.ErrEscalate, err)
	}
	return l.commit(change{kind: started}, journal.Cause{}, func(d *journal.Draft) error {
		return d.Event(null)
	})
}

// enter lets in who joins this round: one turn each, if the world wants to know.
func (l *life) enter(c *engine.Context) error {
	k := l.conductor
	p, told := k.world.(Population)
	for ; k.at < len(k.seats); k.at++ {
		s := k.seats[k.at]
		switch {
		case s.gone && s.present && told:
			if err := l.population(c, left, k.at, p.Leave); err != nil {
				return err
			}
			s.present = false
		case !s.gone && !s.present && s.From <= k.round:
			if told {
				if err := l.population(c, entered, k.at, p.Enter); err != nil {
					return err
				}
			}
			s.present = true
		}
	}
	return nil
}

func (l *life) population(c *engine.Context, of kind, at int, tell func(string)) error {
	s := l.seats[at]
	l.begin(c, of)
	tell(s.Name)
	return l.commit(change{kind: of, seat: int32(at)}, journal.Cause{Actor: s.Ref.Name()}, func(d *journal.Draft) error {
		return d.Event(func(b []byte) ([]byte, error) { return journal.AppendCanonical(b, s.Name) })
	})
}

// activate asks the world who perceives in this phase. Only the sequential pace asks.
func (l *life) activate(c *engine.Context) error {
	k := l.conductor
	if k.cfg.Pace != Sequential {
		return nil
	}
	k.queue = k.queue[:0]
	a, ok := k.world.(Activator)
	if !ok {
		for i, s := range k.seats {
			if s.present && !s.gone {
				k.queue = append(k.queue, i)
			}
		}
		return nil
	}
	n := l.begin(c, activated)
	names := a.Next(chance.New(k.cfg.Seed, Name, n))
	var queue []int
	for _, name := range names {
		i := k.find(name)
		if i < 0 {
			return fmt.Errorf("environment: the world's Next names %q, who is no agent", name)
		}
		queue = append(queue, i)
	}
	k.queue = queue
	return l.commit(change{kind: activated}, journal.Cause{Actor: Name, N: n - 1}, func(d *journal.Draft) error {
		if err := d.Event(null); err != nil {
			return err
		}
		return d.Effect(func(b []byte) ([]byte, error) { return journal.AppendCanonical(b, names) })
	})
}

// find gives the number of a seat; -1: there is none.
func (k *conductor) find(name string) int {
	if s := k.byName[name]; s != nil {
		for i := range k.seats {
			if k.seats[i] == s {
				return i
			}
		}
	}
	return -1
}

// open makes the percepts of a step, all in one turn, and sends them when it is committed.
func (l *life) open(c *engine.Context) error {
	k := l.conductor
	if !k.chosen { // once, also when making the percepts fails
		k.choose()
		k.chosen = true
	}
	if len(k.order) == 0 {
		k.chosen = false
		k.waiting = 0
		return nil
	}
	n := l.begin(c, opened)
	phase := k.phaseName()
	choice := k.def.Choice(phase)
	k.percepts = k.percepts[:0]
	for _, at := range k.order {
		k.percepts = append(k.percepts, Percept{View: k.def.perceive(k.world, k.seats[at].Name), Phase: phase, Round: k.round, Choice: choice})
	}
	err := l.commit(change{kind: opened}, journal.Cause{Actor: Name, N: n - 1}, func(d *journal.Draft) error {
		if err := d.Event(func(b []byte) ([]byte, error) { return appendPhase(b, k.round, phase) }); err != nil {
			return err
		}
		for i, at := range k.order {
			if err := d.Effect(func(b []byte) ([]byte, error) {
				b = append(b, `{"percept":`...)
				b, err := k.percepts[i].(Percept).AppendCanonical(b)
				if err != nil {
					return b, err
				}
				return appendTo(b, k.seats[at].Name)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	k.step++
	k.waiting, k.chosen = 0, false
	for i, at := range k.order {
		k.seats[at].acted = 0
		k.deliver(c, at, wire.Caused{Event: k.percepts[i], N: n, Index: i}, false)
	}
	clear(k.percepts)
	if k.cfg.Pace == Realtime {
		k.timer = c.After(k.cfg.Tick, tick{k.step})
	} else {
		k.timer = c.After(k.cfg.Deadline, deadline{k.step})
	}
	return nil
}

// tick lets the world's own dynamics run.
func (l *life) tick(c *engine.Context) error {
	k := l.conductor
	t, ok := k.world.(Ticker)
	if !ok || k.at > 0 { // quarantined: time passes without it
		return nil
	}
	n := l.begin(c, ticked)
	phase := k.phaseName()
	t.Tick(phase, chance.New(k.cfg.Seed, Name, n))
	return l.commit(change{kind: ticked, phase: int16(k.phase)}, journal.Cause{Actor: Name, N: n - 1}, func(d *journal.Draft) error {
		return d.Event(func(b []byte) ([]byte, error) { return appendPhase(b, k.round, phase) })
	})
}

// applyAll applies the actions of a step in the declared order, one turn each, and then those that came too late.
func (l *life) applyAll(c *engine.Context) error {
	k := l.conductor
	for ; k.at < len(k.order)+len(k.late); k.at, k.act = k.at+1, 0 {
		for {
			s, a := k.current()
			if s == nil {
				break
			}
			verdict := ""
			if k.at >= len(k.order) {
				verdict = ReasonPhaseClosed
			} else if s.acted >= k.cfg.Actions {
				verdict = ReasonAlreadyActed
			}
			if err := l.action(c, s, *a, verdict); err != nil {
				return err
			}
			k.act++
		}
	}
	k.late = k.late[:0]
	return nil
}

// current is the action to be applied next; nil: this seat has no more.
func (k *conductor) current() (*seat, *wire.Act) {
	if i := k.at - len(k.order); i >= 0 {
		if i >= len(k.late) || k.act > 0 {
			return nil, nil
		}
		return k.late[i].seat, &k.late[i].act
	}
	s := k.seats[k.order[k.at]]
	if k.act >= len(s.acts) {
		return nil, nil
	}
	return s, &s.acts[k.act]
}

// action is one turn of the world about one action. verdict is a refusal decided before the world is asked.
func (l *life) action(c *engine.Context, s *seat, a wire.Act, verdict string) error {
	k := l.conductor
	n := l.begin(c, acted)
	phase := k.phaseName()
	out := Outcome{Action: k.nameOf(a.Value), Reason: verdict}
	if verdict == "" {
		value, err := k.def.Apply(k.world, s.Name, phase, a.Value)
		switch code, refused := refusalOf(err); {
		case err == nil:
			out.Value = value
		case !refused:
			return fmt.Errorf("environment: %s of %s: %w", out.Action, s.Name, err)
		case code == "":
			return errors.Join(errNoReason, err)
		default:
			out.Reason, out.Detail = code, err.Error()
		}
		if k.def.Choice(phase) {
			k.result.Decided[s.Decides]++
		}
	}
	ch := change{kind: acted, seat: int32(s.at), phase: int16(k.phase), action: a.Value}
	if out.Refused() {
		ch = change{kind: refused} // there is nothing to redo
	}
	cause := journal.Cause{Actor: s.Ref.Name(), N: a.N, Index: a.Index}
	if err := l.commit(ch, cause, func(d *journal.Draft) error {
		if err := d.Event(func(b []byte) ([]byte, error) { return appendAction(b, s.Name, out.Action, a.Value) }); err != nil {
			return err
		}
		return d.Effect(func(b []byte) ([]byte, error) {
			b = append(b, `{"outcome":`...)
			b, err := out.AppendCanonical(b)
			if err != nil {
				return b, err
			}
			return appendTo(b, s.Name)
		})
	}); err != nil {
		return err
	}
	s.acted++
	s.outcomes = append(s.outcomes, wire.Caused{Event: out, N: n})
	return nil
}

// applyArrived applies, in realtime, what just came, and sends the outcomes at once.
func (l *life) applyArrived(c *engine.Context) error {
	k := l.conductor
	if err := l.applyAll(c); err != nil {
		return err
	}
	for _, i := range k.order {
		if s := k.seats[i]; len(s.outcomes) > 0 && !s.gone {
			k.deliver(c, i, wire.Caused{}, false)
		}
	}
	k.waiting = 0
	k.stage = collecting
	return nil
}

// arrived makes one agent's actions those to be applied next.
func (k *conductor) arrived(seat int) {
	if seat >= 0 && seat < len(k.seats) {
		k.order = append(k.order[:0], seat)
		k.to(applying)
	}
}

// nameOf names an action for records and outcomes.
func (k *conductor) nameOf(v any) string {
	if _, pass := v.(Pass); pass {
		return "pass"
	}
	if a := k.def.ActionOf(v); a != nil {
		return a.Name
	}
	return fmt.Sprintf("%T", v)
}
