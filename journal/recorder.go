package journal

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"
)

// Recorder is where the actors of one society record their turns. The zero Recorder records nothing: turns are neither
// digested nor kept. Its fields are set before the first turn.
type Recorder struct {
	Digest bool    // chain digests, so that the run has a hash
	Writer *Writer // the way of turns to a store that takes its time; nil: see Store
	Store  Store   // where turns are kept at once, one by one; nil: nowhere. A store or a writer implies Digest
	Log    int     // events an actor keeps in memory for its recovery; 0: 64

	// Hold says of which turns, beside those that say so themselves (Draft.Lasting), Commit waits until they are kept. It
	// must be quick, may be called concurrently, and must not keep the draft; nil: of none. A cluster holds the turns whose
	// effects leave the node.
	Hold func(d *Draft) bool

	Retrace *Retrace // turns are not recorded but compared with those that were; nil: they are recorded
}

// Immediate is implemented by stores that have a turn in no time, so that nothing is won by letting it wait for others.
type Immediate interface {
	Store
	// Immediate says whether it does.
	Immediate() bool
}

// NewRecorder makes the recorder of a store: by a Writer, which the caller is to Close, unless the store is Immediate.
func NewRecorder(store Store, o Options) *Recorder {
	if s, ok := store.(Immediate); ok && s.Immediate() {
		return &Recorder{Digest: true, Store: store}
	}
	return &Recorder{Digest: true, Writer: NewWriter(store, o)}
}

// Limit is how many events an actor keeps for its recovery.
func (r *Recorder) Limit() int {
	if r.Log <= 0 {
		return 64
	}
	return r.Log
}

// Writes says whether a turn must be written out at all.
func (r *Recorder) Writes() bool {
	return r.Digest || r.Store != nil || r.Writer != nil || r.Retrace != nil
}

// Draft is a turn being written out. Its buffers are reused: use it, Commit it, forget it.
type Draft struct {
	entry            [1]Entry // as a store is given it
	payload, effects []byte
	lasting          bool
}

// Entry is the turn as it stands: whole once it is being committed. It must not be kept.
func (d *Draft) Entry() *Entry { return &d.entry[0] }

var drafts = sync.Pool{New: func() any { return new(Draft) }}

// NewDraft begins the record of one turn in a step of the world.
func NewDraft(actor string, n uint64, kind string, logical time.Duration, step uint64, cause Cause) *Draft {
	d := drafts.Get().(*Draft)
	d.entry[0] = Entry{Actor: actor, N: n, Kind: kind, Logical: logical, Step: step, Cause: cause}
	d.payload, d.effects, d.lasting = d.payload[:0], append(d.effects[:0], '['), false
	return d
}

// Lasting says that the turn must be kept before its effects begin, since what reached the actor cannot be computed
// again: an answer of a service, the result of a job.
func (d *Draft) Lasting() { d.lasting = true }

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

// Commit chains the turn to prev, has it kept if turns are kept at all, and gives its digest. It waits until that has
// happened only for a store without a Writer and for the turns that must last. The draft is used up.
func (r *Recorder) Commit(d *Draft, prev Digest) (Digest, error) {
	e := &d.entry[0]
	d.effects = append(d.effects, ']')
	e.Payload, e.Effects = d.payload, d.effects
	if r.Retrace != nil {
		defer drafts.Put(d)
		return r.Retrace.check(e, prev)
	}
	digest := e.Sum(prev)
	e.Digest = digest
	err := r.keep(d)
	if err != nil {
		err = fmt.Errorf("journal: turn %d of %s: %w", e.N, e.Actor, err)
	}
	if cap(d.payload)+cap(d.effects) <= keepScratch {
		drafts.Put(d)
	}
	return digest, err
}

// keep brings the turn on its way, and for some to the end of it.
func (r *Recorder) keep(d *Draft) error {
	switch {
	case r.Writer != nil:
		place, err := r.Writer.Put(d.Entry())
		if err != nil || !d.lasting && (r.Hold == nil || !r.Hold(d)) {
			return err
		}
		return r.Writer.Await(context.Background(), place) // at most as long as the store may take for two batches
	case r.Store != nil:
		d.entry[0].Wall = time.Now()
		return r.Store.Append(context.Background(), d.entry[:])
	}
	return nil
}

// Keeps says whether turns can be read again.
func (r *Recorder) Keeps() bool { return r.Store != nil || r.Writer != nil }

// Turns gives the turns of an actor after turn n, all that were committed by now.
func (r *Recorder) Turns(actor string, n uint64) iter.Seq2[Entry, error] {
	ctx, store := context.Background(), r.Store
	if r.Writer != nil {
		store = r.Writer.store
		if err := r.Writer.Settle(ctx); err != nil {
			return func(yield func(Entry, error) bool) { yield(Entry{}, err) }
		}
	}
	return store.Turns(ctx, actor, n)
}
