package opinion

import (
	"fmt"
	"math"

	"github.com/polis-agents/polis"
)

// references are known results, to stand beside ours.
var references = []polis.Reference{
	voters(50, "0.5", 33.4791, .5, 30), voters(50, "0.3", 29.4485, .3, 30), voters(200, "0.5", 137.4400, .5, 0), voters(200, "0.3", 121.0661, .3, 0),
	{Name: "degroot, 3 agents on a path", Source: "the stationary weights .25, .5, .25; exact", Kind: "theory", Metrics: map[string]float64{Mean: .25, Consensus: 1},
		Known: &polis.Known{Agents: 3, Settings: map[string]string{"model": degroot}, Quick: 1}},
	bounded(hk, "0.1", 3.96, .53, 0), bounded(hk, "0.19", 2.02, .32, .04), bounded(hk, "0.22", 1.46, .50, .54), bounded(hk, "0.3", 1, 0, 1),
	bounded(deffuant, "0.1", 4.43, .50, 0), bounded(deffuant, "0.2", 2, 0, 0), bounded(deffuant, "0.27", 1.53, .51, .47),
	{Name: "deffuant, eps 0.3", Source: "the same rules by a bare loop, 1000 agents, 30 runs; of 500 of another 3 end in two clusters", Kind: "scripted", Metrics: map[string]float64{Clusters: 1, Consensus: 1}},
}

func voters(agents int, x0 string, sweeps, up float64, quick int) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("voter, %d agents, x0 %s", agents, x0), Source: "birth-death chain on the complete graph, exact", Kind: "theory",
		Metrics: map[string]float64{Sweeps: sweeps, ExitUp: up, Consensus: 1},
		Known:   &polis.Known{Agents: agents, Settings: map[string]string{"model": voter, "x0": x0}, Quick: quick, Long: 400}}
}

// bounded is of opinions that move only within eps, with the deviation of single runs.
func bounded(model, eps string, clusters, sd, consensus float64) polis.Reference {
	agents, runs, quick := 625, 50, 4
	if model == deffuant {
		agents, runs, quick = 1000, 30, 3
	}
	known := &polis.Known{Agents: agents, Settings: map[string]string{"model": model, "eps": eps}, N: runs,
		SD: map[string]float64{Clusters: sd, Consensus: math.Sqrt(consensus * (1 - consensus))}, Quick: quick, Long: runs}
	return polis.Reference{Name: fmt.Sprintf("%s, eps %s", model, eps), Source: fmt.Sprintf("the same rules by a bare loop, %d agents, %d runs", agents, runs), Kind: "scripted",
		Metrics: map[string]float64{Clusters: clusters, Consensus: consensus}, Known: known}
}
