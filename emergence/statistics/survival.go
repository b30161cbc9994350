package statistics

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Duration is how long it took in one run until something happened; Censored says that it had not happened when the run
// ended, so that it took longer than Time. A run that was stopped at a cap is censored, it is not one without.
type Duration struct {
	Time     float64 // rounds, or any unit; not negative
	Censored bool
}

// Step is one time at which something happened in a Curve.
type Step struct {
	Time      float64 `json:"time"`
	AtRisk    int     `json:"at_risk"` // runs in which it had not happened just before
	Events    int     `json:"events"`  // runs in which it happened now
	Censored  int     `json:"censored"`
	Surviving float64 `json:"surviving"` // share in which it has not happened yet, from now to the next step
	SE        float64 `json:"se"`        // of that share, by Greenwood
	Low       float64 `json:"low"`       // interval of that share
	High      float64 `json:"high"`
}

// Curve is a survival curve: before its first step the share is 1.
type Curve struct {
	Steps    []Step   `json:"steps"`
	N        int      `json:"n"` // runs
	Censored int      `json:"censored"`
	Level    float64  `json:"level"`
	Method   string   `json:"method"`
	Warnings []string `json:"warnings,omitempty"`
}

// KaplanMeier estimates the share of runs in which something has not happened by a time, S(t) = prod (1 - d/n) over the
// times at which it happened; a run that is censored at such a time was still at risk at it. The interval is Greenwood's
// on the scale log(-log S), which stays within [0, 1]; where S is 0 it goes from 0 to the end of the step before. Times
// at which runs were only censored are not steps: they count into the step before, or into none. Sources: Kaplan and
// Meier 1958; Greenwood 1926; Kalbfleisch and Prentice 1980. Cost O(R log R).
func KaplanMeier(durations []Duration, level float64) (Curve, error) {
	if err := checkDurations("the sample", durations); err != nil {
		return Curve{}, err
	}
	z, err := zOf(level)
	if err != nil {
		return Curve{}, err
	}
	c := Curve{N: len(durations), Level: level, Method: "kaplan-meier, greenwood log-log", Warnings: fewRuns(len(durations))}
	atRisk, share, greenwood, high := len(durations), 1.0, 0.0, 1.0
	for _, m := range moments(durations) {
		c.Censored += m.censored
		if m.events > 0 {
			n, d := float64(atRisk), float64(m.events)
			share *= 1 - d/n
			s := Step{Time: m.time, AtRisk: atRisk, Events: m.events, Surviving: share, High: high}
			if m.events < atRisk {
				greenwood += d / (n * (n - d))
				s.SE = share * math.Sqrt(greenwood)
				spread := math.Exp(z * math.Sqrt(greenwood) / math.Abs(math.Log(share)))
				s.Low, s.High = math.Pow(share, spread), math.Pow(share, 1/spread)
			} else {
				share, s.Surviving = 0, 0 // exactly, whatever rounding was before
			}
			high = s.High
			c.Steps = append(c.Steps, s)
		}
		if len(c.Steps) > 0 {
			c.Steps[len(c.Steps)-1].Censored += m.censored
		}
		atRisk -= m.events + m.censored
	}
	if c.Censored == c.N {
		c.Warnings = append(c.Warnings, "every run is censored: it never happened")
	}
	return c, nil
}

// At is the share of runs in which it has not happened by a time.
func (c Curve) At(time float64) float64 {
	share := 1.0
	for _, s := range c.Steps {
		if s.Time > time {
			break
		}
		share = s.Surviving
	}
	return share
}

// Quantile is the first time by which it has happened in a share p of the runs, the median for 0.5; ok is false when
// the curve does not come down so far.
func (c Curve) Quantile(p float64) (time float64, ok bool) {
	for _, s := range c.Steps {
		if s.Surviving <= 1-p+slack {
			return s.Time, true
		}
	}
	return 0, false
}

// moment is a time, with what happened at it.
type moment struct {
	time             float64
	events, censored int
}

// moments gathers durations by time, the earliest first.
func moments(durations []Duration) (all []moment) {
	sorted := slices.SortedFunc(slices.Values(durations), func(a, b Duration) int { return cmp.Compare(a.Time, b.Time) })
	for _, d := range sorted {
		if len(all) == 0 || all[len(all)-1].time != d.Time {
			all = append(all, moment{time: d.Time})
		}
		if m := &all[len(all)-1]; d.Censored {
			m.censored++
		} else {
			m.events++
		}
	}
	return all
}

// ChiSquared is the outcome of a test whose statistic has a chi-square distribution under the null.
type ChiSquared struct {
	Statistic float64  `json:"statistic"`
	DF        int      `json:"df"`
	P         float64  `json:"p"`
	Method    string   `json:"method"`
	Warnings  []string `json:"warnings,omitempty"`
}

func chiSquared(method string, statistic float64, df int) ChiSquared {
	statistic = max(0, statistic)
	return ChiSquared{Statistic: statistic, DF: df, P: distuv.ChiSquared{K: float64(df)}.Survival(statistic), Method: method}
}

// LogRank tests whether it takes equally long in two or more conditions, censored runs included: at every time at which
// something happened the events of each condition are held against those that its share of the runs at risk would
// have. One duration per run. Source: Mantel 1966; Peto and Peto 1972. Cost O(R log R + G R).
func LogRank(groups ...[]Duration) (ChiSquared, error) {
	if len(groups) < 2 {
		return ChiSquared{}, fmt.Errorf("statistics: %d conditions; accepted are 2 or more", len(groups))
	}
	k, least := len(groups)-1, math.MaxInt // the last condition follows from the others
	atRisk, all := make([]float64, len(groups)), 0.0
	events := make([]map[float64]moment, len(groups))
	for g, durations := range groups {
		if err := checkDurations(fmt.Sprintf("condition %d", g), durations); err != nil {
			return ChiSquared{}, err
		}
		least = min(least, len(durations))
		atRisk[g], events[g] = float64(len(durations)), map[float64]moment{}
		all += atRisk[g]
		for _, m := range moments(durations) {
			events[g][m.time] = m
		}
	}
	excess, covariance := mat.NewVecDense(k, nil), mat.NewSymDense(k, nil)
	for _, m := range moments(slices.Concat(groups...)) {
		if d := float64(m.events); d > 0 {
			var spread float64 // of the hypergeometric distribution
			if all > 1 {
				spread = d * (all - d) / (all - 1)
			}
			for g := range k {
				share := atRisk[g] / all
				excess.SetVec(g, excess.AtVec(g)+float64(events[g][m.time].events)-d*share)
				for h := g; h < k; h++ {
					v := -share * atRisk[h] / all
					if g == h {
						v += share
					}
					covariance.SetSym(g, h, covariance.At(g, h)+spread*v)
				}
			}
		}
		for g := range groups {
			gone := events[g][m.time]
			atRisk[g] -= float64(gone.events + gone.censored)
		}
		all -= float64(m.events + m.censored)
	}
	var factor mat.Cholesky
	if !factor.Factorize(covariance) {
		return ChiSquared{}, fmt.Errorf("statistics: in the conditions too little happened while runs of each were at risk; accepted is a time with an event and runs of all at risk")
	}
	var solved mat.VecDense
	if err := factor.SolveVecTo(&solved, excess); err != nil {
		return ChiSquared{}, fmt.Errorf("statistics: the conditions cannot be told apart: %w", err)
	}
	c := chiSquared("log-rank", mat.Dot(excess, &solved), k)
	c.Warnings = fewRuns(least)
	return c, nil
}

func checkDurations(what string, durations []Duration) error {
	if len(durations) == 0 {
		return fmt.Errorf("statistics: %s has no durations; accepted is 1 or more", what)
	}
	for i, d := range durations {
		if !(d.Time >= 0) || math.IsInf(d.Time, 1) {
			return fmt.Errorf("statistics: duration %d of %s is %v; accepted is a number from 0 on", i, what, d.Time)
		}
	}
	return nil
}
