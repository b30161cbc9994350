package auction

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/environment/environmenttest"
	"github.com/polis-agents/polis/protocol"
)

func TestHouseIsAsTheContractOfWorldsSays(t *testing.T) {
	for _, seller := range []string{"nobody", "ada"} {
		environmenttest.Check(t, Define(Laws{Units: 5, Reserve: .1, Auctioneer: seller}), environmenttest.Config{Rounds: 300})
	}
}

// Only the auctioneer awards and withdraws, only who was awarded the lot pays, and only the price that was awarded.
func TestTheWorldChecksWhoPays(t *testing.T) {
	h := NewHouse(Laws{Units: 2, Reserve: .2, Auctioneer: "ann"})
	for _, name := range []string{"ann", "bob", "cy", "dee"} {
		h.Enter(name)
	}
	refused := func(what string, err error, want string) {
		t.Helper()
		var r interface{ Reason() string }
		if !errors.As(err, &r) || r.Reason() != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	_, err := h.Assign("ann", Assign{0, "bob", .5})
	refused("before values are drawn", err, "no-bidder")
	h.Tick("", rand.New(rand.NewPCG(1, 1)))
	h.Guests[0].Values[0], h.Guests[1].Values[0], h.Guests[2].Values[0] = .9, .4, .6
	next := h.Guests[0].Values[1]
	for who, want := range map[string]string{"bob": "not-auctioneer", "eve": "not-auctioneer"} {
		_, err := h.Assign(who, Assign{0, "bob", .5})
		refused("assign by "+who, err, want)
		_, err = h.Withdraw(who, Withdraw{0})
		refused("withdraw by "+who, err, want)
	}
	for want, a := range map[string]Assign{"not-on-sale": {1, "bob", .5}, "no-bidder": {0, "ann", .5}, "below-reserve": {0, "bob", .1}} {
		_, err := h.Assign("ann", a)
		refused(fmt.Sprint(a), err, want)
	}
	h.Leave("dee")
	_, err = h.Assign("ann", Assign{0, "dee", .5})
	refused("to who is gone", err, "no-bidder")
	_, err = h.Pay("bob", Pay{0, .5})
	refused("pay before the award", err, "not-awarded")
	if _, err := h.Assign("ann", Assign{0, "bob", .5}); err != nil {
		t.Fatal(err)
	}
	_, err = h.Assign("ann", Assign{0, "cy", .6})
	refused("a second award", err, "awarded")
	for want, p := range map[string]struct {
		who string
		Pay
	}{"not-winner": {"cy", Pay{0, .5}}, "other-price": {"bob", Pay{0, .4}}, "not-on-sale": {"bob", Pay{1, .5}}, "stranger": {"eve", Pay{0, .5}}} {
		_, err := h.Pay(p.who, p.Pay)
		refused(fmt.Sprint(p), err, want)
	}
	if len(h.Lots) != 0 || h.Guests[0].Won != 0 {
		t.Errorf("%+v", h)
	}
	if _, err := h.Pay("bob", Pay{0, .5}); err != nil {
		t.Fatal(err)
	}
	if want := (Lot{"bob", .5, .9, .9, .4}); h.Lots[0] != want { // dee, who is gone, does not count
		t.Errorf("%+v, want %+v", h.Lots[0], want)
	}
	if g := h.Guests[0]; g.Won != 1 || g.Paid != .5 || g.Gained != .9-.5 || g.Values[0] != next {
		t.Errorf("%+v", g)
	}
	_, err = h.Pay("bob", Pay{0, .5})
	refused("pay twice", err, "not-on-sale")
	if _, err := h.Withdraw("ann", Withdraw{1}); err != nil || h.Lots[1].Buyer != "" {
		t.Errorf("%v, %+v", err, h.Lots)
	}
	_, err = h.Withdraw("ann", Withdraw{2})
	refused("withdraw what there is not", err, "not-on-sale")
	if m := h.metrics(); m[Revenue] != .25 || m[Trades] != 1 {
		t.Errorf("%v", m)
	}
}

// What the auctioneer and the bidders do follows from what they are told, whenever they begin another life.
func TestAgentsKeepToTheContractOfBehaviors(t *testing.T) {
	for _, kind := range kindsOfLots {
		s := build(t, "kind="+kind+" bidders=2")
		own := map[string][]any{}
		_, err := polis.Run(t.Context(), s, polis.Config{Seed: 2, Rounds: 30, Observe: func(event any) {
			if said, ok := event.(actors.Said); ok {
				for _, to := range said.Message.Receivers {
					own[to] = append(own[to], said.Message)
				}
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range s.Agents[1:] {
			events := []any{actors.Started{}, actors.Percept{Round: 2, View: View{Units: 10, Bidders: 2, Values: []float64{.9, .1}}}}
			events = append(events, own[a.Name][:min(6, len(own[a.Name]))]...)
			events = append(events, actors.Percept{Round: 3, View: View{Units: 10, Bidders: 2, Values: []float64{.9, .1}}})
			actorstest.Config{Self: a.Name}.Check(t, a.Behavior, events...)
		}
		actorstest.Config{Self: auctioneerName}.Check(t, s.Agents[0].Behavior, actors.Started{},
			actors.Percept{Round: 1, View: View{Units: 2, Bidders: 2}}, actors.Percept{Round: 2, View: View{Units: 2, Bidders: 2}},
			actors.Percept{Round: 3, View: View{Units: 2, Bidders: 2, Awarded: 101}}, environment.Outcome{Action: "withdraw"},
			actors.Percept{Round: 4, View: View{Units: 2, Lot: 1, Bidders: 2}})
	}
}

// A bidder pays what the rules say and nothing else, whatever the auctioneer writes.
func TestBiddersPayByTheRules(t *testing.T) {
	for _, c := range []struct {
		kind  string
		shown []float64
		price float64
		fair  bool
	}{
		{firstPrice, nil, .6, true}, {firstPrice, nil, .61, false}, {firstPrice, nil, .5, false},
		{vickrey, []float64{.6, .4}, .4, true}, {vickrey, []float64{.6, .4}, .6, false}, {vickrey, []float64{.6, .4}, .41, false},
		{vickrey, []float64{.6, .1}, .2, true}, {vickrey, []float64{.6}, .2, true}, {vickrey, []float64{.7, .6}, .6, false}, {vickrey, nil, .2, false},
	} {
		s := &settings{kind: c.kind, reserve: .2}
		if got := (buyer{&bidder{settings: s, Mine: .6, Shown: c.shown}}).fair(c.price); got != c.fair {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestBadSettingsNameWhatIsAccepted(t *testing.T) {
	for set, accepted := range map[string]string{
		"kind=silent": "english, dutch, vickrey, first-price, double", "bidders=0": "1 to 100", "bidders=101": "1 to 100", "units=0": "1 to 10000",
		"reserve=2": "0 to 1", "reserve=NaN": "0 to 1", "reserve=-0.1": "0 to 1", "step=0": "0.01 to 1", "step=x": "0.01 to 1",
		"colour=red": "kind, bidders, units, reserve, step, traders, low, high", "traders=zi": "zi-c, zi-u", "low=0": "1 to 200", "high=201": "to 200", "high=49": "from 50",
	} {
		name, value, _ := strings.Cut(set, "=")
		_, err := Build(polis.Order{Settings: map[string]string{name: value}})
		if err == nil || !strings.Contains(err.Error(), accepted) || !strings.Contains(err.Error(), value) && !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", set, err)
		}
	}
	for _, c := range []struct{ minds, accepted string }{
		{"2*rational", "accepted are 1 and 1 to 100"}, {"1*auctioneer", "accepted are 1 and"}, {"1*auctioneer 1*share:0", "from 1 to 200"},
		{"1*auctioneer 1*rational:3", "accepted is rational"}, {"1*auctioneer 1*greedy", "accepted with this kind are auctioneer, rational, truthful, share:P"},
	} {
		minds, err := polis.ParseMinds(strings.Fields(c.minds), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Build(polis.Order{Minds: minds}); err == nil || !strings.Contains(err.Error(), c.accepted) {
			t.Errorf("%s: %v", c.minds, err)
		}
	}
	for _, c := range []struct {
		minds, set, accepted string
	}{
		{"2*rational", "bidders=1", "accepted are zi-c and zi-u"}, {"3*zi-c", "units=1", "an even number up to 200"}, {"202*zi-c", "units=1", "up to 200"},
		{"2*zi-c:1", "units=1", "accepted are zi-c"}, {"4*zi-c", "bidders=3", "accepted is 2, half"}, {"2*zi-c", "units=101", "1 to 100 with kind=double"},
	} {
		minds, err := polis.ParseMinds(strings.Fields(c.minds), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		name, value, _ := strings.Cut(c.set, "=")
		if _, err := Build(polis.Order{Minds: minds, Settings: map[string]string{"kind": double, name: value}}); err == nil || !strings.Contains(err.Error(), c.accepted) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	minds, _ := polis.ParseMinds([]string{"1*auctioneer", "2*rational"}, 0, 1)
	if _, err := Build(polis.Order{Minds: minds, Settings: map[string]string{"bidders": "3"}}); err == nil || !strings.Contains(err.Error(), "accepted is 2") {
		t.Error(err)
	}
}

func TestLineAndHeadline(t *testing.T) {
	h := NewHouse(Laws{Units: 4})
	h.Guests = []Guest{{Name: "Ada", Won: 1, Gained: .25}, {Name: "Ben"}}
	h.Lots = []Lot{{}, {Buyer: "Ada", Price: .5, Value: .75, Best: .75}}
	rows := []environment.AgentRow{{Name: "Ben", Variables: h.AgentVariables("Ben")}, {Name: "Ada", Variables: h.AgentVariables("Ada")}}
	if got, want := Line(environment.RoundEnded{Round: 7, World: h.Variables(), Agents: rows}), "round    7  lots █████░░░░░ 2/4  last 0.500  mean 0.250    Ada 1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	run := func(revenue float64) polis.Past {
		return polis.Past{Metrics: map[string]float64{Revenue: revenue, Trades: 3, Efficiency: .95}}
	}
	for want, c := range map[string]polis.Chronicle{
		"": {},
		"3 of 4 lots were sold by dutch auction; a lot brought 0.500 on average, and buyers valued them at 95.0 % of what was possible":  {Runs: []polis.Past{run(.5)}, Settings: map[string]string{"units": "4", "kind": "dutch"}},
		"Mean of 2 runs: 3 of all lots were sold; a lot brought 0.500 on average, and buyers valued them at 95.0 % of what was possible": {Runs: []polis.Past{run(.25), run(.75)}},
	} {
		if got := Headline(&c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What nobody has asked for, and content that does not fit, is answered and changes nothing.
func TestSealedBiddersAnswerWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		content any
		act     protocol.Act
	}{{Call{"0"}, protocol.Propose}, {Call{"1"}, protocol.Refuse}, {Call{"7"}, protocol.Refuse}, {Call{"x"}, protocol.Refuse}, {protocol.Text("sell!"), protocol.NotUnderstood}} {
		s := &settings{kind: firstPrice, reserve: .3}
		p := actorstest.New(t, newBidder(s, equilibrium), actorstest.Config{Self: "ada"})
		p.Give(actors.Percept{Round: 2, View: View{Units: 9, Bidders: 2, Values: []float64{.8, .1}}})
		effects := p.Give(&protocol.Message{Act: protocol.CFP, Sender: "ann", Receivers: []string{"ada"}, Protocol: sealedToken, Conversation: "ann/1", ReplyWith: "1", Content: c.content})
		var said []protocol.Act
		for _, e := range effects {
			if m, ok := e.Value.(*protocol.Message); ok {
				said = append(said, m.Act)
				if bid, ok := m.Content.(Bid); ok && math.Abs(bid.Price-(.8+.3*.3/.8)/2) > 1e-12 {
					t.Errorf("%v: bids %v", c.content, bid)
				}
			}
		}
		if len(said) != 1 || said[0] != c.act {
			t.Errorf("%v: says %v, want %s", c.content, said, c.act)
		}
	}
}
