package rumour

import (
	"fmt"

	"github.com/polis-agents/polis"
)

// NeverHeardLimit is the share that never hears the rumour of Maki and Thompson in an endless crowd: the root below 1/2 of
// 2 (1 - x) + ln x = 0 (Sudbury, "The proportion of the population never hearing a rumour", Journal of Applied Probability
// 22, 1985). A contact turns an ignorant into a spreader with probability x, the share that is ignorant, and ends a spreader
// with 1 - x: ds = (x - (1 - x)) dt while dx = -x dt. So ds/dx = -2 + 1/x, and s = 2 (1 - x) + ln x, which is 0 again at the end.
const NeverHeardLimit = 0.2031878699799799

// of2000 is the mean share that never hears it of 2000, with one spreader at the start: exact, from the chain of ignorants and
// spreaders.
const of2000 = .20315

// references are known results, to stand beside ours.
var references = []polis.Reference{
	gossiped(64, 11.21, 1.41, 60, 400), gossiped(256, 14.72, 1.30, 20, 400), gossiped(4096, 21.46, 1.26, 0, 40), gossiped(16384, 24.90, 1.26, 0, 10),
	{Name: "maki-thompson, endless crowd", Source: "Sudbury, Journal of Applied Probability 22 (1985), exact", Kind: "theory", Metrics: map[string]float64{NeverHeard: NeverHeardLimit}},
	{Name: "maki-thompson, 2000 agents", Source: "the chain of ignorants and spreaders, exact", Kind: "theory", Metrics: map[string]float64{NeverHeard: of2000},
		Known: &polis.Known{Agents: 2000, Settings: map[string]string{"model": makiThompson}, Quick: 10, Long: 200}},
	spread("0.8", .0181, .0177), spread("1.5", .5721, .0948), spread("3", .9399, .0083),
	epidemic("0.8", "10 seeds in 2000", .0187), epidemic("1.5", "10 seeds in 2000", .5862), epidemic("3", "10 seeds in 2000", .9405),
	epidemic("1.5", "endless crowd", .582812), epidemic("3", "endless crowd", .940480),
}

func gossiped(agents int, rounds, sd float64, quick, long int) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("gossip, %d agents", agents), Source: "push gossip by a bare loop, 400 runs; Pittel 1987: log2 N + ln N + O(1)", Kind: "scripted",
		Metrics: map[string]float64{Rounds: rounds, NeverHeard: 0, FinalSize: 1},
		Known:   &polis.Known{Agents: agents, N: 400, SD: map[string]float64{Rounds: sd}, Quick: quick, Long: long}}
}

func spread(r0 string, size, sd float64) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("sir, r0 %s, 2000 agents, 10 seeds", r0), Source: "the jump chain by a bare loop, 400 runs", Kind: "scripted",
		Metrics: map[string]float64{FinalSize: size},
		Known:   &polis.Known{Agents: 2000, Settings: map[string]string{"model": sir, "r0": r0, "seeds": "10"}, N: 400, SD: map[string]float64{FinalSize: sd}, Quick: 5, Long: 100}}
}

func epidemic(r0, crowd string, size float64) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("sir, r0 %s, %s", r0, crowd), Source: "root of the final size equation of Kermack and McKendrick (1927); of large outbreaks alone", Kind: "theory",
		Metrics: map[string]float64{FinalSize: size}}
}
