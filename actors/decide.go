package actors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// Situation is what a decision is made from. P is the type of the world's percepts.
type Situation[P any] struct {
	Percept  P
	Round    int
	Phase    string
	Messages []*protocol.Message // since the last decision
	Outcomes []Outcome           // since the last decision
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
// thought. What it returns is an event: a replay takes it as given.
type Mind[P, A any] interface {
	Decide(ctx context.Context, s Situation[P]) (A, error)
}

// ErrPass is returned by a rule or a mind that chooses not to act.
var ErrPass = errors.New("actors: pass")

// RuleFunc is a Rule without state.
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
	case Keeper:
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

// keptRule hands over the rule's memory with its own.
type keptRule[P, A any] struct{ ruled[P, A] }

// Snapshot is the rule's memory and what has come since it was last asked.
func (b *keptRule[P, A]) Snapshot() ([]byte, error) {
	state, err := any(b.rule).(Keeper).Snapshot()
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
	return any(b.rule).(Keeper).Restore(inner)
}

// MindConfig says how a mind is used.
type MindConfig[P, A any] struct {
	Limit    time.Duration // for one decision; 0: the society's limit
	Fallback Rule[P, A]    // decides when the mind fails; nil: the agent passes
}

// FromMind makes a behavior that lets a mind decide: one decision at a time.
func FromMind[P, A any](mind Mind[P, A], cfg MindConfig[P, A]) Behavior {
	var s Situation[P]
	if _, named := journal.NameOf(s); !named {
		journal.Register[Situation[P]](fmt.Sprintf("situation/%T", s.Percept))
	}
	return &minded[P, A]{mind: mind, cfg: cfg}
}

// minded is a behavior that thinks in jobs.
type minded[P, A any] struct {
	mind     Mind[P, A]
	cfg      MindConfig[P, A]
	pending  pending
	thinking ID           // zero: not
	about    Situation[P] // what it thinks about
}

// Receive starts a decision on a percept and acts on its result.
func (b *minded[P, A]) Receive(t *Turn, event any) error {
	switch e := event.(type) {
	case Percept:
		if !e.Choice {
			return nil
		}
		if b.thinking != (ID{}) { // what it was thinking about is no longer so
			t.Cancel(b.thinking)
		}
		s, err := situation[P](t, e, &b.pending)
		if err != nil {
			return err
		}
		b.thinking, b.about = t.Do("decide", s), s
	case Result:
		if e.ID != b.thinking {
			return nil
		}
		s := b.about
		b.thinking, b.about = ID{}, Situation[P]{}
		if e.Error == "" {
			t.Act(e.Value)
			return nil
		}
		if e.Error == ErrPass.Error() || b.cfg.Fallback == nil {
			t.Pass()
			return nil
		}
		s.Rand = t.Rand()
		return act(t, b.cfg.Fallback, s)
	default:
		b.pending.note(event)
	}
	return nil
}

// writtenMind is the memory of a behavior that thinks.
type writtenMind struct {
	Thinking ID              `json:"thinking"`
	Percept  json.RawMessage `json:"percept"`
	Round    int             `json:"round"`
	Phase    string          `json:"phase"`
	Now      time.Duration   `json:"now"`
	About    []byte          `json:"about"` // its messages and outcomes
	Pending  []byte          `json:"pending"`
}

// Snapshot is what it thinks about, and what has come since.
func (b *minded[P, A]) Snapshot() ([]byte, error) {
	w := writtenMind{Thinking: b.thinking, Round: b.about.Round, Phase: b.about.Phase, Now: b.about.Now}
	var err error
	if b.thinking != (ID{}) {
		if w.Percept, err = journal.AppendPayload(nil, b.about.Percept); err != nil {
			return nil, err
		}
	}
	if w.About, err = (&pending{b.about.Messages, b.about.Outcomes}).snapshot(nil); err != nil {
		return nil, err
	}
	if w.Pending, err = b.pending.snapshot(nil); err != nil {
		return nil, err
	}
	return json.Marshal(w)
}

// Restore takes it back.
func (b *minded[P, A]) Restore(state []byte) error {
	var w writtenMind
	if err := json.Unmarshal(state, &w); err != nil {
		return fmt.Errorf("actors: restore a mind: %w", err)
	}
	var about pending
	if _, err := about.restore(w.About); err != nil {
		return err
	}
	if _, err := b.pending.restore(w.Pending); err != nil {
		return err
	}
	b.thinking = w.Thinking
	b.about = Situation[P]{Round: w.Round, Phase: w.Phase, Now: w.Now, Messages: about.messages, Outcomes: about.outcomes}
	if w.Thinking == (ID{}) {
		return nil
	}
	view, err := readPayload(w.Percept)
	if err != nil {
		return err
	}
	b.about.Percept, _ = view.(P)
	return nil
}

// Work lets the mind decide.
func (b *minded[P, A]) Work(ctx context.Context, _ string, input any) (any, error) {
	s := input.(Situation[P])
	s.Rand = Rand(ctx)
	a, err := b.mind.Decide(ctx, s)
	return a, err
}

// Limit of a decision.
func (b *minded[P, A]) Limit(string) time.Duration { return b.cfg.Limit }
