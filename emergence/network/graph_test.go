package network_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/polis-agents/polis/emergence/network"
)

func TestEdgesThatComeAgainAreOne(t *testing.T) {
	g := undirected(t, 4, [][2]int{{2, 1}, {0, 1}, {1, 2}, {2, 1}}, 1, 2, 3, 5)
	edges, weights := g.Edges()
	if !reflect.DeepEqual(edges, [][2]int{{0, 1}, {1, 2}}) || !reflect.DeepEqual(weights, []float64{2, 9}) {
		t.Errorf("edges %v with weights %v, want 0-1 with 2 and 1-2 with 9", edges, weights)
	}
	if d := g.Degrees(); !reflect.DeepEqual(d, []int{1, 2, 1, 0}) {
		t.Errorf("degrees %v, want 1 2 1 0", d)
	}
	g = directed(t, 3, [][2]int{{2, 1}, {0, 1}, {1, 2}, {2, 1}}, 1, 2, 3, 5)
	edges, weights = g.Edges()
	if !reflect.DeepEqual(edges, [][2]int{{0, 1}, {1, 2}, {2, 1}}) || !reflect.DeepEqual(weights, []float64{2, 3, 6}) {
		t.Errorf("arcs %v with weights %v, want 0-1, 1-2, 2-1 with 2, 3, 6", edges, weights)
	}
	if d := g.Degrees(); !reflect.DeepEqual(d, []int{1, 3, 2}) || !g.IsDirected() {
		t.Errorf("degrees %v, want 1 3 2: arcs out and in", d)
	}
	u := g.Undirect()
	edges, weights = u.Edges()
	if !reflect.DeepEqual(edges, [][2]int{{0, 1}, {1, 2}}) || !reflect.DeepEqual(weights, []float64{2, 9}) || u.IsDirected() {
		t.Errorf("without directions %v with weights %v, want 0-1 with 2 and 1-2 with 9", edges, weights)
	}
	if d, _ := u.Density(); d != 2./3 {
		t.Errorf("density %v without directions, want 2/3", d)
	}
	if u.Undirect() != u {
		t.Error("an undirected graph without directions is another one")
	}
}

func TestGraphIsNoneOfTheCallersMemory(t *testing.T) {
	edges, weights := [][2]int{{0, 1}, {1, 2}}, []float64{1, 2}
	g := undirected(t, 3, edges, weights...)
	edges[0], weights[0] = [2]int{0, 2}, 7
	given, _ := g.Edges()
	given[0] = [2]int{5, 6}
	if again, w := g.Edges(); again[0] != [2]int{0, 1} || w[0] != 1 {
		t.Errorf("edge %v with weight %v, want 0-1 with 1", again[0], w[0])
	}
}

func TestBadGraphs(t *testing.T) {
	one := [][2]int{{0, 1}}
	for _, c := range []struct {
		n       int
		edges   [][2]int
		weights []float64
		want    string
	}{
		{0, nil, nil, "network: 0 nodes; accepted is 1 or more"},
		{-3, nil, nil, "network: -3 nodes; accepted is 1 or more"},
		{2, one, []float64{1, 2}, "network: 2 weights for 1 edges; accepted is one for each, or none at all"},
		{2, one, []float64{}, "network: 0 weights for 1 edges; accepted is one for each, or none at all"},
		{2, [][2]int{{0, 1}, {0, 2}}, nil, "network: edge number 2 is 0 to 2; accepted are nodes 0 to 1"},
		{2, [][2]int{{2, 1}}, nil, "network: edge number 1 is 2 to 1; accepted are nodes 0 to 1"},
		{2, [][2]int{{0, -7}}, nil, "network: edge number 1 is 0 to -7; accepted are nodes 0 to 1"},
		{2, [][2]int{{-1, 1}}, nil, "network: edge number 1 is -1 to 1; accepted are nodes 0 to 1"},
		{2, [][2]int{{1, 1}}, nil, "network: edge number 1 is from 1 to itself; accepted is between two nodes"},
		{2, one, []float64{0}, "network: weight number 1 is 0; accepted is a finite number above 0"},
		{2, one, []float64{-1}, "network: weight number 1 is -1; accepted is a finite number above 0"},
		{2, one, []float64{math.NaN()}, "network: weight number 1 is NaN; accepted is a finite number above 0"},
		{2, one, []float64{math.Inf(1)}, "network: weight number 1 is +Inf; accepted is a finite number above 0"},
		{3, [][2]int{{0, 1}, {1, 2}}, []float64{math.MaxFloat64, math.MaxFloat64}, "network: sum of weights +Inf; accepted is a finite sum"},
	} {
		for _, construct := range []func(int, [][2]int, []float64) (*network.Graph, error){network.Undirected, network.Directed} {
			if g, err := construct(c.n, c.edges, c.weights); g != nil || err == nil || err.Error() != c.want {
				t.Errorf("%d nodes, edges %v, weights %v: %v, want %s", c.n, c.edges, c.weights, err, c.want)
			}
		}
	}
}

// warned wants a Warning with these words, and tells the value beside it.
func warned(t *testing.T, name string, got, want float64, err error, words string) {
	t.Helper()
	var w interface{ Warning() string }
	var own network.Warning
	if !errors.As(err, &w) || !errors.As(err, &own) || !strings.Contains(w.Warning(), words) || !strings.HasPrefix(err.Error(), "network: ") {
		t.Errorf("%s: %v, want a warning that says %q", name, err, words)
	}
	near(t, name, got, want, 1e-12)
}

// refused wants no value and an error with these words that is no Warning.
func refused[T comparable](t *testing.T, name, words string) func(v T, err error) {
	return func(v T, err error) {
		t.Helper()
		var w network.Warning
		var none T
		if err == nil || errors.As(err, &w) || !strings.Contains(err.Error(), words) || v != none {
			t.Errorf("%s: %v, %v, want an error that says %q and no value", name, v, err, words)
		}
	}
}

func TestWhatHasNoValueIsRefused(t *testing.T) {
	alone, pair, arcs := undirected(t, 1, nil), undirected(t, 2, [][2]int{{0, 1}}), directed(t, 3, [][2]int{{0, 1}, {1, 2}})
	refused[float64](t, "density of one", "1 node; accepted is 2 or more")(alone.Density())
	refused[network.Paths](t, "paths of one", "1 node; accepted is 2 or more")(alone.Paths())
	refused[float64](t, "centralisation of two", "2 nodes; accepted is 3 or more")(pair.Centralisation())
	refused[float64](t, "reciprocity", "accepted is a directed one")(pair.Reciprocity())
	refused[float64](t, "modularity", "groups for 1 nodes; accepted is 2")(pair.Modularity([]int{0}))
	refused[network.SmallWorld](t, "small world of a pair", "1 neighbours per node; accepted is above 1")(pair.SmallWorld())
	_, err := pair.Communities(nil)
	refused[int](t, "communities", "no source of chance")(0, err)
	for name, c := range map[string]struct {
		g      *network.Graph
		random network.Random
		words  string
	}{
		"of arcs":    {arcs, network.Random{Name: "a", Clustering: .1, Path: 2}, "accepted is an undirected one"},
		"of nothing": {undirected(t, 2, nil), network.Random{Name: "a", Clustering: .1, Path: 2}, "without edges"},
		"no name":    {pair, network.Random{Clustering: .1, Path: 2}, "without name"},
	} {
		_, err := c.g.SmallWorldAgainst(c.random)
		refused[int](t, "small world "+name, c.words)(0, err)
	}
	_, err = arcs.SmallWorld()
	refused[int](t, "small world of arcs", "accepted is an undirected one")(0, err)
	for _, r := range []network.Random{{Clustering: 0, Path: 2}, {Clustering: 1.1, Path: 2}, {Clustering: math.NaN(), Path: 2},
		{Clustering: .1, Path: .5}, {Clustering: .1, Path: math.NaN()}, {Clustering: .1, Path: math.Inf(1)}} {
		r.Name = "a"
		_, err = pair.SmallWorldAgainst(r)
		refused[int](t, "reference", "accepted is above 0 to 1, and 1 or more")(0, err)
	}
}
