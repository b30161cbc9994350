package market

import (
	"fmt"

	"github.com/polis-agents/polis"
)

// references are known results, to stand beside ours.
var references = []polis.Reference{
	{Name: "4 contractors, 4 tasks", Source: "exact, by their costs", Kind: "scripted", Metrics: map[string]float64{Cost: 14, Central: 14, Optimum: 13, Done: 1},
		Known: &polis.Known{Settings: map[string]string{"costs": "9,2,7,8;6,4,3,7;5,8,1,8;7,6,9,4"}, Quick: 1}},
	drawnRow(3, 1.3611, 1.8333, 400, 4000), drawnRow(7, 1.5118, 2.5929, 100, 600),
}

// drawnRow is of n contractors and n tasks: the contract net comes to 1 + 1/2 + … + 1/n.
func drawnRow(n int, least, cost float64, quick, long int) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("%d contractors, %d tasks, costs drawn", n, n), Source: "exact on average, for independent costs of Exp(1)", Kind: "scripted",
		Metrics: map[string]float64{Cost: cost, Central: cost, Optimum: least, Chance: float64(n)},
		Known:   &polis.Known{Agents: n + 1, Minds: []string{"1*buyer", fmt.Sprintf("%d*honest", n)}, Quick: quick, Long: long}}
}
