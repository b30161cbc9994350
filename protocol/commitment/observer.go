package commitment

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"
	"time"
)

// Config bounds what an Observer keeps. The zero value is useful.
type Config struct {
	Open   int              // commitments that are open at once; 0: 100 000. One more is not taken, and counted
	Ended  int              // the newest that have ended, for queries; 0: 1024, less than 0: none
	Asked  int              // requests without an answer; 0: 100 000. The oldest is forgotten, and counted
	Stated int              // the newest statements; 0: 1024, less than 0: none
	Accept time.Duration    // how long a proposal without a reply-by can be accepted; 0: as long as it is not rejected
	Result time.Duration    // how long after it is detached a commitment without a deadline is to be kept; 0: it has none
	Over   func(Commitment) // told of each that has ended, once, when its last change is made; nil: nobody is
	Prompt time.Duration    // how soon after an acceptance a failure "expired" answers it at once; 0: 1 s, less than 0: at the same moment
	Deal   time.Duration    // how long after the end of an English auction its closing request may come; 0: as long as it takes
}

// pair is two agents in a conversation, in one direction: debtor and creditor, or who asks and who is asked.
type pair struct{ conversation, from, to string }

// reversed is the other direction.
func (p pair) reversed() pair { return pair{p.conversation, p.to, p.from} }

// Observer derives commitments from messages, facts and the clock. It is told in the order of time: what is told with an
// earlier time than what was told before counts as simultaneous with that.
type Observer struct {
	cfg Config
	now time.Duration

	byID      map[string]*Commitment // open, and those that have ended and are still known
	open      int
	bound     map[pair][]*Commitment            // open, by debtor and creditor
	judged    map[string]map[string]*Commitment // open, whose content is an Undertaking: by debtor, by ID
	awaiting  map[string]*Commitment            // open, whose condition is a fact to come: by ID
	bids      map[[2]string][]*Commitment       // held in an auction, by bidder and auctioneer
	deadlines queue
	ended     []*Commitment // a ring
	oldest    int
	asks      asked
	cancels   map[pair]string // by who cancels and who is to: the reply-with of the cancel
	stated    []Statement     // a ring
	first     int
	tallies   map[string]*Tally
	losses    Losses
	changes   []Change // of the call in progress
}

// Losses counts what an Observer did not keep because of its bounds.
type Losses struct {
	Refused   int // commitments that were not taken: too many were open
	Forgotten int // requests that had no answer yet
	Dropped   int // commitments that had ended
}

// Losses are those so far.
func (o *Observer) Losses() Losses { return o.losses }

// New makes an Observer that has heard nothing.
func New(cfg Config) *Observer {
	for _, d := range []struct {
		value    *int
		standard int
	}{{&cfg.Open, 100_000}, {&cfg.Ended, 1024}, {&cfg.Asked, 100_000}, {&cfg.Stated, 1024}} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if cfg.Prompt == 0 {
		cfg.Prompt = time.Second
	}
	cfg.Prompt = max(cfg.Prompt, 0)
	return &Observer{cfg: cfg, byID: map[string]*Commitment{}, bound: map[pair][]*Commitment{}, judged: map[string]map[string]*Commitment{},
		awaiting: map[string]*Commitment{}, bids: map[[2]string][]*Commitment{}, asks: asked{known: map[pair]*ask{}},
		cancels: map[pair]string{}, tallies: map[string]*Tally{}}
}

// Advance says that it is now so late, and that all that was said and became so before is told: deadlines that have passed
// change what had one. A deadline of just now has not (FIPA leaves this open; choice: what happens at its moment is in time).
func (o *Observer) Advance(now time.Duration) []Change {
	o.begin(now)
	return o.changes
}

// begin takes the time of what is told, and starts a new list of changes.
func (o *Observer) begin(at time.Duration) {
	o.changes = nil
	o.now = max(o.now, at)
	for len(o.deadlines) > 0 {
		c := o.deadlines[0]
		d, _ := c.deadline()
		if d >= o.now {
			return
		}
		by := Lapse
		if c.State == Detached {
			by = Default
		}
		o.move(c, by, Change{At: d})
	}
}

// Next is the earliest deadline. It has passed when the time is later.
func (o *Observer) Next() (at time.Duration, ok bool) {
	if len(o.deadlines) == 0 {
		return 0, false
	}
	return o.deadlines[0].deadline()
}

// Fact tells what has become so in the world.
func (o *Observer) Fact(at time.Duration, f Fact) []Change {
	o.begin(at)
	cause := Change{Fact: f.Name}
	for _, c := range o.concerned(f) { // what is promised first: a fact that makes a promise bind does not keep it too
		switch c.Content.(Undertaking).Judge(c.Debtor, f) {
		case Holds:
			o.move(c, Discharge, cause)
		case Fails:
			if c.State == Detached {
				o.move(c, Default, cause)
			} else if c.State == Conditional && !c.Standing {
				o.move(c, Lapse, cause)
			}
		}
	}
	for _, c := range sorted(o.awaiting) {
		verdict := c.Content.(Conditioned).Holding(f)
		switch {
		case c.State != Conditional && !(c.State == Pending && c.Standing):
		case c.Standing:
			rose := verdict == Holds && !c.risen
			if verdict != Silent {
				c.risen = verdict == Holds
			}
			if rose && c.State == Conditional {
				o.instance(c, cause)
			}
		case verdict == Holds:
			o.meet(c, condition, cause)
		}
	}
	return o.changes
}

// concerned are the commitments that a fact may keep or break, by ID: its agent's, or where it is the world's, all.
func (o *Observer) concerned(f Fact) []*Commitment {
	if f.Agent != "" {
		return active(sorted(o.judged[f.Agent]))
	}
	var all []*Commitment
	for _, of := range o.judged {
		for _, c := range of {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, byID)
	return active(all)
}

// active leaves out those that rest, and those that stand for others.
func active(all []*Commitment) []*Commitment {
	return slices.DeleteFunc(all, func(c *Commitment) bool { return c.State == Pending || c.Standing })
}

func byID(a, b *Commitment) int { return strings.Compare(a.ID, b.ID) }

func sorted(all map[string]*Commitment) []*Commitment {
	some := make([]*Commitment, 0, len(all))
	for _, c := range all {
		some = append(some, c)
	}
	slices.SortFunc(some, byID)
	return some
}

// meet notes that a part of an antecedent holds; with the last the commitment is detached.
func (o *Observer) meet(c *Commitment, part need, cause Change) {
	if c.State != Conditional || c.Standing {
		return
	}
	if c.needs &^= part; c.needs == 0 {
		o.move(c, Detach, cause)
	}
	if part == condition {
		delete(o.awaiting, c.ID)
	}
}

// queue orders open commitments by deadline, then by ID.
type queue []*Commitment

// Len is how many have one.
func (q queue) Len() int { return len(q) }

// Less says whose is earlier.
func (q queue) Less(i, j int) bool {
	a, _ := q[i].deadline()
	b, _ := q[j].deadline()
	return cmp.Or(cmp.Compare(a, b), byID(q[i], q[j])) < 0
}

// Swap changes places.
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push takes one more.
func (q *queue) Push(x any) {
	c := x.(*Commitment)
	c.place = len(*q)
	*q = append(*q, c)
}

// Pop gives the last.
func (q *queue) Pop() any {
	last := len(*q) - 1
	c := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	c.place = -1
	return c
}

// schedule puts a commitment where its deadline belongs.
func (o *Observer) schedule(c *Commitment) {
	_, has := c.deadline()
	switch {
	case has && c.place < 0:
		heap.Push(&o.deadlines, c)
	case has:
		heap.Fix(&o.deadlines, c.place)
	case c.place >= 0:
		heap.Remove(&o.deadlines, c.place)
	}
}
