package market

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
)

// kind is a mind of this scenario.
type kind struct {
	polis.MindKind
	buys bool
	make func(share float64) manner // of a contractor
}

var kinds = []kind{
	{MindKind: polis.MindKind{Name: "buyer", Doc: "has the tasks; awards each to the cheapest bid"}, buys: true},
	{MindKind: polis.MindKind{Name: "wary", Doc: "has the tasks; awards each to who is expected to cost least, by the price and by how often he kept his word"}, buys: true},
	{MindKind: polis.MindKind{Name: "honest", Doc: "a contractor that bids what the work costs it, and does it"}, make: func(float64) manner { return manner{} }},
	{MindKind: polis.MindKind{Name: "padded", Arg: "P", Doc: "one that asks for P % more than the work costs it; when asked again, for half as much more"},
		make: func(p float64) manner { return manner{pad: p} }},
	{MindKind: polis.MindKind{Name: "breaker", Arg: "P", Doc: "one that does not do P % of what it was awarded"},
		make: func(p float64) manner { return manner{breaks: p} }},
	{MindKind: polis.MindKind{Name: "mortal", Arg: "P", Doc: "one that dies with P % of its awards, without a word"},
		make: func(p float64) manner { return manner{dies: p} }},
}

// asked are the minds for which a service is asked.
var asked = []polis.MindKind{
	{Name: model, Arg: "FALLBACK", Doc: "a contractor by a language model; when it does not decide, FALLBACK (honest, padded:P) does. model:buyer: it has the tasks"},
	{Name: person, Doc: "a contractor by somebody who is asked at the terminal. person:buyer: that one has the tasks"},
}

// kindOf finds the kind of a mind, and what share it names.
func kindOf(m polis.Mind) (k kind, share float64, err error) {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Usage())
		if k.Name != m.Name {
			continue
		}
		percent, ok := 0, m.Arg == ""
		if k.Arg != "" {
			percent, ok = polis.Whole(m.Arg, 0, 1000)
			ok = ok && (percent <= 100 || k.Name == "padded")
		}
		if !ok {
			return k, 0, fmt.Errorf("market: mind %q; accepted is %s, P a whole number of percent", m, k.Usage())
		}
		return k, float64(percent) / 100, nil
	}
	for _, k := range asked {
		names = append(names, k.Usage())
	}
	return kind{}, 0, fmt.Errorf("market: mind %q; accepted are %s", m, strings.Join(names, ", "))
}

// mindKinds is what the scenario offers.
func mindKinds() (all []polis.MindKind) {
	for _, k := range kinds {
		all = append(all, k.MindKind)
	}
	return append(all, asked...)
}

// people are the contractors, by name; more are numbered.
var people = []string{"Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hal", "Ida", "Jo", "Kim", "Lea"}

const buyerName = "buyer"

// cast makes the agents: the one who buys, and the contractors.
func (s *settings) cast(minds []polis.Mind, then []string) ([]polis.Agent, error) {
	var agents []polis.Agent
	var contractors []string
	buyers, buying := 0, polis.Mind{}
	for _, m := range minds {
		isAsked := m.Name == model || m.Name == person
		find := kindOf
		if isAsked {
			find = standsIn
		}
		k, share, err := find(m)
		if err != nil {
			return nil, err
		}
		if k.buys {
			buyers++
			buying = m
			continue
		}
		name := fmt.Sprintf("contractor-%03d", len(contractors)+1)
		if len(minds)-1 <= len(people) {
			name = people[len(contractors)]
		}
		contractors = append(contractors, name)
		if isAsked {
			agents = append(agents, polis.Agent{Name: name, Mind: m.String(), Model: m.Name,
				Behavior: func() actors.Behavior { return newAsked(m, s.world, then, nil) }})
			continue
		}
		of := k.make(share)
		agents = append(agents, polis.Agent{Name: name, Mind: m.String(), Behavior: func() actors.Behavior { return newContractor(of) }})
	}
	if buyers != 1 || len(contractors) == 0 || len(contractors) > mostTraders || s.costs != nil && len(s.costs) != len(contractors) {
		rows := ""
		if s.costs != nil {
			rows = fmt.Sprintf("; here %d, the rows of %s", len(s.costs), s.text["costs"])
		}
		return nil, fmt.Errorf("market: %d agents that buy and %d contractors; accepted are 1 and 1 to %d%s", buyers, len(contractors), mostTraders, rows)
	}
	rounds := 1
	if s.protocol == iterated {
		rounds = s.bids
	}
	buyer := polis.Agent{Name: buyerName, Mind: buying.String(), Behavior: func() actors.Behavior {
		return newBuyer(contractors, rounds, buying.Name == "wary")
	}}
	if buying.Name == model || buying.Name == person {
		buyer.Model = buying.Name
		buyer.Behavior = func() actors.Behavior { return newAsked(buying, s.world, then, contractors) }
	}
	return slices.Insert(agents, 0, buyer), nil
}
