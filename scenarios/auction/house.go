package auction

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Laws are the parameters of an auction house. They are not part of its state.
type Laws struct {
	Units      int     // lots to be sold, named 0, 1, …
	Reserve    float64 // below which nothing is sold
	Auctioneer string  // the name of the agent that sells
}

// House is the world: its exported fields are its state.
type House struct {
	Guests []Guest // the bidders, by name
	Lots   []Lot   // those that are over, in order
	Award  *Claim  // of the lot on sale, once it has been awarded
	Rounds int     // that are over
	Quiet  int     // of these, in a row, those in which nothing happened

	laws Laws
}

// Guest is what the world knows of a bidder.
type Guest struct {
	Name   string
	Values []float64 // what the lot on sale is worth to it, and what the next is
	Won    int
	Paid   float64
	Gained float64 // worth less payments
	Gone   bool
}

// Claim is who is to pay for the lot on sale, and how much.
type Claim struct {
	To    string
	Price float64
	Round int
}

// Lot is one that is over.
type Lot struct {
	Buyer string // "": nobody
	Price float64
	Value float64 // to its buyer
	Best  float64 // to whom it is worth most
	Next  float64 // to the one after that
}

// NewHouse makes an auction house in which nothing is sold yet.
func NewHouse(laws Laws) *House { return &House{laws: laws} }

// Tick draws what the lots that come next are worth.
func (h *House) Tick(_ string, r *rand.Rand) {
	h.Rounds++
	h.Quiet++
	for i := range h.Guests {
		g := &h.Guests[i]
		for len(g.Values) < 2 {
			g.Values = append(g.Values, r.Float64())
		}
	}
}

// Enter lets an agent bid.
func (h *House) Enter(agent string) {
	i, known := h.find(agent)
	switch {
	case agent == h.laws.Auctioneer:
	case known:
		h.Guests[i].Gone = false
	default:
		h.Guests = slices.Insert(h.Guests, i, Guest{Name: agent})
	}
}

// Leave notes that an agent is gone: it can buy nothing any more.
func (h *House) Leave(agent string) {
	if i, known := h.find(agent); known {
		h.Guests[i].Gone = true
	}
}

func (h *House) find(agent string) (int, bool) {
	return slices.BinarySearchFunc(h.Guests, agent, func(g Guest, name string) int { return strings.Compare(g.Name, name) })
}

// View is what an agent senses: which lot is on sale, and a bidder what it and the next are worth to it.
type View struct {
	Lot     int       `json:"lot" doc:"the number of the lot on sale, from 0 on"`
	Units   int       `json:"units" doc:"how many lots there are"`
	Reserve float64   `json:"reserve" doc:"below which nothing is sold"`
	Bidders int       `json:"bidders" doc:"how many are here to bid"`
	Values  []float64 `json:"values,omitempty" doc:"of a bidder: what the lot on sale is worth to you, and what the next is"`
	Awarded int       `json:"awarded,omitempty" doc:"of the auctioneer: for how many rounds the lot on sale has been awarded and not paid for"`
}

// Perceive is what an agent senses.
func (h *House) Perceive(agent string) View {
	v := View{Lot: len(h.Lots), Units: h.laws.Units, Reserve: h.laws.Reserve}
	for i := range h.Guests {
		if !h.Guests[i].Gone {
			v.Bidders++
		}
	}
	if agent == h.laws.Auctioneer {
		if h.Award != nil {
			v.Awarded = h.Rounds - h.Award.Round
		}
		return v
	}
	if i, known := h.find(agent); known {
		v.Values = h.Guests[i].Values
	}
	return v
}

// Assign is the auctioneer's action: the lot on sale goes to a bidder, who is to pay that price.
type Assign struct {
	Lot   int     `json:"lot" min:"0" doc:"the number of the lot"`
	To    string  `json:"to" doc:"the name of the bidder"`
	Price float64 `json:"price" min:"0" doc:"what it is to pay"`
}

// Withdraw is the auctioneer's action: the lot on sale is not sold, or not to the one who has not paid.
type Withdraw struct {
	Lot int `json:"lot" min:"0" doc:"the number of the lot"`
}

// Pay is a bidder's action: it pays for what it was awarded, and has it then.
type Pay struct {
	Lot   int     `json:"lot" min:"0" doc:"the number of the lot"`
	Price float64 `json:"price" min:"0" doc:"what it costs"`
}

// Assign awards the lot on sale.
func (h *House) Assign(agent string, a Assign) (Assign, error) {
	i, known := h.find(a.To)
	switch {
	case agent != h.laws.Auctioneer:
		return a, refusal{"not-auctioneer", agent + " is not the auctioneer"}
	case a.Lot != len(h.Lots) || a.Lot >= h.laws.Units:
		return a, h.notOnSale(a.Lot)
	case h.Award != nil:
		return a, refusal{"awarded", fmt.Sprintf("lot %d is awarded to %s", a.Lot, h.Award.To)}
	case !known || h.Guests[i].Gone || len(h.Guests[i].Values) == 0:
		return a, refusal{"no-bidder", fmt.Sprintf("%q does not bid here", a.To)}
	case a.Price < h.laws.Reserve:
		return a, refusal{"below-reserve", fmt.Sprintf("%v is below %v", a.Price, h.laws.Reserve)}
	}
	h.Award, h.Quiet = &Claim{a.To, a.Price, h.Rounds}, 0
	return a, nil
}

// Withdraw takes the lot on sale away.
func (h *House) Withdraw(agent string, w Withdraw) (Withdraw, error) {
	switch {
	case agent != h.laws.Auctioneer:
		return w, refusal{"not-auctioneer", agent + " is not the auctioneer"}
	case w.Lot != len(h.Lots) || w.Lot >= h.laws.Units:
		return w, h.notOnSale(w.Lot)
	}
	h.over(Lot{})
	return w, nil
}

// Pay pays for the lot on sale. Only the one to whom it was awarded can, and the price that was awarded.
func (h *House) Pay(agent string, p Pay) (Pay, error) {
	i, known := h.find(agent)
	switch {
	case !known:
		return p, refusal{"stranger", agent + " is no bidder"}
	case p.Lot != len(h.Lots) || p.Lot >= h.laws.Units:
		return p, h.notOnSale(p.Lot)
	case h.Award == nil:
		return p, refusal{notAwarded, fmt.Sprintf("lot %d is not awarded", p.Lot)}
	case h.Award.To != agent:
		return p, refusal{"not-winner", fmt.Sprintf("lot %d is awarded to %s", p.Lot, h.Award.To)}
	case h.Award.Price != p.Price:
		return p, refusal{"other-price", fmt.Sprintf("lot %d costs %v", p.Lot, h.Award.Price)}
	}
	g := &h.Guests[i]
	g.Won++
	g.Paid += p.Price
	g.Gained += g.Values[0] - p.Price
	h.over(Lot{Buyer: agent, Price: p.Price, Value: g.Values[0]})
	return p, nil
}

const notAwarded = "not-awarded"

func (h *House) notOnSale(lot int) error {
	return refusal{"not-on-sale", fmt.Sprintf("lot %d; on sale is %d of %d", lot, len(h.Lots), h.laws.Units)}
}

// over goes on to the next lot.
func (h *House) over(l Lot) {
	for i := range h.Guests {
		g := &h.Guests[i]
		if len(g.Values) == 0 {
			continue
		}
		switch v := g.Values[0]; {
		case g.Gone:
		case v > l.Best:
			l.Best, l.Next = v, l.Best
		case v > l.Next:
			l.Next = v
		}
		g.Values = slices.Clone(g.Values[1:]) // percepts hold the old ones
	}
	h.Lots, h.Award, h.Quiet = append(h.Lots, l), nil, 0
}

const (
	grace = 4    // rounds for which people stay when all is sold: the last must say so, who must hear it
	stuck = 2000 // rounds after which nothing is expected to happen any more
)

// Done says that all lots are over and told, or that nothing happens any more.
func (h *House) Done() bool {
	return len(h.Lots) >= h.laws.Units && h.Quiet >= grace || h.Quiet >= stuck
}

// refusal is why an action was refused.
type refusal struct{ code, text string }

func (r refusal) Error() string { return r.text }

// Reason is the code of the refusal.
func (r refusal) Reason() string { return r.code }
