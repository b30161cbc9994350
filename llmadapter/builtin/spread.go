package builtin

import (
	"slices"
	"time"
)

// mostSamples is how many durations are kept of each kind.
const mostSamples = 4096

// Spread is how long something took, of the last 4,096 times, in milliseconds.
type Spread struct {
	N      int     `json:"n"` // in all
	Median float64 `json:"median"`
	P99    float64 `json:"p99"`
	Most   float64 `json:"most"`
}

// samples keeps durations.
type samples struct {
	ring []time.Duration
	n    int
}

func (s *samples) add(d time.Duration) {
	if len(s.ring) < mostSamples {
		s.ring = append(s.ring, d)
	} else {
		s.ring[s.n%mostSamples] = d
	}
	s.n++
}

func (s *samples) spread() Spread {
	if s.n == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(s.ring))
	at := func(share float64) float64 { return milliseconds(sorted[int(share*float64(len(sorted)-1)+0.5)]) }
	return Spread{N: s.n, Median: at(0.5), P99: at(0.99), Most: at(1)}
}

// milliseconds to the microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
