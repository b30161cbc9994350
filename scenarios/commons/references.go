package commons

import "github.com/polis-agents/polis"

// Where the known results are from.
const (
	exact    = "exact, by the published rules"
	measured = "4000 runs, split round robin"
	govsim   = "Piatti et al. 2024, Table 1: 5 seeds, 3 scenarios"
)

// references are known results, to stand beside ours. The overuse of models is left out: as published it does not follow
// from its definition, so it can be compared only between runs of the same code.
var references = []polis.Reference{
	scriptedRow("10 every month", 12, 120, 1, 1, 0),
	scriptedRow("a fair share, rounded down", 12, 120, 1, 1, 0),
	scriptedRow("5 every month", 12, 60, .5, 1, 0),
	scriptedRow("a fifth of the lake, or all of it", 1, 20, .1667, 1, 1),
	scriptedRow("11 every month", 4, 39, .325, 1, 1),

	randomRow("random 0-8", 12, 1, 48.0, .400, .914, 0),
	randomRow("random 0-10", 12, 1, 60.1, .501, .917, 0),
	randomRow("random 0-12", 12, 1, 72.0, .600, .918, .154),
	randomRow("random 0-25", 2.93, 0, 31.7, .264, .840, .709),
	randomRow("random 0-40", 1.47, 0, 22.1, .185, .787, .797),

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

func scriptedRow(name string, months, gain, efficiency, equality, overuse float64) polis.Reference {
	rate := 0.0
	if months == 12 {
		rate = 1
	}
	return row(name, exact, "scripted", rate, months, gain, efficiency, equality, overuse)
}

func randomRow(name string, months, rate, gain, efficiency, equality, overuse float64) polis.Reference {
	return row(name, measured, "random", rate, months, gain, efficiency, equality, overuse)
}

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
