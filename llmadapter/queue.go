package llmadapter

import (
	"cmp"
	"container/heap"
	"time"
)

// queue is who waits, in the order in which they are served: the higher priority first, then the asker that was served
// least so far, then the nearer deadline, then who came first.
//
// Shares are counted by start tags (Goyal, Vin, Cheng: Start-time Fair Queuing, 1996): an entry is tagged with the end
// of its asker's entry before it, or with the tag of what was served last if that is later, so that nobody saves up
// turns while asking nothing. A tag counts requests.
type queue struct {
	ready  readyHeap
	served uint64            // the highest tag served
	shares map[string]uint64 // by asker: the tag after its last entry, where that is beyond served; emptied with the queue
	sweep  int               // how many shares there may be before those that say nothing are forgotten
}

// add puts an entry that never waited at its place.
func (q *queue) add(e *entry) {
	e.tag = max(q.shares[e.key.asker], q.served)
	if q.shares == nil {
		q.shares, q.sweep = make(map[string]uint64), 256
	}
	q.shares[e.key.asker] = e.tag + 1
	if len(q.shares) > q.sweep {
		q.forget()
	}
	heap.Push(&q.ready, e)
}

// back puts an entry that waited before to where it was.
func (q *queue) back(e *entry) { heap.Push(&q.ready, e) }

// take gives the first; nil: nobody waits.
func (q *queue) take() *entry {
	if len(q.ready) == 0 {
		return nil
	}
	e := heap.Pop(&q.ready).(*entry)
	if q.served = max(q.served, e.tag); len(q.ready) == 0 { // nobody has waited for anybody: all begin anew
		clear(q.shares)
	}
	return e
}

// remove takes one out that will not be served. If it never was, its asker's later entries get its turn.
func (q *queue) remove(e *entry) {
	heap.Remove(&q.ready, e.place)
	if share := q.shares[e.key.asker]; share > 0 && e.attempts == 0 {
		q.shares[e.key.asker] = share - 1
	}
}

// forget drops the shares that make no difference.
func (q *queue) forget() {
	for asker, share := range q.shares { // in any order: what is left is the same
		if share <= q.served {
			delete(q.shares, asker)
		}
	}
	q.sweep = max(256, 2*len(q.shares))
}

// ahead counts who would be served before an entry that is about to be added; it stops counting at most.
func (q *queue) ahead(e *entry, most int) int {
	e.tag = max(q.shares[e.key.asker], q.served)
	return q.ready.before(e, 0, most)
}

// readyHeap orders entries as they are served.
type readyHeap []*entry

// before counts the entries of the subtree at i that come before e: below one that does not there is none.
func (h readyHeap) before(e *entry, i, most int) int {
	if most <= 0 || i >= len(h) || !first(h[i], e) {
		return 0
	}
	n := 1
	n += h.before(e, 2*i+1, most-n)
	return n + h.before(e, 2*i+2, most-n)
}

func first(a, b *entry) bool {
	return cmp.Or(cmp.Compare(b.request.Priority, a.request.Priority), cmp.Compare(a.tag, b.tag),
		cmp.Compare(a.deadline, b.deadline), cmp.Compare(a.number, b.number)) < 0
}

// Len, Less, Swap, Push and Pop are for package heap.
func (h readyHeap) Len() int           { return len(h) }
func (h readyHeap) Less(i, j int) bool { return first(h[i], h[j]) }
func (h readyHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}
func (h *readyHeap) Push(x any) {
	e := x.(*entry)
	e.place = len(*h)
	*h = append(*h, e)
}
func (h *readyHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.place = -1
	return e
}

// alarms are all open entries, by when something is due about them whatever else happens: their deadline, the end of an
// attempt, the end of a pause.
type alarms []*entry

// set says when something is due about an entry.
func (h *alarms) set(e *entry, due time.Duration) {
	e.due = due
	if e.alarm < 0 {
		heap.Push(h, e)
	} else {
		heap.Fix(h, e.alarm)
	}
}

// clear takes an entry out.
func (h *alarms) clear(e *entry) {
	if e.alarm >= 0 {
		heap.Remove(h, e.alarm)
	}
}

// Len, Less, Swap, Push and Pop are for package heap.
func (h alarms) Len() int { return len(h) }
func (h alarms) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].due, h[j].due), cmp.Compare(h[i].number, h[j].number)) < 0
}
func (h alarms) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].alarm, h[j].alarm = i, j
}
func (h *alarms) Push(x any) {
	e := x.(*entry)
	e.alarm = len(*h)
	*h = append(*h, e)
}
func (h *alarms) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.alarm = -1
	return e
}
