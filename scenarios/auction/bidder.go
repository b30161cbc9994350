package auction

import (
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

const (
	sealing = 3 * time.Second // for sealed bids: time for one phase to ask in and one to answer in
	asking  = 2 * time.Second // likewise, for bids at a price that was called: who does not bid is silent, and all wait for it
)

// library is the protocols: those of FIPA, with waits as they are among people who answer in the phase in which they are
// asked, and the two that are written here.
var library, errLibrary = func() (*monitor.Library, error) {
	own, err := Protocols()
	if err != nil {
		return nil, err
	}
	return roles.Library(map[string]time.Duration{interaction.Reply: asking}, own...)
}()

func newDesk() *roles.Desk {
	if errLibrary != nil {
		panic(errLibrary) // the protocols are part of the program
	}
	return roles.New(roles.Config{Library: library})
}

// policy is what a bidder bids at most for what is worth so much to it, against so many others.
type policy func(value float64, others int, s *settings) float64

// bidder knows what the lot on sale is worth to it, and what the next is: which it is, the call says.
type bidder struct {
	*settings
	bids  policy
	desk  *roles.Desk
	View  View
	Mine  float64   // the sealed bid
	Shown []float64 // the bids that were opened, the highest first
	Bill  *bill     // to be paid
	Tried bool      // the world has not answered yet
}

// bill is what was bought and is not paid for.
type bill struct {
	At    roles.At
	Lot   int
	Price float64
}

func newBidder(s *settings, bids policy) actors.Behavior {
	b := &bidder{settings: s, bids: bids, desk: newDesk()}
	roles.AddBidder(b.desk, roles.Bidder{Bid: b.buys, Won: b.won})
	for _, token := range []string{sealedToken, vickreyToken} {
		b.desk.Add(roles.Terms{Protocol: token, Role: interaction.Participant}, buyer{b})
	}
	return b.desk.Beside(b)
}

// equilibrium is what is best against others who do the same: the value where one pays what the second highest bids, else as
// much of it as the highest of the others is worth on average to them when all are below it (Vickrey 1961; Riley and Samuelson 1981):
// v(n-1)/n without a reserve.
func equilibrium(value float64, others int, s *settings) float64 {
	if s.kind == english || s.kind == vickrey || value < s.reserve || value == 0 {
		return value
	}
	n := float64(others + 1)
	return ((n-1)*value + s.reserve*math.Pow(s.reserve/value, n-1)) / n
}

func truthful(value float64, _ int, _ *settings) float64 { return value }

// rivals is how many others bid.
func (b *bidder) rivals() int { return max(b.View.Bidders-1, 0) }

// valueOf is what a lot is worth to it; false: it does not know.
func (b *bidder) valueOf(lot string) (float64, bool) {
	i := numberOf(lot) - b.View.Lot
	if i < 0 || i >= len(b.View.Values) {
		return 0, false
	}
	return b.View.Values[i], true
}

// buys says whether it buys at the price that was called.
func (b *bidder) buys(_ *actors.Turn, _ string, lot roles.Lot) bool {
	value, known := b.valueOf(lot.Name)
	return known && lot.Price <= b.bids(value, b.rivals(), b.settings)
}

// won takes what it has bought: it pays in the world.
func (b *bidder) won(_ *actors.Turn, p roles.Purchase) (any, error) {
	if b.Bill != nil {
		return nil, errors.New("another bill is open")
	}
	b.Bill = &bill{p.At, numberOf(p.Lot), p.Price}
	return nil, roles.ErrLater
}

// Receive pays.
func (b *bidder) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		b.View = e.View.(View)
		if b.Bill == nil || b.Tried {
			t.Pass()
			return nil
		}
		b.Tried = true
		t.Act(Pay{b.Bill.Lot, b.Bill.Price})
	case actors.Outcome:
		due := b.Bill
		if e.Action != "pay" || due == nil {
			return nil
		}
		b.Tried = false
		if e.Reason == notAwarded || untimely(e.Reason) { // the world will know it soon
			return nil
		}
		b.Bill = nil
		if e.Reason != "" {
			return b.desk.Failed(t, due.At, errors.New(e.Reason))
		}
		return b.desk.Done(t, due.At, nil)
	}
	return nil
}

// Snapshot is the bidder's memory.
func (b *bidder) Snapshot() ([]byte, error) { return json.Marshal(b) }

// Restore gives it back.
func (b *bidder) Restore(state []byte) error { return json.Unmarshal(state, b) }
