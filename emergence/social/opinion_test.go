package social_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/polis-agents/polis/emergence/social"
)

func TestClusters(t *testing.T) {
	got, err := social.Clusters([]float64{.9, .1, .3, .2, .95, .5}, .15)
	want := []social.Cluster{{.1, .3, .2, 3}, {.5, .5, .5, 1}, {.9, .95, .925, 2}}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%v, %v, want %v", got, err, want)
	}
	for i, c := range got {
		if c.Low != want[i].Low || c.High != want[i].High || c.Size != want[i].Size || math.Abs(c.Mean-want[i].Mean) > 1e-12 {
			t.Errorf("cluster %d is %v, want %v", i, c, want[i])
		}
	}
	// Only a gap larger than the tolerance divides.
	if got, _ := social.Clusters([]float64{0, 1, 2}, 1); len(got) != 1 {
		t.Errorf("%v with gaps of the tolerance, want one cluster", got)
	}
	if got, _ := social.Clusters([]float64{2, 1, 1}, 0); !reflect.DeepEqual(got, []social.Cluster{{1, 1, 1, 2}, {2, 2, 2, 1}}) {
		t.Errorf("%v without tolerance, want two clusters", got)
	}
	given := []float64{3, 1, 2}
	if _, err := social.Clusters(given, 1); err != nil || !reflect.DeepEqual(given, []float64{3, 1, 2}) {
		t.Errorf("what was given is %v, %v: it must stay in its order", given, err)
	}
	refused[[]social.Cluster](t, "none", "no opinions")(social.Clusters(nil, 1))
	refused[[]social.Cluster](t, "NaN", "opinions: number 2 is NaN")(social.Clusters([]float64{1, nan}, 1))
	refused[[]social.Cluster](t, "tolerance", "tolerance -0.1; accepted is a finite number from 0 on")(social.Clusters([]float64{1}, -.1))
	refused[[]social.Cluster](t, "tolerance", "tolerance NaN")(social.Clusters([]float64{1}, nan))
}

func TestEffectiveNumber(t *testing.T) {
	value(t, "four alike", 4)(social.EffectiveNumber([]int{5, 5, 5, 5}))
	value(t, "one", 1)(social.EffectiveNumber([]int{9, 0}))
	value(t, "half, quarter, quarter", 8./3)(social.EffectiveNumber([]float64{.5, .25, .25}))
	refused[float64](t, "none", "no sizes")(social.EffectiveNumber([]int{}))
	refused[float64](t, "all zero", "sizes are all 0; accepted is a sum above 0")(social.EffectiveNumber([]int{0, 0}))
	refused[float64](t, "negative", "sizes: number 2 is -1; accepted is a finite number from 0 on")(social.EffectiveNumber([]int{3, -1}))
}

func TestPolarisation(t *testing.T) {
	value(t, "two camps at the ends", .25)(social.Variance([]float64{0, 1, 1, 0}))
	value(t, "a constant", 0)(social.Variance([]float64{.1, .1, .1}))
	value(t, "1 2 3", 2./3)(social.Variance([]float64{1, 2, 3}))

	value(t, "two camps", 1)(social.Bimodality([]float64{-3, -3, 5, 5}))
	value(t, "two camps of different size", 1)(social.Bimodality([]float64{0, 0, 0, 1}))
	value(t, "1 2 3", 1/1.5)(social.Bimodality([]float64{1, 2, 3}))
	value(t, "very far apart", 1)(social.Bimodality([]float64{-1.7e308, 1.7e308}))
	warned(t, "all the same", 0, "all opinions are the same")(social.Bimodality([]float64{.1, .1, .1}))
	warned(t, "all the same", 0, "all opinions are the same")(social.BimodalityFinite([]float64{.1, .1, .1, .1}))

	even := make([]float64, 2001) // the uniform distribution, nearly
	for i := range even {
		even[i] = float64(i) / 2000
	}
	to(t, "uniform", 5./9, 1e-5)(social.Bimodality(even))
	to(t, "uniform, finite", 5./9, 2e-3)(social.BimodalityFinite(even))
	// By hand: n=5, m2 = 2, m3 = 0, m4 = 6.8, so g = 0, k = 4/(3*2) * (6*(6.8/4-3) + 6) = -1.2; -1.2 + 3*16/6 = 6.8.
	value(t, "1 to 5, finite", 1/6.8)(social.BimodalityFinite([]float64{1, 2, 3, 4, 5}))
	// By hand: n=4, m2 = 3/16, m3 = 3/32, so g1 = 2/sqrt 3, g = sqrt(12)/2 * g1 = 2; m4 = 21/256, k1 = 7/3 - 3, k = 3/2 *
	// (5*k1 + 6) = 4; 5/(4 + 3*9/2).
	value(t, "three to one, finite", 5/17.5)(social.BimodalityFinite([]float64{0, 0, 0, 1}))

	value(t, "two halves", .25)(social.EstebanRay([]float64{.5, .5}, []float64{0, 1}, 1))
	to(t, "three equal groups", .148148, 5e-7)(social.EstebanRay([]int{4, 4, 4}, []float64{0, .5, 1}, 1))
	value(t, "alpha 0: the mean difference", .5)(social.EstebanRay([]int{1, 1}, []float64{0, 1}, 0))
	value(t, "alpha 1.6, one to three", math.Pow(.25, 2.6)*.75*2+math.Pow(.75, 2.6)*.25*2)(social.EstebanRay([]int{1, 3}, []float64{3, 1}, 1.6))
}

func TestPolarisationOfBadInput(t *testing.T) {
	for name, of := range map[string]func([]float64) (float64, error){"variance": social.Variance, "bimodality": social.Bimodality} {
		refused[float64](t, name, "no opinions")(of(nil))
		refused[float64](t, name, "opinions: number 3 is +Inf")(of([]float64{1, 2, inf}))
	}
	refused[float64](t, "too far apart", "accepted is a range whose square is finite")(social.Variance([]float64{-1e200, 1e200}))
	refused[float64](t, "three", "3 opinions; accepted is 4 or more")(social.BimodalityFinite([]float64{1, 2, 3}))
	refused[float64](t, "NaN", "opinions: number 4 is NaN")(social.BimodalityFinite([]float64{1, 2, 3, nan}))
	refused[float64](t, "lengths", "2 weights for 1 positions")(social.EstebanRay([]int{1, 1}, []float64{0}, 1))
	for _, alpha := range []float64{-.1, 1.7, nan} {
		refused[float64](t, "alpha", "accepted is 0 to 1.6")(social.EstebanRay([]int{1}, []float64{0}, alpha))
	}
	refused[float64](t, "no groups", "no positions")(social.EstebanRay([]int{}, nil, 1))
	refused[float64](t, "weights", "weights are all 0")(social.EstebanRay([]int{0}, []float64{0}, 1))
	refused[float64](t, "positions", "positions: number 1 is NaN")(social.EstebanRay([]int{1}, []float64{nan}, 1))
	refused[float64](t, "positions", "accepted is a range that is finite")(social.EstebanRay([]int{1, 1}, []float64{-1.7e308, 1.7e308}, 1))
}
