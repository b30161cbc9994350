package lookout

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/emergence/stream"
	"github.com/polis-agents/polis/environment"
)

// Lookout measures a society while it runs, beside it: the society never waits for a measure. A window that comes while one
// is measured is left out, not queued.
type Lookout struct {
	window *stream.Window
	every  int // rounds
	seed   uint64
	last   *ended // the newest round
	told   int    // the round of the last frame that was taken up
	show   func([]stream.Reading)
	frames chan *stream.Frame
	busy   atomic.Bool
	over   chan struct{} // closed when it is to end
	done   chan struct{} // closed when it has
}

// spare is how many times longer than it has measured it rests: measures take at most so small a part of one thread.
const spare = 24

// Open starts to measure, every so many rounds. show is called by one goroutine at a time. Close ends it.
func Open(watches []stream.Watch, every int, seed uint64, show func([]stream.Reading)) (*Lookout, error) {
	w, err := stream.New(0, watches)
	if err != nil {
		return nil, err
	}
	l := &Lookout{window: w, every: max(every, 1), seed: seed, show: show, frames: make(chan *stream.Frame, 1), over: make(chan struct{}), done: make(chan struct{})}
	go l.work()
	return l, nil
}

// Observe sees one event of polis.Config.Observe, one at a time.
func (l *Lookout) Observe(event any) {
	switch e := event.(type) {
	case actors.Said:
		if !e.Unheard && l.window.Talks() {
			l.window.Said(e.Round, e.Message.Sender, e.Message.Receivers...)
		}
	case environment.RoundEnded:
		l.last = &ended{e}
		l.window.End(e.Round, l.last)
		if e.Round%l.every == 0 && l.busy.CompareAndSwap(false, true) {
			l.told = e.Round
			l.frames <- l.window.Frame(l.last) // there is room: nobody else sends, and it was not busy
		}
	}
}

// work measures what it is given, and rests.
func (l *Lookout) work() {
	defer close(l.done)
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case f := <-l.frames:
			began := time.Now()
			l.measure(f)
			rest.Reset(spare * time.Since(began))
			select {
			case <-rest.C:
			case <-l.over:
			}
			l.busy.Store(false)
		case <-l.over:
			return
		}
	}
}

// measure shows what a frame gives. What goes wrong with it is shown, too: the society goes on.
func (l *Lookout) measure(f *stream.Frame) {
	defer func() {
		if v := recover(); v != nil {
			l.show([]stream.Reading{{Round: f.Round, Err: fmt.Errorf("internal error: %v", v)}})
		}
	}()
	l.show(f.Readings(l.seed))
}

// Close ends it, when nothing is observed any more, and measures the last window if that was not.
func (l *Lookout) Close() {
	close(l.over)
	<-l.done
	select {
	case f := <-l.frames:
		l.measure(f)
	default:
		if l.last != nil && l.told != l.last.Round {
			l.measure(l.window.Frame(l.last))
		}
	}
}

// ended is a round as a window sees it.
type ended struct{ environment.RoundEnded }

// Agents is how many there are.
func (e *ended) Agents() int { return len(e.RoundEnded.Agents) }

// Agent is the name of one.
func (e *ended) Agent(i int) string { return e.RoundEnded.Agents[i].Name }

// Value is a variable of one; "": its first.
func (e *ended) Value(i int, variable string) (float64, bool) {
	return variableOf(e.RoundEnded.Agents[i].Variables, variable)
}

// World is a variable of the world; "": its first.
func (e *ended) World(variable string) (float64, bool) {
	return variableOf(e.RoundEnded.World, variable)
}

func variableOf(all []environment.Variable, name string) (float64, bool) {
	for i := range all {
		if all[i].Name == name || name == "" {
			return all[i].Value, true
		}
	}
	return 0, false
}
