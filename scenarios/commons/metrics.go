package commons

import "slices"

// The metrics of a run, in the order they are shown. T is the number of months ordered, R_i what agent i caught in
// all months, f(0) half of the initial stock; the formulas are those of Piatti et al., section 3.
const (
	SurvivalTime = "survival_time" // months played, the one of the collapse included
	SurvivalRate = "survival_rate" // 1 when T months were played, else 0
	Gain         = "gain"          // mean of R_i
	Efficiency   = "efficiency"    // 1 - max(0, T f(0) - sum of R_i) / (T f(0))
	Equality     = "equality"      // 1 - sum of |R_i - R_j| over all pairs (i, j) / (2 n sum of R_i)
	Overuse      = "overuse"       // share of the (agent, month) pairs whose catch was above the fair share
)

var metricNames = []string{SurvivalTime, SurvivalRate, Gain, Efficiency, Equality, Overuse}

// Metrics measures the months played so far. Everybody counts who ever fished here, however shortly; the fair share is
// that of the month, among those present in it. Where nothing was caught all have the same: equality is 1.
func (l *Lake) Metrics() map[string]float64 {
	m := map[string]float64{SurvivalTime: float64(l.Played), SurvivalRate: 0, Gain: 0, Efficiency: 0, Equality: l.equality(), Overuse: 0}
	if l.Played >= l.laws.Months {
		m[SurvivalRate] = 1
	}
	if n := len(l.Fishers); n > 0 {
		m[Gain] = float64(l.Caught) / float64(n)
	}
	if sustainable := l.laws.Months * (l.laws.Initial / 2); sustainable > 0 {
		m[Efficiency] = 1 - float64(max(0, sustainable-l.Caught))/float64(sustainable)
	}
	if l.Harvests > 0 {
		m[Overuse] = float64(l.Overuses) / float64(l.Harvests)
	}
	return m
}

func (l *Lake) equality() float64 {
	if l.Caught == 0 {
		return 1
	}
	n := len(l.Fishers)
	totals := make([]int, n)
	for i := range l.Fishers {
		totals[i] = l.Fishers[i].Total
	}
	slices.Sort(totals)
	differences := 0 // of every pair, once: the i-th is the larger one i times and the smaller one n-1-i times
	for i, total := range totals {
		differences += (2*i - n + 1) * total
	}
	return 1 - float64(differences)/float64(n*l.Caught)
}
