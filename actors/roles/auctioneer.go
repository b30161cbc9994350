package roles

import (
	"fmt"
	"slices"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// sold ends a Dutch auction: the first has bought.
func (a *Auction) sold(t *actors.Turn, k *talk, s *Session) error {
	at := k.call.(auction)
	if err := s.Say(t, protocol.AcceptProposal, nil); err != nil {
		return err
	}
	if err := a.hammer(t, k, s.peer, at.Price); err != nil {
		return err
	}
	if err := a.tell(t, k, Strike{Buyer: s.peer, Price: at.Price, Sold: true}); err != nil {
		return err
	}
	return a.clear(t, k)
}

// clear tells those who have not bought that it is over, each once it can bid no more: a bid that is on its way is answered,
// and does not meet a closed door.
func (a *Auction) clear(t *actors.Turn, k *talk) error {
	for _, s := range slices.Clone(k.sessions) {
		if s.State() == "BID" {
			if err := s.Say(t, protocol.RejectProposal, protocol.Reason{Code: "not-first"}); err != nil {
				return err
			}
		}
		if s.State() == "OUT" {
			if err := s.Say(t, protocol.Inform, protocol.Note{What: "end"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// fall calls a lower price, or ends the auction where that would be below the reserve.
func (a *Auction) fall(t *actors.Turn, k *talk) error {
	at := k.call.(auction)
	if a.priceOf(at.Sale, at.Round) >= a.reserve(t, at.Lot) && mayCall(t, k) {
		return a.call(t, k)
	}
	if err := toAll(t, k, protocol.Inform, protocol.Note{What: "no-bids"}); err != nil {
		return err
	}
	return a.tell(t, k, Strike{})
}

// rise lets the first who has bid hold the lot and calls a higher price, or ends the auction where nobody has bid.
func (a *Auction) rise(t *actors.Turn, k *talk) error {
	at := k.call.(auction)
	if at.First != "" {
		at.Holder, at.Held = at.First, at.Price
		k.call = at
		for _, s := range slices.Clone(k.sessions) {
			if s.State() != "BID" {
				continue
			}
			var err error
			if s.peer == at.First {
				err = s.Say(t, protocol.AcceptProposal, nil)
			} else {
				err = s.Say(t, protocol.RejectProposal, protocol.Reason{Code: "not-first"})
			}
			if err != nil {
				return err
			}
		}
		if len(k.sessions) > 1 && mayCall(t, k) { // else there is nobody to bid more
			return a.call(t, k)
		}
	}
	return a.close(t, k)
}

// mayCall says whether there may be another round.
func mayCall(t *actors.Turn, k *talk) bool {
	return !slices.ContainsFunc(k.sessions, func(s *Session) bool {
		return !slices.ContainsFunc(s.Legal(t), func(l interaction.Label) bool { return l.Act == protocol.CFP })
	})
}

// close ends an English auction: who holds the lot is requested to take it.
func (a *Auction) close(t *actors.Turn, k *talk) error {
	at := k.call.(auction)
	if err := toAll(t, k, protocol.Inform, protocol.Note{What: "end"}); err != nil {
		return err
	}
	i := slices.IndexFunc(k.sessions, func(s *Session) bool { return s.State() == "DEAL" })
	switch {
	case i < 0: // nobody holds it, or who did is gone
		return a.tell(t, k, Strike{})
	case at.Held < a.reserve(t, at.Lot) || k.sessions[i].peer != at.Holder:
		at.Closed, at.Holder = true, k.sessions[i].peer
		k.call = at
		return k.sessions[i].Report(t, "undealt")
	}
	if err := a.hammer(t, k, at.Holder, at.Held); err != nil {
		return err
	}
	_, err := a.desk.Open(t, request, protocol.Request, Deal{k.id.Conversation, at.Lot, at.Held}, 0, at.Holder)
	return err
}

// closed is told how the session of the one who has bought ended.
func (a *Auction) closed(t *actors.Turn, k *talk, s *Session, e Event) error {
	at := k.call.(auction)
	switch {
	case at.Told || !e.Change.Final || s.peer != at.Holder:
		return nil
	case e.Change.To == "[SOLD]":
		return a.tell(t, k, Strike{Buyer: at.Holder, Price: at.Held, Sold: true})
	case at.Held < a.reserve(t, at.Lot):
		return a.tell(t, k, Strike{})
	}
	return a.tell(t, k, Strike{Buyer: at.Holder, Price: at.Held})
}

// settled is told how the request ended that completes a deal.
func (a *Auction) settled(t *actors.Turn, s *Session, e Event) error {
	deal, ok := s.Call().(Deal)
	if !ok || !e.Change.Final {
		return nil
	}
	auction := a.desk.Session(At{deal.Auction, s.peer})
	if auction == nil || auction.State() != "DEAL" { // too late
		return nil
	}
	return auction.Report(t, map[bool]string{true: "dealt", false: "undealt"}[e.Change.To == "[DONE]"])
}

func wrongSale(is, accepted string) error {
	return fmt.Errorf("roles: sale with %s; accepted are %s", is, accepted)
}
