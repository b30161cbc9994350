package actors

import (
	"context"
	"time"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/norm"
)

// Behavior is what an agent does when something reaches it. Receive runs on the agent's own mailbox, one event at a
// time, and must not block: slow work goes through Turn.Ask or Turn.Do. It is a function of its state, the event and
// the Turn alone: no clock, no other source of chance, no goroutine. An event is read-only.
//
// The events are a closed set: Started, Percept, Outcome, *protocol.Message, Undelivered, Answer, Result, Timer and
// Stopping.
type Behavior interface {
	Receive(t *Turn, event any) error
}

// BehaviorFunc is a Behavior without state.
type BehaviorFunc func(t *Turn, event any) error

// Receive calls f.
func (f BehaviorFunc) Receive(t *Turn, event any) error { return f(t, event) }

// Stateless says that a function has no memory: nothing needs to be kept for its recovery.
func (f BehaviorFunc) Stateless() {}

// Keeper is a behavior that hands over its memory and takes it back, so that a new life need not go through all
// events again. One without it is rebuilt from the events since it started, up to the recovery log's limit; beyond
// that it restarts empty.
type Keeper = journal.Keeper

// Stateless marks a behavior, or a rule, without memory: nothing is kept for its recovery.
type Stateless interface{ Stateless() }

// Worker is a behavior with slow work of its own. Work runs off the mailbox, on a goroutine of its own, and may block
// until ctx ends: at the job's limit, on Turn.Cancel, or when the agent stops. It must touch only what is in its
// input: the behavior goes on meanwhile. Chance comes from Rand(ctx). A job may run more than once; its result is
// taken once.
type Worker interface {
	Work(ctx context.Context, job string, input any) (any, error)
}

// Limiter is a Worker that says how long a job may take. 0 stands for the society's limit. It is asked in the turn that
// wants the job, which fails with it.
type Limiter interface {
	Limit(job string) time.Duration
}

func init() {
	Payload[protocol.Text]("text")
	Payload[protocol.Expression]("protocol.expression")
	Payload[protocol.Done]("protocol.done")
	Payload[protocol.Truth]("protocol.truth")
	Payload[protocol.Reason]("protocol.reason")
	Payload[protocol.Note]("protocol.note")
	Payload[protocol.Embedded]("protocol.embedded")
	Payload[norm.Motion]("norm.Motion")
	Payload[norm.Vote]("norm.Vote")
	Payload[norm.Violation]("norm.Violation")
	Payload[norm.Penalty]("norm.Penalty")
}

// Payload registers a type under a name, so that its values may be asked, answered, said, or passed to jobs.
// Percepts and actions are registered by environment.Define and AddAction.
func Payload[T any](name string) { journal.Register[T](name) }
