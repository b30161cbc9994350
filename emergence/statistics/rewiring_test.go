package statistics

import (
	"maps"
	"math"
	"slices"
	"testing"
)

// wheel is a graph of n nodes: a ring, and the chords over three.
func wheel(n int) (edges [][2]int) {
	for i := range n {
		edges = append(edges, [2]int{i, (i + 1) % n}, [2]int{i, (i + 3) % n})
	}
	return edges
}

func degrees(edges [][2]int) (out, in, all map[int]int) {
	out, in, all = map[int]int{}, map[int]int{}, map[int]int{}
	for _, e := range edges {
		out[e[0]]++
		in[e[1]]++
		all[e[0]]++
		all[e[1]]++
	}
	return out, in, all
}

func TestRewiringKeepsDegreesAndSimplicity(t *testing.T) {
	src := wheel(40)
	out, in, all := degrees(src)
	for _, directed := range []bool{false, true} {
		w, err := NewRewiring(src, directed)
		if err != nil {
			t.Fatal(err)
		}
		dst, r := make([][2]int, len(src)), seeded(1)
		for range 20 {
			if swaps := w.Draw(dst, r); swaps < SwapsPerEdge*len(src) {
				t.Errorf("directed %v: %d swaps", directed, swaps)
			}
			seen := map[[2]int]bool{}
			for _, e := range dst {
				if k := w.key(e); seen[k] || e[0] == e[1] {
					t.Fatalf("directed %v: %v is a loop or there twice", directed, e)
				}
				seen[w.key(e)] = true
			}
			o, i, a := degrees(dst)
			if !maps.Equal(a, all) || directed && (!maps.Equal(o, out) || !maps.Equal(i, in)) {
				t.Fatalf("directed %v: other degrees", directed)
			}
			kept := 0
			for _, e := range src {
				if seen[w.key(e)] {
					kept++
				}
			}
			if kept > len(src)/2 { // 2m/n² of them by chance: a tenth
				t.Errorf("directed %v: %d of %d edges are where they were", directed, kept, len(src))
			}
		}
	}
	if !slices.Equal(src, wheel(40)) {
		t.Error("the graph that was given was changed")
	}
}

// Edges with the degrees (1,1,1,1) can be 01 23, 02 13 or 03 12: each a third of the draws. Of a path with degrees
// (2,2,1,1) over 0..3 there are two: 2-0-1-3 and 3-0-1-2; of (2,2,2,1,1) seven; here every graph must come as often.
func TestRewiringIsUniform(t *testing.T) {
	for name, c := range map[string]struct {
		edges    [][2]int
		directed bool
		graphs   int
	}{
		"two pairs":      {[][2]int{{0, 1}, {2, 3}}, false, 3},
		"path":           {[][2]int{{0, 1}, {0, 2}, {1, 3}}, false, 2},
		"path of five":   {[][2]int{{3, 0}, {0, 1}, {1, 2}, {2, 4}}, false, 7},
		"directed pairs": {[][2]int{{0, 1}, {2, 3}, {4, 5}}, true, 6},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := NewRewiring(c.edges, c.directed)
			if err != nil {
				t.Fatal(err)
			}
			dst, r, seen := make([][2]int, len(c.edges)), seeded(2), map[[4][2]int]int{}
			const draws = 8400
			for range draws {
				w.Draw(dst, r)
				var key [4][2]int
				for i, e := range dst {
					key[i] = w.key(e)
				}
				slices.SortFunc(key[:], func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
				seen[key]++
			}
			if len(seen) != c.graphs {
				t.Fatalf("%d graphs came, there are %d: %v", len(seen), c.graphs, seen)
			}
			for g, n := range seen {
				if want := float64(draws / c.graphs); math.Abs(float64(n)-want) > 5*math.Sqrt(want) {
					t.Errorf("%v came %d times, expected %v", g, n, want)
				}
			}
		})
	}
}

// Edge i of what is drawn is what became of edge i, with its first node when directed: a weight stays with its source.
func TestRewiringCarriesWeights(t *testing.T) {
	src := wheel(12)
	w, err := NewRewiring(src, true)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([][2]int, len(src))
	w.Draw(dst, seeded(3))
	for i := range src {
		if dst[i][0] != src[i][0] {
			t.Fatalf("edge %d left from %d and now leaves from %d", i, src[i][0], dst[i][0])
		}
	}
	if n := testing.AllocsPerRun(5, func() { w.Draw(dst, seeded(3)) }); n > 4 { // the generator's own
		t.Errorf("%v allocations a draw", n)
	}
}

func TestRewiringOfAStarEnds(t *testing.T) {
	w, err := NewRewiring([][2]int{{0, 1}, {0, 2}, {0, 3}}, false)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([][2]int, 3)
	if n := w.Draw(dst, seeded(4)); n != 0 || !slices.Equal(dst, [][2]int{{0, 1}, {0, 2}, {0, 3}}) {
		t.Errorf("%d swaps made of a star %v", n, dst)
	}
}

func TestRewiringRefuses(t *testing.T) {
	for want, c := range map[string]struct {
		edges    [][2]int
		directed bool
	}{
		"edge 1 is a loop at 2":               {[][2]int{{0, 1}, {2, 2}}, false},
		"edge 1, 1-0, is there already":       {[][2]int{{0, 1}, {1, 0}}, false},
		"edge 2, 0-1, is there already":       {[][2]int{{0, 1}, {1, 0}, {0, 1}}, true},
		"a graph of 1 edges; accepted for re": {[][2]int{{0, 1}}, false},
	} {
		_, err := NewRewiring(c.edges, c.directed)
		wantError(t, err, want)
	}
	if _, err := NewRewiring([][2]int{{0, 1}, {1, 0}}, true); err != nil {
		t.Errorf("there and back in a directed graph: %v", err)
	}
}
