package dilemma

import "github.com/polis-agents/polis"

// references are known results, to stand beside ours.
var references = []polis.Reference{
	{Name: "all ten strategies, 200 turns", Source: "exact, by the payoffs 3, 0, 5, 1 and without noise", Kind: "scripted", Metrics: map[string]float64{
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
	groupRow("4 members, nobody gives", 0, 20),
	groupRow("4 members, all give all", 20, 32),
	groupRow("4 members, one free rider among three who give all", 15, 29),
}

func groupRow(name string, contribution, payoff float64) polis.Reference {
	return polis.Reference{Name: name, Source: "exact, by an endowment of 20 and a return of 0.4", Kind: "scripted",
		Metrics: map[string]float64{Contribution: contribution, Payoff: payoff}}
}
