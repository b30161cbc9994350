package actors

import (
	"cmp"
	"slices"
	"time"

	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// agenda is what an agent has to handle in its present phase, in this order: that it started; outcomes of its last
// actions; messages that did not arrive; timers due; messages sent to it, by sender, turn and index; the percept; and
// then the answers and results it is waiting for, in the order they were asked for.
//
// The position moves when a turn is committed, never before: a new life goes on with the event the old one failed at.
type agenda struct {
	delivery *wire.Delivery // nil: between phases
	seat     int
	step     uint64
	round    int
	phase    string
	now      time.Duration
	part     part
	at       int
	quiet    bool    // nobody may speak
	last     bool    // the society ends: what comes now is too late
	extra    *extra  // rare parts
	single   *queued // realtime: what came by itself
}

type part uint8

const (
	partOutcomes part = iota
	partUndelivered
	partTimers
	partLetters
	partPercept
	partAnswers
)

// extra holds the parts of an agenda that most phases do not have.
type extra struct {
	undelivered []comeback
	timers      []timer
	letters     []*wire.Letter
}

// begin puts a delivery on the agenda. What it says is copied, since the delivery goes back when the phase is done.
func (g *agenda) begin(v *wire.Delivery) {
	*g = agenda{delivery: v, seat: v.Seat, step: v.Step, round: v.Round, phase: v.Phase, now: v.Now, last: v.Last, quiet: v.Quiet}
}

// next is the event to be handled now.
func (g *agenda) next(a *agent) (queued, bool) {
	if !a.started {
		return queued{event: Started{}, kind: kindStarted}, true
	}
	if g.single != nil {
		return *g.single, true
	}
	if g.delivery == nil {
		return a.readyAnswer()
	}
	for ; ; g.part, g.at = g.part+1, 0 {
		switch g.part {
		case partOutcomes:
			if g.at < len(g.delivery.Outcomes) {
				o := &g.delivery.Outcomes[g.at]
				return queued{o.Event, kindOutcome, worldCause(o), 1}, true
			}
		case partUndelivered:
			if g.extra != nil && g.at < len(g.extra.undelivered) {
				return undeliveredEvent(a, g.extra.undelivered[g.at]), true
			}
		case partTimers:
			if g.extra != nil && g.at < len(g.extra.timers) {
				return timerEvent(a, g.extra.timers[g.at].id), true
			}
		case partLetters:
			if g.extra != nil && g.at < len(g.extra.letters) {
				return letterEvent(g.extra.letters[g.at]), true
			}
		case partPercept:
			if g.at > 0 {
				continue
			}
			if g.delivery.Last && !a.ended {
				return queued{event: Stopping{}, kind: kindStopping}, true
			}
			if p := &g.delivery.Percept; p.Event != nil {
				return queued{p.Event, kindPercept, worldCause(p), 1}, true
			}
		default:
			return a.readyAnswer()
		}
	}
}

// done moves on, when the turn about next is committed or its event quarantined.
func (g *agenda) done(a *agent) {
	if g.part == partPercept && g.delivery != nil && g.delivery.Last && a.started {
		a.ended = true
	}
	if !a.started {
		a.started = true
		return
	}
	if g.single != nil {
		g.single = nil
		return
	}
	if g.delivery == nil || g.part == partAnswers {
		a.closeAnswer()
		return
	}
	g.at++
}

// weight of what is left, for the account of an agent that stops half-way.
func (g *agenda) weight(a *agent) (n int) {
	for {
		q, ok := g.next(a)
		if !ok {
			return n
		}
		n += q.weight
		g.done(a)
	}
}

// cancel takes a timer that is due off the agenda.
func (g *agenda) cancel(id ID) {
	if g.extra == nil || g.part > partTimers {
		return
	}
	from := 0 // those before have been handled
	if g.part == partTimers {
		from = g.at
	}
	if i := slices.IndexFunc(g.extra.timers, func(t timer) bool { return t.id == id }); i >= from {
		g.extra.timers = slices.Delete(g.extra.timers, i, i+1)
	}
}

func worldCause(c *wire.Caused) journal.Cause {
	return journal.Cause{Actor: "world", N: c.N, Index: c.Index}
}

func letterEvent(l *wire.Letter) queued {
	return queued{l.Message.(*protocol.Message), kindMessage,
		journal.Cause{Actor: ActorName(l.Sender), N: l.N, Index: l.Index}, 1}
}

func undeliveredEvent(a *agent, u comeback) queued {
	return queued{event: u.Undelivered, kind: kindUndelivered, cause: journal.Cause{Actor: a.actor, N: u.id.Turn, Index: u.id.Index}}
}

func timerEvent(a *agent, id ID) queued {
	return queued{event: Timer{ID: id}, kind: kindTimer, cause: journal.Cause{Actor: a.actor, N: id.Turn, Index: id.Index}}
}

func sortLetters(letters []*wire.Letter) {
	slices.SortFunc(letters, byLetter)
}

// byLetter is the order in which letters of one step are seen.
func byLetter(x, y *wire.Letter) int {
	return cmp.Or(cmp.Compare(x.Sender, y.Sender), cmp.Compare(x.N, y.N), cmp.Compare(x.Index, y.Index))
}
