package commitment

import (
	"slices"

	"github.com/polis-agents/polis/protocol"
)

// inform is a report, the answer to a cancel, an operation on commitments, or mere talk.
func (o *Observer) inform(h *hearing) {
	switch content := h.m.Content.(type) {
	case Released:
		o.operate(h, content.Subject, func(c *Commitment) { o.move(c, Release, h.cause.why("released")) })
		return
	case Suspended:
		o.operate(h, content.Subject, func(c *Commitment) { o.move(c, Suspend, h.cause) })
		return
	case Reactivated:
		o.operate(h, content.Subject, func(c *Commitment) { o.reactivate(c, h.cause) })
		return
	case Assigned:
		o.operate(h, content.Subject, func(c *Commitment) {
			if content.To != "" {
				o.transfer(c, Assign, c.Debtor, content.To, h.cause)
			}
		})
		return
	}
	if o.answersCancel(h) {
		o.void(h, "cancelled")
		return
	}
	if kind := protocol.KindOf(h.m.Content); (h.m.Protocol == english || h.m.Protocol == dutch) && (kind == "end" || kind == "no-bids") {
		o.endAuction(h)
		return
	}
	o.reported(h)
}

// operate does something with what the receiver owes the sender.
func (o *Observer) operate(h *hearing, s Subject, do func(*Commitment)) {
	p := pair{s.about(h.m.Conversation), h.to, h.m.Sender}
	for _, c := range slices.Clone(o.bound[p]) {
		do(c)
	}
}

// endAuction sets free whose bid nobody accepted. The holder's waits for the closing request.
func (o *Observer) endAuction(h *hearing) {
	for _, c := range slices.Clone(o.bound[h.pair.reversed()]) {
		switch {
		case c.needs&acceptance != 0 && c.State != Detached:
			o.move(c, Release, h.cause.why("ended"))
		case c.held && c.State == Conditional && o.cfg.Deal > 0:
			c.Lapses = o.now + o.cfg.Deal
			o.schedule(c)
		}
	}
}

// reported is an inform that may say that what its sender owes is done. Inside a protocol every inform of a debtor does;
// elsewhere only one that says done, or names what it answers (choice: agents also talk).
func (o *Observer) reported(h *hearing) {
	says := h.m.Protocol != "" || protocol.KindOf(h.m.Content) == protocol.Done{}.Kind()
	var told, standing *Commitment
	for _, c := range o.bound[h.pair] {
		if _, world := c.Content.(Undertaking); world || !answers(c.echoes, h.m.InReplyTo) || !says && !echoed(c.echoes, h.m.InReplyTo) {
			continue // what is true in the world, the world says
		}
		switch {
		case c.Standing:
			standing = c
		case told == nil || told.State == Conditional && c.State == Detached:
			told = c // what is owed, before what is not; the oldest
		}
	}
	switch {
	case told != nil:
		o.move(told, Discharge, h.cause)
	case standing != nil && standing.awaited():
		// the debtor tells of a rise that the facts do not show: nothing was owed
	case standing != nil && standing.State == Conditional:
		o.once(standing, h)
	default:
		o.unasked(h, says)
	}
}

// awaited says that the instances of a standing commitment are made by facts.
func (c *Commitment) awaited() bool {
	_, facts := c.Content.(Conditioned)
	return facts
}

// once makes an instance of a standing commitment, and keeps it: a change that only the debtor sees is told by telling it.
func (o *Observer) once(standing *Commitment, h *hearing) {
	if i := o.instance(standing, h.cause); i != nil {
		o.move(i, Discharge, h.cause)
	}
}

// unasked is a result without an agree: it makes the commitment, and keeps it at once (choice:).
func (o *Observer) unasked(h *hearing, says bool) {
	q := o.question(h)
	if q == nil || !q.immediate() || !says && !echoed(echoable(q.echo), h.m.InReplyTo) {
		return
	}
	if _, transfer := q.content.(Delegated); transfer {
		return // it takes a word of one's own
	}
	c := o.promise(h, q.act, q.content, q.echo)
	if _, world := c.Content.(Undertaking); world {
		return
	}
	o.answered(q)
	if !o.create(c, h.cause) {
		return
	}
	if c.Standing {
		if !c.awaited() {
			o.once(c, h)
		}
		return
	}
	o.move(c, Discharge, h.cause)
}
