package auction

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

const (
	highestPrice  = 200 // in a double auction, where prices are whole and from 1 on
	roundsForUnit = 200 // after so many for each unit of a trader it ends: 400 quotes for each buyer, of which a round has two
)

// MarketLaws are the parameters of a Market. They are not part of its state.
type MarketLaws struct {
	Buyers, Sellers []string // the names of the agents
	Units           int      // that each may buy or sell, one after the other
	Low, High       int      // values fall from High to Low, costs rise from Low to High
	NoLoss          bool     // nobody may quote a price at which a trade would be a loss
}

// limit is what the j-th unit of one side is worth at most: values fall and costs rise on a linear grid.
func (l *MarketLaws) limit(buys bool, j int) int {
	side := len(l.Sellers)
	if buys {
		side = len(l.Buyers)
	}
	step := (l.High - l.Low) * j / max(side*l.Units-1, 1)
	if buys {
		return l.High - step
	}
	return l.Low + step
}

// optimum is how many trades bring the most that can be gained, and how much that is.
func (l *MarketLaws) optimum() (trades, surplus int) {
	for j := range min(len(l.Buyers), len(l.Sellers)) * l.Units {
		gain := l.limit(true, j) - l.limit(false, j)
		if gain <= 0 {
			break
		}
		trades, surplus = trades+1, surplus+gain
	}
	return trades, surplus
}

// Market is the world of a double auction: the house keeps the best bid and the best ask, and trades when they meet. Its
// exported fields are its state.
type Market struct {
	Traders []Trader // buyers, then sellers, as the laws name them
	Bid     Standing // the best
	Ask     Standing // likewise
	Trades  int
	Paid    int // the sum of all prices
	Gained  int // what the units were worth to their buyers, less what they have cost their sellers
	Price   int // of the last trade; 0: none
	Rounds  int // that are over

	laws MarketLaws
}

// Trader is what the world knows of one who trades.
type Trader struct {
	Here   bool
	Traded int // units
	Gained int // value less price, or price less cost
}

// Standing is a quote that stands; the zero Standing is none.
type Standing struct {
	Price  int
	Trader int // its number
}

// NewMarket makes a market in which nothing is traded yet.
func NewMarket(laws MarketLaws) *Market {
	return &Market{Traders: make([]Trader, len(laws.Buyers)+len(laws.Sellers)), laws: laws}
}

// find gives an agent's number, and whether it buys; -1: it does not trade here.
func (m *Market) find(agent string) (i int, buys bool) {
	if i = slices.Index(m.laws.Buyers, agent); i >= 0 {
		return i, true
	}
	if i = slices.Index(m.laws.Sellers, agent); i >= 0 {
		i += len(m.laws.Buyers)
	}
	return i, false
}

// limit is what the next unit is worth to a buyer, or costs a seller; false: there is none.
func (m *Market) limit(i int) (int, bool) {
	t, n := &m.Traders[i], len(m.laws.Buyers)
	if !t.Here || t.Traded >= m.laws.Units {
		return 0, false
	}
	if i < n {
		return m.laws.limit(true, t.Traded*n+i), true
	}
	return m.laws.limit(false, t.Traded*len(m.laws.Sellers)+i-n), true
}

// Enter lets an agent trade.
func (m *Market) Enter(agent string) {
	if i, _ := m.find(agent); i >= 0 {
		m.Traders[i].Here = true
	}
}

// Leave takes an agent's quotes away.
func (m *Market) Leave(agent string) {
	i, _ := m.find(agent)
	if i < 0 {
		return
	}
	m.Traders[i].Here = false
	for _, quote := range []*Standing{&m.Bid, &m.Ask} {
		if quote.Trader == i {
			*quote = Standing{}
		}
	}
}

// Next draws who may quote: one after the other, as many as there are traders, each drawn from all of them. Who has nothing
// left to trade is passed over.
func (m *Market) Next(r *rand.Rand) (names []string) {
	var here []string
	for _, all := range [][]string{m.laws.Buyers, m.laws.Sellers} {
		for _, name := range all {
			if i, _ := m.find(name); m.Traders[i].Here {
				here = append(here, name)
			}
		}
	}
	for range here {
		name := here[r.IntN(len(here))]
		if i, _ := m.find(name); m.Traders[i].Traded < m.laws.Units {
			names = append(names, name)
		}
	}
	return names
}

// Tick ends a round.
func (m *Market) Tick(string, *rand.Rand) { m.Rounds++ }

// Done says that nobody can trade any more, or that time is up.
func (m *Market) Done() bool {
	if m.Rounds >= roundsForUnit*m.laws.Units {
		return true
	}
	value, cost := 0, highestPrice+1
	for i := range m.Traders {
		switch limit, left := m.limit(i); {
		case !left:
		case i < len(m.laws.Buyers):
			value = max(value, limit)
		default:
			cost = min(cost, limit)
		}
	}
	return value == 0 || cost > highestPrice || m.laws.NoLoss && value < cost
}

// Board is what a trader senses: what its next unit is to it, and the quotes that stand.
type Board struct {
	Buys    bool `json:"buys" doc:"you buy; else you sell"`
	Left    int  `json:"left" doc:"how many units you may still trade"`
	Limit   int  `json:"limit" doc:"what the next unit is worth to you if you buy, what it costs you if you sell"`
	Highest int  `json:"highest" doc:"the highest price that can be quoted; the lowest is 1"`
	Bid     int  `json:"bid,omitempty" doc:"the best price that somebody would pay; 0: none"`
	Ask     int  `json:"ask,omitempty" doc:"the best price that somebody would sell at; 0: none"`
}

// Perceive is what an agent senses.
func (m *Market) Perceive(agent string) Board {
	b := Board{Highest: highestPrice, Bid: m.Bid.Price, Ask: m.Ask.Price}
	i, buys := m.find(agent)
	if i < 0 {
		return b
	}
	if limit, left := m.limit(i); left {
		b.Left, b.Limit = m.laws.Units-m.Traders[i].Traded, limit
	}
	b.Buys = buys
	return b
}

// Quote is the action: a price at which an agent would buy, or sell, its next unit.
type Quote struct {
	Price int `json:"price" min:"1" max:"200" doc:"what you would pay, or sell at"`
}

// Quoted is its outcome.
type Quoted struct {
	Stands bool `json:"stands,omitempty"` // it is the best of its side now
	Traded int  `json:"traded,omitempty"` // the price of the trade that it made; 0: none
}

// Quote notes a price. It makes a trade when it meets the best quote of the other side, at the price of that one, for it was
// earlier; all quotes are void then.
func (m *Market) Quote(agent string, q Quote) (Quoted, error) {
	i, buys := m.find(agent)
	if i < 0 {
		return Quoted{}, refusal{"stranger", agent + " does not trade here"}
	}
	limit, left := m.limit(i)
	switch {
	case !left:
		return Quoted{}, refusal{"nothing-left", fmt.Sprintf("you may trade %d, and have", m.laws.Units)}
	case m.laws.NoLoss && (buys && q.Price > limit || !buys && q.Price < limit):
		return Quoted{}, refusal{"at-a-loss", fmt.Sprintf("%d is a loss: the unit is %d to you", q.Price, limit)}
	}
	own, other := &m.Ask, &m.Bid
	if buys {
		own, other = &m.Bid, &m.Ask
	}
	if other.Price > 0 && (buys && q.Price >= other.Price || !buys && q.Price <= other.Price) {
		price := other.Price
		if buys {
			m.trade(i, other.Trader, price)
		} else {
			m.trade(other.Trader, i, price)
		}
		return Quoted{Traded: price}, nil
	}
	if own.Price > 0 && (buys && q.Price <= own.Price || !buys && q.Price >= own.Price) {
		return Quoted{}, nil
	}
	*own = Standing{q.Price, i}
	return Quoted{Stands: true}, nil
}

// trade hands a unit over.
func (m *Market) trade(buyer, seller, price int) {
	value, _ := m.limit(buyer)
	cost, _ := m.limit(seller)
	b, s := &m.Traders[buyer], &m.Traders[seller]
	b.Traded, s.Traded = b.Traded+1, s.Traded+1
	b.Gained, s.Gained = b.Gained+value-price, s.Gained+price-cost
	m.Trades, m.Paid, m.Gained, m.Price = m.Trades+1, m.Paid+price, m.Gained+value-cost, price
	m.Bid, m.Ask = Standing{}, Standing{}
}

// metrics are those of a double auction.
func (m *Market) metrics() map[string]float64 {
	all := map[string]float64{Revenue: 0, Efficiency: 0, Trades: float64(m.Trades), Messages: 0, Violations: 0}
	if m.Trades > 0 {
		all[Revenue] = float64(m.Paid) / float64(m.Trades)
	}
	if _, most := m.laws.optimum(); most > 0 {
		all[Efficiency] = float64(m.Gained) / float64(most)
	}
	return all
}
