package auction

import (
	"fmt"
	"strconv"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol/monitor"
)

const name = "auction"

// Scenario is the auction house as it is ordered by name.
var Scenario = polis.Scenario{
	Name:       name,
	Summary:    "lots are sold by English, Dutch, first-price or Vickrey auction to bidders who alone know what they are worth to them, or many buy and sell by double auction",
	Agents:     usualBidders + 1,
	Pace:       environment.Rounds,
	Minds:      mindKinds(),
	Default:    minds(usualBidders),
	Parameters: parameters,
	Properties: properties,
	Metrics:    []string{Revenue, Efficiency, Trades, Messages, Violations},
	References: references,
	Standard:   standardFor,
	Build:      Build,
	Measure:    Measure,
	Line:       Line,
	Plots:      plots,
	Headline:   Headline,
}

// properties of a house in which nobody sees what lots are worth to others.
var properties = environment.Properties{Discrete: false, Closed: true}

// Define makes the house an environment.
func Define(laws Laws) *environment.Definition {
	d := environment.Define(func() *House { return NewHouse(laws) }, (*House).Perceive)
	environment.AddAction(d, "assign", "Award the lot on sale to a bidder.", (*House).Assign)
	environment.AddAction(d, "withdraw", "Take the lot on sale away.", (*House).Withdraw)
	environment.AddAction(d, "pay", "Pay for the lot that you were awarded.", (*House).Pay)
	d.Properties = properties
	return d
}

// Build makes the society that is ordered. The error names what is wrong with the order, and what is accepted.
func Build(o polis.Order) (polis.Society, error) {
	set, err := read(o.Settings)
	if err != nil {
		return polis.Society{}, err
	}
	if set.kind == double {
		return buildDouble(set, o)
	}
	ordered := o.Minds
	if ordered == nil {
		agents := o.Agents
		if agents == 0 && set.bidders > 0 {
			agents = set.bidders + 1
		}
		if ordered, err = polis.ParseMinds([]string{"1*" + auctioneerMind, "rational"}, agents, usualBidders+1); err != nil {
			return polis.Society{}, fmt.Errorf("auction: %w", err)
		}
	}
	if o.Agents > 0 && o.Agents != len(ordered) {
		return polis.Society{}, fmt.Errorf("auction: %d minds for %d agents; accepted is one for each", len(ordered), o.Agents)
	}
	agents, err := set.cast(ordered)
	if err != nil {
		return polis.Society{}, err
	}
	set.text["bidders"] = strconv.Itoa(set.bidders)
	laws := Laws{Units: set.units, Reserve: set.reserve, Auctioneer: auctioneerName}
	return polis.Society{Name: name, World: Define(laws), Settings: set.text, Agents: agents}, nil
}

// The metrics of a run.
const (
	Revenue    = "revenue"    // for a lot that is over, on average; what is not sold brings 0; double: the price of a trade, on average
	Efficiency = "efficiency" // what the lots are worth to those who have them, as a share of what they could be worth; double: gains, of those possible
	Trades     = "trades"     // lots that were sold; double: units
	Messages   = "messages"   // between agents, for each lot
	Violations = "violations" // messages that broke a protocol; to come too late breaks none
)

// Measure gives the metrics of a run that has ended; nil when it ended before there was a world.
func Measure(r *polis.Report) map[string]float64 {
	if m, ok := r.World.(*Market); ok && m != nil {
		return m.metrics()
	}
	h, ok := r.World.(*House)
	if !ok || h == nil {
		return nil
	}
	m := h.metrics()
	m[Messages], m[Violations] = 0, 0
	for _, n := range r.Said {
		m[Messages] += float64(n) / float64(max(len(h.Lots), 1))
	}
	for verdict, n := range r.Judged {
		if verdict != monitor.Late.String() { // words may cross: a bid that comes too late breaks nothing
			m[Violations] += float64(n)
		}
	}
	return m
}

// metrics are those that the world knows.
func (h *House) metrics() map[string]float64 {
	m := map[string]float64{Revenue: 0, Trades: 0}
	worth, best := 0.0, 0.0
	for _, l := range h.Lots {
		m[Revenue] += l.Price / float64(len(h.Lots))
		worth += l.Value
		best += l.Best
		if l.Buyer != "" {
			m[Trades]++
		}
	}
	if best > 0 {
		m[Efficiency] = worth / best
	}
	return m
}
