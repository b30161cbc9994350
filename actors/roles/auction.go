package roles

import (
	"math"
	"slices"
	"strconv"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

const (
	english = "fipa-auction-english"
	dutch   = "fipa-auction-dutch"
)

// Sale is what an auction is announced with. The n-th price, from 0, is Start + n·Step in an English auction and Start - n·Step
// in a Dutch one, to nine decimals.
type Sale struct {
	Lot   string  `json:"lot"`
	Start float64 `json:"start"`
	Step  float64 `json:"step"` // above 0
}

// Kind is "start".
func (Sale) Kind() string { return "start" }

// Lot is what is called at one price, and what a bid says again.
type Lot struct {
	Name  string  `json:"lot"`
	Price float64 `json:"price"`
	Round int     `json:"round"` // from 0
}

// Deal is what the holder of an English auction is requested to do: to take what it has bid for, and pay.
type Deal struct {
	Auction string  `json:"auction"` // the conversation
	Lot     string  `json:"lot"`
	Price   float64 `json:"price"`
}

// Strike is how an auction went.
type Strike struct {
	Conversation string
	Lot          string
	Buyer        string  // "": nobody has bought it
	Price        float64 // that the buyer pays
	Sold         bool    // the deal is done; in a Dutch auction: somebody has bid
}

// Auctioneer sells by fipa-auction-english or fipa-auction-dutch.
type Auctioneer struct {
	// Reserve is the price below which nothing is sold; nobody else learns it. nil: 0.
	Reserve func(t *actors.Turn, lot string) float64
	// Hammer is told who has bought, before that one is requested to complete the deal; nil: nobody is.
	Hammer func(t *actors.Turn, s Strike) error
	// Ended is told once how an auction ended; nil: nobody is. A Dutch one ends with the bid.
	Ended func(t *actors.Turn, s Strike) error
}

// Auction opens auctions of one kind.
type Auction struct {
	desk  *Desk
	token string
	sign  float64
	of    Auctioneer
}

// auction is where one stands. It is kept as what its conversation is about.
type auction struct {
	Sale
	Round  int     // from 1; 0: no price has been called
	Price  float64 // of the round
	First  string  // who was the first to bid in it
	Holder string  // English: who was accepted last, and at which price
	Held   float64
	Closed bool // nobody bids any more
	Told   bool // the agent was told how it ended
}

func init() {
	actors.Payload[Sale]("roles.Sale")
	actors.Payload[Lot]("roles.Lot")
	actors.Payload[Deal]("roles.Deal")
	actors.Payload[auction]("roles.auction")
}

// AddEnglish lets the agent sell at a price that rises as long as somebody bids. Of those who bid in a round the first to
// arrive holds it.
func AddEnglish(d *Desk, of Auctioneer) *Auction {
	a := addAuction(d, english, 1, of)
	d.Add(Terms{Protocol: request, Role: interaction.Initiator, About: nameOf(Deal{})}, PartFunc(a.settled))
	return a
}

// AddDutch lets the agent sell at a price that falls until somebody bids. The first to arrive has bought.
func AddDutch(d *Desk, of Auctioneer) *Auction { return addAuction(d, dutch, -1, of) }

func addAuction(d *Desk, token string, sign float64, of Auctioneer) *Auction {
	a := &Auction{d, token, sign, of}
	d.Add(Terms{Protocol: token, Role: interaction.Initiator, About: nameOf(Sale{})}, PartFunc(a.take))
	return a
}

// Open announces an auction and calls the first price. It gives the conversation.
func (a *Auction) Open(t *actors.Turn, sale Sale, to ...string) (conversation string, err error) {
	if err := a.check(t, sale); err != nil {
		return "", err
	}
	if conversation, err = a.desk.Open(t, a.token, protocol.Inform, sale, 0, to...); err != nil {
		return "", err
	}
	k := a.desk.begun(conversation)
	k.call = auction{Sale: sale}
	return conversation, a.call(t, k)
}

func (a *Auction) check(t *actors.Turn, sale Sale) error {
	switch reserve := a.reserve(t, sale.Lot); {
	case !(sale.Step > 0) || math.IsInf(sale.Step, 0) || math.IsNaN(sale.Start) || math.IsInf(sale.Start, 0):
		return wrongSale("start "+text(sale.Start)+", step "+text(sale.Step), "numbers, the step above 0")
	case a.sign < 0 && sale.Start < reserve:
		return wrongSale("start "+text(sale.Start), "at least the reserve, "+text(reserve))
	}
	return nil
}

func (a *Auction) reserve(t *actors.Turn, lot string) float64 {
	if a.of.Reserve == nil {
		return 0
	}
	return a.of.Reserve(t, lot)
}

// priceOf is the n-th price. Without rounding, the last above a reserve might be just below it.
func (a *Auction) priceOf(s Sale, n int) float64 {
	return math.Round((s.Start+a.sign*float64(n)*s.Step)*1e9) / 1e9
}

// call calls the next price to all who are there.
func (a *Auction) call(t *actors.Turn, k *talk) error {
	at := k.call.(auction)
	lot := Lot{at.Lot, a.priceOf(at.Sale, at.Round), at.Round}
	at.Round, at.Price, at.First = at.Round+1, lot.Price, ""
	k.call = at
	return toAll(t, k, protocol.CFP, lot)
}

// toAll says the same to all who are there.
func toAll(t *actors.Turn, k *talk, act protocol.Act, content any) error {
	for _, s := range slices.Clone(k.sessions) {
		if err := s.Say(t, act, content); err != nil {
			return err
		}
	}
	return nil
}

// take goes on when somebody has bid, or nobody can any more.
func (a *Auction) take(t *actors.Turn, s *Session, e Event) error {
	k := s.talk
	at, ok := k.call.(auction)
	switch {
	case !ok:
		return nil
	case at.Closed && a.sign < 0:
		return a.clear(t, k)
	case at.Closed:
		return a.closed(t, k, s, e)
	}
	if e.Message != nil && e.Message.Act == protocol.Propose && e.Change.To == "BID" && at.First == "" {
		at.First = s.peer
		k.call = at
		if a.sign < 0 {
			return a.sold(t, k, s)
		}
	}
	open := 0
	for _, o := range k.sessions {
		switch o.State() {
		case "CALLED":
			return nil
		case "BID", "OUT", "HOLDER", "HOLDING":
			open++
		}
	}
	if open == 0 {
		return a.tell(t, k, Strike{})
	}
	if a.sign < 0 {
		return a.fall(t, k)
	}
	return a.rise(t, k)
}

// tell tells the agent how it ended.
func (a *Auction) tell(t *actors.Turn, k *talk, s Strike) error {
	at := k.call.(auction)
	at.Closed, at.Told = true, true
	k.call = at
	s.Conversation, s.Lot = k.id.Conversation, at.Lot
	if a.of.Ended == nil {
		return nil
	}
	return a.of.Ended(t, s)
}

// hammer tells the agent who has bought.
func (a *Auction) hammer(t *actors.Turn, k *talk, buyer string, price float64) error {
	at := k.call.(auction)
	at.Closed = true
	k.call = at
	if a.of.Hammer == nil {
		return nil
	}
	return a.of.Hammer(t, Strike{Conversation: k.id.Conversation, Lot: at.Lot, Buyer: buyer, Price: price})
}

func text(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
