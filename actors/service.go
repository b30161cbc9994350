package actors

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// Service answers what agents ask by its name. Serve runs off the mailbox, many at a time; ctx ends at the asker's
// limit, or when the asker has cancelled or stopped. Services are not part of the run hash: what they answered is, with the asker.
type Service interface {
	Serve(ctx context.Context, r Request) (any, error)
}

// ServiceFunc is a Service without state.
type ServiceFunc func(ctx context.Context, r Request) (any, error)

// Serve calls f.
func (f ServiceFunc) Serve(ctx context.Context, r Request) (any, error) { return f(ctx, r) }

// Request is what an agent asks.
type Request struct {
	Asker string
	ID    ID // of the ask: the same when it is asked again
	Value any
	Rand  *rand.Rand // drawn from (seed, agent, id)
}

// ServiceName is, for package polis, the name of a service's actor.
func ServiceName(service string) string { return servicePrefix + service }

// overloaded is the answer of a service that has too much to do.
const overloaded = "busy: too many requests are open"

// NewService makes, for package polis, the actor of a service. It has at most limit requests open (0: 256) and refuses
// the rest with an answer.
func NewService(s Service, limit int) func() engine.Actor {
	if limit <= 0 {
		limit = 256
	}
	return func() engine.Actor {
		return &serving{service: s, limit: limit, open: make(map[asked]context.CancelFunc)}
	}
}

// asked names an ask among all agents.
type asked struct {
	asker string
	id    ID
}

type serving struct {
	service Service
	limit   int
	open    map[asked]context.CancelFunc
}

// served comes back from the work on a request.
type served struct {
	to     *engine.Ref
	key    asked
	answer *wire.Answer // nil: it would come too late
}

// Receive starts the work on a request and passes its answer on.
func (s *serving) Receive(c *engine.Context, msg any) error {
	switch m := msg.(type) {
	case *wire.Ask:
		s.serve(c, m)
	case served:
		if _, open := s.open[m.key]; open {
			delete(s.open, m.key)
			if m.answer != nil {
				// An asker that has stopped needs no answer. One whose mailbox is full waits until its own limit. Either
				// refusal is counted.
				_ = c.Send(m.to, m.answer, 1)
			}
		}
	case *wire.CancelAsk:
		key := asked{m.Asker, ID{m.N, m.Index}}
		if cancel, open := s.open[key]; open {
			delete(s.open, key)
			cancel()
		}
	case engine.Stopping:
		for _, cancel := range s.open {
			cancel()
		}
	}
	return nil
}

// serve works on a request until the asker's limit. What has not come by then is no answer: the asker tells itself so.
func (s *serving) serve(c *engine.Context, m *wire.Ask) {
	to, key := c.Sender(), asked{m.Asker, ID{m.N, m.Index}}
	if len(s.open) >= s.limit {
		_ = c.Send(to, &wire.Answer{N: m.N, Index: m.Index, Error: overloaded}, 1)
		return
	}
	r := Request{Asker: m.Asker, ID: key.id, Value: m.Request, Rand: chance.New(m.Seed, m.Asker, m.N)}
	s.open[key] = c.Go("request of "+m.Asker, m.Limit,
		func(ctx context.Context) (any, error) {
			v, err := s.service.Serve(ctx, r)
			switch {
			case ctx.Err() != nil:
				return nil, ctx.Err()
			case err != nil:
				return &wire.Answer{N: m.N, Index: m.Index, Value: v, Error: err.Error()}, nil
			}
			return &wire.Answer{N: m.N, Index: m.Index, Value: v}, nil
		},
		func(v any, err error) any {
			answer, _ := v.(*wire.Answer)
			if err != nil && !errors.Is(err, context.DeadlineExceeded) { // it panicked
				answer = &wire.Answer{N: m.N, Index: m.Index, Error: err.Error()}
			}
			return served{to, key, answer}
		})
}
