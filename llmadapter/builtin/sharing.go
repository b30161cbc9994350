package builtin

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// sharing gives out the tokens of the server at one rate, in equal parts to the answers in progress, as servers do that
// decode many answers in one batch. All of them move at the same speed, so one clock that counts tokens is enough: an
// answer that began when it showed b has its n-th token when it shows b + n.
type sharing struct {
	rate float64 // tokens a second of all together
	each float64 // of one alone, at most

	mu    sync.Mutex
	n     int       // answers in progress
	shown float64   // tokens, since nobody was there
	at    time.Time // when it was shown
	waits waits
	timer *time.Timer
}

// wait is for what the clock will show.
type wait struct {
	shown float64
	over  chan struct{}
	place int // in the heap; -1: it is over
}

// newSharing is nil where nothing is shared.
func newSharing(c Config) *sharing {
	if c.TokenRate == 0 {
		return nil
	}
	s := &sharing{rate: c.TokenRate, each: c.TokenRate}
	if c.PerToken > 0 {
		s.each = min(s.each, float64(time.Second)/float64(c.PerToken))
	}
	s.timer = time.AfterFunc(time.Hour, s.ring)
	s.timer.Stop()
	return s
}

// speed is how many tokens a second each answer gets.
func (s *sharing) speed() float64 { return min(s.rate/float64(max(s.n, 1)), s.each) }

// show brings the clock to now.
func (s *sharing) show() {
	now := time.Now()
	if s.n == 0 {
		s.shown = 0
	} else {
		s.shown += s.speed() * max(now.Sub(s.at), 0).Seconds()
	}
	s.at = now
}

// enter begins an answer, and gives what the clock shows.
func (s *sharing) enter() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.show()
	s.n++
	s.arm()
	return s.shown
}

// leave ends one.
func (s *sharing) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.show()
	s.n--
	s.arm()
}

// until waits until the clock shows so much; false: ctx has ended before.
func (s *sharing) until(ctx context.Context, shown float64) bool {
	s.mu.Lock()
	s.show()
	w := &wait{shown: shown, over: make(chan struct{})}
	heap.Push(&s.waits, w)
	s.arm()
	s.mu.Unlock()
	select {
	case <-w.over:
		return true
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.place >= 0 {
		heap.Remove(&s.waits, w.place)
	}
	return false
}

// ring is called when somebody's wait is over.
func (s *sharing) ring() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.show()
	s.arm()
}

// arm ends the waits that are over, and sets the timer for the next.
func (s *sharing) arm() {
	const nearly = 1e-6 // of a token: what rounding leaves
	for len(s.waits) > 0 && s.waits[0].shown <= s.shown+nearly {
		w, _ := heap.Pop(&s.waits).(*wait) // all are
		close(w.over)
	}
	s.timer.Stop()
	if len(s.waits) > 0 {
		s.timer.Reset(time.Duration((s.waits[0].shown-s.shown)/s.speed()*float64(time.Second)) + 1)
	}
}

// waits are in the order of what they wait for.
type waits []*wait

// Len is how many there are.
func (w waits) Len() int { return len(w) }

// Less says which of two is over first.
func (w waits) Less(i, j int) bool { return w[i].shown < w[j].shown }

// Swap swaps two.
func (w waits) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].place, w[j].place = i, j
}

// Push adds one.
func (w *waits) Push(v any) {
	added, _ := v.(*wait) // all are
	added.place = len(*w)
	*w = append(*w, added)
}

// Pop takes the last one.
func (w *waits) Pop() any {
	last := (*w)[len(*w)-1]
	last.place = -1
	*w = (*w)[:len(*w)-1]
	return last
}
