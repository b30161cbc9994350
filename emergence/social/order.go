package social

import (
	"cmp"
	"fmt"
	"math"
)

// Magnetisation is |sum s|/n of spins in [-1, 1]: 1 when all point the same way. Of n independent fair spins it is not
// 0 but sqrt(2/(pi n)) on average. Unit 1, O(n).
func Magnetisation(spins []float64) (float64, error) {
	if err := amounts("spins", spins, -1); err != nil {
		return 0, err
	}
	sum := 0.0
	for i, s := range spins {
		if s > 1 {
			return 0, fmt.Errorf("social: spins: number %d is %v; accepted is -1 to 1", i+1, s)
		}
		sum += s
	}
	return math.Abs(sum) / float64(len(spins)), nil
}

// PolarOrder is |sum v| / sum |v| of velocities in the plane (Vicsek et al. 1995, where all have one speed): 1 when all
// move the same way. Of n independent directions it is about sqrt(pi/(4n)). When nobody moves it is 0, with a Warning.
// Unit 1, O(n).
func PolarOrder(velocities [][2]float64) (float64, error) {
	if len(velocities) == 0 {
		return 0, fmt.Errorf("social: no velocities; accepted is one or more")
	}
	fastest := 0.0
	for i, v := range velocities {
		if err := cmp.Or(amount("velocity", v[0], anything), amount("velocity", v[1], anything)); err != nil {
			return 0, fmt.Errorf("%w, in both components of number %d", err, i+1)
		}
		fastest = max(fastest, math.Abs(v[0]), math.Abs(v[1]))
	}
	if fastest == 0 {
		return 0, Warning("nobody moves: polar order is taken as 0")
	}
	var x, y, speeds float64
	for _, v := range velocities {
		a, b := v[0]/fastest, v[1]/fastest
		x, y, speeds = x+a, y+b, speeds+math.Hypot(a, b)
	}
	return math.Hypot(x, y) / speeds, nil
}

// Kuramoto is r = |sum e^(i phase)|/n of phases in radians (Kuramoto 1975): 1 when all are in phase, 0 for two opposite
// halves. Of n independent phases it is about sqrt(pi/(4n)). Unit 1, O(n).
func Kuramoto(phases []float64) (float64, error) {
	if err := amounts("phases", phases, anything); err != nil {
		return 0, err
	}
	var x, y float64
	for _, p := range phases {
		sin, cos := math.Sincos(p)
		x, y = x+cos, y+sin
	}
	return math.Hypot(x, y) / float64(len(phases)), nil
}
