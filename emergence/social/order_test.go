package social_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/polis-agents/polis/emergence/social"
)

func TestOrder(t *testing.T) {
	value(t, "all up", 1)(social.Magnetisation([]float64{1, 1, 1}))
	value(t, "all down", 1)(social.Magnetisation([]float64{-1, -1}))
	value(t, "three to one", .5)(social.Magnetisation([]float64{1, -1, 1, 1}))
	value(t, "half a spin", .25)(social.Magnetisation([]float64{.5, 0}))

	value(t, "one way", 1)(social.PolarOrder([][2]float64{{3, 4}, {3, 4}, {3, 4}}))
	value(t, "against each other", 0)(social.PolarOrder([][2]float64{{1, 0}, {-1, 0}}))
	value(t, "at right angles", math.Sqrt2/2)(social.PolarOrder([][2]float64{{2, 0}, {0, -2}}))
	value(t, "one stands still", 1)(social.PolarOrder([][2]float64{{0, 1}, {0, 0}}))
	value(t, "fast", 1)(social.PolarOrder([][2]float64{{-1.5e308, 1.5e308}, {-1.5e308, 1.5e308}}))
	warned(t, "nobody moves", 0, "nobody moves")(social.PolarOrder([][2]float64{{}, {}}))

	value(t, "equal phases", 1)(social.Kuramoto([]float64{2, 2, 2 + 2*math.Pi}))
	to(t, "antipodal halves", 0, 1e-15)(social.Kuramoto([]float64{.5, .5 + math.Pi, .5, .5 - math.Pi}))
	value(t, "a quarter apart", math.Sqrt2/2)(social.Kuramoto([]float64{0, math.Pi / 2}))
}

// "random directions: sqrt(pi/(4n)) = .0886 at n=100", and sqrt(2/(pi n)) of fair spins.
func TestOrderOfRandomDirections(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	const n, runs = 100, 4000
	var polar, phase, magnet float64
	for range runs {
		v, phases, spins := make([][2]float64, n), make([]float64, n), make([]float64, n)
		for i := range n {
			sin, cos := math.Sincos(2 * math.Pi * r.Float64())
			v[i], phases[i], spins[i] = [2]float64{cos, sin}, 2*math.Pi*r.Float64(), float64(2*r.IntN(2)-1)
		}
		p, err := social.PolarOrder(v)
		if err != nil {
			t.Fatal(err)
		}
		k, _ := social.Kuramoto(phases)
		m, _ := social.Magnetisation(spins)
		polar, phase, magnet = polar+p/runs, phase+k/runs, magnet+m/runs
	}
	// The spread of one run is about half its mean: four standard errors are .003.
	near(t, "polar order", polar, .0886, .003)
	near(t, "Kuramoto's r", phase, .0886, .003)
	near(t, "magnetisation", magnet, math.Sqrt(2/(math.Pi*n)), .004)
}

func TestOrderOfBadInput(t *testing.T) {
	refused[float64](t, "no spins", "no spins; accepted is one or more")(social.Magnetisation(nil))
	refused[float64](t, "a large spin", "spins: number 2 is 1.5; accepted is -1 to 1")(social.Magnetisation([]float64{1, 1.5}))
	refused[float64](t, "a low spin", "spins: number 1 is -2; accepted is a finite number from -1 on")(social.Magnetisation([]float64{-2}))
	refused[float64](t, "NaN", "spins: number 1 is NaN")(social.Magnetisation([]float64{nan}))
	refused[float64](t, "no velocities", "no velocities")(social.PolarOrder(nil))
	refused[float64](t, "NaN", "velocity NaN; accepted is a finite number, in both components of number 2")(social.PolarOrder([][2]float64{{1, 1}, {1, nan}}))
	refused[float64](t, "infinite", "velocity -Inf")(social.PolarOrder([][2]float64{{-inf, 1}}))
	refused[float64](t, "no phases", "no phases")(social.Kuramoto(nil))
	refused[float64](t, "infinite phase", "phases: number 1 is +Inf")(social.Kuramoto([]float64{inf}))
}
