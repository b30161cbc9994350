package information

import (
	"fmt"
	"math"
	"slices"
)

// Atoms are the partial information decomposition of what two sources tell about a target, in bits. They add up to what the
// sources tell together; Redundant and each Unique to what one of them tells.
type Atoms struct {
	Synergistic float64 // only both together
	Redundant   float64 // either alone
	Unique1     float64 // the first alone
	Unique2     float64 // the second alone
}

// Redundancy is a way to say what two sources both tell. There is no agreed one; on XOR, AND and copies of one source all of
// these agree.
type Redundancy string

// The ways of Redundancy.
const (
	// MMI is the smaller of what the two tell. Source: Barrett 2015.
	MMI Redundancy = "mmi"
	// IMin is the smaller of what the two tell about each symbol of the target, averaged. Source: Williams and Beer 2010.
	IMin Redundancy = "imin"
	// BROJA is what both must tell, however the sources go together, as long as each goes with the target as it does. Source:
	// Bertschinger et al. 2014.
	BROJA Redundancy = "broja"
)

// FromMutual are the atoms by MMI of three mutual informations with the target: of the first source, of the second, and of both
// together. They can be corrected ones; atoms of corrected terms may be below 0.
func FromMutual(first, second, both float64) Atoms {
	return atoms(min(first, second), first, second, both)
}

func atoms(redundant, first, second, both float64) Atoms {
	return Atoms{
		Redundant: redundant, Unique1: first - redundant, Unique2: second - redundant,
		Synergistic: both - first - second + redundant,
	}
}

// PID decomposes what the columns of two sources tell about those of a target. With MMI h corrects the three mutual informations
// of which the atoms are made. IMin and BROJA are of probabilities: h must be nil, and Smoothed is the way to correct for few
// samples. MMI and IMin take two independent bits that are copied for redundant: a known flaw. O(rows). BROJA is a minimum that
// is searched, to 1e-5 bits or better, for up to 512 combinations of a source with the target: O(combinations³).
func (o *Outcomes) PID(redundancy Redundancy, h Estimator, first, second, target []int) (Atoms, error) {
	if redundancy != MMI && h != nil {
		return Atoms{}, fmt.Errorf("information: redundancy %q with a corrected entropy; only %q accepts one", redundancy, MMI)
	}
	var mutual [3]float64
	for i, source := range [][]int{first, second, join(first, second)} {
		m, err := o.Mutual(h, source, target)
		if err != nil {
			return Atoms{}, err
		}
		mutual[i] = m
	}
	switch redundancy {
	case MMI:
		return FromMutual(mutual[0], mutual[1], mutual[2]), nil
	case IMin:
		return atoms(o.leastSpecific(first, second, target), mutual[0], mutual[1], mutual[2]), nil
	case BROJA:
		least, err := o.leastUnion(first, second, target)
		return atoms(mutual[0]+mutual[1]-least, mutual[0], mutual[1], mutual[2]), err
	}
	return Atoms{}, fmt.Errorf("information: redundancy %q; accepted is %q, %q or %q", redundancy, MMI, IMin, BROJA)
}

// leastSpecific is the sum over the target's symbols of p(t) times the smaller specific information of the sources.
func (o *Outcomes) leastSpecific(first, second, target []int) float64 {
	one, two := o.specific(first, target), o.specific(second, target)
	least := 0.0
	for t := range one {
		least += min(one[t], two[t])
	}
	return least
}

// specific is p(t) I(S;T=t) = sum over s of p(s,t) (log2 p(t|s) - log2 p(t)), for each t.
func (o *Outcomes) specific(source, target []int) []float64 {
	s, ks := o.joint(source)
	t, kt := o.joint(target)
	ps, pt := make([]float64, ks), make([]float64, kt)
	both := map[[2]int]float64{}
	var seen [][2]int // in order, so that the sum is the same every time
	for i := range o.rows {
		w, cell := o.weight(i)/o.total, [2]int{s[i], t[i]}
		ps[s[i]] += w
		pt[t[i]] += w
		if _, ok := both[cell]; !ok {
			seen = append(seen, cell)
		}
		both[cell] += w
	}
	specific := make([]float64, kt)
	for _, cell := range seen {
		p := both[cell]
		specific[cell[1]] += p * math.Log2(p/(ps[cell[0]]*pt[cell[1]]))
	}
	return specific
}

// Pair is what two columns now tell about the target later.
type Pair struct {
	First, Second int // columns
	Atoms
}

// Delayed decomposes, for every pair of columns, what the two tell at t about macro at t+lag or, without a macro, about the pair
// itself at t+lag. Probabilities are smoothed with a (0.5: Jeffreys); 0 leaves them as counted. Real values come as Bins.
// O(columns² × (rows + K⁴)). Source: Riedl, arXiv 2510.05174, of whose synergy MedianSynergy is the median over pairs.
func Delayed(redundancy Redundancy, columns [][]int, macro []int, lag int, a float64) ([]Pair, error) {
	if len(columns) < 2 {
		return nil, fmt.Errorf("information: pairs of %d columns; accepted are 2 or more", len(columns))
	}
	rows := len(columns[0])
	if lag < 1 || lag >= rows {
		return nil, fmt.Errorf("information: lag %d in series of %d symbols; accepted is 1 to less than their length", lag, rows)
	}
	for i, c := range append(slices.Clone(columns), macro) {
		if len(c) != rows && (i < len(columns) || macro != nil) {
			return nil, fmt.Errorf("information: column %d has %d rows and column 0 has %d; accepted are columns of one length, the macro last", i, len(c), rows)
		}
	}
	var pairs []Pair
	for i, x := range columns {
		for j := i + 1; j < len(columns); j++ {
			y := columns[j]
			parts := [][]int{x[:rows-lag], y[:rows-lag], x[lag:], y[lag:]}
			target := []int{2, 3}
			if macro != nil {
				parts, target = [][]int{x[:rows-lag], y[:rows-lag], macro[lag:]}, []int{2}
			}
			found, err := delayed(redundancy, parts, target, a)
			if err != nil {
				return nil, err
			}
			pairs = append(pairs, Pair{i, j, found})
		}
	}
	return pairs, nil
}

func delayed(redundancy Redundancy, parts [][]int, target []int, a float64) (Atoms, error) {
	o, err := NewOutcomes(nil, parts...)
	if err == nil && a != 0 {
		o, err = o.Smoothed(a)
	}
	if err != nil {
		return Atoms{}, err
	}
	return o.PID(redundancy, nil, []int{0}, []int{1}, target)
}

// MedianSynergy is the median of the synergy of pairs, in bits; 0 of none.
func MedianSynergy(pairs []Pair) float64 {
	if len(pairs) == 0 {
		return 0
	}
	synergies := make([]float64, len(pairs))
	for i, p := range pairs {
		synergies[i] = p.Synergistic
	}
	slices.Sort(synergies)
	middle := len(synergies) / 2
	if len(synergies)%2 == 1 {
		return synergies[middle]
	}
	return (synergies[middle-1] + synergies[middle]) / 2
}
