package statistics

import (
	"math"
	"slices"
	"testing"
)

// The interval of a mean of many normal values is that of the normal formula; BCa and percentiles agree there.
func TestBootstrapOfAMean(t *testing.T) {
	r := seeded(1)
	runs := make([]float64, 400)
	for i := range runs {
		runs[i] = 5 + 2*r.NormFloat64()
	}
	m, sd := mean(runs), 0.0
	for _, v := range runs {
		sd += (v - m) * (v - m) / 399
	}
	half := 1.96 * math.Sqrt(sd/400)
	for method, cfg := range map[string]Bootstrapping{"bca": {B: 8000}, "percentile": {B: 8000, Percentile: true}} {
		value, i, err := Bootstrap(runs, mean, cfg, r)
		if err != nil || i.Method != method || i.N != 400 || i.Level != 0.95 || len(i.Warnings) > 0 {
			t.Fatalf("%+v, %v", i, err)
		}
		near(t, "value", value, m, 0)
		near(t, method+" low", i.Low, m-half, 0.02)
		near(t, method+" high", i.High, m+half, 0.02)
	}
	_, wide, _ := Bootstrap(runs, mean, Bootstrapping{Level: 0.99}, r)
	near(t, "99 %", wide.High-wide.Low, 2*half*2.5758/1.96, 0.05)
}

// The reason for BCa: of a skewed statistic the interval reaches further on the long side. Data and numbers: Efron and
// Tibshirani 1993, ch. 14 (spatial test data, the variance, 90 %); the acceleration is exact, the ends are from 2,000
// resamples, which leaves them a deviation of about 2.
func TestBootstrapCorrectsSkew(t *testing.T) {
	runs := []float64{48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41}
	variance := func(x []float64) float64 { // of the population, as in their Table 14.2
		m, sum := mean(x), 0.0
		for _, v := range x {
			sum += (v - m) * (v - m)
		}
		return sum / float64(len(x))
	}
	value, i, err := Bootstrap(runs, variance, Bootstrapping{B: 40000, Level: 0.9}, seeded(2))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "variance", value, 171.5, 0.05)
	near(t, "acceleration", acceleration([][]float64{runs}, func(g [][]float64) float64 { return variance(g[0]) }), 0.061, 0.0005)
	near(t, "low", i.Low, 115.8, 4) // the book: BCa (115.8, 259.6), percentiles (100.8, 233.9)
	near(t, "high", i.High, 259.6, 4)
	_, p, _ := Bootstrap(runs, variance, Bootstrapping{B: 40000, Level: 0.9, Percentile: true}, seeded(2))
	near(t, "percentile low", p.Low, 100.8, 4)
	near(t, "percentile high", p.High, 233.9, 4)
}

// Of two groups: sum of U³/n³ over 6 (sum of U²/n²)^1.5, each group with its own n (Efron and Tibshirani 1993, 14.6). Of a
// product of means, U of a run is its deviation times the other mean.
func TestAccelerationOfTwoGroups(t *testing.T) {
	a, b := []float64{1, 2, 9}, []float64{2, 3, 3, 4, 8, 16}
	got := acceleration([][]float64{a, b}, func(g [][]float64) float64 { return mean(g[0]) * mean(g[1]) })
	cubes, squares := 0.0, 0.0
	for _, g := range [][2][]float64{{a, b}, {b, a}} {
		for _, v := range g[0] {
			u := (v - mean(g[0])) * mean(g[1]) / float64(len(g[0]))
			cubes, squares = cubes+u*u*u, squares+u*u
		}
	}
	near(t, "acceleration", got, cubes/(6*math.Pow(squares, 1.5)), 1e-12)
}

// Ties count half: an interval of a symmetric sample of few values is symmetric.
func TestBootstrapOfTies(t *testing.T) {
	runs := slices.Repeat([]float64{0, 1}, 10)
	_, i, err := Bootstrap(runs, mean, Bootstrapping{B: 20000}, seeded(6))
	if err != nil || i.Method != "bca" {
		t.Fatalf("%+v, %v", i, err)
	}
	near(t, "middle", (i.Low+i.High)/2, 0.5, 1e-9)
}

// A 95 % interval holds the truth in about 95 of 100 studies; 12 runs of a skewed value are hard.
func TestBootstrapCovers(t *testing.T) {
	r, held := seeded(3), 0
	const studies = 400
	runs := make([]float64, 30)
	for range studies {
		for i := range runs {
			runs[i] = r.NormFloat64()
		}
		if _, i, _ := Bootstrap(runs, mean, Bootstrapping{}, r); i.Has(0) {
			held++
		}
	}
	if share := float64(held) / studies; share < 0.91 || share > 0.98 {
		t.Errorf("%.3f of the intervals held the truth", share)
	}
}

func TestBootstrapWarns(t *testing.T) {
	_, i, err := Bootstrap([]float64{1, 2, 3, 4, 5, 6, 7}, mean, Bootstrapping{}, seeded(4))
	if err != nil || len(i.Warnings) != 1 || i.Warnings[0] != "7 runs: fewer than 8, look at the single values" {
		t.Errorf("%+v, %v", i, err)
	}
	_, i, _ = Bootstrap(slices.Repeat([]float64{1, 2}, 4), mean, Bootstrapping{}, seeded(4))
	if len(i.Warnings) > 0 {
		t.Errorf("8 runs: %v", i.Warnings)
	}
	value, i, err := Bootstrap(slices.Repeat([]float64{3}, 10), mean, Bootstrapping{}, seeded(4))
	if err != nil || value != 3 || i.Low != 3 || i.High != 3 || i.Method != "percentile" || len(i.Warnings) != 1 {
		t.Errorf("runs that do not vary: %+v, %v", i, err)
	}
	if _, i, err = Bootstrap([]float64{2}, mean, Bootstrapping{}, seeded(4)); err != nil || i.Low != 2 || len(i.Warnings) != 2 {
		t.Errorf("one run: %+v, %v", i, err)
	}
}

func TestBootstrapRefuses(t *testing.T) {
	_, _, err := Bootstrap(nil, mean, Bootstrapping{}, seeded(1))
	wantError(t, err, "no runs")
	_, _, err = Bootstrap(low5, mean, Bootstrapping{B: 100}, seeded(1))
	wantError(t, err, "100 resamples; accepted are 2000 or more")
	_, _, err = Bootstrap(low5, mean, Bootstrapping{Level: 95}, seeded(1))
	wantError(t, err, "confidence 95")
	_, _, err = Bootstrap(low5, mean, Bootstrapping{}, nil)
	wantError(t, err, "generator")
	_, _, err = Bootstrap([]float64{1, math.NaN()}, mean, Bootstrapping{}, seeded(1))
	wantError(t, err, "the statistic of 2 runs is NaN")
	undefined := func(x []float64) float64 { return 1 / (x[0] - 2) } // of some resamples
	_, _, err = Bootstrap([]float64{1, 2, 3}, undefined, Bootstrapping{}, seeded(1))
	wantError(t, err, "statistic of resample")
	_, _, err = BootstrapDifference(low5, nil, mean, Bootstrapping{}, seeded(1))
	wantError(t, err, "no runs")
}

func TestBootstrapDifference(t *testing.T) {
	r := seeded(5)
	a, b := make([]float64, 200), make([]float64, 100)
	for i := range a {
		a[i] = r.NormFloat64()
	}
	for i := range b {
		b[i] = 1 + r.NormFloat64()
	}
	d, welch, err := WelchInterval(a, b, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	value, i, err := BootstrapDifference(a, b, mean, Bootstrapping{B: 8000}, r)
	if err != nil || i.Method != "bca" || i.N != 300 || len(i.Warnings) > 0 {
		t.Fatalf("%+v, %v", i, err)
	}
	near(t, "difference", value, d, 1e-15)
	near(t, "low", i.Low, welch.Low, 0.03)
	near(t, "high", i.High, welch.High, 0.03)
	if _, i, _ := BootstrapDifference(a, b[:5], mean, Bootstrapping{}, r); len(i.Warnings) != 1 {
		t.Errorf("5 runs of one condition: %v", i.Warnings)
	}
}

func TestWelch(t *testing.T) {
	d, i, err := WelchInterval(low5, high5, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "difference", d, 5, 0)
	near(t, "low", i.Low, 5-2.306004135, 1e-8) // t(8) = 2.306004135; both variances 2.5, so that se = 1
	near(t, "high", i.High, 5+2.306004135, 1e-8)
	if i.N != 10 || len(i.Warnings) != 1 {
		t.Errorf("%+v", i)
	}
	// Unequal variances: df = (2.5/5+250/5)²/((2.5/5)²/4+(250/5)²/4) = 4.0800
	_, i, _ = WelchInterval(low5, []float64{60, 70, 80, 90, 100}, 0.95)
	near(t, "half", (i.High-i.Low)/2, 2.754*math.Sqrt(50.5), 0.01)
	if _, i, err = WelchInterval([]float64{1, 1}, []float64{2, 2}, 0.95); err != nil || i.Low != 1 || i.High != 1 || len(i.Warnings) != 2 {
		t.Errorf("samples that do not vary: %+v, %v", i, err)
	}
	_, _, err = WelchInterval([]float64{1}, high5, 0.95)
	wantError(t, err, "the first sample has 1 values; accepted are 2 or more")
	_, err = CohenD([]float64{1, 1}, []float64{2, 2})
	wantError(t, err, "neither sample varies")
}

func TestCramerV(t *testing.T) {
	near(t, "diagonal", must(CramerV([][]int{{5, 0, 0}, {0, 7, 0}, {0, 0, 2}})), 1, 1e-12)
	near(t, "independent", must(CramerV([][]int{{10, 20}, {20, 40}})), 0, 1e-12)
	near(t, "2x2", must(CramerV([][]int{{30, 10}, {10, 30}})), 0.5, 1e-12) // chi² = 20 of 80
	near(t, "an empty row and column", must(CramerV([][]int{{30, 0, 10}, {0, 0, 0}, {10, 0, 30}})), 0.5, 1e-12)
	near(t, "2x3", must(CramerV([][]int{{10, 0, 5}, {0, 10, 5}})), math.Sqrt(20./30), 1e-12)
	for want, bad := range map[string][][]int{
		"an empty table":                  {},
		"1 rows and 2 columns":            {{1, 2}, {0, 0}},
		"row 1 has 1 cells":               {{1, 2}, {3}},
		"count -1 in row 0, column 1; ac": {{1, -1}, {3, 3}},
	} {
		_, err := CramerV(bad)
		wantError(t, err, want)
	}
}
