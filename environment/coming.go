package environment

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"github.com/polis-agents/polis/internal/wire"
)

// What is to come in the simulated pace, beside what reaches agents by a wire.Due.
const (
	look   wire.Kind = 100 + iota // an agent perceives
	action                        // an action is thought over, and applies
)

// coming is something that happens at a virtual time.
type coming struct {
	at    time.Duration
	place int       // in the queue; -1: not there
	seat  *seat     // whom it reaches, or whose action it is
	due   wire.Due  // of a look, only the kind
	act   *wire.Act // of an action
}

// queue holds what is to come, the earliest first. In which order things of one moment leave it does not matter: they
// are sorted then.
type queue []*coming

// Len, Less, Swap, Push and Pop are what container/heap needs.
func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at < q[j].at }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push adds at the end.
func (q *queue) Push(x any) {
	e := x.(*coming)
	e.place = len(*q)
	*q = append(*q, e)
}

// Pop takes from the end.
func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	e.place = -1
	return e
}

// drop takes something out of the queue, wherever it is.
func (q *queue) drop(e *coming) {
	if e.place >= 0 {
		heap.Remove(q, e.place)
	}
}

// moment takes out all that is due at that time.
func (q *queue) moment(at time.Duration, into []*coming) []*coming {
	for len(*q) > 0 && (*q)[0].at <= at {
		into = append(into, heap.Pop(q).(*coming))
	}
	slices.SortFunc(into, func(x, y *coming) int {
		return cmp.Or(cmp.Compare(x.seat.Name, y.seat.Name), inOrder(x.due, y.due))
	})
	return into
}

// inOrder is the order of what reaches one agent in one moment.
func inOrder(x, y wire.Due) int {
	return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Sender, y.Sender), cmp.Compare(x.N, y.N), cmp.Compare(x.Index, y.Index))
}
