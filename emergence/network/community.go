package network

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/community"
)

// Modularity is Newman's Q of a given partition: the part of the weight within groups, less what it would be if edges
// fell by chance with degrees kept (Newman and Girvan 2004; Leicht and Newman 2008 for arcs). groups[i] is the label of
// node i, any number. From -1/2 to below 1. It depends on the partition: say where that is from. Without edges it is 0,
// with a Warning. gonum's; O(m + sum of squared group sizes).
func (g *Graph) Modularity(groups []int) (float64, error) {
	if len(groups) != len(g.out) {
		return 0, fmt.Errorf("network: groups for %d nodes; accepted is %d, one for each node", len(groups), len(g.out))
	}
	if g.edges == 0 {
		return 0, Warning("no edges: modularity is taken as 0")
	}
	of, count := relabelled(groups)
	members := make([][]graph.Node, count)
	for i, group := range of {
		members[group] = append(members[group], node(i))
	}
	return community.Q(g.gonum(), members, 1), nil
}

// Partition is a division of the nodes into groups.
type Partition struct {
	Groups     []int   // the group of every node, numbered from 0 in the order of their smallest node
	Count      int     // groups
	Modularity float64 // Q of this partition
}

// Communities looks for the partition of the highest modularity by Louvain's method (Blondel et al. 2008, gonum's), which
// visits nodes in an order drawn from src: the same state of src finds the same, another may find another and better one.
// Random graphs have partitions with a high Q too; hold it against the Q of rewired graphs, searched in the same way. Without
// edges every node is its own group, with a Warning. About O(m log n).
func (g *Graph) Communities(src rand.Source) (Partition, error) {
	if src == nil {
		return Partition{}, fmt.Errorf("network: no source of chance; accepted is one with a seed")
	}
	labels := make([]int, len(g.out))
	for label, members := range community.Modularize(g.gonum(), 1, src).Communities() {
		for _, n := range members {
			labels[n.ID()] = label
		}
	}
	var p Partition
	var err error
	p.Groups, p.Count = relabelled(labels)
	p.Modularity, err = g.Modularity(p.Groups)
	return p, err
}

// relabelled numbers groups from 0 in the order of their smallest node.
func relabelled(groups []int) (of []int, count int) {
	number := map[int]int{}
	of = slices.Clone(groups)
	for i, label := range groups {
		if _, known := number[label]; !known {
			number[label] = len(number)
		}
		of[i] = number[label]
	}
	return of, len(number)
}
