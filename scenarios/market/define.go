package market

import (
	"github.com/polis-agents/polis/environment"
)

// properties of a market whose costs are drawn: nobody sees the costs of others.
var properties = environment.Properties{Deterministic: false, Discrete: false, Closed: true}

// Define makes the square an environment.
func Define(laws Laws) *environment.Definition {
	d := environment.Define(func() *Square { return NewSquare(laws) }, (*Square).Perceive)
	environment.AddAction(d, "perform", "Do a task that you were awarded.", (*Square).Perform)
	d.Properties = properties
	d.Properties.Deterministic = laws.Costs != nil
	return d
}

// Variables describe the round that ended.
func (q *Square) Variables() []environment.Variable {
	cost := 0.0
	for _, w := range q.Works {
		cost += w.Cost
	}
	return []environment.Variable{{Name: "done", Value: float64(len(q.Works))}, {Name: "tasks", Value: float64(q.laws.Tasks)}, {Name: "cost", Value: cost}}
}

// AgentVariables describe what one contractor has done so far.
func (q *Square) AgentVariables(agent string) []environment.Variable {
	n, cost := 0, 0.0
	for _, w := range q.Works {
		if w.By == agent {
			n, cost = n+1, cost+w.Cost
		}
	}
	return []environment.Variable{{Name: "tasks_done", Value: float64(n)}, {Name: "cost", Value: cost}}
}
