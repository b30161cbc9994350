package network

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/graph/network"
	"gonum.org/v1/gonum/stat"
)

// Paths is how far nodes are from each other, in edges.
type Paths struct {
	Average  float64 // over the ordered pairs that have a path
	Diameter int     // the longest of the shortest paths that exist
	Pairs    int     // ordered pairs of different nodes
	Reached  int     // those with a path
}

// Paths measures shortest paths without weights, along directions where there are any. Pairs without a path are left
// out, with a Warning that counts them; without any path the average is 0, with a Warning. Two nodes or more. O(nm).
func (g *Graph) Paths() (Paths, error) {
	n := len(g.out)
	if n < 2 {
		return Paths{}, fmt.Errorf("network: 1 node; accepted is 2 or more")
	}
	p := Paths{Pairs: n * (n - 1)}
	length, steps, queue := 0, make([]int, n), make([]int, 0, n)
	for u := range n {
		queue = g.spread(u, steps, queue[:0])
		for _, v := range queue[1:] {
			length += steps[v]
			p.Diameter = max(p.Diameter, steps[v])
		}
		p.Reached += len(queue) - 1
	}
	if p.Reached == 0 {
		return p, Warning("no edges: the average path is taken as 0")
	}
	p.Average = float64(length) / float64(p.Reached)
	if p.Reached < p.Pairs {
		return p, Warning(fmt.Sprintf("%d of %d pairs have no path and are left out", p.Pairs-p.Reached, p.Pairs))
	}
	return p, nil
}

// spread returns the nodes that can be reached from u, itself first, by distance, and writes the distances to steps.
func (g *Graph) spread(u int, steps, queue []int) []int {
	for i := range steps {
		steps[i] = -1
	}
	steps[u] = 0
	queue = append(queue, u)
	for at := 0; at < len(queue); at++ {
		v := queue[at]
		for _, a := range g.out[v] {
			if steps[a.node] < 0 {
				steps[a.node] = steps[v] + 1
				queue = append(queue, a.node)
			}
		}
	}
	return queue
}

// Components numbers the pieces that hang together, ignoring directions, from 0 in the order of their smallest node:
// of[i] is the piece of node i. O(n+m).
func (g *Graph) Components() (of []int, count int) {
	u := g.Undirect()
	of = make([]int, len(u.out))
	for i := range of {
		of[i] = -1
	}
	var queue []int
	for i := range of {
		if of[i] >= 0 {
			continue
		}
		of[i], queue = count, append(queue[:0], i)
		for at := 0; at < len(queue); at++ {
			for _, a := range u.out[queue[at]] {
				if of[a.node] < 0 {
					of[a.node], queue = count, append(queue, a.node)
				}
			}
		}
		count++
	}
	return of, count
}

// Betweenness is, for every node, how many shortest paths between others lead through it, each pair counting 1 shared
// among its paths (Freeman 1977; Brandes 2001, gonum's). Not normalised: divide by (n-1)(n-2)/2, directed (n-1)(n-2).
// Without weights, along directions. O(nm).
func (g *Graph) Betweenness() []float64 {
	b := make([]float64, len(g.out))
	for node, x := range network.Betweenness(g.gonum()) {
		b[node] = x
		if !g.directed {
			b[node] /= 2 // gonum counts a pair from both ends
		}
	}
	return b
}

// SmallWorld is how much more a graph clusters than a random one, and how much longer its paths are.
type SmallWorld struct {
	Sigma            float64 // (C/C_r)/(L/L_r): far above 1 is called a small world
	Clustering, Path float64 // C and L of the graph
	Random           Random
}

// Random is what a random graph has that a small world is compared with. Sigma depends on it: print its name.
type Random struct {
	Name             string
	Clustering, Path float64
}

// Analytic is the name of the reference by formula: C_r = k/n and L_r = ln n/ln k with k = 2m/n.
const Analytic = "analytic: C=k/n, L=ln n/ln k"

// SmallWorld compares with the formulas for large random graphs of the same n and m (Watts and Strogatz 1998; Humphries
// and Gurney 2008). They ignore degrees, and are poor for few or sparse nodes: see SmallWorldAgainst. Only of undirected
// graphs with more than one neighbour per node on average. The Warning is that of Paths. O(nm).
func (g *Graph) SmallWorld() (SmallWorld, error) {
	n := float64(len(g.out))
	k := 2 * float64(g.edges) / n
	if !g.directed && k <= 1 {
		return SmallWorld{}, fmt.Errorf("network: %v neighbours per node; accepted is above 1", k)
	}
	return g.SmallWorldAgainst(Random{Analytic, k / n, math.Log(n) / math.Log(k)})
}

// SmallWorldAgainst compares with a reference of the caller's: the mean clustering and path of graphs rewired with
// degrees kept is the better one. Its name must be given, both its numbers be above 0. The Warning is that of Paths. O(nm).
func (g *Graph) SmallWorldAgainst(random Random) (SmallWorld, error) {
	s := SmallWorld{Random: random}
	switch {
	case g.directed:
		return s, fmt.Errorf("network: small world of a directed graph; accepted is an undirected one")
	case random.Name == "":
		return s, fmt.Errorf("network: a random reference without name; accepted is a name that says how it was made")
	case !(random.Clustering > 0 && random.Clustering <= 1 && random.Path >= 1 && random.Path <= math.MaxFloat64):
		return s, fmt.Errorf("network: random reference with clustering %v and path %v; accepted is above 0 to 1, and 1 or more", random.Clustering, random.Path)
	case g.edges == 0:
		return s, fmt.Errorf("network: small world of a graph without edges; accepted is one edge or more")
	}
	paths, err := g.Paths()
	s.Path = paths.Average
	s.Clustering = stat.Mean(g.LocalClustering(), nil)
	s.Sigma = (s.Clustering / random.Clustering) / (s.Path / random.Path)
	return s, err
}
