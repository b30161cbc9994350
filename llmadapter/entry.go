package llmadapter

import (
	"context"
	"time"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/internal/engine"
)

// askID names an ask among all askers.
type askID struct {
	asker string
	n     uint64
	index int
}

// state is where an entry is.
type state uint8

const (
	held      state = iota // nowhere: it comes, or its attempt has just ended
	waiting                // in the queue
	pausing                // until it may be tried again
	out                    // its call is
	following              // the call of another is to answer it
	over                   // it has come to its end; its call may still be out
)

// How requests end, in the words of Ended.Outcome.
const (
	endAnswered  = "answered"
	endRejected  = "rejected"
	endFailed    = "failed"
	endCancelled = "cancelled"
)

// entry is one request, from its arrival to its end. Times are since the adapter began.
type entry struct {
	key     askID
	request Request
	seed    uint64 // of the ask
	to      recipient
	named   bool // it is found by its key

	number   uint64 // in the order of arrival
	came     time.Duration
	deadline time.Duration
	began    time.Duration // its first attempt
	started  time.Duration // its last attempt
	state    state

	due   time.Duration // see alarms
	alarm int           // place among them; -1: none
	share *share        // of the queue, in which it waits; nil: it does not
	place int           // in that; -1: none
	asker *asker        // who was charged for its call that is out; nil: nobody
	cost  float64       // what was charged
	bytes int           // of its prompt
	held  amounts       // of the limits a minute, for its call that is out

	flight    flight   // what it has in common with those that may share its call
	followers []*entry // those that do
	leader    *entry   // whose call is to answer it

	call     uint64 // number of the last attempt among all of the adapter
	beside   int    // calls that were out when it began, itself included
	attempts int
	counted  int   // attempts that count against the most there may be
	unsent   int   // attempts of which nothing was sent
	billed   int   // attempts that may have been billed without an answer
	form     int   // of the last attempt, in Forms
	tried    uint8 // forms that were found invalid, as bits
	probe    bool  // this attempt asks whether the endpoint is there
	overdue  bool  // this attempt has come to its own limit
	second   bool  // it was tried again although it was billed
	last     *Error
	usage    Tokens
	tab      tab             // see ledger
	sent     Request         // by the attempt: only its caller reads it
	ctx      context.Context // of the attempt
	cancel   context.CancelCauseFunc

	how   string // it ended
	value any    // of the answer: Reply, Rejected or Failed
	reply answered
	why   string // it is none
	ended *Ended // nil: nobody wants to see it
}

// answered is what observers see of an answer beside its content.
type answered struct {
	ID         string
	Model      string
	Finish     Finish
	FirstToken time.Duration
}

// recipient is who gets the answer: an actor, or a request from outside of actors.
type recipient struct {
	ref    *engine.Ref // nil: from outside
	caller engine.Caller
}

// gone says that nobody waits there any more.
func (r recipient) gone() bool { return r.ref != nil && r.ref.Stopped() }

// luck is uniform in [0, 1): a function of the ask and of the attempt, so that whoever waits, waits differently, and the
// same when all is repeated.
func (e *entry) luck() float64 { return chance.Float(e.seed, "llmadapter", e.call) }

// mayRepeat says whether a request that failed so may be sent again, as far as money goes. What may have been answered,
// and so billed, without anybody having seen it is only repeated for those who said so. An answer that began and cannot
// be used was billed for sure; it is asked for once more, since a second bill is the only way to have one.
func (e *entry) mayRepeat(err *Error) bool {
	switch err.Kind {
	case RateLimited, Overloaded, Transient, Unreachable:
		return true
	case Broken, Truncated, Stalled, Malformed:
		if err.Fate == Unsent || e.request.Repeatable {
			return true
		}
		if err.Fate == Settled && err.Kind != Broken && !e.second {
			e.second = true
			return true
		}
	}
	return false
}
