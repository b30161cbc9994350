package actors

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

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
			l.act(wire.Act{Value: e.Value, N: t.n, Index: i, By: l.setting.by(e), Ready: l.report.ready})
			if e.Mark != 0 && l.setting.Observe != nil {
				l.setting.Observe(Marked{Agent: l.name, Round: l.agenda.round, Phase: l.agenda.phase, Mark: e.Mark, By: e.By, Why: e.Name})
			}
		case Send:
			l.send(c, e.Value.(*protocol.Message), t, i)
		case Ask:
			l.ask(c, l.opens(e))
		case Do:
			l.start(c, l.opens(e))
		case After:
			d := l.ownDesk()
			due := timer{id: e.ID, due: t.now + e.Delay, set: l.agenda.step}
			if l.setting.Pace == environment.Realtime {
				due.t = c.After(e.Delay, rings{e.ID})
			}
			d.timers = append(d.timers, due)
			l.want(wire.Ring, e.ID, e.Delay, "")
		case Cancel:
			l.cancel(c, e.ID)
			l.want(wire.Withdrawal, e.ID, 0, "")
		case Judge:
			if l.setting.Observe != nil {
				l.setting.Observe(Judged{Agent: l.name, Round: l.agenda.round, Phase: l.agenda.phase, Judgement: *e.Value.(*protocol.Judgement)})
			}
		case Stop:
			l.stopped = true
			c.Stop()
		}
	}
}

// act notes an action for the world. The first of a phase is written where it will be sent from.
func (l *life) act(a wire.Act) {
	if d := l.agenda.delivery; d != nil && d.Slip.Act.Value == nil && len(l.report.acts) == 0 {
		d.Slip.Act = a
		return
	}
	l.report.acts = append(l.report.acts, a)
}

// send writes one letter to each receiver. Who cannot be reached comes back as Undelivered.
func (l *life) send(c *engine.Context, m *protocol.Message, t *Turn, index int) {
	if l.setting.Hear != nil {
		l.setting.Hear(Said{Round: l.agenda.round, Phase: l.agenda.phase, Message: m, Unheard: l.agenda.quiet,
			Now: t.now, Step: l.agenda.step, N: t.n, Index: index})
	}
	for _, to := range m.Receivers {
		id := ID{t.n, index}
		if reason, why := l.held(m, to); reason != "" {
			l.unreached(c, Undelivered{Message: m, To: to, Reason: reason, Why: why}, id)
			continue
		}
		ref, err := c.Engine().Find(ActorName(to))
		if err != nil {
			l.unreached(c, Undelivered{Message: m, To: to, Reason: l.absence(to, ReasonUnknown)}, id)
			continue
		}
		if ref.Away() && l.absence(to, "") != "" { // of another process, which is known by news
			l.unreached(c, Undelivered{Message: m, To: to, Reason: ReasonStopped}, id)
			continue
		}
		letter := &wire.Letter{Message: m, Sender: l.name, N: t.n, Index: index, Step: l.agenda.step}
		switch err := c.Send(ref, letter, 1); {
		case errors.Is(err, engine.ErrStopped):
			l.undelivered(c, Undelivered{Message: m, To: to, Reason: l.absence(to, ReasonStopped)}, id)
		case err != nil:
			l.clocked("a message to " + to + " was refused: busy")
			l.undelivered(c, Undelivered{Message: m, To: to, Reason: ReasonBusy}, id)
		case l.simulated():
			l.want(wire.Word, id, 0, to)
		case !l.realtime():
			l.report.wrote = append(l.report.wrote, wire.Count{To: to, N: 1})
		}
	}
}

// held says why a letter is not even sent; "": it is.
func (a *agent) held(m *protocol.Message, to string) (reason, why string) {
	if may, why := a.maySpeak(m, to); !may {
		return ReasonForbidden, why
	}
	if a.report.said++; a.report.said > maxLetters && !a.realtime() {
		return ReasonBusy, ""
	}
	return "", ""
}

// maySpeak asks the society's rules, and says in the words of May why not. The turn is committed by then: a rule that
// panics forbids.
func (a *agent) maySpeak(m *protocol.Message, to string) (may bool, why string) {
	switch {
	case a.agenda.quiet:
		return false, ""
	case a.setting.MaySpeak == nil && a.setting.May == nil:
		return true, ""
	}
	err := safely(func() error {
		if may = a.setting.MaySpeak == nil || a.setting.MaySpeak(a.name, to); !may || a.setting.May == nil {
			return nil
		}
		may = false // should it panic
		no := a.setting.May(m, to)
		if no != nil {
			why = shortened(no.Error())
		}
		may = no == nil
		return nil
	})
	if err != nil && a.setting.Observe != nil {
		a.setting.Observe(Unruled{From: a.name, To: to, Why: err.Error()})
	}
	return may, why
}

// shortened is why something was not let through, of a length that fits into a record.
func shortened(why string) string {
	if why = strings.ToValidUTF8(why, "\ufffd"); len(why) > maxWhy {
		why = strings.ToValidUTF8(why[:maxWhy], "") + "…"
	}
	return why
}

// absence is why a message does not reach who is not there. "" is for a receiver that has stopped in this very phase:
// whether the message was faster depends on the threads, so nobody is told.
func (a *agent) absence(of, otherwise string) string {
	step, stopped := a.setting.left.Load(of)
	switch {
	case !stopped && otherwise == ReasonStopped && !a.realtime():
		return "" // its mailbox has closed, and it is about to say so: in this phase, or that would have been over before
	case !stopped:
		return otherwise
	case a.realtime() || step.(uint64) < a.agenda.step:
		return ReasonStopped
	default:
		return ""
	}
}

// unreached is a message that never got to a mailbox: both ends are counted here.
func (l *life) unreached(c *engine.Context, u Undelivered, sent ID) {
	c.Sent(1)
	c.Refused(1)
	l.undelivered(c, u, sent)
}

// undelivered tells the agent: in rounds when the next phase opens, in simulated time when the others hear it, else at
// once.
func (l *life) undelivered(c *engine.Context, u Undelivered, sent ID) {
	if u.Reason == "" { // whether it came too late or lies with one who is gone depends on the threads: it is dead
		c.Refused(-1)
		c.Dead(1)
		return
	}
	d := l.ownDesk()
	if l.simulated() {
		d.virtual.back = append(d.virtual.back, comeback{u, sent})
		l.want(wire.Return, sent, 0, "")
		return
	}
	if d.undelivered = append(d.undelivered, unsent{comeback{u, sent}, l.agenda.step}); l.realtime() && len(d.undelivered) == 1 {
		c.After(0, returned{})
	}
}

func (l *life) clocked(what string) {
	if l.setting.Observe != nil {
		l.setting.Observe(Clocked{Agent: l.name, What: what})
	}
}

// ask sends a request to a service. When that is not possible, the reason is the answer.
func (l *life) ask(c *engine.Context, w *work) {
	limit := w.allow(l.limit(), l.desk.share)
	ref, err := c.Engine().Find(servicePrefix + w.name)
	if err == nil {
		ask := &wire.Ask{Asker: l.name, N: w.id.Turn, Index: w.id.Index, Request: w.input,
			Limit: limit, Seed: jobRand(l.setting.Seed, l.name, w.id).Uint64()}
		if err = c.Send(ref, ask, 1); err != nil {
			l.clocked("an ask was refused: " + err.Error())
		}
	} else { // there is no such service: in no run there is
		c.Sent(1)
		c.Refused(1)
	}
	if err != nil {
		no := unasked{id: w.id, why: err.Error()}
		if refusal, ok := errors.AsType[*engine.Refusal](err); ok { // the service itself has answered, at its gate
			no.value, no.why = refusal.Value, refusal.Error()
		}
		c.After(0, no)
		return
	}
	w.timer = c.After(limit, overdue{w.id})
}

// opens notes the ask or the job of an effect. That there are not too many was seen before the turn was committed.
func (a *agent) opens(e *Effect) *work {
	d := a.ownDesk()
	w := &work{id: e.ID, job: e.Kind == Do, name: e.Name, input: e.Value, limit: e.Delay, early: a.simulated()}
	a.want(wire.Reply, w.id, 0, "")
	d.work = append(d.work, w)
	return w
}

// limits asks how long the turn's jobs may take: before it is committed, since the behavior may fail at it.
func (l *life) limits(effects []Effect) {
	for i := range effects {
		e := &effects[i]
		if e.Kind != Do {
			continue
		}
		e.Delay = 0
		if by, ok := l.behavior.(Limiter); ok {
			e.Delay = by.Limit(e.Name)
		}
		if e.Delay <= 0 {
			e.Delay = l.limit()
		}
	}
}

// start runs the behavior's own slow work. A result that comes when the limit has passed is late, whatever it says: it
// might as well have come a moment later.
func (l *life) start(c *engine.Context, w *work) {
	worker, id, job, input := l.behavior.(Worker), w.id, w.name, w.input
	seed, name := l.setting.Seed, l.name
	var late atomic.Bool
	w.cancel = c.Go(job+" "+id.String(), w.allow(w.limit, l.desk.share),
		func(ctx context.Context) (any, error) {
			defer func() { late.Store(errors.Is(ctx.Err(), context.DeadlineExceeded)) }()
			return worker.Work(JobContext(ctx, seed, name, id), job, input)
		},
		func(value any, err error) any {
			if err != nil {
				return &finished{id: id, err: err.Error(), passed: errors.Is(err, ErrPass),
					late: late.Load() || errors.Is(err, context.DeadlineExceeded)}
			}
			return &finished{id: id, value: value, late: late.Load()}
		})
}

// cancel closes an ask, a job or a timer.
func (l *life) cancel(c *engine.Context, id ID) {
	l.agenda.cancel(id)
	d := l.desk
	if d == nil {
		return
	}
	if i := slices.IndexFunc(d.work, func(w *work) bool { return w.id == id }); i >= 0 {
		c.Refused(l.drop(c, d.work[i])) // if it has come already, it will not be handled
		d.work = slices.Delete(d.work, i, i+1)
	}
	if i := slices.IndexFunc(d.timers, func(t timer) bool { return t.id == id }); i >= 0 {
		d.timers[i].t.Stop()
		d.timers = slices.Delete(d.timers, i, i+1)
	}
}

// drop ends an ask or a job. weight is that of an answer which has come and was not handled.
func (l *life) drop(c *engine.Context, w *work) (weight int) {
	w.end()
	if w.ready {
		return w.weight
	}
	l.withdraw(c, w)
	return 0
}

// withdraw tells a service that nobody waits for its answer any more: a hint, for the answer would be dropped anyway.
func (l *life) withdraw(c *engine.Context, w *work) {
	if w.job {
		return
	}
	if ref, err := c.Engine().Find(servicePrefix + w.name); err == nil {
		_ = c.Send(ref, &wire.CancelAsk{Asker: l.name, N: w.id.Turn, Index: w.id.Index}, 0) // it has stopped, or is busy
	}
}

// giveUp drops everything that is open. weight is that of the answers which have come and were not handled.
func (l *life) giveUp(c *engine.Context) (weight int) {
	d := l.desk
	for _, w := range d.work {
		weight += l.drop(c, w)
	}
	for _, t := range d.timers {
		t.t.Stop()
	}
	d.work, d.timers = nil, nil
	return weight
}

// tooMuch fails a turn that wants more open at once than may be. What it cancels still counts; the answer or result that
// it is about does not.
func (a *agent) tooMuch(effects []Effect, about string) error {
	timers, work := 0, 0
	if a.desk != nil {
		timers, work = len(a.desk.timers), len(a.desk.work)
	}
	if max(timers, work)+len(effects) <= maxOpen {
		return nil
	}
	if about == kindAnswer || about == kindResult {
		work--
	}
	for i := range effects {
		switch effects[i].Kind {
		case After:
			timers++
		case Ask, Do:
			work++
		}
	}
	switch {
	case timers > maxOpen:
		return fmt.Errorf("actors: %s: %d timers would be open, more than the limit of %d", a.name, timers, maxOpen)
	case work > maxOpen:
		return fmt.Errorf("actors: %s: %d asks and jobs would be open, more than the limit of %d", a.name, work, maxOpen)
	}
	return nil
}

// tellWorld reports what the agent did, and that it is done when nothing is awaited any more.
func (l *life) tellWorld(c *engine.Context) {
	a, r := l.agent, &l.report
	if a.world == nil {
		return
	}
	v := a.agenda.delivery
	done := v != nil && !a.stopped && (v.Last || l.simulated() || !a.thinking() && !l.realtime()) // in realtime nobody waits to hear it
	var wants []wire.Want
	if a.desk != nil {
		wants, a.desk.virtual.wants = a.desk.virtual.wants, nil
	}
	first := v != nil && v.Slip.Act.Value != nil
	if !first && len(r.acts) == 0 && len(r.wrote) == 0 && len(wants) == 0 && !done {
		return
	}
	var w *wire.Report
	switch {
	case done:
		w = &v.Slip // the delivery goes back, and is the world's again
		a.agenda.delivery, a.agenda.extra = nil, nil
	case first:
		w = &wire.Report{Act: v.Slip.Act}
		v.Slip.Act = wire.Act{}
	default:
		w = &wire.Report{}
	}
	if !first && len(r.acts) > 0 {
		w.Act, r.acts = r.acts[0], r.acts[1:]
	}
	w.Seat, w.Step, w.Done, w.Missed = a.agenda.seat, a.agenda.step, done, r.missed
	w.More, w.Wrote, w.Wants = r.acts, r.wrote, wants
	r.acts, r.wrote = nil, nil
	if err := c.Send(a.world, w, w.Weight()); errors.Is(err, engine.ErrBusy) { // the deadline of the phase says the rest
		l.clocked("a report to the world was refused: busy")
	}
}
