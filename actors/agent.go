package actors

import (
	"slices"
	"sync"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

const (
	agentPrefix   = "agents/"   // the actor of agent kate is "agents/kate"
	servicePrefix = "services/" // and that of service model "services/model"
)

// Setting is, for package polis, what the agents of one society share. It is not changed once agents live.
type Setting struct {
	Seed       uint64
	Definition *environment.Definition
	Pace       environment.Pace
	Recorder   *journal.Recorder
	Limit      time.Duration                              // for an ask or a job that has none of its own; 0: 60 s. Package polis: 9/10 of a phase's deadline
	MaySpeak   func(from, to string) bool                 // pure; called concurrently; a panic forbids. nil: all may speak to all
	May        func(m *protocol.Message, to string) error // likewise, of one message to one of its receivers; an error forbids, and says why
	Services   []string                                   // whose answers may decide in place of who usually decides, as environment.Config.Services counts them
	Overtake   bool                                       // realtime: a percept reaches an agent also while it thinks
	Clock      func() time.Duration                       // realtime: since the start; nil elsewhere
	Chaos      Chaos                                      // faults on purpose; nil: none
	Observe    func(event any)                            // sees Forgot, Clocked, Marked, Judged, Unkept, Unruled and environment.Missed; nil: nobody. Must not block
	Hear       func(Said)                                 // hears what is said; nil: nobody. Must not block
	Crashed    func(Crashed)                              // told when a turn fails because of a Crash; nil: nobody is. Must not block

	left *sync.Map // the step in which an agent stopped, by its name
}

// by is who decided an action, as wire.Act says it.
func (s *Setting) by(e *Effect) wire.By {
	switch e.Mark {
	case Fallback:
		return wire.ByRule
	case Substitute:
		if i := slices.Index(s.Services, e.By); i >= 0 {
			return wire.ByService + wire.By(i)
		}
	}
	return wire.AsUsual
}

// Wake is, for package polis, the message that lets an agent go on from its past, when all others are there: what it then
// does at once must find them, and the world in its place. To one without a past it says nothing.
type Wake struct{}

// Crash is, for package polis, the message that lets an agent's next turn panic at the first attempt.
type Crash struct{}

// Crashed is, for package polis, where that has happened.
type Crashed struct {
	Agent string
	Round int
	Phase string
}

// Chaos says, for package polis, whether an attempt at a turn is to panic on purpose, before or after the behavior ran.
type Chaos func(actor string, n uint64, attempt, attempts int) (before, after bool)

// NewHost makes, for package polis, the host of one agent, to be spawned under ActorName. newBehavior is called for
// every life and must give a new value each time.
func NewHost(name string, s *Setting, newBehavior func() Behavior) engine.Host {
	if s.left == nil {
		s.left = new(sync.Map)
	}
	return &agent{name: name, actor: ActorName(name), setting: s, newBehavior: newBehavior}
}

// ActorName is, for package polis, the name of an agent's actor.
func ActorName(agent string) string { return agentPrefix + agent }

// agent is what outlives the lives of one agent: its place in the record and what it has not handled yet.
type agent struct {
	name        string
	actor       string
	setting     *Setting
	newBehavior func() Behavior
	history     journal.History[any]
	world       *engine.Ref
	agenda      agenda
	report      report
	log         int    // events kept for its recovery
	started     bool   // it has had its Started
	stopped     bool   // it has wanted to stop
	crash       bool   // its next turn is to fail
	ended       bool   // it has had its Stopping
	past        *Past  // what it goes on from, until its first life has begun; nil: it begins
	asleep      bool   // of a past: what it waits for is not started again yet
	since       uint64 // its memory begins after this turn: another mind had it before
	owed        bool   // of a past: a delivery will come again, and nothing is handled before
	desk        *desk  // nil as long as it has neither spoken nor asked nor waits
}

// report is what the world is to be told about the present phase.
type report struct {
	acts   []wire.Act
	wrote  []wire.Count
	missed bool // its percept was quarantined
	said   int  // letters written in this phase
	ready  bool // what is wanted now follows from an answer or a result
}

// queued is an event that is to be handled.
type queued struct {
	event  any
	kind   string
	cause  journal.Cause
	weight int // in the account
}

// NewLife makes the agent's next life.
func (a *agent) NewLife() engine.Actor { return &life{agent: a} }

// Head is the end of the agent's chain. It may be asked when the agent has stopped.
func (a *agent) Head() journal.Head { return a.history.Head(a.actor) }

// HeadOf is, for package polis, the end of the chain of an agent's host, when the agent has stopped.
func HeadOf(h engine.Host) journal.Head { return h.(*agent).Head() }

// Quarantine sets the failed event aside: it has its number and its place in the record, but no effects.
func (a *agent) Quarantine(c *engine.Context, f *engine.Failure) bool {
	q, ok := a.agenda.next(a)
	if !ok {
		return false
	}
	digest := journal.Digest{}
	if a.setting.Recorder.Writes() {
		d := journal.NewDraft(a.actor, a.history.N()+1, kindQuarantined, a.now(), a.agenda.step, q.cause)
		if err := d.Event(func(b []byte) ([]byte, error) { return appendQuarantined(b, q, f) }); err != nil {
			return false
		}
		var err error
		if digest, err = a.setting.Recorder.Commit(d, a.history.Head(a.actor).Digest); err != nil {
			return false
		}
	}
	c.Quarantined(q.weight)
	if q.kind == kindPercept {
		if a.report.missed = true; a.realtime() { // where the world does not ask who is done
			a.missed(a.agenda.round, a.agenda.phase, false)
		}
	}
	limit := 0 // without a memory there is nothing to recover
	if a.remembers() {
		limit = a.logLimit()
	}
	a.history.Extend(digest, nil, a.now(), limit) // the next life takes the snapshot, when the log is full: see rebuild
	a.agenda.done(a)
	return true
}

// missed tells of a phase that the agent had no part in, where the world does not see it.
func (a *agent) missed(round int, phase string, late bool) {
	if a.setting.Observe != nil {
		a.setting.Observe(environment.Missed{Round: round, Phase: phase, Agent: a.name, Late: late})
	}
}

// logLimit is how many events are kept until the next snapshot: more when that is large, so that taking one costs a
// fixed share of the events it stands for.
func (a *agent) logLimit() int {
	if a.log == 0 {
		return 0
	}
	return max(a.log, a.history.SnapshotSize()/64)
}

// remembers says whether some event since the last snapshot is logged.
func (a *agent) remembers() bool {
	for range a.history.Events() {
		return true
	}
	return false
}

// now is the agent's time: that of the phase it is in.
func (a *agent) now() time.Duration { return a.agenda.now }

func (a *agent) realtime() bool { return a.setting.Pace == environment.Realtime }

// limit for an ask or a job.
func (a *agent) limit() time.Duration {
	if a.setting.Limit <= 0 {
		return time.Minute
	}
	return a.setting.Limit
}
