package environment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// Past is, for package polis, the world being rebuilt from its record: its turns are done again, in their order, and each
// must be the one recorded. What agents tried and who left is told in between, as it was. It needs no engine. When the
// record ends, an environment actor goes on from there.
type Past struct {
	k       *conductor
	l       *life
	retrace journal.Retrace
	clock   time.Duration // realtime: when the turn was
	byActor map[string]*seat
	tried   map[*seat][]tried
	due     map[*seat][]wire.Caused // outcomes and percepts that their agent has not handled, in order
	opened  uint64                  // the turn that made the newest percepts
	since   time.Duration           // and when it was
	before  uint64                  // and the one before it
	reached int                     // place in the order of the step of the last whose action was applied
	queued  int                     // sequential: 1 + phases passed when the queue was made
	virtual virtualPast             // simulated
	last    kind                    // of the last turn
	begun   bool                    // there was one
}

// tried is an action that the world has not applied.
type tried struct {
	act  wire.Act
	step uint64 // in which it was tried
}

// NewPast makes a world of which nothing has been rebuilt yet. The seats have no Ref; actor gives the name of an agent's actor.
func NewPast(def *Definition, cfg Config, seats []Seat, actor func(agent string) string) *Past {
	p := &Past{byActor: map[string]*seat{}, tried: map[*seat][]tried{}, due: map[*seat][]wire.Caused{}}
	p.k = NewHost(def, cfg).(*conductor)
	p.k.cfg.Recorder = &journal.Recorder{Retrace: &p.retrace, Log: cfg.Recorder.Limit()}
	p.k.cfg.Observe = nil
	p.virtual.words, p.virtual.acts = map[word][]*coming{}, map[*seat][]*coming{}
	p.k.cfg.Clock = func() time.Duration { return p.clock }
	p.k.seatAll(&Begin{Seats: seats})
	p.k.stage = seating // where it goes on, once it hears who is there
	for _, s := range p.k.seats {
		s.actor = actor(s.Name)
		p.byActor[s.actor] = s
	}
	p.l = &life{conductor: p.k}
	p.k.world = def.make()
	return p
}

// Retake does the world's next turn again. The error says how it differs from the one recorded.
func (p *Past) Retake(e *journal.Entry) error {
	p.retrace.Next, p.clock = e, e.Logical
	err := safely(func() error {
		if err := p.place(e); err != nil {
			return err
		}
		return p.again(e)
	})
	if err != nil {
		return fmt.Errorf("environment: turn %d of the world, done again: %w", e.N, err)
	}
	p.begun = true
	return nil
}

// place puts the conductor to the round, phase and step of a turn.
func (p *Past) place(e *journal.Entry) error {
	k := p.k
	if e.Step < k.step || p.ordered() && e.Step > k.step+1+uint64(max(0, k.passedBy(e)-k.passed)) {
		return &journal.Differs{Actor: Name, N: e.N, What: "step", Recorded: fmt.Sprint(e.Step), Again: fmt.Sprint("from ", k.step)}
	}
	if k.step = e.Step; e.Kind == opened.String() {
		k.step--
	}
	passed, phases := k.passed, len(k.def.phases)
	switch {
	case k.cfg.Pace != Realtime:
		passed = k.passedBy(e)
	case e.Kind == opened.String() || e.Kind == ticked.String():
		var at struct {
			Phase string
			Round int
		}
		if err := json.Unmarshal(e.Payload, &at); err != nil {
			return fmt.Errorf("its phase: %w", err)
		}
		passed = (at.Round-1)*phases + slices.Index(k.def.phases, at.Phase)
	}
	if passed < k.passed {
		return fmt.Errorf("it was %v after the start, before the turn before", e.Logical)
	}
	p.pass(passed)
	if k.sim != nil {
		p.moment(e)
	}
	return nil
}

// again does the turn.
func (p *Past) again(e *journal.Entry) (err error) {
	k, l := p.k, p.l
	k.at, k.act = 0, 0
	switch e.Kind {
	case started.String():
		p.last, err = started, l.start(nil)
	case entered.String(), left.String():
		err = p.population(e)
	case activated.String():
		p.last, err = activated, l.activate(nil)
	case opened.String():
		p.last, err = opened, p.open(e)
	case acted.String():
		p.last, err = acted, p.action(e)
	case ticked.String():
		p.last, err = ticked, l.tick(nil)
	case quarantined.String():
		err = p.setAside(e)
	default:
		return fmt.Errorf("kind %q is none of the world's", e.Kind)
	}
	if err == nil && k.history.N() != e.N {
		return &journal.Differs{Actor: Name, N: e.N, What: "kind", Recorded: e.Kind, Again: "no turn at all"}
	}
	return err
}

func (p *Past) population(e *journal.Entry) error {
	w, told := p.k.world.(Population)
	s, err := p.seatIn(e.Payload)
	switch {
	case err != nil:
		return err
	case !told:
		return fmt.Errorf("this world is not told who comes and goes")
	case e.Kind == entered.String():
		p.last, s.present = entered, true
		return p.l.population(nil, entered, s, w.Enter)
	}
	p.last, s.present = left, false
	return p.l.population(nil, left, s, w.Leave)
}

// seatIn finds the seat that a JSON string names.
func (p *Past) seatIn(text []byte) (*seat, error) {
	var name string
	if err := json.Unmarshal(text, &name); err != nil {
		return nil, err
	}
	if s := p.k.byName[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("agent %q: there is none", name)
}

// open makes the percepts of a step.
func (p *Past) open(e *journal.Entry) error {
	k := p.k
	if _, asked := k.world.(Activator); k.cfg.Pace == Sequential && !asked && p.queued != k.passed+1 {
		if err := p.l.activate(nil); err != nil {
			return err
		}
		p.queued = k.passed + 1
	}
	if k.sim == nil {
		k.choose()
	}
	if k.sim != nil || k.cfg.Pace == Realtime { // who was there when the clock ticked depended on the clock
		if err := p.recorded(e); err != nil {
			return err
		}
	}
	if err := p.l.perceive(nil); err != nil {
		return err
	}
	k.peopled, p.reached = true, 0
	k.step, p.before, p.opened, p.since = e.Step, p.opened, e.N, e.Logical
	if k.sim != nil {
		p.saw()
		clear(k.percepts)
		return nil
	}
	for i, at := range k.order {
		s := k.seats[at]
		s.acted = 0
		p.due[s] = slices.DeleteFunc(p.due[s], func(c wire.Caused) bool { // what a late agent never came to see
			_, old := c.Event.(Percept)
			return old && k.cfg.Pace != Realtime
		})
		p.due[s] = append(p.due[s], wire.Caused{Event: k.percepts[i], N: e.N, Index: i})
	}
	clear(k.percepts)
	return nil
}

// recorded takes the seats of a step from the record.
func (p *Past) recorded(e *journal.Entry) error {
	var percepts []struct{ To string }
	if err := json.Unmarshal(e.Effects, &percepts); err != nil {
		return err
	}
	p.k.order = p.k.order[:0]
	for _, of := range percepts {
		s := p.k.byName[of.To]
		if s == nil {
			return fmt.Errorf("agent %q: there is none", of.To)
		}
		p.k.order = append(p.k.order, s.at)
	}
	return nil
}

// outcomeIn is what a recorded turn about an action gave its agent.
func outcomeIn(e *journal.Entry) (Outcome, error) {
	var effects []struct{ Outcome json.RawMessage }
	if err := json.Unmarshal(e.Effects, &effects); err != nil {
		return Outcome{}, err
	}
	if len(effects) != 1 {
		return Outcome{}, fmt.Errorf("an action with %d outcomes", len(effects))
	}
	return ReadOutcome(effects[0].Outcome)
}

// lateIn says whether a recorded turn refused an action because its phase was over. Few do, and only those are read.
func lateIn(e *journal.Entry) (bool, error) {
	if !bytes.Contains(e.Effects, lateReason) {
		return false, nil
	}
	out, err := outcomeIn(e)
	return out.Reason == ReasonPhaseClosed, err
}

var lateReason = []byte(`"reason":"` + ReasonPhaseClosed + `"`)

// take finds the action that a turn is about, among those tried and not applied.
func (p *Past) take(e *journal.Entry) (*seat, tried, error) {
	s := p.byActor[e.Cause.Actor]
	i := slices.IndexFunc(p.tried[s], func(t tried) bool { return t.act.N == e.Cause.N && t.act.Index == e.Cause.Index })
	if i == 0 || i > 0 && !p.ordered() { // in the order in which they were tried, and the world applies them
		if t := p.tried[s][i]; p.turnOf(s, t) {
			p.tried[s] = slices.Delete(p.tried[s], i, i+1)
			return s, t, nil
		}
	}
	return nil, tried{}, &journal.Differs{Actor: Name, N: e.N, What: "cause",
		Recorded: fmt.Sprintf("effect %d of turn %d of %s", e.Cause.Index, e.Cause.N, e.Cause.Actor), Again: "no action that was tried and not applied"}
}

// action applies what an agent tried. Whether it came too late depended on the clock.
func (p *Past) action(e *journal.Entry) error {
	k := p.k
	s, t, err := p.take(e)
	if err != nil {
		return err
	}
	late, err := lateIn(e)
	if err != nil {
		return err
	}
	var verdict Outcome
	switch {
	case late:
		verdict = phaseClosed
	case s.acted >= k.cfg.Actions:
		verdict = alreadyActed
	}
	if err := p.l.action(nil, s, t.act, verdict); err != nil {
		return err
	}
	p.applied(s, t.act)
	p.due[s] = append(p.due[s], s.outcomes...)
	s.outcomes = s.outcomes[:0]
	return nil
}

// setAside takes a turn that failed to its last attempt as it was recorded: it had no effect but what it tells.
func (p *Past) setAside(e *journal.Entry) error {
	k := p.k
	var w struct {
		Event json.RawMessage
		Kind  string
	}
	if err := json.Unmarshal(e.Payload, &w); err != nil {
		return err
	}
	if e.Digest != e.Sum(k.history.Head(Name).Digest) {
		return &journal.Broken{Actor: e.Actor, N: e.N, Fault: journal.ErrAltered}
	}
	switch w.Kind {
	case acted.String():
		p.last = acted
		s, t, err := p.take(e)
		if err != nil {
			return err
		}
		p.applied(s, t.act)
		out, err := outcomeIn(e)
		if err != nil {
			return err
		}
		p.due[s] = append(p.due[s], wire.Caused{Event: out, N: e.N})
	case entered.String(), left.String():
		p.last = entered
		s, err := p.seatIn(w.Event)
		if err != nil {
			return err
		}
		s.present = false
		k.leave(s)
	case ticked.String():
		p.last = ticked
	default:
		return fmt.Errorf("an event of kind %q was set aside", w.Kind)
	}
	if full := k.history.Extend(e.Digest, change{kind: quarantined}, k.now(), max(k.cfg.Recorder.Limit(), 8*len(k.seats))); full {
		k.keep(k.remake)
	}
	return nil
}

// Tried tells of an action that an agent's turn wanted in a step.
func (p *Past) Tried(agent string, a wire.Act, step uint64) {
	if s := p.k.byName[agent]; s != nil {
		p.tried[s] = append(p.tried[s], tried{a, step})
		s.lastN, s.lastI = a.N, a.Index
	}
}

// Left tells that an agent has stopped.
func (p *Past) Left(agent string) {
	if s := p.k.byName[agent]; s != nil {
		p.k.leave(s)
	}
}

// Joined gives a place to an agent that joined while the society lived.
func (p *Past) Joined(place Seat, actor string) {
	s := &seat{Seat: place}
	p.k.seat(s)
	s.actor = actor
	p.byActor[actor] = s
	if _, told := p.k.world.(Population); !told {
		s.present = s.From <= p.k.round // else it enters when its round begins
	}
	p.k.enroll(s)
}

// Round is that of the newest turn, from 1, and Step its step.
func (p *Past) Round() int { return p.k.round }

// Step is that of the newest turn.
func (p *Past) Step() uint64 { return p.k.step }

// Head is the end of the world's chain.
func (p *Past) Head() journal.Head { return p.k.history.Head(Name) }

// Seat is an agent's number.
func (p *Past) Seat(agent string) int { return p.k.byName[agent].at }

// Awaits says whether a delivery will be sent to an agent again when the world goes on: its phase is open.
func (p *Past) Awaits(agent string) bool {
	s := p.k.byName[agent]
	return p.begun && p.k.sim == nil && p.last == opened && !s.gone && slices.Contains(p.k.order, s.at)
}

// Letters tells how many letters lie before an agent: those that it must see in the open step, and later ones.
func (p *Past) Letters(agent string, due, later int) {
	s := p.k.byName[agent]
	s.letters, s.later = uint64(due), uint64(later)
}
