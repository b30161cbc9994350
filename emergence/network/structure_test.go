package network_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/community"
	"gonum.org/v1/gonum/graph/path"
	"gonum.org/v1/gonum/graph/simple"

	"github.com/polis-agents/polis/emergence/network"
)

// ring, star and full are graphs whose numbers are known.
func ring(n int) (edges [][2]int) {
	for i := range n {
		edges = append(edges, [2]int{i, (i + 1) % n})
	}
	return edges
}

func star(n int) (edges [][2]int) {
	for i := 1; i < n; i++ {
		edges = append(edges, [2]int{0, i})
	}
	return edges
}

func full(n int) (edges [][2]int) {
	for i := range n {
		for j := range i {
			edges = append(edges, [2]int{i, j})
		}
	}
	return edges
}

func value(t *testing.T, name string, of func() (float64, error), want float64) {
	t.Helper()
	got, err := of()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	near(t, name, got, want, 1e-12)
}

func TestGraphsOfKnownNumbers(t *testing.T) {
	arcs := directed(t, 3, [][2]int{{0, 1}, {1, 0}, {1, 2}})
	value(t, "reciprocity of 0->1, 1->0, 1->2", arcs.Reciprocity, 2./3)
	value(t, "density of three arcs of six", arcs.Density, .5)

	s := undirected(t, 6, star(6))
	value(t, "density of a star", s.Density, 1./3)
	value(t, "centralisation of a star", s.Centralisation, 1)
	value(t, "assortativity of a star", s.Assortativity, -1)
	value(t, "clustering of a star", s.Clustering, 0)
	value(t, "transitivity of a star", s.Transitivity, 0)
	if p, err := s.Paths(); err != nil || p.Average != (5*1+10*2)/15. || p.Diameter != 2 {
		t.Errorf("paths of a star %+v, %v", p, err)
	}
	if b := s.Betweenness(); !reflect.DeepEqual(b, []float64{10, 0, 0, 0, 0, 0}) {
		t.Errorf("betweenness of a star %v, want 10 in the middle: all pairs of five", b)
	}

	f := undirected(t, 5, full(5))
	value(t, "density of all", f.Density, 1)
	value(t, "clustering of all", f.Clustering, 1)
	value(t, "transitivity of all", f.Transitivity, 1)
	value(t, "centralisation of all", f.Centralisation, 0)
	if n := f.Triangles(); n != 10 {
		t.Errorf("%d triangles among five, want 10", n)
	}

	// A triangle with a tail: node 2 has three neighbours of which one pair is tied.
	tail := undirected(t, 4, [][2]int{{0, 1}, {1, 2}, {2, 0}, {2, 3}})
	if c := tail.LocalClustering(); !reflect.DeepEqual(c, []float64{1, 1, 1. / 3, 0}) {
		t.Errorf("clustering of a triangle with a tail %v, want 1 1 1/3 0", c)
	}
	value(t, "its mean", tail.Clustering, 7./12)
	value(t, "its transitivity", tail.Transitivity, 3./5)
	value(t, "its assortativity", tail.Assortativity, -5./7)

	two, three := undirected(t, 2, full(2)), undirected(t, 3, star(3))
	value(t, "density of a pair", two.Density, 1)
	value(t, "centralisation of three in a line", three.Centralisation, 1)
	value(t, "clustering of three in a line", three.Clustering, 0)
	if p, err := two.Paths(); err != nil || p != (network.Paths{Average: 1, Diameter: 1, Pairs: 2, Reached: 2}) {
		t.Errorf("paths of a pair %+v, %v", p, err)
	}
	if s, err := f.SmallWorldAgainst(network.Random{Name: "all", Clustering: 1, Path: 1}); err != nil || s.Sigma != 1 {
		t.Errorf("all against all: %+v, %v, want a sigma of 1", s, err)
	}

	r := undirected(t, 8, ring(8))
	if p, err := r.Paths(); err != nil || p.Diameter != 4 || math.Abs(p.Average-16./7) > 1e-12 {
		t.Errorf("paths of a ring of eight %+v, %v", p, err)
	}
	if p, err := directed(t, 4, ring(4)).Paths(); err != nil || p.Diameter != 3 || p.Average != 2 {
		t.Errorf("paths of a ring one way %+v, %v: along the arcs only", p, err)
	}
	if b := directed(t, 3, [][2]int{{0, 1}, {1, 2}}).Betweenness(); !reflect.DeepEqual(b, []float64{0, 1, 0}) {
		t.Errorf("betweenness of a chain of arcs %v, want 0 1 0", b)
	}
}

func TestWhatAConventionDecidesIsWarnedOf(t *testing.T) {
	none, arcs, r := undirected(t, 3, nil), directed(t, 3, nil), undirected(t, 5, ring(5))
	v, err := none.Clustering()
	warned(t, "clustering", v, 0, err, "no node has two neighbours")
	v, err = undirected(t, 4, [][2]int{{0, 1}, {2, 3}}).Clustering()
	warned(t, "clustering of pairs", v, 0, err, "no node has two neighbours")
	v, err = none.Transitivity()
	warned(t, "transitivity", v, 0, err, "no node has two neighbours")
	v, err = none.Assortativity()
	warned(t, "assortativity", v, 0, err, "no edges")
	v, err = r.Assortativity()
	warned(t, "assortativity of a ring", v, 0, err, "the same degree")
	v, err = directed(t, 3, [][2]int{{0, 2}, {0, 1}, {1, 2}, {1, 0}}).Assortativity() // out 2 2 0
	warned(t, "assortativity where all that point have one degree", v, 0, err, "the same degree")
	v, err = arcs.Reciprocity()
	warned(t, "reciprocity", v, 0, err, "no arcs")
	v, err = none.Modularity([]int{0, 0, 1})
	warned(t, "modularity", v, 0, err, "no edges")
	partition, err := none.Communities(rand.NewPCG(1, 1))
	warned(t, "communities", float64(partition.Count), 3, err, "no edges")
	p, err := none.Paths()
	warned(t, "paths of nothing", p.Average, 0, err, "no edges")
	p, err = undirected(t, 5, [][2]int{{0, 1}, {1, 2}, {3, 4}}).Paths()
	warned(t, "paths in pieces", p.Average, (4*1+2*2+2*1)/8., err, "12 of 20 pairs have no path")
	if p.Diameter != 2 || p.Reached != 8 || p.Pairs != 20 {
		t.Errorf("%+v, want a diameter of 2, 8 pairs of 20", p)
	}
	s, err := undirected(t, 5, [][2]int{{0, 1}, {1, 2}, {0, 2}, {3, 4}}).SmallWorld()
	warned(t, "a small world in pieces", s.Path, 1, err, "12 of 20 pairs")
	k := 8. / 5
	near(t, "its sigma", s.Sigma, (.6/(k/5))/(1/(math.Log(5)/math.Log(k))), 1e-12)
}

func TestSmallWorldNamesItsReference(t *testing.T) {
	s, err := karateClub(t).SmallWorldAgainst(network.Random{Name: "rewired", Clustering: .25, Path: 2})
	if err != nil || s.Random.Name != "rewired" {
		t.Fatalf("%+v, %v", s, err)
	}
	near(t, "sigma", s.Sigma, (.570638478208/.25)/(2.408199643494/2), 1e-9)
}

func TestDirectionsAreIgnoredWhereThatIsSaid(t *testing.T) {
	arcs := [][2]int{{0, 1}, {1, 0}, {1, 2}, {2, 0}, {2, 3}}
	g, u := directed(t, 5, arcs), undirected(t, 5, arcs)
	if g.Triangles() != 1 || u.Triangles() != 1 || !reflect.DeepEqual(g.LocalClustering(), u.LocalClustering()) {
		t.Errorf("%d triangles, clustering %v; without directions %d, %v", g.Triangles(), g.LocalClustering(), u.Triangles(), u.LocalClustering())
	}
	for name, of := range map[string][2]func() (float64, error){
		"clustering":     {g.Clustering, u.Clustering},
		"transitivity":   {g.Transitivity, u.Transitivity},
		"centralisation": {g.Centralisation, u.Centralisation},
	} {
		want, _ := of[1]()
		value(t, name, of[0], want)
	}
	pieces, count := g.Components()
	if !reflect.DeepEqual(pieces, []int{0, 0, 0, 0, 1}) || count != 2 {
		t.Errorf("%d components %v, want node 4 alone", count, pieces)
	}
	// 0->1 is met from 1 too, but 2->3 only along the arc.
	if pieces, count := directed(t, 4, [][2]int{{3, 1}, {2, 1}}).Components(); !reflect.DeepEqual(pieces, []int{0, 1, 1, 1}) || count != 2 {
		t.Errorf("%d components %v, want 0 alone", count, pieces)
	}
}

// Of arcs: the out-degree where they begin with the in-degree where they end.
func TestAssortativityOfArcs(t *testing.T) {
	// Arcs: 0->1 (2,1), 0->2 (2,2), 1->2 (1,2), 3->4 (1,1): the correlation of 2 2 1 1 with 1 2 2 1 is 0.
	value(t, "0", directed(t, 5, [][2]int{{0, 1}, {0, 2}, {1, 2}, {3, 4}}).Assortativity, 0)
	// 0->1 (2,1), 0->2 (2,1), 3->4 (1,2), 5->4 (1,2).
	value(t, "-1", directed(t, 6, [][2]int{{0, 1}, {0, 2}, {3, 4}, {5, 4}}).Assortativity, -1)
}

func random(r *rand.Rand, n, m int) (edges [][2]int, weights []float64) {
	for len(edges) < m {
		if a, b := r.IntN(n), r.IntN(n); a != b {
			edges, weights = append(edges, [2]int{a, b}), append(weights, .1+r.Float64())
		}
	}
	return edges, weights
}

// Ours against gonum's own graphs, which share no code with our view of them, and against definitions written out.
func TestRandomGraphsAgainstDefinitions(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 40 {
		n := 3 + r.IntN(12)
		edges, weights := random(r, n, 1+r.IntN(3*n))
		groups := make([]int, n)
		members := make([][]graph.Node, 3)
		for i := range groups {
			groups[i] = r.IntN(3)
			members[groups[i]] = append(members[groups[i]], simple.Node(i))
		}
		u, d := undirected(t, n, edges, weights...), directed(t, n, edges, weights...)
		theirs, theirArcs := simple.NewWeightedUndirectedGraph(0, 0), simple.NewWeightedDirectedGraph(0, 0)
		for i := range n {
			theirs.AddNode(simple.Node(i))
			theirArcs.AddNode(simple.Node(i))
		}
		edges, weights = u.Edges()
		for i, e := range edges {
			theirs.SetWeightedEdge(simple.WeightedEdge{F: simple.Node(e[0]), T: simple.Node(e[1]), W: weights[i]})
		}
		edges, weights = d.Edges()
		for i, e := range edges {
			theirArcs.SetWeightedEdge(simple.WeightedEdge{F: simple.Node(e[0]), T: simple.Node(e[1]), W: weights[i]})
		}
		value(t, "Q", func() (float64, error) { return u.Modularity(groups) }, community.Q(theirs, members, 1))
		value(t, "directed Q", func() (float64, error) { return d.Modularity(groups) }, community.Q(theirArcs, members, 1))
		closedTriangles(t, n, u, theirs)
		shortestPaths(t, n, u, path.DijkstraAllPaths(unweighted{theirs}))
		shortestPaths(t, n, d, path.DijkstraAllPaths(unweighted{theirArcs}))
		for _, g := range []*network.Graph{u, d} {
			p, err := g.Communities(r)
			if err != nil {
				t.Fatal(err)
			}
			if q, _ := g.Modularity(make([]int, n)); p.Modularity < q-1e-9 {
				t.Errorf("found a partition with Q %v, below the %v of all in one", p.Modularity, q)
			}
		}
	}
}

// unweighted hides weights from gonum's paths.
type unweighted struct{ graph.Graph }

func shortestPaths(t *testing.T, n int, g *network.Graph, theirs path.AllShortest) {
	t.Helper()
	length, reached, longest := 0., 0, 0.
	for i := range n {
		for j := range n {
			if w := theirs.Weight(int64(i), int64(j)); i != j && !math.IsInf(w, 1) {
				length, reached, longest = length+w, reached+1, max(longest, w)
			}
		}
	}
	p, err := g.Paths()
	if all := reached == n*(n-1); all != (err == nil) || p.Reached != reached || p.Diameter != int(longest) {
		t.Errorf("%+v, %v, want %d pairs and a diameter of %v", p, err, reached, longest)
	}
	near(t, "average path", p.Average, length/float64(reached), 1e-12)
}

func closedTriangles(t *testing.T, n int, g *network.Graph, theirs graph.Graph) {
	t.Helper()
	triangles, triples := 0, 0
	tied := func(a, b int) bool { return theirs.HasEdgeBetween(int64(a), int64(b)) }
	for i := range n {
		for j := range n {
			for k := range j {
				if i != j && i != k && tied(i, j) && tied(i, k) {
					triples++
					if tied(j, k) {
						triangles++
					}
				}
			}
		}
	}
	if got := g.Triangles(); got != triangles/3 {
		t.Errorf("%d triangles, want %d", got, triangles/3)
	}
	if got, err := g.Transitivity(); err == nil {
		near(t, "transitivity", got, float64(triangles)/float64(triples), 1e-12)
	} else if w := network.Warning(""); !errors.As(err, &w) || triples > 0 {
		t.Error(err)
	}
}

// Weights near the largest number do not overflow, and Q does not depend on their unit.
func TestModularityDoesNotDependOnTheUnitOfWeights(t *testing.T) {
	for _, unit := range []float64{1e-300, 1, 1e300} {
		g := undirected(t, 4, [][2]int{{0, 1}, {2, 3}, {1, 2}}, 2*unit, 2*unit, unit)
		value(t, "Q", func() (float64, error) { return g.Modularity([]int{7, 7, -1, -1}) }, .3)
		p, err := g.Communities(rand.NewPCG(1, 1))
		if err != nil || !reflect.DeepEqual(p.Groups, []int{0, 0, 1, 1}) || p.Count != 2 {
			t.Errorf("unit %v: %+v, %v, want 0 0 1 1", unit, p, err)
		}
		arcs := directed(t, 4, [][2]int{{0, 1}, {1, 0}, {2, 3}, {1, 2}}, unit, unit, 2*unit, unit)
		value(t, "Q without directions", func() (float64, error) { return arcs.Undirect().Modularity([]int{7, 7, -1, -1}) }, .3)
	}
}
