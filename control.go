package polis

import (
	"errors"
	"fmt"
	"slices"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/supervision"
)

// Intervened tells observers of something that was done to the society from outside, when it takes effect. It is one of
// the closed set of events.
type Intervened = environment.Intervened

// What can be done to a society from outside.
const (
	DidPause   = environment.DidPause   // it stands still
	DidResume  = environment.DidResume  // it goes on
	DidSilence = environment.DidSilence // nobody may speak any more
	DidSpeech  = environment.DidSpeech  // who might speak before may do so again
	DidJoin    = environment.DidJoin    // an agent has come
	DidCrash   = environment.DidCrash   // an agent's turn was made to fail once
)

// MostNewcomers is how many agents may join one run.
const MostNewcomers = 1000

// ErrOver says that the society has ended.
var ErrOver = errors.New("polis: the society is over")

// control is what is done to a society from outside, and what has come of it.
type control struct {
	wishes   environment.Wishes // as the world is to know them
	rung     bool               // the world was told that there are some, and has not read them yet
	over     bool               // nothing can be done any more
	joined   map[string]bool    // names of all who were let in, also of those who have not entered yet
	crashing map[string]bool    // agents whose next turn is to fail
	crashes  int                // that took effect
	done     []Intervened       // all that took effect
	changed  bool               // some of it changed what happened
}

// Pause lets the society stand still when the present round is over; in realtime, before the present phase is. Percepts
// are held back, no deadline of a phase runs and nothing is lost: the run ends in the same hash. Who thinks, thinks on,
// within its own limit; in realtime those who talk may go on talking, and what they try to do is done when the pause is
// over.
func (r *Running) Pause() { r.wish(func(w *environment.Wishes) { w.Pause = true }) }

// Resume lets it go on.
func (r *Running) Resume() { r.wish(func(w *environment.Wishes) { w.Pause = false }) }

// Paused says whether it was asked to stand still, and not yet to go on. It is told to observers, by Intervened, when it
// does.
func (r *Running) Paused() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.control.wishes.Pause
}

// Silence cuts talk, or allows it again, from the next phase on. What agents then try to say comes back to them as
// actors.Undelivered with actors.ReasonForbidden, and observers see it as unheard.
func (r *Running) Silence(quiet bool) { r.wish(func(w *environment.Wishes) { w.Quiet = quiet }) }

// Join takes one more agent in. It enters with the next round, if there is one; its From does not matter. The error says
// why it cannot come.
func (r *Running) Join(a Agent) error {
	if err := r.society.checkAgent(&a, len(r.society.Agents)); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	k := &r.control
	switch {
	case k.over:
		return fmt.Errorf("%w: agent %q cannot join it", ErrOver, a.Name)
	case r.cfg.Host != nil:
		return fmt.Errorf("polis: agent %q cannot join a society that lives in several processes: not yet", a.Name)
	case k.joined[a.Name] || r.member(a.Name) != nil:
		return fmt.Errorf("polis: agent %q: the name is taken", a.Name)
	case len(k.joined) >= MostNewcomers:
		return fmt.Errorf("polis: agent %q: %d have joined; accepted are no more", a.Name, MostNewcomers)
	}
	if k.joined == nil {
		k.joined = make(map[string]bool)
	}
	k.joined[a.Name] = true
	r.ring(func(w *environment.Wishes) {
		w.Join = append(w.Join, environment.Join{Seat: r.seat(&a), Spawn: func() (*engine.Ref, error) { return r.spawn(&a) }})
	})
	return nil
}

// Crash lets the next turn of an agent fail once, at its first attempt, as Chaos does: the agent comes back with its
// memory and does what it would have done, so the run ends in the same hash. An agent that does not live through it,
// or whose memory was too long to be kept, is the exception, and makes the run one that cannot be repeated.
func (r *Running) Crash(agent string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, m := &r.control, r.member(agent)
	switch {
	case k.over:
		return fmt.Errorf("%w: agent %q cannot be made to crash", ErrOver, agent)
	case m == nil && k.joined[agent]:
		return fmt.Errorf("polis: agent %q has not entered yet", agent)
	case m == nil:
		return fmt.Errorf("polis: agent %q; accepted is the name of one that lives in this society", agent)
	case m.gone():
		return fmt.Errorf("polis: agent %q has stopped", agent)
	case m.Policy != nil && m.Policy.Limit() < 2:
		return fmt.Errorf("polis: agent %q: its policy offers an event once, so that a crash would be more than a crash", agent)
	case k.crashing[agent]:
		return nil
	}
	if k.crashing == nil {
		k.crashing = make(map[string]bool)
	}
	k.crashing[agent] = true
	r.engine.Signal(m.ref, actors.Crash{})
	return nil
}

// Agents are the names of those that live in the society now, sorted. Who has joined and not entered yet is not among
// them, nor who has stopped: after the end nobody is.
func (r *Running) Agents() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := make([]string, 0, len(r.agents))
	for i := range r.agents {
		if !r.agents[i].gone() {
			names = append(names, r.agents[i].Name)
		}
	}
	slices.Sort(names)
	return names
}

// member finds an agent by name; nil: there is none. r.mu is held.
func (r *Running) member(name string) *member {
	for i := range r.agents {
		if r.agents[i].Name == name {
			return &r.agents[i]
		}
	}
	return nil
}

// wish changes what is wished.
func (r *Running) wish(change func(*environment.Wishes)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.control.over {
		r.ring(change)
	}
}

// ring changes what is wished and tells the world, unless it has been told and not yet looked: however much is wished,
// one message waits. r.mu is held.
func (r *Running) ring(change func(*environment.Wishes)) {
	k := &r.control
	change(&k.wishes)
	if !k.rung {
		k.rung = true
		r.engine.Signal(r.world, environment.Steer{Take: r.wished})
	}
}

// wished gives the world what is wished.
func (r *Running) wished() environment.Wishes {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.control.wishes
	r.control.wishes.Join, r.control.rung = nil, false
	return w
}

// close ends all that can be done.
func (r *Running) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.control.over = true
	r.control.wishes = environment.Wishes{}
}

// took notes what took effect.
func (k *control) took(e Intervened) {
	k.done = append(k.done, e)
	switch e.What {
	case DidSilence, DidSpeech, DidJoin:
		k.changed = true
	case DidCrash:
		k.crashes++
		delete(k.crashing, e.Agent)
	}
}

// crashed notes that an agent's turn was made to fail.
func (r *Running) crashed(e actors.Crashed) {
	r.tell(Intervened{What: DidCrash, Agent: e.Agent, Round: e.Round, Phase: e.Phase})
}

// suffered notes an end, or a loss of memory, which would not have been without a crash that was made. err is what an
// agent ended of; one that wanted to end is none.
func (k *control) suffered(err error) {
	if k.crashes > 0 && !errors.Is(err, supervision.ErrStop) {
		k.changed = true
	}
}
