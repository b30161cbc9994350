package environment

import (
	"fmt"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// enter lets out who has stopped and in who joins this round: one turn each, if the world wants to know.
func (l *life) enter(c *engine.Context) error {
	k := l.conductor
	p, told := k.world.(Population)
	for ; k.at < len(k.roll); k.at++ {
		s := k.seats[k.roll[k.at]]
		switch {
		case s.gone && s.present:
			if told {
				if err := l.population(c, left, s, p.Leave); err != nil {
					return err
				}
			}
			s.present = false
		case !s.gone && !s.present && s.From <= k.round:
			if told {
				if err := l.population(c, entered, s, p.Enter); err != nil {
					return err
				}
			}
			s.present = true
		}
	}
	return nil
}

func (l *life) population(c *engine.Context, of kind, s *seat, tell func(string)) error {
	l.begin(c, of)
	tell(s.Name)
	return l.commit(change{kind: of, seat: int32(s.at)}, journal.Cause{Actor: s.actor}, func(d *journal.Draft) error {
		return d.Event(func(b []byte) ([]byte, error) { return journal.AppendCanonical(b, s.Name) })
	})
}

// activate asks the world who perceives in this phase. Only the sequential pace asks.
func (l *life) activate(c *engine.Context) (err error) {
	k := l.conductor
	if k.cfg.Pace != Sequential {
		return nil
	}
	k.queue = k.queue[:0]
	a, ok := k.world.(Activator)
	if !ok {
		for _, i := range k.roll {
			if s := k.seats[i]; s.present && !s.gone {
				k.queue = append(k.queue, i)
			}
		}
		return nil
	}
	n := l.begin(c, activated)
	defer l.orLose(c, "cannot tell who perceives", &err)
	names := a.Next(chance.New(k.cfg.Seed, Name, n))
	queue := make([]int, len(names))
	for i, name := range names {
		s := k.byName[name]
		if s == nil {
			return fmt.Errorf("environment: the world's Next names %q, who is no agent", name)
		}
		queue[i] = s.at
	}
	k.queue = queue
	return l.commit(change{kind: activated}, journal.Cause{Actor: Name, N: n - 1}, func(d *journal.Draft) error {
		if err := d.Event(null); err != nil {
			return err
		}
		return d.Effect(func(b []byte) ([]byte, error) { return journal.AppendCanonical(b, names) })
	})
}

// open makes the percepts of a step, all in one turn, and sends them when it is committed.
func (l *life) open(c *engine.Context) error {
	k := l.conductor
	if !k.chosen { // once, also when making the percepts fails
		k.choose()
		k.chosen = true
	}
	if len(k.order) > 0 {
		if err := l.perceiveOnce(c); err != nil {
			return err
		}
	}
	k.step++
	k.waiting = 0
	n := k.history.N()
	for i, at := range k.order {
		k.seats[at].acted = 0
		k.deliver(c, at, wire.Caused{Event: k.percepts[i], N: n, Index: i}, false)
	}
	clear(k.percepts)
	k.chosen, k.seen = false, false
	switch {
	case k.cfg.Pace == Realtime:
		k.timer = c.After(k.cfg.Tick, tick{k.step})
	case k.waiting > 0:
		k.timer = c.After(k.cfg.Deadline, deadline{k.step})
	}
	return nil
}

// perceiveOnce makes the percepts of a step, if that is not done. Were it done again because sending them has failed, each
// attempt would be a turn of its own, and the failure never the last one's: the world would fail for ever.
func (l *life) perceiveOnce(c *engine.Context) error {
	k := l.conductor
	if k.seen {
		return nil
	}
	if err := l.perceive(c); err != nil {
		return err
	}
	k.seen, k.peopled = true, true
	return nil
}

// perceive is the turn in which the percepts of a step are made.
func (l *life) perceive(c *engine.Context) (err error) {
	k := l.conductor
	n := l.begin(c, opened)
	defer l.orLose(c, "cannot be perceived", &err)
	phase := k.phaseName()
	k.choice = k.def.Choice(phase)
	k.percepts = k.percepts[:0]
	ch := change{kind: opened}
	if k.cfg.Pace == Sequential && len(k.order) > 0 { // and there is one
		ch.seat = int32(k.order[0])
	}
	k.call(k.world, ch)
	for _, at := range k.order {
		k.percepts = append(k.percepts, Percept{View: k.def.perceive(k.world, k.names[at]), Phase: phase, Round: k.round, Choice: k.choice})
	}
	return l.commit(ch, journal.Cause{Actor: Name, N: n - 1}, func(d *journal.Draft) error {
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
}

// call tells a world that wants to know whose turn it is, where one comes after the other.
func (k *conductor) call(world any, ch change) {
	if k.cfg.Pace != Sequential {
		return
	}
	if w, ok := world.(Caller); ok {
		w.Call(k.names[ch.seat])
	}
}
