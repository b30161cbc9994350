package commitment

import (
	"slices"
	"time"

	"github.com/polis-agents/polis/protocol"
)

// The protocols in which acts mean something else than elsewhere.
const (
	english = "fipa-auction-english"
	dutch   = "fipa-auction-dutch"
)

// expired is the code of a failure that answers an acceptance which has come too late.
const expired = "expired"

// hearing is a message on its way to one receiver.
type hearing struct {
	m     *protocol.Message
	to    string
	pair  pair // from the sender to the receiver
	cause Change
}

// Hear tells what an agent has said, when, and where it is written down: where names the place of no other message, such
// as "kate/12/0", and becomes part of the identity of the commitments that follow.
//
// What a message means does not depend on whether its protocol allows it (that is what a monitor knows): the life cycle
// moves along its rows, or not at all.
func (o *Observer) Hear(at time.Duration, where string, m *protocol.Message) []Change {
	o.begin(at)
	o.state(where, m)
	for _, to := range m.Receivers {
		if to == m.Sender {
			continue
		}
		h := hearing{m, to, pair{m.Conversation, m.Sender, to}, Change{Where: where}}
		switch m.Act {
		case protocol.Refuse, protocol.Failure, protocol.NotUnderstood, protocol.RejectProposal:
			h.cause.Why = protocol.KindOf(m.Content)
		}
		o.hear(&h)
	}
	return o.changes
}

// hear is the table of the acts.
func (o *Observer) hear(h *hearing) {
	switch h.m.Act {
	case protocol.Request, protocol.RequestWhen, protocol.RequestWhenever, protocol.Subscribe, protocol.QueryIf, protocol.QueryRef, protocol.Proxy:
		o.ask(h)
	case protocol.Agree:
		o.agree(h)
	case protocol.Propose:
		o.propose(h)
	case protocol.AcceptProposal:
		o.accept(h)
	case protocol.RejectProposal:
		o.reject(h)
	case protocol.CFP:
		o.call(h)
	case protocol.Refuse:
		o.refuse(h)
	case protocol.Failure:
		o.fail(h)
	case protocol.Inform:
		o.inform(h)
	case protocol.Cancel:
		if h.m.Conversation == "" { // the cancel meta-protocol is one of conversations
			return
		}
		if o.bound[h.pair] != nil || o.bound[h.pair.reversed()] != nil || o.asks.known[h.pair] != nil {
			o.cancels[h.pair] = h.m.ReplyWith
		}
	case protocol.NotUnderstood:
		o.misunderstand(h)
	}
}

// ask notes what was asked for. It commits nobody.
func (o *Observer) ask(h *hearing) {
	if h.m.Act == protocol.Request && o.close(h) {
		return
	}
	from := []string{h.m.Sender}
	if len(h.m.ReplyTo) > 0 { // who is to get the replies is who is promised something (choice:)
		from = h.m.ReplyTo
	}
	for _, asker := range from {
		q := &ask{pair: pair{h.m.Conversation, asker, h.to}, act: h.m.Act, asker: h.m.Sender, content: h.m.Content, echo: h.m.ReplyWith, by: h.m.ReplyBy}
		lost := o.asks.add(q, o.cfg.Asked)
		o.losses.Forgotten += len(lost)
		for _, p := range lost {
			o.settle(p)
		}
	}
}

// question is the open request that a message answers; nil: none. One that comes after the reply-by answers none (choice:
// the asker has stopped waiting, so it is promised nothing).
func (o *Observer) question(h *hearing) *ask {
	q := o.asks.known[h.pair.reversed()]
	if q == nil || !answers(echoable(q.echo), h.m.InReplyTo) || q.by > 0 && o.now > q.by {
		return nil
	}
	return q
}

func (o *Observer) answered(q *ask) {
	o.asks.remove(q.pair)
	o.settle(q.pair)
}

// agree makes the sender owe what it was asked for. After a proposal it is an acceptance, and the sender owes the same
// (choice: FIPA has no agreement of both sides; what only one side is to do is accepted, not agreed to).
func (o *Observer) agree(h *hearing) {
	if q := o.question(h); q != nil {
		o.answered(q)
		if d, ok := q.content.(Delegated); ok {
			old := pair{d.about(h.m.Conversation), q.asker, d.Creditor}
			for _, c := range slices.Clone(o.bound[old]) {
				o.transfer(c, Delegate, h.m.Sender, c.Creditor, h.cause)
			}
			return
		}
		o.create(o.promise(h, q.act, q.content, q.echo), h.cause)
		return
	}
	if c := o.proposal(h); c != nil {
		o.create(o.promise(h, h.m.Act, c.Content, c.echoes...), h.cause)
		o.accepted(c, h)
	}
}

// promise is a commitment of the sender to the receiver. Its own content counts if that says anything about the world.
func (o *Observer) promise(h *hearing, asked protocol.Act, content any, echoes ...string) *Commitment {
	switch h.m.Content.(type) {
	case Undertaking, Conditioned, Dated:
		content = h.m.Content
	}
	c := &Commitment{ID: h.cause.Where + ">" + h.to, Debtor: h.m.Sender, Creditor: h.to, Conversation: h.m.Conversation, Protocol: h.m.Protocol,
		Content: content, echoes: echoable(append(echoes, h.m.ReplyWith)...)}
	switch asked {
	case protocol.RequestWhenever, protocol.Subscribe:
		c.Standing = true
	case protocol.RequestWhen:
		c.needs = condition // also one that only the debtor can judge
	}
	return c
}

// propose offers something for acceptance. It takes the place of an earlier proposal that was not accepted (choice:).
func (o *Observer) propose(h *hearing) {
	for _, c := range o.offers(h.pair) {
		o.move(c, Release, h.cause.why("replaced"))
	}
	c := o.promise(h, protocol.Propose, h.m.Content)
	c.needs, c.Lapses = acceptance, h.m.ReplyBy
	if h.m.Protocol == english {
		c.needs |= closing
	}
	if c.Lapses <= 0 && o.cfg.Accept > 0 {
		c.Lapses = o.now + o.cfg.Accept
	}
	c.dateless = c.Lapses <= 0
	if c.Lapses > 0 && c.Lapses < o.now { // it came too late to be accepted
		c.Lapses = o.now
	}
	o.create(c, h.cause)
}

// offers are the open proposals of a debtor to a creditor that were not accepted, oldest first.
func (o *Observer) offers(p pair) (all []*Commitment) {
	for _, c := range o.bound[p] {
		if c.needs&acceptance != 0 && (c.State == Conditional || c.State == Pending) {
			all = append(all, c)
		}
	}
	return all
}

// proposal is the one of the receiver's that a message answers; nil: none.
func (o *Observer) proposal(h *hearing) *Commitment {
	all := o.offers(h.pair.reversed())
	for _, c := range slices.Backward(all) {
		if answers(c.echoes, h.m.InReplyTo) {
			return c
		}
	}
	return nil
}

// accept accepts a proposal. In an English auction that only makes its maker the holder, and sets the former one free.
func (o *Observer) accept(h *hearing) {
	c := o.proposal(h)
	if c == nil {
		return
	}
	if c.needs&closing != 0 {
		var outbid []*Commitment
		for parties, held := range o.bids {
			if parties[1] == h.m.Sender {
				for _, other := range held {
					if other.Conversation == h.m.Conversation {
						outbid = append(outbid, other)
					}
				}
			}
		}
		slices.SortFunc(outbid, byID)
		for _, other := range outbid {
			o.move(other, Release, h.cause.why("outbid"))
		}
		c.held = true
		parties := [2]string{c.Debtor, c.Creditor}
		o.bids[parties] = append(o.bids[parties], c)
	}
	o.accepted(c, h)
}

// accepted notes the acceptance of a proposal.
func (o *Observer) accepted(c *Commitment, h *hearing) {
	if c.State == Pending {
		o.reactivate(c, h.cause)
	}
	c.echoes = echoable(append(c.echoes, h.m.ReplyWith)...)
	c.Lapses, c.accepted = 0, o.now // it was until when it could be accepted
	o.meet(c, acceptance, h.cause)
	o.schedule(c)
}

// reject frees the maker of a proposal that was not accepted. What was accepted only a Released frees: a rejection of a
// later proposal must not.
func (o *Observer) reject(h *hearing) {
	if c := o.proposal(h); c != nil {
		o.move(c, Release, h.cause)
	}
}

// call is a cfp. In a later round it is sent in place of an acceptance, so what was proposed before is void.
func (o *Observer) call(h *hearing) {
	for _, c := range o.offers(h.pair.reversed()) {
		o.move(c, Release, h.cause.why("iterated"))
	}
}

// close takes the request that closes an English auction: it is for the holder of a bid, has a conversation of its own, and
// names the bid in its in-reply-to, or is the only one it can be about (choice:). The deal settles the bid; it is no
// promise of its own.
func (o *Observer) close(h *hearing) bool {
	held := o.bids[[2]string{h.to, h.m.Sender}]
	var c *Commitment
	for _, bid := range held {
		if echoed(bid.echoes, h.m.InReplyTo) || h.m.InReplyTo == "" && len(held) == 1 {
			c = bid
		}
	}
	if c == nil {
		return false
	}
	if c.State == Pending {
		o.reactivate(c, h.cause)
	}
	o.unindex(c)
	c.deal, c.Lapses = h.m.Conversation, 0
	c.echoes = echoable(append(c.echoes, h.m.ReplyWith)...)
	o.index(c)
	o.meet(c, closing, h.cause)
	o.schedule(c)
	return true
}

// refuse ends a request, or declines a proposal. Of what its sender has promised it is a cancel.
func (o *Observer) refuse(h *hearing) {
	if q := o.question(h); q != nil {
		o.answered(q)
		return
	}
	if c := o.proposal(h); c != nil {
		o.move(c, Release, h.cause)
		return
	}
	o.giveUp(h)
}

// fail ends a request that was not agreed to. Of what its sender has promised it is a cancel (choice: so what was owed is
// violated, and what was not is terminated). As the answer to a cancel it changes nothing.
func (o *Observer) fail(h *hearing) {
	if o.answersCancel(h) {
		return
	}
	if q := o.question(h); q != nil {
		o.answered(q)
	}
	o.giveUp(h)
}

// giveUp cancels what the sender has promised the receiver in the conversation. A bidder that was made to wait too long is free.
func (o *Observer) giveUp(h *hearing) {
	for _, c := range slices.Clone(o.bound[h.pair]) {
		switch {
		case !answers(c.echoes, h.m.InReplyTo):
		case o.overdue(c, h):
			o.move(c, Release, h.cause)
		default:
			o.move(c, Cancel, h.cause)
		}
	}
}

// overdue says whether a failure "expired" tells that a proposal was accepted when its maker had stopped waiting (choice:). With a
// reply-by the clock knows: an acceptance after it detaches nothing, and of one before it no failure frees. Without, the maker
// alone knows how long it waits, so its word counts, but only as the first answer: said later it would be a way out of what it
// owes, and of an acceptance as prompt nobody can say that it was late. The close of an English auction is not an acceptance.
func (o *Observer) overdue(c *Commitment, h *hearing) bool {
	return h.m.Act == protocol.Failure && h.cause.Why == expired && c.State == Detached && c.dateless && c.deal == "" &&
		o.now-c.accepted <= o.cfg.Prompt && c.accepted-c.History[0].At > o.cfg.Prompt
}

// answersCancel says whether a message is the answer to a cancel of its receiver, which is then closed. A done or a failure
// without in-reply-to is (choice: as the protocols have it).
func (o *Observer) answersCancel(h *hearing) bool {
	with, open := o.cancels[h.pair.reversed()]
	plain := h.m.Act == protocol.Failure || h.m.Act == protocol.Inform && protocol.KindOf(h.m.Content) == protocol.Done{}.Kind()
	if !open || !(h.m.InReplyTo == with && with != "" || h.m.InReplyTo == "" && plain) {
		return false
	}
	delete(o.cancels, h.pair.reversed())
	return true
}

// misunderstand ends the session: what the two have promised each other in it is void. A bidder's costs it the round only,
// and as the answer to a cancel it says that the cancel failed.
func (o *Observer) misunderstand(h *hearing) {
	if h.m.InReplyTo != "" && o.answersCancel(h) || h.m.Protocol == english || h.m.Protocol == dutch {
		return
	}
	o.void(h, "not-understood")
}

// void sets both sides of a session free.
func (o *Observer) void(h *hearing, why string) {
	session := h.m.Conversation != "" // else there is only what is named
	for _, p := range []pair{h.pair, h.pair.reversed()} {
		if q := o.asks.known[p]; q != nil && (session || echoed(echoable(q.echo), h.m.InReplyTo)) {
			o.asks.remove(p)
		}
	}
	all := slices.Concat(o.bound[h.pair], o.bound[h.pair.reversed()])
	slices.SortFunc(all, byID)
	for _, c := range all {
		if session || echoed(c.echoes, h.m.InReplyTo) {
			o.move(c, Release, h.cause.why(why))
		}
	}
	o.settle(h.pair)
}

// why is the cause with a code, if it has none.
func (c Change) why(code string) Change {
	if c.Why == "" {
		c.Why = code
	}
	return c
}
