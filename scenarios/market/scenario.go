package market

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

const name = "market"

var defaultMinds = []string{"1*buyer", "4*honest"}

// Scenario is the market as it is ordered by name.
var Scenario = polis.Scenario{
	Name:       name,
	Summary:    "tasks are called for, bid for and awarded by contract net; beside chance, a dispatcher and the optimum",
	Agents:     5,
	Rounds:     defaultRounds,
	Pace:       environment.Rounds,
	Minds:      mindKinds(),
	Default:    defaultMinds,
	Parameters: parameters,
	Properties: properties,
	Metrics:    []string{Cost, Optimum, Ratio, Central, Chance, Done, Messages, Violations},
	Build:      Build,
	Measure:    Measure,
	Line:       Line,
	StandIn:    StandIn,
}

const defaultRounds = 200 // at most: it ends when all is done

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

// Build makes the society that is ordered. The error names what is wrong with the order, and what is accepted.
func Build(o polis.Order) (polis.Society, error) {
	set, err := read(o.Settings)
	if err != nil {
		return polis.Society{}, err
	}
	minds := o.Minds
	if minds == nil {
		agents := o.Agents
		if agents == 0 && set.costs != nil {
			agents = len(set.costs) + 1
		}
		if minds, err = polis.ParseMinds([]string{"1*buyer", "honest"}, agents, len(people[:4])+1); err != nil {
			return polis.Society{}, fmt.Errorf("market: %w", err)
		}
	}
	if o.Agents > 0 && o.Agents != len(minds) {
		return polis.Society{}, fmt.Errorf("market: %d minds for %d agents; accepted is one for each", len(minds), o.Agents)
	}
	agents, err := set.cast(minds, o.Then)
	if err != nil {
		return polis.Society{}, err
	}
	contractors := len(agents) - 1
	if set.tasks == 0 {
		set.tasks = contractors
	}
	least := (set.tasks + contractors - 1) / contractors
	if set.each == 0 {
		set.each = least
	}
	if set.each < least {
		return polis.Society{}, set.wrong("each", fmt.Sprintf("at least %d: %d contractors must have time for %d tasks", least, contractors, set.tasks))
	}
	set.text["tasks"], set.text["each"] = strconv.Itoa(set.tasks), strconv.Itoa(set.each)
	laws := Laws{Tasks: set.tasks, Costs: set.costs, Each: set.each, Buyer: buyerName, Rounds: o.Rounds}
	if laws.Rounds == 0 {
		laws.Rounds = defaultRounds
	}
	set.world = Define(laws)
	for _, m := range minds {
		if m.Name != model && m.Name != person {
			continue
		}
		if err := checkAsked(m, set.world, o.Then); err != nil {
			return polis.Society{}, err
		}
	}
	return polis.Society{Name: name, World: set.world, Settings: set.text, Agents: agents}, nil
}

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

const blocks = 10

// Line tells how far the work has come.
func Line(e environment.RoundEnded) string {
	v := map[string]float64{}
	for _, x := range e.World {
		v[x.Name] = x.Value
	}
	full := int(v["done"] * blocks / max(v["tasks"], 1))
	line := fmt.Sprintf("round %3d  done %s%s %.0f/%.0f  cost %.4g  ", e.Round, strings.Repeat("█", full), strings.Repeat("░", blocks-full), v["done"], v["tasks"], v["cost"])
	if len(e.Agents) > 8 {
		return line
	}
	for _, a := range e.Agents {
		for _, x := range a.Variables {
			if x.Name == "tasks_done" && x.Value > 0 {
				line += fmt.Sprintf("  %s %.0f", a.Name, x.Value)
			}
		}
	}
	return strings.TrimRight(line, " ")
}
