package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slowly is a store in memory that does before each batch what it is told.
type slowly struct {
	Store
	mu      sync.Mutex
	batches [][]Entry // that were let through; their payloads are not kept
	append  func(ctx context.Context, k int, batch []Entry) error
	save    func(actor string, n uint64) error
}

func newSlowly(f func(ctx context.Context, k int, batch []Entry) error) *slowly {
	return &slowly{Store: NewMemory(), append: f}
}

func (s *slowly) Append(ctx context.Context, entries []Entry) error {
	if s.append != nil {
		if err := s.append(ctx, len(s.batches)+1, entries); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, slices.Clone(entries))
	return s.Store.Append(context.Background(), entries)
}

func (s *slowly) SaveSnapshot(ctx context.Context, actor string, n uint64, state []byte) error {
	if s.save != nil {
		if err := s.save(actor, n); err != nil {
			return err
		}
	}
	return s.Store.SaveSnapshot(ctx, actor, n, state)
}

// sizes of the batches that were let through.
func (s *slowly) sizes() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sizes []int
	for _, b := range s.batches {
		sizes = append(sizes, len(b))
	}
	return sizes
}

// chains makes turns that extend each other's chains.
type chains map[string]Head

func (c chains) next(actor string, size int) Entry { return c.caused(actor, size, Cause{}) }

func (c chains) caused(actor string, size int, by Cause) Entry {
	h := c[actor]
	e := Entry{Actor: actor, N: h.Count + 1, Kind: "percept", Cause: by, Payload: fmt.Appendf(nil, `"%d %s"`, h.Count+1, strings.Repeat("x", max(size-10, 0))), Effects: []byte(`[]`)}
	e.Digest = e.Sum(h.Digest)
	c[actor] = Head{actor, e.Digest, e.N}
	return e
}

// put puts one turn more of the actor.
func (c chains) put(t *testing.T, w *Writer, actor string) uint64 {
	t.Helper()
	c.putSized(t, w, actor, 0)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.put
}

func (c chains) putSized(t *testing.T, w *Writer, actor string, size int) Entry {
	t.Helper()
	e := c.next(actor, size)
	_, err := w.Put(&e)
	clear(e.Payload) // it was copied
	if err != nil {
		t.Error(err)
	}
	return e
}

// whole fails unless the store has exactly these chains, unbroken.
func (c chains) whole(t *testing.T, s Store) {
	t.Helper()
	if err := Check(s.Read(context.Background(), 0)); err != nil {
		t.Error(err)
	}
	heads, err := s.Heads(context.Background())
	if err != nil || len(heads) != len(c) {
		t.Fatalf("the store has %v, %v; want %v", heads, err, c)
	}
	for _, h := range heads {
		if c[h.Actor] != h {
			t.Errorf("the store has %v, want %v", h, c[h.Actor])
		}
	}
}

// closed fails unless the writer ends well.
func closed(t *testing.T, w *Writer) {
	t.Helper()
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// "Turns enter a queue in the order of their causes": many actors at once, batches small and large, buffers used again;
// the store has each of their chains, and after a turn everything that was put after it.
func TestAWriterKeepsAllInOrder(t *testing.T) {
	for _, o := range []Options{{}, {Turns: 3}, {Turns: 1}, {Bytes: 300}} {
		s := newSlowly(nil)
		w := NewWriter(s, o)
		all := chains{}
		var mu sync.Mutex
		var causes sync.WaitGroup
		for i := range 8 {
			causes.Go(func() {
				actor, own := fmt.Sprintf("agents/%d", i), chains{}
				for n := range 200 {
					var by Cause
					if n%3 == 1 { // of a turn of another, put just before
						mu.Lock()
						by = Cause{"world", all.putSized(t, w, "world", n).N, 0}
						mu.Unlock()
					}
					e := own.caused(actor, n, by)
					if _, err := w.Put(&e); err != nil {
						t.Error(err)
					}
				}
				mu.Lock()
				defer mu.Unlock()
				all[actor] = own[actor]
			})
		}
		causes.Wait()
		if err := w.Settle(t.Context()); err != nil {
			t.Error(err)
		}
		all.whole(t, s)
		k := w.Kept()
		if k.Turns != 8*200+8*67 || k.Batches != int64(len(s.batches)) || o.Turns > 0 && k.Largest > o.Turns {
			t.Errorf("%+v: %+v in %d batches", o, k, len(s.batches))
		}
		closed(t, w)
	}
}

// "one goroutine appends all that wait, one transaction a batch, while the next fills."
func TestAWriterGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s := newSlowly(func(context.Context, int, []Entry) error { <-gate; return nil })
		w, c := NewWriter(s, Options{}), chains{}
		c.put(t, w, "a")
		synctest.Wait()
		for range 100 {
			c.put(t, w, "a")
		}
		gate <- struct{}{}
		synctest.Wait()
		for range 7 {
			c.put(t, w, "b")
		}
		close(gate)
		if err := w.Settle(t.Context()); err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(s.sizes()); got != "[1 100 7]" {
			t.Errorf("batches of %s", got)
		}
		if k := w.Kept(); k != (Kept{Turns: 108, Batches: 3, Largest: 100, Actor: "b", N: 7}) {
			t.Errorf("%+v", k)
		}
		for i, b := range s.batches { // stamped when it was written
			for _, e := range b {
				if !e.Wall.Equal(time.Now()) {
					t.Errorf("batch %d was written at %v", i, e.Wall)
				}
			}
		}
		c.whole(t, s)
		closed(t, w)
	})
}

// "Two batches are all the memory there is: when the second is full, Put waits." A turn larger than a batch goes alone.
func TestAWriterIsBounded(t *testing.T) {
	for _, tc := range []struct {
		o     Options
		room  int // turns of about 100 bytes that fit into the second batch
		large bool
	}{{Options{Turns: 10}, 10, false}, {Options{Bytes: 1050}, 10, false}, {Options{Bytes: 50}, 1, true}} {
		synctest.Test(t, func(t *testing.T) {
			gate := make(chan struct{})
			s := newSlowly(func(context.Context, int, []Entry) error { <-gate; return nil })
			w, c := NewWriter(s, tc.o), chains{}
			put := func() {
				e := c.next("a", 100)
				if _, err := w.Put(&e); err != nil {
					t.Error(err)
				}
			}
			put()
			synctest.Wait()
			for range tc.room {
				put()
			}
			var over sync.WaitGroup
			entered := 0
			over.Go(func() {
				put()
				entered++
				if _, err := w.Save("a", 1, make([]byte, 100)); err != nil { // snapshots count as well
					t.Error(err)
				}
				entered++
			})
			synctest.Wait()
			if entered > 0 {
				t.Errorf("%+v: more than %d turns wait", tc.o, tc.room)
			}
			gate <- struct{}{}
			synctest.Wait()
			if want := 2; tc.large && entered != 1 || !tc.large && entered != want {
				t.Errorf("%+v: %d entered when there was room", tc.o, entered)
			}
			close(gate)
			over.Wait()
			closed(t, w)
			c.whole(t, s)
			if k := w.Kept(); k.Waited < 1 || k.Waited > 2 || k.Largest > tc.room || k.Snapshots != 1 {
				t.Errorf("%+v: %+v", tc.o, k)
			}
		})
	}
}

// "When the store fails, nothing is written after it: every later call returns the same *Halted", whichever batch it is,
// and the caller is told once.
func TestAWriterEndsWithItsStore(t *testing.T) {
	full := errors.New("the disk is full")
	for failing := 1; failing <= 6; failing++ {
		for _, panics := range []bool{false, true} {
			s := newSlowly(func(_ context.Context, k int, _ []Entry) error {
				if k == failing && panics {
					panic("no disk")
				}
				if k >= failing {
					return full
				}
				return nil
			})
			told := make(chan error, 2)
			w, c := NewWriter(s, Options{Failed: func(err error) { told <- err }}), chains{}
			for k := 1; k < failing; k++ {
				c.put(t, w, "a")
				if err := w.Settle(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			e := chains{}.next("c", 0)
			place, err := w.Put(&e)
			if err != nil {
				t.Fatal(err)
			}
			err = w.Await(t.Context(), place)
			var h *Halted
			if !errors.As(err, &h) || panics == errors.Is(err, full) || panics != (h.Stack != nil) {
				t.Fatalf("it ends with %v", err)
			}
			if kept := h.Kept; kept.Turns != int64(failing-1) || failing > 1 && (kept.Actor != "a" || kept.N != uint64(failing-1)) {
				t.Errorf("it ends with %+v", h)
			}
			want := fmt.Sprintf("journal: kept %d turns, up to turn %d of a, and no more: ", failing-1, failing-1)
			if failing == 1 {
				want = "journal: kept no turn: "
			}
			if why := map[bool]string{false: full.Error(), true: "*journal.slowly panicked: no disk"}[panics]; err.Error() != want+why {
				t.Errorf("it says %q", err)
			}
			_, again := w.Put(&e)
			_, save := w.Save("a", 1, nil)
			for _, later := range []error{again, save, w.Settle(t.Context()), w.Close(t.Context()), w.Close(t.Context()), <-told} {
				if !errors.Is(later, err) {
					t.Errorf("later it says %v", later)
				}
			}
			if len(told) > 0 {
				t.Error("it is told twice")
			}
			c.whole(t, s)
		}
	}
}

// A turn that waits for room, and one that waits to be kept, learn of the end.
func TestWhoWaitsLearnsOfTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		w := NewWriter(newSlowly(func(context.Context, int, []Entry) error { <-gate; return errors.New("no") }), Options{Turns: 1})
		c := chains{}
		c.put(t, w, "a")
		synctest.Wait()
		place := c.put(t, w, "a")
		results := make(chan error, 3)
		go func() {
			e := c.next("a", 0)
			_, err := w.Put(&e)
			results <- err
		}()
		go func() { results <- w.Await(context.Background(), place) }()
		go func() { results <- w.Settle(context.Background()) }()
		synctest.Wait()
		close(gate)
		for range 3 {
			var h *Halted
			if err := <-results; !errors.As(err, &h) {
				t.Error(err)
			}
		}
		if err := w.Close(t.Context()); err == nil {
			t.Error("it ends well")
		}
	})
}

// "how long the store may take over one batch until it counts as failed": named, and what it does later changes nothing.
func TestAStoreThatDoesNotAnswer(t *testing.T) {
	for _, obeys := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			gate := make(chan struct{})
			s := newSlowly(func(ctx context.Context, k int, _ []Entry) error {
				if k == 1 {
					return nil
				}
				if obeys {
					<-ctx.Done()
					return ctx.Err()
				}
				<-gate
				return nil
			})
			told := make(chan error, 2)
			w, c := NewWriter(s, Options{Patience: time.Minute, Failed: func(err error) { told <- err }}), chains{}
			if err := w.Await(t.Context(), c.put(t, w, "a")); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			err := w.Await(t.Context(), c.put(t, w, "a"))
			if err == nil || err.Error() != "journal: kept 1 turns, up to turn 1 of a, and no more: *journal.slowly has not answered for 1m0s" {
				t.Error(err)
			}
			if took := time.Since(begin); took != time.Minute {
				t.Errorf("it took %v", took)
			}
			close(gate)
			late := w.Close(t.Context())
			if settled := w.Settle(t.Context()); !errors.Is(settled, err) { // though the store has it by now
				t.Errorf("after the end it is told %v", settled)
			}
			if !errors.Is(late, err) || !errors.Is(<-told, err) || len(told) > 0 {
				t.Errorf("it ends with %v", late)
			}
			if k := w.Kept(); k.Turns != 1 || k.Batches != 1 {
				t.Errorf("%+v", k)
			}
			if e := c.next("a", 0); !errors.Is(second(w.Put(&e)), err) || len(s.batches) > 2 {
				t.Error("it writes on")
			}
		})
	}
}

func second(_ uint64, err error) error { return err }

// "When ctx ends first, the store is told so by its own context, and one that does not hear is left behind and named."
func TestCloseDoesNotWaitForEver(t *testing.T) {
	for _, obeys := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			gate := make(chan struct{})
			s := newSlowly(func(ctx context.Context, _ int, _ []Entry) error {
				if obeys {
					<-ctx.Done()
					return ctx.Err()
				}
				<-gate
				return nil
			})
			w, c := NewWriter(s, Options{}), chains{}
			c.put(t, w, "a")
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			begin := time.Now()
			err := w.Close(ctx)
			if err == nil || !strings.HasPrefix(err.Error(), "journal: kept no turn: *journal.slowly has not kept what waited") {
				t.Error(err)
			}
			took := time.Since(begin)
			if want := map[bool]time.Duration{true: time.Second, false: time.Second + grace}[obeys]; took != want {
				t.Errorf("it took %v", took)
			}
			close(gate)
			<-w.ended
			if again := w.Close(t.Context()); !errors.Is(again, err) || w.Kept() != (Kept{}) {
				t.Errorf("later it says %v and has %+v", again, w.Kept())
			}
		})
	}
}

// "Close takes nothing more, waits until what was put is kept, and ends the goroutine."
func TestCloseKeepsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowly(func(context.Context, int, []Entry) error { time.Sleep(time.Second); return nil })
		w, c := NewWriter(s, Options{}), chains{}
		for range 3 {
			c.put(t, w, "a")
			synctest.Wait()
		}
		closed(t, w)
		closed(t, w)
		c.whole(t, s)
		e := c.next("a", 0)
		if _, err := w.Put(&e); !errors.Is(err, ErrClosed) {
			t.Errorf("after the end a turn is told %v", err)
		}
		if _, err := w.Save("a", 1, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("after the end a snapshot is told %v", err)
		}
	})
}

// Waiting ends with its context; what was put is kept nevertheless.
func TestWaitingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s := newSlowly(func(context.Context, int, []Entry) error { <-gate; return nil })
		w, c := NewWriter(s, Options{}), chains{}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Await(ctx, c.put(t, w, "a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := w.Settle(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		close(gate)
		if err := w.Settle(t.Context()); err != nil {
			t.Error(err)
		}
		if err := w.Settle(ctx); err != nil { // there is nothing to wait for
			t.Error(err)
		}
		closed(t, w)
		c.whole(t, s)
	})
}

// A snapshot comes after its turn, also in the same batch; one that the store refuses is the end, and the turns before
// it count as kept.
func TestSnapshotsFollowTheirTurns(t *testing.T) {
	s := newSlowly(nil)
	w, c := NewWriter(s, Options{}), chains{}
	state := []byte("after 1")
	for n := uint64(1); n <= 50; n++ {
		c.put(t, w, "a")
		if _, err := w.Save("a", n, fmt.Appendf(state[:0], "after %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); n <= 50; n++ {
		if at, got, err := s.LoadSnapshot(t.Context(), "a", n); at != n || string(got) != fmt.Sprintf("after %d", n) || err != nil {
			t.Errorf("after turn %d it has %q of turn %d, %v", n, got, at, err)
		}
	}
	if k := w.Kept(); k.Snapshots != 50 || k.Turns != 50 {
		t.Errorf("%+v", k)
	}
	c.put(t, w, "a")
	place, err := w.Save("a", 99, nil)
	if err == nil {
		err = w.Await(t.Context(), place)
	}
	var h *Halted
	if !errors.Is(err, ErrConflict) || !errors.As(err, &h) || h.Kept.Turns != 51 || h.Kept.Snapshots != 50 {
		t.Errorf("%+v, %v", h, err)
	}
	if err := w.Close(t.Context()); !errors.Is(err, h) {
		t.Error(err)
	}
	c.whole(t, s)
}

// A recorder with a writer waits for turns that must last, and for those that Hold names, and for no others.
func TestOnlySomeTurnsWait(t *testing.T) {
	for _, tc := range []struct {
		name  string
		last  bool
		hold  func(*Draft) bool
		waits bool
	}{
		{"a turn", false, nil, false},
		{"one that must last", true, nil, true},
		{"one that is held", false, func(d *Draft) bool { return d.Entry().Actor == "a" && string(d.Entry().Effects) == "[{}]" }, true},
		{"one that is not", false, func(d *Draft) bool { return string(d.Entry().Effects) == "[]" }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate := make(chan struct{})
				s := newSlowly(func(context.Context, int, []Entry) error { <-gate; return nil })
				r := NewRecorder(s, Options{})
				r.Hold = tc.hold
				if !r.Writes() || !r.Digest {
					t.Error("it does not write")
				}
				done := false
				go func() {
					d := NewDraft("a", 1, "answer", 0, 0, Cause{})
					if tc.last {
						d.Lasting()
					}
					_ = d.Event(text("null"))
					_ = d.Effect(text("{}"))
					if _, err := r.Commit(d, Digest{}); err != nil {
						t.Error(err)
					}
					done = true
				}()
				synctest.Wait()
				if done == tc.waits {
					t.Errorf("it waits: %v", !done)
				}
				close(gate)
				synctest.Wait()
				if !done {
					t.Error("it waits on")
				}
				if NewDraft("a", 2, "percept", 0, 0, Cause{}).lasting {
					t.Error("the next turn on the same paper lasts too")
				}
				closed(t, r.Writer)
			})
		})
	}
}

// A store that is immediate needs no writer; one that says it is not, does.
func TestImmediateStores(t *testing.T) {
	if r := NewRecorder(NewMemory(), Options{}); r.Writer != nil || r.Store == nil || !r.Digest {
		t.Errorf("%+v", r)
	}
	r := NewRecorder(waiting{NewMemory()}, Options{})
	if r.Writer == nil || r.Store != nil {
		t.Errorf("%+v", r)
	}
	closed(t, r.Writer)
}

type waiting struct{ *Memory }

func (waiting) Immediate() bool { return false }

// Who waits for room when the writer is closed learns of it at once, and does not wait for the store.
func TestCloseIsHeardByWhoWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		w, c := NewWriter(newSlowly(func(context.Context, int, []Entry) error { <-gate; return nil }), Options{Turns: 1}), chains{}
		c.put(t, w, "a")
		synctest.Wait()
		c.put(t, w, "a")
		over, heard := c.next("b", 0), error(nil)
		go func() { _, heard = w.Put(&over) }()
		synctest.Wait()
		go func() { _ = w.Close(context.Background()) }()
		synctest.Wait()
		if !errors.Is(heard, ErrClosed) {
			t.Errorf("while the store holds, it has heard %v", heard)
		}
		close(gate)
		closed(t, w)
	})
}

// One huge turn goes alone, and its memory does not stay.
func TestHugeTurnsLeaveNothingBehind(t *testing.T) {
	s := newSlowly(nil)
	w, c := NewWriter(s, Options{Bytes: 1000}), chains{}
	for range 4 { // each of the two batches has had one
		c.putSized(t, w, "a", 100_000)
	}
	if err := w.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	closed(t, w)
	c.whole(t, s)
	if size := cap(w.filling.bytes) + cap(w.spare.bytes); size > 4*1000 {
		t.Errorf("%d bytes stay", size)
	}
}
