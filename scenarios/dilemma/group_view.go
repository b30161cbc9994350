package dilemma

import "github.com/polis-agents/polis/environment"

// GroupView is what a member can sense. What others give in the present turn is not in it before all have given.
type GroupView struct {
	Name      string  `json:"name"`      // what the others know it by
	Turn      int     `json:"turn"`      // from 1
	Endowment int     `json:"endowment"` // units to keep or to give, every turn
	Return    float64 `json:"return"`    // units that each gets for each unit in the pool
	Seen      int     `json:"seen"`      // the turn whose deeds are shown: this one once all have given, else the last; 0: none yet
	Total     float64 `json:"total"`     // units earned in all turns that are over
	Deeds     []Deed  `json:"deeds"`     // of all members, itself among them, by their names
}

// Deed is what a member has done in a turn, and what has come of it for it.
type Deed struct {
	Name   string  `json:"name"`
	Gave   int     `json:"gave"`   // units
	Points int     `json:"points"` // of punishment, that it got; before there can be any: 0
	Earned float64 `json:"earned"` // units, after punishment once that is over
}

// Perceive gives what one agent can sense.
func (g *Group) Perceive(agent string) GroupView {
	v := GroupView{Name: agent, Turn: g.Turns + 1, Endowment: g.laws.Endowment, Return: units(g.laws.Return), Seen: g.Opened, Deeds: []Deed{}}
	if i, known := g.find(agent); known {
		v.Name, v.Total = g.label(i), units(g.Members[i].Total)
	}
	opened := g.Opened > g.Turns // all have given, and the turn is not over
	if g.laws.NoPast {
		v.Turn, v.Total = 1, 0
		if v.Seen = 0; opened {
			v.Seen = 1
		}
	}
	if g.laws.Alone {
		v.Total = 0
	}
	if g.Opened == 0 || g.laws.NoPast && !opened {
		return v
	}
	for i := range g.Members {
		if m := &g.Members[i]; m.Present && g.laws.Alone {
			if m.Name == agent {
				v.Deeds = append(v.Deeds, Deed{Name: g.label(i), Gave: m.Gave})
			}
		} else if m.Present {
			v.Deeds = append(v.Deeds, Deed{g.label(i), m.Gave, m.Received, units(m.Earned)})
		}
	}
	return v
}

// units of so many hundredths.
func units(hundredths int) float64 { return float64(hundredths) / unit }

// Names of what a group shows to observers.
const (
	varContribution = "contribution" // units, mean of those present
	varPayoff       = "payoff"       // units, likewise; of an agent: its own
	varPoints       = "points"       // of punishment, by all; of an agent: that it got
	varGave         = "gave"         // units
	varTotal        = "total"        // units earned in all turns
	varEndowment    = "endowment"    // units that each gets every turn
)

// Variables describe the turn that ended.
func (g *Group) Variables() []environment.Variable {
	earned, present := 0, 0
	for i := range g.Members {
		if m := &g.Members[i]; m.Present {
			present++
			earned += m.Earned
		}
	}
	return []environment.Variable{
		{Name: varContribution, Value: ratio(g.Pool, present)},
		{Name: varPayoff, Value: ratio(earned, unit*present)},
		{Name: varPoints, Value: float64(g.Points)},
		{Name: varEndowment, Value: float64(g.laws.Endowment)},
	}
}

// AgentVariables describe one member.
func (g *Group) AgentVariables(agent string) []environment.Variable {
	i, known := g.find(agent)
	if !known {
		return nil
	}
	m := &g.Members[i]
	return []environment.Variable{
		{Name: varGave, Value: float64(m.Gave)},
		{Name: varPayoff, Value: units(m.Earned)},
		{Name: varPoints, Value: float64(m.Received)},
		{Name: varTotal, Value: units(m.Total)},
	}
}

// Reward is what the turn has brought a member, in units.
func (g *Group) Reward(agent string) float64 {
	if i, known := g.find(agent); known {
		return units(g.Members[i].Earned)
	}
	return 0
}
