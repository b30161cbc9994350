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
)

var kindsOfAuction = []string{english, dutch, vickrey, firstPrice}

var parameters = []polis.Parameter{
	{Name: "kind", Doc: "a price that rises, a price that falls, or sealed bids of which the highest pays the second highest, or itself", Default: english, Range: strings.Join(kindsOfAuction, "|")},
	{Name: "bidders", Doc: "how many bid", Default: strconv.Itoa(usualBidders), Range: "1..100"},
	{Name: "units", Doc: "how many lots are sold, one after the other", Default: "10", Range: "1..10000"},
	{Name: "reserve", Doc: "the price below which nothing is sold, known to all", Default: "0", Range: "0..1"},
	{Name: "step", Doc: "english, dutch: from one price to the next", Default: "0.05", Range: "0.01..1"},
}

const (
	usualBidders = 4
	mostBidders  = 100
	mostUnits    = 10_000
)

// settings are the parameters of one order, read and checked.
type settings struct {
	kind    string
	bidders int // 0: not set
	units   int
	reserve float64
	step    float64
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
	if s.units, ok = polis.Whole(s.text["units"], 1, mostUnits); !ok {
		return nil, s.wrong("units", fmt.Sprintf("a number from 1 to %d", mostUnits))
	}
	if s.reserve, ok = fraction(s.text["reserve"], 0); !ok {
		return nil, s.wrong("reserve", "a number from 0 to 1")
	}
	if s.step, ok = fraction(s.text["step"], .01); !ok {
		return nil, s.wrong("step", "a number from 0.01 to 1")
	}
	return s, nil
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
	return polis.Standard{Agents: n + 1, Minds: minds(n)}
}

func minds(bidders int) []string {
	return []string{"1*" + auctioneerMind, strconv.Itoa(bidders) + "*rational"}
}
