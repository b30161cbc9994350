package commitment

import (
	"slices"
	"time"
)

// Commitment is that of a debtor to a creditor: if the antecedent holds, the consequent will.
type Commitment struct {
	ID               string // where it was said and to whom: the same for every observer. Never another's
	Debtor, Creditor string
	Conversation     string        // the context
	Protocol         string        // in which it was made; "": none
	Content          any           // what it is about: of the agree or the proposal, else of what was asked for
	Standing         bool          // it is for more than one time: each is a commitment of its own
	Of               string        // the ID of the standing one that this is an instance of; ""
	Lapses           time.Duration // the deadline of the antecedent; 0: none
	Due              time.Duration // the deadline of the consequent; 0: none. It counts once the commitment is detached
	State            State
	Owed             bool     // it has been detached at some time
	History          []Change // the first is its creation. When it grows too long some after that are left out

	echoes    []string // the reply-with of what was asked, proposed, accepted: answers may name one of them
	needs     need     // what of the antecedent is missing
	held      bool     // a bid that was accepted for the time being
	deal      string
	dateless  bool          // a proposal that did not say until when it could be accepted
	accepted  time.Duration // when the proposal was
	before    State         // of Pending
	since     time.Duration // Pending since
	instances int
	risen     bool // the condition of a standing one held when it was last heard of
	place     int  // in the queue of deadlines; -1: it is not in there
}

// need is what of an antecedent does not hold yet.
type need uint8

const (
	acceptance need = 1 << iota
	condition
	closing // of an auction: the request that completes the deal
)

// Change is a step in the life of a commitment.
type Change struct {
	ID               string
	By               Event
	From, To         State
	At               time.Duration // since the start of the society: of a deadline, the deadline itself
	Debtor, Creditor string        // after the change
	Where            string        // of the message that made it; "": a fact or the clock did
	Fact             string        // its name; ""
	Why              string        // a code: of a failure, a refusal, a rejection; "outbid", "replaced", "iterated", "cancelled", "not-understood"
}

// historyLength bounds the history of one commitment.
const historyLength = 32

func (c *Commitment) note(ch Change) {
	if len(c.History) >= historyLength {
		c.History = slices.Delete(c.History, 1, 2)
	}
	c.History = append(c.History, ch)
}

// copied is one that its reader may keep.
func (c *Commitment) copied() Commitment {
	d := *c
	d.History = slices.Clone(c.History)
	return d
}

// deadline is the one that counts now; ok is false when there is none.
func (c *Commitment) deadline() (at time.Duration, ok bool) {
	switch {
	case c.State == Conditional && c.Lapses > 0:
		return c.Lapses, true
	case c.State == Detached && c.Due > 0:
		return c.Due, true
	}
	return 0, false
}

// echoed says whether an in-reply-to names one of these.
func echoed(echoes []string, inReplyTo string) bool {
	return inReplyTo != "" && slices.Contains(echoes, inReplyTo)
}

// answers says whether a message with this in-reply-to may be about what has these: it names one, or none, or there are none.
func answers(echoes []string, inReplyTo string) bool {
	return inReplyTo == "" || len(echoes) == 0 || slices.Contains(echoes, inReplyTo)
}

// echoable are the values of reply-with that there are.
func echoable(all ...string) (some []string) {
	for _, s := range all {
		if s != "" && !slices.Contains(some, s) {
			some = append(some, s)
		}
	}
	return some
}
