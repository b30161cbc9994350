package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire/post"
)

// cable carries frames from one link to another, in order, as bytes; what spoil says is lost or doubled on the way.
type cable struct {
	to     func(*post.Frame)
	spoil  func() (copies int) // nil: one
	queue  chan []byte
	done   sync.WaitGroup
	resets atomic.Int32
}

// lay starts a cable. It runs inside a synctest bubble.
func lay(spoil func() int) *cable {
	c := &cable{spoil: spoil, queue: make(chan []byte, 1<<16)}
	c.done.Go(func() {
		for data := range c.queue {
			var f post.Frame
			if err := proto.Unmarshal(data, &f); err != nil {
				panic(err)
			}
			c.to(&f)
		}
	})
	return c
}

func (c *cable) send(_ string, f *post.Frame) {
	data, err := proto.Marshal(f)
	if err != nil {
		panic(err)
	}
	copies := 1
	if c.spoil != nil {
		copies = c.spoil()
	}
	for range copies {
		c.queue <- data
	}
}

func (c *cable) reset(string) { c.resets.Add(1) }

// ends are two linked links.
type ends struct {
	a, b        *link
	there, back *cable
	mu          sync.Mutex
	got         [][]byte // by b
	why         [2]error
	left        [2][]parcel
	nonsense    func(data []byte) error // what b's delivery says, and does
}

// connect joins two links. It runs inside a synctest bubble.
func connect(limits Limits, spoil func() int) *ends {
	limits.fill()
	e := &ends{there: lay(spoil), back: lay(spoil)}
	gone := func(i int) func(*link, error, []parcel) {
		return func(_ *link, why error, left []parcel) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.why[i], e.left[i] = why, left
		}
	}
	e.a = newLink("b", 11, limits, e.there, nil, func([]byte) error { return nil }, gone(0))
	e.b = newLink("a", 22, limits, e.back, nil, func(data []byte) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.got = append(e.got, bytes.Clone(data))
		if e.nonsense != nil {
			return e.nonsense(data)
		}
		return nil
	}, gone(1))
	e.there.to, e.back.to = e.b.take, e.a.take
	return e
}

// lost says why the link of a, or of b, was.
func (e *ends) lost(i int) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.why[i]
}

func (e *ends) join() { e.a.join(22); e.b.join(11) }

var errOver = errors.New("over")

func (e *ends) close() {
	e.a.close(errOver)
	e.b.close(errOver)
	for _, c := range []*cable{e.there, e.back} {
		close(c.queue)
		c.done.Wait()
	}
}

// flat is a message that can be told from all others.
func flat(i, size int) []byte {
	data := make([]byte, size)
	rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}).Read(data)
	return data
}

// "1,000 messages of 1 B to 5 MiB across two processes: all delivered", in order and once, however much is lost or doubled
// on the way.
func TestALinkDeliversOnceAndInOrder(t *testing.T) {
	for _, lossy := range []bool{false, true} {
		t.Run(fmt.Sprint("lossy ", lossy), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rand.New(rand.NewPCG(1, 2))
				var mu sync.Mutex
				var spoil func() int
				if lossy {
					spoil = func() int {
						mu.Lock()
						defer mu.Unlock()
						return []int{0, 0, 1, 1, 1, 1, 1, 1, 2, 3}[r.IntN(10)]
					}
				}
				e := connect(Limits{Window: 1 << 20, Part: 64 << 10, Outstanding: 6 << 20, Lost: time.Hour}, spoil)
				defer e.close()
				e.join()
				n, sizes := 1000, rand.New(rand.NewPCG(3, 4))
				if lossy {
					n = 200
				}
				for i := range n {
					data := flat(i, int(math.Exp(sizes.Float64()*math.Log(100<<10))))
					if i%150 == 99 {
						data = flat(i, 5<<20)
					}
					for e.a.put(data, 0, 1) != nil { // busy
						e.wait(t)
					}
				}
				e.wait(t)
				if len(e.got) != n {
					t.Fatalf("%d arrived", len(e.got))
				}
				for i, data := range e.got {
					if !bytes.Equal(data, flat(i, len(data))) {
						t.Fatalf("message %d is not what was sent", i)
					}
				}
				if e.lost(0) != nil || e.lost(1) != nil {
					t.Error(e.lost(0), e.lost(1))
				}
			})
		})
	}
}

// wait waits until all that was put has arrived.
func (e *ends) wait(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
	defer cancel()
	if err := e.a.drained(ctx); err != nil {
		t.Fatal(err)
	}
}

// "bounded outstanding bytes (when full: the sender's Send answers busy exactly as a full mailbox does)".
func TestALinkThatIsFullRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := connect(Limits{Outstanding: 100, Message: 500}, nil)
		defer e.close()
		for i, c := range []struct {
			size int
			busy bool
		}{{60, false}, {40, false}, {1, true}} {
			if err := e.a.put(make([]byte, c.size), 0, 1); errors.Is(err, engine.ErrBusy) != c.busy || !c.busy && err != nil {
				t.Error(i, err)
			}
		}
		e.join()
		e.wait(t)
		if err := e.a.put(make([]byte, 400), 0, 1); err != nil { // a large one alone
			t.Error(err)
		}
		e.wait(t)
		if err := e.a.put(make([]byte, 501), 0, 1); err == nil || errors.Is(err, engine.ErrBusy) || !strings.Contains(err.Error(), `501 bytes for node "b"`) {
			t.Error(err)
		}
		if len(e.got) != 3 {
			t.Errorf("%d arrived", len(e.got))
		}
	})
}

// What is on the way is bounded too: protoactor's own queue is not.
func TestALinkSendsNoMoreThanItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cut atomic.Bool
		e := connect(Limits{Window: 1000, Part: 100, Again: time.Minute, Lost: time.Hour, Beat: time.Minute}, func() int {
			if cut.Load() {
				return 0
			}
			return 1
		})
		defer e.close()
		cut.Store(true)
		e.join()
		for range 100 {
			if err := e.a.put(make([]byte, 100), 0, 1); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		e.a.mu.Lock()
		if e.a.flight != 1000 || e.a.sent != 10 {
			t.Errorf("%d bytes in %d parcels are on the way", e.a.flight, e.a.sent)
		}
		e.a.mu.Unlock()
		cut.Store(false)
		time.Sleep(2 * time.Minute)
		e.wait(t)
		if len(e.got) != 100 || e.a.flight != 0 || e.a.bytes != 0 {
			t.Errorf("%d arrived, %d in flight, %d bytes", len(e.got), e.a.flight, e.a.bytes)
		}
	})
}

// "or answered": what is not acknowledged when a node is lost is named, with its weight, within the limit.
func TestALinkThatHearsNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cut atomic.Bool
		e := connect(Limits{Lost: 10 * time.Second, Part: 10}, func() int {
			if cut.Load() {
				return 0
			}
			return 1
		})
		defer e.close()
		e.join()
		time.Sleep(time.Hour) // nothing to say is no silence
		if e.lost(0) != nil || !e.a.up() {
			t.Fatal("it was lost although the other is there:", e.lost(0))
		}
		cut.Store(true)
		if err := e.a.put(make([]byte, 25), 7, 3); err != nil {
			t.Fatal(err)
		}
		waited := make(chan error)
		go func() { waited <- e.a.drained(context.Background()) }()
		began := time.Now()
		time.Sleep(8 * time.Second)
		if e.lost(0) != nil || e.a.up() {
			t.Error("after 8 s:", e.lost(0), e.a.up())
		}
		if err := <-waited; !errors.Is(err, ErrLost) || time.Since(began) > 12*time.Second {
			t.Error(err, time.Since(began))
		}
		if !errors.Is(e.lost(0), ErrLost) || !strings.Contains(e.lost(0).Error(), `node "b"`) {
			t.Error(e.lost(0))
		}
		weight := 0
		for _, p := range e.left[0] {
			weight += p.weight
		}
		if len(e.left[0]) != 3 || weight != 3 || e.left[0][2].run != 7 {
			t.Errorf("left are %+v", e.left[0])
		}
		if err := e.a.put([]byte("x"), 0, 1); !errors.Is(err, ErrLost) {
			t.Error("it takes more:", err)
		}
		if e.there.resets.Load() == 0 {
			t.Error("the way was never made anew")
		}
	})
}

func TestALinkHearsItsOwnSessionOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := connect(Limits{}, nil)
		defer e.close()
		e.b.take(&post.Frame{Session: 11, To: 22, First: 1, Parcels: []*post.Parcel{{Data: []byte("too early")}}})
		e.join()
		for _, f := range []*post.Frame{{Session: 12, To: 22}, {Session: 11, To: 21}, {}} {
			f.First, f.Parcels = 1, []*post.Parcel{{Data: []byte("from elsewhere")}}
			e.b.take(f)
		}
		if e.b.join(12) || !e.b.join(11) {
			t.Error("it has joined another session")
		}
		if len(e.got) != 0 {
			t.Errorf("%q", e.got)
		}
		e.a.put([]byte("hello"), 0, 1)
		e.wait(t)
		if len(e.got) != 1 {
			t.Errorf("%q", e.got)
		}
	})
}

func TestALinkGivesUpWhoTalksNonsense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := connect(Limits{}, nil)
		defer e.close()
		e.nonsense = func([]byte) error { return errForged }
		e.join()
		e.a.put([]byte("x"), 0, 1)
		synctest.Wait()
		if !errors.Is(e.lost(1), errForged) || !errors.Is(e.lost(1), ErrLost) || !strings.Contains(e.lost(1).Error(), `node "a"`) {
			t.Error(e.lost(1))
		}
	})
	synctest.Test(t, func(t *testing.T) { // a message without an end
		e := connect(Limits{Message: 1000}, nil)
		defer e.close()
		e.join()
		for i := range uint64(20) {
			e.b.take(&post.Frame{Session: 11, To: 22, First: i + 1, Parcels: []*post.Parcel{{Data: make([]byte, 100), More: true}}})
		}
		if !errors.Is(e.lost(1), ErrLost) || len(e.b.part) > 1000 {
			t.Error(e.lost(1), len(e.b.part))
		}
	})
	synctest.Test(t, func(t *testing.T) { // an acknowledgement of what was never sent
		e := connect(Limits{Beat: time.Hour}, func() int { return 0 })
		defer e.close()
		e.join()
		e.a.put([]byte("x"), 0, 1)
		for _, ack := range []uint64{2, 1 << 40, math.MaxUint64} {
			e.a.take(&post.Frame{Session: 22, To: 11, Ack: ack, First: math.MaxUint64, Parcels: make([]*post.Parcel, 3)})
		}
		if e.a.bytes != 1 {
			t.Error("it was taken for acknowledged")
		}
	})
}

// "A turn commits before an effect leaves its node": what is put waits until what made it is kept; signs of life go on.
func TestALinkHoldsBackWhatIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stuck atomic.Bool
		e := connect(Limits{Lost: 10 * time.Second}, nil)
		defer e.close()
		e.a.kept = func(ctx context.Context) error { // nothing is put yet, so nobody has asked
			for stuck.Load() {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(10 * time.Millisecond):
				}
			}
			return nil
		}
		e.join()
		stuck.Store(true)
		e.a.put([]byte("early"), 0, 1)
		time.Sleep(time.Minute)
		e.mu.Lock()
		if len(e.got) != 0 {
			t.Errorf("%q has left before it was kept", e.got)
		}
		e.mu.Unlock()
		if err := errors.Join(e.lost(0), e.lost(1)); err != nil {
			t.Error("a store that takes its time has cost the link:", err)
		}
		stuck.Store(false)
		e.wait(t)
		if len(e.got) != 1 {
			t.Errorf("%q", e.got)
		}
	})
}
