package opinion

import (
	"fmt"

	"github.com/polis-agents/polis"
)

// references are known results, to stand beside ours.
var references = []polis.Reference{
	voters(50, "0.5", 33.4791, .5), voters(50, "0.3", 29.4485, .3), voters(200, "0.5", 137.4400, .5), voters(200, "0.3", 121.0661, .3),
	{Name: "degroot, 3 agents on a path", Source: "the stationary weights .25, .5, .25; exact", Kind: "theory", Metrics: map[string]float64{Mean: .25, Consensus: 1}},
	bounded(hk, "0.1", "625 agents, 50 seeds", 3.96, 0), bounded(hk, "0.19", "625 agents, 50 seeds", 2.02, .04), bounded(hk, "0.22", "625 agents, 50 seeds", 1.46, .54), bounded(hk, "0.3", "625 agents, 50 seeds", 1, 1),
	bounded(deffuant, "0.1", "1000 agents, 30 runs", 4.43, 0), bounded(deffuant, "0.2", "1000 agents, 30 runs", 2, 0), bounded(deffuant, "0.27", "1000 agents, 30 runs", 1.53, .47), bounded(deffuant, "0.3", "1000 agents, 30 runs", 1, 1),
}

func voters(agents int, x0 string, sweeps, up float64) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("voter, %d agents, x0 %s", agents, x0), Source: "birth-death chain on the complete graph, exact", Kind: "theory",
		Metrics: map[string]float64{Sweeps: sweeps, ExitUp: up, Consensus: 1}}
}

func bounded(model, eps, of string, clusters, consensus float64) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("%s, eps %s", model, eps), Source: "the same rules by a bare loop, " + of, Kind: "scripted",
		Metrics: map[string]float64{Clusters: clusters, Consensus: consensus}}
}
