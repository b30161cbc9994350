package actors

import (
	"context"
	"errors"
	"slices"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/protocol"
)

// perform carries out the effects of a committed turn.
func (l *life) perform(c *engine.Context, t *Turn) {
	for i := range t.effects {
		e := &t.effects[i]
		switch e.Kind {
		case Act:
			l.report.acted = true
			l.report.acts = append(l.report.acts, wire.Act{Value: e.Value, N: t.n, Index: i})
		case Send:
			l.send(c, e.Value.(*protocol.Message), t.n, i)
		case Ask:
			l.ask(c, e)
		case Do:
			l.start(c, e)
		case After:
			d := l.ownDesk()
			due := timer{id: e.ID, due: t.now + e.Delay}
			if l.setting.Pace == environment.Realtime {
				due.t = c.After(e.Delay, rings{e.ID})
			}
			d.timers = append(d.timers, due)
		case Cancel:
			l.cancel(c, e.ID)
		case Stop:
			c.Stop()
		}
	}
}

// send writes one letter to each receiver. Who cannot be reached comes back as Undelivered.
func (l *life) send(c *engine.Context, m *protocol.Message, n uint64, index int) {
	if l.setting.Hear != nil {
		l.setting.Hear(Said{Round: l.agenda.round, Phase: l.agenda.phase, Message: m})
	}
	for _, to := range m.Receivers {
		reason := ""
		if l.setting.MaySpeak != nil && !l.setting.MaySpeak(l.name, to) {
			reason = ReasonForbidden
		}
		var ref *engine.Ref
		if reason == "" {
			var err error
			if ref, err = c.Engine().Find(ActorName(to)); err != nil {
				reason = ReasonUnknown
			}
		}
		if reason != "" { // it never reached a mailbox: both ends are counted here
			c.Sent(1)
			c.Refused(1)
			l.undelivered(Undelivered{Message: m, To: to, Reason: reason})
			continue
		}
		letter := &wire.Letter{Message: m, Sender: l.name, N: n, Index: index, Step: l.agenda.step}
		switch err := c.Send(ref, letter, 1); {
		case errors.Is(err, engine.ErrStopped):
			l.undelivered(Undelivered{Message: m, To: to, Reason: ReasonStopped})
		case err != nil:
			l.clocked("a message to " + to + " was refused: busy")
			l.undelivered(Undelivered{Message: m, To: to, Reason: ReasonBusy})
		default:
			l.report.wrote = append(l.report.wrote, wire.Count{To: to, N: 1})
		}
	}
}

func (l *life) clocked(what string) {
	if l.setting.Observe != nil {
		l.setting.Observe(Clocked{Agent: l.name, What: what})
	}
}

// undelivered tells the agent: in rounds when the next phase opens, else at once.
func (l *life) undelivered(u Undelivered) {
	d := l.ownDesk()
	d.undelivered = append(d.undelivered, u)
}

// ask sends a request to a service. When that is not possible, the reason is the answer.
func (l *life) ask(c *engine.Context, e *Effect) {
	d := l.ownDesk()
	w := &work{id: e.ID, name: e.Name}
	d.work = append(d.work, w)
	if len(d.work) > maxOpen {
		w.ready, w.err = true, "too many asks and jobs are open"
		return
	}
	ref, err := c.Engine().Find(servicePrefix + e.Name)
	if err == nil {
		ask := &wire.Ask{Asker: l.name, N: e.ID.Turn, Index: e.ID.Index, Request: e.Value,
			Seed: jobRand(l.setting.Seed, l.name, e.ID).Uint64()}
		err = c.Send(ref, ask, 1)
	}
	if err != nil {
		w.ready, w.err = true, err.Error()
		return
	}
	w.timer = c.After(l.limit(), overdue{e.ID})
}

// start runs the behavior's own slow work.
func (l *life) start(c *engine.Context, e *Effect) {
	d := l.ownDesk()
	w := &work{id: e.ID, job: true, name: e.Name}
	d.work = append(d.work, w)
	if len(d.work) > maxOpen {
		w.ready, w.err = true, "too many asks and jobs are open"
		return
	}
	limit := l.limit()
	if by, ok := l.behavior.(Limiter); ok {
		if own := by.Limit(e.Name); own > 0 {
			limit = own
		}
	}
	worker, id, job, input := l.behavior.(Worker), e.ID, e.Name, e.Value
	w.cancel = c.Go(job+" "+id.String(), limit,
		func(ctx context.Context) (any, error) { return worker.Work(l.jobContext(ctx, id), job, input) },
		func(value any, err error) any {
			if err != nil {
				return &finished{id: id, err: err.Error(), late: errors.Is(err, context.DeadlineExceeded)}
			}
			return &finished{id: id, value: value}
		})
}

// cancel closes an ask, a job or a timer.
func (l *life) cancel(c *engine.Context, id ID) {
	d := l.ownDesk()
	if i := slices.IndexFunc(d.work, func(w *work) bool { return w.id == id }); i >= 0 {
		w := d.work[i]
		w.end()
		if w.ready {
			c.Refused(w.weight) // it has come, and will not be handled
		}
		d.work = slices.Delete(d.work, i, i+1)
		if !w.job {
			if ref, err := c.Engine().Find(servicePrefix + w.name); err == nil {
				_ = c.Send(ref, &wire.CancelAsk{Asker: l.name, N: id.Turn, Index: id.Index}, 0) // a hint: its answer would be dropped anyway
			}
		}
	}
	if i := slices.IndexFunc(d.timers, func(t timer) bool { return t.id == id }); i >= 0 {
		d.timers[i].t.Stop()
		d.timers = slices.Delete(d.timers, i, i+1)
	}
}

// tellWorld reports what the agent did, and that it is done when nothing is awaited any more.
func (l *life) tellWorld(c *engine.Context) {
	a, r := l.agent, &l.report
	if a.world == nil {
		return
	}
	v := a.agenda.delivery
	done := v != nil && !a.thinking() && (!l.realtime() || v.Last) // in realtime nobody waits to hear it
	if len(r.acts) == 0 && len(r.wrote) == 0 && !done {
		return
	}
	var w *wire.Report
	if done {
		w = &v.Slip // the delivery goes back, and is the world's again
		a.agenda.delivery = nil
	} else {
		w = &wire.Report{}
	}
	w.Seat, w.Step, w.Done, w.Missed, w.Wrote = a.agenda.seat, a.agenda.step, done, r.missed && !r.acted, r.wrote
	w.Act, w.More = wire.Act{}, nil
	if len(r.acts) > 0 {
		w.Act = r.acts[0]
		if len(r.acts) > 1 {
			w.More = slices.Clone(r.acts[1:])
		}
	}
	clear(r.acts)
	r.acts, r.wrote = r.acts[:0], nil
	_ = c.Send(a.world, w, w.Weight()) // refused: it is counted, and the deadline of the phase says the rest
}

func (l *life) realtime() bool { return l.setting.Pace == environment.Realtime }
