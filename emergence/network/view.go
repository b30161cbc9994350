package network

import (
	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/iterator"
	"gonum.org/v1/gonum/graph/simple"
)

// A view is a Graph as gonum sees one. gonum's own graphs keep nodes in maps and sum in another order every time; here
// nodes come in order, so that the same graph and seed give the same bits. Weights are parts of the heaviest, so that
// their squares cannot overflow.
type view struct{ g *Graph }

// undirectedView and directedView are what gonum tells edges from arcs by.
type (
	undirectedView struct{ view }
	directedView   struct{ view }
)

var (
	_ graph.WeightedUndirected = undirectedView{}
	_ graph.WeightedDirected   = directedView{}
	_ graph.Undirected         = undirectedView{}
	_ graph.Directed           = directedView{}
)

func (g *Graph) gonum() graph.Graph {
	if g.directed {
		return directedView{view{g}}
	}
	return undirectedView{view{g}}
}

func node(i int) graph.Node { return simple.Node(i) }

func (v view) has(id int64) bool { return id >= 0 && id < int64(len(v.g.out)) }

// Node is the node with the given id, nil without one.
func (v view) Node(id int64) graph.Node {
	if !v.has(id) {
		return nil
	}
	return simple.Node(id)
}

// Nodes are all nodes in order.
func (v view) Nodes() graph.Nodes {
	nodes := make([]graph.Node, len(v.g.out))
	for i := range nodes {
		nodes[i] = node(i)
	}
	return iterator.NewOrderedNodes(nodes)
}

func ordered(arcs []arc) graph.Nodes {
	nodes := make([]graph.Node, len(arcs))
	for i, a := range arcs {
		nodes[i] = node(a.node)
	}
	return iterator.NewOrderedNodes(nodes)
}

// From are the nodes that can be reached from one.
func (v view) From(id int64) graph.Nodes {
	if !v.has(id) {
		return graph.Empty
	}
	return ordered(v.g.out[id])
}

// To are the nodes from which one can be reached.
func (v directedView) To(id int64) graph.Nodes {
	if !v.has(id) {
		return graph.Empty
	}
	return ordered(v.g.in[id])
}

// Weight is that of the edge between two nodes, 0 of a node with itself.
func (v view) Weight(from, to int64) (weight float64, ok bool) {
	if !v.has(from) || !v.has(to) {
		return 0, false
	}
	if from == to {
		return 0, true
	}
	at := find(v.g.out[from], int(to))
	if at < 0 {
		return 0, false
	}
	return v.g.out[from][at].weight / v.g.heaviest, true
}

// HasEdgeFromTo tells whether there is an edge from one to the other.
func (v view) HasEdgeFromTo(from, to int64) bool {
	_, ok := v.Weight(from, to)
	return ok && from != to
}

// HasEdgeBetween tells whether there is an edge either way.
func (v view) HasEdgeBetween(x, y int64) bool { return v.HasEdgeFromTo(x, y) || v.HasEdgeFromTo(y, x) }

// Edge is the edge from one node to the other, nil without one.
func (v view) Edge(from, to int64) graph.Edge {
	if e := v.WeightedEdge(from, to); e != nil {
		return e
	}
	return nil
}

// WeightedEdge is Edge.
func (v view) WeightedEdge(from, to int64) graph.WeightedEdge {
	if !v.HasEdgeFromTo(from, to) {
		return nil
	}
	w, _ := v.Weight(from, to)
	return simple.WeightedEdge{F: simple.Node(from), T: simple.Node(to), W: w}
}

// EdgeBetween is Edge.
func (v undirectedView) EdgeBetween(x, y int64) graph.Edge { return v.Edge(x, y) }

// WeightedEdgeBetween is Edge.
func (v undirectedView) WeightedEdgeBetween(x, y int64) graph.WeightedEdge {
	return v.WeightedEdge(x, y)
}
