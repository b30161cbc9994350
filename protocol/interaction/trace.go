package interaction

import (
	"iter"
	"slices"
	"strings"
)

// Trace is one role's side of a session from its beginning: the moves it makes, one after another.
type Trace []Move

// Traces gives the legal traces of a role of 1 to k moves, each before those that go on from it, otherwise in the order of the
// file. Of guards it knows the bounds; those that ask about other sessions it takes to hold.
func (p *Protocol) Traces(r Role, k int) iter.Seq[Trace] {
	return func(yield func(Trace) bool) {
		w := walk{p: p, m: p.Machine(r), made: make([]int, len(p.Bounds)), yield: yield}
		w.from(0, k)
	}
}

// Ended says whether the trace leads to an end.
func (t Trace) Ended() bool { return len(t) > 0 && strings.HasPrefix(t[len(t)-1].To, "[") }

// String gives the moves in short, and the state they lead to: "!request ?agree ?inform [DONE]".
func (t Trace) String() string {
	var b strings.Builder
	for i := range t {
		b.WriteString(t[i].String() + " ")
	}
	if len(t) > 0 {
		b.WriteString(t[len(t)-1].To)
	}
	return b.String()
}

type walk struct {
	p     *Protocol
	m     Machine
	made  []int // moves under each bound
	trace Trace
	yield func(Trace) bool
}

// from goes on from a state for up to k moves, and says whether to go on at all. A state of an overlay that is not laid yet
// is -1, and the trace is left there.
func (w *walk) from(state, k int) bool {
	if state < 0 || k <= 0 {
		return true
	}
	moves := w.m[state].Moves
	for i := range moves {
		if !w.makes(moves, i) {
			continue
		}
		bound := w.bound(&moves[i])
		if bound >= 0 {
			w.made[bound]++
		}
		w.trace = append(w.trace, moves[i])
		on := w.yield(slices.Clone(w.trace)) && w.from(w.m.Index(moves[i].To), k-1)
		w.trace = w.trace[:len(w.trace)-1]
		if bound >= 0 {
			w.made[bound]--
		}
		if !on {
			return false
		}
	}
	return true
}

// makes says whether the move i of a state can be made: within its bound, and no move before it takes what sets it off.
func (w *walk) makes(moves []Move, i int) bool {
	within := func(m *Move) bool {
		b := w.bound(m)
		return b < 0 || w.made[b] < w.p.Bounds[b].Most
	}
	if !within(&moves[i]) {
		return false
	}
	return moves[i].set() == 0 || !slices.ContainsFunc(moves[:i], func(o Move) bool {
		g := o.When
		g.Most = ""
		return g.free() && within(&o) && o.Receive == moves[i].Receive && o.After == moves[i].After && o.On == moves[i].On &&
			g.Answer == moves[i].When.Answer && g.Origin == moves[i].When.Origin
	})
}

// bound is the index of the bound that a move counts for; -1: none.
func (w *walk) bound(m *Move) int {
	return slices.IndexFunc(w.p.Bounds, func(b Bound) bool { return b.Name == m.When.Most })
}
