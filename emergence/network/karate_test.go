package network_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/polis-agents/polis/emergence/network"
)

// karate is Zachary's karate club (1977): node: higher-numbered neighbours.
const karate = `0: 1 2 3 4 5 6 7 8 10 11 12 13 17 19 21 31; 1: 2 3 7 13 17 19 21 30; 2: 3 7 8 9 13 27 28 32; 3: 7 12 13; 4: 6 10
5: 6 10 16; 6: 16; 8: 30 32 33; 9: 33; 13: 33; 14: 32 33; 15: 32 33; 18: 32 33; 19: 33; 20: 32 33; 22: 32 33
23: 25 27 29 32 33; 24: 25 27 31; 25: 31; 26: 29 33; 27: 33; 28: 31 33; 29: 32 33; 30: 32 33; 31: 32 33; 32: 33`

func karateEdges(t *testing.T) (edges [][2]int) {
	t.Helper()
	for line := range strings.FieldsFuncSeq(karate, func(r rune) bool { return r == ';' || r == '\n' }) {
		from, to, _ := strings.Cut(line, ":")
		for neighbour := range strings.FieldsSeq(to) {
			edges = append(edges, [2]int{number(t, from), number(t, neighbour)})
		}
	}
	return edges
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func karateClub(t *testing.T) *network.Graph {
	t.Helper()
	return undirected(t, 34, karateEdges(t))
}

// clubs are the two clubs after the split, node 8 with the first or the second.
func clubs(eighthInFirst bool) []int {
	groups := make([]int, 34)
	for i := range groups {
		groups[i] = 1
	}
	for _, i := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 19, 21} {
		groups[i] = 0
	}
	if !eighthInFirst {
		groups[8] = 1
	}
	return groups
}

func undirected(t *testing.T, n int, edges [][2]int, weights ...float64) *network.Graph {
	t.Helper()
	g, err := network.Undirected(n, edges, weights)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func directed(t *testing.T, n int, arcs [][2]int, weights ...float64) *network.Graph {
	t.Helper()
	g, err := network.Directed(n, arcs, weights)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func near(t *testing.T, name string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.12f, want %.12f", name, got, want)
	}
}

// The table of the reference, to the digits given there.
func TestKarateClub(t *testing.T) {
	g := karateClub(t)
	if edges, _ := g.Edges(); g.Nodes() != 34 || len(edges) != 78 {
		t.Fatalf("%d nodes and %d edges, want 34 and 78", g.Nodes(), len(edges))
	}
	for name, c := range map[string]struct {
		of   func() (float64, error)
		want float64
	}{
		"density":              {g.Density, .139037433155},
		"average clustering":   {g.Clustering, .570638478208},
		"transitivity":         {g.Transitivity, .255681818182},
		"degree assortativity": {g.Assortativity, -.475613097685},
		"centralisation":       {g.Centralisation, .399621212121},
		"Q, 8 in the first":    {func() (float64, error) { return g.Modularity(clubs(true)) }, .358234714004},
	} {
		got, err := c.of()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		near(t, name, got, c.want, 1e-12)
	}
	q, err := g.Modularity(clubs(false))
	if err != nil {
		t.Error(err)
	}
	near(t, "Q, 8 in the second", q, .371466, 5e-7)
	if n := g.Triangles(); n != 45 {
		t.Errorf("%d triangles, want 45", n)
	}
	paths, err := g.Paths()
	if err != nil || paths.Diameter != 5 || paths.Pairs != 34*33 || paths.Reached != paths.Pairs {
		t.Errorf("%+v, %v, want a diameter of 5 and no pair left out", paths, err)
	}
	near(t, "average path", paths.Average, 2.408199643494, 1e-12)
	b := g.Betweenness()
	near(t, "betweenness of 0", b[0], 231.071429, 5e-7)
	near(t, "betweenness of 33", b[33], 160.551587, 5e-7)
	small, err := g.SmallWorld()
	if err != nil || small.Random.Name != network.Analytic {
		t.Errorf("%+v, %v, want the analytic reference by name", small, err)
	}
	near(t, "sigma", small.Sigma, 4.0643, 5e-5)
	near(t, "L of sigma", small.Path, paths.Average, 0)
}

// The best partition known of the club has Q = .4198 in 4 groups (Brandes et al. 2008: the optimum); one pass of Louvain
// comes close, and finds the same again from the same seed.
func TestCommunitiesOfTheKarateClub(t *testing.T) {
	g := karateClub(t)
	best := 0.0
	for seed := range uint64(20) {
		p, err := g.Communities(rand.NewPCG(seed, 0))
		if err != nil {
			t.Fatal(err)
		}
		again, _ := g.Communities(rand.NewPCG(seed, 0))
		for i, group := range p.Groups {
			if again.Groups[i] != group || again.Modularity != p.Modularity {
				t.Fatalf("seed %d finds %v, then %v", seed, p, again)
			}
		}
		q, _ := g.Modularity(p.Groups)
		if q != p.Modularity || p.Modularity < .38 || p.Groups[0] != 0 || p.Count < 3 || p.Count > 5 {
			t.Errorf("seed %d: %+v, want 3 to 5 groups with a Q near .42, here %v", seed, p, q)
		}
		best = max(best, p.Modularity)
	}
	near(t, "best Q of 20", best, .4197896, 1e-6)
}
