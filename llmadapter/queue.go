package llmadapter

import (
	"cmp"
	"container/heap"
	"slices"
)

const (
	inputCost  = 1.0 // of a token of a prompt, as shares are counted
	outputCost = 2.0 // of a token of an answer, which takes an endpoint longer
	below      = 16  // one place in so many goes to a class below the highest, so that none starves
	leastSweep = 256 // askers that are remembered before those are forgotten who say nothing
)

// queue is who waits, in the order in which they are served: the higher priority first, then the asker who got the
// fewest tokens so far, by weight, then the nearer deadline, then who came first.
//
// Tokens are counted as they are served, and put right when they are known (virtual token counter: Sheng et al., Fairness
// in Serving Large Language Models, OSDI 2024). Who has not waited begins at the least of those who wait, so that nobody
// saves up turns while asking nothing.
type queue struct {
	length  int
	classes []*class // by priority, the highest first; those in which somebody waits
	askers  map[string]*asker
	weight  func(asker string) float64 // nil: 1 each
	floor   float64                    // what the asker had who was served last
	sweep   int
	served  uint64 // entries
	turn    int    // of the classes below the highest
}

// asker is somebody whose requests wait, or have waited.
type asker struct {
	name   string
	weight float64
	got    float64  // tokens, by their cost and by weight
	shares []*share // one in every class in which something of it waits
	out    int      // calls whose cost is not known yet
}

// class is who waits with one priority.
type class struct {
	priority int
	length   int
	shares   shareHeap
}

// share is what waits of one asker in one class.
type share struct {
	asker   *asker
	class   *class
	entries entryHeap
	place   int
}

// add puts an entry into the queue.
func (q *queue) add(e *entry) {
	a := q.askerOf(e.key.asker)
	if len(a.shares) == 0 {
		a.got = max(a.got, q.least())
	}
	s := q.shareOf(a, e.request.Priority)
	e.share = s
	heap.Push(&s.entries, e)
	s.class.length++
	q.length++
	heap.Fix(&s.class.shares, s.place)
}

// askerOf finds an asker.
func (q *queue) askerOf(name string) *asker {
	if a := q.askers[name]; a != nil {
		return a
	}
	if q.askers == nil {
		q.askers, q.sweep = make(map[string]*asker), leastSweep
	}
	if len(q.askers) >= q.sweep {
		q.forget()
	}
	a := &asker{name: name, weight: 1}
	if q.weight != nil {
		a.weight = weightOf(q.weight, name)
	}
	q.askers[name] = a
	return a
}

// weightOf asks for a weight. What is none, or no answer, counts as 1.
func weightOf(weight func(string) float64, asker string) (w float64) {
	defer func() {
		if recover() != nil || !(w >= 1e-6 && w <= 1e6) { // nor NaN
			w = 1
		}
	}()
	return weight(asker)
}

// forget drops who says nothing, and would begin at the least of those who wait.
func (q *queue) forget() {
	least := q.least()
	for name, a := range q.askers { // in any order: what is left is the same
		if len(a.shares) == 0 && a.out == 0 && a.got <= least {
			delete(q.askers, name)
		}
	}
	q.sweep = max(leastSweep, 2*len(q.askers))
}

// least is what the asker has got who got the fewest of those who wait; where nobody does, who was served last.
func (q *queue) least() float64 {
	if len(q.classes) == 0 {
		return q.floor
	}
	least := q.classes[0].shares[0].asker.got
	for _, c := range q.classes[1:] {
		least = min(least, c.shares[0].asker.got)
	}
	return least
}

// shareOf finds an asker's share of a class, and makes both if there is none.
func (q *queue) shareOf(a *asker, priority int) *share {
	for _, s := range a.shares {
		if s.class.priority == priority {
			return s
		}
	}
	at, found := slices.BinarySearchFunc(q.classes, priority, func(c *class, p int) int { return cmp.Compare(p, c.priority) })
	if !found {
		q.classes = slices.Insert(q.classes, at, &class{priority: priority})
	}
	s := &share{asker: a, class: q.classes[at]}
	a.shares = append(a.shares, s)
	heap.Push(&s.class.shares, s)
	return s
}

// peek gives who is served next; nil: nobody waits.
func (q *queue) peek() *entry {
	if q.length == 0 {
		return nil
	}
	at := 0
	if n := len(q.classes); n > 1 && q.served%below == below-1 {
		at = 1 + q.turn%(n-1)
	}
	return q.classes[at].shares[0].entries[0]
}

// take takes out who is served next, which peek gave, and charges its asker what it is supposed to cost.
func (q *queue) take(e *entry, cost float64) {
	a := e.share.asker
	if q.served++; e.share.class != q.classes[0] {
		q.turn++
	}
	q.remove(e)
	a.out++
	e.asker, e.cost = a, cost/a.weight
	q.charge(a, e.cost)
	q.floor = max(q.floor, a.got)
}

// settle puts right what was charged for an entry, whose call has come back.
func (q *queue) settle(e *entry, cost float64) {
	a := e.asker
	if a == nil { // it did not wait
		return
	}
	e.asker = nil
	a.out--
	q.charge(a, cost/a.weight-e.cost)
}

// charge changes what an asker has got.
func (q *queue) charge(a *asker, cost float64) {
	a.got = max(0, a.got+cost)
	for _, s := range a.shares {
		heap.Fix(&s.class.shares, s.place)
	}
}

// remove takes an entry out.
func (q *queue) remove(e *entry) {
	s := e.share
	heap.Remove(&s.entries, e.place)
	e.share = nil
	q.length--
	s.class.length--
	if len(s.entries) > 0 {
		heap.Fix(&s.class.shares, s.place)
		return
	}
	heap.Remove(&s.class.shares, s.place)
	s.asker.shares = slices.DeleteFunc(s.asker.shares, func(other *share) bool { return other == s })
	if len(s.class.shares) == 0 {
		q.classes = slices.DeleteFunc(q.classes, func(c *class) bool { return c == s.class })
	}
}

// ahead is about how many are served before an entry that is about to be added: all of higher priority, and of each asker
// in its class as many as of its own.
func (q *queue) ahead(e *entry) int {
	n := 0
	for _, c := range q.classes {
		switch {
		case c.priority > e.request.Priority:
			n += c.length
		case c.priority == e.request.Priority:
			own := 0
			for _, s := range c.shares {
				if s.asker.name == e.key.asker {
					own = len(s.entries)
				}
			}
			for _, s := range c.shares {
				if s.asker.name == e.key.asker {
					n += own
				} else {
					n += min(len(s.entries), own+1)
				}
			}
		}
	}
	return n
}

// costOf is what tokens count, as shares are counted.
func costOf(input, output int) float64 {
	return inputCost*float64(input) + outputCost*float64(output)
}

// entryHeap is what waits of one asker, the nearest deadline first.
type entryHeap []*entry

func before(a, b *entry) bool {
	return cmp.Or(cmp.Compare(a.deadline, b.deadline), cmp.Compare(a.number, b.number)) < 0
}

// Len, Less, Swap, Push and Pop are for package heap.
func (h entryHeap) Len() int           { return len(h) }
func (h entryHeap) Less(i, j int) bool { return before(h[i], h[j]) }
func (h entryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}
func (h *entryHeap) Push(x any) {
	e := x.(*entry)
	e.place = len(*h)
	*h = append(*h, e)
}
func (h *entryHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.place = -1
	return e
}

// shareHeap is who waits in one class, whoever got the fewest first.
type shareHeap []*share

// Len, Less, Swap, Push and Pop are for package heap.
func (h shareHeap) Len() int { return len(h) }
func (h shareHeap) Less(i, j int) bool {
	a, b := h[i], h[j]
	if a.asker.got != b.asker.got || len(a.entries) == 0 || len(b.entries) == 0 {
		return a.asker.got < b.asker.got
	}
	return before(a.entries[0], b.entries[0])
}
func (h shareHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}
func (h *shareHeap) Push(x any) {
	s := x.(*share)
	s.place = len(*h)
	*h = append(*h, s)
}
func (h *shareHeap) Pop() any {
	old := *h
	s := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return s
}
