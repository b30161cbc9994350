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

// stop ends the ticking; the workers' lock is held.
func (d *watchdog) stop() {
	if d.armed = false; d.timer != nil {
		d.timer.Stop()
	}
}

// look is one tick.
func (p *workers) look() {
	p.mu.Lock()
	var held []*worker
	stuck, busy := 0, 0
	for _, w := range p.live {
		r := w.running.Load()
		if r == nil {
			w.ticks = 0
			continue
		}
		busy++
		if !w.probe.Swap(true) { // it has moved since the last tick
			w.ticks = 0
			continue
		}
		w.ticks++
		stuck++
		p.reclaim(w)
		if w.ticks == int(blockedTime/tick) {
			held = append(held, w)
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
	p.release()
	p.dog.quiet++
	if busy > 0 || waiting > 0 {
		p.dog.quiet = 0
	}
	if p.dog.quiet > idleTicks || p.closed && busy+waiting == 0 {
		p.dog.armed = false
	} else {
		p.dog.timer.Reset(tick)
	}
	p.mu.Unlock()
	if len(held) > 0 {
		p.report(held)
	}
}

// release lets workers that were added leave when nothing is stuck any more; p.mu is held.
func (p *workers) release() {
	n := min(p.idle, len(p.live)-p.resident-p.stuck)
	if n <= 0 || len(p.queue) > p.head {
		return
	}
	p.idle -= n
	for range n {
		p.wake.Signal()
	}
}

// report tells of the actors that hold their messages too long, with one dump of all stacks.
func (p *workers) report(held []*worker) {
	type report struct {
		w *worker
		r *Ref
	}
	var reports []report
	for _, w := range held {
		if r := w.running.Load(); r != nil {
			reports = append(reports, report{w, r})
		}
	}
	dump := stacks()
	for _, b := range reports {
		if b.w.probe.Load() && b.w.running.Load() == b.r { // else the stack is of something else
			p.engine.observe(Blocked{Actor: b.r.name, Held: blockedTime, Stack: stackOf(dump, b.w.id)})
		}
	}
}

// reclaim puts what a stuck worker has taken, and what it has woken, into the queue; p.mu is held.
func (p *workers) reclaim(w *worker) {
	if i := w.next.Swap(w.size); i < w.size {
		p.enqueue(w.batch[i:w.size])
	}
	for i := range w.wake {
		if w.wake[i].Load() == nil {
			continue
		}
		if r := w.wake[i].Swap(nil); r != nil {
			p.enqueue([]*Ref{r})
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

// stacks gives a dump of all goroutines: the runtime has no cheaper way to see another one.
func stacks() []byte {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) || len(buf) >= 64<<20 {
			return buf[:n]
		}
		buf = make([]byte, 2*len(buf))
	}
}

// stackOf finds one goroutine in a dump.
func stackOf(dump, id []byte) []byte {
	for part := range bytes.SplitSeq(dump, []byte("\n\n")) {
		if len(id) > 0 && bytes.HasPrefix(part, id) {
			return bytes.Clone(part)
		}
	}
	return nil
}
