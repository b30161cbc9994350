package statistics

import (
	"math"
	"slices"
	"testing"
)

var tenAndTen = slices.Concat(make([]float64, 10), slices.Repeat([]float64{1}, 10))

// "Ten 0s then ten 1s: tau = 10, K = 100, p = .0015809806"
func TestPettitt(t *testing.T) {
	c := must(Pettitt(tenAndTen))
	near(t, "p", c.P, .0015809806, 5e-11)
	if c.At != 10 || c.Statistic != 100 || c.Before != 0 || c.After != 1 {
		t.Errorf("%+v", c)
	}
	if k := PettittStatistic(tenAndTen); k != 100 {
		t.Errorf("K = %v", k)
	}
	c = must(Pettitt(make([]float64, 8)))
	if c.P != 1 || c.Statistic != 0 || c.At != 1 {
		t.Errorf("a constant series: %+v", c)
	}
	_, err := Pettitt([]float64{1, 2, 3})
	wantError(t, err, "the series has 3 values; accepted are 4 or more")
	_, err = Pettitt([]float64{1, 2, 3, math.NaN()})
	wantError(t, err, "value of the series 3 is NaN")
}

// By the formula itself: U_t = sum over i <= t < j of sign(x_j - x_i).
func TestPettittByItsFormula(t *testing.T) {
	r := seeded(1)
	for range 50 {
		x := make([]float64, 4+r.IntN(20))
		for i := range x {
			x[i] = float64(r.IntN(6)) // with ties
		}
		at, k := 1, 0.0
		for split := 1; split < len(x); split++ {
			u := 0.0
			for i := range split {
				for j := split; j < len(x); j++ {
					if x[j] > x[i] {
						u++
					} else if x[j] < x[i] {
						u--
					}
				}
			}
			if math.Abs(u) > k {
				at, k = split, math.Abs(u)
			}
		}
		if c := must(Pettitt(x)); c.At != at || math.Abs(c.Statistic-k) > 1e-9 {
			t.Fatalf("%v: %+v, expected %d, %v", x, c, at, k)
		}
	}
}

func TestSegment(t *testing.T) {
	cuts := must(Segment(tenAndTen, 0, 0))
	if len(cuts) != 1 || cuts[0].At != 10 || cuts[0].Before != 0 || cuts[0].After != 1 {
		t.Errorf("%+v", cuts)
	}
	near(t, "drop", cuts[0].Drop, 5, 1e-12) // the sum of squares about 1/2 is 20/4
	r := seeded(2)
	x := make([]float64, 300)
	for i := range x {
		x[i] = []float64{0, 4, 1}[i/100] + r.NormFloat64()
	}
	cuts = must(Segment(x, 0, 0))
	if len(cuts) != 2 || math.Abs(float64(cuts[0].At-100)) > 2 || math.Abs(float64(cuts[1].At-200)) > 2 {
		t.Fatalf("%+v", cuts)
	}
	near(t, "first", cuts[0].Before, 0, 0.4)
	near(t, "second", cuts[0].After, 4, 0.4)
	near(t, "second again", cuts[1].Before, cuts[0].After, 0)
	near(t, "third", cuts[1].After, 1, 0.4)
	for i := range x { // far from zero it must find the same
		x[i] += 1e9
	}
	if again := must(Segment(x, 0, 0)); len(again) != 2 || again[0].At != cuts[0].At {
		t.Errorf("a billion higher: %+v", again)
	}
	if cuts = must(Segment(x, 120, 0)); len(cuts) != 1 || cuts[0].At < 120 || cuts[0].At > 180 {
		t.Errorf("segments of 120 or more: %+v", cuts)
	}
	if cuts = must(Segment(x, 0, 1e9)); len(cuts) != 0 {
		t.Errorf("at a high penalty: %+v", cuts)
	}
	if cuts = must(Segment(slices.Repeat([]float64{0.1}, 50), 0, 0)); len(cuts) != 0 {
		t.Errorf("a constant series: %+v", cuts)
	}
}

// Noise alone is cut in few of many series.
func TestSegmentLeavesNoise(t *testing.T) {
	r, cut := seeded(3), 0
	for range 300 {
		x := make([]float64, 100)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		if len(must(Segment(x, 0, 0))) > 0 {
			cut++
		}
	}
	if cut > 15 {
		t.Errorf("%d of 300 series of noise were cut", cut)
	}
}

func TestSegmentRefuses(t *testing.T) {
	_, err := Segment(tenAndTen[:3], 0, 0)
	wantError(t, err, "the series has 3 values")
	_, err = Segment(tenAndTen, -1, 0)
	wantError(t, err, "segments of -1")
	_, err = Segment(tenAndTen, 0, math.NaN())
	wantError(t, err, "penalty of NaN")
	_, err = Segment(tenAndTen, 0, -1)
	wantError(t, err, "penalty of -1")
}
