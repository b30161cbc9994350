package network

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Density is the part of the possible edges that are there: 2m/(n(n-1)), of arcs m/(n(n-1)). Two nodes or more. Unit 1, O(1).
func (g *Graph) Density() (float64, error) {
	n := float64(len(g.out))
	if n < 2 {
		return 0, fmt.Errorf("network: 1 node; accepted is 2 or more")
	}
	d := float64(g.edges) / (n * (n - 1))
	if !g.directed {
		d *= 2
	}
	return d, nil
}

// Reciprocity is the part of the arcs whose opposite is there too (Wasserman and Faust 1994). Only of directed graphs.
// Without arcs it is 0, with a Warning. Unit 1, O(m log n).
func (g *Graph) Reciprocity() (float64, error) {
	if !g.directed {
		return 0, fmt.Errorf("network: reciprocity of an undirected graph; accepted is a directed one")
	}
	if g.edges == 0 {
		return 0, Warning("no arcs: reciprocity is taken as 0")
	}
	both := 0
	for u, arcs := range g.out {
		for _, a := range arcs {
			if find(g.out[a.node], u) >= 0 {
				both++
			}
		}
	}
	return float64(both) / float64(g.edges), nil
}

// find is the place of the arc to node among arcs in order, or -1.
func find(arcs []arc, node int) int {
	at, ok := slices.BinarySearchFunc(arcs, node, func(a arc, n int) int { return a.node - n })
	if !ok {
		return -1
	}
	return at
}

// closed is, for every node, how many pairs of its neighbours are neighbours, and how many pairs there are. Directions
// are ignored. O(sum of squared degrees).
func (g *Graph) closed() (triangles, pairs []int) {
	u := g.Undirect()
	triangles, pairs = make([]int, len(u.out)), make([]int, len(u.out))
	for i, near := range u.out {
		for _, a := range near {
			triangles[i] += shared(near, u.out[a.node])
		}
		triangles[i] /= 2 // each was met from both neighbours
		pairs[i] = len(near) * (len(near) - 1) / 2
	}
	return triangles, pairs
}

// shared counts nodes that are in both lists.
func shared(a, b []arc) int {
	n := 0
	for len(a) > 0 && len(b) > 0 {
		switch x, y := a[0].node, b[0].node; {
		case x < y:
			a = a[1:]
		case x > y:
			b = b[1:]
		default:
			n, a, b = n+1, a[1:], b[1:]
		}
	}
	return n
}

// Triangles is how many sets of three nodes are tied all to all; directions are ignored. O(sum of squared degrees).
func (g *Graph) Triangles() int {
	triangles, _ := g.closed()
	return sum(triangles) / 3
}

func sum(xs []int) int {
	total := 0
	for _, x := range xs {
		total += x
	}
	return total
}

// LocalClustering is, for every node, the part of the pairs of its neighbours that are neighbours themselves (Watts and
// Strogatz 1998); with fewer than two neighbours 0. Directions and weights are ignored. O(sum of squared degrees).
func (g *Graph) LocalClustering() []float64 {
	triangles, pairs := g.closed()
	c := make([]float64, len(pairs))
	for i := range c {
		if pairs[i] > 0 {
			c[i] = float64(triangles[i]) / float64(pairs[i])
		}
	}
	return c
}

// Clustering is the mean of LocalClustering over all nodes, those with fewer than two neighbours included as 0. When no
// node has two it is 0, with a Warning. Unit 1.
func (g *Graph) Clustering() (float64, error) {
	if slices.Max(g.Undirect().Degrees()) < 2 {
		return 0, Warning("no node has two neighbours: clustering is taken as 0")
	}
	return stat.Mean(g.LocalClustering(), nil), nil
}

// Transitivity is three times the triangles over the connected triples (Newman, Watts and Strogatz 2002): it weighs pairs
// alike where Clustering weighs nodes alike. Directions are ignored. Without triples it is 0, with a Warning. Unit 1.
func (g *Graph) Transitivity() (float64, error) {
	triangles, pairs := g.closed()
	triples := sum(pairs)
	if triples == 0 {
		return 0, Warning("no node has two neighbours: transitivity is taken as 0")
	}
	return float64(sum(triangles)) / float64(triples), nil
}

// Assortativity is the correlation of the degrees at the two ends of edges (Newman 2002, 2003): above 0 when those with
// many neighbours have each other. Of arcs: the out-degree where they begin with the in-degree where they end. When one
// side has the same degree everywhere, as in a ring, there is no correlation: 0, with a Warning. Unit 1, O(m).
func (g *Graph) Assortativity() (float64, error) {
	if g.edges == 0 {
		return 0, Warning("no edges: assortativity is taken as 0")
	}
	var from, to []float64
	for u, arcs := range g.out {
		for _, a := range arcs {
			from, to = append(from, float64(len(g.out[u]))), append(to, float64(len(g.in[a.node])))
		}
	}
	if slices.Min(from) == slices.Max(from) || slices.Min(to) == slices.Max(to) {
		return 0, Warning("all ends of edges have the same degree: assortativity is taken as 0")
	}
	return stat.Correlation(from, to, nil), nil
}

// Centralisation is Freeman's for degrees, sum(max-d)/((n-1)(n-2)): 1 for a star, 0 when all have as many neighbours
// (Freeman 1979). Directions are ignored. Three nodes or more. Unit 1, O(m).
func (g *Graph) Centralisation() (float64, error) {
	n := len(g.out)
	if n < 3 {
		return 0, fmt.Errorf("network: %d nodes; accepted is 3 or more", n)
	}
	degrees := g.Undirect().Degrees()
	return float64(n*slices.Max(degrees)-sum(degrees)) / float64((n-1)*(n-2)), nil
}
