package polis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/audit"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/supervision"
)

// annalist is the actor whose turns tell what no other actor's turn shows. It is outside of the run hash.
const annalist = "society"

// annals are the society's own turns. Its methods are called with Running.watch held.
type annals struct {
	recorder *journal.Recorder
	n        uint64
	digest   journal.Digest
	now      time.Duration // of the round that ended last
	lost     chan error    // why a turn could not be kept: the first
}

// add commits one more turn. What cannot be kept must not go on.
func (a *annals) add(kind string, write func([]byte) ([]byte, error)) {
	d := journal.NewDraft(annalist, a.n+1, kind, a.now, 0, journal.Cause{})
	switch kind {
	case kindForked, kindResumed: // before anything else is done
		d.Lasting()
	}
	err := d.Event(write)
	if err == nil {
		var digest journal.Digest
		if digest, err = a.recorder.Commit(d, a.digest); err == nil {
			a.n, a.digest = a.n+1, digest
			return
		}
	}
	select {
	case a.lost <- err:
	default:
	}
}

// unwritten says whether the journal is free for a new run.
func unwritten(ctx context.Context, cfg *Config) error {
	if cfg.Journal == nil || cfg.Host != nil && !cfg.Host.Here(environment.Name) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.patience()) // one that is cancelled has a report, too
	defer cancel()
	for _, err := range cfg.Journal.Turns(ctx, annalist, 0) {
		if err != nil {
			return fmt.Errorf("polis: the journal cannot be read: %w", err)
		}
		return fmt.Errorf("polis: %w: the journal holds a run already; accepted is an empty one", journal.ErrConflict)
	}
	return nil
}

// failed gives why a turn could not be kept.
func (a *annals) failed() <-chan error {
	if a == nil {
		return nil
	}
	return a.lost
}

// note writes an event down, if its kind is one that a record keeps. again: it is there already, from before the run was
// taken up again, and was told then.
func (r *Running) note(event any) (again bool) {
	if r.annals == nil {
		return false
	}
	if r.recalled.told(event) {
		return true
	}
	kind, form := r.written(event)
	if form == nil {
		return false
	}
	if e, ok := event.(environment.RoundEnded); ok {
		r.annals.now = e.Now
		r.annals.add(kind, func(b []byte) ([]byte, error) { return appendRound(b, &e) })
	} else {
		r.annals.add(kind, func(b []byte) ([]byte, error) { return journal.AppendCanonical(b, form) })
	}
	return false
}

// written is the form of an event of the closed set; nil: it is in some actor's turn, or nobody misses it.
func (r *Running) written(event any) (kind string, form any) {
	switch e := event.(type) {
	case environment.RoundEnded:
		return kindRoundEnded, e
	case environment.Missed:
		return kindMissed, writtenMissed{clean(e.Agent), e.Late, clean(e.Phase), e.Round}
	case environment.Hurried:
		return kindHurried, writtenHurried{clean(e.Phase), e.Round}
	case environment.Unkept:
		return kindUnkept, writtenUnkept{"", e.Round, clean(e.Why)}
	case environment.Restored:
		return kindRestored, writtenRestored{clean(e.Phase), e.Redone, e.Round, int64(e.Stood), e.Turn}
	case actors.Unkept:
		return kindUnkept, writtenUnkept{clean(e.Agent), 0, clean(e.Why)}
	case actors.Forgot:
		return kindForgot, writtenForgot{clean(e.Agent)}
	case actors.Clocked:
		return kindClocked, writtenClocked{clean(e.Agent), clean(e.What)}
	case actors.Unruled:
		return kindUnruled, writtenUnruled{clean(e.From), clean(e.To), clean(e.Why)}
	case Failed:
		return kindFailed, failedForm(e)
	case Blocked:
		return kindBlocked, writtenBlocked{e.Actor, int64(e.Held)}
	case Abandoned:
		return kindAbandoned, writtenAbandoned{e.Actor, clean(e.Job)}
	case Intervened:
		w := writtenIntervened{Agent: e.Agent, Phase: e.Phase, Round: e.Round, What: e.What}
		if e.What == DidJoin {
			r.mu.Lock()
			if m := r.member(e.Agent); m != nil {
				w.Decides, w.Mind = clean(r.society.Decider(*m.Agent)), clean(m.Mind)
			}
			r.mu.Unlock()
		}
		return kindIntervened, w
	case llmadapter.Ended:
		return kindRequestEnded, r.requestForm(e)
	}
	return "", nil
}

// requestForm is the end of a request with what the account of its adapter has of requests that have ended, so that what was
// paid is known after a kill: requests that have not are in the record as those without an answer.
func (r *Running) requestForm(e llmadapter.Ended) writtenRequest {
	account, spent := r.recalled.models[e.Service], Spending{}
	if a := r.adapters[e.Service]; a != nil {
		s := a.Statement()
		account.Add(s.All)
		spent = r.recalled.spending[e.Service].with(s.Askers, s.Models)
	}
	return writtenRequest{
		Account: account, Spent: spent, Asker: clean(e.Asker), Attempts: e.Attempts, Index: e.Index, Input: e.Usage.Input, Kind: string(e.Kind),
		Outcome: e.Outcome, Output: e.Usage.Output, Reason: clean(string(e.Reason)), Service: clean(e.Service), Took: int64(e.Took), Turn: e.Turn, Wait: int64(e.Wait), Why: clean(e.Why),
	}
}

func failedForm(e Failed) writtenFailed {
	f := e.Decision.Cause()
	w := writtenFailed{Actor: f.Actor, Attempt: f.Attempt, Decision: e.Decision.Name(), Error: clean(fmt.Sprint(f.Err)),
		Event: f.Event, Turn: f.Turn, Wanted: errors.Is(f.Err, supervision.ErrStop)}
	var adopted *supervision.Escalated
	w.Adopted = errors.As(f.Err, &adopted)
	switch d := e.Decision.(type) {
	case supervision.Restart:
		w.After, w.Scope = int64(d.After), int(d.Scope)
	case supervision.Quarantine:
		w.After, w.Scope = int64(d.After), int(d.Scope)
	case supervision.Stop:
		w.Reason, w.Quarantined = clean(d.Reason), d.Quarantined
	}
	return w
}

// openAnnals begins the annals, or goes on with those of a run that is taken up again.
func (r *Running) openAnnals() {
	if r.annals == nil {
		return
	}
	r.annals.recorder = r.recorder
	r.recollect()
	switch {
	case r.annals.n == 0:
		r.beginning(kindBegun, 0)
	case r.past.forked > 0:
		r.recalled.over = nil // that was the other run
		r.beginning(kindForked, r.past.forked)
	case r.recalled.over == nil:
		r.resumed(r.past.world.Round(), r.past.asked())
	}
	if len(r.recalled.begun) > 0 { // there was something before
		r.watch.Lock()
		defer r.watch.Unlock()
		r.show(Resumed{Round: r.past.world.Round(), Again: r.recalled.again, Versions: versions()})
	}
}

// beginning writes the first turn of a record, or that a fork begins here with round from.
func (r *Running) beginning(kind string, from int) {
	deciders := make(map[string]string, len(r.society.Agents))
	for _, a := range r.society.Agents {
		deciders[a.Name] = clean(r.society.Decider(a))
	}
	services := []string{}
	for name := range r.society.Services {
		services = append(services, clean(name))
	}
	for name := range r.society.Models {
		services = append(services, clean(name))
	}
	slices.Sort(services)
	w := writtenBegun{Config: r.society.configuration(&r.cfg), Deciders: deciders, From: from, Origin: r.origin(), Services: services, Versions: versions()}
	r.watch.Lock()
	defer r.watch.Unlock()
	r.annals.add(kind, func(b []byte) ([]byte, error) { return journal.AppendCanonical(b, w) })
}

func (r *Running) origin() json.RawMessage {
	if len(r.cfg.Origin) == 0 {
		return json.RawMessage("null")
	}
	return r.cfg.Origin
}

// recount takes the account of a run that was taken up again from the journal: what former processes counted is lost with
// them.
func (r *Running) recount() {
	if r.past == nil || r.annals == nil {
		return
	}
	ctx := context.Background()
	if w := r.recorder.Writer; w != nil {
		settled, cancel := context.WithTimeout(ctx, r.patience())
		defer cancel()
		if w.Settle(settled) != nil {
			return // the run has failed, and says so
		}
	}
	a, err := audit.Read(ctx, r.cfg.Journal.Read(ctx, 0))
	if err != nil {
		r.err = errors.Join(r.err, fmt.Errorf("polis: what was sent cannot be counted: %w", err))
		return
	}
	r.result.Messages = Account(a.Account)
}

// conclude writes the last turn: that the society has come to its end, or what has cut it off.
func (r *Running) conclude() {
	if r.annals == nil || r.recalled.over != nil {
		return
	}
	rep := r.result
	w := writtenEnd{
		Decided: rep.DecidedBy, Faults: rep.Faults, Hash: rep.Hash, Marks: rep.Marks, Said: rep.Said, Judged: rep.Judged, Messages: rep.Messages, Models: rep.Models, Spent: rep.Spending, NotStopped: rep.NotStopped != nil,
		Reproducible: rep.Reproducible && r.err == nil, Rounds: rep.Rounds, Wall: int64(rep.Wall),
	}
	kind := kindEnded
	if r.err != nil {
		kind, w.Why = kindInterrupted, clean(firstLine(r.err))
	}
	r.watch.Lock()
	defer r.watch.Unlock()
	r.annals.add(kind, func(b []byte) ([]byte, error) { return journal.AppendCanonical(b, w) })
	select {
	case err := <-r.annals.lost:
		if r.err == nil {
			r.err = err
		}
	default:
	}
}

// versions of what wrote a record.
func versions() map[string]string {
	v := map[string]string{"go": runtime.Version(), "record": "1"}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(slices.Clone(info.Deps), &info.Main) {
			if m.Path == "github.com/polis-agents/polis" && m.Version != "" {
				v["polis"] = m.Version
			}
		}
	}
	return v
}

// clean makes text from anywhere fit for the record.
func clean(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// firstLine of an error: without a stack.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
