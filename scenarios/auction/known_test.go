package auction

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/supervision"
)

// build makes the society of "kind=dutch units=3 2*rational 1*auctioneer".
func build(t testing.TB, text string) polis.Society {
	t.Helper()
	o := polis.Order{Settings: map[string]string{}}
	var specs []string
	for word := range strings.FieldsSeq(text) {
		if name, value, set := strings.Cut(word, "="); set {
			o.Settings[name] = value
		} else {
			specs = append(specs, word)
		}
	}
	if specs != nil {
		var err error
		if o.Minds, err = polis.ParseMinds(specs, 0, 1); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Build(o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Agents { // they come back without a pause
		s.Agents[i].Policy = &supervision.Policy{Backoff: supervision.Backoff{Min: -1}}
	}
	return s
}

// play plays it to its end, and checks what holds for every run.
func play(t testing.TB, text string, cfg polis.Config) (*polis.Report, *House, map[string]float64) {
	t.Helper()
	rep, err := polis.Run(context.Background(), build(t, text), cfg)
	if err != nil {
		t.Fatal(err)
	}
	h := rep.World.(*House)
	m := Measure(rep)
	if !rep.Messages.Balanced() || rep.NotStopped != nil || m[Violations] != 0 || len(h.Lots) != h.laws.Units {
		t.Fatalf("%s, seed %d: %+v, left behind %v, judged %v, %d lots of %d after %d rounds", text, cfg.Seed, rep.Messages, rep.NotStopped, rep.Judged, len(h.Lots), h.laws.Units, h.Rounds)
	}
	return rep, h, m
}

// lots is how many auctions a test of a mean holds.
func lots(short int) int {
	if os.Getenv("POLIS_TEST_LONG") != "" {
		return mostUnits
	}
	return short
}

// within says that a mean is as it should be, to four standard errors.
func within(t *testing.T, what string, all []float64, want float64) {
	t.Helper()
	sum, squares := 0.0, 0.0
	for _, x := range all {
		sum, squares = sum+x, squares+x*x
	}
	n := float64(len(all))
	mean := sum / n
	se := math.Sqrt((squares/n - mean*mean) / n)
	t.Logf("%s: %.4f (se %.4f) in %d auctions, exact %.4f", what, mean, se, len(all), want)
	if math.Abs(mean-want) > 4*se {
		t.Errorf("%s is %.4f (se %.4f), want %.4f", what, mean, se, want)
	}
}

// "n bidders, values independent U[0,1]. First price with equilibrium bid v(n-1)/n and second price with truthful bid: expected
// revenue (n-1)/(n+1) in both; efficiency 1. n=2: .3333; n=10: .8182."
func TestSealedBidsBringWhatIsKnown(t *testing.T) {
	for _, kind := range []string{firstPrice, vickrey} {
		for _, n := range []int{2, 10} {
			_, h, m := play(t, fmt.Sprintf("kind=%s bidders=%d units=%d", kind, n, lots(300)), polis.Config{Seed: 7})
			if m[Efficiency] != 1 || m[Trades] != float64(len(h.Lots)) {
				t.Errorf("%s, %d bidders: %v", kind, n, m)
			}
			var prices []float64
			for i, l := range h.Lots {
				prices = append(prices, l.Price)
				want := l.Next
				if kind == firstPrice {
					want = l.Best * float64(n-1) / float64(n)
				}
				if math.Abs(l.Price-want) > 1e-12 || l.Value != l.Best {
					t.Fatalf("%s, %d bidders: lot %d is %+v, want the price %v", kind, n, i, l, want)
				}
			}
			within(t, fmt.Sprintf("revenue of %s with %d bidders", kind, n), prices, float64(n-1)/float64(n+1))
		}
	}
}

// With a reserve of a half, two bidders bring 5/12 in either kind, and a quarter of the lots is not sold (Myerson 1981;
// Riley and Samuelson 1981).
func TestAReserveBringsMore(t *testing.T) {
	for _, kind := range []string{firstPrice, vickrey} {
		_, h, m := play(t, fmt.Sprintf("kind=%s bidders=2 reserve=0.5 units=%d", kind, lots(300)), polis.Config{Seed: 3})
		var prices, sold []float64
		for _, l := range h.Lots {
			is := 0.
			if l.Buyer != "" {
				is = 1
			}
			if l.Buyer != "" && l.Price < .5 || (l.Buyer != "") != (l.Best >= .5) {
				t.Fatalf("%s: %+v", kind, l)
			}
			prices, sold = append(prices, l.Price), append(sold, is)
		}
		within(t, "revenue of "+kind, prices, 5./12)
		within(t, "trades of "+kind, sold, .75)
		if m[Efficiency] >= 1 {
			t.Errorf("%s: efficiency %v although lots are not sold", kind, m[Efficiency])
		}
	}
}

// With a price that is called, the price is as with sealed bids to one step, and so is who buys.
func TestCalledPricesBringTheSameToOneStep(t *testing.T) {
	for _, kind := range []string{english, dutch} {
		const n, step = 4, .05
		_, h, m := play(t, fmt.Sprintf("kind=%s bidders=%d step=%v units=%d", kind, n, step, lots(60)), polis.Config{Seed: 5})
		for i, l := range h.Lots {
			exact := l.Next
			if kind == dutch {
				exact = l.Best * (n - 1) / n
			}
			if math.Abs(l.Price-exact) > step+1e-9 || l.Best-l.Value > step*n/(n-1) || kind == dutch && l.Price > exact || l.Price > l.Value {
				t.Errorf("%s: lot %d is %+v; the exact price is %v", kind, i, l, exact)
			}
		}
		if m[Trades] != float64(len(h.Lots)) || m[Efficiency] < .98 || math.Abs(m[Revenue]-.6) > .1 {
			t.Errorf("%s: %v", kind, m)
		}
	}
}

// Who bids another share than the equilibrium earns less against those who bid it, in a first-price auction; the Vickrey auction
// asks for no such thought.
func TestOthersEarnLessThanRationalBidders(t *testing.T) {
	gained := func(text string, who string) float64 {
		_, h, _ := play(t, text, polis.Config{Seed: 11})
		i, _ := h.find(who)
		return h.Guests[i].Gained
	}
	units := lots(400)
	rational := gained(fmt.Sprintf("kind=first-price units=%d 1*auctioneer 3*rational", units), "Ada")
	for _, other := range []string{"truthful", "share:40"} {
		if got := gained(fmt.Sprintf("kind=first-price units=%d 1*auctioneer 1*%s 2*rational", units, other), "Ada"); got >= rational {
			t.Errorf("%s gains %v, a rational bidder %v", other, got, rational)
		}
	}
}
