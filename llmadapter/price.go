package llmadapter

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Price is what tokens cost, in US dollars for a million.
type Price struct {
	Input  float64 `json:"input"`
	Output float64 `json:"output"`
	Cached float64 `json:"cached,omitempty"` // of input that the server had read before; 0: as Input
}

// Prices by the name of the model. A name that ends in * is that of all models that begin so; the longest wins.
type Prices map[string]Price

// Budget bounds what may be spent. What could go beyond it is rejected before it is sent; an attempt that may have been
// billed counts as billed.
type Budget struct {
	USD    float64 // 0: no bound; else there must be Prices
	Tokens int     // 0: no bound
}

// Bounds of what is accepted, in US dollars.
const (
	mostPrice = 1e6 // for a million tokens
	mostUSD   = 1e9 // of a budget
)

// Of gives the price of the first of the names that has one: an exact name, else the longest that it begins with.
func (p Prices) Of(names ...string) (price Price, ok bool) {
	for _, name := range names {
		if price, ok = p[name]; ok && name != "" {
			return price, true
		}
		best := -1
		for pattern, its := range p { // in any order: two patterns of one length that both fit are the same
			begin, is := strings.CutSuffix(pattern, "*")
			if is && name != "" && len(begin) > best && strings.HasPrefix(name, begin) {
				price, best = its, len(begin)
			}
		}
		if best >= 0 {
			return price, true
		}
	}
	return Price{}, false
}

// Check says what of the prices makes no sense.
func (p Prices) Check() error {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		switch star := strings.IndexByte(name, '*'); {
		case strings.TrimSpace(name) == "" || !utf8.ValidString(name):
			return fmt.Errorf("llmadapter: a price of model %q; accepted is the name of a model, or how several begin and *", name)
		case star >= 0 && star < len(name)-1:
			return fmt.Errorf("llmadapter: a price of model %q; accepted is * at the end only", name)
		}
		its := p[name]
		for _, x := range []struct {
			of   string
			cost float64
		}{{"input", its.Input}, {"output", its.Output}, {"cached", its.Cached}} {
			if !(x.cost >= 0 && x.cost <= mostPrice) { // nor NaN
				return fmt.Errorf("llmadapter: price of model %q: %s is %v; accepted is 0 to %.0f US dollars for a million tokens", name, x.of, x.cost, mostPrice)
			}
		}
	}
	return nil
}

// Cost is what tokens cost at that price, in US dollars.
func (p Price) Cost(t Tokens) float64 { return p.rate().cost(t).dollars() }
