package statistics

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// long says whether there is time for all data sets that issue and reference ask for.
var long = os.Getenv("POLIS_TEST_LONG") != ""

func sets(few, all int) int {
	if long {
		return all
	}
	return few
}

// logs holds n log2 n.
var logs = func() (l [2000]float64) {
	for n := 1; n < len(l); n++ {
		l[n] = float64(n) * math.Log2(float64(n))
	}
	return l
}()

// mutual is the plug-in mutual information of two binary columns, in bits times rounds.
func mutual(columns [][]int) float64 {
	x, y := columns[0], columns[1]
	var n [2][2]int
	for t, v := range x {
		n[v][y[t]]++
	}
	sum := logs[len(x)]
	for i := range 2 {
		sum += logs[n[i][0]] + logs[n[i][1]] - logs[n[i][0]+n[i][1]] - logs[n[0][i]+n[1][i]]
	}
	return sum
}

// transfer is the plug-in transfer entropy from the first of two binary columns to the second, with one round of
// history, in bits times rounds.
func transfer(columns [][]int) float64 {
	x, y := columns[0], columns[1]
	var n [2][2][2]int // past of y, past of x, y
	for t := 1; t < len(x); t++ {
		n[y[t-1]][x[t-1]][y[t]]++
	}
	sum := 0.0
	for past := range 2 {
		var of [2]int
		for source := range 2 {
			a, b := n[past][source][0], n[past][source][1]
			sum += logs[a] + logs[b] - logs[a+b]
			of[0], of[1] = of[0]+a, of[1]+b
		}
		sum -= logs[of[0]] + logs[of[1]] - logs[of[0]+of[1]]
	}
	return sum
}

// surrogateTest is the p of a measure when the first column, the source, is replaced by 199 surrogates.
func surrogateTest(name string, measure func([][]int) float64) func([][]int, *rand.Rand) (float64, error) {
	surrogate, err := SurrogateOf[int](name, 20)
	return func(columns [][]int, r *rand.Rand) (float64, error) {
		if err != nil {
			return 0, err
		}
		null, err := Against(columns, Moving(surrogate, 0), measure, 199, r)
		if err != nil {
			return 0, err
		}
		return P(measure(columns), null, Upper)
	}
}

// The table of false-positive rates in measures.md 5.1: two independent binary Markov series, T = 200, 199 surrogates of
// the source, 1000 data sets. "With stronger autocorrelation a plain shuffle is badly wrong for MI;
// a circular shift repairs it."
func TestFalsePositiveRatesOfSurrogates(t *testing.T) {
	for _, c := range []struct {
		measure string
		of      func([][]int) float64
		stay    float64
		null    string
		want    float64
	}{
		{"MI", mutual, .5, NullShuffle, .045}, {"MI", mutual, .5, NullCircular, .050}, {"MI", mutual, .5, NullBlock, .052},
		{"MI", mutual, .8, NullShuffle, .150}, {"MI", mutual, .8, NullCircular, .052}, {"MI", mutual, .8, NullBlock, .065},
		{"TE", transfer, .5, NullShuffle, .054}, {"TE", transfer, .5, NullCircular, .056}, {"TE", transfer, .5, NullBlock, .052},
		{"TE", transfer, .8, NullShuffle, .055}, {"TE", transfer, .8, NullCircular, .062}, {"TE", transfer, .8, NullBlock, .051},
	} {
		rate := must(Calibrate(Calibration{Sets: sets(400, 5000), Seed: 51, Workers: 2}, func(r *rand.Rand) [][]int {
			return [][]int{Persistent(200, c.stay, r), Persistent(200, c.stay, r)}
		}, surrogateTest(c.null, c.of)))
		t.Logf("%s P(stay) %.2f %-8s %v, reference %.3f", c.measure, c.stay, c.null, rate, c.want)
		if se := math.Sqrt(c.want * (1 - c.want) / 1000); !rate.Interval.Meets(c.want-2*se, c.want+2*se) {
			t.Errorf("%s P(stay) %.2f %s: rate %v, reference %.3f", c.measure, c.stay, c.null, rate, c.want)
		}
		if fails := c.stay == .8 && c.measure == "MI" && c.null == NullShuffle; rate.Sound() == fails {
			t.Errorf("%s P(stay) %.2f %s: rate %v is sound: %v", c.measure, c.stay, c.null, rate, !fails)
		}
	}
}

// "Power of TE with the shuffle test, T=100, y copies x (independent bits, lag 1) with flip probability e, 600 data
// sets: e=.50: .048; .40: .352; .35: .798; .30: .960; .20: 1.000."
func TestPowerOfTransfer(t *testing.T) {
	for flip, want := range map[float64]float64{.50: .048, .40: .352, .35: .798, .30: .960, .20: 1} {
		rate := must(Calibrate(Calibration{Sets: sets(200, 5000), Seed: 52}, func(r *rand.Rand) [][]int {
			x, y := Persistent(100, .5, r), make([]int, 100)
			for t := range y {
				switch {
				case t == 0:
					y[t] = r.IntN(2)
				case r.Float64() < flip:
					y[t] = 1 - x[t-1]
				default:
					y[t] = x[t-1]
				}
			}
			return [][]int{x, y}
		}, surrogateTest(NullShuffle, transfer)))
		t.Logf("flip %.2f: power %v, reference %.3f", flip, rate, want)
		if se := math.Sqrt(want * (1 - want) / 600); !rate.Interval.Meets(want-2*se, want+2*se) {
			t.Errorf("flip %.2f: power %v, reference %.3f", flip, rate, want)
		}
	}
}

// The tests over runs are calibrated too: of two samples of one distribution few differ.
func TestFalsePositiveRatesOverRuns(t *testing.T) {
	two := func(r *rand.Rand) [2][]float64 {
		a, b := make([]float64, 12), make([]float64, 10)
		for i := range a {
			a[i] = r.ExpFloat64()
		}
		for i := range b {
			b[i] = r.ExpFloat64()
		}
		return [2][]float64{a, b}
	}
	for name, p := range map[string]func(d [2][]float64, r *rand.Rand) (float64, error){
		"permutation": func(d [2][]float64, r *rand.Rand) (float64, error) {
			p, err := Permute(d[0], d[1], nil, TwoSided, 199, r)
			return p.P, err
		},
		"sign flip": func(d [2][]float64, r *rand.Rand) (float64, error) {
			pairs := make([]float64, 10)
			for i := range pairs {
				pairs[i] = d[0][i] - d[1][i]
			}
			p, err := SignFlip(pairs, TwoSided, 0, nil)
			return p.P, err
		},
		"log-rank": func(d [2][]float64, _ *rand.Rand) (float64, error) {
			var groups [2][]Duration
			for g := range d {
				for _, t := range d[g] {
					groups[g] = append(groups[g], Duration{min(t, 1.5), t > 1.5})
				}
			}
			c, err := LogRank(groups[0], groups[1])
			return c.P, err
		},
	} {
		rate := must(Calibrate(Calibration{Sets: sets(400, 5000), Seed: 53}, two, p))
		t.Logf("%s: %v", name, rate)
		if !rate.Sound() {
			t.Errorf("%s: rate %v", name, rate)
		}
	}
}

// Pettitt's p takes values to be independent; on persistent series it is far too small, and block surrogates mend that.
func TestPettittOnPersistentSeries(t *testing.T) {
	draw := func(r *rand.Rand) [][]float64 { return [][]float64{Autoregressive(100, 0.6, r)} }
	naive := must(Calibrate(Calibration{Sets: sets(200, 5000), Seed: 54}, draw, func(d [][]float64, _ *rand.Rand) (float64, error) {
		c, err := Pettitt(d[0])
		return c.P, err
	}))
	if naive.Interval.Low < 0.15 {
		t.Errorf("rate by the formula %v, expected one far above 0.05", naive)
	}
	k := func(c [][]float64) float64 { return PettittStatistic(c[0]) }
	block := must(Calibrate(Calibration{Sets: sets(200, 5000), Seed: 54}, draw, func(d [][]float64, r *rand.Rand) (float64, error) {
		null, err := Against(d, Block[float64](0), k, 199, r)
		if err != nil {
			return 0, err
		}
		return P(k(d), null, Upper)
	}))
	t.Logf("by the formula %v, against blocks %v", naive, block)
	if !block.Sound() {
		t.Errorf("rate against blocks %v", block)
	}
}

func TestCalibrateCounts(t *testing.T) {
	draw := func(r *rand.Rand) float64 { return r.Float64() }
	p := func(u float64, _ *rand.Rand) (float64, error) { return u, nil }
	one := must(Calibrate(Calibration{Sets: 4000, Alpha: 0.1, Seed: 1}, draw, p))
	near(t, "share", one.Share, 0.1, 0.015)
	near(t, "findings", float64(one.Findings), one.Share*4000, 1e-9)
	if one.Interval.Level != 0.99 || !one.Interval.Has(0.1) || one.Sets != 4000 || one.Alpha != 0.1 {
		t.Errorf("%+v", one)
	}
	if eight := must(Calibrate(Calibration{Sets: 4000, Alpha: 0.1, Seed: 1, Workers: 8}, draw, p)); eight.Findings != one.Findings {
		t.Errorf("8 workers: %v, one: %v", eight, one)
	}
	if other := must(Calibrate(Calibration{Sets: 4000, Alpha: 0.1, Seed: 2}, draw, p)); other.Findings == one.Findings {
		t.Error("another seed gave the same")
	}
	at := must(Calibrate(Calibration{Sets: 5}, draw, func(float64, *rand.Rand) (float64, error) { return 0.05, nil }))
	if at.Findings != 5 || at.Alpha != 0.05 || at.Sound() || at.String() != "1.000 [0.430, 1.000]" {
		t.Errorf("a p of just 0.05 in 5 sets: %v", at)
	}
}

func TestCalibrateStopsAtAnError(t *testing.T) {
	var tried atomic.Int64
	broken := errors.New("broken")
	draw := func(*rand.Rand) int { return int(tried.Add(1)) }
	const all = 1 << 20
	for _, workers := range []int{0, 4} {
		tried.Store(0)
		_, err := Calibrate(Calibration{Sets: all, Workers: workers}, draw, func(n int, _ *rand.Rand) (float64, error) {
			if n == 10 {
				return 0, broken
			}
			return 1, nil
		})
		if !errors.Is(err, broken) || tried.Load() >= all || workers == 0 && tried.Load() != 10 {
			t.Errorf("%d workers: %d sets tried, %v", workers, tried.Load(), err)
		}
	}
	for _, bad := range []float64{-0.1, 1.1, math.NaN()} {
		_, err := Calibrate(Calibration{Sets: 3}, draw, func(int, *rand.Rand) (float64, error) { return bad, nil })
		wantError(t, err, "set 0: p is")
	}
	_, err := Calibrate(Calibration{}, draw, nil)
	wantError(t, err, "0 sets")
	_, err = Calibrate(Calibration{Sets: 1, Alpha: 5}, draw, nil)
	wantError(t, err, "at 5")
}

// With two workers two sets are tried at once: each waits here for the other. In the bubble waiting alone is found at once.
func TestCalibrateWithWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		both := make(chan struct{})
		draw := func(*rand.Rand) int { return 0 }
		rate := must(Calibrate(Calibration{Sets: 2, Workers: 2}, draw, func(int, *rand.Rand) (float64, error) {
			select {
			case both <- struct{}{}:
			case <-both:
			}
			return 1, nil
		}))
		if rate.Findings != 0 || rate.Sets != 2 {
			t.Errorf("%v", rate)
		}
	})
}

func TestSeriesForCalibration(t *testing.T) {
	r, stays, ones := seeded(5), 0, 0
	x := Persistent(100000, 0.8, r)
	for i, v := range x {
		ones += v
		if i > 0 && v == x[i-1] {
			stays++
		}
	}
	near(t, "P(stay)", float64(stays)/99999, 0.8, 0.01)
	near(t, "ones", float64(ones)/1e5, 0.5, 0.02)
	y, product, square := Autoregressive(100000, 0.6, r), 0.0, 0.0
	for i, v := range y {
		square += v * v / 1e5
		if i > 0 {
			product += v * y[i-1] / 1e5
		}
	}
	near(t, "variance", square, 1, 0.03)
	near(t, "autocorrelation", product/square, 0.6, 0.02)
}
