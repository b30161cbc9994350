package social_test

import (
	"math"
	"slices"
	"testing"

	"github.com/polis-agents/polis/emergence/social"
)

func TestDiversity(t *testing.T) {
	counts := []int{50, 30, 20}
	h, err := social.Shannon(counts)
	value(t, "Shannon, bits", 1.4854752972)(h, err)
	near(t, "Shannon, nats", h*math.Ln2, 1.0296530141, 5e-11)
	to(t, "exp H", 2.8000940729, 5e-11)(social.Hill(counts, 1))
	value(t, "Simpson", .62)(social.Simpson(counts))
	to(t, "Simpson, unbiased", .6262626263, 5e-11)(social.SimpsonUnbiased(counts))
	value(t, "Simpson of two, unbiased", 1)(social.SimpsonUnbiased([]int{1, 1}))
	to(t, "1/D", 2.6315789474, 5e-11)(social.Hill(counts, 2))
	to(t, "evenness", .9372305632, 5e-11)(social.Evenness(counts))
	value(t, "richness", 3)(social.Hill([]int{50, 0, 30, 20}, 0))
	value(t, "order infinity", 2)(social.Hill(counts, inf))
	value(t, "a large order", 2*math.Pow(1+math.Pow(.6, 5000)+math.Pow(.4, 5000), 1/-4999.)*math.Pow(2, 1./4999))(social.Hill(counts, 5000))
	value(t, "order 1/2", math.Pow(math.Sqrt(.5)+math.Sqrt(.3)+math.Sqrt(.2), 2))(social.Hill(counts, .5))
	for _, away := range []float64{3e-16, 1e-12, 1e-9} {
		to(t, "just above order 1", 2.8000940729, 1e-8)(social.Hill(counts, 1+away))
		to(t, "just below order 1", 2.8000940729, 1e-8)(social.Hill(counts, 1-away))
	}
	value(t, "a vast order", 1000)(social.Hill(slices.Repeat([]int{1}, 1000), 1e308))
	value(t, "shares", 1.4854752972)(social.Shannon([]float64{.5, .3, .2}))
	value(t, "vast counts", 1)(social.Shannon([]float64{1.7e308, 1.7e308}))
	value(t, "even", 1)(social.Evenness([]int{4, 4, 0, 4}))
	value(t, "one kind", 0)(social.Shannon([]int{4, 0}))
	value(t, "one kind", 0)(social.Simpson([]int{4, 0}))
	warned(t, "one kind", 1, "only one kind")(social.Evenness([]int{4, 0}))
}

func TestDiversityOfBadInput(t *testing.T) {
	hill := func(counts []int) (float64, error) { return social.Hill(counts, 2) }
	for name, of := range map[string]func([]int) (float64, error){"shannon": social.Shannon[int], "hill": hill, "simpson": social.Simpson[int],
		"unbiased": social.SimpsonUnbiased, "evenness": social.Evenness[int]} {
		refused[float64](t, name, "no counts; accepted is one or more")(of(nil))
		refused[float64](t, name, "counts: number 2 is -1")(of([]int{1, -1}))
		refused[float64](t, name, "counts are all 0; accepted is a sum above 0")(of([]int{0, 0}))
	}
	refused[float64](t, "NaN", "counts: number 1 is NaN")(social.Shannon([]float64{nan, 1}))
	refused[float64](t, "infinite", "counts: number 2 is +Inf")(social.Simpson([]float64{1, inf}))
	refused[float64](t, "order", "order -1; accepted is 0 or more")(social.Hill([]int{1}, -1))
	refused[float64](t, "order", "order NaN; accepted is 0 or more")(social.Hill([]int{1}, nan))
	refused[float64](t, "one", "1 counted; accepted is 2 or more")(social.SimpsonUnbiased([]int{1, 0}))
}

// Written out, away from order 1; from order to order it only falls, between 1 and the number of kinds.
func TestHillNumbersFall(t *testing.T) {
	p := []float64{.4, .3, .15, .1, .05}
	last := 5.
	for q := 0.; q < 6; q += .05 {
		got, err := social.Hill(p, q)
		if err != nil || got > last+1e-12 || got < 1/.4 {
			t.Fatalf("order %v: %v, %v, after %v", q, got, err, last)
		}
		last = got
		sum := 0.
		for _, x := range p {
			sum += math.Pow(x, q)
		}
		if math.Abs(q-1) > .01 {
			near(t, "Hill", got, math.Pow(sum, 1/(1-q)), 1e-9)
		}
	}
}
