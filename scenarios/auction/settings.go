package auction

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
)

// The kinds of auction.
const (
	english    = "english"
	dutch      = "dutch"
	vickrey    = "vickrey"
	firstPrice = "first-price"
	double     = "double"
)

// kindsOfLots are those in which an auctioneer sells lots.
var kindsOfLots = []string{english, dutch, vickrey, firstPrice}

var kindsOfAuction = append(slices.Clone(kindsOfLots), double)

var parameters = []polis.Parameter{
	{Name: "kind", Doc: "a price that rises, a price that falls, or sealed bids of which the highest pays the second highest, or itself; or many who buy and many who sell", Default: english, Range: strings.Join(kindsOfAuction, "|")},
	{Name: "bidders", Doc: "how many bid; double: how many buy, and how many sell", Default: strconv.Itoa(usualBidders), Range: "1..100"},
	{Name: "units", Doc: "how many lots are sold, one after the other; double: for each trader, 100 at most", Default: "10", Range: "1..10000"},
	{Name: "reserve", Doc: "the price below which nothing is sold, known to all; not double", Default: "0", Range: "0..1"},
	{Name: "step", Doc: "english, dutch: from one price to the next", Default: "0.05", Range: "0.01..1"},
	{Name: "traders", Doc: "double: by chance, with a budget or without", Default: constrained, Range: strings.Join(tradersOfAuction, "|")},
	{Name: "low", Doc: "double: the least value and the least cost", Default: "50", Range: fmt.Sprintf("1..%d", highestPrice)},
	{Name: "high", Doc: "double: the greatest value and the greatest cost, of prices from 1 to 200", Default: "150", Range: fmt.Sprintf("1..%d", highestPrice)},
}

const (
	usualBidders = 4
	mostBidders  = 100
	mostUnits    = 10_000
	mostToTrade  = 100 // units of one trader in a double auction
)

// settings are the parameters of one order, read and checked.
type settings struct {
	kind    string
	bidders int // 0: not set
	units   int
	reserve float64
	step    float64
	traders string // of a double auction, as what follows
	low     int
	high    int
	text    map[string]string
}

// read checks what was set and fills in what was not.
func read(set map[string]string) (*settings, error) {
	text, err := polis.ReadSettings(parameters, set)
	if err != nil {
		return nil, fmt.Errorf("auction: %w", err)
	}
	s := &settings{text: text}
	if s.kind = s.text["kind"]; !slices.Contains(kindsOfAuction, s.kind) {
		return nil, s.wrong("kind", strings.Join(kindsOfAuction, ", "))
	}
	var ok bool
	if s.bidders, ok = polis.Whole(s.text["bidders"], 1, mostBidders); !ok {
		return nil, s.wrong("bidders", fmt.Sprintf("a number from 1 to %d", mostBidders))
	}
	if _, is := set["bidders"]; !is {
		s.bidders = 0
	}
	most := mostUnits
	if s.kind == double {
		most = mostToTrade
	}
	if s.units, ok = polis.Whole(s.text["units"], 1, most); !ok {
		return nil, s.wrong("units", fmt.Sprintf("a number from 1 to %d with kind=%s", most, s.kind))
	}
	if s.reserve, ok = fraction(s.text["reserve"], 0); !ok {
		return nil, s.wrong("reserve", "a number from 0 to 1")
	}
	if s.step, ok = fraction(s.text["step"], .01); !ok {
		return nil, s.wrong("step", "a number from 0.01 to 1")
	}
	return s, s.readDouble()
}

// readDouble checks what only a double auction has.
func (s *settings) readDouble() error {
	if s.traders = s.text["traders"]; !slices.Contains(tradersOfAuction, s.traders) {
		return s.wrong("traders", strings.Join(tradersOfAuction, ", "))
	}
	var ok bool
	if s.low, ok = polis.Whole(s.text["low"], 1, highestPrice); !ok {
		return s.wrong("low", fmt.Sprintf("a number from 1 to %d", highestPrice))
	}
	if s.high, ok = polis.Whole(s.text["high"], s.low, highestPrice); !ok {
		return s.wrong("high", fmt.Sprintf("a number from %d, which low is, to %d", s.low, highestPrice))
	}
	return nil
}

// fraction reads a number from least to 1.
func fraction(text string, least float64) (float64, bool) {
	x, err := strconv.ParseFloat(text, 64)
	return x, err == nil && !math.IsNaN(x) && x >= least && x <= 1
}

func (s *settings) wrong(name, accepted string) error {
	return fmt.Errorf("auction: parameter %s is %q; accepted is %s", name, s.text[name], accepted)
}

// standardFor is what holds by default under these parameters. What is wrong with them is told by Build.
func standardFor(set map[string]string) polis.Standard {
	n, ok := polis.Whole(set["bidders"], 1, mostBidders)
	if !ok {
		n = usualBidders
	}
	if set["kind"] == double {
		return standardDouble(n, set)
	}
	return polis.Standard{Agents: n + 1, Minds: minds(n)}
}

func minds(bidders int) []string {
	return []string{"1*" + auctioneerMind, strconv.Itoa(bidders) + "*rational"}
}
