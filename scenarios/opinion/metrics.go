package opinion

import (
	"slices"

	"github.com/polis-agents/polis/environment"
)

// The metrics of a run. One that did not come about is left out.
const (
	Sweeps    = "sweeps"    // until it ended; voter: meetings until all agreed, divided by the agents
	ExitUp    = "exit_up"   // voter, where all came to agree: 1 when on 1, 0 when on 0
	Clusters  = "clusters"  // of opinions at the end; deffuant: those with a twentieth of the agents or more
	Consensus = "consensus" // 1: there is one cluster
	Mean      = "mean"      // opinion of all at the end
	Spread    = "spread"    // between the highest and the lowest at the end
)

const (
	still = 1e-9 // degroot, hk: who moves less than this does not move
	apart = 1e-3 // opinions with a gap above this are not of one cluster
	major = 20   // deffuant: a cluster with fewer than one in so many agents is not counted
)

// standing are the opinions of those that take part, in order.
func (f *Forum) standing() (all []float64) {
	for i, x := range f.Opinions {
		if f.Spoken[i] {
			all = append(all, x)
		}
	}
	slices.Sort(all)
	return all
}

// split cuts opinions in order where there is a gap.
func split(all []float64, isGap func(float64) bool) (clusters [][]float64) {
	from := 0
	for k := 1; k <= len(all); k++ {
		if k == len(all) || isGap(all[k]-all[k-1]) {
			clusters = append(clusters, all[from:k])
			from = k
		}
	}
	return clusters
}

// settled says that the clusters are final: no two agents of different ones will ever move each other, and in each all are
// so near each other that no gap can open.
func (f *Forum) settled() bool {
	for _, c := range split(f.standing(), func(gap float64) bool { return gap >= f.laws.Eps }) {
		if c[len(c)-1]-c[0] > f.laws.Eps/4 {
			return false
		}
	}
	return true
}

// clusters counts those of opinions in order.
func (f *Forum) clusters(all []float64) (n int) {
	if f.laws.Model != deffuant {
		return len(split(all, func(gap float64) bool { return gap > apart }))
	}
	for _, c := range split(all, func(gap float64) bool { return gap > f.laws.Eps/4 }) {
		if major*len(c) >= len(all) {
			n++
		}
	}
	return n
}

// Metrics measures the forum as it is.
func (f *Forum) Metrics() map[string]float64 {
	all := f.standing()
	m := map[string]float64{Sweeps: float64(f.Sweeps), Consensus: 0}
	if len(all) == 0 {
		return m
	}
	n := f.clusters(all)
	m[Clusters], m[Mean], m[Spread] = float64(n), mean(all), all[len(all)-1]-all[0]
	if n == 1 {
		m[Consensus] = 1
	}
	if f.Agreed {
		m[ExitUp] = all[0]
		if f.Ended > 0 { // in the course of the last sweep
			m[Sweeps] = float64(f.Sweeps-1) + float64(f.Ended)/float64(len(all))
		}
	}
	return m
}

func mean(all []float64) float64 {
	sum := 0.0
	for _, x := range all {
		sum += x
	}
	return sum / float64(max(1, len(all)))
}

// The variables of the world and of agents.
const (
	varMean     = "mean"
	varSpread   = "spread"
	varClusters = "clusters"
	varOpinion  = "opinion"
)

// Variables describe the forum at the end of a round.
func (f *Forum) Variables() []environment.Variable {
	all := f.standing()
	if len(all) == 0 {
		return nil
	}
	return []environment.Variable{{Name: varMean, Value: mean(all)}, {Name: varSpread, Value: all[len(all)-1] - all[0]}, {Name: varClusters, Value: float64(f.clusters(all))}}
}

// AgentVariables describe one agent.
func (f *Forum) AgentVariables(agent string) []environment.Variable {
	if i, known := f.place[agent]; known && f.Spoken[i] {
		return []environment.Variable{{Name: varOpinion, Value: f.Opinions[i]}}
	}
	return nil
}
