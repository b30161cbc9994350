package social_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/polis-agents/polis/emergence/social"
)

func TestBurstiness(t *testing.T) {
	burst := []float64{1, 1, 1, 1, 1, 91, 1, 1, 1, 1}
	value(t, "constant", -1)(social.Burstiness([]float64{.1, .1, .1}))
	value(t, "constant, finite", -1)(social.BurstinessFinite([]float64{.1, .1, .1}))
	to(t, "nine 1s and one 91", .4594594595, 5e-11)(social.Burstiness(burst))
	to(t, "nine 1s and one 91, finite", .9084652404, 5e-11)(social.BurstinessFinite(burst))
	value(t, "all in one wait, finite", 1)(social.BurstinessFinite([]float64{0, 0, 0, 0, 7}))
	value(t, "all in one of two waits", 0)(social.Burstiness([]float64{0, 7}))
	value(t, "vast waits", 0)(social.Burstiness([]float64{0, 1.7e308}))
	value(t, "s = m/2", -1./3)(social.Burstiness([]float64{1, 3}))
	warned(t, "all at once", 0, "all waits are 0")(social.Burstiness([]float64{0, 0}))
	warned(t, "all at once, finite", 0, "all waits are 0")(social.BurstinessFinite([]float64{0, 0}))
	for name, of := range map[string]func([]float64) (float64, error){"plain": social.Burstiness, "finite": social.BurstinessFinite} {
		refused[float64](t, name, "no waits")(of(nil))
		refused[float64](t, name, "1 wait; accepted is 2 or more")(of([]float64{3}))
		refused[float64](t, name, "waits: number 2 is -1; accepted is a finite number from 0 on")(of([]float64{1, -1}))
		refused[float64](t, name, "waits: number 1 is NaN")(of([]float64{nan, 1}))
	}
}

func TestWaits(t *testing.T) {
	times := []float64{7, 1, 2, 2}
	w, err := social.Waits(times)
	if err != nil || !reflect.DeepEqual(w, []float64{1, 0, 5}) || times[0] != 7 {
		t.Errorf("%v, %v, want 1 0 5, and the times as they were: %v", w, err, times)
	}
	refused[[]float64](t, "none", "no times")(social.Waits(nil))
	refused[[]float64](t, "one", "1 event; accepted is 2 or more")(social.Waits([]float64{3}))
	refused[[]float64](t, "NaN", "times: number 2 is NaN")(social.Waits([]float64{3, nan}))
	refused[[]float64](t, "beyond numbers", "waits: number 1 is +Inf")(social.Waits([]float64{-math.MaxFloat64, math.MaxFloat64}))
}
