package journal

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// Options of a Writer. The zero value is useful.
type Options struct {
	Turns    int           // that may wait for the store, and that go into one transaction; 0: 4096
	Bytes    int           // of their payloads and effects, and of snapshots, likewise; 0: 4 MiB. What is larger waits alone
	Patience time.Duration // how long the store may take over one batch until it counts as failed; 0: 30 s
	Failed   func(error)   // told once, when the store has failed, on a goroutine of the writer: must not block. nil: nobody
}

// filled puts the defaults where nothing is set.
func (o Options) filled() Options {
	if o.Turns <= 0 {
		o.Turns = 4096
	}
	if o.Bytes <= 0 {
		o.Bytes = 4 << 20
	}
	if o.Patience <= 0 {
		o.Patience = 30 * time.Second
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	return o
}

// Writer stands between the actors of a society and a store that takes its time. Turns enter a queue in the order of
// their causes, since an actor puts its turn there before the effects of it begin; one goroutine appends all that wait,
// one transaction a batch, while the next fills. So what the store has is at every moment a prefix that is closed under
// causes. Two batches are all the memory there is: when the second is full, Put waits.
//
// When the store fails, nothing is written after it: every later call returns the same *Halted. A Writer may be used from
// any goroutine.
type Writer struct {
	store  Store
	o      Options
	ctx    context.Context // of the calls to the store
	cancel context.CancelCauseFunc
	ended  chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	work    sync.Cond // for the goroutine: there is a batch, or an end
	moved   sync.Cond // for all others: a batch was taken or kept, or there is an end
	filling *batch
	spare   *batch // nil while it is being written
	put     uint64 // turns and snapshots that were put here
	done    uint64 // of them, those kept
	closed  bool
	err     *Halted // the end of it
	kept    Kept
}

// Kept says what a Writer has brought to its store.
type Kept struct {
	Turns     int64  // kept
	Snapshots int64  // likewise
	Batches   int64  // transactions they took
	Largest   int    // turns in the largest of them
	Waited    int64  // turns and snapshots that waited for room
	Actor     string // whose turn was the last one kept
	N         uint64 // its number
}

// Halted says that the store of a Writer has failed, and what it had kept by then. A batch over which the store was out
// of patience is not counted, though the store may yet keep it.
type Halted struct {
	Kept  Kept
	Err   error
	Stack []byte // of a store that panicked, else nil
}

// Error says up to which turn the record goes, and why no further.
func (h *Halted) Error() string {
	if h.Kept.Turns == 0 {
		return fmt.Sprintf("journal: kept no turn: %v", h.Err)
	}
	return fmt.Sprintf("journal: kept %d turns, up to turn %d of %s, and no more: %v", h.Kept.Turns, h.Kept.N, h.Kept.Actor, h.Err)
}

// Unwrap gives what the store said.
func (h *Halted) Unwrap() error { return h.Err }

// batch is what one transaction takes. Its memory is used again.
type batch struct {
	entries []Entry
	saves   []save
	bytes   []byte // what the slices of entries and saves point into, or into an earlier, smaller one
}

// save is a snapshot on its way.
type save struct {
	actor string
	n     uint64
	state []byte
}

// fits says whether one more item of that size may join.
func (b *batch) fits(size int, o *Options) bool {
	items := len(b.entries) + len(b.saves)
	return items == 0 || items < o.Turns && len(b.bytes)+size <= o.Bytes
}

// hold copies p.
func (b *batch) hold(p []byte) []byte {
	start := len(b.bytes)
	b.bytes = append(b.bytes, p...)
	return b.bytes[start:len(b.bytes):len(b.bytes)]
}

// empty makes the batch ready for the next turns. One huge payload must not stay for ever.
func (b *batch) empty(o *Options) {
	clear(b.entries)
	clear(b.saves)
	b.entries, b.saves, b.bytes = b.entries[:0], b.saves[:0], b.bytes[:0]
	if cap(b.bytes) > 2*o.Bytes {
		b.bytes = nil
	}
}

// NewWriter starts the writer of a store. It ends with Close. The store stays open: it is the caller's.
func NewWriter(store Store, o Options) *Writer {
	w := &Writer{store: store, o: o.filled(), ended: make(chan struct{}), filling: &batch{}, spare: &batch{}}
	w.ctx, w.cancel = context.WithCancelCause(context.Background())
	w.work.L, w.moved.L = &w.mu, &w.mu
	go w.run()
	return w
}

// Put lets the turn wait for the store, behind those that wait already, and gives its place for Await. It copies what it
// needs. While there is no room it waits, at most as long as the store may.
func (w *Writer) Put(e *Entry) (place uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := w.room(len(e.Payload) + len(e.Effects))
	if err != nil {
		return 0, err
	}
	b.entries = append(b.entries, *e)
	kept := &b.entries[len(b.entries)-1]
	kept.Payload, kept.Effects = b.hold(e.Payload), b.hold(e.Effects)
	return w.joined(b), nil
}

// Save lets an actor's state after its turn n wait for the store likewise. It is kept after all turns that were put
// before, that one among them.
func (w *Writer) Save(actor string, n uint64, state []byte) (place uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := w.room(len(state))
	if err != nil {
		return 0, err
	}
	b.saves = append(b.saves, save{actor, n, b.hold(state)})
	return w.joined(b), nil
}

// room waits until the batch that fills can take so many bytes more. The lock is held.
func (w *Writer) room(size int) (*batch, error) {
	for waited := false; ; waited = true {
		switch {
		case w.err != nil:
			return nil, w.err
		case w.closed:
			return nil, fmt.Errorf("%w: its writer has ended", ErrClosed)
		case w.filling.fits(size, &w.o):
			if waited {
				w.kept.Waited++
			}
			return w.filling, nil
		}
		w.moved.Wait()
	}
}

// joined counts the item that has joined b, and wakes the goroutine for the first. The lock is held.
func (w *Writer) joined(b *batch) uint64 {
	if len(b.entries)+len(b.saves) == 1 {
		w.work.Signal()
	}
	w.put++
	return w.put
}

// Await waits until what has that place is kept, or the writer's end.
func (w *Writer) Await(ctx context.Context, place uint64) error {
	stop := func() bool { return true }
	if ctx.Done() != nil {
		stop = context.AfterFunc(ctx, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.moved.Broadcast()
		})
	}
	defer stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.done < place {
		switch {
		case w.err != nil:
			return w.err
		case ctx.Err() != nil:
			return fmt.Errorf("journal: wait for the store: %w", ctx.Err())
		}
		w.moved.Wait()
	}
	return nil
}

// Settle waits until everything that was put so far is kept, or the writer's end.
func (w *Writer) Settle(ctx context.Context) error {
	w.mu.Lock()
	place := w.put
	w.mu.Unlock()
	return w.Await(ctx, place)
}

// Kept says what the store has by now.
func (w *Writer) Kept() Kept {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.kept
}

// Close takes nothing more, waits until what was put is kept, and ends the goroutine. When ctx ends first, the store is
// told so by its own context, and one that does not hear is left behind and named. The error is a *Halted when not
// everything was kept.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	w.closed = true
	w.work.Signal()
	w.moved.Broadcast()
	w.mu.Unlock()
	select {
	case <-w.ended:
	case <-ctx.Done():
		w.cancel(fmt.Errorf("%T has not kept what waited when its time was over: %w", w.store, ctx.Err()))
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-w.ended:
		case <-timer.C:
			w.fail(fmt.Errorf("%T does not answer and is left behind: %w", w.store, ctx.Err()), nil)
		}
	}
	w.cancel(nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	return nil
}

// Left says, after Close, which store was left behind, since it has not come back from a call; nil: none.
func (w *Writer) Left() error {
	select {
	case <-w.ended:
		return nil
	default:
		return fmt.Errorf("journal: %T has not come back from a commit", w.store)
	}
}

// grace is how long a store has to hear that its context has ended.
const grace = 100 * time.Millisecond

// run writes one batch after the other.
func (w *Writer) run() {
	defer close(w.ended)
	for b := w.take(); b != nil; b = w.take() {
		if !w.write(b) {
			return
		}
	}
}

// take waits for something to write and lets the other batch fill meanwhile; nil: this is the end.
func (w *Writer) take() *batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.filling.entries)+len(w.filling.saves) == 0 {
		if w.closed {
			return nil
		}
		w.work.Wait()
	}
	b := w.filling
	w.filling, w.spare = w.spare, nil
	w.moved.Broadcast() // there is room
	return b
}

// write brings a batch to the store. false: it is not kept, and nothing will be.
func (w *Writer) write(b *batch) bool {
	now := time.Now()
	for i := range b.entries {
		b.entries[i].Wall = now
	}
	ctx, cancel := context.WithTimeoutCause(w.ctx, w.o.Patience, fmt.Errorf("%T has not answered for %v", w.store, w.o.Patience))
	defer cancel()
	heard := context.AfterFunc(ctx, func() { w.fail(context.Cause(ctx), nil) })
	stack, err := w.bring(ctx, b)
	if late := !heard(); late { // it counts as failed, whatever it says now
		err = context.Cause(ctx)
	}
	if err != nil {
		w.fail(err, stack)
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done += uint64(len(b.entries) + len(b.saves))
	b.empty(&w.o)
	w.spare = b
	w.moved.Broadcast()
	return w.err == nil
}

// bring hands a batch to the store: its turns, and then the snapshots, whose turns are kept by then.
func (w *Writer) bring(ctx context.Context, b *batch) (stack []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			stack, err = debug.Stack(), fmt.Errorf("%T panicked: %v", w.store, v)
		}
	}()
	if len(b.entries) > 0 {
		if err := w.store.Append(ctx, b.entries); err != nil {
			return nil, err
		}
		w.count(b.entries, 0)
	}
	for _, s := range b.saves {
		if err := w.store.SaveSnapshot(ctx, s.actor, s.n, s.state); err != nil {
			return nil, err
		}
		w.count(nil, 1)
	}
	return nil, nil
}

// count notes what the store has said it has, even if the rest of the batch fails. After a failure was declared the
// account is closed.
func (w *Writer) count(turns []Entry, snapshots int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	w.kept.Snapshots += snapshots
	if n := len(turns); n > 0 {
		w.kept.Turns += int64(n)
		w.kept.Batches++
		w.kept.Largest = max(w.kept.Largest, n)
		w.kept.Actor, w.kept.N = turns[n-1].Actor, turns[n-1].N
	}
}

// fail is the end: everybody who waits learns of it, and the caller is told. Only the first failure counts.
func (w *Writer) fail(err error, stack []byte) {
	w.mu.Lock()
	first := w.err == nil
	if first {
		w.err = &Halted{Kept: w.kept, Err: err, Stack: stack}
		w.work.Signal()
		w.moved.Broadcast()
	}
	halted := w.err
	w.mu.Unlock()
	if first {
		w.o.Failed(halted)
	}
}
