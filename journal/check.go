package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// The faults that Check finds, each wrapped by a *Broken that names the turn.
var (
	// ErrTorn: what was written of the turn is not whole; its payload or effects are not JSON.
	ErrTorn = errors.New("torn")
	// ErrAltered: the turn's digest is not that of its content and of the turn before.
	ErrAltered = errors.New("altered")
	// ErrMissing: the turn is absent, though later turns build on it.
	ErrMissing = errors.New("missing")
	// ErrRepeated: the turn is there twice.
	ErrRepeated = errors.New("repeated")
)

// Broken names the first turn of a journal that is not as it was written, and what is wrong with it.
type Broken struct {
	Actor string
	N     uint64
	Fault error
}

// Error names the turn and the fault.
func (b *Broken) Error() string {
	return fmt.Sprintf("journal: turn %d of %q is %v", b.N, b.Actor, b.Fault)
}

// Unwrap returns the fault.
func (b *Broken) Unwrap() error { return b.Fault }

// Check reads a whole journal in the order of its commit, or all turns of one actor, and returns a *Broken for the
// first turn that is torn, altered, missing or repeated; an error of the reading as it is. It recomputes every
// digest, the numbering, and that the turn named as a cause came before.
//
// A chain cannot tell that its last turns were cut off. Check sees it only when another actor's turn was caused by
// one of them; compare the heads with a run hash to be certain.
func Check(entries iter.Seq2[Entry, error]) error {
	heads := map[string]Head{}
	for e, err := range entries {
		if err != nil {
			return err
		}
		head := heads[e.Actor]
		switch next := head.Count + 1; {
		case e.N > next:
			return &Broken{e.Actor, next, ErrMissing}
		case e.N < next:
			return &Broken{e.Actor, e.N, ErrRepeated}
		}
		if e.Sum(head.Digest) != e.Digest {
			if !json.Valid(e.Payload) || !json.Valid(e.Effects) {
				return &Broken{e.Actor, e.N, ErrTorn}
			}
			return &Broken{e.Actor, e.N, ErrAltered}
		}
		if cause, known := heads[e.Cause.Actor]; known && e.Cause.N > cause.Count {
			return &Broken{e.Cause.Actor, cause.Count + 1, ErrMissing}
		}
		heads[e.Actor] = Head{e.Actor, e.Digest, e.N}
	}
	return nil
}
