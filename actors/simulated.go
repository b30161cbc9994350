package actors

import (
	"slices"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// In the simulated pace the world says when something reaches an agent: it is told what the agent's turns want, and its
// deliveries name what has come due. Letters, answers, and words that come back wait here until then.

// virtual is what lies on a desk for the simulated pace alone.
type virtual struct {
	wants []wire.Want  // for the next report
	back  []comeback   // could not be delivered
	lost  []wire.Due   // letters that its mailbox had no room for
	tired engine.Timer // ends the wait for answers that are due
}

// comeback is a message that could not be delivered to somebody, and the effect that sent it.
type comeback struct {
	Undelivered
	id ID
}

// tired ends, in a step, the wait for answers that are due in it.
type tired struct{ step uint64 }

func (a *agent) simulated() bool { return a.setting.Pace == environment.Simulated }

// want tells the world, with the next report, what is to come of an effect.
func (a *agent) want(kind wire.Kind, id ID, delay time.Duration, to string) {
	if a.simulated() {
		v := &a.ownDesk().virtual
		v.wants = append(v.wants, wire.Want{Kind: kind, N: id.Turn, Index: id.Index, Delay: delay, To: to})
	}
}

// has says whether all that is due is there.
func (d *desk) has(due []wire.Due) bool {
	for i := range due {
		switch of := &due[i]; of.Kind {
		case wire.Word:
			if !slices.ContainsFunc(d.early, func(l *wire.Letter) bool { return is(l, of) }) && !slices.Contains(d.virtual.lost, *of) {
				return false
			}
		case wire.Reply:
			if w := d.ask(of); w != nil && !w.ready {
				return false
			}
		}
	}
	return true
}

func is(l *wire.Letter, due *wire.Due) bool {
	return l.N == due.N && l.Index == due.Index && l.Sender == due.Sender
}

// ask finds the ask or the job of which something is due; nil: there is none any more.
func (d *desk) ask(due *wire.Due) *work {
	for _, w := range d.work {
		if w.id == (ID{due.N, due.Index}) {
			return w
		}
	}
	return nil
}

// arrived takes from the desk what is due, in its order. Answers and results stay there, at the front.
func (d *desk) arrived(due []wire.Due) *extra {
	x := &extra{}
	replies := 0
	for i := range due {
		of := &due[i]
		id := ID{of.N, of.Index}
		switch of.Kind {
		case wire.Return:
			if i := slices.IndexFunc(d.virtual.back, func(b comeback) bool { return b.id == id }); i >= 0 {
				x.undelivered = append(x.undelivered, d.virtual.back[i])
				d.virtual.back = slices.Delete(d.virtual.back, i, i+1)
			}
		case wire.Ring:
			if i := slices.IndexFunc(d.timers, func(t timer) bool { return t.id == id }); i >= 0 {
				x.timers = append(x.timers, d.timers[i])
				d.timers = slices.Delete(d.timers, i, i+1)
			}
		case wire.Word:
			if i := slices.IndexFunc(d.early, func(l *wire.Letter) bool { return is(l, of) }); i >= 0 {
				x.letters = append(x.letters, d.early[i])
				d.early = slices.Delete(d.early, i, i+1)
			} else {
				d.virtual.lost = slices.DeleteFunc(d.virtual.lost, func(lost wire.Due) bool { return lost == *of })
			}
		case wire.Reply:
			if w := d.ask(of); w != nil {
				i := slices.Index(d.work, w)
				d.work = slices.Insert(slices.Delete(d.work, i, i+1), replies, w)
				w.early = false
				replies++
			}
		}
	}
	return x
}

// reach puts on the agenda what has come due.
func (l *life) reach(m *wire.Delivery) {
	if len(m.Due) == 0 || m.Last {
		return
	}
	d := l.ownDesk()
	d.virtual.tired.Stop()
	if x := d.arrived(m.Due); len(x.undelivered)+len(x.letters)+len(x.timers) > 0 {
		l.agenda.extra = x
	}
}

// hold keeps a delivery until all that it names is there: an answer no longer than an ask may take.
func (l *life) hold(c *engine.Context, m *wire.Delivery) {
	d := l.ownDesk()
	d.held = m
	if slices.ContainsFunc(m.Due, func(of wire.Due) bool { return of.Kind == wire.Reply }) {
		d.virtual.tired = c.After(l.limit(), tired{m.Step})
	}
}

// giveOver answers, in place of who has not, what was due in a step.
func (l *life) giveOver(c *engine.Context, step uint64) bool {
	d := l.ownDesk()
	if d.held == nil || d.held.Step != step {
		return false
	}
	for i := range d.held.Due {
		of := &d.held.Due[i]
		if w := d.ask(of); of.Kind == wire.Reply && w != nil && !w.ready {
			l.clocked("nothing came of " + w.id.String() + " within the limit")
			l.withdraw(c, w)
			w.ready, w.err = true, "no answer within the limit"
			w.end()
		}
	}
	return l.openHeld(c)
}
