package actors

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// Turn is the handling of one event: what may be read, and what may be wanted. It is valid until Receive returns.
type Turn struct {
	self       string
	n          uint64
	now        time.Duration
	seed       uint64
	definition *environment.Definition // nil: any registered action may be tried
	worker     bool                    // the behavior is a Worker
	source     rand.PCG
	seeded     bool
	rand       rand.Rand // draws from the Turn, so that a turn without chance pays nothing for it
	effects    []Effect
	goesOn     bool  // see Continue
	err        error // the first effect that could not be recorded
}

// EffectKind tells the kinds of effects apart.
type EffectKind uint8

// The kinds of effects, with what the fields of an Effect mean for each.
const (
	Act    EffectKind = iota + 1 // Value is the action; Mark, Name and By say how it was decided, see Turn.Mark
	Send                         // Value is the *protocol.Message
	Ask                          // ID; Name of the service; Value is the request
	Do                           // ID; Name of the job; Value is its input; Delay, once the turn is over, its limit
	After                        // ID; Delay
	Cancel                       // ID of what is cancelled
	Stop                         // nothing
	Judge                        // Value is the *protocol.Judgement
)

// String gives the word used in records.
func (k EffectKind) String() string {
	return [...]string{"none", "act", "send", "ask", "do", "after", "cancel", "stop", "judge"}[k]
}

// Effect is one thing a turn wants done. It is done when the turn is committed, in order.
type Effect struct {
	Kind  EffectKind
	Mark  Mark // of an Act
	ID    ID
	Name  string
	By    string // of an Act: the service that decided, where that is not the usual one
	Value any
	Delay time.Duration
}

// Self is the agent's name.
func (t *Turn) Self() string { return t.self }

// N is the number of the turn: 1 for the agent's first event, the same on every retry.
func (t *Turn) N() uint64 { return t.n }

// Now is logical time since the society started; in the realtime pace, wall time.
func (t *Turn) Now() time.Duration { return t.now }

// Rand is the only source of chance: drawn from (seed, agent, turn), the same on every retry.
func (t *Turn) Rand() *rand.Rand { return &t.rand }

// drawn is the source of a turn's chance: seeded at the first draw.
type drawn struct{ *Turn }

// Uint64 draws the next number.
func (d drawn) Uint64() uint64 {
	if !d.seeded {
		d.source.Seed(chance.Seed(d.seed, agentPrefix+d.self, d.n))
		d.seeded = true
	}
	return d.source.Uint64()
}

// begin makes the turn ready for one event.
func (t *Turn) begin(a *agent, n uint64, now time.Duration, worker bool) {
	t.self, t.n, t.now, t.worker = a.name, n, now, worker
	t.seed, t.definition = a.setting.Seed, a.setting.Definition
	t.effects, t.err, t.seeded, t.goesOn = t.effects[:0], nil, false, false
}

// TurnConfig says what a turn finds that NewTurn makes.
type TurnConfig struct {
	Self       string
	N          uint64 // 0: 1
	Now        time.Duration
	Seed       uint64
	Definition *environment.Definition // of the world whose actions may be tried; nil: any registered action
	Worker     bool                    // the behavior is a Worker: jobs may be started
}

// NewTurn makes a turn outside of any society, for tests and tools. It draws the numbers that the turn of that agent,
// number and seed draws anywhere. See package actorstest.
func NewTurn(c TurnConfig) *Turn {
	t := newTurn()
	t.self, t.n, t.now, t.seed, t.definition, t.worker = c.Self, max(c.N, 1), c.Now, c.Seed, c.Definition, c.Worker
	return t
}

// newTurn makes a Turn. Turns are used again: one costs more to make than most take to be handled.
func newTurn() *Turn {
	t := &Turn{}
	t.rand = *rand.New(drawn{t})
	return t
}

// Act tries an action in the world. What became of it comes as an Outcome.
func (t *Turn) Act(action any) {
	if t.definition == nil || t.definition.ActionOf(action) == nil {
		if !t.registered("action", action) {
			return
		}
	}
	t.effects = append(t.effects, Effect{Kind: Act, Value: action})
}

// Mark says how a decision came about that was not made as the agent usually makes it.
type Mark uint8

// The marks of decisions.
const (
	Fallback   Mark = iota + 1 // a rule decided, because the mind could not; it counts as the rule's
	Unusable                   // the mind gave nothing that could be used, and the agent passes
	Repaired                   // the mind had to be told what was wrong with its answer, or its form was mended
	Substitute                 // another service decided than the one that is asked first, because that could not; it counts as the other's
)

// Marks are all of them.
var Marks = []Mark{Fallback, Unusable, Repaired, Substitute}

// String gives the word used in records.
func (m Mark) String() string {
	return [...]string{"", "fallback", "unusable", "repaired", "substitute"}[m]
}

// Mark says of the action that was tried last in this turn how it was decided, and why so. It is recorded with the
// action, counted, and shown to observers.
func (t *Turn) Mark(m Mark, why string) { t.mark(m, "", why) }

// Substitute marks the action that was tried last in this turn as decided by another service than the one that usually
// decides, and says why. It counts as decided by that service.
func (t *Turn) Substitute(service, why string) { t.mark(Substitute, service, why) }

func (t *Turn) mark(m Mark, by, why string) {
	for i := len(t.effects) - 1; i >= 0; i-- {
		if e := &t.effects[i]; e.Kind == Act {
			e.Mark, e.By, e.Name = m, by, why
			return
		}
	}
	t.fail(fmt.Errorf("actors: mark %q: it follows no action", m))
}

// Pass tells the world that the agent chooses not to act.
func (t *Turn) Pass() { t.Act(environment.Pass{}) }

// Send speaks to other agents. The sender is stamped, whatever the message says. In rounds it is seen in the next
// phase.
func (t *Turn) Send(m protocol.Message) {
	if err := m.Check(); err != nil {
		t.fail(err)
		return
	}
	if m.Content != nil && !t.registered("content of a message", m.Content) {
		return
	}
	m.Sender = t.self
	m.Receivers, m.ReplyTo, m.Extra = slices.Clone(m.Receivers), slices.Clone(m.ReplyTo), maps.Clone(m.Extra)
	t.effects = append(t.effects, Effect{Kind: Send, Value: &m})
}

// Judge notes what became of a message that a protocol did not accept. It is recorded, and shown to observers.
func (t *Turn) Judge(j protocol.Judgement) {
	t.effects = append(t.effects, Effect{Kind: Judge, Value: &j})
}

// Ask asks a service by name. The answer comes as an Answer with the same ID, also when there is no such service.
func (t *Turn) Ask(service string, request any) ID {
	if !t.registered("request", request) {
		return ID{}
	}
	return t.open(Effect{Kind: Ask, Name: service, Value: request})
}

// Do starts slow work of the behavior, which must be a Worker. It comes back as a Result with the same ID.
func (t *Turn) Do(job string, input any) ID {
	if !t.worker {
		t.fail(fmt.Errorf("actors: job %q: the behavior is no Worker", job))
		return ID{}
	}
	if input != nil && !t.registered("input of a job", input) {
		return ID{}
	}
	return t.open(Effect{Kind: Do, Name: job, Value: input})
}

// Continue says, in a turn about an answer or a result, that what the turn asks and starts goes on with that: it has what
// is left of the time that the ask or the job had, and no more. So a thought that takes several has one limit. Where
// nothing is left, the answer says so at once.
func (t *Turn) Continue() { t.goesOn = true }

// After sets a timer in logical time. It comes as a Timer with the same ID, when the first phase opens that is not
// before then; in simulated pace and realtime at its time.
func (t *Turn) After(d time.Duration) ID { return t.open(Effect{Kind: After, Delay: d}) }

// Cancel closes an ask, a job or a timer: nothing will come of it any more.
func (t *Turn) Cancel(id ID) { t.effects = append(t.effects, Effect{Kind: Cancel, ID: id}) }

// Stop ends the agent after this turn. What has reached it and is not handled yet, is lost.
func (t *Turn) Stop() { t.effects = append(t.effects, Effect{Kind: Stop}) }

// Effects are those recorded so far: for norms that look at what an agent is about to do.
func (t *Turn) Effects() []Effect { return t.effects }

func (t *Turn) open(e Effect) ID {
	e.ID = ID{Turn: t.n, Index: len(t.effects)}
	t.effects = append(t.effects, e)
	return e.ID
}

// registered fails the turn when a value is no payload: it could not be recorded, nor sent to another node.
func (t *Turn) registered(what string, v any) bool {
	if _, ok := journal.NameOf(v); ok {
		return true
	}
	t.fail(fmt.Errorf("actors: %s: %w %T: declare it with AddAction or actors.Payload", what, journal.ErrUnregistered, v))
	return false
}

func (t *Turn) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

type randKey struct{}

// Rand is the source of chance of a job, drawn from (seed, its id): the same when the job runs again. Outside of a
// job it is nil.
func Rand(ctx context.Context) *rand.Rand {
	r, _ := ctx.Value(randKey{}).(*rand.Rand)
	return r
}

// JobContext is ctx with the source of chance that the job of that id has in a society, for tests and tools.
func JobContext(ctx context.Context, seed uint64, agent string, id ID) context.Context {
	return context.WithValue(ctx, randKey{}, jobRand(seed, agent, id))
}

// jobRand seeds the chance of one job or ask.
func jobRand(seed uint64, agent string, id ID) *rand.Rand {
	return chance.New(seed, agentPrefix+agent+"/"+id.String(), id.Turn)
}
