package roles_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// seller auctions one lot to some, and notes what it is told.
func seller(kind string, sale roles.Sale, reserve float64, notes *[]string, to ...string) func() (*roles.Desk, actors.Behavior) {
	return func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		note := func(what string) func(*actors.Turn, roles.Strike) error {
			return func(_ *actors.Turn, s roles.Strike) error {
				*notes = append(*notes, fmt.Sprintf("%s %s %s %v %v", what, s.Lot, s.Buyer, s.Price, s.Sold))
				return nil
			}
		}
		of := roles.Auctioneer{Reserve: func(*actors.Turn, string) float64 { return reserve }, Hammer: note("hammer"), Ended: note("ended")}
		add := roles.AddEnglish
		if kind == "dutch" {
			add = roles.AddDutch
		}
		a := add(d, of)
		return d, does(func(t *actors.Turn) error {
			_, err := a.Open(t, sale, to...)
			return err
		})
	}
}

// bidderUpTo bids up to a price, and pays how it is said: "at once", "not", "later".
func bidderUpTo(limit float64, how string, notes *[]string, name string) func() (*roles.Desk, actors.Behavior) {
	return func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		roles.AddBidder(d, roles.Bidder{
			Bid: func(_ *actors.Turn, _ string, lot roles.Lot) bool { return lot.Price <= limit },
			Won: func(t *actors.Turn, p roles.Purchase) (any, error) {
				*notes = append(*notes, fmt.Sprintf("%s won %s at %v", name, p.Lot, p.Price))
				switch how {
				case "not":
					return nil, errors.New("broke")
				case "later":
					return nil, roles.ErrLater
				}
				return nil, nil
			},
		})
		return d, nil
	}
}

func TestAuctionsEndAsTheBidsSay(t *testing.T) {
	for _, c := range []struct {
		kind    string
		sale    roles.Sale
		reserve float64
		limits  []float64
		how     string
		want    string
	}{
		{"english", roles.Sale{Lot: "vase", Start: 1, Step: 1}, 0, []float64{3, 5, 4}, "at once", "hammer vase b 4 false; b won vase at 4; ended vase b 4 true"},
		{"english", roles.Sale{Lot: "vase", Start: 1, Step: 1}, 0, []float64{3, 7, 4}, "at once", "hammer vase b 4 false; b won vase at 4; ended vase b 4 true"},
		{"english", roles.Sale{Lot: "vase", Start: 1, Step: 1}, 4, []float64{3, 7, 4}, "at once", "hammer vase b 4 false; b won vase at 4; ended vase b 4 true"},
		{"english", roles.Sale{Lot: "vase", Start: 1, Step: 1}, 4.5, []float64{3, 7, 4}, "at once", "ended vase  0 false"},
		{"english", roles.Sale{Lot: "vase", Start: 8, Step: 1}, 0, []float64{3, 7, 4}, "at once", "ended vase  0 false"},
		{"english", roles.Sale{Lot: "vase", Start: 1, Step: 1}, 0, []float64{7}, "at once", "hammer vase a 1 false; a won vase at 1; ended vase a 1 true"},
		{"english", roles.Sale{Lot: "vase", Start: 1, Step: 1}, 0, []float64{3, 7, 4}, "not", "hammer vase b 4 false; b won vase at 4; ended vase b 4 false"},
		{"english", roles.Sale{Lot: "vase", Start: 1, Step: 1}, 0, []float64{3, 7, 4}, "later", "hammer vase b 4 false; b won vase at 4; ended vase b 4 false"},
		{"dutch", roles.Sale{Lot: "vase", Start: 9, Step: 1}, 0, []float64{3, 5.5, 4}, "at once", "hammer vase b 5 false; ended vase b 5 true; b won vase at 5"},
		{"dutch", roles.Sale{Lot: "vase", Start: 9, Step: 1}, 0, []float64{3, 5, 5}, "not", "hammer vase b 5 false; ended vase b 5 true; b won vase at 5"},
		{"dutch", roles.Sale{Lot: "vase", Start: 9, Step: 1}, 5.5, []float64{3, 5, 5}, "at once", "ended vase  0 false"},
		{"dutch", roles.Sale{Lot: "vase", Start: .9, Step: .1}, .3, []float64{.3}, "at once", "hammer vase a 0.3 false; ended vase a 0.3 true; a won vase at 0.3"},
		{"dutch", roles.Sale{Lot: "vase", Start: 9, Step: 1}, 9, []float64{8}, "at once", "ended vase  0 false"},
	} {
		var notes []string
		w := newTown(t)
		names := []string{"a", "b", "c"}[:len(c.limits)]
		w.settle("ann", seller(c.kind, c.sale, c.reserve, &notes, names...))
		for i, limit := range c.limits {
			w.settle(names[i], bidderUpTo(limit, c.how, &notes, names[i]))
		}
		w.give("ann", actors.Started{})
		w.live()
		w.over()
		if got := strings.Join(notes, "; "); got != c.want {
			t.Errorf("%s %+v, limits %v, %s: %s; want %s\n%s", c.kind, c.sale, c.limits, c.how, got, c.want, strings.Join(w.log, "\n"))
		}
	}
}

// Whoever is gone or deaf buys nothing, and holds nothing up.
func TestAuctionsGoOnWithoutWhoIsNotThere(t *testing.T) {
	for _, kind := range []string{"english", "dutch"} {
		for _, who := range []string{"deaf", "gone", "all gone"} {
			var notes []string
			w := newTown(t)
			start := map[string]float64{"english": 1, "dutch": 9}[kind]
			w.settle("ann", seller(kind, roles.Sale{Lot: "vase", Start: start, Step: 1}, 0, &notes, "a", "b", "c"))
			for i, name := range []string{"a", "b", "c"} {
				c := w.settle(name, bidderUpTo(float64(9-2*i), "at once", &notes, name))
				c.deaf, c.gone = name == "a" && who == "deaf", name == "a" && who == "gone" || who == "all gone"
			}
			w.give("ann", actors.Started{})
			w.live()
			w.over()
			price := map[string]string{"english": "5", "dutch": "7"}[kind]
			want := "ended vase b " + price + " true"
			if who == "all gone" {
				want = "ended vase  0 false"
			}
			if n := slices.Index(notes, want); n < 0 || strings.Count(strings.Join(notes, ";"), "ended") != 1 {
				t.Errorf("%s, %s: %v, want %s", kind, who, notes, want)
			}
		}
	}
}

// What an auctioneer may not order is named.
func TestSalesThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		kind          string
		start, step   float64
		reserve       float64
		says, accepts string
	}{
		{"english", 1, 0, 0, "step 0", "the step above 0"}, {"english", 1, -1, 0, "step -1", "the step above 0"},
		{"dutch", 1, .1, 2, "start 1", "at least the reserve, 2"},
	} {
		_, b := seller(c.kind, roles.Sale{Lot: "x", Start: c.start, Step: c.step}, c.reserve, new([]string), "a")()
		err := b.Receive(actors.NewTurn(actors.TurnConfig{Self: "ann", N: 1}), actors.Started{})
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.accepts) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// A deal is for whoever holds the lot, at the price that was bid; nobody else's request to pay is agreed to.
func TestNobodyPaysWhatItHasNotBid(t *testing.T) {
	for _, deal := range []roles.Deal{{"ann/1.0", "vase", 3}, {"ann/1.0", "cup", 2}, {"x", "vase", 2}} {
		var notes []string
		w := newTown(t)
		w.settle("b", bidderUpTo(9, "at once", &notes, "b"))
		w.settle("eve", func() (*roles.Desk, actors.Behavior) {
			d := roles.New(roles.Config{})
			roles.AddClient(d, func(_ *actors.Turn, e roles.Ended[roles.Deal]) error {
				notes = append(notes, e.End+" "+e.Reason.Code)
				return nil
			})
			return d, does(func(t *actors.Turn) error {
				_, err := d.Open(t, "fipa-request", protocol.Request, deal, 0, "b")
				return err
			})
		})
		w.give("eve", actors.Started{})
		w.live()
		w.over()
		if !slices.Equal(notes, []string{"REFUSED not-holder"}) {
			t.Errorf("%+v: %v", deal, notes)
		}
	}
}

// "The price strictly increases; exactly one holder in a round; the price strictly decreases and never falls below the reserve;
// exactly one accept per unit, also with racing proposes": with letters that arrive in any order, and some that are lost.
func TestAuctionsAreRightInAnyOrder(t *testing.T) {
	runs := 80
	if os.Getenv("POLIS_TEST_LONG") != "" {
		runs = 10_000
	}
	bought := 0
	for seed := range uint64(runs) {
		r := rand.New(rand.NewPCG(seed, 1))
		kind := []string{"english", "dutch"}[seed%2]
		reserve := float64(r.IntN(6))
		sale := roles.Sale{Lot: "vase", Start: 1, Step: 1}
		if kind == "dutch" {
			sale.Start = 9
		}
		var notes []string
		w := newTown(t)
		w.rand = r
		if seed%4 > 1 {
			w.lost = func(letter) bool { return r.IntN(20) == 0 }
		}
		last, accepts, round := -1., 0, map[float64]int{}
		names := []string{"a", "b", "c", "d"}
		w.settle("ann", seller(kind, sale, reserve, &notes, names...))
		for _, name := range names {
			w.settle(name, bidderUpTo(float64(r.IntN(10)), "at once", &notes, name))
		}
		seen := 0
		w.said = func(m *protocol.Message) {
			switch m.Act {
			case protocol.CFP:
				lot := m.Content.(roles.Lot)
				if seen++; last >= 0 && lot.Price != last && (lot.Price > last) != (kind == "english") || kind == "dutch" && lot.Price < reserve {
					t.Errorf("seed %d: %s calls %v after %v, reserve %v", seed, kind, lot.Price, last, reserve)
				}
				last = lot.Price
			case protocol.AcceptProposal:
				accepts++
				round[last]++
			}
		}
		w.give("ann", actors.Started{})
		w.live()
		w.over()
		all := strings.Join(notes, ";")
		if strings.Count(all, "ended") != 1 || strings.Count(all, "won") > 1 || kind == "dutch" && accepts > 1 || seen == 0 {
			t.Errorf("seed %d: %s: %v, %d accepts", seed, kind, notes, accepts)
		}
		for price, n := range round {
			if n > 1 {
				t.Errorf("seed %d: %d were accepted at %v", seed, n, price)
			}
		}
		if strings.Contains(all, "won") {
			bought++
		}
	}
	if bought < runs/4 || bought == runs {
		t.Errorf("of %d auctions %d sold something", runs, bought)
	}
}

// cheat sells a vase to b by hand, at 2, and asks for the deal that it likes; early: before the auction is over.
func cheat(lot string, price float64, early bool, notes *[]string) func() (*roles.Desk, actors.Behavior) {
	return func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		deal := func(t *actors.Turn, s *roles.Session) error {
			_, err := d.Open(t, "fipa-request", protocol.Request, roles.Deal{Auction: s.Conversation(), Lot: lot, Price: price}, 0, "b")
			return err
		}
		d.Add(roles.Terms{Protocol: "fipa-auction-english", Role: interaction.Initiator}, roles.PartFunc(func(t *actors.Turn, s *roles.Session, e roles.Event) error {
			if e.Change.To != "BID" {
				return nil
			}
			if err := s.Say(t, protocol.AcceptProposal, nil); err != nil || early {
				return errors.Join(err, deal(t, s))
			}
			return errors.Join(s.Say(t, protocol.Inform, protocol.Note{What: "end"}), deal(t, s))
		}))
		roles.AddClient(d, func(_ *actors.Turn, e roles.Ended[roles.Deal]) error {
			*notes = append(*notes, strings.TrimSpace(e.End+" "+e.Reason.Code))
			return nil
		})
		return d, does(func(t *actors.Turn) error {
			at, err := d.Open(t, "fipa-auction-english", protocol.Inform, roles.Sale{Lot: "vase", Start: 2, Step: 1}, 0, "b")
			if err != nil {
				return err
			}
			return d.Session(roles.At{Conversation: at, Peer: "b"}).Say(t, protocol.CFP, roles.Lot{Name: "vase", Price: 2})
		})
	}
}

// Whoever holds a lot pays what it has bid for it, when the auction is over, and nothing else.
func TestADealIsWhatWasBid(t *testing.T) {
	for _, c := range []struct {
		lot   string
		price float64
		early bool
		want  string
	}{
		{"vase", 2, false, "b won vase at 2;DONE"}, {"vase", 3, false, "REFUSED other-price"}, {"cup", 2, false, "REFUSED other-price"},
		{"vase", 2, true, "REFUSED not-holder"},
	} {
		var notes []string
		w := newTown(t)
		w.settle("b", bidderUpTo(9, "at once", &notes, "b"))
		w.settle("eve", cheat(c.lot, c.price, c.early, &notes))
		w.give("eve", actors.Started{})
		w.deliver()
		if got := strings.Join(notes, ";"); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
		if left := w.agents["b"].desk.Sessions(); !c.early && c.price == 2 && c.lot == "vase" && len(left) > 0 {
			t.Errorf("the auction is paid for, and b still stands in %s", left[0].State())
		}
	}
}

// Of two who bid at once in a Dutch auction the second is told so, and nobody waits for a deadline.
func TestTheSecondBidIsAnswered(t *testing.T) {
	var notes []string
	w := newTown(t)
	w.settle("ann", seller("dutch", roles.Sale{Lot: "vase", Start: 2, Step: 1}, 0, &notes, "a", "b"))
	w.settle("a", bidderUpTo(2, "at once", &notes, "a"))
	w.settle("b", bidderUpTo(2, "at once", &notes, "b"))
	w.give("ann", actors.Started{})
	w.deliver()
	if log := strings.Join(w.log, ";"); !strings.Contains(log, "0s ann>b reject-proposal;0s ann>b inform") || strings.Contains(log, "late") {
		t.Error(log)
	}
	w.over()
}
