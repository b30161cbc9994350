package naming

import (
	"math"
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
	openRow(24, 2000, 400, 2000, [4]float64{367.3, 88.1, 60.55, 11.97}, [4]float64{123.5, 27.7, 7.84, 1.70}),
	openRow(100, 1000, 30, 1000, [4]float64{2488, 634.6, 401.1, 50.08}, [4]float64{559, 124.9, 33.4, 3.56}),
	openRow(400, 400, 2, 40, [4]float64{15033, 4727, 2835, 200.6}, [4]float64{2612, 634, 144, 7.0}),
	openRow(800, 200, 0, 10, [4]float64{36148, 13035, 7700, 399.6}, [4]float64{4903, 1334, 306, 10.0}),
	openRow(1600, 100, 0, 6, [4]float64{95716, 36888, 21444, 801.0}, [4]float64{12496, 3042, 570, 15.0}),
	openRow(3200, 40, 0, 2, [4]float64{256332, 107514, 60087, 1597}, [4]float64{27689, 7956, 1167, 21}),
	openRow(6400, 16, 0, 2, [4]float64{716002, 319154, 170640, 3211}, [4]float64{61277, 28271, 2675, 27}),

	closedRow(50, 10, 1000, 100, 1000, 16.99, 5.32, .054, .162, .365, .651, .875, .961),
	closedRow(100, 10, 600, 30, 600, 20.29, 4.91, .051, .148, .296, .511, .790, .939),
	closedRow(200, 10, 300, 0, 300, 24.01, 5.65, .049, .141, .261, .393, .658, .875),
	closedRow(200, 26, 300, 0, 300, 25.37, 5.53, .021, .063, .154, .281, .541, .812),

	minorityRow("0.06", 0, 0, 0, 0), minorityRow("0.08", 0, 0, 0, 0), minorityRow("0.09", .025, 0, 0, 0), minorityRow("0.10", 1, 105.6, 40.0, 0),
	minorityRow("0.11", 1, 54.2, 7.9, 0), minorityRow("0.12", 1, 40.6, 4.3, 2), minorityRow("0.15", 1, 27.7, 2.4, 2),

	modelRow("Claude 3.5 Sonnet", 6.75, 6.77, .113, .718, .879, 1),
	modelRow("Llama-3-70B", 8.58, 7.40, .109, .644, .913, .885),
	modelRow("Llama-3.1-70B", 9.87, 8.33, .106, .594, .854, .944),
	modelRow("Llama-2-70b", 19.71, 18.61, .100, .181, .460, .782),
}

func openRow(agents, runs, quick, long int, means, sd [4]float64) polis.Reference {
	k := &polis.Known{Agents: agents, N: runs, SD: map[string]float64{}, Quick: quick, Long: long}
	m := map[string]float64{}
	for i, name := range []string{Converged, TimeMost, WordsMost, DistinctMost} {
		m[name], k.SD[name] = means[i], sd[i]
	}
	return polis.Reference{Name: strconv.Itoa(agents) + " agents, invented words, " + strconv.Itoa(runs) + " runs", Source: baronchelli, Kind: "scripted", Metrics: m, Known: k}
}

func closedRow(agents, words, runs, quick, long int, rounds, sd float64, rates ...float64) polis.Reference {
	m := map[string]float64{RoundsToConsensus: rounds}
	for i, r := range successes {
		m[Success+strconv.Itoa(r)] = rates[i]
	}
	return polis.Reference{Name: strconv.Itoa(agents) + " agents, " + strconv.Itoa(words) + " names, " + strconv.Itoa(runs) + " runs",
		Source: ashery, Kind: "scripted", Metrics: m, Known: &polis.Known{Agents: agents, Settings: map[string]string{"vocabulary": closed, "words": strconv.Itoa(words)},
			N: runs, SD: map[string]float64{RoundsToConsensus: sd}, Quick: quick, Long: long}}
}

func minorityRow(share string, flipped, rounds, sd float64, quick int) polis.Reference {
	k := &polis.Known{Agents: 1000, Settings: map[string]string{"words": "2", "committed": share, "max_rounds": "500"}, N: 40,
		SD: map[string]float64{Flipped: math.Sqrt(flipped * (1 - flipped))}, Quick: quick, Long: 40}
	m := map[string]float64{Flipped: flipped}
	if rounds > 0 {
		m[RoundsToConsensus], k.SD[RoundsToConsensus] = rounds, sd
	}
	return polis.Reference{Name: "committed " + share + ", 40 runs", Source: xie, Kind: "scripted", Metrics: m, Known: k}
}

func modelRow(name string, start, mostly, r1, r5, r10, r15 float64) polis.Reference {
	return polis.Reference{Name: name + ", 24 agents, 10 names", Source: recomputed, Kind: "model", Metrics: map[string]float64{
		RoundsToConsensus: start, MostlyAgreed: mostly, Success + "1": r1, Success + "5": r5, Success + "10": r10, Success + "15": r15}}
}
