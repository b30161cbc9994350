package engine

import (
	"sync"
	"sync/atomic"
)

const batchSize = 64 // actors a worker takes from the queue at once

// workers run actors. protoactor's dispatcher starts a goroutine per activation, whose fresh stack is then copied as
// it grows: four fifths of the cost of a round trip. Here a few goroutines stay and take actors from one queue.
// An actor that blocks holds its worker, so the watchdog adds workers while some are stuck; they leave again.
type workers struct {
	engine   *Engine
	resident int
	limit    int

	mu     sync.Mutex
	wake   sync.Cond
	queue  []*Ref // from head
	head   int
	live   []*worker
	idle   int // waiting workers that were not yet signalled
	stuck  int // workers that made no progress between the last two ticks of the watchdog
	closed bool
	gone   sync.WaitGroup
	dog    watchdog
	waits  atomic.Int64 // len(queue), to look without the lock
}

// worker is one goroutine that runs actors.
type worker struct {
	all     *workers
	ctx     Context                        // of the message being handled
	wake    [batchSize]atomic.Pointer[Ref] // actors to schedule, kept back until the message is handled, see flush; the watchdog takes them away when that takes long
	inside  bool                           // an actor's code runs
	err     error                          // what Receive returned
	one     item                           // the message being handled, if it came alone
	wakes   int                            // noted in wake
	batch   [batchSize]*Ref
	size    int32        // of the batch; changed under all.mu only
	next    atomic.Int32 // of the batch; the watchdog takes the rest away by moving it to the end
	probe   atomic.Bool  // set by the watchdog, cleared with the next message or turn
	running atomic.Pointer[Ref]
	id      []byte // "goroutine 17 ", to find its stack

	ticks int // that have found the probe still set; owned by the watchdog
}

func newWorkers(e *Engine, resident, limit int) *workers {
	p := &workers{engine: e, resident: resident, limit: limit}
	p.wake.L = &p.mu
	p.mu.Lock()
	defer p.mu.Unlock()
	for range resident {
		p.add()
	}
	return p
}

// add starts a worker; p.mu is held.
func (p *workers) add() {
	w := &worker{all: p}
	p.live = append(p.live, w)
	p.gone.Add(1)
	go w.work()
}

// push queues actors, and wakes as many workers as can be of use.
func (p *workers) push(refs ...*Ref) {
	p.mu.Lock()
	p.enqueue(refs)
	p.dog.arm(p)
	p.mu.Unlock()
}

// enqueue queues actors and wakes workers; p.mu is held.
func (p *workers) enqueue(refs []*Ref) {
	p.queue = append(p.queue, refs...)
	p.waits.Store(int64(len(p.queue) - p.head))
	n := min(p.idle, len(refs))
	p.idle -= n
	for range n {
		p.wake.Signal()
	}
}

// take fills the worker's batch; false: the worker is to leave.
func (p *workers) take(w *worker) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.head == len(p.queue) {
		if p.closed || len(p.live) > p.resident+p.stuck {
			p.remove(w)
			return false
		}
		p.idle++
		p.wake.Wait()
	}
	waiting := len(p.queue) - p.head
	n := min(max(waiting/(2*len(p.live)), 1), batchSize) // leave some for the others
	copy(w.batch[:n], p.queue[p.head:p.head+n])
	clear(p.queue[p.head : p.head+n])
	p.head += n
	if p.head == len(p.queue) {
		p.queue, p.head = p.queue[:0], 0
		if cap(p.queue) > 1<<16 {
			p.queue = nil
		}
	} else if p.head > 1024 && p.head > len(p.queue)/2 {
		left := copy(p.queue, p.queue[p.head:])
		clear(p.queue[left:])
		p.queue, p.head = p.queue[:left], 0
	}
	p.waits.Store(int64(len(p.queue) - p.head))
	w.size = int32(n)
	w.next.Store(0)
	return true
}

// remove takes a worker off the list; p.mu is held.
func (p *workers) remove(w *worker) {
	for i, x := range p.live {
		if x == w {
			p.live = append(p.live[:i], p.live[i+1:]...)
			break
		}
	}
}

// close lets the workers leave once nothing is queued. The watchdog looks after them until they have.
func (p *workers) close() {
	p.mu.Lock()
	p.closed = true
	p.idle = 0
	p.mu.Unlock()
	p.wake.Broadcast()
}

// wait waits until all have left.
func (p *workers) wait() {
	p.gone.Wait()
	p.mu.Lock()
	p.dog.stop()
	p.mu.Unlock()
}

func (w *worker) work() {
	defer w.all.gone.Done()
	w.id = goroutineID()
	for w.all.take(w) {
		for {
			i := w.next.Add(1) - 1
			if i >= w.size {
				break
			}
			w.run(w.batch[i])
		}
	}
}

// run runs an actor and then, without a detour over the queue, the one it woke, as long as there is exactly one and
// nobody else waits: two actors that talk to each other stay on one worker.
func (w *worker) run(r *Ref) {
	for r != nil {
		w.running.Store(r)
		w.moved()
		r.run(w)
		r = nil
		if w.wakes == 1 && w.next.Load() >= w.size && w.all.waits.Load() == 0 {
			r = w.wake[0].Swap(nil) // nil: the watchdog was first
			w.wakes = 0
		}
	}
	w.running.Store(nil)
	w.flush()
}

// wakeup notes an actor to be scheduled. It is kept back for a moment so that many are queued at once.
func (w *worker) wakeup(r *Ref) {
	w.wake[w.wakes].Store(r)
	if w.wakes++; w.wakes == batchSize {
		w.flush()
	}
}

// flush schedules the actors noted.
func (w *worker) flush() {
	if w.wakes > 0 {
		w.pushNoted()
	}
}

func (w *worker) pushNoted() {
	var refs [batchSize]*Ref
	n := 0
	for i := range w.wakes {
		if r := w.wake[i].Swap(nil); r != nil {
			refs[n] = r
			n++
		}
	}
	w.wakes = 0
	w.all.push(refs[:n]...)
}

// moved says that the worker gets on. An atomic counter would cost more than all else that a message costs here.
func (w *worker) moved() {
	if w.probe.Load() {
		w.probe.Store(false)
	}
}
