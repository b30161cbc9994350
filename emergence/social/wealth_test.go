package social_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/polis-agents/polis/emergence/social"
)

func TestGini(t *testing.T) {
	value(t, "1 2 3 4", .25)(social.Gini([]float64{3, 1, 4, 2}))
	value(t, "one has all", .75)(social.Gini([]float64{0, 0, 0, 1}))
	value(t, "all alike", 0)(social.Gini([]float64{.1, .1, .1}))
	value(t, "one alone", 0)(social.Gini([]float64{5}))
	value(t, "very rich", .25)(social.Gini([]float64{.4e308, .8e308, 1.2e308, 1.6e308}))
	to(t, "unbiased 1 2 3 4", .3333, 5e-5)(social.GiniUnbiased([]float64{1, 2, 3, 4}))
	value(t, "unbiased, one has all", 1)(social.GiniUnbiased([]float64{0, 1, 0}))
	value(t, "equality", .75)(social.Equality([]float64{1, 2, 3, 4}))

	// The trap: all zero is 0 with a warning, never NaN.
	warned(t, "all zero", 0, "all payoffs are 0")(social.Gini([]float64{0, 0, 0}))
	warned(t, "all zero, unbiased", 0, "all payoffs are 0")(social.GiniUnbiased([]float64{0, 0, 0}))
	warned(t, "all zero, equality", 1, "all payoffs are 0")(social.Equality([]float64{0, 0, 0}))

	for name, of := range map[string]func([]float64) (float64, error){"gini": social.Gini, "unbiased": social.GiniUnbiased, "equality": social.Equality} {
		refused[float64](t, name, "no payoffs; accepted is one or more")(of(nil))
		refused[float64](t, name, "payoffs: number 3 is -1; accepted is a finite number from 0 on")(of([]float64{1, 2, -1}))
		refused[float64](t, name, "payoffs: number 2 is NaN")(of([]float64{1, nan}))
		refused[float64](t, name, "payoffs: number 1 is +Inf")(of([]float64{inf, 1}))
	}
	refused[float64](t, "unbiased", "1 payoff; accepted is 2 or more")(social.GiniUnbiased([]float64{1}))
	given := []float64{3, 1, 2}
	if _, err := social.Gini(given); err != nil || !reflect.DeepEqual(given, []float64{3, 1, 2}) {
		t.Errorf("what was given is %v, %v: it must stay in its order", given, err)
	}
}

// 1 - sum_ij |R_i-R_j| / (2n sum R), written out.
func TestEqualityAgainstTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 100 {
		x := make([]float64, 1+r.IntN(12))
		for i := range x {
			x[i] = r.ExpFloat64()
		}
		var differences, sum float64
		for _, a := range x {
			sum += a
			for _, b := range x {
				differences += math.Abs(a - b)
			}
		}
		value(t, "equality", 1-differences/(2*float64(len(x))*sum))(social.Equality(x))
	}
}

func TestWelfare(t *testing.T) {
	value(t, "efficiency", .5)(social.Efficiency([]float64{10, 20, 30}, 120))
	value(t, "negative efficiency", -.5)(social.Efficiency([]float64{-3, 2}, 2))
	value(t, "the best", 1)(social.Efficiency([]float64{.1, .2}, .3))
	warned(t, "better than the best", 1.5, "welfare 3 is more than the maximal 2")(social.Efficiency([]float64{1, 2}, 2))
	refused[float64](t, "none", "no payoffs")(social.Efficiency(nil, 1))
	refused[float64](t, "no best", "maximal welfare 0; accepted is above 0")(social.Efficiency([]float64{1}, 0))
	refused[float64](t, "NaN best", "maximal welfare NaN; accepted is a finite number")(social.Efficiency([]float64{1}, nan))
	refused[float64](t, "NaN", "payoffs: number 1 is NaN")(social.Efficiency([]float64{nan}, 1))
	refused[float64](t, "too much", "reached welfare +Inf")(social.Efficiency([]float64{1.7e308, 1.7e308}, 1))
	refused[float64](t, "too little best", "welfare as a part of the maximal +Inf")(social.Efficiency([]float64{1e300}, 1e-300))

	// The linear public good of four, endowment 20, a = .4.
	value(t, "price of anarchy", 1.6)(social.PriceOfAnarchy(32, 20))
	value(t, "no price", 1)(social.PriceOfAnarchy(20, 20))
	warned(t, "better than the best", .5, "welfare 4 in equilibrium is more than the best 2")(social.PriceOfAnarchy(2, 4))
	refused[float64](t, "no best", "best welfare -1; accepted is above 0")(social.PriceOfAnarchy(-1, 1))
	refused[float64](t, "nothing in equilibrium", "welfare in equilibrium 0; accepted is above 0")(social.PriceOfAnarchy(1, 0))
	refused[float64](t, "beyond numbers", "price of anarchy +Inf")(social.PriceOfAnarchy(1e300, 1e-300))
}

func TestMarketSurplus(t *testing.T) {
	// Values 10, 8, 5 meet costs 2, 6, 6: two trades pay.
	value(t, "surplus", 8+2)(social.MaximalSurplus([]float64{5, 10, 8}, []float64{6, 2, 6}))
	value(t, "no gain", 0)(social.MaximalSurplus([]float64{1, 2}, []float64{2, 3}))
	value(t, "more buyers", 3)(social.MaximalSurplus([]float64{4, 9, 8}, []float64{6}))
	refused[float64](t, "no sellers", "no costs")(social.MaximalSurplus([]float64{1}, nil))
	refused[float64](t, "no buyers", "no values")(social.MaximalSurplus(nil, []float64{1}))
	refused[float64](t, "NaN", "costs: number 1 is NaN")(social.MaximalSurplus([]float64{1}, []float64{nan}))
	refused[float64](t, "beyond numbers", "surplus +Inf")(social.MaximalSurplus([]float64{1.7e308}, []float64{-1.7e308}))
	value(t, "efficiency", .8)(social.AllocativeEfficiency(8, 10))
	value(t, "trades at a loss", -.1)(social.AllocativeEfficiency(-1, 10))
	warned(t, "too good", 1.1, "surplus 11 is more than the maximal 10")(social.AllocativeEfficiency(11, 10))
	refused[float64](t, "nothing to gain", "maximal surplus 0; accepted is above 0")(social.AllocativeEfficiency(0, 0))
	refused[float64](t, "NaN", "reached surplus NaN")(social.AllocativeEfficiency(nan, 10))
}

func TestSustainability(t *testing.T) {
	// Agent 1 is paid in rounds 1 and 4, agent 2 in round 3.
	value(t, "sustainability", (2.5+3)/2)(social.Sustainability([][]float64{{5, 0}, {0, 0}, {-1, 1}, {.1, -2}}))
	value(t, "in every round", 6.5)(social.Sustainability(repeated(12, []float64{10, 10, 10})))
	warned(t, "one got nothing", 1, "1 of 2 agents never got a reward")(social.Sustainability([][]float64{{1, 0}, {0, 0}}))
	warned(t, "nobody got anything", 0, "nobody got a reward")(social.Sustainability([][]float64{{0, -1}}))
	refused[float64](t, "no rounds", "no rewards")(social.Sustainability(nil))
	refused[float64](t, "no agents", "no rewards")(social.Sustainability([][]float64{{}}))
	refused[float64](t, "ragged", "round 2 has 1 rewards; accepted is 2, as in round 1")(social.Sustainability([][]float64{{1, 2}, {1}}))
	refused[float64](t, "NaN", "rewards: number 2 is NaN; accepted is a finite number, in round 1")(social.Sustainability([][]float64{{1, nan}}))
}

func repeated(times int, row []float64) (rows [][]float64) {
	for range times {
		rows = append(rows, row)
	}
	return rows
}
