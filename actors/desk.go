package actors

import (
	"context"
	"slices"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// maxLetters bounds what one agent may say in one phase, counted in receivers: a letter waits with its receiver until the
// next one, and nobody's pile may grow without end. In realtime the receiver's mailbox is the bound.
const maxLetters = 1 << 14

// maxWhy is how much is kept of what a society's rule says about a message that it forbids, in bytes.
const maxWhy = 500

// maxOpen bounds how many asks and jobs, and how many timers, one agent may have open at once: a turn that wants more
// fails.
const maxOpen = 1024

// desk is what lies between an agent's phases: letters that came early, what it waits for, what could not be sent.
type desk struct {
	early       []*wire.Letter // not yet seen
	seen        map[string]ID  // newest letter of each sender: what is older came twice
	taken       uint64         // letters handed to the agenda since the start
	unheard     []uint64       // steps of letters that its mailbox had no room for: they count as taken
	held        *wire.Delivery // waits for letters
	waiting     *wire.Delivery // realtime: the newest percept, while the agent thinks
	undelivered []unsent
	timers      []timer
	work        []*work // asks and jobs without an answer, in the order they were asked for
	virtual     virtual
	share       time.Time // when the time of what this turn asks and starts is up, where it goes on with something; see Turn.Continue
}

// work is an ask or a job.
type work struct {
	id     ID
	job    bool
	name   string
	input  any           // of a job; the request of an ask
	limit  time.Duration // of a job
	due    time.Time     // when the time of both is up; zero: it has not begun
	ready  bool
	early  bool // simulated: its answer is not due yet
	weight int
	value  any
	err    string
	cancel context.CancelFunc // of a job
	timer  engine.Timer       // of an ask
}

type timer struct {
	id  ID
	due time.Duration
	set uint64       // the step it was set in: it is looked at in later ones
	t   engine.Timer // realtime
}

// unsent is a message that could not be delivered.
type unsent struct {
	comeback
	step uint64 // in which it was sent
}

func (a *agent) ownDesk() *desk {
	if a.desk == nil {
		a.desk = &desk{}
	}
	return a.desk
}

// thinking says whether an answer or a result is awaited.
func (a *agent) thinking() bool { return a.desk != nil && len(a.desk.work) > 0 }

// readyAnswer is the answer or result to be handled now. In rounds an early one waits for those asked before it.
func (a *agent) readyAnswer() (queued, bool) {
	if a.desk == nil || len(a.desk.work) == 0 || !a.desk.work[0].ready || a.desk.work[0].early {
		return queued{}, false
	}
	w := a.desk.work[0]
	cause := journal.Cause{Actor: a.actor, N: w.id.Turn, Index: w.id.Index}
	if w.job {
		return queued{Result{ID: w.id, Job: w.name, Value: w.value, Error: w.err}, kindResult, cause, 0}, true
	}
	return queued{Answer{ID: w.id, Service: w.name, Value: w.value, Error: w.err, Unserved: w.weight == 0}, kindAnswer, cause, w.weight}, true
}

func (a *agent) closeAnswer() { a.desk.work = slices.Delete(a.desk.work, 0, 1) }

// goOn notes, before the answer that a turn was about is closed, whose time the turn's own asks and jobs share.
func (d *desk) goOn(t *Turn, kind string) {
	d.share = time.Time{}
	if t.goesOn && (kind == kindAnswer || kind == kindResult) {
		d.share = d.work[0].due
	}
}

// allow gives an ask or a job its time: limit, or what is left of what it goes on with. It is never nothing, since that
// would be no limit.
func (w *work) allow(limit time.Duration, share time.Time) time.Duration {
	now := time.Now()
	if w.due = now.Add(limit); !share.IsZero() && share.Before(w.due) {
		w.due = share
		limit = max(share.Sub(now), 1)
	}
	return limit
}

// awaited finds an ask or a job that is open; nil: it is not, or not any more.
func (a *agent) awaited(id ID) *work {
	if a.desk == nil {
		return nil
	}
	for _, w := range a.desk.work {
		if w.id == id && !w.ready {
			return w
		}
	}
	return nil
}

// advance puts an ask or a job before the others.
func (d *desk) advance(w *work) {
	i := slices.Index(d.work, w)
	d.work = slices.Delete(d.work, i, i+1)
	d.work = slices.Insert(d.work, 0, w)
}

// end stops what would still come of it.
func (w *work) end() {
	if w.cancel != nil {
		w.cancel()
	}
	w.timer.Stop()
}

// letters takes those that were sent before a step, in their order.
func (d *desk) letters(step uint64) []*wire.Letter {
	var due []*wire.Letter
	d.early = slices.DeleteFunc(d.early, func(l *wire.Letter) bool {
		if l.Step < step {
			due = append(due, l)
			return true
		}
		return false
	})
	sortLetters(due)
	d.taken += uint64(len(due))
	d.unheard = slices.DeleteFunc(d.unheard, func(sent uint64) bool {
		if sent < step {
			d.taken++
		}
		return sent < step
	})
	return due
}

// returned takes the messages, sent before a step, that could not be delivered.
func (d *desk) returned(step uint64) []comeback {
	var back []comeback
	d.undelivered = slices.DeleteFunc(d.undelivered, func(u unsent) bool {
		if u.step < step {
			back = append(back, u.comeback)
			return true
		}
		return false
	})
	return back
}

// complete says whether the letters that a delivery announces are there.
func (d *desk) complete(v *wire.Delivery) bool {
	if len(v.Due) > 0 {
		return d.has(v.Due)
	}
	have := d.taken
	for _, l := range d.early {
		if l.Step < v.Step {
			have++
		}
	}
	for _, step := range d.unheard {
		if step < v.Step {
			have++
		}
	}
	return have >= v.Letters
}

// fresh says whether a letter has not been seen before, and notes it.
func (d *desk) fresh(l *wire.Letter) bool {
	if d.seen == nil {
		d.seen = make(map[string]ID)
	}
	last := d.seen[l.Sender]
	if l.N < last.Turn || l.N == last.Turn && l.Index <= last.Index && last.Turn > 0 {
		return false
	}
	d.seen[l.Sender] = ID{Turn: l.N, Index: l.Index}
	return true
}

// due takes the timers, set before a step, whose time has come.
func (d *desk) due(now time.Duration, step uint64) []timer {
	var due []timer
	d.timers = slices.DeleteFunc(d.timers, func(t timer) bool {
		if t.due <= now && t.set < step {
			due = append(due, t)
			return true
		}
		return false
	})
	slices.SortStableFunc(due, func(x, y timer) int { return int(min(max(x.due-y.due, -1), 1)) })
	return due
}
