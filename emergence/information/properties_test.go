package information

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// some are outcomes of a few columns that have something to do with one another: samples, counts or probabilities by turns.
func some(t *testing.T, r *rand.Rand, width int) *Outcomes {
	t.Helper()
	n, columns := 2+r.IntN(60), make([][]int, width)
	for i := range columns {
		columns[i] = random(r, n, 1+r.IntN(4))
		if i > 0 && r.IntN(2) == 0 {
			for row := range n {
				columns[i][row] = (columns[i][row]/2 + columns[i-1][row]) % 4
			}
		}
	}
	var weights []float64
	switch r.IntN(3) {
	case 1:
		for range n {
			weights = append(weights, float64(r.IntN(4)))
		}
		weights[0]++
	case 2:
		for range n {
			weights = append(weights, r.Float64()/float64(n))
		}
	}
	return must[*Outcomes](t)(NewOutcomes(weights, columns...))
}

func TestLawsOfMutualInformation(t *testing.T) {
	r, f := rand.New(rand.NewPCG(1, 2)), must[float64](t)
	x, y, z := []int{0}, []int{1}, []int{2}
	for range 300 {
		o := some(t, r, 3)
		xy := f(o.Mutual(nil, x, y))
		near(t, "I(X;Y) - I(Y;X)", xy-f(o.Mutual(nil, y, x)), 0, exact)
		if xy < -exact || xy > min(f(o.Entropy(nil, 0)), f(o.Entropy(nil, 1)))+exact {
			t.Errorf("I(X;Y) = %v is below 0 or above an entropy", xy)
		}
		near(t, "chain rule", f(o.Mutual(nil, x, []int{1, 2})), xy+f(o.Conditional(nil, x, z, y)), exact)
		near(t, "I(X;X) - H(X)", f(o.Mutual(nil, x, x))-f(o.Entropy(nil, 0)), 0, exact)
		near(t, "I(X;Y|Y)", f(o.Conditional(nil, x, y, y)), 0, exact)
		if f(o.Conditional(nil, x, y, z)) < -exact {
			t.Error("I(X;Y|Z) is below 0")
		}
		coarse := make([]int, o.rows)
		for i, s := range o.columns[1] {
			coarse[i] = s / 2
		}
		c := must[*Outcomes](t)(NewOutcomes(o.weights, o.columns[0], coarse))
		if f(c.Mutual(nil, x, y)) > xy+exact {
			t.Error("what was done to Y tells more about X than Y does")
		}
	}
}

func TestLawsOfTotals(t *testing.T) {
	r, f := rand.New(rand.NewPCG(2, 2)), must[float64](t)
	for range 200 {
		two, three := some(t, r, 2), some(t, r, 3)
		mutual := f(two.Mutual(nil, []int{0}, []int{1}))
		near(t, "TC of two", f(two.TotalCorrelation(nil)), mutual, exact)
		near(t, "DTC of two", f(two.DualTotalCorrelation(nil)), mutual, exact)
		near(t, "co-information of two", f(two.CoInformation(nil)), mutual, exact)
		near(t, "complexity of two", f(two.Complexity(nil)), mutual/2, exact)
		o := f(three.OInformation(nil))
		near(t, "O of three", o, f(three.CoInformation(nil)), exact)
		near(t, "O of three by I", o, f(three.Mutual(nil, []int{0}, []int{1}))-f(three.Conditional(nil, []int{0}, []int{1}, []int{2})), exact)
		five := some(t, r, 5)
		for name, m := range map[string]float64{"TC": f(five.TotalCorrelation(nil)), "DTC": f(five.DualTotalCorrelation(nil)), "complexity": f(five.Complexity(nil))} {
			if m < -exact {
				t.Errorf("%s = %v is below 0", name, m)
			}
		}
	}
}

// A measure knows symbols by whether they are equal, rows by how often they come, and weights by their shares.
func TestWhatDoesNotMatter(t *testing.T) {
	r, f := rand.New(rand.NewPCG(3, 2)), must[float64](t)
	for range 100 {
		o := some(t, r, 3)
		if o.weights == nil {
			o.weights = make([]float64, o.rows)
			for i := range o.weights {
				o.weights[i] = 1
			}
		}
		var named [][]int
		for _, c := range o.columns {
			names := r.Perm(1 << 12)
			var renamed []int
			for _, s := range c {
				renamed = append(renamed, names[s]*1_000_003-1<<20)
			}
			named = append(named, renamed)
		}
		order := r.Perm(o.rows)
		var scaled []float64
		for i, c := range named {
			moved := slices.Clone(c)
			for to, from := range order {
				moved[to] = c[from]
			}
			named[i] = moved
		}
		for _, from := range order {
			scaled = append(scaled, o.weights[from]*7)
		}
		other := must[*Outcomes](t)(NewOutcomes(scaled, named...))
		near(t, "O", f(o.OInformation(nil)), f(other.OInformation(nil)), exact)
		near(t, "complexity", f(o.Complexity(nil)), f(other.Complexity(nil)), exact)
		for _, redundancy := range []Redundancy{MMI, IMin} {
			a := must[Atoms](t)(o.PID(redundancy, nil, []int{0}, []int{1}, []int{2}))
			b := must[Atoms](t)(other.PID(redundancy, nil, []int{1}, []int{0}, []int{2}))
			near(t, "synergy", a.Synergistic, b.Synergistic, exact)
			near(t, "unique", a.Unique1, b.Unique2, exact)
		}
	}
	rows := must[*Outcomes](t)(NewOutcomes(nil, []int{1, 1, 1, 2}, []int{5, 5, 6, 6}))
	counts := must[*Outcomes](t)(NewOutcomes([]float64{2, 1, 0, 1}, []int{1, 1, 3, 2}, []int{5, 6, 9, 6}))
	for name, h := range map[string]Estimator{"plug-in": nil, "Miller-Madow": MillerMadow, "Chao-Shen": ChaoShen, "Grassberger": Grassberger, "digamma": Digamma} {
		near(t, name, f(rows.Entropy(h, 0, 1)), f(counts.Entropy(h, 0, 1)), exact)
	}
	if rows.Size(0, 1) != 3 || counts.Size(0, 1) != 3 || counts.Cells(0, 1) != 4 || counts.N() != 4 || !counts.Counted() {
		t.Errorf("sizes %d and %d, cells %v, N %v, counted %v", rows.Size(0, 1), counts.Size(0, 1), counts.Cells(0, 1), counts.N(), counts.Counted())
	}
}

func TestLawsOfDecomposition(t *testing.T) {
	r, f := rand.New(rand.NewPCG(4, 2)), must[float64](t)
	first, second, target := []int{0}, []int{1}, []int{2}
	for range 60 {
		o := some(t, r, 3)
		one, two, both := f(o.Mutual(nil, first, target)), f(o.Mutual(nil, second, target)), f(o.Mutual(nil, []int{0, 1}, target))
		synergy := map[Redundancy]float64{}
		for redundancy, tolerance := range map[Redundancy]float64{MMI: exact, IMin: exact, BROJA: 1e-5} {
			a := must[Atoms](t)(o.PID(redundancy, nil, first, second, target))
			near(t, "sum", a.Redundant+a.Unique1+a.Unique2+a.Synergistic, both, exact)
			near(t, "first", a.Redundant+a.Unique1, one, exact)
			near(t, "second", a.Redundant+a.Unique2, two, exact)
			if least := min(a.Redundant, a.Unique1, a.Unique2, a.Synergistic); least < -tolerance {
				t.Errorf("%s: %+v has an atom below 0", redundancy, a)
			}
			synergy[redundancy] = a.Synergistic
		}
		if synergy[BROJA] > synergy[MMI]+1e-5 {
			t.Errorf("synergy by BROJA, %v, is above the %v by MMI, but its redundancy is the smallest of what margins allow", synergy[BROJA], synergy[MMI])
		}
	}
	o := must[*Outcomes](t)(NewOutcomes([]float64{30, 10, 10, 30, 20}, []int{0, 0, 1, 1, 1}, []int{0, 1, 0, 1, 1}, []int{0, 0, 0, 1, 0}))
	a := must[Atoms](t)(o.PID(MMI, MillerMadow, first, second, target))
	want := FromMutual(f(o.Mutual(MillerMadow, first, target)), f(o.Mutual(MillerMadow, second, target)), f(o.Mutual(MillerMadow, []int{0, 1}, target)))
	if a != want {
		t.Errorf("corrected atoms %+v, want %+v", a, want)
	}
}

// BROJA's minimum, held against one by trying: for binary variables one number per symbol of the target is free.
func TestBROJAIsTheLeast(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	for range 10 {
		p := [2][2][2]float64{}
		all := 0.0
		for i := range 8 {
			v := r.Float64()
			p[i>>2][i>>1&1][i&1], all = v, all+v
		}
		var words []string
		var weights []float64
		for i := range 8 {
			words = append(words, fmt.Sprintf("%03b", i)) // first, second, target
			weights = append(weights, p[i>>2][i>>1&1][i&1])
		}
		o := must[*Outcomes](t)(NewOutcomes(weights, rows(words...)...))
		least := math.Inf(1)
		const steps = 400
		for i := range steps + 1 {
			for j := range steps + 1 {
				q := p
				for k, share := range []float64{float64(i) / steps, float64(j) / steps} {
					low := -min(p[0][0][k], p[1][1][k])
					high := min(p[0][1][k], p[1][0][k])
					d := low + share*(high-low)
					q[0][0][k] += d
					q[1][1][k] += d
					q[0][1][k] -= d
					q[1][0][k] -= d
				}
				told := 0.0
				for k := range 2 {
					pt := (p[0][0][k] + p[0][1][k] + p[1][0][k] + p[1][1][k]) / all
					for a := range 2 {
						for b := range 2 {
							if v := q[a][b][k] / all; v > 1e-15 {
								told += v * math.Log2(v/pt/((q[a][b][0]+q[a][b][1])/all))
							}
						}
					}
				}
				least = min(least, told)
			}
		}
		near(t, "least", must[float64](t)(o.leastUnion([]int{0}, []int{1}, []int{2})), least, 2e-5)
	}
}

func TestLawsOfMatrices(t *testing.T) {
	r, f := rand.New(rand.NewPCG(6, 2)), must[float64](t)
	for range 50 {
		n := 2 + r.IntN(5)
		matrix := make([][]float64, n)
		var from, to []int
		var weights []float64
		for i := range matrix {
			all := 0.0
			for range n {
				v := r.ExpFloat64() * float64(r.IntN(3))
				matrix[i] = append(matrix[i], v)
				all += v
			}
			matrix[i][i] += 0.1
			for j := range n {
				matrix[i][j] /= all + 0.1
				from, to, weights = append(from, i), append(to, j), append(weights, matrix[i][j])
			}
		}
		e := must[Effective](t)(EffectiveInformation(matrix))
		near(t, "EI by its parts", e.Bits, math.Log2(float64(n))*(e.Determinism-e.Degeneracy), exact)
		o := must[*Outcomes](t)(NewOutcomes(weights, from, to))
		near(t, "EI as information from a uniform start", e.Bits, f(o.Mutual(nil, []int{0}, []int{1})), exact)
		near(t, "EI as divergence of rows", e.Bits, f(JensenShannon(matrix, nil)), exact)
		groups := make([][]int, n)
		for i := range groups {
			groups[i] = []int{i}
		}
		same := must[[][]float64](t)(Macro(matrix, groups))
		for i := range same {
			if !slices.Equal(same[i], matrix[i]) {
				t.Errorf("grouped one by one: %v became %v", matrix[i], same[i])
			}
		}
		whole := must[[][]float64](t)(Macro(matrix, [][]int{r.Perm(n)}))
		near(t, "one group stays", whole[0][0], 1, exact)
		if e := must[Effective](t)(EffectiveInformation(whole[:1])); e != (Effective{Bits: 0, Determinism: 1, Degeneracy: 1}) {
			t.Errorf("EI of one state: %+v", e)
		}
	}
	matrix, states, err := Observed([]int{7, 3, 7, 7, 3, 7})
	if err != nil || !slices.Equal(states, []int{7, 3}) {
		t.Fatal(states, err)
	}
	near(t, "7 to 7", matrix[0][0], 1./3, exact)
	near(t, "7 to 3", matrix[0][1], 2./3, exact)
	near(t, "3 to 7", matrix[1][0], 1, exact)
}

// "plug-in Psi at independence is biased down by about (n-1)/(2N ln2) for binary variables (n=10, N=200: -.0325 bit)"
func TestCriteria(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 2))
	mean, corrected := 0.0, 0.0
	for range 400 {
		parts := make([][]int, 10)
		for i := range parts {
			parts[i] = random(r, 201, 2)
		}
		v := random(r, 201, 2)
		mean += must[Criteria](t)(CriteriaOf(nil, parts, v, 1)).Psi / 400
		corrected += must[Criteria](t)(CriteriaOf(MillerMadow, parts, v, 1)).Psi / 400
	}
	near(t, "psi", mean, -.0325, .002)
	near(t, "corrected psi", corrected, 0, .002)

	x, v := [][]int{random(r, 80, 3), random(r, 80, 2), random(r, 80, 2)}, random(r, 80, 3)
	for lag := 1; lag <= 3; lag++ {
		told := func(a, b []int) float64 { return must[Information](t)(Mutual(a, b, lag)).Bits }
		psi, delta, gamma := told(v, v), math.Inf(-1), math.Inf(-1)
		for j := range x {
			psi -= told(x[j], v)
			gamma = max(gamma, told(v, x[j]))
			delta = max(delta, told(v, x[j])-told(x[0], x[j])-told(x[1], x[j])-told(x[2], x[j]))
		}
		c := must[Criteria](t)(CriteriaOf(nil, x, v, lag))
		near(t, "psi by hand", c.Psi, psi, exact)
		near(t, "delta by hand", c.Delta, delta, exact)
		near(t, "gamma by hand", c.Gamma, gamma, exact)
	}
	// parts that are random but for their parity, which stays: the macro variable tells of itself what no part does
	parity := [][]float64{{.5, 0, 0, .5}, {0, .5, .5, 0}, {0, .5, .5, 0}, {.5, 0, 0, .5}}
	c := must[Criteria](t)(CriteriaOfMatrix(parity, [][]int{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, []int{0, 1, 1, 0}))
	near(t, "psi of parity", c.Psi, 1, exact)
	near(t, "gamma of parity", c.Gamma, 0, exact)
	near(t, "delta of parity", c.Delta, 0, exact)
	c = must[Criteria](t)(CriteriaOfMatrix([][]float64{{1, 0}, {.5, .5}}, [][]int{{0}, {1}}, []int{0, 1}))
	near(t, "psi of a part that is all", c.Psi, 0, exact)
	near(t, "gamma of a part that is all", c.Gamma, h2(.25)-.5, exact)
}

func TestDelayed(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 2))
	a, b, c := random(r, 4000, 2), random(r, 4000, 2), random(r, 4000, 2)
	macro := make([]int, 4000)
	for i := 2; i < len(macro); i++ {
		macro[i] = a[i-2] ^ b[i-2]
	}
	pairs := must[[]Pair](t)(Delayed(MMI, [][]int{a, b, c}, macro, 2, 0.5))
	if len(pairs) != 3 || pairs[0].First != 0 || pairs[0].Second != 1 || pairs[2].First != 1 || pairs[2].Second != 2 {
		t.Fatalf("pairs %+v", pairs)
	}
	near(t, "synergy of a and b", pairs[0].Synergistic, 1, .01)
	near(t, "synergy of a and c", pairs[1].Synergistic, 0, .01)
	near(t, "median", MedianSynergy(pairs), max(pairs[1].Synergistic, pairs[2].Synergistic), 0)
	near(t, "median of one", MedianSynergy(pairs[:1]), pairs[0].Synergistic, 0)
	near(t, "median of none", MedianSynergy(nil), 0, 0)
	near(t, "median of two", MedianSynergy(pairs[:2]), (pairs[0].Synergistic+pairs[1].Synergistic)/2, exact)
	// the pair's own future: b copies a, and a goes its own way
	follows := append([]int{0}, a[:3999]...)
	pairs = must[[]Pair](t)(Delayed(IMin, [][]int{a, follows}, nil, 1, 0))
	near(t, "unique", pairs[0].Unique1, 1, .01)
	near(t, "synergy", pairs[0].Synergistic, 0, .01)
	// smoothing makes what was never counted possible
	few := must[[]Pair](t)(Delayed(MMI, [][]int{a[:20], b[:20]}, macro[:20], 1, 0))
	smooth := must[[]Pair](t)(Delayed(MMI, [][]int{a[:20], b[:20]}, macro[:20], 1, 50))
	if !(smooth[0].Synergistic < few[0].Synergistic/4) {
		t.Errorf("synergy of 20 rows %v, smoothed %v", few[0].Synergistic, smooth[0].Synergistic)
	}
}

func TestSmoothed(t *testing.T) {
	o := must[*Outcomes](t)(NewOutcomes(nil, []int{0, 0, 1}, []int{0, 1, 2}))
	s := must[*Outcomes](t)(o.Smoothed(0.5))
	want := map[string]float64{"00": 1.5, "01": 1.5, "02": .5, "10": .5, "11": .5, "12": 1.5}
	if s.rows != 6 {
		t.Fatalf("%d rows of 6", s.rows)
	}
	for i := range s.rows {
		near(t, "p", s.weights[i], want[fmt.Sprint(s.columns[0][i], s.columns[1][i])[0:1]+fmt.Sprint(s.columns[1][i])]/6, exact)
	}
}

func TestJensenShannonStaysInBounds(t *testing.T) {
	r, f := rand.New(rand.NewPCG(9, 2)), must[float64](t)
	for range 100 {
		counts := make([][]float64, 2+r.IntN(4))
		for i := range counts {
			counts[i] = []float64{1, float64(r.IntN(5)), float64(r.IntN(5)), float64(r.IntN(2))}
		}
		d := f(JensenShannon(counts, nil))
		if d < -exact || d > math.Log2(float64(len(counts))) {
			t.Errorf("divergence %v of %d", d, len(counts))
		}
		slices.Reverse(counts)
		near(t, "turned around", f(JensenShannon(counts, nil)), d, exact)
		near(t, "of equals", f(JensenShannon([][]float64{counts[0], counts[0]}, nil)), 0, exact)
	}
}
