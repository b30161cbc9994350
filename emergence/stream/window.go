package stream

import (
	"fmt"
	"math"
	"slices"
)

// Society is what a window sees of a society when a round has ended. Agents are numbered from 0 in an order that stays while
// none joins or leaves.
type Society interface {
	Agents() int
	Agent(i int) string                                // its name
	Value(i int, variable string) (x float64, ok bool) // of an agent; "": its first
	World(variable string) (x float64, ok bool)        // "": the first
}

// Bounds of what a window holds.
const (
	Panel    = 12   // agents that are followed over the window
	MaxTalk  = 4096 // arcs of talk, the newest
	MaxSize  = 1000 // rounds
	Standard = 50   // rounds, unless said otherwise
	least    = 10   // rounds from which on something is said over the window
)

// Window is the last rounds of a society, as far as its watches need them. Not for use by two goroutines at once.
type Window struct {
	size    int
	watches []Watch
	rounds  []int // their numbers, the oldest first
	tracks  []track
	talks   bool
	talk    []arc // a ring, once it is full
	next    int   // where the next goes
	lost    int   // arcs that fell out before they were old
}

// track is one variable over the window.
type track struct {
	of       scope
	variable string
	seats    []seat      // of the panel
	values   [][]float64 // by seat, then round; NaN: the agent was not there, or had none. Of the world there is one seat
}

// seat is where one agent of the panel is.
type seat struct {
	agent string // "": nobody
	at    int    // its number, last time
}

// arc is that one has spoken to another.
type arc struct {
	round    int
	from, to string
}

// New makes a window of so many rounds, 0: Standard, for some watches. The error says what is accepted.
func New(rounds int, watches []Watch) (*Window, error) {
	if rounds == 0 {
		rounds = Standard
	}
	if rounds < least || rounds > MaxSize {
		return nil, fmt.Errorf("stream: window of %d rounds; accepted is %d to %d", rounds, least, MaxSize)
	}
	if len(watches) > MaxWatches {
		return nil, fmt.Errorf("stream: %d watches; accepted are up to %d", len(watches), MaxWatches)
	}
	w := &Window{size: rounds, watches: slices.Clone(watches)}
	for _, watch := range watches {
		m, err := find(watch.Measure)
		if err != nil {
			return nil, err
		}
		switch {
		case m.of == ofTalk:
			w.talks = true
		case m.of == ofWorldOver:
			if w.track(watch.Variable, true) == nil {
				w.tracks = append(w.tracks, track{of: ofWorldOver, variable: watch.Variable, values: make([][]float64, 1)})
			}
		case m.of != ofAgentsNow && w.track(watch.Variable, false) == nil:
			w.tracks = append(w.tracks, track{of: ofAgentsOver, variable: watch.Variable, seats: make([]seat, Panel), values: make([][]float64, Panel)})
		}
	}
	return w, nil
}

// track finds what is kept of a variable; nil: nothing is.
func (w *Window) track(variable string, world bool) *track {
	for i := range w.tracks {
		if t := &w.tracks[i]; t.variable == variable && (t.of == ofWorldOver) == world {
			return t
		}
	}
	return nil
}

// Talks says whether a watch is about talk: else Said need not be called.
func (w *Window) Talks() bool { return w.talks }

// Said takes in that one has spoken to others in a round. It costs the same in a society that talks without end: what there is
// no room for pushes out the oldest.
func (w *Window) Said(round int, from string, to ...string) {
	if !w.talks {
		return
	}
	for _, one := range to {
		a := arc{round, from, one}
		if len(w.talk) < MaxTalk {
			w.talk = append(w.talk, a)
			continue
		}
		if round-w.talk[w.next].round < w.size {
			w.lost++
		}
		w.talk[w.next] = a
		w.next = (w.next + 1) % MaxTalk
	}
}

// End takes in a round that has ended. It allocates nothing once the window is full.
func (w *Window) End(round int, s Society) {
	w.rounds = push(w.rounds, round, w.size)
	for i := range w.tracks {
		if t := &w.tracks[i]; t.of == ofWorldOver {
			x, ok := s.World(t.variable)
			t.values[0] = push(t.values[0], number(x, ok), w.size)
		} else {
			t.end(s, w.size, len(w.rounds))
		}
	}
}

// end takes in what the panel did.
func (t *track) end(s Society, size, rounds int) {
	agents := s.Agents()
	for i := range t.seats {
		seat := &t.seats[i]
		if seat.agent == "" || vacant(t.values[i]) {
			t.seat(i, s, rounds-1)
		}
		x, ok := 0.0, false
		if seat.agent != "" && seat.find(s, agents) {
			x, ok = s.Value(seat.at, t.variable)
		}
		t.values[i] = push(t.values[i], number(x, ok), size)
	}
}

// seat gives a seat that is free to an agent that has none, from where its share of the agents begins. before is how many
// rounds it was not there.
func (t *track) seat(i int, s Society, before int) {
	agents := s.Agents()
	t.seats[i] = seat{}
	for k := range agents {
		at := (i*agents/len(t.seats) + k) % agents
		name := s.Agent(at)
		if slices.ContainsFunc(t.seats, func(other seat) bool { return other.agent == name }) {
			if k >= 2*len(t.seats) { // as many are taken as there can be
				break
			}
			continue
		}
		t.seats[i] = seat{name, at}
		break
	}
	for len(t.values[i]) < before {
		t.values[i] = append(t.values[i], math.NaN())
	}
}

// find says whether the agent is there, and where.
func (p *seat) find(s Society, agents int) bool {
	if p.at < agents && s.Agent(p.at) == p.agent {
		return true
	}
	for i := range agents {
		if s.Agent(i) == p.agent {
			p.at = i
			return true
		}
	}
	return false
}

// vacant says that an agent has had no value in the whole window.
func vacant(values []float64) bool {
	for i := len(values) - 1; i >= 0; i-- {
		if !math.IsNaN(values[i]) {
			return false
		}
	}
	return true
}

// push adds to the newest of a window. The values move: a window is short.
func push[T any](all []T, one T, size int) []T {
	if len(all) < size {
		return append(all, one)
	}
	copy(all, all[1:])
	all[size-1] = one
	return all
}

// number is a value that can be counted with, or NaN.
func number(x float64, ok bool) float64 {
	if !ok || math.IsInf(x, 0) {
		return math.NaN()
	}
	return x
}
