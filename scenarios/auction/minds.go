package auction

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
	make func(percent int) policy // nil: it sells
}

const (
	auctioneerMind = "auctioneer"
	auctioneerName = "auctioneer"
)

var kinds = []kind{
	{MindKind: polis.MindKind{Name: auctioneerMind, Doc: "sells the lots"}},
	{MindKind: polis.MindKind{Name: "rational", Doc: "a bidder that bids what is best against others who do: its value, or in kinds where one pays one's own bid v(n-1)/n"},
		make: func(int) policy { return equilibrium }},
	{MindKind: polis.MindKind{Name: "truthful", Doc: "a bidder that bids its value"}, make: func(int) policy { return truthful }},
	{MindKind: polis.MindKind{Name: "share", Arg: "P", Doc: "a bidder that bids P % of its value"}, make: func(percent int) policy {
		return func(value float64, _ int, _ *settings) float64 { return value * float64(percent) / 100 }
	}},
}

// kindOf finds the kind of a mind, and what share it names.
func kindOf(m polis.Mind) (k kind, percent int, err error) {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Usage())
		if k.Name != m.Name {
			continue
		}
		ok := m.Arg == ""
		if k.Arg != "" {
			percent, ok = polis.Whole(m.Arg, 1, 200)
		}
		if !ok {
			return k, 0, fmt.Errorf("auction: mind %q; accepted is %s, P a whole number of percent from 1 to 200", m, k.Usage())
		}
		return k, percent, nil
	}
	return kind{}, 0, fmt.Errorf("auction: mind %q; accepted with this kind are %s", m, strings.Join(names, ", "))
}

// mindKinds is what the scenario offers.
func mindKinds() (all []polis.MindKind) {
	for _, k := range kinds {
		all = append(all, k.MindKind)
	}
	return append(all, traderKinds...)
}

// people are the bidders, by name; more are numbered.
var people = []string{"Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hal", "Ida", "Jo", "Kim", "Lea"}

// cast makes the agents: the one who sells, and the bidders.
func (s *settings) cast(minds []polis.Mind) ([]polis.Agent, error) {
	var agents []polis.Agent
	var bidders []string
	sellers := 0
	for _, m := range minds {
		k, percent, err := kindOf(m)
		if err != nil {
			return nil, err
		}
		if k.make == nil {
			sellers++
			continue
		}
		name := fmt.Sprintf("bidder-%03d", len(bidders)+1)
		if len(minds)-1 <= len(people) {
			name = people[min(len(bidders), len(people)-1)]
		}
		bidders = append(bidders, name)
		bids := k.make(percent)
		agents = append(agents, polis.Agent{Name: name, Mind: m.String(), Behavior: func() actors.Behavior { return newBidder(s, bids) }})
	}
	if sellers != 1 || len(bidders) == 0 || len(bidders) > mostBidders {
		return nil, fmt.Errorf("auction: %d agents that sell and %d that bid; accepted are 1 and 1 to %d", sellers, len(bidders), mostBidders)
	}
	if s.bidders != 0 && s.bidders != len(bidders) {
		return nil, s.wrong("bidders", fmt.Sprintf("%d, the minds that bid", len(bidders)))
	}
	s.bidders = len(bidders)
	seller := polis.Agent{Name: auctioneerName, Mind: auctioneerMind, Behavior: func() actors.Behavior { return newAuctioneer(s, bidders) }}
	return slices.Insert(agents, 0, seller), nil
}
