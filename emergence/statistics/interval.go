package statistics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is where a number lies, with a confidence, and how that was found.
type Interval struct {
	Low      float64  `json:"low"`
	High     float64  `json:"high"`
	Level    float64  `json:"level"`              // confidence, in (0, 1)
	Method   string   `json:"method"`             // such as "wilson", "bca"
	N        int      `json:"n"`                  // of how many: runs, trials
	Warnings []string `json:"warnings,omitempty"` // what makes it less than it seems
}

// Has tells whether x lies within the interval.
func (i Interval) Has(x float64) bool { return i.Low <= x && x <= i.High }

// Meets tells whether the interval has a point in [low, high].
func (i Interval) Meets(low, high float64) bool { return i.Low <= high && low <= i.High }

// Wilson is the score interval of a share: successes of trials. It is good for few trials and for shares of 0 and 1.
// Source: Wilson 1927.
func Wilson(successes, trials int, level float64) (Interval, error) {
	if trials < 1 || successes < 0 || successes > trials {
		return Interval{}, fmt.Errorf("statistics: %d successes of %d trials; accepted is 0 to all of 1 or more", successes, trials)
	}
	z, err := zOf(level)
	if err != nil {
		return Interval{}, err
	}
	n, k := float64(trials), float64(successes)
	p, z2 := k/n, z*z
	middle := (p + z2/(2*n)) / (1 + z2/n)
	half := z / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	i := Interval{Low: max(0, middle-half), High: min(1, middle+half), Level: level, Method: "wilson", N: trials}
	if successes == 0 {
		i.Low = 0 // exact, where the formula has rounding
	}
	if successes == trials {
		i.High = 1
	}
	return i, nil
}

// zOf is the normal quantile that leaves (1-level)/2 above it.
func zOf(level float64) (float64, error) {
	if err := checkLevel(level); err != nil {
		return 0, err
	}
	return distuv.UnitNormal.Quantile(0.5 + level/2), nil
}

func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("statistics: confidence %v; accepted is a number between 0 and 1, such as 0.95", level)
	}
	return nil
}
