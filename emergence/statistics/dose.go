package statistics

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Dose is what was tried in some runs, such as a committed share, and in how many of them it worked.
type Dose struct {
	Dose      float64 `json:"dose"`
	Trials    int     `json:"trials"` // runs
	Responses int     `json:"responses"`
}

// Response is a logistic curve of how a response depends on the dose: P = 1 / (1 + exp(-(Intercept + Slope dose))).
type Response struct {
	Intercept float64  `json:"intercept"`
	Slope     float64  `json:"slope"`     // log odds per unit of dose
	Threshold float64  `json:"threshold"` // the dose at which P is a half; 0 when not Found
	Interval  Interval `json:"interval"`  // of the threshold, within the doses tried
	Found     bool     `json:"found"`     // the curve rises through a half within the doses tried
	P         float64  `json:"p"`         // of a dose that makes no difference
	N         int      `json:"n"`         // runs
	Warnings  []string `json:"warnings,omitempty"`
}

// At is the probability of a response at a dose.
func (r Response) At(dose float64) float64 { return logistic(r.Intercept + r.Slope*dose) }

// DoseResponse fits a logistic curve to the runs, each of them one trial at one dose, and finds its threshold: the
// critical mass, when the dose is the committed share. The fit is Firth's penalised likelihood, which stays finite where
// no dose has both outcomes, as in a sharp transition. The interval holds the thresholds that the profile of that
// likelihood, over curves that do not fall, does not reject; where it reaches beyond the doses tried it is cut there,
// with a warning. At least two different doses. Sources: Firth 1993; Heinze and Schemper 2002. Cost O(doses) times some
// ten thousands.
func DoseResponse(doses []Dose, level float64) (Response, error) {
	d, err := newDoseFit(doses)
	if err != nil {
		return Response{}, err
	}
	if err := checkLevel(level); err != nil {
		return Response{}, err
	}
	a, b, best := d.fit()
	flat := d.flat()
	r := Response{
		Intercept: a - b*d.middle/d.scale, Slope: b / d.scale, N: d.runs,
		P: distuv.ChiSquared{K: 1}.Survival(max(0, 2*(best-flat))),
	}
	low, high := d.doses[0].Dose, d.doses[len(d.doses)-1].Dose
	at := func(x float64) float64 { return d.middle + d.scale*x }
	threshold := math.NaN()
	if b > 1e-9 { // 0, but for rounding
		threshold = at(-a / b)
	}
	if d.separated() {
		r.Warnings = append(r.Warnings, "no overlap: every dose with a response lies above every one without; the slope is what the penalty leaves")
	}
	if len(d.doses) < 4 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d doses: too few to see the shape of a curve", len(d.doses)))
	}
	switch {
	case math.IsNaN(threshold):
		r.Warnings = append(r.Warnings, "responses do not rise with the dose: no threshold")
		return r, nil
	case threshold < low:
		r.Warnings = append(r.Warnings, "more than half responded already at the lowest dose: no threshold within the doses tried")
		return r, nil
	case threshold > high:
		r.Warnings = append(r.Warnings, "fewer than half responded even at the highest dose: no threshold within the doses tried")
		return r, nil
	}
	r.Found, r.Threshold = true, threshold
	r.Interval = d.interval(threshold, best, level)
	return r, nil
}

// interval holds the thresholds within the doses tried whose likelihood is near enough to the best.
func (d *doseFit) interval(threshold, best, level float64) Interval {
	least := best - distuv.ChiSquared{K: 1}.Quantile(level)/2
	in := Interval{Level: level, Method: "profile penalised likelihood", N: d.runs}
	accepted := func(threshold float64) bool { return d.profile((threshold-d.middle)/d.scale) >= least }
	end := func(limit float64, says string) float64 {
		if accepted(limit) {
			in.Warnings = append(in.Warnings, "the interval reaches "+says+" dose tried")
			return limit
		}
		inside, outside := threshold, limit
		for range 30 {
			if m := inside/2 + outside/2; accepted(m) {
				inside = m
			} else {
				outside = m
			}
		}
		return inside
	}
	in.Low = end(d.doses[0].Dose, "below the lowest")
	in.High = end(d.doses[len(d.doses)-1].Dose, "above the highest")
	return in
}

// doseFit is the data of a fit: one entry for each dose, in order; x of a dose is (dose - middle)/scale.
type doseFit struct {
	doses         []Dose
	x             []float64
	weight        []float64 // of each dose, at the curve whose likelihood was taken last
	middle, scale float64
	runs          int
}

func newDoseFit(doses []Dose) (*doseFit, error) {
	d := &doseFit{}
	for i, dose := range doses {
		if !finite(dose.Dose) {
			return nil, fmt.Errorf("statistics: dose %d is %v; accepted are finite numbers", i, dose.Dose)
		}
		if dose.Trials < 1 || dose.Responses < 0 || dose.Responses > dose.Trials {
			return nil, fmt.Errorf("statistics: %d responses in %d trials at dose %v; accepted is 0 to all of 1 or more", dose.Responses, dose.Trials, dose.Dose)
		}
		d.runs += dose.Trials
	}
	for _, dose := range slices.SortedStableFunc(slices.Values(doses), func(a, b Dose) int { return cmp.Compare(a.Dose, b.Dose) }) {
		if last := len(d.doses) - 1; last >= 0 && d.doses[last].Dose == dose.Dose {
			d.doses[last].Trials += dose.Trials
			d.doses[last].Responses += dose.Responses
		} else {
			d.doses = append(d.doses, dose)
		}
	}
	if len(d.doses) < 2 {
		return nil, fmt.Errorf("statistics: %d different doses; accepted are 2 or more", len(d.doses))
	}
	low, high := d.doses[0].Dose, d.doses[len(d.doses)-1].Dose
	d.middle, d.scale = low/2+high/2, high/2-low/2
	for _, dose := range d.doses {
		d.x = append(d.x, (dose.Dose-d.middle)/d.scale)
	}
	d.weight = make([]float64, len(d.x))
	return d, nil
}

// separated tells whether all runs without a response have lower doses than all with one, with responses of both kinds.
func (d *doseFit) separated() bool {
	first, last := -1, -1 // the lowest dose with a response, the highest without
	for i, dose := range d.doses {
		if dose.Responses > 0 && first < 0 {
			first = i
		}
		if dose.Responses < dose.Trials {
			last = i
		}
	}
	return first >= 0 && last >= 0 && last < first
}
