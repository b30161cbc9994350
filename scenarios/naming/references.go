package naming

import (
	"strconv"

	"github.com/polis-agents/polis"
)

// Where the known results are from.
const (
	baronchelli = "the rules of Baronchelli et al. 2006, by a bare loop"
	ashery      = "the minimal model of Ashery et al. 2025, by a bare loop"
	xie         = "the binary game of Xie et al. 2011, 1000 agents, by a bare loop"
	recomputed  = "Ashery et al. 2025, recomputed from the published raw data"
)

// references are known results, to stand beside ours.
var references = []polis.Reference{
	openRow(24, 2000, 367.3, 88.1, 60.55, 11.97),
	openRow(100, 1000, 2488, 634.6, 401.1, 50.08),
	openRow(400, 400, 15033, 4727, 2835, 200.6),
	openRow(800, 200, 36148, 13035, 7700, 399.6),
	openRow(1600, 100, 95716, 36888, 21444, 801.0),
	openRow(3200, 40, 256332, 107514, 60087, 1597),
	openRow(6400, 16, 716002, 319154, 170640, 3211),

	closedRow(50, 10, 1000, 16.99, .054, .162, .365, .651, .875, .961),
	closedRow(100, 10, 600, 20.29, .051, .148, .296, .511, .790, .939),
	closedRow(200, 10, 300, 24.01, .049, .141, .261, .393, .658, .875),
	closedRow(200, 26, 300, 25.37, .021, .063, .154, .281, .541, .812),

	minorityRow(".08", 0, 0), minorityRow(".09", .025, 0), minorityRow(".10", 1, 105.6), minorityRow(".11", 1, 54.2),
	minorityRow(".12", 1, 40.6), minorityRow(".15", 1, 27.7),

	modelRow("Claude 3.5 Sonnet", 6.75, 6.77, .113, .718, .879, 1),
	modelRow("Llama-3-70B", 8.58, 7.40, .109, .644, .913, .885),
	modelRow("Llama-3.1-70B", 9.87, 8.33, .106, .594, .854, .944),
	modelRow("Llama-2-70b", 19.71, 18.61, .100, .181, .460, .782),
}

func openRow(agents, runs int, converged, most, words, distinct float64) polis.Reference {
	return polis.Reference{Name: strconv.Itoa(agents) + " agents, invented words, " + strconv.Itoa(runs) + " runs", Source: baronchelli, Kind: "scripted",
		Metrics: map[string]float64{Converged: converged, TimeMost: most, WordsMost: words, DistinctMost: distinct}}
}

func closedRow(agents, words, runs int, rounds float64, rates ...float64) polis.Reference {
	m := map[string]float64{RoundsToConsensus: rounds}
	for i, r := range successes {
		m[Success+strconv.Itoa(r)] = rates[i]
	}
	return polis.Reference{Name: strconv.Itoa(agents) + " agents, " + strconv.Itoa(words) + " names, " + strconv.Itoa(runs) + " runs",
		Source: ashery, Kind: "scripted", Metrics: m}
}

func minorityRow(share string, flipped, rounds float64) polis.Reference {
	m := map[string]float64{Flipped: flipped}
	if rounds > 0 {
		m[RoundsToConsensus] = rounds
	}
	return polis.Reference{Name: "committed " + share + ", 40 runs", Source: xie, Kind: "scripted", Metrics: m}
}

func modelRow(name string, start, mostly, r1, r5, r10, r15 float64) polis.Reference {
	return polis.Reference{Name: name + ", 24 agents, 10 names", Source: recomputed, Kind: "model", Metrics: map[string]float64{
		RoundsToConsensus: start, MostlyAgreed: mostly, Success + "1": r1, Success + "5": r5, Success + "10": r10, Success + "15": r15}}
}
