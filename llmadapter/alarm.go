package llmadapter

import (
	"cmp"
	"container/heap"
	"time"
)

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
