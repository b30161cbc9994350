package actors

import (
	"slices"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
)

// Host is the agent's host, to go on from here among those who live in that setting. seat is its number in the world;
// owed says that the world will send the delivery of the open step again. In realtime nothing waits for that: what comes by
// itself meanwhile would be forgotten over it.
func (p *Past) Host(s *Setting, seat int, owed bool) engine.Host {
	a := p.agent
	a.setting, a.past, a.owed = s, p, owed && !a.realtime()
	if a.agenda.seat = seat; (a.owed || a.simulated()) && a.agenda.step > 0 {
		a.agenda.step-- // it is opened again
	}
	return a
}

// takeUp begins the first life after a past, with the behavior as it is.
func (l *life) takeUp(c *engine.Context) {
	a := l.agent
	l.behavior, a.past, a.asleep = a.past.life.behavior, nil, true
	a.world, _ = c.Engine().Find(environment.Name)
}

// wake starts again what the agent waits for.
func (l *life) wake(c *engine.Context) {
	a := l.agent
	a.asleep = false
	if a.desk == nil {
		return
	}
	for _, w := range slices.Clone(a.desk.work) {
		if w.job {
			l.start(c, w)
		} else {
			l.ask(c, w)
		}
	}
	if !a.realtime() {
		return
	}
	now := a.setting.Clock()
	for i := range a.desk.timers {
		t := &a.desk.timers[i]
		t.t = c.After(max(0, t.due-now), rings{t.id})
	}
	if len(a.desk.undelivered) > 0 {
		c.After(0, returned{})
	}
	for _, letter := range a.desk.early {
		c.After(0, late{letter})
	}
	a.desk.early = nil
}
