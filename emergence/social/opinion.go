package social

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Cluster is a group of opinions without a gap between them.
type Cluster struct {
	Low, High float64
	Mean      float64
	Size      int // agents
}

// Clusters sorts the opinions and cuts where the gap to the next is larger than tol; clusters come in ascending order. A
// chain of small gaps is one cluster, however long (single linkage). O(n log n). Hegselmann and Krause 2002.
func Clusters(opinions []float64, tol float64) ([]Cluster, error) {
	if err := amount("tolerance", tol, 0); err != nil {
		return nil, err
	}
	if err := amounts("opinions", opinions, anything); err != nil {
		return nil, err
	}
	sorted := slices.Sorted(slices.Values(opinions))
	var found []Cluster
	for i, x := range sorted {
		if i == 0 || x-sorted[i-1] > tol {
			found = append(found, Cluster{Low: x, Mean: x})
		}
		c := &found[len(found)-1]
		c.Size++
		c.High = x
		c.Mean += x/float64(c.Size) - c.Mean/float64(c.Size)
	}
	return found, nil
}

// EffectiveNumber is 1/sum s^2 of the shares s of groups (Laakso and Taagepera 1979): how many groups of one size would
// be as fragmented. 1..number of groups, O(g).
func EffectiveNumber[C Count](sizes []C) (float64, error) {
	p, err := shares("sizes", sizes)
	if err != nil {
		return 0, err
	}
	return 1 / concentration(p), nil
}

// Variance is the population variance of opinions (divided by n), in their unit squared. On a scale of 0 to 1 it is at
// most .25, when two equal camps hold the ends. Plug-in, O(n).
func Variance(opinions []float64) (float64, error) {
	if err := amounts("opinions", opinions, anything); err != nil {
		return 0, err
	}
	v := stat.PopVariance(opinions, nil)
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, fmt.Errorf("social: opinions from %v to %v; accepted is a range whose square is finite", slices.Min(opinions), slices.Max(opinions))
	}
	return v, nil
}

// Bimodality is Sarle's coefficient (g^2+1)/k with g the skewness and k the kurtosis (3 for the normal distribution) of the
// population: 1 for two camps without anybody between them, 5/9 for the uniform distribution, 1/3 for the normal. A skewed
// distribution of one mode is high as well. Opinions that are all the same have none: 0, with a Warning. Unit 1, O(n).
func Bimodality(opinions []float64) (float64, error) {
	z, err := spread(opinions)
	if err != nil {
		return 0, err
	}
	g, k := moments(z)
	return (g*g + 1) / k, nil
}

// BimodalityFinite is Bimodality with the sample's corrections, (g^2+1)/(k + 3(n-1)^2/((n-2)(n-3))), g the corrected
// skewness and k the corrected excess kurtosis (SAS; Pfister et al. 2013). Needs four opinions. Unit 1, O(n).
func BimodalityFinite(opinions []float64) (float64, error) {
	if n := len(opinions); n < 4 {
		return 0, fmt.Errorf("social: %d opinions; accepted is 4 or more", n)
	}
	z, err := spread(opinions)
	if err != nil {
		return 0, err
	}
	n, g := float64(len(z)), stat.Skew(z, nil)
	return (g*g + 1) / (stat.ExKurtosis(z, nil) + 3*(n-1)*(n-1)/((n-2)*(n-3))), nil
}

// spread maps opinions to 0..1, which changes neither skewness nor kurtosis and keeps their sums from overflowing.
func spread(opinions []float64) ([]float64, error) {
	if err := amounts("opinions", opinions, anything); err != nil {
		return nil, err
	}
	low, high := slices.Min(opinions), slices.Max(opinions)
	if low == high {
		return nil, Warning("all opinions are the same: bimodality is taken as 0")
	}
	unit := 1.0
	if math.IsInf(high-low, 0) {
		unit = 0.5
	}
	z := make([]float64, len(opinions))
	for i, x := range opinions {
		z[i] = (x*unit - low*unit) / (high*unit - low*unit)
	}
	return z, nil
}

// moments is the skewness and the kurtosis of a population.
func moments(x []float64) (skewness, kurtosis float64) {
	m2, m3, m4 := stat.Moment(2, x, nil), stat.Moment(3, x, nil), stat.Moment(4, x, nil)
	return m3 / math.Pow(m2, 1.5), m4 / (m2 * m2)
}

// EstebanRay is the polarisation sum_ij p_i^(1+alpha) p_j |y_i-y_j| of groups with weights p, made to sum to 1, at
// positions y (Esteban and Ray 1994, with K = 1). alpha is 0 to 1.6: 0 is the mean difference, twice the mean times the
// Gini coefficient; the larger, the more the size of a group counts. In the unit of positions, O(g^2).
func EstebanRay[C Count](weights []C, positions []float64, alpha float64) (float64, error) {
	if len(weights) != len(positions) {
		return 0, fmt.Errorf("social: %d weights for %d positions; accepted is one for each", len(weights), len(positions))
	}
	if !(alpha >= 0 && alpha <= 1.6) {
		return 0, fmt.Errorf("social: alpha %v; accepted is 0 to 1.6", alpha)
	}
	if err := amounts("positions", positions, anything); err != nil {
		return 0, err
	}
	p, err := shares("weights", weights)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for i := range p {
		own := math.Pow(p[i], 1+alpha)
		for j := range p {
			sum += own * p[j] * math.Abs(positions[i]-positions[j])
		}
	}
	if math.IsInf(sum, 0) {
		return 0, fmt.Errorf("social: positions from %v to %v; accepted is a range that is finite", slices.Min(positions), slices.Max(positions))
	}
	return sum, nil
}
