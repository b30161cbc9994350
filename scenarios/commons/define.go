package commons

import "github.com/polis-agents/polis/environment"

// Define makes the lake an environment.
func Define(laws Laws) *environment.Definition {
	d := environment.Define(func() *Lake { return NewLake(laws) }, (*Lake).Perceive)
	environment.AddAction(d, "harvest", "Ask for fish. All ask at the same time.", (*Lake).Harvest, PhaseHarvest)
	d.Properties = properties
	d.Properties.Deterministic = laws.Split == RoundRobin
	return d
}

// properties of a lake whose split is random and to which no newcomer comes.
var properties = environment.Properties{Discrete: true, Closed: true}

// Names of what the lake shows to observers.
const (
	varStock     = "stock"
	varHarvest   = "harvest"
	varLeft      = "left"
	varCapacity  = "capacity"
	varCollapsed = "collapsed"
	varAsked     = "asked"
	varCatch     = "catch"
	varTotal     = "total"
)

// Variables describe the month that ended.
func (l *Lake) Variables() []environment.Variable {
	collapsed := 0.0
	if l.Collapsed {
		collapsed = 1
	}
	return []environment.Variable{
		{Name: varStock, Value: float64(l.Last.Stock)},
		{Name: varHarvest, Value: float64(l.Last.Harvest)},
		{Name: varLeft, Value: float64(l.Last.Left)},
		{Name: varCapacity, Value: float64(l.laws.Cap)},
		{Name: varCollapsed, Value: collapsed},
	}
}

// Reward is what the month has brought a fisher: its catch, in tons.
func (l *Lake) Reward(agent string) float64 {
	if i, known := l.find(agent); known {
		return float64(l.Fishers[i].Catch)
	}
	return 0
}

// AgentVariables describe one agent's share in the month that ended.
func (l *Lake) AgentVariables(agent string) []environment.Variable {
	i, known := l.find(agent)
	if !known {
		return nil
	}
	f := &l.Fishers[i]
	return []environment.Variable{
		{Name: varAsked, Value: float64(f.Asked)},
		{Name: varCatch, Value: float64(f.Catch)},
		{Name: varTotal, Value: float64(f.Total)},
	}
}
