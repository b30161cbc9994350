package polis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/supervision"
)

// ErrNoRun says that a journal does not begin as that of a run does.
var ErrNoRun = errors.New("polis: the journal holds no run")

// Begun is what a record begins with, and again where a fork of it begins.
type Begun struct {
	From     int               // the first round of which this is said: 1, or of a fork the one after its past
	Config   []byte            // the configuration that is hashed, canonical JSON
	Origin   []byte            // Config.Origin, in canonical JSON; null: none
	Deciders map[string]string // who decides, by agent
	Services []string          // that can be asked, sorted
	Versions map[string]string // of what wrote the record: go, polis, record
}

// Resumed says that the run, which had been cut off, was taken up again here. Observers of a run that is taken up again, or
// forked, are told it when they have been shown what was before.
type Resumed struct {
	Round    int               // the one in progress
	Again    int               // requests that were out when it was cut off: they are sent again, and may be paid for twice
	Versions map[string]string // of what took it up
}

// Over says that the society has ended. The report has no World and no Interventions.
type Over struct {
	Why    string // what cut it off; "": it came to its own end
	Report Report
}

// Origin is what the caller of a run wanted to find again.
type Origin struct {
	From int    // the first round of which it holds: 1, or of a fork the one after its past
	Spec []byte // Config.Origin, in canonical JSON
}

// Origins are the origins of a run and, when it is a fork, of those it goes on from, oldest first. The error is
// ErrNoRun when the journal is not that of a society.
func Origins(ctx context.Context, store journal.Store) ([]Origin, error) {
	var all []Origin
	for e, err := range store.Turns(ctx, annalist, 0) {
		if err != nil {
			return nil, fmt.Errorf("polis: origins: %w", err)
		}
		if e.Kind != kindBegun && e.Kind != kindForked {
			if len(all) == 0 {
				break
			}
			continue
		}
		event, err := readTurn(&e)
		if err != nil {
			return nil, err
		}
		b := event.(Begun)
		all = append(all, Origin{From: b.From, Spec: b.Origin})
	}
	if len(all) == 0 {
		return nil, ErrNoRun
	}
	return all, nil
}

// ReadRecord yields what observers saw of a run, from its journal alone and in the order of its commit: the events of the
// closed set, without llmadapter.Asked, the loads of adapters and the stacks of Blocked; and Begun, Resumed and Over. What
// somebody said has the Go type of its content where that is registered, else it is json.RawMessage. An error ends it.
func ReadRecord(ctx context.Context, store journal.Store) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		var r reader
		for e, err := range store.Read(ctx, 0) {
			if err == nil {
				err = r.read(&e)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, event := range r.events {
				switch e := event.(type) {
				case requestEnded:
					event = e.Ended
				case resumed:
					event = e.Resumed
				}
				if !yield(event, nil) {
					return
				}
			}
		}
	}
}

// recollection is what the record says of a run before it was taken up again. It is written before anything lives.
type recollection struct {
	begun    []Begun
	over     *Over // it has come to its own end
	round    int   // that ended last
	resumes  int
	again    int // requests that were sent again
	hurried  bool
	models   map[string]llmadapter.Account // of each adapter: requests that have ended, and what those may have cost that were asked again
	spending map[string]Spending
	ended    map[string][]ended          // the newest requests of each agent that have come to their end
	missed   map[environment.Missed]bool // since that round
	failed   map[string]attempt          // the newest of world and agents
	aside    map[attempt]Failed          // events set aside of which it was not told yet
}

// attempt is one attempt at a turn.
type attempt struct {
	actor string // "": it does not matter
	turn  uint64
	n     int
}

func (a attempt) compare(b attempt) int {
	return cmp.Or(cmp.Compare(a.actor, b.actor), cmp.Compare(a.turn, b.turn))
}

// told says whether an event was told before the run was taken up again, and happens once more. Running.watch is held.
func (p *recollection) told(event any) bool {
	switch e := event.(type) {
	case environment.RoundEnded:
		return e.Round <= p.round
	case environment.Missed:
		again := p.missed[e]
		delete(p.missed, e)
		return again
	case Failed:
		f := e.Decision.Cause()
		last, ok := p.failed[f.Actor]
		return ok && f.Turn > 0 && (f.Turn < last.turn || f.Turn == last.turn && f.Attempt <= last.n)
	}
	return false
}

// recollect tells what was set aside and not told, since the run was killed in between.
func (r *Running) recollect() {
	for _, at := range slices.SortedFunc(maps.Keys(r.recalled.aside), attempt.compare) {
		r.tell(r.recalled.aside[at])
	}
}

// recall brings back, before anything lives, what an entry of the record tells of a run so far: faults, marks,
// interventions, what models cost, whether it can be repeated. The observer is shown it all again. The society's turns go
// on behind it.
func (r *Running) recall(e *journal.Entry, events []any) error {
	r.watch.Lock()
	defer r.watch.Unlock()
	if len(r.recalled.begun) == 0 && (e.Actor != annalist || e.Kind != kindBegun) {
		return ErrNoRun
	}
	if e.Actor == annalist && r.annals != nil {
		r.annals.n, r.annals.digest, r.annals.now = e.N, e.Digest, e.Logical
	}
	if e.Kind == kindQuarantined {
		if err := r.setAside(e); err != nil {
			return err
		}
	}
	for _, event := range events {
		r.remember(event)
		r.count(event)
		switch event := event.(type) {
		case Begun, resumed, Over:
		case requestEnded:
			r.show(event.Ended)
		default:
			r.show(event)
		}
	}
	return nil
}

// setAside notes a turn whose event was set aside, until supervision is known to have told of it.
func (r *Running) setAside(e *journal.Entry) error {
	q, err := quarantinedIn(e)
	if err != nil {
		return err
	}
	if last := r.recalled.failed[e.Actor]; last.turn != e.N || last.n < q.Attempts {
		put(&r.recalled.aside, attempt{actor: e.Actor, turn: e.N}, Failed{supervision.Quarantine{Failure: &supervision.Failure{
			Actor: e.Actor, Turn: e.N, Attempt: q.Attempts, Event: q.Kind, Err: errors.New(q.Error)}}})
	}
	return nil
}

// remember notes what has to be known of an event when the run goes on.
func (r *Running) remember(event any) {
	p := &r.recalled
	switch e := event.(type) {
	case Begun:
		p.begun, p.over = append(p.begun, e), nil
	case resumed:
		p.resumes++
		p.again += e.Again
		p.ended = nil // what has no answer was asked again, whether it had ended or not
		for _, c := range e.charged {
			p.charge(c)
		}
	case Over:
		if e.Why == "" {
			p.over = &e
		}
	case requestEnded:
		p.update(e.Service, e.account, e.spent)
		p.end(&e.Ended)
	case environment.RoundEnded:
		p.round, p.missed = e.Round, nil
		if r.annals != nil {
			r.annals.now = e.Now
		}
	case environment.Missed:
		put(&p.missed, e, true)
	case environment.Hurried:
		p.hurried = true
	case Failed:
		if f := e.Decision.Cause(); f.Actor == environment.Name || strings.HasPrefix(f.Actor, actors.ActorName("")) {
			delete(p.aside, attempt{actor: f.Actor, turn: f.Turn})
			put(&p.failed, f.Actor, attempt{turn: f.Turn, n: f.Attempt})
		}
	}
}

func put[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}

// resumed writes down that the run was taken up again in a round, and which requests are sent again.
func (r *Running) resumed(round int, open map[string][]actors.Asked) {
	if r.annals == nil {
		return
	}
	r.watch.Lock()
	defer r.watch.Unlock()
	w := writtenResumed{Charged: r.charges(open), Round: round, Versions: versions()}
	for _, asked := range open {
		w.Again += len(asked)
	}
	r.recalled.resumes++
	r.recalled.again += w.Again
	for _, c := range w.Charged {
		r.recalled.charge(c)
	}
	r.annals.add(kindResumed, func(b []byte) ([]byte, error) { return journal.AppendCanonical(b, w) })
}
