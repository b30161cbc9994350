package actors

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/polis-agents/polis/protocol"
)

// Situation is what a decision is made from. P is the type of the world's percepts. It is read-only; a rule that keeps
// messages or outcomes beyond its decision copies the slices.
type Situation[P any] struct {
	Percept  P
	Round    int
	Phase    string
	Messages []*protocol.Message // since the last decision; the newest 1024
	Outcomes []Outcome           // since the last decision; the newest 1024
	Now      time.Duration
	Rand     *rand.Rand `json:"-"` // the decision's own
}

// Rule decides inside the turn: fast, and recomputed on replay. It is asked when a phase opens in which something can
// be done. A rule that is Stateless is given the percept alone, without messages and outcomes. P is the type of the
// world's percepts, A an action or an interface that several actions implement.
type Rule[P, A any] interface {
	Decide(t *Turn, s Situation[P]) (A, error)
}

// Mind decides off the mailbox and may block. ctx ends at the decision's limit, or when the agent stops or drops the
// thought. It has no memory of its own: what it is to know comes in the Situation. What it returns is an event: a replay
// takes it as given.
type Mind[P, A any] interface {
	Decide(ctx context.Context, s Situation[P]) (A, error)
}

// ErrPass is returned by a rule or a mind that chooses not to act.
var ErrPass = errors.New("actors: pass")

// RuleFunc is a Rule without state: it must not close over anything that changes, since that would outlive a life whose
// turns failed, and be lost with the process. A rule with a memory is a type, and a Keeper.
type RuleFunc[P, A any] func(t *Turn, s Situation[P]) (A, error)

// Decide calls f.
func (f RuleFunc[P, A]) Decide(t *Turn, s Situation[P]) (A, error) { return f(t, s) }

// MindFunc is a Mind without state.
type MindFunc[P, A any] func(ctx context.Context, s Situation[P]) (A, error)

// Decide calls f.
func (f MindFunc[P, A]) Decide(ctx context.Context, s Situation[P]) (A, error) { return f(ctx, s) }

// FromRule makes a behavior that lets a rule decide.
func FromRule[P, A any](rule Rule[P, A]) Behavior {
	switch any(rule).(type) {
	case Stateless:
		return statelessRule[P, A]{rule}
	case Keeper, RuleFunc[P, A]:
		return &keptRule[P, A]{ruled[P, A]{rule: rule}}
	}
	return &ruled[P, A]{rule: rule}
}

// ruled is a behavior that collects what reaches it until the rule is asked.
type ruled[P, A any] struct {
	rule    Rule[P, A]
	pending pending
}

// Receive notes messages and outcomes, and decides on a percept.
func (b *ruled[P, A]) Receive(t *Turn, event any) error {
	p, ok := event.(Percept)
	if !ok {
		b.pending.note(event)
		return nil
	}
	if !p.Choice {
		return nil
	}
	s, err := situation[P](t, p, &b.pending)
	if err != nil {
		return err
	}
	s.Rand = t.Rand()
	err = act(t, b.rule, s)
	b.pending.reuse(s.Messages, s.Outcomes)
	return err
}

// statelessRule is a behavior without memory.
type statelessRule[P, A any] struct{ rule Rule[P, A] }

// Stateless says that nothing is kept for recovery.
func (statelessRule[P, A]) Stateless() {}

// Receive decides on a percept.
func (b statelessRule[P, A]) Receive(t *Turn, event any) error {
	p, ok := event.(Percept)
	if !ok || !p.Choice {
		return nil
	}
	view, ok := p.View.(P)
	if !ok {
		return fmt.Errorf("actors: a rule about %T cannot decide on a percept that is %T", view, p.View)
	}
	return act(t, b.rule, Situation[P]{Percept: view, Round: p.Round, Phase: p.Phase, Now: t.Now(), Rand: t.Rand()})
}

func act[P, A any](t *Turn, rule Rule[P, A], s Situation[P]) error {
	a, err := rule.Decide(t, s)
	switch {
	case errors.Is(err, ErrPass):
		t.Pass()
	case err != nil:
		return err
	default:
		t.Act(a)
	}
	return nil
}

func situation[P any](t *Turn, p Percept, from *pending) (Situation[P], error) {
	view, ok := p.View.(P)
	if !ok {
		return Situation[P]{}, fmt.Errorf("actors: a decision about %T cannot be made on a percept that is %T", view, p.View)
	}
	messages, outcomes := from.take()
	return Situation[P]{Percept: view, Round: p.Round, Phase: p.Phase, Messages: messages, Outcomes: outcomes, Now: t.Now()}, nil
}

// keptRule hands over the rule's memory, if it has one, with its own.
type keptRule[P, A any] struct{ ruled[P, A] }

// Snapshot is the rule's memory and what has come since it was last asked.
func (b *keptRule[P, A]) Snapshot() ([]byte, error) {
	state, err := snapshotOf(b.rule)
	if err != nil {
		return nil, err
	}
	return b.pending.snapshot(state)
}

// Restore takes both back.
func (b *keptRule[P, A]) Restore(state []byte) error {
	inner, err := b.pending.restore(state)
	if err != nil {
		return err
	}
	return restoreTo(b.rule, inner)
}

// snapshotOf is the memory of what may have none.
func snapshotOf(v any) ([]byte, error) {
	if k, ok := v.(Keeper); ok {
		return k.Snapshot()
	}
	return nil, nil
}

// restoreTo gives it back.
func restoreTo(v any, state []byte) error {
	if k, ok := v.(Keeper); ok {
		return k.Restore(state)
	}
	return nil
}
