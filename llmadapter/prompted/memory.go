package prompted

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/llmadapter"
)

// memory is all that a mind knows from one event to the next.
type memory struct {
	Round    int       `json:"round"` // of the last percept
	Phase    string    `json:"phase"`
	Thought  *thought  `json:"thought,omitempty"` // nil: it is not thinking
	Next     *thought  `json:"next,omitempty"`    // a percept that waits for its end
	Heard    []Remark  `json:"heard,omitempty"`   // since the thought began, or the last decision
	Outcomes []Outcome `json:"outcomes,omitempty"`
	Past     []Remark  `json:"past,omitempty"`

	Talks []named `json:"talks,omitempty"` // conversations that have been shown and are open
	Named int     `json:"named,omitempty"` // the newest of them
	Seen  *seen   `json:"seen,omitempty"`  // the last percept, of one that wakes
	Moved bool    `json:"moved,omitempty"` // a conversation has, since it last thought
}

// thought is what it is asking about.
type thought struct {
	ID       actors.ID       `json:"id"` // of the ask that is open
	Round    int             `json:"round"`
	Phase    string          `json:"phase"`
	Choice   bool            `json:"choice"`
	Type     string          `json:"type"` // of the percept: the name of a payload
	Percept  json.RawMessage `json:"percept"`
	Heard    []Remark        `json:"heard,omitempty"`
	Outcomes []Outcome       `json:"outcomes,omitempty"`

	Talk bool           `json:"talk,omitempty"` // a message has begun it: nothing is to be done
	Open []Conversation `json:"open,omitempty"` // those that were shown when it was asked last

	Exchange  []llmadapter.Message `json:"exchange,omitempty"`  // answers that could not be used, each with the complaint
	Complaint string               `json:"complaint,omitempty"` // the first
	Repairs   int                  `json:"repairs,omitempty"`
	Dropped   int                  `json:"dropped,omitempty"` // so often, for a message

	At     int       `json:"at,omitempty"`     // who is asked: 0 is Config.Model, 1 the first of Config.Then
	Vain   []string  `json:"vain,omitempty"`   // why those before did not decide, for people
	Back   *comeback `json:"back,omitempty"`   // the soonest of those that said when to come back
	Waited int       `json:"waited,omitempty"` // so often

	view any // the percept as a Go value
}

func newThought(p actors.Percept) (*thought, error) {
	th := &thought{Round: p.Round, Phase: p.Phase, Choice: p.Choice, view: p.View}
	var err error
	if th.Type, th.Percept, err = written(p.View); err != nil {
		return nil, fmt.Errorf("prompted: a percept of type %T: %w", p.View, err)
	}
	return th, nil
}

// events are those that the thought is about, in the order in which they came.
func (th *thought) events() (all []any, err error) {
	for i := range th.Outcomes {
		o, err := th.Outcomes[i].event()
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	for i := range th.Heard {
		m, err := th.Heard[i].message()
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return append(all, actors.Percept{View: th.view, Round: th.Round, Phase: th.Phase, Choice: th.Choice}), nil
}

// takeBack drops a thought: what it was told is still to be thought about.
func (m *memory) takeBack(th *thought) {
	m.Heard = newest(append(th.Heard, m.Heard...), maxHeard)
	m.Outcomes = newest(append(th.Outcomes, m.Outcomes...), maxOutcomes)
	m.Thought = nil
}

// outcomes notes one more for the next thought.
func (m *memory) outcomes(o Outcome) { m.Outcomes = newest(append(m.Outcomes, o), maxOutcomes) }

// outcomeOf notes what came of the newest decision of that kind.
func (m *memory) outcomeOf(self string, o Outcome) {
	for i := len(m.Past) - 1; i >= 0; i-- {
		r := &m.Past[i]
		if r.From == self && len(r.To) == 0 && r.Act == o.Action {
			shown := o.shown()
			r.Outcome = &shown
			return
		}
	}
}

// remember keeps remarks, the newest so many.
func (m *memory) remember(all []Remark, most int) {
	for _, r := range all {
		m.Past = append(m.Past, r.shown(keptText))
	}
	m.Past = newest(m.Past, most)
}

// keptMind is a mind that hands over its memory.
type keptMind struct{ *mind }

type writtenMind struct {
	Memory   memory `json:"memory"`
	Fallback []byte `json:"fallback,omitempty"`
}

// Snapshot is its memory and that of its fallback.
func (k *keptMind) Snapshot() ([]byte, error) {
	w := writtenMind{Memory: k.memory}
	if keeper, ok := k.fallback.(actors.Keeper); ok {
		var err error
		if w.Fallback, err = keeper.Snapshot(); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // content stays as it was written, to the byte
	err := e.Encode(w)
	return b.Bytes(), err
}

// Restore takes both back.
func (k *keptMind) Restore(state []byte) error {
	var w writtenMind
	if err := json.Unmarshal(state, &w); err != nil {
		return fmt.Errorf("prompted: restore: %w", err)
	}
	for _, th := range []*thought{w.Memory.Thought, w.Memory.Next} {
		if th == nil {
			continue
		}
		var err error
		if th.view, err = readBack(th.Type, th.Percept); err != nil {
			return fmt.Errorf("prompted: restore a percept: %w", err)
		}
	}
	if keeper, ok := k.fallback.(actors.Keeper); ok {
		if err := keeper.Restore(w.Fallback); err != nil {
			return err
		}
	}
	k.memory = w.Memory
	return nil
}
