package actors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/polis-agents/polis/journal"
)

// MindConfig says how a mind is used.
type MindConfig[P, A any] struct {
	Limit    time.Duration // for one decision; 0: the society's limit
	Fallback Rule[P, A]    // decides when the mind fails; nil: the agent passes. If it has a memory it is a Keeper
}

// FromMind makes a behavior that lets a mind decide: one decision at a time.
func FromMind[P, A any](mind Mind[P, A], cfg MindConfig[P, A]) Behavior {
	var s Situation[P]
	if _, named := journal.NameOf(s); !named {
		journal.Register[Situation[P]]("situation/" + reflect.TypeFor[P]().String())
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
			b.pending.before(b.about.Messages, b.about.Outcomes)
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
			if e.Error != ErrPass.Error() {
				t.Mark(Unusable, e.Error)
			}
			return nil
		}
		s.Rand = t.Rand()
		if err := act(t, b.cfg.Fallback, s); err != nil {
			return err
		}
		t.Mark(Fallback, e.Error)
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
	Fallback []byte          `json:"fallback,omitempty"`
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
	if w.Fallback, err = snapshotOf(b.cfg.Fallback); err != nil {
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
	if err := restoreTo(b.cfg.Fallback, w.Fallback); err != nil {
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
	if errors.Is(err, ErrPass) { // errors travel as text
		return nil, ErrPass
	}
	return a, err
}

// Limit of a decision.
func (b *minded[P, A]) Limit(string) time.Duration { return b.cfg.Limit }
