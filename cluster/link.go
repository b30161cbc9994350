package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire/post"
)

// ErrLost says that a node is not there any more.
var ErrLost = errors.New("node lost")

// Limits of the links of a node. The zero value is useful.
type Limits struct {
	Outstanding int           // bytes that may wait for one node, or for its acknowledgement, before it counts as busy; 0: 64 MiB
	Window      int           // of which bytes may be on the way; 0: 8 MiB
	Part        int           // bytes of a parcel: what is larger goes in parts; 0: 256 KiB
	Message     int           // bytes of one message, at most; 0: 32 MiB
	Again       time.Duration // after which what was not acknowledged is sent again, the first time; 0: 1 s
	Beat        time.Duration // between signs of life; 0: 1 s
	Lost        time.Duration // of silence, after which a node is lost; 0: 10 s
}

func (l *Limits) fill() {
	for _, n := range []struct {
		of       *int
		standard int
	}{{&l.Outstanding, 64 << 20}, {&l.Window, 8 << 20}, {&l.Part, 256 << 10}, {&l.Message, 32 << 20}} {
		if *n.of <= 0 {
			*n.of = n.standard
		}
	}
	for _, d := range []struct {
		of       *time.Duration
		standard time.Duration
	}{{&l.Again, time.Second}, {&l.Beat, time.Second}, {&l.Lost, 10 * time.Second}} {
		if *d.of <= 0 {
			*d.of = d.standard
		}
	}
}

// carrier takes frames on their way, in order, and promises nothing: neither that they arrive, nor that it says so.
type carrier interface {
	send(peer string, f *post.Frame)
	reset(peer string) // the way to that node is made anew: this one leads nowhere
}

// link is one node's end of what joins it to another. What is put into it arrives there once and in order, or the link is
// lost. Its goroutine ends with close.
type link struct {
	peer    string
	session uint64
	limits  Limits
	carry   carrier
	kept    func(context.Context) error // waits until what is in the queue may leave; nil: nothing is waited for
	deliver func(data []byte) error     // takes what has arrived, one after the other; an error: the peer talks nonsense
	gone    func(l *link, why error, left []parcel)

	wake  chan struct{} // one slot: there is something to send
	ended chan struct{} // closed when the goroutine is to end
	done  sync.WaitGroup

	takes sync.Mutex // one frame is taken at a time

	mu     sync.Mutex
	theirs uint64   // the peer's session; 0: not known yet, and nothing is sent
	queue  []parcel // from number base on: not acknowledged
	base   uint64
	sent   int           // of the queue, handed to the carrier
	high   uint64        // number of the last that ever was
	bytes  int           // of the queue
	flight int           // of those sent
	moved  time.Time     // when it last got on: sent with nothing else on the way, or was acknowledged
	again  time.Duration // from then on until it is sent again
	tries  int           // in a row
	taken  uint64        // number of the last parcel taken
	part   []byte        // of an envelope that goes on
	owing  bool          // an acknowledgement
	heard  time.Time
	empty  chan struct{} // closed when the queue gets empty; nil: nobody waits
	lost   error
	closed bool
}

// parcel is an envelope, or a part of one. The last part of a message carries its run and its weight.
type parcel struct {
	data   []byte
	more   bool
	run    uint64
	weight int
}

func newLink(peer string, session uint64, limits Limits, carry carrier, kept func(context.Context) error,
	deliver func([]byte) error, gone func(*link, error, []parcel)) *link {
	l := &link{peer: peer, session: session, limits: limits, carry: carry, kept: kept, deliver: deliver, gone: gone,
		wake: make(chan struct{}, 1), ended: make(chan struct{}), base: 1, again: limits.Again, heard: time.Now()}
	l.done.Add(1)
	go l.pump()
	return l
}

// put takes a message, or says why not.
func (l *link) put(data []byte, run uint64, weight int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.lost != nil:
		return l.lost
	case len(data) > l.limits.Message:
		return fmt.Errorf("cluster: a message of %d bytes for node %q; accepted are at most %d", len(data), l.peer, l.limits.Message)
	case l.bytes > 0 && l.bytes+len(data) > l.limits.Outstanding:
		return fmt.Errorf("cluster: %d bytes wait for node %q: %w", l.bytes, l.peer, engine.ErrBusy)
	}
	l.bytes += len(data)
	for len(data) > l.limits.Part {
		l.queue = append(l.queue, parcel{data: data[:l.limits.Part], more: true})
		data = data[l.limits.Part:]
	}
	l.queue = append(l.queue, parcel{data: data, run: run, weight: weight})
	l.nudge()
	return nil
}

// nudge wakes the goroutine.
func (l *link) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// join says which session the peer is in: from now on the link is up. It is false for another session than before.
func (l *link) join(theirs uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost != nil || l.theirs != 0 && l.theirs != theirs {
		return false
	}
	if l.theirs == 0 {
		l.theirs, l.heard = theirs, time.Now()
		l.owing = true
		l.nudge()
	}
	return true
}

// up says whether the peer is known and was heard of lately.
func (l *link) up() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost == nil && l.theirs != 0 && time.Since(l.heard) < 3*l.limits.Beat
}

// pump sends what there is, sends again what was not acknowledged, and gives signs of life.
func (l *link) pump() {
	defer l.done.Done()
	beat := time.NewTicker(min(l.limits.Beat, l.limits.Again) / 2)
	defer beat.Stop()
	last := time.Time{} // when a frame was sent
	for {
		select {
		case <-l.ended:
			return
		case <-l.wake:
		case <-beat.C:
		}
		if l.silent() {
			return
		}
		until := l.leaving()
		for {
			f, reset := l.next(time.Since(last) >= l.limits.Beat, until)
			if reset {
				l.carry.reset(l.peer)
			}
			if f == nil {
				break
			}
			l.carry.send(l.peer, f)
			last = time.Now()
		}
	}
}

// leaving gives the number of the last parcel that may leave: the turns that made them are kept by then.
func (l *link) leaving() uint64 {
	l.mu.Lock()
	last := l.base + uint64(len(l.queue)) - 1
	fresh := last > l.high && l.theirs != 0 && l.lost == nil
	high := l.high
	l.mu.Unlock()
	if !fresh || l.kept == nil {
		return last
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.limits.Beat) // signs of life go on meanwhile
	defer cancel()
	if l.kept(ctx) != nil { // it takes its time, and is asked again, or has failed, which ends the run
		return high
	}
	return last
}

// silent loses the link when nothing was heard for too long.
func (l *link) silent() bool {
	l.mu.Lock()
	quiet := time.Since(l.heard)
	lost := l.theirs != 0 && quiet >= l.limits.Lost
	l.mu.Unlock()
	if lost {
		l.lose(fmt.Errorf("cluster: node %q: %w: nothing was heard of it for %s", l.peer, ErrLost, l.limits.Lost))
	}
	return lost
}

// maxPacked bounds what small messages are packed into: a frame is a parcel of full size, or many that are together no
// larger.
const maxPacked = 4096

// next makes the frame to be sent now; nil: there is none. reset: what was sent leads nowhere.
func (l *link) next(beat bool, until uint64) (f *post.Frame, reset bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.theirs == 0 || l.lost != nil {
		return nil, false
	}
	now := time.Now()
	if l.sent > 0 && now.Sub(l.moved) >= l.again {
		l.tries++
		l.again = min(2*l.again, 4*l.limits.Again)
		l.sent, l.flight, l.moved = 0, 0, now
		reset = l.tries > 1 || now.Sub(l.heard) >= 2*l.limits.Beat
	}
	f = &post.Frame{Session: l.session, To: l.theirs, Ack: l.taken}
	size := 0
	for l.sent < len(l.queue) && len(f.Parcels) < maxPacked && l.base+uint64(l.sent) <= until {
		p := &l.queue[l.sent]
		if size > 0 && size+len(p.data) > l.limits.Part || l.flight > 0 && l.flight+len(p.data) > l.limits.Window {
			break
		}
		if f.First == 0 {
			f.First = l.base + uint64(l.sent)
		}
		if l.sent == 0 {
			l.moved = now
		}
		f.Parcels = append(f.Parcels, &post.Parcel{Data: p.data, More: p.more})
		size += len(p.data)
		l.flight += len(p.data)
		l.high = max(l.high, l.base+uint64(l.sent))
		l.sent++
	}
	if f.First == 0 && !l.owing && !beat {
		return nil, reset
	}
	l.owing = false
	return f, reset
}

// take takes a frame of the peer: each parcel once and in order.
func (l *link) take(f *post.Frame) {
	l.takes.Lock()
	defer l.takes.Unlock()
	first, ok := l.acknowledged(f)
	if !ok {
		return
	}
	for i, p := range f.GetParcels() {
		if first+uint64(i) != l.taken+1 { // had before, or one before it is missing; only here is taken written
			continue
		}
		if len(l.part)+len(p.GetData()) > l.limits.Message {
			l.lose(fmt.Errorf("cluster: node %q: %w: it sent a message of more than %d bytes", l.peer, ErrLost, l.limits.Message))
			return
		}
		l.part = append(l.part, p.GetData()...)
		var err error
		if !p.GetMore() {
			whole := l.part
			l.part = nil
			err = l.deliver(whole)
		}
		l.mu.Lock()
		l.taken++
		l.mu.Unlock()
		if err != nil {
			l.lose(fmt.Errorf("cluster: node %q: %w: it talks nonsense: %w", l.peer, ErrLost, err))
			return
		}
	}
	l.mu.Lock()
	l.owing = l.owing || len(f.GetParcels()) > 0
	l.mu.Unlock()
	l.nudge()
}

// acknowledged notes what a frame says of what was sent, and gives the number of its first parcel. ok is false for a
// frame of another session.
func (l *link) acknowledged(f *post.Frame) (first uint64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost != nil || l.theirs == 0 || f.GetSession() != l.theirs || f.GetTo() != l.session {
		return 0, false
	}
	l.heard = time.Now()
	n := 0
	if ack := f.GetAck(); ack >= l.base && ack <= l.high {
		n = int(ack-l.base) + 1
	}
	for i := range n {
		l.bytes -= len(l.queue[i].data)
		if i < l.sent {
			l.flight -= len(l.queue[i].data)
		}
		l.queue[i] = parcel{}
	}
	if n > 0 {
		l.queue = l.queue[n:]
		l.base += uint64(n)
		l.sent = max(l.sent-n, 0)
		l.moved, l.again, l.tries = l.heard, l.limits.Again, 0
	}
	if len(l.queue) == 0 {
		l.queue = nil // what it has grown to goes with it
		if l.empty != nil {
			close(l.empty)
			l.empty = nil
		}
	}
	return f.GetFirst(), true
}

// drained waits until all that was put is acknowledged, the link is lost, or ctx ends.
func (l *link) drained(ctx context.Context) error {
	l.mu.Lock()
	if l.lost != nil || len(l.queue) == 0 {
		defer l.mu.Unlock()
		return l.lost
	}
	if l.empty == nil {
		l.empty = make(chan struct{})
	}
	empty := l.empty
	l.mu.Unlock()
	select {
	case <-empty:
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.lost
	case <-ctx.Done():
		return fmt.Errorf("cluster: node %q has not acknowledged all that was sent to it: %w", l.peer, ctx.Err())
	}
}

// lose gives the link up: what was not acknowledged is lost, and whoever put it is told.
func (l *link) lose(why error) {
	l.mu.Lock()
	if l.lost != nil {
		l.mu.Unlock()
		return
	}
	l.lost = why
	left := l.queue
	l.queue, l.bytes, l.flight, l.sent = nil, 0, 0, 0
	if l.empty != nil {
		close(l.empty)
		l.empty = nil
	}
	l.mu.Unlock()
	if l.gone != nil {
		l.gone(l, why, left)
	}
	l.stop()
}

// stop lets the goroutine end.
func (l *link) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		close(l.ended)
	}
}

// close ends the link and waits for its goroutine.
func (l *link) close(why error) {
	l.lose(why)
	l.stop()
	l.done.Wait()
}
