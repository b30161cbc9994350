package market

import (
	"fmt"
	"strconv"

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
	Nulls:      []polis.Null{polis.ChannelCut},
	Metrics:    []string{Cost, Optimum, Ratio, Central, Chance, Done, Messages, Violations},
	Build:      Build,
	Measure:    Measure,
	Line:       Line,
	StandIn:    StandIn,
	References: references,
}

const defaultRounds = 200 // at most: it ends when all is done

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
