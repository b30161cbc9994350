package statistics

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// With two doses the penalised fit goes through (k + 1/2)/(n + 1) at both (Firth 1993: Jeffreys' prior), also where no
// other fit is finite.
func TestDoseResponseOfTwoDoses(t *testing.T) {
	for _, k := range [][2]int{{2, 7}, {0, 10}, {9, 1}, {0, 0}} {
		r := must(DoseResponse([]Dose{{0.1, 10, k[0]}, {0.3, 10, k[1]}}, 0.95))
		near(t, "at the lower", r.At(0.1), (float64(k[0])+0.5)/11, 1e-7)
		near(t, "at the higher", r.At(0.3), (float64(k[1])+0.5)/11, 1e-7)
		if r.Found != (k[0] < 5 && k[1] > 5) {
			t.Errorf("%v: %+v", k, r)
		}
	}
	r := must(DoseResponse([]Dose{{0.1, 10, 0}, {0.3, 10, 10}}, 0.95))
	near(t, "threshold", r.Threshold, 0.2, 1e-9)
	if !hasWarning(r.Warnings, "no overlap") || !hasWarning(r.Warnings, "2 doses") {
		t.Errorf("%v", r.Warnings)
	}
}

func hasWarning(all []string, part string) bool {
	return slices.ContainsFunc(all, func(w string) bool { return strings.Contains(w, part) })
}

func trials(r *rand.Rand, threshold, slope float64, n int, at ...float64) (all []Dose) {
	for _, x := range at {
		d := Dose{Dose: x, Trials: n}
		for range n {
			if r.Float64() < logistic(slope*(x-threshold)) {
				d.Responses++
			}
		}
		all = append(all, d)
	}
	return all
}

var shares = []float64{0, .02, .04, .06, .08, .1, .12, .14, .16, .18, .2}

func TestDoseResponseFindsTheThreshold(t *testing.T) {
	r := must(DoseResponse(trials(seeded(1), 0.0979, 80, 2000, shares...), 0.95))
	near(t, "threshold", r.Threshold, 0.0979, 0.001)
	near(t, "slope", r.Slope, 80, 3)
	near(t, "at the threshold", r.At(r.Threshold), 0.5, 1e-9)
	if !r.Found || r.P > 1e-9 || r.N != 22000 || len(r.Warnings) > 0 || !r.Interval.Has(r.Threshold) || len(r.Interval.Warnings) > 0 {
		t.Errorf("%+v", r)
	}
	// Of much data the interval is that of the delta method: var(t) = (var a + 2 t cov + t² var b)/b².
	var i0, i1, i2 float64
	for _, x := range shares {
		w := 2000 * r.At(x) * (1 - r.At(x))
		i0, i1, i2 = i0+w, i1+w*x, i2+w*x*x
	}
	det, at := i0*i2-i1*i1, r.Threshold
	se := math.Sqrt((i2-2*at*i1+at*at*i0)/det) / r.Slope
	near(t, "low", r.Interval.Low, at-1.96*se, se/20)
	near(t, "high", r.Interval.High, at+1.96*se, se/20)
	wide := must(DoseResponse(trials(seeded(1), 0.0979, 80, 2000, shares...), 0.99))
	near(t, "99 %", wide.Interval.High-wide.Interval.Low, 2*2.5758*se, se/10)
	// The unit and the order of the doses do not matter, nor that one comes in two parts.
	percent := trials(seeded(1), 0.0979, 80, 2000, shares...)
	for i := range percent {
		percent[i].Dose = 100*percent[i].Dose + 1000
	}
	slices.Reverse(percent)
	percent = append(percent, Dose{percent[3].Dose, 500, 480})
	percent[3].Trials, percent[3].Responses = percent[3].Trials-500, percent[3].Responses-480
	p := must(DoseResponse(percent, 0.95))
	near(t, "threshold in percent", p.Threshold, 1000+100*r.Threshold, 1e-6)
	near(t, "low in percent", p.Interval.Low, 1000+100*r.Interval.Low, 1e-6)
	near(t, "p in percent", p.P, r.P, 1e-9)
}

// The interval holds the truth about as often as it says, on gentle curves and on steps, with 10 runs at each share.
func TestDoseResponseCovers(t *testing.T) {
	for _, slope := range []float64{30, 100, 1000} {
		r, held, found := seeded(2), 0, 0
		const studies = 120
		for range studies {
			fit := must(DoseResponse(trials(r, 0.093, slope, 10, shares...), 0.95))
			if fit.Found {
				found++
			}
			if fit.Found && fit.Interval.Has(0.093) {
				held++
			}
		}
		share := float64(held) / studies
		t.Logf("slope %v: %.3f of the intervals held the truth, %d of %d thresholds found", slope, share, found, studies)
		if share < 0.9 {
			t.Errorf("slope %v: too few", slope)
		}
	}
}

func TestDoseResponseWithoutThreshold(t *testing.T) {
	for want, doses := range map[string][]Dose{
		"do not rise":                     {{0, 10, 8}, {1, 10, 5}, {2, 10, 3}, {3, 10, 1}},
		"do not rise with the dose":       {{0, 10, 10}, {1, 10, 10}, {2, 10, 10}, {3, 10, 10}},
		"already at the lowest dose":      {{0, 10, 7}, {1, 10, 8}, {2, 10, 9}, {3, 10, 10}},
		"even at the highest dose":        {{0, 10, 0}, {1, 10, 1}, {2, 10, 1}, {3, 10, 3}},
		"do not rise with the dose: no t": {{0, 10, 0}, {1, 10, 0}, {2, 10, 0}, {3, 10, 0}},
	} {
		r := must(DoseResponse(doses, 0.95))
		if r.Found || r.Threshold != 0 || !hasWarning(r.Warnings, want) || hasWarning(r.Warnings, "no overlap") {
			t.Errorf("%v: %+v", doses, r)
		}
	}
	// A dose that makes no difference: p is high, and the interval reaches both ends.
	r := must(DoseResponse([]Dose{{0, 10, 4}, {1, 10, 5}, {2, 10, 5}, {3, 10, 5}, {4, 10, 6}}, 0.95))
	if r.P < 0.3 || !r.Found || r.Interval.Low != 0 || r.Interval.High != 4 || len(r.Interval.Warnings) != 2 {
		t.Errorf("%+v", r)
	}
}

// The p of a dose that makes no difference is below 0.05 in about 5 of 100 studies.
func TestDoseResponseP(t *testing.T) {
	rate := must(Calibrate(Calibration{Sets: 1000, Seed: 4},
		func(r *rand.Rand) []Dose { return trials(r, 0, 0, 20, 0, 1, 2, 3, 4) },
		func(d []Dose, _ *rand.Rand) (float64, error) { r, err := DoseResponse(d, 0.95); return r.P, err }))
	if !rate.Sound() {
		t.Errorf("rate %v", rate)
	}
}

func TestDoseResponseRefuses(t *testing.T) {
	for want, doses := range map[string][]Dose{
		"0 different doses":                 nil,
		"1 different doses":                 {{1, 5, 2}, {1, 5, 3}},
		"dose 1 is NaN":                     {{1, 5, 2}, {math.NaN(), 5, 3}},
		"dose 0 is +Inf":                    {{math.Inf(1), 5, 2}, {1, 5, 3}},
		"6 responses in 5 trials at dose 1": {{1, 5, 6}, {2, 5, 3}},
		"0 responses in 0 trials at dose 2": {{1, 5, 5}, {2, 0, 0}},
	} {
		_, err := DoseResponse(doses, 0.95)
		wantError(t, err, want)
	}
	_, err := DoseResponse([]Dose{{1, 5, 2}, {2, 5, 3}}, 0)
	wantError(t, err, "confidence 0")
}
