package statistics

import (
	"fmt"
	"math/rand/v2"
)

// SwapsPerEdge is how many swaps for each edge a Rewiring makes at least, where the graph allows them.
const SwapsPerEdge = 10

// Rewiring draws graphs with the degrees of a given one: two edges a-b and c-d become a-d and c-b, again and again, if
// that makes no loop and no edge twice (Maslov and Sneppen 2002, Science 296:910). Degrees are kept exactly; in a
// directed graph those in and those out. It is for one goroutine.
//
// A directed graph of three nodes in a ring cannot be turned around by such swaps; in larger ones this does not matter.
type Rewiring struct {
	edges    [][2]int
	directed bool
	present  map[[2]int]struct{}
}

// NewRewiring binds the edges of a simple graph: no loops, no edge twice (add up the weights of those that are), and at
// least two of them. They are not kept or changed by the caller while it is in use.
func NewRewiring(edges [][2]int, directed bool) (*Rewiring, error) {
	if len(edges) < 2 {
		return nil, fmt.Errorf("statistics: a graph of %d edges; accepted for rewiring are 2 or more", len(edges))
	}
	w := &Rewiring{edges: edges, directed: directed, present: make(map[[2]int]struct{}, len(edges))}
	for i, e := range edges {
		if e[0] == e[1] {
			return nil, fmt.Errorf("statistics: edge %d is a loop at %d; accepted for rewiring are edges between two", i, e[0])
		}
		if w.has(e) {
			return nil, fmt.Errorf("statistics: edge %d, %d-%d, is there already; accepted for rewiring is each edge once, "+
				"with the sum of its weights", i, e[0], e[1])
		}
		w.present[w.key(e)] = struct{}{}
	}
	return w, nil
}

// Draw writes a rewired graph into dst, which is as long as the edges. Edge i of dst is what became of edge i, so that a
// list of weights goes with it as it is; an edge keeps its first node. It returns how many swaps were made: at least
// SwapsPerEdge for each edge, or fewer where the graph hardly allows any (a star, a complete graph).
//
// Attempts that are refused count as steps that stay, else graphs with many ways out would come too often. When there
// were enough swaps, as many attempts follow again, and one more or not: the moment of stopping must not tell, nor
// whether the number of swaps is odd. Cost O(m) a draw.
func (w *Rewiring) Draw(dst [][2]int, r *rand.Rand) (swaps int) {
	copy(dst, w.edges)
	clear(w.present)
	for _, e := range dst {
		w.present[w.key(e)] = struct{}{}
	}
	m := len(w.edges)
	attempt := func(times int) {
		for range times {
			if w.swap(dst, r) {
				swaps++
			}
		}
	}
	for rounds := 0; rounds < 20 && swaps < SwapsPerEdge*m; rounds++ {
		attempt(SwapsPerEdge * m)
	}
	attempt(SwapsPerEdge*m + r.IntN(2))
	return swaps
}

// swap tries one swap of two edges of dst.
func (w *Rewiring) swap(dst [][2]int, r *rand.Rand) bool {
	i, j := r.IntN(len(dst)), r.IntN(len(dst)-1)
	if j >= i {
		j++
	}
	e, f := dst[i], dst[j]
	if !w.directed && r.Uint64()&1 == 1 {
		f[0], f[1] = f[1], f[0] // either end of an undirected edge may be its first
	}
	one, other := [2]int{e[0], f[1]}, [2]int{f[0], e[1]}
	if one[0] == one[1] || other[0] == other[1] || w.has(one) || w.has(other) {
		return false
	}
	delete(w.present, w.key(e))
	delete(w.present, w.key(f))
	w.present[w.key(one)], w.present[w.key(other)] = struct{}{}, struct{}{}
	dst[i], dst[j] = one, other
	return true
}

func (w *Rewiring) has(e [2]int) bool {
	_, ok := w.present[w.key(e)]
	return ok
}

// key is an edge in the one form in which it is looked up.
func (w *Rewiring) key(e [2]int) [2]int {
	if !w.directed && e[0] > e[1] {
		e[0], e[1] = e[1], e[0]
	}
	return e
}
