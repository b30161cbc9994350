package roles

import (
	"errors"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

const request = "fipa-request"

// Server does what others request by fipa-request. T is the type of what is requested, a registered payload.
type Server[T any] struct {
	// Agree says whether the agent will do it; an error refuses, with its reason. nil: it agrees to all.
	Agree func(t *actors.Turn, from string, task T) error
	// Perform does it. ErrLater: it has begun, and the agent says later what came of it.
	Perform func(t *actors.Turn, task Task[T]) (value any, err error)
	// Stop stops what has begun, when the other side cancels it; an error says that it cannot be stopped. nil: nothing can be.
	Stop func(t *actors.Turn, task Task[T]) error
}

// Task is something that an agent has agreed to do.
type Task[T any] struct {
	At   // what Desk.Done and Desk.Failed are told
	What T
}

// AddServer lets the agent do what others request.
func AddServer[T any](d *Desk, s Server[T]) {
	d.Add(Terms{Protocol: request, Role: interaction.Participant, About: contentName[T]()}, serverPart[T]{s})
}

// serverPart is a Server as a Part.
type serverPart[T any] struct{ of Server[T] }

func (p serverPart[T]) Take(t *actors.Turn, s *Session, e Event) error { return p.of.take(t, s, e) }

// Cancel stops what has begun, if that can be.
func (p serverPart[T]) Cancel(t *actors.Turn, s *Session) error {
	task, _ := s.Call().(T)
	return stopped(s, "WORKING", p.of.Stop != nil, func() error { return p.of.Stop(t, Task[T]{s.At(), task}) })
}

// stopped says whether what is cancelled has stopped: nothing has begun before a state, from then on it depends on the agent.
func stopped(s *Session, begun string, can bool, stop func() error) error {
	switch {
	case !strings.HasSuffix(s.State(), begun):
		return nil
	case !can:
		return errUnstoppable
	}
	return stop()
}

var errUnstoppable = errors.New("it has begun, and cannot be stopped")

func (r Server[T]) take(t *actors.Turn, s *Session, e Event) error {
	if e.Message == nil || e.Message.Act != protocol.Request || e.Change.Final {
		return nil
	}
	task, ok := e.Message.Content.(T)
	if !ok {
		return s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: "unrecognised-value"})
	}
	if r.Agree != nil {
		if err := r.Agree(t, s.Peer(), task); err != nil {
			return s.Say(t, protocol.Refuse, reasonOf(err, "refused"))
		}
	}
	value, err := r.Perform(t, Task[T]{s.At(), task})
	if errors.Is(err, ErrLater) {
		return s.Say(t, protocol.Agree, nil)
	}
	return deliver(t, s, value, err)
}

// Client requests things of others by fipa-request.
type Client[T any] struct {
	desk *Desk
}

// AddClient lets the agent request things. ended is told how each request ended; nil: nobody is.
func AddClient[T any](d *Desk, ended func(*actors.Turn, Ended[T]) error) *Client[T] {
	addOpener(d, request, ended)
	return &Client[T]{d}
}

// Request asks an agent to do something. It gives the conversation.
func (c *Client[T]) Request(t *actors.Turn, task T, within time.Duration, to string) (conversation string, err error) {
	return c.desk.Open(t, request, protocol.Request, task, within, to)
}
