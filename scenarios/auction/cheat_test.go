package auction

import (
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// What is seen and done in the world has its name from here, whichever test is the first.
func init() { Define(Laws{}) }

// run plays a society in which somebody does not keep to the rules.
func run(t *testing.T, s polis.Society) (*polis.Report, *House) {
	t.Helper()
	rep, err := polis.Run(t.Context(), s, polis.Config{Seed: 6})
	if err != nil {
		t.Fatal(err)
	}
	return rep, rep.World.(*House)
}

// An auctioneer that asks for more than the second highest bid is found out by the bids that it had to show; such a lot is not
// paid for, and withdrawn at once.
func TestAnAuctioneerCannotInventABid(t *testing.T) {
	s := build(t, "kind=vickrey bidders=2 units=20")
	names := []string{s.Agents[1].Name, s.Agents[2].Name}
	s.Agents[0].Behavior = func() actors.Behavior {
		return newAuctioneer(&settings{kind: vickrey, reserve: .5}, names)
	}
	rep, h := run(t, s)
	asked := 0
	for i, l := range h.Lots {
		fair := l.Next >= .5
		if l.Best >= .5 && !fair {
			asked++
		}
		if (l.Buyer != "") != fair || fair && l.Price != l.Next {
			t.Errorf("lot %d: %+v", i, l)
		}
	}
	if asked == 0 || rep.Said["failure"] != asked || h.Rounds > 200 || len(h.Lots) != 20 {
		t.Errorf("%d times too much was asked for; said %v, %d lots in %d rounds", asked, rep.Said, len(h.Lots), h.Rounds)
	}
}

// A bid below the reserve, and one for something else, are not accepted.
func TestBidsThatDoNotCount(t *testing.T) {
	low := func() actors.Behavior {
		return newBidder(&settings{kind: firstPrice}, func(v float64, _ int, _ *settings) float64 { return v / 2 })
	}
	astray := func() actors.Behavior {
		d := newDesk()
		d.Add(roles.Terms{Protocol: sealedToken, Role: interaction.Participant}, roles.PartFunc(func(t *actors.Turn, s *roles.Session, e roles.Event) error {
			if e.Message == nil || e.Message.Act != protocol.CFP {
				return nil
			}
			return s.Say(t, protocol.Propose, Bid{"the auctioneer's watch", 9})
		}))
		return d.Beside(idle{})
	}
	for name, b := range map[string]func() actors.Behavior{"low": low, "astray": astray} {
		s := build(t, "kind=first-price bidders=1 units=3 reserve=0.6")
		s.Agents[1].Behavior = b
		rep, h := run(t, s)
		if rep.Said["propose"] != 3 || rep.Said["reject-proposal"] != 3 || rep.Said["accept-proposal"] != 0 || h.metrics()[Trades] != 0 || len(h.Lots) != 3 {
			t.Errorf("%s: said %v, %+v", name, rep.Said, h.Lots)
		}
	}
}

// idle passes.
type idle struct{}

func (idle) Receive(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Percept); ok {
		t.Pass()
	}
	return nil
}

func (idle) Stateless() {}

// What is bought and not paid for is withdrawn: in an English auction when the deal's time is over, in a Dutch one, where nobody
// promises to say so, after a hundred rounds.
func TestWhoDoesNotPayHasNothing(t *testing.T) {
	for kind, most := range map[string]int{english: 90, dutch: 130} {
		s := build(t, "kind="+kind+" bidders=1 units=1")
		s.Agents[1].Behavior = func() actors.Behavior {
			d := newDesk()
			roles.AddBidder(d, roles.Bidder{
				Bid: func(*actors.Turn, string, roles.Lot) bool { return true },
				Won: func(*actors.Turn, roles.Purchase) (any, error) { return nil, roles.ErrLater },
			})
			return d.Beside(idle{})
		}
		rep, h := run(t, s)
		if len(h.Lots) != 1 || h.Lots[0].Buyer != "" || rep.Said["accept-proposal"] != 1 || h.Rounds > most {
			t.Errorf("%s: %+v after %d rounds, said %v", kind, h.Lots, h.Rounds, rep.Said)
		}
	}
}

// The auctioneer does one thing in the world at a time, withdraws what it could not award, and sells nothing twice.
func TestWhatTheAuctioneerDoesInTheWorld(t *testing.T) {
	opened := 0
	a := &auctioneer{settings: &settings{}, open: func(*actors.Turn, string) error { opened++; return nil },
		Lot: 1, Assign: &Assign{Lot: 0, To: "ada", Price: .5}}
	p := actorstest.New(t, a, actorstest.Config{Self: auctioneerName})
	percept := actors.Percept{Round: 9, View: View{Units: 3}}
	for i, step := range []struct {
		event any
		acts  any
	}{
		{percept, Assign{Lot: 0, To: "ada", Price: .5}}, {percept, nil}, {environment.Outcome{Action: "pass"}, nil}, {percept, nil},
		{environment.Outcome{Action: "assign", Reason: "already-acted"}, nil}, {percept, Assign{Lot: 0, To: "ada", Price: .5}}, {percept, nil},
		{environment.Outcome{Action: "assign", Reason: "no-bidder"}, nil}, {percept, Withdraw{0}}, {percept, nil},
		{environment.Outcome{Action: "withdraw", Reason: "phase-closed"}, nil}, {percept, Withdraw{0}}, {percept, nil},
		{environment.Outcome{Action: "withdraw"}, nil}, {percept, nil},
	} {
		var acts any
		for _, e := range p.Give(step.event) {
			switch e.Value.(type) {
			case Assign, Withdraw:
				acts = e.Value
			}
		}
		if acts != step.acts || opened > 0 {
			t.Errorf("step %d: does %v, want %v; %d auctions opened", i, acts, step.acts, opened)
		}
	}
	if p.Give(actors.Percept{Round: 10, View: View{Units: 3, Lot: 1}}); opened != 1 || a.Lot != 2 {
		t.Errorf("%d opened, %+v", opened, a)
	}
}

// A bidder pays once, and tries again while the world does not know yet that the lot is its own.
func TestABidderPaysOnce(t *testing.T) {
	b := &bidder{settings: &settings{}, bids: truthful, desk: newDesk(), Bill: &bill{Lot: 2, Price: .5}}
	p := actorstest.New(t, b.desk.Beside(b), actorstest.Config{Self: "ada"})
	percept := actors.Percept{Round: 9, View: View{Lot: 2, Values: []float64{.5, .1}}}
	for i, step := range []struct {
		event any
		pays  bool
	}{
		{percept, true}, {percept, false}, {environment.Outcome{Action: "pass"}, false}, {percept, false},
		{environment.Outcome{Action: "pay", Reason: "not-awarded"}, false}, {percept, true}, {environment.Outcome{Action: "pay", Reason: "already-acted"}, false}, {percept, true}, {environment.Outcome{Action: "pay"}, false}, {percept, false},
	} {
		pays := false
		for _, e := range p.Give(step.event) {
			_, is := e.Value.(Pay)
			pays = pays || is
		}
		if pays != step.pays {
			t.Errorf("step %d: pays %v, want %v", i, pays, step.pays)
		}
	}
	for lot, want := range map[string]bool{"1": false, "2": true, "3": false, "4": false, "x": false} { // at .5: worth .5, the next .1
		if got := b.buys(nil, "ann", roles.Lot{Name: lot, Price: .5}); got != want {
			t.Errorf("lot %s at 0.5: %v", lot, got)
		}
	}
	b.Bill = &bill{}
	if _, err := b.won(nil, roles.Purchase{}); err == nil {
		t.Error("it has two bills")
	}
}
