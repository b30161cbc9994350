package emergence

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/polis-agents/polis/emergence/network"
	"github.com/polis-agents/polis/emergence/statistics"
)

// edges are the edges of a graph, of nodes that have names.
type edges struct {
	pairs    [][2]int
	weights  []float64 // nil: 1 each
	nodes    []string
	directed bool
}

var (
	fromTo   = "two columns, from and to, with a row for each edge; a column weight where edges differ"
	directed = Param{"directed", "true: an edge goes from one to the other only", "false"}
)

// edges reads from and to. Edges that come more than once are one, with the sum of their weights, and loops are left out:
// both are said.
func (in Input) edges(b *bound, a args) (*edges, error) {
	t, err := in.table(2)
	if err != nil {
		return nil, err
	}
	names := []string{"from", "to"}
	for _, name := range names {
		if _, err := t.Column(name); err != nil {
			return nil, err
		}
	}
	way, err := a.one("directed", "true", "false")
	if err != nil {
		return nil, err
	}
	e := &edges{directed: way == "true"}
	at, sums, loops, again := map[string]int{}, map[[2]int]float64{}, 0, 0
	node := func(column, row int) int {
		name := t.word(names[column], row)
		n, seen := at[name]
		if !seen {
			n = len(e.nodes)
			at[name], e.nodes = n, append(e.nodes, name)
		}
		return n
	}
	for row := range t.Len() {
		pair := [2]int{node(0, row), node(1, row)}
		if !e.directed && pair[0] > pair[1] {
			pair[0], pair[1] = pair[1], pair[0]
		}
		w := 1.0
		if t.Weights != nil {
			w = t.Weights[row]
		}
		switch _, seen := sums[pair]; {
		case pair[0] == pair[1]:
			loops++
			continue
		case w == 0:
			continue
		case seen:
			again++
		default:
			e.pairs = append(e.pairs, pair)
		}
		sums[pair] += w
	}
	if loops > 0 {
		b.warn("%d edges from a node to itself are left out", loops)
	}
	if again > 0 {
		b.warn("%d edges come again: their weights are added up", again)
	}
	if t.Weights != nil {
		for _, pair := range e.pairs {
			e.weights = append(e.weights, sums[pair])
		}
	}
	b.n, b.of, b.why = len(e.pairs), fmt.Sprintf("%d nodes, %d edges", len(e.nodes), len(e.pairs)), "a graph is one sample; runs make an interval"
	return e, nil
}

// word is what stands in a row of a column.
func (t *Table) word(name string, row int) string {
	column, _ := t.Column(name)
	if words := t.Words[name]; words != nil {
		return words[int(column[row])]
	}
	return strconv.FormatFloat(column[row], 'g', -1, 64)
}

func (e *edges) graph() (*network.Graph, error) {
	if e.directed {
		return network.Directed(len(e.nodes), e.pairs, e.weights)
	}
	return network.Undirected(len(e.nodes), e.pairs, e.weights)
}

// rewired lets the null of graphs draw: the same nodes and degrees, other neighbours. Weights stay with the place in the list.
func (e *edges) rewired(b *bound, value func(*network.Graph, *rand.Rand) float64) {
	b.draws = map[string]func() draw{statistics.NullRewire: func() draw {
		w, err := statistics.NewRewiring(e.pairs, e.directed)
		if err != nil { // too small to be rewired: there is no null
			return nil
		}
		drawn := edges{pairs: make([][2]int, len(e.pairs)), weights: e.weights, nodes: e.nodes, directed: e.directed}
		return func(r *rand.Rand) float64 {
			w.Draw(drawn.pairs, r)
			g, err := drawn.graph()
			if err != nil {
				return math.NaN()
			}
			return value(g, r)
		}
	}}
}

// structures are the numbers of a graph, by name.
var structures = []struct {
	name string
	of   func(*network.Graph) (float64, error)
}{
	{"density", (*network.Graph).Density},
	{"reciprocity", (*network.Graph).Reciprocity},
	{"clustering", (*network.Graph).Clustering},
	{"transitivity", (*network.Graph).Transitivity},
	{"triangles", func(g *network.Graph) (float64, error) { return float64(g.Triangles()), nil }},
	{"assortativity", (*network.Graph).Assortativity},
	{"centralisation", (*network.Graph).Centralisation},
	{"average-path", func(g *network.Graph) (float64, error) {
		p, err := g.Paths()
		return p.Average, err
	}},
	{"diameter", func(g *network.Graph) (float64, error) {
		p, err := g.Paths()
		return float64(p.Diameter), err
	}},
	{"sigma", func(g *network.Graph) (float64, error) {
		s, err := g.SmallWorld()
		return s.Sigma, err
	}},
}

var graphMeasure = Measure{
	Name: "graph", Unit: "1", Cost: "O(nodes × edges)", Nulls: []string{statistics.NullRewire}, Tail: statistics.TwoSided,
	Values: []string{"density", "reciprocity", "clustering", "transitivity", "triangles", "assortativity", "centralisation", "average-path", "diameter", "sigma"},
	Doc:    "who meets whom, in numbers", Needs: fromTo,
	Source: "Watts and Strogatz 1998; Newman 2002; Freeman 1978; Humphries and Gurney 2008 (sigma, against C=k/n, L=ln n/ln k)",
	Params: []Param{{"of", "which number is held against the null: the degrees alone fix density and centralisation", "clustering"}, directed},
	bind: func(in Input, a args) (*bound, error) {
		b := &bound{}
		e, err := in.edges(b, a)
		if err != nil {
			return nil, err
		}
		g, err := e.graph()
		if err != nil {
			return nil, err
		}
		for _, s := range structures {
			if s.name == "reciprocity" != e.directed && s.name == "reciprocity" || e.directed && s.name == "sigma" {
				continue
			}
			x, err := s.of(g)
			if err != nil && !isWarning(err) {
				b.warn("%s: %v", s.name, err)
				continue
			}
			if err := b.take(s.name, x, err); err != nil {
				return nil, err
			}
		}
		names := make([]string, len(b.values))
		for i, v := range b.values {
			names[i] = v.Name
		}
		if b.tested, err = a.one("of", names...); err != nil {
			return nil, err
		}
		for _, s := range structures {
			if s.name == b.tested {
				e.rewired(b, func(g *network.Graph, _ *rand.Rand) float64 { return orNaN(s.of(g)) })
			}
		}
		return b, nil
	},
}

var modularity = Measure{
	Name: "modularity", Unit: "1", Cost: "O(edges log nodes) a draw", Values: []string{"modularity", "communities"}, Nulls: []string{statistics.NullRewire},
	Doc:    "how far edges stay within communities, beyond what degrees make",
	Needs:  fromTo,
	Source: "Newman and Girvan 2004; Blondel et al. 2008 (Louvain, which finds the communities unless groups are given)",
	Params: []Param{{"groups", "nodes by name, + within a group and commas between, such as ann+ben,eve; by default what Louvain finds", ""},
		{"search", "seed of Louvain's order", "1"}, directed},
	bind: func(in Input, a args) (*bound, error) {
		b := &bound{}
		e, err := in.edges(b, a)
		if err != nil {
			return nil, err
		}
		g, err := e.graph()
		if err != nil {
			return nil, err
		}
		search, err := a.whole("search", 0, math.MaxInt32)
		if err != nil {
			return nil, err
		}
		if groups := a.list("groups"); groups != nil {
			of, err := e.grouped(groups)
			if err != nil {
				return nil, err
			}
			q, err := g.Modularity(of)
			if err := b.take("modularity", q, err); err != nil {
				return nil, err
			}
			b.values = append(b.values, Value{"communities", float64(len(groups))})
			b.of += ", the groups that were given"
			e.rewired(b, func(g *network.Graph, _ *rand.Rand) float64 { return orNaN(g.Modularity(of)) })
			return b, nil
		}
		p, err := g.Communities(rand.NewPCG(uint64(search), 0))
		if err := b.take("modularity", p.Modularity, err); err != nil {
			return nil, err
		}
		b.values = append(b.values, Value{"communities", float64(p.Count)})
		b.of += ", the communities that Louvain finds"
		e.rewired(b, func(g *network.Graph, r *rand.Rand) float64 {
			p, err := g.Communities(rand.NewPCG(r.Uint64(), 0))
			return orNaN(p.Modularity, err)
		})
		return b, nil
	},
}

// grouped gives each node the number of its group.
func (e *edges) grouped(groups []string) ([]int, error) {
	of, at := make([]int, len(e.nodes)), map[string]int{}
	for i, name := range e.nodes {
		of[i], at[name] = -1, i
	}
	for g, group := range groups {
		for _, name := range splitPlus(group) {
			i, known := at[name]
			if !known || of[i] >= 0 {
				return nil, fmt.Errorf("emergence: groups: node %q; accepted is each node of the graph once", short(name))
			}
			of[i] = g
		}
	}
	for i, g := range of {
		if g < 0 {
			return nil, fmt.Errorf("emergence: groups: node %q is in none; accepted is each node of the graph once", short(e.nodes[i]))
		}
	}
	return of, nil
}
