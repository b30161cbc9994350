package social_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/polis-agents/polis/emergence/social"
)

func TestConvention(t *testing.T) {
	c, err := social.ConventionOf([]int{7, 7, 7, 7})
	if want := (social.Convention{Distinct: 1, Dominant: 7, Share: 1, Strength: 1}); err != nil || c != want {
		t.Errorf("all agree: %+v, %v, want %+v", c, err, want)
	}
	// "W words uniform: 1/W."
	c, err = social.ConventionOf([]int{3, 1, 0, 2, 1, 3, 2, 0})
	if want := (social.Convention{Distinct: 4, Dominant: 0, Share: .25, Entropy: 2, Strength: .25}); err != nil || c != want {
		t.Errorf("four words alike: %+v, %v, want %+v", c, err, want)
	}
	c, err = social.ConventionOf([]int{-5, 2, 2, 9, 2, -5, 2, 9})
	if want := (social.Convention{Distinct: 3, Dominant: 2, Share: .5, Entropy: 1.5, Strength: .375}); err != nil || c != want {
		t.Errorf("half of one word: %+v, %v, want %+v", c, err, want)
	}
	refused[social.Convention](t, "nobody", "no choices; accepted is one or more")(social.ConventionOf(nil))
}

// The strength is the success rate of two agents drawn with replacement.
func TestStrengthIsTheExpectedSuccess(t *testing.T) {
	choices := []int{1, 1, 1, 2, 2, 3}
	c, err := social.ConventionOf(choices)
	if err != nil {
		t.Fatal(err)
	}
	hits := 0
	for _, a := range choices {
		for _, b := range choices {
			if a == b {
				hits++
			}
		}
	}
	near(t, "strength", c.Strength, float64(hits)/36, 1e-12)
}

func TestInventories(t *testing.T) {
	distinct, total, err := social.Inventories([][]int{{1, 2}, {}, {2, 5, 4}, {2}})
	if distinct != 4 || total != 6 || err != nil {
		t.Errorf("%d distinct, %d in all, %v; want 4, 6", distinct, total, err)
	}
	distinct, total, err = social.Inventories(nil)
	refused[[2]int](t, "no agents", "no inventories; accepted is one or more")([2]int{distinct, total}, err)
	distinct, total, err = social.Inventories([][]int{{1}, {3, 1, 3}})
	refused[[2]int](t, "a word twice", "inventory number 2 holds word 3 twice")([2]int{distinct, total}, err)
}

func outcomes(s string) (successes []bool) {
	for _, c := range s {
		successes = append(successes, c == '+')
	}
	return successes
}

func TestSuccessRate(t *testing.T) {
	rates, err := social.SuccessRate(outcomes("+----++---++++-+++"), 5)
	if want := []float64{.2, .4, .8}; err != nil || !reflect.DeepEqual(rates, want) {
		t.Errorf("%v, %v, want %v: the last window is not complete", rates, err, want)
	}
	rates, err = social.SuccessRate(outcomes("+-"), 2)
	if err != nil || !reflect.DeepEqual(rates, []float64{.5}) {
		t.Errorf("%v, %v of one window, want .5", rates, err)
	}
	refused[[]float64](t, "no window", "window 0; accepted is 1 or more")(social.SuccessRate(outcomes("+"), 0))
	refused[[]float64](t, "no complete window", "3 interactions in windows of 4; accepted is one complete window")(social.SuccessRate(outcomes("+++"), 4))
	refused[[]float64](t, "nothing", "0 interactions in windows of 1")(social.SuccessRate(nil, 1))
}

func onset(t *testing.T, name, want string) func(o social.Onset, err error) {
	return func(o social.Onset, err error) {
		t.Helper()
		if err != nil || o.String() != want {
			t.Errorf("%s: %v, %v, want %s", name, o, err, want)
		}
	}
}

func TestOnsets(t *testing.T) {
	onset(t, "first", "3")(social.First([]float64{.5, .9, .95, .2, 1}, .95))
	onset(t, "never", "4+")(social.First([]float64{.5, .9, .94, .2}, .95))
	onset(t, "at once", "1")(social.First([]float64{-2}, -2))

	onset(t, "consensus", "2")(social.ConsensusTime([][]int{{1, 2, 1}, {4, 4, 4}, {1, 1, 1}}))
	onset(t, "consensus at once", "1")(social.ConsensusTime([][]int{{1, 1}, {1, 2}}))
	onset(t, "no consensus", "3+")(social.ConsensusTime([][]int{{1, 2, 1}, {4, 4, 5}, {3, 4, 4}}))

	// Windows of 20: 18 of 20 are too few, 19 are enough.
	onset(t, "t95", "2")(social.T95(outcomes("--++++++++++++++++++"+"+++++-++++++++++++++"+"++++++++++++++++++++"), 20))
	onset(t, "t95 never", "1+")(social.T95(outcomes("--++++++++++++++++++"+"++++++++++++++++"), 20))

	onset(t, "streak", "4")(social.StreakStart(outcomes("++-+++-++++"), 3))
	onset(t, "streak from the start", "1")(social.StreakStart(outcomes("+++"), 3))
	onset(t, "streak of one", "3")(social.StreakStart(outcomes("--+-"), 1))
	onset(t, "streak at the end", "8")(social.StreakStart(outcomes("++-+++-++++"), 4))
	// The last four may be the beginning of five: all that is known is that it was not before.
	onset(t, "streak cut off", "7+")(social.StreakStart(outcomes("++-+++-++++"), 5))
	onset(t, "no streak", "3+")(social.StreakStart(outcomes("++-"), 3))
	onset(t, "streak cut off from the start", "0+")(social.StreakStart(outcomes("++"), 3))
}

func TestOnsetsOfBadInput(t *testing.T) {
	refused[social.Onset](t, "no values", "no values")(social.First(nil, 1))
	refused[social.Onset](t, "NaN", "values: number 2 is NaN; accepted is a finite number")(social.First([]float64{1, nan}, 1))
	refused[social.Onset](t, "level", "level NaN; accepted is a finite number")(social.First([]float64{1}, nan))
	refused[social.Onset](t, "no rounds", "no rounds")(social.ConsensusTime(nil))
	refused[social.Onset](t, "one agent", "round 2 has 1 agents; accepted is 2 or more")(social.ConsensusTime([][]int{{1, 1}, {1}}))
	refused[social.Onset](t, "no agent", "round 1 has 0 agents")(social.ConsensusTime([][]int{{}}))
	refused[social.Onset](t, "t95 of too little", "19 interactions in windows of 20")(social.T95(make([]bool, 19), 20))
	refused[social.Onset](t, "streak of none", "streak of 0; accepted is 1 or more")(social.StreakStart(outcomes("+"), 0))
	refused[social.Onset](t, "streak of nothing", "no interactions")(social.StreakStart(nil, 1))
}

// The start of a streak against the definition, and what censoring claims: no longer record could tell an earlier start.
func TestStreaksAgainstTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		s := make([]bool, 1+r.IntN(25))
		for i := range s {
			s[i] = r.Float64() < .7
		}
		length := 1 + r.IntN(6)
		o, err := social.StreakStart(s, length)
		if err != nil {
			t.Fatal(err)
		}
		longer := append(append([]bool{}, s...), outcomes("++++++")...)
		first := 0
		for i := 0; first == 0; i++ {
			all := true
			for _, hit := range longer[i : i+length] {
				all = all && hit
			}
			if all {
				first = i + 1
			}
		}
		if within := first-1+length <= len(s); within != !o.Censored || (within && o.At != first) || (!within && o.At != first-1) {
			t.Fatalf("%v: %v for %d in a row; with successes added it begins at %d", s, o, length, first)
		}
	}
}
