package llmadapter

import (
	"math/bits"
	"time"
)

const (
	leastDelay = 20 * time.Millisecond // that counts: a machine that is busy makes as much
	leastBlock = 16                    // answers that are looked at together
)

// delay finds out whether calls wait at an endpoint that queues them without a word. The first token comes later there
// than it did when nobody waited, for a prompt of about that length; that is counted, and not how long answers take,
// since that depends on their length above all (as in Vegas: Brakmo, Peterson 1995, by the least delay that was seen).
//
// First tokens are late for other reasons as well: thoughts that are not shown, prompts that are not in a cache, other
// clients. So a smaller limit is a trial: what does not get shorter by it is innate to the endpoint, and counts no more.
type delay struct {
	least  [24]time.Duration // to the first token, by the logarithm of the prompt's length; 0: not seen
	n      int               // answers in the present block
	waits  time.Duration     // their sum
	tooks  time.Duration     // likewise
	outs   int               // calls that were out when they began, likewise
	out    float64           // in the last block, on average
	wait   time.Duration     // in the last block, on average, beyond what is innate
	work   time.Duration     // what a call takes without it
	innate time.Duration     // wait that is not because of us

	trial  bool          // the limit was made smaller: does the wait get shorter?
	before time.Duration // wait before that
	from   float64       // the limit before that
}

// saw takes in an answer; true: the last of a block of that size.
func (d *delay) saw(bytes, out int, first, took time.Duration, size int) bool {
	if first <= 0 || took <= 0 {
		return false
	}
	least := &d.least[min(bits.Len(uint(bytes)), len(d.least)-1)]
	if *least == 0 || first < *least {
		*least = first
	}
	d.waits += first - *least
	d.tooks += took
	d.outs += out
	if d.n++; d.n < size {
		return false
	}
	wait, mean := d.waits/time.Duration(d.n), d.tooks/time.Duration(d.n)
	d.out = float64(d.outs) / float64(d.n)
	d.restart()
	d.innate = min(d.innate, wait)
	d.wait = wait - d.innate
	d.work = max(mean-d.wait, 1)
	return true
}

// restart begins a new block.
func (d *delay) restart() { d.n, d.waits, d.tooks, d.outs = 0, 0, 0, 0 }

// accept takes the wait of the last block as one that is not because of us.
func (d *delay) accept() {
	d.innate += d.wait
	d.wait = 0
}

// long says whether the wait is such that fewer calls would do: longer than a quarter of what a call takes without it.
func (d *delay) long() bool { return d.wait > max(d.work/4, leastDelay) }

// some says whether it is such that no more calls should go out.
func (d *delay) some() bool { return d.wait > max(d.work/8, leastDelay/2) }

// share is the part of the calls that would have been enough, with an eighth more to keep the endpoint busy.
func (d *delay) share() float64 { return 1.125 * float64(d.work) / float64(d.work+d.wait) }
