package polis

import (
	"context"
	"errors"
	"fmt"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/journal"
)

// Host joins several processes in which one society lives; package cluster has one. Each process starts the same society
// with the same Config, but for a Host of its own, and only those actors live there that the Host says do.
type Host interface {
	// Open is called once, before any actor lives, with the engine on which those of this process will, with what waits
	// until every turn that is committed by then is kept, and with what takes the events that the observers of other
	// processes see.
	Open(e *engine.Engine, kept func(context.Context) error, tell func(event any))
	// Here says whether the actor of that name lives in this process.
	Here(actor string) bool
	// Way leads to an actor of another process. It is asked for actors of the society only.
	Way(actor string) engine.Away
	// Over gives, at most once, why the society is to end here: another process is lost or has failed. nil says that it has
	// come to its end where the world lives.
	Over() <-chan error
	// Settle ends the society in all processes. failed is why it ends before its end, stop ends the actors of this process,
	// and own then gives what is known of them here. Where the world lives, it gives what the others know; the error says
	// what of that is missing.
	Settle(failed error, stop func(), own func() Share) ([]Share, error)
}

// Share is what one process of several knows of a run when its actors have stopped.
type Share struct {
	Heads    []journal.Head // of its agents
	Faults   Faults
	Marks    map[string]int
	Said     map[string]int
	Judged   map[string]int
	Messages Account
	Left     []string // actors and jobs that were left behind
	Failed   string   // why it did not come to its end here; "": it did
}

// here says whether an actor lives in this process.
func (r *Running) here(actor string) bool { return r.cfg.Host == nil || r.cfg.Host.Here(actor) }

// locator finds the actors of other processes, for the engine; nil: there are none.
func (r *Running) locator() func(name string) engine.Away {
	host := r.cfg.Host
	if host == nil {
		return nil
	}
	known := map[string]bool{environment.Name: true}
	for i := range r.society.Agents {
		known[actors.ActorName(r.society.Agents[i].Name)] = true
	}
	for name := range r.society.Services {
		known[actors.ServiceName(name)] = true
	}
	for name := range r.society.Models {
		known[actors.ServiceName(name)] = true
	}
	return func(name string) engine.Away {
		if !known[name] || host.Here(name) {
			return nil // there is none, or it has stopped
		}
		return host.Way(name)
	}
}

// kept waits until every turn that is committed is kept, too.
func (r *Running) kept(ctx context.Context) error {
	if w := r.recorder.Writer; w != nil {
		return w.Settle(ctx)
	}
	return nil
}

// elsewhere tells that the society is to end because of another process; nil: there is none.
func (r *Running) elsewhere() <-chan error {
	if r.cfg.Host == nil {
		return nil
	}
	return r.cfg.Host.Over()
}

// settle ends the society, in the other processes too. left is what did not end here.
func (r *Running) settle() (others []Share, left error) {
	if r.cfg.Host == nil {
		return nil, r.stop()
	}
	others, err := r.cfg.Host.Settle(r.err, func() { left = r.stop() }, func() Share { return r.share(left) })
	for i := range others {
		if s := &others[i]; s.Failed != "" && r.err == nil {
			err = errors.Join(err, errors.New(s.Failed))
		}
	}
	r.err = errors.Join(r.err, err)
	return others, left
}

// retell takes an event of another process: it is counted there.
func (r *Running) retell(event any) {
	r.watch.Lock()
	defer r.watch.Unlock()
	if !r.note(event) {
		r.show(event)
	}
}

// share is what is known here of a society that lives elsewhere, too.
func (r *Running) share(left error) Share {
	a := r.engine.Account()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Share{Heads: r.heads(), Faults: r.faults, Marks: r.marks, Said: r.said, Judged: r.judged, Messages: accountOf(a)}
	if left != nil {
		s.Left = []string{left.Error()}
	}
	if r.err != nil {
		s.Failed = r.err.Error()
	}
	return s
}

// heads are the ends of the chains of the agents that live here and have stopped. r.mu is held.
func (r *Running) heads() (heads []journal.Head) {
	for _, m := range r.agents {
		if m.gone() { // else its host is still being written
			heads = append(heads, actors.HeadOf(m.host))
		}
	}
	return heads
}

// add puts what is known in another process to what is known here.
func (rep *Report) add(s *Share) {
	f, of := &rep.Faults, s.Faults
	for _, n := range []struct {
		sum *int
		of  int
	}{{&f.Crashes, of.Crashes}, {&f.Restarts, of.Restarts}, {&f.Quarantined, of.Quarantined}, {&f.Missed, of.Missed},
		{&f.Abandoned, of.Abandoned}, {&f.Forgot, of.Forgot}, {&f.Clocked, of.Clocked}} {
		*n.sum += n.of
	}
	for act, n := range s.Said {
		rep.Said[act] += n
	}
	for verdict, n := range s.Judged {
		rep.Judged[verdict] += n
	}
	for mark, n := range s.Marks {
		rep.Marks[mark] += n
	}
	m, o := &rep.Messages, s.Messages
	m.Sent, m.Handled, m.Refused, m.Dead, m.Quarantined = m.Sent+o.Sent, m.Handled+o.Handled, m.Refused+o.Refused, m.Dead+o.Dead,
		m.Quarantined+o.Quarantined
	for _, left := range s.Left {
		rep.NotStopped = errors.Join(rep.NotStopped, errors.New(left))
	}
	rep.Reproducible = rep.Reproducible && s.Faults.Clocked == 0 && s.Faults.Abandoned == 0 && len(s.Left) == 0 && s.Failed == ""
}

// checkHost says what of a configuration makes no sense in several processes.
func (c *Config) checkHost() error {
	if c.Host != nil && c.Pace == environment.Realtime {
		return fmt.Errorf("polis: pace %q with a Host: its processes have no clock in common; accepted are %s, %s and %s",
			c.Pace, environment.Rounds, environment.Sequential, environment.Simulated)
	}
	return nil
}
