package commons

import (
	"fmt"

	"github.com/polis-agents/polis"
)

// Where the known results are from.
const (
	exact    = "exact, by the published rules"
	measured = "4000 runs, split round robin"
	govsim   = "Piatti et al. 2024, Table 1: 5 seeds, 3 scenarios"
)

// references are known results, to stand beside ours. The overuse of models is left out: as published it does not follow
// from its definition, so it can be compared only between runs of the same code.
var references = []polis.Reference{
	scriptedRow("10 every month", "fixed:10", 12, 120, 1, 1, 0),
	scriptedRow("a fair share, rounded down", "sustainable", 12, 120, 1, 1, 0),
	scriptedRow("5 every month", "fixed:5", 12, 60, .5, 1, 0),
	scriptedRow("a fifth of the lake, or all of it", "fixed:20", 1, 20, 1./6, 1, 1),
	scriptedRow("11 every month", "fixed:11", 4, 39, .325, 1, 1),

	randomRow(8, 12, 0, 1, 48.0, .400, .914, 0),
	randomRow(10, 12, 0, 1, 60.1, .501, .917, 0),
	randomRow(12, 12, 0, 1, 72.0, .600, .918, .154),
	randomRow(25, 2.93, 1.13, 0, 31.7, .264, .840, .709),
	randomRow(40, 1.47, .56, 0, 22.1, .185, .787, .797),

	modelRow("Llama-3-8B", 0, 1.0, 20.0, .167, .573),
	modelRow("Llama-3-70B", 0, 1.0, 20.0, .167, .907),
	modelRow("Mistral-7B", 0, 1.0, 20.0, .167, .826),
	modelRow("Mixtral-8x7B", 0, 1.1, 20.1, .167, .750),
	modelRow("Qwen-72B", 0, 1.8, 24.0, .200, .839),
	modelRow("Qwen-110B", .200, 4.5, 36.3, .303, .896),
	modelRow("Claude-3 Haiku", 0, 1.0, 20.0, .167, .910),
	modelRow("Claude-3 Sonnet", 0, 1.3, 20.5, .171, .844),
	modelRow("Claude-3 Opus", .467, 6.9, 58.5, .488, .914),
	modelRow("GPT-3.5", 0, 1.1, 20.3, .169, .912),
	modelRow("GPT-4", .067, 3.9, 31.5, .262, .914),
	modelRow("GPT-4-turbo", .400, 6.6, 62.4, .520, .936),
	modelRow("GPT-4o", .533, 9.3, 66.0, .550, .944),
}

func scriptedRow(name, mind string, months, gain, efficiency, equality, overuse float64) polis.Reference {
	rate := 0.0
	if months == 12 {
		rate = 1
	}
	r := row(name, exact, "scripted", rate, months, gain, efficiency, equality, overuse)
	r.Known = &polis.Known{Minds: []string{"5*" + mind}, Settings: inTurn, Quick: 1}
	return r
}

// randomRow is of demands from 0 to most. Of all numbers but the months their deviation is not known.
func randomRow(most int, months, sd, rate, gain, efficiency, equality, overuse float64) polis.Reference {
	demands := fmt.Sprintf("0-%d", most)
	r := row("random "+demands, measured, "random", rate, months, gain, efficiency, equality, overuse)
	r.Known = &polis.Known{Minds: []string{"5*random:" + demands}, Settings: inTurn, N: 4000, SD: map[string]float64{SurvivalTime: sd}, Quick: 1000, Long: 4000}
	return r
}

// inTurn is how the sources share out what is over-demanded.
var inTurn = map[string]string{"split": string(RoundRobin)}

func modelRow(name string, rate, months, gain, efficiency, equality float64) polis.Reference {
	r := row(name, govsim, "model", rate, months, gain, efficiency, equality, 0)
	delete(r.Metrics, Overuse)
	return r
}

func row(name, source, kind string, rate, months, gain, efficiency, equality, overuse float64) polis.Reference {
	return polis.Reference{Name: name, Source: source, Kind: kind, Metrics: map[string]float64{
		SurvivalTime: months, SurvivalRate: rate, Gain: gain, Efficiency: efficiency, Equality: equality, Overuse: overuse,
	}}
}
