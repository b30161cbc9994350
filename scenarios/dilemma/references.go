package dilemma

import (
	"maps"

	"github.com/polis-agents/polis"
)

// references are known results, to stand beside ours.
var references = []polis.Reference{
	{Name: "all ten strategies, 200 turns", Source: "exact, by the payoffs 3, 0, 5, 1 and without noise", Kind: "scripted", Known: &polis.Known{Quick: 1}, Metrics: map[string]float64{
		Score + "AllC": 3300, Wins + "AllC": 0,
		Score + "AllD": 5012, Wins + "AllD": 8,
		Score + "TFT": 4497, Wins + "TFT": 0,
		Score + "Grudger": 5379, Wins + "Grudger": 3,
		Score + "WSLS": 3883, Wins + "WSLS": 0,
		Score + "Alternator": 4057, Wins + "Alternator": 3,
		Score + "TF2T": 4215, Wins + "TF2T": 0,
		Score + "SuspTFT": 3908, Wins + "SuspTFT": 2,
		Score + "AntiTFT": 3469, Wins + "AntiTFT": 3,
		Score + "Bully": 4469, Wins + "Bully": 5,
	}},
	groupRow("4 members, nobody gives", "4*freerider", 0, 20, nil),
	groupRow("4 members, all give all", "4*fixed:20", 20, 32, nil),
	groupRow("4 members, one free rider among three who give all", "freerider,3*fixed:20", 15, 29,
		map[string]float64{Payoff + ".freerider": 44, Payoff + ".fixed-1": 24, Payoff + ".fixed-2": 24, Payoff + ".fixed-3": 24}),
}

func groupRow(name, players string, contribution, payoff float64, each map[string]float64) polis.Reference {
	m := map[string]float64{Contribution: contribution, Payoff: payoff}
	maps.Copy(m, each)
	return polis.Reference{Name: name, Source: "exact, by an endowment of 20 and a return of 0.4", Kind: "scripted", Metrics: m,
		Known: &polis.Known{Settings: map[string]string{"game": pgg, "players": players}, Quick: 1}}
}
