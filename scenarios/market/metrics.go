package market

import (
	"github.com/polis-agents/polis"
)

// The metrics of a run.
const (
	Cost       = "cost"       // of the tasks that are done
	Optimum    = "optimum"    // the least that all could cost
	Ratio      = "ratio"      // cost / optimum; only when all are done
	Central    = "central"    // what a dispatcher who knows all costs comes to, giving each task in order to the cheapest who has time
	Chance     = "chance"     // what giving the tasks out at random costs on average
	Done       = "done"       // share of the tasks
	Messages   = "messages"   // between agents, for each task
	Violations = "violations" // messages that broke a protocol
)

// Measure gives the metrics of a run that has ended; nil when it ended before there was a world.
func Measure(r *polis.Report) map[string]float64 {
	q, ok := r.World.(*Square)
	if !ok || q == nil {
		return nil
	}
	m := map[string]float64{Cost: 0, Messages: 0, Violations: 0, Done: float64(len(q.Works)) / float64(max(q.laws.Tasks, 1))}
	for _, w := range q.Works {
		m[Cost] += w.Cost
	}
	var costs [][]float64
	for _, t := range q.Traders {
		if t.Costs != nil {
			costs = append(costs, t.Costs)
		}
	}
	m[Optimum], m[Central], m[Chance] = optimum(costs, q.laws.Each), central(costs, q.laws.Each), chance(costs)
	if m[Optimum] > 0 && len(q.Works) == q.laws.Tasks {
		m[Ratio] = m[Cost] / m[Optimum]
	}
	said := 0
	for _, n := range r.Said { // whole numbers add up to the same in any order
		said += n
	}
	m[Messages] = float64(said) / float64(max(q.laws.Tasks, 1))
	for _, n := range r.Judged {
		m[Violations] += float64(n)
	}
	return m
}
