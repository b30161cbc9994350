package llmadapter

import (
	"math/bits"
	"time"
)

// leastDelay is the wait at an endpoint that says nothing: a machine that is busy makes as much.
const leastDelay = 20 * time.Millisecond

// delay finds out whether calls wait at an endpoint that queues them without a word. The first token comes later there
// than it did when nobody waited, for a prompt of about that length; that is counted, and not how long answers take,
// since that depends on their length above all (as in Vegas: Brakmo, Peterson 1995, by the least delay that was seen).
type delay struct {
	least [24]time.Duration // to the first token, by the logarithm of the prompt's length; 0: not seen
	wait  time.Duration     // of late, on average
	work  time.Duration     // what calls take without it, on average
}

// saw takes in an answer.
func (d *delay) saw(bytes int, first, took time.Duration) {
	if first <= 0 || took <= 0 {
		return
	}
	least := &d.least[min(bits.Len(uint(bytes)), len(d.least)-1)]
	if *least == 0 || first < *least {
		*least = first
	}
	wait := first - *least
	work := max(took-wait, 1)
	if d.work == 0 {
		d.work = work
	}
	d.wait += (wait - d.wait) / 8
	d.work += (work - d.work) / 8
}

// long says whether the wait is such that fewer calls would do: longer than a quarter of what a call takes without it.
func (d *delay) long() bool { return d.wait > max(d.work/4, leastDelay) }

// some says whether it is such that no more calls should go out.
func (d *delay) some() bool { return d.wait > max(d.work/8, leastDelay/2) }

// share is the part of the calls that would have been enough, with an eighth more to keep the endpoint busy.
func (d *delay) share() float64 { return 1.125 * float64(d.work) / float64(d.work+d.wait) }

// forget begins anew: that the endpoint is slower now is not because of us.
func (d *delay) forget() { *d = delay{} }
