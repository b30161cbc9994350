package supervision

import (
	"math"
	"time"
)

// Backoff is the pause before a restart: Min, Min·Factor, Min·Factor² … up to Max, each moved by up to ±Jitter of
// itself so that actors that failed together do not come back together. The zero value is 1 ms doubling to 10 s, ±20 %.
type Backoff struct {
	Min    time.Duration // before the first restart; 0: 1 ms; negative: no pause at all
	Max    time.Duration // 0: 10 s
	Factor float64       // 0: 2; at least 1
	Jitter float64       // share of the pause, 0..1; 0: 0.2; negative: none
}

// Delay is the pause after the given number of failures in a row (1 or more). u is uniform in [0, 1): chance is an
// input, so that the same run pauses the same way.
func (b Backoff) Delay(failures int, u float64) time.Duration {
	if b.Min < 0 {
		return 0
	}
	wait, limit, factor, jitter := float64(b.Min), float64(b.Max), b.Factor, b.Jitter
	if wait == 0 {
		wait = float64(time.Millisecond)
	}
	if limit == 0 {
		limit = float64(10 * time.Second)
	}
	if factor < 1 {
		factor = 2
	}
	switch {
	case jitter == 0:
		jitter = 0.2
	case jitter < 0:
		jitter = 0
	case jitter > 1:
		jitter = 1
	}
	for i := 1; i < failures && wait < limit; i++ {
		wait *= factor
	}
	wait = min(wait, limit)
	if wait *= 1 - jitter + 2*jitter*u; wait >= math.MaxInt64 {
		return math.MaxInt64 // of a Duration: the conversion would turn it negative
	}
	return time.Duration(wait)
}
