package environment

import (
	"slices"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// Host is the environment actor's host, to go on from here with that configuration. Spawn it under Name, then send it
// Begin, with the seats of all who have not stopped.
func (p *Past) Host(cfg Config) engine.Host {
	cfg.fill()
	p.k.cfg = cfg
	if p.begun {
		p.k.past = p
	} else { // nothing was recorded
		return NewHost(p.k.def, cfg)
	}
	return p.k
}

// takeUp goes on where the record ended: the step that was open is opened again, under its number, for what its agents
// have not handled.
func (l *life) takeUp(c *engine.Context, b *Begin) error {
	k, p := l.conductor, l.past
	k.past = nil
	k.wishes, k.quiet = b.Wishes, b.Wishes.Quiet
	k.startClock()
	for _, s := range b.Seats {
		k.place(k.byName[s.Name], s.Ref)
	}
	if k.sim != nil {
		return l.takeUpSimulated(c, p)
	}
	for _, s := range k.seats {
		s.outcomes = s.outcome[0][:0:1]
		for _, t := range p.tried[s] {
			if t.step == k.step || k.cfg.Pace == Realtime {
				s.acts = append(s.acts, t.act)
			} else {
				k.late = append(k.late, lateAct{s, t.act})
			}
		}
	}
	k.waiting, k.at, k.act = 0, 0, 0
	switch p.last {
	case started:
		k.stage = pausing
	case entered, left:
		k.stage = entering
	case activated:
		k.stage = opening
	case acted:
		k.stage = applying
	case ticked:
		k.stage = passing
	case opened:
		k.stage = collecting
		l.openAgain(c, p)
	}
	for _, s := range k.seats {
		for _, d := range p.due[s] {
			if _, outcome := d.Event.(Outcome); outcome {
				s.outcomes = append(s.outcomes, d)
			}
		}
		s.letters += s.later
		s.later = 0
	}
	if k.cfg.Pace == Realtime && k.step > 0 {
		return l.takeUpRealtime(c, p)
	}
	return l.advance(c)
}

// openAgain sends the deliveries of the open step, without what was handled.
func (l *life) openAgain(c *engine.Context, p *Past) {
	k := l.conductor
	for _, at := range k.order {
		s := k.seats[at]
		if s.gone {
			continue
		}
		var percept wire.Caused
		p.due[s] = slices.DeleteFunc(p.due[s], func(d wire.Caused) bool {
			_, isPercept := d.Event.(Percept)
			switch {
			case isPercept && d.N == p.opened:
				percept = d
			case !isPercept && (d.N < p.opened || k.cfg.Pace == Realtime):
				s.outcomes = append(s.outcomes, d)
			default:
				return false
			}
			return true
		})
		k.deliver(c, at, percept, false)
	}
	if k.waiting > 0 && k.cfg.Pace != Realtime {
		k.timer = c.After(k.cfg.Deadline, deadline{k.step})
	}
}

// takeUpRealtime lets the clock go on, applies what had arrived, and sends again the percepts that were on their way.
func (l *life) takeUpRealtime(c *engine.Context, p *Past) error {
	k := l.conductor
	switch k.stage {
	case collecting, applying:
		k.timer = c.After(k.cfg.Tick, tick{k.step})
		k.order = k.order[:0]
		for _, i := range k.roll {
			if len(k.seats[i].acts) > 0 {
				k.order = append(k.order, i)
			}
		}
		for _, at := range k.roll {
			if s := k.seats[at]; s.present && !s.gone {
				if percept := p.unseen(s); percept.Event != nil {
					k.deliver(c, at, percept, false)
				}
			}
		}
		k.to(applying)
		return l.applyArrived(c)
	}
	return l.advance(c)
}

// unseen is the newest percept of a seat, if its agent has not handled it.
func (p *Past) unseen(s *seat) wire.Caused {
	for _, d := range p.due[s] {
		if _, is := d.Event.(Percept); is && d.N == p.opened {
			return d
		}
	}
	return wire.Caused{}
}
