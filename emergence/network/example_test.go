package network_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/polis-agents/polis/emergence/network"
)

func Example() {
	// Two groups of three who talk among themselves, and one pair across.
	said := [][2]int{{0, 1}, {1, 2}, {2, 0}, {3, 4}, {4, 5}, {5, 3}, {2, 3}}
	times := []float64{5, 3, 4, 6, 2, 4, 1}
	g, err := network.Undirected(6, said, times)
	if err != nil {
		fmt.Println(err)
		return
	}
	density, _ := g.Density()
	clustering, _ := g.Clustering()
	paths, _ := g.Paths()
	fmt.Printf("density %.3f, clustering %.3f, average path %.2f, diameter %d\n", density, clustering, paths.Average, paths.Diameter)
	found, err := g.Communities(rand.NewPCG(1, 0))
	fmt.Printf("groups %v, Q %.3f, %v\n", found.Groups, found.Modularity, err)
	// Output:
	// density 0.467, clustering 0.778, average path 1.80, diameter 3
	// groups [0 0 0 1 1 1], Q 0.460, <nil>
}
