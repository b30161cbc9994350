package network

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Warning is an error beside which the value stands: it says by which convention, or with what doubt. To find one
// whatever package it is from, use errors.As with a target of type interface{ Warning() string }.
type Warning string

// Error is the warning, with the package it is from.
func (w Warning) Error() string { return "network: " + string(w) }

// Warning is the warning as it stands beside a value.
func (w Warning) Warning() string { return string(w) }

// Graph is who is tied to whom, with weights: nodes 0 to Nodes()-1, no ties to oneself, one edge between two at most (one
// each way when directed). It does not change and may be read by many at once. Only modularity and communities weigh
// edges; everything else asks whether there is one.
type Graph struct {
	directed bool
	out      [][]arc // neighbours in ascending order; undirected: both ways
	in       [][]arc // directed: who points here; undirected: the same as out
	edges    int
	heaviest float64
}

type arc struct {
	node   int
	weight float64
}

// Undirected makes a graph of n nodes: {a, b} and {b, a} are the same edge. weights belong to the edges in turn; nil gives
// every edge 1. Edges that come again are one, with the sum of their weights, so that a list of interactions will do.
// Refused are nodes outside 0 to n-1, edges from a node to itself, and weights that are not finite and above 0. O(m log m).
func Undirected(n int, edges [][2]int, weights []float64) (*Graph, error) {
	return build(n, edges, weights, false)
}

// Directed is Undirected for arcs: {from, to} is not {to, from}.
func Directed(n int, arcs [][2]int, weights []float64) (*Graph, error) {
	return build(n, arcs, weights, true)
}

func build(n int, edges [][2]int, weights []float64, directed bool) (*Graph, error) {
	if err := check(n, edges, weights); err != nil {
		return nil, err
	}
	g := &Graph{directed: directed, out: make([][]arc, n)}
	if g.in = g.out; directed {
		g.in = make([][]arc, n)
	}
	for i, e := range edges {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		g.out[e[0]] = append(g.out[e[0]], arc{e[1], w})
		g.in[e[1]] = append(g.in[e[1]], arc{e[0], w})
	}
	ends, total := 0, 0.0
	for u := range n {
		if g.out[u] = merged(g.out[u]); directed {
			g.in[u] = merged(g.in[u])
		}
		ends += len(g.out[u])
		for _, a := range g.out[u] {
			g.heaviest, total = max(g.heaviest, a.weight), total+a.weight
		}
	}
	if g.edges = ends; !directed {
		g.edges = ends / 2
	}
	if math.IsInf(total, 0) {
		return nil, fmt.Errorf("network: sum of weights %v; accepted is a finite sum", total)
	}
	return g, nil
}

// check refuses what is no graph.
func check(n int, edges [][2]int, weights []float64) error {
	if n < 1 {
		return fmt.Errorf("network: %d nodes; accepted is 1 or more", n)
	}
	if weights != nil && len(weights) != len(edges) {
		return fmt.Errorf("network: %d weights for %d edges; accepted is one for each, or none at all", len(weights), len(edges))
	}
	for i, e := range edges {
		switch {
		case min(e[0], e[1]) < 0 || max(e[0], e[1]) >= n:
			return fmt.Errorf("network: edge number %d is %d to %d; accepted are nodes 0 to %d", i+1, e[0], e[1], n-1)
		case e[0] == e[1]:
			return fmt.Errorf("network: edge number %d is from %d to itself; accepted is between two nodes", i+1, e[0])
		case weights != nil && !(weights[i] > 0 && weights[i] <= math.MaxFloat64):
			return fmt.Errorf("network: weight number %d is %v; accepted is a finite number above 0", i+1, weights[i])
		}
	}
	return nil
}

// merged sorts arcs by node and adds up those to the same one.
func merged(arcs []arc) []arc {
	slices.SortStableFunc(arcs, func(a, b arc) int { return cmp.Compare(a.node, b.node) })
	kept := arcs[:0]
	for _, a := range arcs {
		if last := len(kept) - 1; last >= 0 && kept[last].node == a.node {
			kept[last].weight += a.weight
		} else {
			kept = append(kept, a)
		}
	}
	return kept
}

// Nodes is how many nodes there are, with those that have no edge.
func (g *Graph) Nodes() int { return len(g.out) }

// IsDirected tells arcs from edges.
func (g *Graph) IsDirected() bool { return g.directed }

// Edges are the edges, or arcs, in ascending order, with their weights. Of an undirected edge the smaller node comes
// first. O(m).
func (g *Graph) Edges() (edges [][2]int, weights []float64) {
	for u, arcs := range g.out {
		for _, a := range arcs {
			if g.directed || u < a.node {
				edges, weights = append(edges, [2]int{u, a.node}), append(weights, a.weight)
			}
		}
	}
	return edges, weights
}

// Undirect forgets directions: an arc either way becomes an edge, arcs both ways one edge with the sum of the weights.
func (g *Graph) Undirect() *Graph {
	if !g.directed {
		return g
	}
	u := &Graph{out: make([][]arc, len(g.out))}
	u.in = u.out
	for i := range u.out {
		u.out[i] = merged(slices.Concat(g.out[i], g.in[i]))
		u.edges += len(u.out[i])
		for _, a := range u.out[i] {
			u.heaviest = max(u.heaviest, a.weight)
		}
	}
	u.edges /= 2
	return u
}

// Degrees is how many neighbours every node has; in a directed graph arcs out and in both count.
func (g *Graph) Degrees() []int {
	degrees := make([]int, len(g.out))
	for i := range degrees {
		degrees[i] = len(g.out[i])
		if g.directed {
			degrees[i] += len(g.in[i])
		}
	}
	return degrees
}
