package llmadapter

import "time"

// rejected is a rejection for that reason, with what is known about when to come back.
func (d *admission) rejected(now time.Duration, e *entry, why Reason) Rejected {
	r := Rejected{Reason: why, Depth: d.queue.length + d.pausing, RetryAfter: max(0, d.pauses.until-now)}
	switch why {
	case QueueFull, NoCredit, TooLate: // half of what waits is done by then: the queue neither overflows nor runs dry
		r.RetryAfter += d.service * time.Duration(r.Depth+1) / time.Duration(2*d.limit.calls())
		r.RetryAfter = max(r.RetryAfter, d.rates.opens(now, e, (r.Depth+2)/2)-now)
	case Unavailable:
		r.RetryAfter = max(0, d.pauses.opens()-now)
		if r.Text = d.pauses.denied; r.Text == "" {
			r.Text = d.pauses.gone
		}
	case BadRequest, Stopping:
		r.RetryAfter = 0
	}
	return r
}

// reject ends a request that was never sent.
func (d *admission) reject(now time.Duration, e *entry, no Rejected) {
	e.value = no
	d.finish(now, e, endRejected, no.Error())
}

// fail ends a request whose attempts have all failed.
func (d *admission) fail(now time.Duration, e *entry) {
	f := Failed{Kind: e.last.Kind, Attempts: e.attempts, Text: e.last.Text, RetryAfter: min(e.last.RetryAfter, longestPause)}
	if e.last.Kind == RateLimited || e.last.Kind == Overloaded {
		f.RetryAfter = max(f.RetryAfter, d.pauses.until-now)
	}
	e.value = f
	d.finish(now, e, endFailed, f.Error())
}

// giveUp ends a request that waits, for a reason of the adapter's own: it is rejected unless something of it was sent.
func (d *admission) giveUp(now time.Duration, e *entry, why Reason) {
	if e.attempts > e.unsent {
		d.fail(now, e)
		return
	}
	d.reject(now, e, d.rejected(now, e, why))
}

// cutShort ends a request while its call is out.
func (d *admission) cutShort(now time.Duration, e *entry, kind Kind, text string) {
	e.last = &Error{Kind: kind, Text: text}
	d.fail(now, e)
}

// expire ends a request at its deadline.
func (d *admission) expire(now time.Duration, e *entry) {
	was := e.state
	if own := d.handOver(e); own != nil {
		e = own
	}
	switch {
	case was == out:
		d.cutShort(now, e, Stalled, "no answer within the limit of the asker")
	case d.pauses.outage():
		d.giveUp(now, e, Unavailable)
	default:
		d.giveUp(now, e, TooLate)
	}
}

// hopeless ends those that wait and whose deadline comes before the pause of all calls ends.
func (d *admission) hopeless(now time.Duration) {
	var late []*entry
	var look func(i int)
	look = func(i int) {
		if i >= len(d.alarms) || d.alarms[i].due > d.pauses.until {
			return
		}
		if e := d.alarms[i]; e.deadline <= d.pauses.until && (e.state == waiting || e.state == pausing) {
			late = append(late, e)
		}
		look(2*i + 1)
		look(2*i + 2)
	}
	look(0)
	for _, e := range late {
		for e.deadline <= d.pauses.until {
			own := d.handOver(e)
			if own == nil {
				d.giveUp(now, e, TooLate)
				break
			}
			d.giveUp(now, own, TooLate)
		}
	}
}

// deny ends all that wait, since the endpoint does not let us in.
func (d *admission) deny(now time.Duration, err *Error) {
	d.pauses.deny(now, err.Error())
	for _, e := range append(alarms(nil), d.alarms...) {
		if e.state == waiting || e.state == pausing {
			d.giveUp(now, e, Unavailable)
		}
	}
}

// cancel ends a request that nobody waits for.
func (d *admission) cancel(now time.Duration, e *entry) {
	if own := d.handOver(e); own != nil {
		e = own
	}
	e.value = Failed{Kind: Cancelled, Attempts: e.attempts, Text: "cancelled by the asker"}
	d.finish(now, e, endCancelled, "cancelled by the asker")
}

// stop ends everything.
func (d *admission) stop(now time.Duration) {
	d.stopped = true
	for _, e := range append(alarms(nil), d.alarms...) {
		switch e.state {
		case over: // with the one that it followed
		case out:
			d.cutShort(now, e, Cancelled, "the adapter ends")
		default:
			d.giveUp(now, e, Stopping)
		}
	}
}

// turnedAway counts a request that was refused before it came here.
func (d *admission) turnedAway(now time.Duration, e *entry, why Reason) {
	d.ledger.request(&e.tab, e.key.asker)
	e.came, e.alarm, e.place = now, -1, -1
	d.reject(now, e, d.rejected(now, e, why))
}

// finish ends a request, wherever it is. The ledger has it before anybody hears of it.
func (d *admission) finish(now time.Duration, e *entry, how, why string) {
	switch e.state {
	case waiting:
		d.queue.remove(e)
	case pausing:
		d.pausing--
	case out:
		d.cuts = append(d.cuts, e)
		e.billed++
	case following:
		e.leader.leave(e)
	}
	d.alarms.clear(e)
	if e.named {
		delete(d.open, e.key)
	}
	d.flights.land(e)
	d.ledger.end(&e.tab, how)
	e.state, e.how = over, how
	if how != endAnswered {
		e.why = why
	}
	d.ended = append(d.ended, e)
	if d.observed {
		e.ended = d.endOf(now, e)
	}
	for _, f := range e.followers { // whoever had another wish has left
		d.share(now, f, e)
	}
	e.followers = nil
}

// endOf is what observers see of an end.
func (d *admission) endOf(now time.Duration, e *entry) *Ended {
	end := &Ended{Asker: e.key.asker, Turn: e.key.n, Index: e.key.index, Outcome: e.how, Why: e.why, Attempts: e.attempts,
		Wait: now - e.came, Usage: e.usage, Load: d.load(now), Billed: e.billed, CostUSD: e.tab.cost.dollars(), Shared: e.leader != nil && e.how == endAnswered}
	if failed, ok := e.value.(Failed); ok && e.how == endFailed {
		end.Kind = failed.Kind
	}
	if no, ok := e.value.(Rejected); ok {
		end.Reason = no.Reason
	}
	if e.attempts > 0 {
		end.Wait, end.Took = e.began-e.came, now-e.began
	}
	if e.how == endAnswered {
		end.Model, end.ID, end.Finish, end.FirstToken = e.reply.Model, e.reply.ID, e.reply.Finish, e.reply.FirstToken
	}
	if d.content {
		end.Content = &Content{Request: e.request}
		end.Content.Reply, _ = e.value.(Reply)
	}
	return end
}
