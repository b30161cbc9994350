package social

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Waits are the times between events, which need not be in order: one less than there are events. In the unit of the
// times, O(n log n).
func Waits(times []float64) ([]float64, error) {
	if err := amounts("times", times, anything); err != nil {
		return nil, err
	}
	if len(times) < 2 {
		return nil, fmt.Errorf("social: 1 event; accepted is 2 or more")
	}
	sorted := slices.Sorted(slices.Values(times))
	waits := make([]float64, len(sorted)-1)
	for i := range waits {
		waits[i] = sorted[i+1] - sorted[i]
	}
	if err := amounts("waits", waits, 0); err != nil {
		return nil, err
	}
	return waits, nil
}

// Burstiness is B = (s-m)/(s+m) of waiting times, m their mean and s their population standard deviation (Goh and
// Barabasi 2008): -1 when all are alike, 0 when they are memoryless, towards 1 in bursts. With few waits it cannot come
// near 1: see BurstinessFinite. Two waits or more. When all are 0 it is 0, with a Warning. Unit 1, O(n).
func Burstiness(waits []float64) (float64, error) {
	r, err := variation(waits)
	if err != nil {
		return 0, err
	}
	return (r - 1) / (r + 1), nil
}

// BurstinessFinite is Burstiness corrected for n waits, [sqrt(n+1) r - sqrt(n-1)] / [(sqrt(n+1)-2) r + sqrt(n-1)] with
// r = s/m (Kim and Jo 2016): 1 can be reached with any n. Two waits or more. When all are 0 it is 0, with a Warning.
// Unit 1, O(n).
func BurstinessFinite(waits []float64) (float64, error) {
	r, err := variation(waits)
	if err != nil {
		return 0, err
	}
	n := float64(len(waits))
	above, below := math.Sqrt(n+1), math.Sqrt(n-1)
	return (above*r - below) / ((above-2)*r + below), nil
}

// variation is the coefficient s/m.
func variation(waits []float64) (float64, error) {
	if err := amounts("waits", waits, 0); err != nil {
		return 0, err
	}
	if len(waits) < 2 {
		return 0, fmt.Errorf("social: 1 wait; accepted is 2 or more")
	}
	longest := slices.Max(waits)
	if longest == 0 {
		return 0, Warning("all waits are 0: burstiness is taken as 0")
	}
	if slices.Min(waits) == longest {
		return 0, nil // exactly: the mean of equal numbers may be off by rounding
	}
	parts := make([]float64, len(waits))
	for i, w := range waits {
		parts[i] = w / longest
	}
	m, s := stat.PopMeanStdDev(parts, nil)
	return s / m, nil
}
