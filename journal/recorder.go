package journal

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Recorder is where the actors of one society record their turns. The zero Recorder records nothing: turns are neither
// digested nor kept. Its fields are set before the first turn.
type Recorder struct {
	Digest bool  // chain digests, so that the run has a hash
	Store  Store // where turns are kept; nil: nowhere. A store implies Digest
	Log    int   // events an actor without a store keeps for its recovery; 0: 64
}

// Limit is how many events an actor keeps for its recovery.
func (r *Recorder) Limit() int {
	if r.Log <= 0 {
		return 64
	}
	return r.Log
}

// Writes says whether a turn must be written out at all.
func (r *Recorder) Writes() bool { return r.Digest || r.Store != nil }

// Draft is a turn being written out. Its buffers are reused: use it, Commit it, forget it.
type Draft struct {
	Entry
	payload, effects []byte
}

var drafts = sync.Pool{New: func() any { return new(Draft) }}

// NewDraft begins the record of one turn in a step of the world.
func NewDraft(actor string, n uint64, kind string, logical time.Duration, step uint64, cause Cause) *Draft {
	d := drafts.Get().(*Draft)
	d.Entry = Entry{Actor: actor, N: n, Kind: kind, Logical: logical, Step: step, Cause: cause}
	d.payload, d.effects = d.payload[:0], append(d.effects[:0], '[')
	return d
}

// Event lets write append the canonical JSON of what reached the actor.
func (d *Draft) Event(write func(dst []byte) ([]byte, error)) (err error) {
	d.payload, err = write(d.payload)
	return err
}

// Effect lets write append the canonical JSON of one more effect.
func (d *Draft) Effect(write func(dst []byte) ([]byte, error)) (err error) {
	if len(d.effects) > 1 {
		d.effects = append(d.effects, ',')
	}
	d.effects, err = write(d.effects)
	return err
}

// Commit chains the turn to prev, writes it to the store if there is one, and gives its digest. The draft is used up.
func (r *Recorder) Commit(d *Draft, prev Digest) (Digest, error) {
	d.Payload, d.Effects = d.payload, append(d.effects, ']')
	d.effects = d.Effects
	d.Digest = d.Sum(prev)
	digest := d.Digest
	var err error
	if r.Store != nil {
		d.Wall = time.Now()
		if err = r.Store.Append(context.Background(), []Entry{d.Entry}); err != nil {
			err = fmt.Errorf("journal: turn %d of %s: %w", d.N, d.Actor, err)
		}
	}
	if cap(d.payload)+cap(d.effects) <= keepScratch {
		drafts.Put(d)
	}
	return digest, err
}
