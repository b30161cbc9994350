package commitment

import (
	"fmt"
	"slices"
)

// Tally counts the commitments of a debtor. Made = Satisfied + Violated + Expired + Terminated + those that are open; what
// was delegated counts for who owes it in the end, as made, too. Standing ones are not counted, their instances are.
type Tally struct {
	Made       int `json:"made"`
	Owed       int `json:"owed"`      // of them those that have been detached
	Satisfied  int `json:"satisfied"` // also those that were not owed
	Kept       int `json:"kept"`      // satisfied when they were owed
	Violated   int `json:"violated"`
	Expired    int `json:"expired"`
	Terminated int `json:"terminated"`
}

// Open is how many have not ended.
func (t Tally) Open() int { return t.Made - t.Satisfied - t.Violated - t.Expired - t.Terminated }

// Add is both together.
func (t Tally) Add(u Tally) Tally {
	return Tally{t.Made + u.Made, t.Owed + u.Owed, t.Satisfied + u.Satisfied, t.Kept + u.Kept, t.Violated + u.Violated,
		t.Expired + u.Expired, t.Terminated + u.Terminated}
}

// Tallies are those of all debtors so far, of commitments that are no longer known too.
func (o *Observer) Tallies() map[string]Tally {
	all := make(map[string]Tally, len(o.tallies))
	for name, t := range o.tallies {
		all[name] = *t
	}
	return all
}

func (o *Observer) tally(c *Commitment) *Tally {
	if c.Standing {
		return &Tally{}
	}
	if o.tallies[c.Debtor] == nil {
		o.tallies[c.Debtor] = &Tally{}
	}
	return o.tallies[c.Debtor]
}

// create takes a new commitment; false: it is known already, or too many are open.
func (o *Observer) create(c *Commitment, cause Change) bool {
	if c.Debtor == c.Creditor || o.byID[c.ID] != nil { // choice: nobody owes himself
		return false
	}
	if o.open >= o.cfg.Open {
		o.losses.Refused++
		return false
	}
	c.place = -1
	if _, ok := c.Content.(Conditioned); ok {
		if c.Of == "" {
			c.needs |= condition
		}
	}
	c.State = Conditional
	if c.needs == 0 && !c.Standing {
		c.State = Detached
		o.detached(c)
	}
	o.byID[c.ID] = c
	o.open++
	o.index(c)
	t := o.tally(c)
	t.Made++
	if c.Owed {
		t.Owed++
	}
	o.schedule(c)
	o.report(c, Create, Null, cause)
	return true
}

// detached sets what counts from now on.
func (o *Observer) detached(c *Commitment) {
	c.Owed, c.held = true, false
	if d, ok := c.Content.(Dated); ok {
		c.Due = d.Due()
	}
	if c.Due <= 0 && o.cfg.Result > 0 {
		c.Due = o.now + o.cfg.Result
	}
}

// report tells of a change.
func (o *Observer) report(c *Commitment, by Event, from State, cause Change) {
	cause.ID, cause.By, cause.From, cause.To, cause.Debtor, cause.Creditor = c.ID, by, from, c.State, c.Debtor, c.Creditor
	if cause.At == 0 {
		cause.At = o.now
	}
	c.note(cause)
	o.changes = append(o.changes, cause)
}

// move lets an event happen to a commitment, if the life cycle has it.
func (o *Observer) move(c *Commitment, by Event, cause Change) {
	if c.State == Pending && by != Suspend {
		o.reactivate(c, cause)
	}
	to, ok := after(c.State, by)
	if !ok {
		return
	}
	from := c.State
	if by == Suspend {
		c.before, c.since = from, o.now
	}
	c.State = to
	if by == Detach {
		o.detached(c)
		o.tally(c).Owed++
		o.unbid(c)
	}
	o.report(c, by, from, cause)
	if to.Terminal() {
		o.end(c)
	} else {
		o.schedule(c)
	}
}

// reactivate brings a commitment back to where it was, with what its deadlines had left.
func (o *Observer) reactivate(c *Commitment, cause Change) {
	if c.State != Pending {
		return
	}
	rested := o.now - c.since
	if c.Lapses > 0 {
		c.Lapses += rested
	}
	if c.Due > 0 {
		c.Due += rested
	}
	c.State = c.before
	o.report(c, Reactivate, Pending, cause)
	o.schedule(c)
}

// transfer gives a commitment another debtor or creditor.
func (o *Observer) transfer(c *Commitment, by Event, debtor, creditor string, cause Change) {
	if _, ok := after(c.State, by); !ok || debtor == creditor || debtor == c.Debtor && creditor == c.Creditor {
		return
	}
	o.unindex(c)
	if by == Delegate {
		t := o.tally(c)
		t.Made--
		if c.Owed {
			t.Owed--
		}
		c.Debtor = debtor
		t = o.tally(c)
		t.Made++
		if c.Owed {
			t.Owed++
		}
	}
	c.Creditor = creditor
	o.index(c)
	o.report(c, by, c.State, cause)
}

// end takes a commitment out of those that are open.
func (o *Observer) end(c *Commitment) {
	o.unindex(c)
	o.open--
	o.schedule(c)
	t := o.tally(c)
	switch c.State {
	case Satisfied:
		t.Satisfied++
		if c.Owed {
			t.Kept++
		}
	case Violated:
		t.Violated++
	case Expired:
		t.Expired++
	default:
		t.Terminated++
	}
	if o.cfg.Over != nil {
		o.cfg.Over(c.copied())
	}
	switch {
	case o.cfg.Ended < 0:
		o.drop(c)
	case len(o.ended) < o.cfg.Ended:
		o.ended = append(o.ended, c)
	default:
		o.drop(o.ended[o.oldest])
		o.ended[o.oldest] = c
		o.oldest = (o.oldest + 1) % len(o.ended)
	}
}

func (o *Observer) drop(c *Commitment) {
	delete(o.byID, c.ID)
	o.losses.Dropped++
}

// index puts an open commitment where it is looked for.
func (o *Observer) index(c *Commitment) {
	for _, p := range c.pairs() {
		o.bound[p] = append(o.bound[p], c)
	}
	if _, ok := c.Content.(Undertaking); ok {
		if o.judged[c.Debtor] == nil {
			o.judged[c.Debtor] = map[string]*Commitment{}
		}
		o.judged[c.Debtor][c.ID] = c
	}
	if _, ok := c.Content.(Conditioned); ok && (c.Standing || c.needs&condition != 0) {
		o.awaiting[c.ID] = c
	}
	if c.held {
		parties := [2]string{c.Debtor, c.Creditor}
		o.bids[parties] = append(o.bids[parties], c)
	}
}

// unindex takes it out again.
func (o *Observer) unindex(c *Commitment) {
	for _, p := range c.pairs() {
		take(o.bound, p, c)
		o.settle(p)
	}
	if of := o.judged[c.Debtor]; of != nil {
		if delete(of, c.ID); len(of) == 0 {
			delete(o.judged, c.Debtor)
		}
	}
	delete(o.awaiting, c.ID)
	o.unbid(c)
}

// settle forgets cancels between two who have nothing open any more.
func (o *Observer) settle(p pair) {
	r := p.reversed()
	if o.bound[p] == nil && o.bound[r] == nil && o.asks.known[p] == nil && o.asks.known[r] == nil {
		delete(o.cancels, p)
		delete(o.cancels, r)
	}
}

// unbid forgets that a bid is held.
func (o *Observer) unbid(c *Commitment) { take(o.bids, [2]string{c.Debtor, c.Creditor}, c) }

// pairs are the conversations in which it can be spoken of.
func (c *Commitment) pairs() []pair {
	all := []pair{{c.Conversation, c.Debtor, c.Creditor}}
	if c.deal != "" && c.deal != c.Conversation {
		all = append(all, pair{c.deal, c.Debtor, c.Creditor})
	}
	return all
}

func take[K comparable](from map[K][]*Commitment, key K, c *Commitment) {
	all := from[key]
	if i := slices.Index(all, c); i >= 0 {
		all = slices.Delete(all, i, i+1)
	}
	if len(all) == 0 {
		delete(from, key)
		return
	}
	from[key] = all
}

// instance makes one of a standing commitment.
func (o *Observer) instance(c *Commitment, cause Change) *Commitment {
	c.instances++
	i := &Commitment{ID: fmt.Sprintf("%s#%d", c.ID, c.instances), Of: c.ID, Debtor: c.Debtor, Creditor: c.Creditor,
		Conversation: c.Conversation, Protocol: c.Protocol, Content: c.Content, echoes: c.echoes}
	if !o.create(i, cause) {
		return nil
	}
	return i
}
