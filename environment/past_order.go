package environment

import (
	"fmt"
	"slices"
	"time"

	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// What comes before what: a turn that is done again must also have been its time.

// ordered says whether phases, and nothing else, decide what comes before what.
func (p *Past) ordered() bool { return p.k.cfg.Pace == Rounds || p.k.cfg.Pace == Sequential }

// turnOf says whether it is a seat's turn to have an action applied. Of those that came too late the clock decided.
func (p *Past) turnOf(s *seat, t tried) bool {
	k := p.k
	if !p.ordered() || t.step < k.step {
		return true
	}
	at := slices.Index(k.order, s.at)
	ok := at >= p.reached
	p.reached = max(p.reached, at)
	return ok
}

// Due gives the outcome or percept that an effect of the world was for an agent, once.
func (p *Past) Due(agent string, cause journal.Cause) (event any, ok bool) {
	s := p.k.byName[agent]
	i := slices.IndexFunc(p.due[s], func(c wire.Caused) bool { return c.N == cause.N && c.Index == cause.Index })
	if i < 0 || slices.ContainsFunc(p.due[s][:i], func(c wire.Caused) bool { return p.before < c.N && p.ordered() }) {
		return nil, false // those before it would have come first
	}
	event = p.due[s][i].Event
	if _, seen := event.(Percept); seen && p.k.cfg.Pace == Realtime { // those before it were overtaken
		n := len(p.due[s])
		p.due[s] = slices.DeleteFunc(p.due[s], func(c wire.Caused) bool {
			_, old := c.Event.(Percept)
			return old && c.N < cause.N
		})
		i -= n - len(p.due[s])
	}
	p.due[s] = slices.Delete(p.due[s], i, i+1)
	return event, true
}

// Timely says whether an agent's turn was at a time at which it can have been: where phases make the time, at the
// beginning of one.
func (p *Past) Timely(e *journal.Entry) error {
	phase := p.k.cfg.Phase
	again := e.Logical - e.Logical%phase
	if e.Cause.Actor == Name && e.Cause.N == p.opened {
		again = p.since
	}
	// Phases in which nobody perceives have a step each and no turn; so has the end.
	if most := p.k.step + 1 + uint64(max(0, int(e.Logical/phase)-p.k.passed)); p.ordered() && e.Step > most {
		return &journal.Differs{Actor: e.Actor, N: e.N, What: "step", Recorded: fmt.Sprint(e.Step), Again: fmt.Sprint("at most ", most)}
	}
	switch {
	case !p.ordered(), again == e.Logical && e.Logical <= p.since+phase:
		return nil
	}
	return &journal.Differs{Actor: e.Actor, N: e.N, What: "time", Recorded: e.Logical.String(), Again: min(again, p.since).String()}
}

// Ended is what the world shows of the round that has just ended.
func (p *Past) Ended() (ended RoundEnded, err error) {
	k := p.k
	k.cfg.Observe = func(any) {} // else it shows nothing
	defer func() { k.cfg.Observe = nil }()
	err = safely(func() error {
		ended = k.shown()
		return nil
	})
	ended.Now = time.Duration(k.passed+1) * k.cfg.Phase
	return ended, err
}
