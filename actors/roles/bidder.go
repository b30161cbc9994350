package roles

import (
	"errors"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// Bidder bids by fipa-auction-english and fipa-auction-dutch.
type Bidder struct {
	// Bid says whether the agent buys at this price. Who holds the lot in an English auction is not asked: it would bid
	// against itself.
	Bid func(t *actors.Turn, from string, lot Lot) bool
	// Won takes what the agent has bought, and pays. ErrLater: it has begun, and the agent says later what came of it. In a
	// Dutch auction nobody asks what came of it: what is returned is not told.
	Won func(t *actors.Turn, p Purchase) (value any, err error)
}

// Purchase is what a bidder has bought.
type Purchase struct {
	At    // what Desk.Done and Desk.Failed are told
	From  string
	Lot   string
	Price float64
}

// AddBidder lets the agent bid.
func AddBidder(d *Desk, b Bidder) {
	for _, token := range []string{english, dutch} {
		if d.known(token) != nil {
			d.Add(Terms{Protocol: token, Role: interaction.Participant, About: nameOf(Sale{})}, PartFunc(b.take))
		}
	}
	if d.known(english) != nil {
		d.Add(Terms{Protocol: request, Role: interaction.Participant, About: nameOf(Deal{})}, dealer{d, b})
	}
}

func (b Bidder) take(t *actors.Turn, s *Session, e Event) error {
	switch {
	case e.Message == nil:
		return nil
	case e.Change.To == "[BOUGHT]" && e.Message.Act == protocol.AcceptProposal:
		lot, _ := s.Mine().(Lot)
		_, _ = b.Won(t, Purchase{s.At(), s.Peer(), lot.Name, lot.Price})
		return nil
	case e.Message.Act != protocol.CFP || e.Change.To != "DECIDE":
		return nil
	}
	lot, ok := e.Message.Content.(Lot)
	if !ok {
		return s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: "unrecognised-value"})
	}
	if !b.Bid(t, s.Peer(), lot) {
		return nil // who is silent does not bid
	}
	return s.Say(t, protocol.Propose, lot)
}

// dealer does the part of the request that completes an English auction.
type dealer struct {
	desk *Desk
	of   Bidder
}

// Take takes what was bought, if it was.
func (d dealer) Take(t *actors.Turn, s *Session, e Event) error {
	deal, ok := s.Call().(Deal)
	switch {
	case e.Change.Final:
		d.closed(t, s, "")
		return nil
	case e.Message == nil || e.Message.Act != protocol.Request:
		return nil
	case !ok:
		return s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: "unrecognised-value"})
	}
	auction := d.desk.Session(At{deal.Auction, s.Peer()})
	if auction == nil || auction.State() != "AWAIT_DEAL" {
		return s.Say(t, protocol.Refuse, protocol.Reason{Code: "not-holder"})
	}
	if lot, ok := auction.Mine().(Lot); !ok || lot.Name != deal.Lot || lot.Price != deal.Price {
		return s.Say(t, protocol.Refuse, protocol.Reason{Code: "other-price"})
	}
	value, err := d.of.Won(t, Purchase{s.At(), s.Peer(), deal.Lot, deal.Price})
	if errors.Is(err, ErrLater) {
		return s.Say(t, protocol.Agree, nil)
	}
	return deliver(t, s, value, err)
}

// closed ends the auction's session with the request that it ended in.
func (d dealer) closed(t *actors.Turn, s *Session, end string) {
	deal, ok := s.Call().(Deal)
	if !ok {
		return
	}
	auction := d.desk.Session(At{deal.Auction, s.Peer()})
	if auction == nil || auction.State() != "AWAIT_DEAL" {
		return
	}
	how := "undealt"
	if end == "[DONE]" {
		how = "dealt"
	}
	_ = auction.Report(t, how) // it is legal: the session awaits the deal
}
