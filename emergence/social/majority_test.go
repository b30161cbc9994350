package social_test

import (
	"math"
	"testing"

	"github.com/polis-agents/polis/emergence/social"
)

func TestCondorcet(t *testing.T) {
	for _, c := range []struct {
		n    int
		p    float64
		want float64
	}{{3, .6, .648}, {5, .6, .68256}, {11, .6, .753498}, {21, .6, .825622}, {101, .6, .979103}, {11, .7, .921775}, {1, .6, .6}, {2, .6, .6},
		{7, 1, 1}, {7, 0, 0}, {8, .5, .5}} {
		to(t, "majority", c.want, 5e-7)(social.Condorcet(c.n, c.p))
	}
	refused[float64](t, "nobody", "0 voters; accepted is 1 or more")(social.Condorcet(0, .5))
	for _, p := range []float64{-.1, 1.1, nan} {
		refused[float64](t, "chance", "accepted is 0 to 1")(social.Condorcet(3, p))
	}
}

// Both ways to the same number: the incomplete beta function, and the sum of the distribution. A split is a coin's.
func TestMajorityOfEqualsIsCondorcet(t *testing.T) {
	for n := 1; n < 60; n++ {
		for _, p := range []float64{0, .2, .5, .6, .93, 1} {
			chances := make([]float64, n)
			for i := range chances {
				chances[i] = p
			}
			want, err := social.Condorcet(n, p)
			if err != nil {
				t.Fatal(err)
			}
			to(t, "majority", want, 1e-12)(social.Majority(chances))
		}
	}
}

func TestMajorityOfDifferentVoters(t *testing.T) {
	value(t, "two always, one never", 1)(social.Majority([]float64{1, 0, 1}))
	value(t, "three", .9*.8*.3+.9*.8*.7+.9*.2*.3+.1*.8*.3)(social.Majority([]float64{.9, .8, .3}))
	value(t, "a split", .5)(social.Majority([]float64{1, 0}))
	refused[float64](t, "none", "no chances")(social.Majority(nil))
	refused[float64](t, "too sure", "chances: number 2 is 1.5; accepted is 0 to 1")(social.Majority([]float64{1, 1.5}))
	refused[float64](t, "negative", "chances: number 1 is -0.5")(social.Majority([]float64{-.5}))
	if v, err := social.Majority(make([]float64, 3)); v != 0 || err != nil || math.Signbit(v) {
		t.Errorf("%v, %v of three that are never right", v, err)
	}
}
