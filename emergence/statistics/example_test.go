package statistics_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/polis-agents/polis/emergence/statistics"
)

// Two agents that each keep to what they did, 8 times of 10, and know nothing of each other. How often does a test find
// that they do the same, or the opposite? A plain shuffle much too often; blocks know that they persist.
func Example() {
	agreement := func(columns [][]int) float64 {
		same := 0
		for t := range columns[0] {
			if columns[0][t] == columns[1][t] {
				same++
			}
		}
		return float64(same)
	}
	draw := func(r *rand.Rand) [][]int {
		return [][]int{statistics.Persistent(200, 0.8, r), statistics.Persistent(200, 0.8, r)}
	}
	for _, name := range []string{statistics.NullShuffle, statistics.NullBlock} {
		surrogate, err := statistics.SurrogateOf[int](name, 0)
		if err != nil {
			panic(err)
		}
		rate, err := statistics.Calibrate(statistics.Calibration{Sets: 400}, draw, func(agents [][]int, r *rand.Rand) (float64, error) {
			null, err := statistics.Against(agents, statistics.Moving(surrogate, 0), agreement, 99, r)
			if err != nil {
				return 0, err
			}
			return statistics.P(agreement(agents), null, statistics.TwoSided)
		})
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s: %v of 400 pairs, sound: %v\n", name, rate, rate.Sound())
	}
	// Output:
	// shuffle: 0.135 [0.097, 0.185] of 400 pairs, sound: false
	// block: 0.040 [0.021, 0.074] of 400 pairs, sound: true
}

// Six committed shares, twelve runs of each: how large is the critical mass?
func ExampleDoseResponse() {
	flipped := []statistics.Dose{{0, 12, 0}, {.05, 12, 0}, {.08, 12, 2}, {.10, 12, 7}, {.12, 12, 11}, {.15, 12, 12}}
	fit, err := statistics.DoseResponse(flipped, 0.95)
	if err != nil {
		panic(err)
	}
	fmt.Printf("critical mass %.3f (%.3f to %.3f), %d runs\n", fit.Threshold, fit.Interval.Low, fit.Interval.High, fit.N)
	// Output: critical mass 0.096 (0.087 to 0.105), 72 runs
}

// Two conditions, one value for each run.
func ExamplePermute() {
	silent, talking := []float64{1, 2, 3, 4, 5}, []float64{6, 7, 8, 9, 10}
	test, err := statistics.Permute(silent, talking, nil, statistics.TwoSided, 999, nil)
	if err != nil {
		panic(err)
	}
	d, err := statistics.CohenD(silent, talking)
	if err != nil {
		panic(err)
	}
	delta, err := statistics.CliffDelta(silent, talking)
	if err != nil {
		panic(err)
	}
	fmt.Printf("difference %.0f, p = %.4f (exact: %v), d = %.2f, delta = %.0f\n", test.Statistic, test.P, test.Exact, d, delta)
	// Output: difference 5, p = 0.0079 (exact: true), d = 3.16, delta = 1
}
