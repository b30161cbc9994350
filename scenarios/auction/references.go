package auction

import (
	"fmt"
	"strconv"

	"github.com/polis-agents/polis"
)

// references are known results, to stand beside ours: with rational bidders and no reserve, in the mean of all auctions, and traders by chance.
var references = []polis.Reference{
	revenueOf(2, firstPrice), revenueOf(2, vickrey), revenueOf(4, firstPrice), revenueOf(4, vickrey), revenueOf(10, firstPrice), revenueOf(10, vickrey),
	gainsOf(constrained, "6 x 6, 1 unit", .952, .071, 6, 400), gainsOf(constrained, "12 x 12, 1 unit", .962, .039, 12, 100),
	gainsOf(constrained, "50 x 50, 1 unit, 10 to 190", .958, .020, 50, 10),
	gainsOf(unconstrained, "6 x 6, 1 unit", .000, 0, 6, 400), gainsOf(unconstrained, "12 x 12, 1 unit", .030, 0, 12, 100),
	gainsOf(unconstrained, "50 x 50, 1 unit, 10 to 190", .021, 0, 50, 10),
}

// revenueOf is what sealed bids bring with n bidders, either kind: (n-1)/(n+1). A run sells 100 lots.
func revenueOf(n int, kind string) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("%d bidders, sealed bids, %s", n, kind), Source: "exact for values from U[0,1] (Vickrey 1961): (n-1)/(n+1)", Kind: "scripted",
		Metrics: map[string]float64{Revenue: float64(n-1) / float64(n+1), Efficiency: 1},
		Known:   &polis.Known{Settings: map[string]string{"kind": kind, "bidders": strconv.Itoa(n), "units": "100"}, Quick: 10, Long: 100}}
}

// gainsOf is what n traders by chance on each side gain in a double auction. Those without a budget trade until nobody can: in these markets it always
// comes out the same.
func gainsOf(mind, market string, efficiency, sd float64, n, long int) polis.Reference {
	k := &polis.Known{Settings: map[string]string{"kind": double, "bidders": strconv.Itoa(n), "units": "1", "traders": mind}, N: 400, Quick: 30, Long: long}
	if n == 50 {
		k.Settings["low"], k.Settings["high"], k.Quick = "10", "190", 0
	}
	if sd > 0 {
		k.SD = map[string]float64{Efficiency: sd}
	} else {
		k.Rounded = map[string]float64{Efficiency: .0005}
	}
	return polis.Reference{Name: "double, " + mind + ", " + market, Source: "the rules of Gode and Sunder (1993), by a bare loop, 400 runs", Kind: "random",
		Metrics: map[string]float64{Efficiency: efficiency}, Known: k}
}
