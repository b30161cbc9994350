package auction

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/environment"
)

// auctioneer sells the lots, in order, each by an auction of its own. What it decides it does in the world too.
type auctioneer struct {
	*settings
	names    []string // the bidders
	open     func(t *actors.Turn, lot string) error
	Lot      int       // the next to be sold
	Busy     bool      // an auction goes on
	Assign   *Assign   // to be done in the world, before what follows
	Withdraw *Withdraw // likewise
	Tried    bool      // the world has not answered yet
}

func newAuctioneer(s *settings, names []string) actors.Behavior {
	desk := newDesk()
	a := &auctioneer{settings: s, names: names}
	switch s.kind {
	case english, dutch:
		of := roles.Auctioneer{Reserve: func(*actors.Turn, string) float64 { return s.reserve }, Hammer: a.hammer, Ended: a.ended}
		add, sale := roles.AddEnglish, roles.Sale{Start: s.start(), Step: s.step}
		if s.kind == dutch {
			add, sale.Start = roles.AddDutch, dearest
		}
		auction := add(desk, of)
		a.open = func(t *actors.Turn, lot string) error {
			sale.Lot = lot
			_, err := auction.Open(t, sale, names...)
			return err
		}
	default:
		a.open = addSealed(desk, s, a)
	}
	return desk.Beside(a)
}

// dearest is the first price of a Dutch auction: no lot is worth more to anybody.
const dearest = 1

// start is the first price of an English auction: the least one that is sold at.
func (s *settings) start() float64 { return s.reserve }

// hammer is told who has bought: the world is to know it before that one pays.
func (a *auctioneer) hammer(_ *actors.Turn, s roles.Strike) error {
	a.Assign = &Assign{Lot: numberOf(s.Lot), To: s.Buyer, Price: s.Price}
	return nil
}

// ended is told how an auction ended. A lot that is not sold, or not paid for, is withdrawn.
func (a *auctioneer) ended(_ *actors.Turn, s roles.Strike) error {
	a.Busy = false
	if !s.Sold {
		a.Withdraw = &Withdraw{Lot: numberOf(s.Lot)}
	}
	return nil
}

// numberOf reads the name of a lot; -1: there is none of that name.
func numberOf(lot string) int {
	n, err := strconv.Atoi(lot)
	if err != nil {
		return -1
	}
	return n
}

// patient is for how many rounds a lot may be awarded and not paid for.
const patient = 100

// Receive sells what is on sale.
func (a *auctioneer) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		return a.look(t, e)
	case actors.Outcome:
		switch again := untimely(e.Reason); e.Action {
		case "assign":
			if again {
				a.Tried = false
				return nil
			}
			if e.Reason != "" { // the one it was awarded to is gone
				a.Withdraw = &Withdraw{Lot: a.Assign.Lot}
			}
			a.Assign, a.Tried = nil, false
		case "withdraw":
			if again {
				a.Tried = false
				return nil
			}
			a.Withdraw, a.Tried = nil, false
		}
	}
	return nil
}

// untimely says that an action was refused for its moment alone, and is to be tried again: where time passes for each by
// itself, two decisions can fall into one phase.
func untimely(reason string) bool {
	return reason == environment.ReasonAlreadyActed || reason == environment.ReasonPhaseClosed
}

func (a *auctioneer) look(t *actors.Turn, p actors.Percept) error {
	view := p.View.(View)
	if view.Awarded > patient && a.Assign == nil && a.Withdraw == nil {
		a.Withdraw = &Withdraw{Lot: view.Lot}
	}
	switch {
	case a.Tried:
		t.Pass()
		return nil
	case a.Assign != nil:
		a.Tried = true
		t.Act(*a.Assign)
		return nil
	case a.Withdraw != nil:
		a.Tried = true
		t.Act(*a.Withdraw)
		return nil
	}
	t.Pass()
	if a.Busy || view.Lot < a.Lot || view.Lot >= view.Units || p.Round == 1 { // what lots are worth is known from the second round on
		return nil
	}
	a.Lot, a.Busy = view.Lot+1, true
	return a.open(t, strconv.Itoa(view.Lot))
}

// Snapshot is the auctioneer's memory.
func (a *auctioneer) Snapshot() ([]byte, error) { return json.Marshal(a) }

// Restore gives it back.
func (a *auctioneer) Restore(state []byte) error { return json.Unmarshal(state, a) }

// highest are bids with the highest first; of equal ones the first by name of the bidder.
func highest(bids []sealed) []sealed {
	slices.SortStableFunc(bids, func(a, b sealed) int {
		switch {
		case a.price > b.price:
			return -1
		case a.price < b.price:
			return 1
		}
		return strings.Compare(a.from.Peer(), b.from.Peer())
	})
	return bids
}
