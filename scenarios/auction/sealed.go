package auction

import (
	"errors"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// The tokens of the two protocols that are written here.
const (
	sealedToken  = "sealed-bid"
	vickreyToken = "vickrey"
)

// sealed is a bid that the auctioneer has.
type sealed struct {
	from  *roles.Session
	price float64
}

// seller is the auctioneer's part in the two sealed-bid protocols.
type seller struct {
	*settings
	told *auctioneer
}

// addSealed lets an auctioneer sell by sealed bids. What it gives opens an auction.
func addSealed(desk *roles.Desk, s *settings, a *auctioneer) func(t *actors.Turn, lot string) error {
	token := sealedToken
	if s.kind == vickrey {
		token = vickreyToken
	}
	desk.Add(roles.Terms{Protocol: token, Role: interaction.Initiator}, seller{s, a})
	return func(t *actors.Turn, lot string) error {
		_, err := desk.Open(t, token, protocol.CFP, Call{lot}, sealing, a.names...)
		return err
	}
}

// Take decides when nobody can bid any more.
func (p seller) Take(t *actors.Turn, s *roles.Session, e roles.Event) error {
	call, _ := s.Call().(Call)
	if e.Change.From == "WON" {
		if !e.Change.Final {
			return nil
		}
		return p.told.ended(t, roles.Strike{Lot: call.Lot, Buyer: s.Peer(), Sold: e.Change.To == "[SOLD]"})
	}
	var bids []sealed
	for _, o := range s.Others() {
		switch o.State() {
		case "CALLED", "WON", "OPENED": // not yet, or it is decided
			return nil
		case "SEALED":
			price := -1. // of a bid for something else
			if bid, ok := o.Theirs().(Bid); ok && bid.Lot == call.Lot {
				price = bid.Price
			}
			bids = append(bids, sealed{o, price})
		}
	}
	return p.decide(t, call.Lot, highest(bids))
}

// decide awards the lot to the highest bid that is not below the reserve.
func (p seller) decide(t *actors.Turn, lot string, bids []sealed) error {
	if p.kind == vickrey {
		open := Bids{Lot: lot}
		for _, b := range bids {
			open.All = append(open.All, Bid{lot, b.price})
		}
		for _, b := range bids {
			if err := b.from.Say(t, protocol.Inform, open); err != nil {
				return err
			}
		}
	}
	winner := -1
	if len(bids) > 0 && bids[0].price >= p.reserve {
		winner = 0
		price := p.priceFor(bids[0].price, func() []float64 { return prices(bids) })
		if err := bids[0].from.Say(t, protocol.AcceptProposal, Award{lot, price}); err != nil {
			return err
		}
		if err := p.told.hammer(t, roles.Strike{Lot: lot, Buyer: bids[0].from.Peer(), Price: price}); err != nil {
			return err
		}
	}
	for i, b := range bids {
		if i == winner {
			continue
		}
		if err := b.from.Say(t, protocol.RejectProposal, protocol.Reason{Code: "not-highest"}); err != nil {
			return err
		}
	}
	if winner < 0 && p.told.Busy {
		return p.told.ended(t, roles.Strike{Lot: lot})
	}
	return nil
}

func prices(bids []sealed) (all []float64) {
	for _, b := range bids {
		all = append(all, b.price)
	}
	return all
}

// priceFor is what a winner pays who has bid so much: its own bid, or in a Vickrey auction the second highest, and the reserve at
// least. all gives the bids, the highest first.
func (s *settings) priceFor(bid float64, all func() []float64) float64 {
	if s.kind != vickrey {
		return bid
	}
	second := s.reserve
	if bids := all(); len(bids) > 1 {
		second = max(second, bids[1])
	}
	return second
}

// Why a bidder does not pay.
var (
	errOtherPrice = errors.New("that is not the price by the rules")
	errNotLot     = errors.New("no bid for this lot")
)

// buyer is a bidder's part in the two sealed-bid protocols.
type buyer struct{ *bidder }

// Take bids once, looks at the bids that are shown, and pays what the rules say and nothing else.
func (p buyer) Take(t *actors.Turn, s *roles.Session, e roles.Event) error {
	if e.Message == nil || e.Change.Final {
		return nil
	}
	switch content := e.Message.Content.(type) {
	case Call:
		value, known := p.valueOf(content.Lot)
		if bid := p.bids(value, p.rivals(), p.settings); known && bid >= p.reserve {
			p.Mine, p.Shown = bid, nil
			return s.Say(t, protocol.Propose, Bid{content.Lot, bid})
		}
		return s.Say(t, protocol.Refuse, protocol.Reason{Code: "too-dear"})
	case Bids:
		p.Shown = nil
		for _, b := range content.All {
			p.Shown = append(p.Shown, b.Price)
		}
	case Award:
		bid, _ := s.Mine().(Bid)
		switch {
		case content.Lot != bid.Lot:
			return s.Say(t, protocol.Failure, protocol.Reason{Code: "other-lot", Detail: errNotLot.Error()})
		case !p.fair(content.Price):
			return s.Say(t, protocol.Failure, protocol.Reason{Code: "other-price", Detail: errOtherPrice.Error()})
		}
		_, err := p.won(t, roles.Purchase{At: s.At(), From: s.Peer(), Lot: content.Lot, Price: content.Price})
		if !errors.Is(err, roles.ErrLater) {
			return s.Say(t, protocol.Failure, protocol.Reason{Code: "busy"})
		}
	default:
		if e.Message.Act == protocol.CFP {
			return s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: "unrecognised-value"})
		}
	}
	return nil
}

// fair says whether that is what the winner is to pay, by what this bidder has bid and what it was shown.
func (p buyer) fair(price float64) bool {
	if p.kind == vickrey && (len(p.Shown) == 0 || p.Shown[0] != p.Mine) {
		return false
	}
	return price == p.priceFor(p.Mine, func() []float64 { return p.Shown })
}
