package llmadapter

import (
	"math"
	"time"
)

const (
	mostInFlight  = 64  // of an adaptive limit
	firstInFlight = 4   // where it begins
	lessInFlight  = 0.9 // what an overload leaves of it
)

// limit says how many calls may be out at once. An adaptive one grows by additive increase and shrinks by
// multiplicative decrease (AIMD: Chiu, Jain 1989): with every success by one until the first overload, then by one per
// limit, in both cases only while all that is allowed is used, or wanted; and by a tenth for all overloads among the calls that
// were out together. After a pause of all calls it begins low, whether adaptive or not, and doubles: the endpoint is
// not met by all that have waited for it.
type limit struct {
	fixed bool
	most  float64 // calls, at least 1
	value float64 // calls, 1 to most
	ramp  float64 // calls, after a pause; +Inf: it is long over
	grown bool    // there was an overload
	cut   uint64  // calls before this one were begun under the limit before it was cut
	delay delay   // of an adaptive one
}

// newLimit makes a limit of n calls; 0: an adaptive one.
func newLimit(n int) limit {
	if n > 0 {
		return limit{fixed: true, most: float64(n), value: float64(n), ramp: math.Inf(1)}
	}
	return limit{most: mostInFlight, value: firstInFlight, ramp: math.Inf(1)}
}

// calls is how many may be out.
func (l *limit) calls() int { return int(max(1, min(l.value, l.ramp))) }

// succeeded learns from a call that was answered; used says that all that is allowed is used, or wanted. A call that was
// begun before a pause says nothing about what may come after it.
func (l *limit) succeeded(call uint64, used bool) {
	if !used {
		return
	}
	if l.ramp < l.value {
		if call >= l.cut {
			l.ramp++
		}
		return
	}
	l.ramp = math.Inf(1)
	switch {
	case l.fixed, l.delay.some():
	case l.grown:
		l.value = min(l.most, l.value+1/l.value)
	default:
		l.value = min(l.most, l.value+1)
	}
}

// overloaded learns from a call that was refused for overload; next is the number of the next call. It says whether
// this is the first word of that overload.
func (l *limit) overloaded(call, next uint64) bool {
	if call < l.cut {
		return false
	}
	l.cut, l.grown = next, true
	l.delay.trial = false
	l.delay.restart()
	if !l.fixed {
		l.value = max(1, l.value*lessInFlight)
	}
	return true
}

// waited learns from the time in which the first token of an answer came, how long all of it took, and how many calls were
// out when it began; next is the number of the next call.
func (l *limit) waited(call, next uint64, bytes, out int, first, took time.Duration) {
	if l.fixed || call < l.cut {
		return
	}
	d := &l.delay
	if !d.saw(bytes, out, first, took, max(leastBlock, l.calls())) {
		return
	}
	trial := d.trial
	d.trial = false
	switch {
	case trial && d.wait > d.before*7/10: // fewer calls, and they wait as long: not for each other
		d.accept()
		l.value = min(l.most, max(l.value, d.from))
	case !d.long():
	case l.value <= 1:
		d.accept()
	default:
		d.trial, d.before, d.from = true, d.wait, l.value
		l.cut, l.grown = next, true
		l.value = min(l.value, max(1, d.out/2, d.out*d.share()))
	}
}

// paused begins low; next is the number of the next call.
func (l *limit) paused(next uint64) {
	l.cut, l.ramp = next, max(1, math.Floor(min(l.value, l.ramp)/4))
}
