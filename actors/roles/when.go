package roles

import (
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

const requestWhen = "fipa-request-when"

// Watcher does what others request by fipa-request-when: once, when something has become true. T is the type of what is requested,
// the condition with it, a registered payload.
type Watcher[T any] struct {
	// Agree says whether the agent will do it; an error refuses, with its reason. nil: it agrees to all.
	Agree func(t *actors.Turn, from string, task T) error
	// Holds says whether the condition is true. It is asked at the end of every turn of the agent, that in which it agrees among
	// them, when its deliberation has seen what happened (see Desk.Conclude); it must not send, act or change anything. An error says that it can not become true any
	// more, or that it can not be done any more: the task has failed.
	Holds func(t *actors.Turn, task Task[T]) (bool, error)
	// Perform does it. ErrLater: it has begun, and the agent says later what came of it (Desk.Done, Desk.Failed).
	Perform func(t *actors.Turn, task Task[T]) (value any, err error)
	// Stop stops what has begun, when the other side cancels it; an error says that it cannot be stopped. nil: nothing that has
	// begun can be.
	Stop func(t *actors.Turn, task Task[T]) error
}

// AddWatcher lets the agent do what others request once something has become true.
func AddWatcher[T any](d *Desk, w Watcher[T]) {
	p := watcherPart[T]{d, w, len(d.parts)}
	d.Add(Terms{Protocol: requestWhen, Role: interaction.Participant, About: contentName[T]()}, p)
	d.watchers = append(d.watchers, p)
}

// watcher is a part that waits for something to become true.
type watcher interface{ look(t *actors.Turn) error }

// watcherPart is a Watcher as a Part.
type watcherPart[T any] struct {
	desk *Desk
	of   Watcher[T]
	part int
}

// Take answers a request.
func (p watcherPart[T]) Take(t *actors.Turn, s *Session, e Event) error {
	if e.Message == nil || e.Message.Act != protocol.RequestWhen || e.Change.Final {
		return nil
	}
	task, ok := e.Message.Content.(T)
	if !ok {
		return s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: "unrecognised-value"})
	}
	if p.of.Agree != nil {
		if err := p.of.Agree(t, s.Peer(), task); err != nil {
			return s.Say(t, protocol.Refuse, reasonOf(err, "refused"))
		}
	}
	return s.Say(t, protocol.Agree, nil) // the condition is looked at when the turn ends
}

// Cancel stops what has begun, if that can be.
func (p watcherPart[T]) Cancel(t *actors.Turn, s *Session) error {
	task, _ := s.Call().(T)
	return stopped(s, "WORKING", p.of.Stop != nil, func() error { return p.of.Stop(t, Task[T]{s.At(), task}) })
}

// look does what may be done now.
func (p watcherPart[T]) look(t *actors.Turn) error {
	for _, s := range p.desk.sessionsOf(p.part) {
		if s.State() != "ARMED" {
			continue
		}
		if err := p.try(t, s); err != nil {
			return err
		}
	}
	return nil
}

// try does what was asked for if the condition holds.
func (p watcherPart[T]) try(t *actors.Turn, s *Session) error {
	what, _ := s.Call().(T)
	task := Task[T]{s.At(), what}
	holds, err := p.of.Holds(t, task)
	switch {
	case err != nil:
		return s.Say(t, protocol.Failure, reasonOf(err, "impossible"))
	case !holds:
		return nil
	}
	if err := s.Report(t, "condition"); err != nil || s.gone {
		return err
	}
	value, err := p.of.Perform(t, task)
	return deliver(t, s, value, err)
}

// Arranger requests things to be done once something has become true, by fipa-request-when.
type Arranger[T any] struct{ desk *Desk }

// AddArranger lets the agent request things to be done once something has become true. ended is told how each request ended; nil:
// nobody is. What has not been done when the protocol's wait "lease" is over is cancelled.
func AddArranger[T any](d *Desk, ended func(*actors.Turn, Ended[T]) error) *Arranger[T] {
	addOpener(d, requestWhen, ended)
	return &Arranger[T]{d}
}

// When asks an agent to do something once what the task says has become true. within is how long it has to agree. It gives the
// conversation.
func (a *Arranger[T]) When(t *actors.Turn, task T, within time.Duration, to string) (conversation string, err error) {
	return a.desk.Open(t, requestWhen, protocol.RequestWhen, task, within, to)
}
