package network

import (
	"testing"

	"gonum.org/v1/gonum/graph"
)

// What gonum asks of a graph, also where our use of it does not.
func TestView(t *testing.T) {
	arcs := [][2]int{{0, 1}, {1, 2}}
	u, err := Undirected(4, arcs, []float64{2, 4})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Directed(4, arcs, []float64{2, 4})
	if err != nil {
		t.Fatal(err)
	}
	edges, directions := u.gonum().(undirectedView), d.gonum().(directedView)
	for _, v := range []graph.Weighted{edges, directions} {
		_, oneWay := v.(graph.Directed)
		for from := int64(-1); from < 5; from++ {
			inside := from >= 0 && from < 4
			if n := v.Node(from); (n != nil) != inside || inside && n.ID() != from {
				t.Errorf("node %d is %v", from, n)
			}
			if !inside && v.From(from).Len() != 0 {
				t.Errorf("there are neighbours of node %d", from)
			}
			for to := int64(-1); to < 5; to++ {
				want := map[[2]int64]float64{{0, 1}: .5, {1, 2}: 1}
				there, back := want[[2]int64{from, to}], want[[2]int64{to, from}]
				weight := there + back
				if oneWay {
					weight = there
				}
				w, ok := v.Weight(from, to)
				if w != weight || ok != (weight > 0 || inside && from == to) {
					t.Errorf("weight of %d to %d is %v, %v, want %v", from, to, w, ok, weight)
				}
				e, we := v.Edge(from, to), v.WeightedEdge(from, to)
				if (e != nil) != (weight > 0) || (we != nil) != (weight > 0) {
					t.Errorf("edge %d to %d is %v, %v, want weight %v", from, to, e, we, weight)
				} else if e != nil && (e.From().ID() != from || e.To().ID() != to || we.Weight() != weight) {
					t.Errorf("edge %d to %d is %v, %v, want weight %v", from, to, e, we, weight)
				}
				if v.HasEdgeBetween(from, to) != (there+back > 0) {
					t.Errorf("an edge between %d and %d: %v", from, to, v.HasEdgeBetween(from, to))
				}
			}
		}
	}
	if directions.To(2).Len() != 1 || directions.To(0).Len() != 0 || directions.To(-1).Len() != 0 || directions.To(4).Len() != 0 {
		t.Error("who points at 2, 0, -1 and 4: want one, none, none, none")
	}
	if edges.EdgeBetween(2, 1) == nil || edges.EdgeBetween(2, 0) != nil || edges.WeightedEdgeBetween(2, 1).Weight() != 1 {
		t.Error("edges between 2 and 1, and 2 and 0: want one of weight 1, and none")
	}
}
