package llmadapter

import "time"

// longestWait is how long a request without a limit may take: no wait is without a deadline.
const longestWait = 10 * time.Minute

const (
	firstRetry = 200 * time.Millisecond // pause before the first retry of a request
	lastRetry  = 10 * time.Second       // the longest
)

// admission decides what becomes of every request: who is rejected, who goes out next, who is tried again, who has come
// to an end. It is single-threaded and has no clock: now is the time since the adapter began, and never goes back. What
// it wants done is in ended and cuts.
type admission struct {
	most         int           // attempts at one request that count
	bound        int           // requests that may wait
	attemptLimit time.Duration // 0: none
	observed     bool          // somebody wants to see the ends
	content      bool          // and what was asked and answered
	credits      int64         // requests that may be open

	queue   queue
	flights flights
	pausing int // requests that wait for their own retry
	alarms  alarms
	open    map[askID]*entry
	limit   limit
	rates   rates
	pauses  pauses
	budget  budget
	forms   forms
	ledger  ledger
	out     int           // calls that are
	calls   uint64        // ever begun
	numbers uint64        // requests ever
	service time.Duration // that a call takes, on average; 0: not known yet
	stopped bool

	ended []*entry // have come to their end: they are to be answered
	cuts  []*entry // their calls are to be cancelled
}

func newAdmission(c *Config) *admission {
	return &admission{
		most: c.Attempts, bound: c.Queue, attemptLimit: c.AttemptLimit, observed: c.Observe != nil, content: c.Content, credits: c.credits(),
		limit: newLimit(c.InFlight), rates: newRates(c), forms: newForms(c.Form), budget: budget{left: firstRetries},
		queue: queue{weight: c.Weight}, ledger: newLedger(c), open: make(map[askID]*entry),
	}
}

// submit takes a request in, which may wait for that long (0: longestWait); true: its first attempt begins at once.
func (d *admission) submit(now, patience time.Duration, e *entry) (begun bool) {
	if patience <= 0 || patience > longestWait {
		patience = longestWait
	}
	d.ledger.request(&e.tab, e.key.asker)
	d.numbers++
	e.number, e.came, e.deadline, e.alarm, e.place = d.numbers, now, now+patience, -1, -1
	e.bytes = bytesOf(&e.request)
	if d.follow(e) {
		return false
	}
	money, why := d.ledger.fit(&e.tab, &e.request)
	if money == never && !d.stopped {
		d.overBudget(now, e, why)
		return false
	}
	at := money == fits && d.queue.length == 0 && d.free(now) && d.rates.fits(now, e)
	if no := d.refusal(now, e, at); no.Reason != "" {
		d.reject(now, e, no)
		return false
	}
	d.name(e)
	d.flights.lead(e)
	if at {
		d.begin(now, e)
		return true
	}
	d.wait(e)
	return false
}

// refusal says why a request cannot be taken in; no reason: it can. at says that it need not wait.
func (d *admission) refusal(now time.Duration, e *entry, at bool) Rejected {
	switch {
	case d.stopped:
		return d.rejected(now, e, Stopping)
	case at:
		return Rejected{}
	case d.pauses.denied != "":
		return d.rejected(now, e, Unavailable)
	case d.queue.length+d.pausing >= d.bound:
		return d.rejected(now, e, QueueFull)
	case d.tooLate(now, e):
		return d.rejected(now, e, TooLate)
	}
	return Rejected{}
}

// tooLate says that a request is not to be served before its deadline, as things are. In an outage nobody can tell.
func (d *admission) tooLate(now time.Duration, e *entry) bool {
	left := e.deadline - max(now, d.pauses.until)
	if left <= 0 {
		return true
	}
	turn := d.service / time.Duration(d.limit.calls())
	if d.pauses.outage() || !d.rates.on && time.Duration(d.queue.length)*turn <= left {
		return false
	}
	ahead := d.queue.ahead(e)
	return time.Duration(ahead)*turn > left || d.rates.opens(now, e, ahead+1)-now > left
}

// wait puts an entry into the queue.
func (d *admission) wait(e *entry) {
	e.state = waiting
	d.alarms.set(e, e.deadline)
	d.queue.add(e)
}

// free says whether a call may go out now.
func (d *admission) free(now time.Duration) bool {
	return !d.stopped && d.out < d.limit.calls() && now >= d.pauses.opens() && !(d.pauses.probing() && d.pauses.asking)
}

// next begins an attempt at the first request that waits; nil: there is none, or nothing may go out now. It comes after
// tick: what waits has not expired.
func (d *admission) next(now time.Duration) *entry {
	for d.free(now) && d.affordable(now) {
		e := d.queue.peek()
		switch {
		case e == nil || !d.rates.fits(now, e):
			return nil
		case e.to.gone():
			d.cancel(now, e)
		default:
			d.queue.take(e, costOf(d.rates.guess.guess(e.bytes, e.request.MaxTokens)))
			d.begin(now, e)
			return e
		}
	}
	return nil
}

// begin begins an attempt.
func (d *admission) begin(now time.Duration, e *entry) {
	d.out++
	d.calls++
	d.ledger.attempt(&e.tab)
	d.rates.hold(e)
	if e.attempts++; e.attempts == 1 {
		e.began = now
		d.budget.add(perRequest)
	}
	e.beside = d.out
	e.call, e.started, e.state, e.form, e.overdue = d.calls, now, out, d.forms.at, false
	if e.probe = d.pauses.probing(); e.probe {
		d.pauses.asking = true
		d.pauses.probe = now + probeEvery
	}
	d.alarms.set(e, d.dueOf(e))
}

// dueOf is when the call of an entry, which is out, is given up.
func (d *admission) dueOf(e *entry) time.Duration {
	if d.attemptLimit > 0 {
		return min(e.deadline, e.started+d.attemptLimit)
	}
	return e.deadline
}

// returned takes in what became of an attempt.
func (d *admission) returned(now time.Duration, e *entry, o outcome) {
	d.out--
	if e.probe {
		e.probe, d.pauses.asking = false, false
	}
	spent := d.ledger.settle(&e.tab, &o)
	used := d.rates.settle(now, e, o)
	d.queue.settle(e, costOf(used.input, used.output))
	if o.err != nil && o.err.Fate == PossiblyBilled {
		e.billed++
	}
	if e.state == over { // nobody waits for it
		d.learn(now, e, o)
		return
	}
	e.state = held
	e.usage.Input += spent.Input
	e.usage.Output += spent.Output
	e.usage.Cached += spent.Cached
	if o.err != nil {
		if e.overdue {
			o.err.Kind = Stalled
		} else if o.err.Kind == Cancelled { // not by us
			o.err.Kind = Broken
		}
		if e.last = o.err; o.err.Fate == Unsent {
			e.unsent++
		}
	}
	d.learn(now, e, o)
	switch {
	case o.err == nil:
		e.value, e.reply = content(o.reply), answered{o.reply.ID, line(o.reply.Model), o.reply.Finish, o.reply.FirstToken}
		d.finish(now, e, endAnswered, "")
	case !d.again(now, e, o.err):
		d.fail(now, e)
	}
}

// learn draws from the end of an attempt what it says about the endpoint.
func (d *admission) learn(now time.Duration, e *entry, o outcome) {
	if o.err == nil {
		took := now - e.started
		if d.service == 0 {
			d.service = took
		}
		d.service += (took - d.service) / 8
		d.limit.waited(e.call, d.calls+1, e.bytes, e.beside, o.reply.FirstToken, took)
		d.limit.succeeded(e.call, d.out+1 >= d.limit.calls() || d.queue.length > 0)
		d.pauses.rows = 0
		d.there()
		d.budget.add(perAnswer)
		if len(e.request.Tools) > 0 {
			d.forms.answered(e.form)
		}
		return
	}
	switch o.err.Kind {
	case RateLimited, Overloaded:
		news := d.limit.overloaded(e.call, d.calls+1)
		d.pauses.cool(now, o.err.RetryAfter, d.service, !news, e.luck())
		if news && (o.err.RetryAfter > 0 || d.pauses.rows > 1) { // else it was a call too many, and the pause is short
			d.limit.paused(d.calls + 1)
		}
		if o.err.Kind == Overloaded {
			d.pauses.refused(now, o.err.Text)
		} else {
			d.there()
		}
		d.hopeless(now)
	case Unreachable, Broken:
		d.pauses.refused(now, o.err.Text)
	case Unauthorised:
		d.pauses.failed = 0
		d.deny(now, o.err)
	case Invalid, Transient, Truncated, Malformed:
		d.there()
	}
}

// there notes that the endpoint answers.
func (d *admission) there() {
	if d.pauses.outage() {
		d.limit.paused(d.calls + 1)
	}
	d.pauses.failed, d.pauses.denied = 0, ""
}

// again says whether a request is tried again, and puts it where it waits for that.
func (d *admission) again(now time.Duration, e *entry, err *Error) bool {
	switch {
	case d.pauses.denied != "":
		return false
	case err.Kind == Invalid: // it costs no retry: nothing is wrong with the endpoint
		if e.tried |= 1 << e.form; len(e.request.Tools) == 0 || !d.forms.next(e.form, e.tried) {
			return false
		}
		d.wait(e)
		return true
	case d.pauses.outage() && err.Fate == Unsent: // it has cost nothing, and goes out again when the endpoint is back
		d.wait(e)
		return true
	}
	e.counted++
	if e.counted >= d.most || !e.mayRepeat(err) {
		return false
	}
	at := d.pauses.until
	own := err.Kind != RateLimited && err.Kind != Overloaded
	if own {
		at = now + backoff(firstRetry, lastRetry, e.counted, e.luck())
	}
	if at >= e.deadline || !d.budget.take() {
		return false
	}
	if own {
		e.state = pausing
		d.pausing++
		d.alarms.set(e, at)
	} else {
		d.wait(e)
	}
	return true
}

// tick does what is due.
func (d *admission) tick(now time.Duration) {
	for len(d.alarms) > 0 && d.alarms[0].due <= now {
		switch e := d.alarms[0]; {
		case e.deadline <= now:
			d.expire(now, e)
		case e.state == pausing:
			d.pausing--
			d.wait(e)
		default: // an attempt at its own limit
			e.overdue = true
			d.cuts = append(d.cuts, e)
			d.alarms.set(e, e.deadline)
		}
	}
}

// wake says when tick and next are to be called, even if nothing happens until then; 0: not at all.
func (d *admission) wake(now time.Duration) time.Duration {
	var at time.Duration
	if len(d.alarms) > 0 {
		at = d.alarms[0].due
	}
	if e := d.queue.peek(); e != nil {
		opens := d.pauses.opens()
		if d.free(now) {
			opens = d.rates.opens(now, e, 1)
		}
		if opens > now && (at == 0 || opens < at) {
			at = opens
		}
	}
	return at
}

// load is how busy it is.
func (d *admission) load(now time.Duration) Load {
	l := Load{Queued: d.queue.length + d.pausing, InFlight: d.out, Limit: d.limit.calls(), Cooldown: max(0, d.pauses.until-now),
		Breaker: BreakerClosed, Credits: int(max(0, d.credits-int64(d.ledger.unended())))}
	if e := d.queue.peek(); e != nil && d.rates.on {
		l.Rate = d.rates.opens(now, e, 1) - now
	}
	if d.pauses.probing() {
		l.Breaker = BreakerOpen
		if d.pauses.asking {
			l.Breaker = BreakerHalfOpen
		}
	}
	return l
}
