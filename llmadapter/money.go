package llmadapter

import (
	"math"
	"math/bits"
)

// nano is money: US dollars / 1e9. Sums of it are exact.
type nano int64

// mostNano is where sums stop: no account is worth that, and a server may say anything.
const mostNano nano = 1 << 61

func (n nano) dollars() float64 { return float64(n) / 1e9 }

// nanos of an amount of US dollars, to the nearest.
func nanos(usd float64) nano {
	if !(usd > 0) {
		return 0
	}
	return nano(min(math.Round(usd*1e9), float64(mostNano)))
}

func (n nano) plus(m nano) nano { return min(n+m, mostNano) }

// addUSD adds two amounts that were counted in nano, so that the sum is the one that nano would give.
func addUSD(a, b float64) float64 { return nanos(a).plus(nanos(b)).dollars() }

// rate is a price in US dollars / 1e12 for one token: that of a million in millionths of a dollar, so that prices as they
// are published are exact.
type rate struct{ input, output, cached uint64 }

func (p Price) rate() rate {
	r := rate{uint64(math.Round(p.Input * 1e6)), uint64(math.Round(p.Output * 1e6)), uint64(math.Round(p.Cached * 1e6))}
	if p.Cached == 0 {
		r.cached = r.input
	}
	return r
}

// cost of tokens, rounded up to the next nano.
func (r rate) cost(t Tokens) nano {
	return nano(0).plus(part(r.input, t.Input-t.Cached)).plus(part(r.cached, t.Cached)).plus(part(r.output, t.Output))
}

// part of a cost: so many tokens at so much each.
func part(each uint64, tokens int) nano {
	high, low := bits.Mul64(each, uint64(max(0, tokens)))
	low, carry := bits.Add64(low, 999, 0)
	if high += carry; high >= 1000 {
		return mostNano
	}
	n, _ := bits.Div64(high, low, 1000)
	return nano(min(n, uint64(mostNano)))
}
