package commons

import (
	"encoding/json"
	"fmt"

	"github.com/polis-agents/polis/actors"
)

// reciprocal is tit for tat on what the others took together. It begins with its fair share. When the others took more
// than theirs in the month before, it takes as much above its own as they did on average, rounded up, once: the month
// after, it takes its fair share again, whatever has happened, so that two of its kind do not answer each other for
// ever.
type reciprocal struct{ memory reciprocalMemory }

// reciprocalMemory is what it knows of the month it decided about last.
type reciprocalMemory struct {
	Month    int  `json:"month"`
	Share    int  `json:"share"` // fair, in that month
	Answered bool `json:"answered"`
}

// Decide asks for the fair share, or answers.
func (r *reciprocal) Decide(_ *actors.Turn, s situation) (Harvest, error) {
	v, last := &s.Percept, r.memory
	r.memory = reciprocalMemory{Month: v.Month, Share: v.Share}
	if last.Answered || last.Month != v.Month-1 {
		return Harvest{v.Share}, nil
	}
	excess := 0
	for _, c := range v.Catches {
		if c.Name != v.Name {
			excess += c.Tons - last.Share
		}
	}
	r.memory.Answered = excess > 0
	return Harvest{v.Share + answer(excess, len(v.Catches)-1)}, nil
}

// answer is what so many others took too much on average, rounded up; 0 when they did not.
func answer(excess, others int) int {
	if excess <= 0 || others <= 0 {
		return 0
	}
	return (excess + others - 1) / others
}

// Snapshot is its memory.
func (r *reciprocal) Snapshot() ([]byte, error) { return json.Marshal(r.memory) }

// Restore takes it back.
func (r *reciprocal) Restore(state []byte) error {
	r.memory = reciprocalMemory{}
	if err := json.Unmarshal(state, &r.memory); err != nil {
		return fmt.Errorf("commons: restore a reciprocal: %w", err)
	}
	return nil
}
