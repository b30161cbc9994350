package audit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/polis-agents/polis/journal"
)

// Names of actors and kinds of turns, see docs/journal.md.
const (
	world    = "world"
	annalist = "society"
	agents   = "agents/"
)

// what an open effect is.
type what uint8

const (
	anAct what = iota
	aPercept
	anOutcome
	aMessage
	anAsk
	aJob
	aTimer
)

// String is the word for it.
func (w what) String() string {
	return [...]string{"act", "percept", "outcome", "message", "ask", "job", "timer"}[w]
}

// place of an effect, and of a message whom it is for.
type place struct {
	actor string
	n     uint64
	index int
	to    string
}

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.actor, o.actor), cmp.Compare(p.n, o.n), cmp.Compare(p.index, o.index), cmp.Compare(p.to, o.to))
}

// open is an effect that nothing has come of yet.
type open struct {
	what  what
	text  []byte        // that its event must have
	step  uint64        // in which it was wanted
	name  string        // of service or job
	due   time.Duration // of a timer
	after int           // of an act: so often its agent has perceived since
}

// person is what is known of an actor.
type person struct {
	head     journal.Head
	started  bool          // it has had its first event
	saw      uint64        // the step in which it perceived last
	now      time.Duration // when that was
	stopping uint64        // the step of its last event; 0: it has had none
	left     uint64        // the turn in which it wanted to stop; 0: none
	stopped  bool          // supervision has ended it
	acts     []place       // open ones
}

// books are kept while a journal is read.
type books struct {
	audit  Audit
	actors map[string]*person
	open   map[place]*open
	opened uint64 // the newest step in which somebody perceives
	said   said
}

func newBooks() *books {
	return &books{actors: map[string]*person{}, open: map[place]*open{}}
}

// find notes something that is wrong.
func (b *books) find(actor string, n uint64, effect int, format string, args ...any) {
	if b.audit.Found++; len(b.audit.Findings) < maxFindings {
		b.audit.Findings = append(b.audit.Findings, Finding{actor, n, effect, fmt.Sprintf(format, args...)})
	}
}

func (b *books) wrong(e *journal.Entry, format string, args ...any) {
	b.find(e.Actor, e.N, -1, format, args...)
}

// take reads one turn.
func (b *books) take(e *journal.Entry) {
	b.audit.Entries++
	p := b.person(e.Actor)
	if !b.chain(e, p) {
		return
	}
	switch {
	case e.Actor == world:
		b.audit.Turns++
		b.worldTurn(e)
	case strings.HasPrefix(e.Actor, agents):
		b.audit.Turns++
		b.agentTurn(e, p)
	case e.Actor == annalist:
		b.societyTurn(e)
	}
	b.audit.Open = max(b.audit.Open, len(b.open))
}

// person finds an actor.
func (b *books) person(name string) *person {
	p := b.actors[name]
	if p == nil {
		p = &person{}
		b.actors[name] = p
	}
	return p
}

// chain says whether a turn is the next of its actor. One that is not is not looked at any further.
func (b *books) chain(e *journal.Entry, p *person) bool {
	next := p.head.Count + 1
	if e.N < next {
		b.wrong(e, "it is there twice")
		return false
	}
	if e.N > next {
		b.wrong(e, "it follows turn %d: %d are missing", p.head.Count, e.N-next)
	} else if e.Digest != e.Sum(p.head.Digest) {
		if json.Valid(e.Payload) && json.Valid(e.Effects) {
			b.wrong(e, "it is altered: its digest is not that of its content and of the turn before")
		} else {
			b.wrong(e, "it is torn: what is written is no JSON")
		}
	}
	p.head = journal.Head{Actor: e.Actor, Digest: e.Digest, Count: e.N}
	if cause := b.actors[e.Cause.Actor]; e.Cause.N > 0 && (cause == nil || e.Cause.N > cause.head.Count || e.Cause.Actor == e.Actor && e.Cause.N >= e.N) {
		b.wrong(e, "it is caused by turn %d of %s, which is not there", e.Cause.N, e.Cause.Actor)
	}
	return true
}

// meet takes the effect that a turn is about, and compares it with the event. nil: there is none, which is told.
func (b *books) meet(e *journal.Entry, of what, to string, event []byte) *open {
	at := place{e.Cause.Actor, e.Cause.N, e.Cause.Index, to}
	o := b.open[at]
	switch {
	case o == nil || o.what != of:
		b.wrong(e, "it is about effect %d of turn %d of %s, which is no %s for %s that nobody has handled", e.Cause.Index, e.Cause.N, e.Cause.Actor, of, e.Actor)
		return nil
	case o.text != nil && event != nil && !bytes.Equal(o.text, event):
		b.wrong(e, "the %s of %s is not the one that was sent: %.80q, sent %.80q", of, e.Cause.Actor, event, o.text)
	}
	delete(b.open, at)
	return o
}

// flow of a kind of effect.
func (b *books) flow(of what) *Flow {
	switch of {
	case anAct:
		return &b.audit.Actions.Flow
	case aPercept:
		return &b.audit.Percepts
	case anOutcome:
		return &b.audit.Outcomes
	case aMessage:
		return &b.audit.Messages
	case anAsk:
		return &b.audit.Asks
	}
	return &Flow{} // jobs and timers are an actor's own
}

// handled counts what a turn is about; set aside, it was quarantined.
func (b *books) handled(of what, setAside bool) {
	if f := b.flow(of); setAside {
		f.Quarantined++
	} else {
		f.Handled++
	}
}

// want keeps an effect in mind.
func (b *books) want(e *journal.Entry, index int, to string, o *open) {
	o.step = e.Step
	at := place{e.Actor, e.N, index, to}
	if b.open[at] != nil {
		b.find(e.Actor, e.N, index, "it is for %s twice", to)
		return
	}
	b.open[at] = o
	b.flow(o.what).Sent++
}
