package statistics

import (
	"math"
	"testing"
)

// durations reads times, the negative ones being censored.
func durations(times ...float64) (all []Duration) {
	for _, t := range times {
		all = append(all, Duration{math.Abs(t), t < 0})
	}
	return all
}

// Remission of leukaemia in weeks, the data on which survival methods are shown (Freireich et al. 1963).
var (
	treated = durations(6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35)
	placebo = durations(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)
)

// "Times 1, 3, 3, 5+, 12+ give S(1) = .8, S(3) = .4"
func TestKaplanMeierOfConsensusTimes(t *testing.T) {
	c := must(KaplanMeier(durations(3, 1, -12, 3, -5), 0.95))
	near(t, "S(0)", c.At(0), 1, 0)
	near(t, "S(1)", c.At(1), .8, 1e-15)
	near(t, "S(2.9)", c.At(2.9), .8, 1e-15)
	near(t, "S(3)", c.At(3), .4, 1e-15)
	near(t, "S(100)", c.At(100), .4, 1e-15)
	if m, ok := c.Quantile(0.5); m != 3 || !ok {
		t.Errorf("median %v %v", m, ok)
	}
	if _, ok := c.Quantile(0.9); ok {
		t.Error("a time by which 9 of 10 had agreed, of 5 runs with 2 censored")
	}
	if m, ok := c.Quantile(0.2); m != 1 || !ok {
		t.Errorf("first fifth %v %v", m, ok)
	}
	if c.N != 5 || c.Censored != 2 || len(c.Steps) != 2 || c.Steps[1].Censored != 2 || c.Steps[1].AtRisk != 4 || len(c.Warnings) != 1 {
		t.Errorf("%+v", c)
	}
}

// The textbook table: Kalbfleisch and Prentice 1980; R's survfit(conf.type = "log-log").
func TestKaplanMeierOfRemissions(t *testing.T) {
	c := must(KaplanMeier(treated, 0.95))
	for i, want := range []Step{
		{6, 21, 3, 1, .8571, .0764, .6197, .9516}, {7, 17, 1, 1, .8067, .0869, .5631, .9228},
		{10, 15, 1, 2, .7529, .0963, .5032, .8894}, {13, 12, 1, 0, .6902, .1068, .4316, .8491},
		{16, 11, 1, 3, .6275, .1141, .3675, .8049}, {22, 7, 1, 0, .5378, .1282, .2678, .7468},
		{23, 6, 1, 5, .4482, .1346, .1881, .6801},
	} {
		got := c.Steps[i]
		if got.Time != want.Time || got.AtRisk != want.AtRisk || got.Events != want.Events || got.Censored != want.Censored {
			t.Errorf("step %d: %+v, expected %+v", i, got, want)
		}
		near(t, "share", got.Surviving, want.Surviving, 5e-5)
		near(t, "se", got.SE, want.SE, 5e-5)
		near(t, "low", got.Low, want.Low, 1e-4)
		near(t, "high", got.High, want.High, 1e-4)
	}
	if m, ok := c.Quantile(0.5); m != 23 || !ok || len(c.Steps) != 7 || c.Censored != 12 || len(c.Warnings) > 0 {
		t.Errorf("median %v, %+v", m, c)
	}
}

func TestKaplanMeierAtTheEnds(t *testing.T) {
	c := must(KaplanMeier(durations(1, 2, 3), 0.95))
	last := c.Steps[2]
	if last.Surviving != 0 || last.SE != 0 || last.Low != 0 || last.High != c.Steps[1].High {
		t.Errorf("after the last of all: %+v", last)
	}
	c = must(KaplanMeier(durations(-4, -4, -9), 0.95))
	if len(c.Steps) != 0 || c.At(9) != 1 || c.Censored != 3 || len(c.Warnings) != 2 {
		t.Errorf("all censored: %+v", c)
	}
	c = must(KaplanMeier(durations(0, 0, 5), 0.95))
	near(t, "at once", c.At(0), 1./3, 1e-15)
	_, err := KaplanMeier(nil, 0.95)
	wantError(t, err, "no durations")
	for _, bad := range []float64{math.NaN(), math.Inf(1), -1} {
		_, err = KaplanMeier([]Duration{{1, false}, {bad, false}}, 0.95)
		wantError(t, err, "duration 1 of the sample is")
	}
	_, err = KaplanMeier(treated, 1)
	wantError(t, err, "confidence 1")
}

// R's survdiff on the remissions: chi-square 16.79 on 1 degree of freedom, p = 4.17e-5.
func TestLogRank(t *testing.T) {
	c := must(LogRank(treated, placebo))
	near(t, "chi-square", c.Statistic, 16.79, 0.005)
	near(t, "p", c.P, 4.17e-5, 5e-8)
	if c.DF != 1 || len(c.Warnings) > 0 {
		t.Errorf("%+v", c)
	}
	near(t, "the other way round", must(LogRank(placebo, treated)).Statistic, c.Statistic, 1e-9)
	near(t, "alike", must(LogRank(placebo, placebo)).Statistic, 0, 1e-12)
	three := must(LogRank(treated, placebo, placebo))
	if three.DF != 2 {
		t.Errorf("%+v", three)
	}
	near(t, "three in another order", must(LogRank(placebo, treated, placebo)).Statistic, three.Statistic, 1e-9)
	// By hand: at 1 two of two and two at risk, one event in a: expected 1/2, variance 1/4; at 2 one of three: 1/3, 2/9;
	// at 3 one of two in b: 1/2, 1/4; at 4 none left to compare. Observed in a 1, expected 1/2 + 1/3 + 1/2.
	hand := must(LogRank(durations(1, -3.5), durations(2, 3, -3.5)))
	e, v := 2./5+1./4+1./3, 6./25+3./16+2./9
	near(t, "by hand", hand.Statistic, (1-e)*(1-e)/v, 1e-12)
	if len(hand.Warnings) != 1 {
		t.Errorf("2 and 3 runs: %v", hand.Warnings)
	}
	if few := must(LogRank(durations(1, 30), placebo)); len(few.Warnings) != 1 || few.Warnings[0][0] != '2' {
		t.Errorf("2 and 21 runs: %v", few.Warnings)
	}
}

func TestLogRankRefuses(t *testing.T) {
	_, err := LogRank(treated)
	wantError(t, err, "1 conditions")
	_, err = LogRank(treated, nil)
	wantError(t, err, "condition 1 has no durations")
	_, err = LogRank(durations(-1, -2), durations(-3, -4))
	wantError(t, err, "too little happened")
	_, err = LogRank(durations(-1, -2), durations(3, 4))
	wantError(t, err, "too little happened")
}
