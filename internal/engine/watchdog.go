package engine

import (
	"bytes"
	"runtime"
	"time"
)

const (
	tick        = 2 * time.Millisecond // how soon a blocked worker is noticed
	idleTicks   = 50                   // quiet ticks before the watchdog sleeps
	blockedTime = time.Second          // a message held this long is reported
)

// watchdog looks at the workers while there is work: those that are stuck get replaced, their batch taken away, and an
// actor that holds its message for over a second is reported with its stack.
type watchdog struct {
	timer *time.Timer
	armed bool
	quiet int
}

// arm starts the ticking if it rests; the workers' lock is held.
func (d *watchdog) arm(p *workers) {
	if d.armed || p.closed {
		return
	}
	d.armed, d.quiet = true, 0
	if d.timer == nil {
		d.timer = time.AfterFunc(tick, p.look)
	} else {
		d.timer.Reset(tick)
	}
}

func (d *watchdog) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

// look is one tick.
func (p *workers) look() {
	p.mu.Lock()
	var blocked []Blocked
	stuck, busy := 0, 0
	for _, w := range p.live {
		r := w.running.Load()
		if r == nil {
			w.ticks = 0
			continue
		}
		busy++
		if now := w.progress.Load(); now != w.seen {
			w.seen, w.ticks = now, 0
			continue
		}
		w.ticks++
		stuck++
		p.reclaim(w)
		if w.ticks == int(blockedTime/tick) {
			blocked = append(blocked, Blocked{Actor: r.name, Held: blockedTime, Stack: stackOf(w.id)})
		}
	}
	p.stuck = stuck
	waiting := len(p.queue) - p.head
	if free := len(p.live) - stuck; waiting > 0 && free < p.resident {
		// As many again as are stuck: a burst of blocking actors is met in a few ticks.
		for range min(max(p.resident-free, stuck), waiting, p.limit-len(p.live)) {
			p.add()
		}
	}
	p.dog.quiet++
	if busy > 0 || waiting > 0 {
		p.dog.quiet = 0
	}
	if p.dog.quiet > idleTicks || p.closed && busy == 0 {
		p.dog.armed = false
	} else {
		p.dog.timer.Reset(tick)
	}
	p.mu.Unlock()
	for _, b := range blocked {
		p.engine.observe(b)
	}
}

// reclaim puts what a stuck worker has taken back into the queue; p.mu is held.
func (p *workers) reclaim(w *worker) {
	i := w.next.Swap(w.size)
	if i < w.size {
		p.queue = append(p.queue, w.batch[i:w.size]...)
		p.waits.Store(int64(len(p.queue) - p.head))
		n := min(p.idle, int(w.size-i))
		p.idle -= n
		for range n {
			p.wake.Signal()
		}
	}
}

// goroutineID gives the head of the current goroutine's stack dump: "goroutine 17 ".
func goroutineID() []byte {
	buf := make([]byte, 64)
	buf = buf[:runtime.Stack(buf, false)]
	if i := bytes.IndexByte(buf, '['); i > 0 {
		return buf[:i]
	}
	return nil
}

// stackOf gives the stack of one goroutine out of a dump of all: the runtime has no cheaper way.
func stackOf(id []byte) []byte {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) || len(buf) >= 64<<20 {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	for part := range bytes.SplitSeq(buf, []byte("\n\n")) {
		if len(id) > 0 && bytes.HasPrefix(part, id) {
			return bytes.Clone(part)
		}
	}
	return nil
}
