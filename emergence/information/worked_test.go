package information

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

const exact = 1e-9

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.12g, want %.12g ± %g", what, got, want, tolerance)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// rows turns "000 011" into columns.
func rows(words ...string) [][]int {
	columns := make([][]int, len(words[0]))
	for _, w := range words {
		for i, c := range w {
			columns[i] = append(columns[i], int(c-'0'))
		}
	}
	return columns
}

func uniform(t *testing.T, words ...string) *Outcomes {
	t.Helper()
	return must[*Outcomes](t)(NewOutcomes(nil, rows(words...)...))
}

func giant(t *testing.T, n int) *Outcomes {
	columns := make([][]int, n)
	for i := range columns {
		columns[i] = []int{0, 1}
	}
	return must[*Outcomes](t)(NewOutcomes([]float64{0.5, 0.5}, columns...))
}

func h2(e float64) float64 {
	if e == 0 || e == 1 {
		return 0
	}
	return -e*math.Log2(e) - (1-e)*math.Log2(1-e)
}

var (
	xor = []string{"000", "011", "101", "110"}
	and = []string{"000", "010", "100", "111"}
)

// The labels are those of the table of worked examples in the reference of measures.
func TestWorkedExamples(t *testing.T) {
	f := must[float64](t)
	t.Run("1", func(t *testing.T) {
		near(t, "H(1/2,1/4,1/8,1/8)", f(Entropy([]float64{.5, .25, .125, .125})), 1.75, exact)
		near(t, "H(.7,.3)", f(Entropy([]float64{.7, .3})), 0.8812908992306927, exact)
		near(t, "H of seven 0s and three 1s", f(uniform(t, "0", "0", "1", "0", "0", "1", "0", "0", "1", "0").Entropy(nil, 0)), 0.8812908992306927, exact)
		near(t, "H(uniform 3)", f(Entropy([]float64{1, 1, 1})), 1.584962500721156, exact)
	})
	t.Run("4", func(t *testing.T) {
		blocks := must[[]int](t)(Blocks([]int{0, 0, 0, 0, 0, 0, 0, 1, 1, 1}, 2))
		o := must[*Outcomes](t)(NewOutcomes(nil, blocks))
		near(t, "H", f(o.Entropy(Entropy, 0)), 1.2243944454059861, exact)
	})
	t.Run("5", func(t *testing.T) {
		i := must[Information](t)(Contingency([][]float64{{30, 10}, {10, 30}}))
		near(t, "MI", i.Bits, 0.1887218755, exact)
		near(t, "corrected", i.Corrected(), 0.1797050315, exact)
		near(t, "G", i.G(), 20.929926, 1e-6)
		near(t, "DF", i.DF, 1, 0)
		near(t, "p", i.P(), 4.7648e-06, 1e-9)
		o := must[*Outcomes](t)(NewOutcomes([]float64{30, 10, 10, 30}, []int{0, 0, 1, 1}, []int{0, 1, 0, 1}))
		near(t, "by Miller-Madow", f(o.Mutual(MillerMadow, []int{0}, []int{1})), 0.1797050315, exact)
	})
	t.Run("6", func(t *testing.T) {
		near(t, "copy", f(giant(t, 2).Mutual(nil, []int{0}, []int{1})), 1, exact)
		near(t, "independent", f(uniform(t, "00", "01", "10", "11").Mutual(nil, []int{0}, []int{1})), 0, exact)
		near(t, "AND with one input", f(uniform(t, and...).Mutual(nil, []int{0}, []int{2})), 0.311278, 1e-6)
		near(t, "XOR with one input", f(uniform(t, xor...).Mutual(nil, []int{0}, []int{2})), 0, exact)
		near(t, "XOR with both", f(uniform(t, xor...).Mutual(nil, []int{0, 1}, []int{2})), 1, exact)
	})
	t.Run("7", func(t *testing.T) {
		for p, want := range map[float64]float64{.1: 0.5310044064, .3: 0.1187091008, .5: 0} {
			o := must[*Outcomes](t)(NewOutcomes([]float64{1 - p, p, p, 1 - p}, rows("00", "01", "10", "11")...))
			near(t, "channel", f(o.Mutual(nil, []int{0}, []int{1})), want, exact)
		}
	})
	t.Run("8", func(t *testing.T) {
		for rho, want := range map[float64]float64{.3: 0.0471553397, .5: 0.1438410362, .8: 0.5108256238} {
			near(t, "Gaussian", float64(must[Nats](t)(Gaussian(rho))), want, exact)
		}
		near(t, "in bits", Nats(math.Ln2).Bits(), 1, exact)
	})
	type totals struct{ tc, dtc, o, s float64 }
	check := func(t *testing.T, o *Outcomes, want totals, tolerance float64) {
		t.Helper()
		near(t, "TC", f(o.TotalCorrelation(nil)), want.tc, tolerance)
		near(t, "DTC", f(o.DualTotalCorrelation(nil)), want.dtc, tolerance)
		near(t, "O", f(o.OInformation(nil)), want.o, tolerance)
		near(t, "S", f(o.SInformation(nil)), want.s, tolerance)
	}
	t.Run("9", func(t *testing.T) {
		near(t, "H", f(uniform(t, xor...).Entropy(nil, 0, 1, 2)), 2, exact)
		check(t, uniform(t, xor...), totals{1, 2, -1, 3}, exact)
	})
	t.Run("10", func(t *testing.T) {
		check(t, giant(t, 3), totals{2, 1, 1, 3}, exact)
		check(t, giant(t, 4), totals{3, 1, 2, 4}, exact)
	})
	t.Run("12", func(t *testing.T) {
		near(t, "O", f(uniform(t, "0000", "0011", "1100", "1111").OInformation(nil)), 0, exact)
	})
	t.Run("13", func(t *testing.T) { check(t, uniform(t, and...), totals{0.811278, 1, -0.188722, 1.811278}, 1e-6) })
	t.Run("14", func(t *testing.T) {
		near(t, "XOR", f(uniform(t, xor...).CoInformation(nil)), -1, exact)
		near(t, "even parity", f(uniform(t, "0000", "0011", "0101", "0110", "1001", "1010", "1100", "1111").CoInformation(nil)), 1, exact)
	})
	t.Run("15", func(t *testing.T) {
		for n := 2; n <= 9; n++ {
			near(t, "complexity", f(giant(t, n).Complexity(nil)), float64(n-1)/2, exact)
		}
	})
	t.Run("16", func(t *testing.T) {
		two := [][]float64{{1, 1, 0}, {0, 3, 3}}
		near(t, "JSD", f(JensenShannon(two, nil)), 0.5, exact)
		near(t, "weighted", f(JensenShannon(two, []float64{.25, .75})), 0.40563906222956625, exact)
		near(t, "disjoint", f(JensenShannon([][]float64{{1, 0}, {0, 1}}, nil)), 1, exact)
	})
	t.Run("24", func(t *testing.T) {
		// the joint distribution of (x[t-1], y[t-1], x[t], y[t]): all x independent fair bits, y[t-1] a flipped bit of its own
		for e, want := range map[float64]float64{0: 1, .1: 0.5310044064, .25: 0.1887218755} {
			var weights []float64
			var words []string
			for _, w := range []string{"0000", "0001", "0010", "0011", "0100", "0101", "0110", "0111", "1000", "1001", "1010", "1011", "1100", "1101", "1110", "1111"} {
				p := e
				if w[0] == w[3] {
					p = 1 - e
				}
				words, weights = append(words, w), append(weights, p/8)
			}
			o := must[*Outcomes](t)(NewOutcomes(weights, rows(words...)...))
			near(t, "TE", f(o.Conditional(nil, []int{3}, []int{0}, []int{1})), want, exact)
			near(t, "TE", want, 1-h2(e), exact)
			near(t, "reverse", f(o.Conditional(nil, []int{2}, []int{1}, []int{0})), 0, exact)
		}
	})
	t.Run("24 sampled", func(t *testing.T) {
		for e, want := range map[float64]float64{0: 1, .1: 0.5310044064, .25: 0.1887218755} {
			x, y := copied(200_000, e, 24)
			near(t, "TE", must[Information](t)(Transfer(x, y, History{})).Bits, want, 0.005)
			near(t, "reverse", must[Information](t)(Transfer(y, x, History{})).Bits, 0, 0.0005)
		}
	})
	t.Run("25", func(t *testing.T) {
		x, y := []int{}, []int{0}
		r := rand.New(rand.NewPCG(25, 1))
		for range 100_000 {
			x = append(x, r.IntN(2))
			y = append(y, y[len(y)-1]^x[len(x)-1])
		}
		y = y[:len(x)]
		near(t, "TE", must[Information](t)(Transfer(x, y, History{})).Bits, 1, 0.001)
		near(t, "MI", must[Information](t)(Mutual(x, y, 1)).Bits, 0, 0.001)
		o := must[*Outcomes](t)(NewOutcomes(nil, rows("000", "011", "101", "110")...)) // x[t-1], y[t-1], y[t]
		near(t, "exact TE", f(o.Conditional(nil, []int{2}, []int{0}, []int{1})), 1, exact)
		near(t, "exact MI", f(o.Mutual(nil, []int{2}, []int{0})), 0, exact)
	})
	t.Run("28", func(t *testing.T) {
		x, y := copied(300, .3, 28)
		near(t, "TE", must[Information](t)(Transfer(x, x, History{})).Bits, 0, exact)
		near(t, "TE", must[Information](t)(Transfer(y, y, History{K: 3, L: 2})).Bits, 0, exact)
	})
}

// copied is a series of fair bits and the one that copies it a step later, flipped with probability e.
func copied(n int, e float64, seed uint64) (x, y []int) {
	r := rand.New(rand.NewPCG(seed, 0))
	y = []int{r.IntN(2)}
	for i := range n {
		x = append(x, r.IntN(2))
		next := x[i]
		if r.Float64() < e {
			next = 1 - next
		}
		y = append(y, next)
	}
	return x, y[:n]
}

func TestWorkedDecompositions(t *testing.T) {
	check := func(label string, o *Outcomes, want Atoms, tolerance float64, by ...Redundancy) {
		t.Run(label, func(t *testing.T) {
			for _, redundancy := range by {
				got := must[Atoms](t)(o.PID(redundancy, nil, []int{0}, []int{1}, []int{2}))
				near(t, string(redundancy)+" synergy", got.Synergistic, want.Synergistic, tolerance)
				near(t, string(redundancy)+" redundancy", got.Redundant, want.Redundant, tolerance)
				near(t, string(redundancy)+" unique 1", got.Unique1, want.Unique1, tolerance)
				near(t, string(redundancy)+" unique 2", got.Unique2, want.Unique2, tolerance)
			}
		})
	}
	const optimised = 1e-5 // BROJA is a minimum that was searched
	check("17", uniform(t, xor...), Atoms{Synergistic: 1}, exact, MMI, IMin)
	check("17 broja", uniform(t, xor...), Atoms{Synergistic: 1}, optimised, BROJA)
	check("18", uniform(t, and...), Atoms{Redundant: 0.31127812445913, Synergistic: 0.5}, exact, MMI, IMin)
	check("18 broja", uniform(t, and...), Atoms{Redundant: 0.31127812445913, Synergistic: 0.5}, optimised, BROJA)
	check("19 RDN", uniform(t, "000", "111"), Atoms{Redundant: 1}, exact, MMI, IMin)
	check("19 RDN broja", uniform(t, "000", "111"), Atoms{Redundant: 1}, optimised, BROJA)
	check("19 UNQ", uniform(t, "000", "010", "101", "111"), Atoms{Unique1: 1}, exact, MMI, IMin)
	check("19 UNQ broja", uniform(t, "000", "010", "101", "111"), Atoms{Unique1: 1}, optimised, BROJA)
	check("20", uniform(t, "000", "011", "102", "113"), Atoms{Redundant: 1, Synergistic: 1}, exact, MMI, IMin)
	check("20 broja", uniform(t, "000", "011", "102", "113"), Atoms{Unique1: 1, Unique2: 1}, optimised, BROJA)
	check("21", uniform(t, "000", "011", "101", "112"), Atoms{Redundant: .5, Synergistic: 1}, exact, MMI)
	check("23", uniform(t, "000", "001", "010", "101"), Atoms{Redundant: .12255624891826589, Unique1: .18872187554086706, Unique2: .18872187554086706}, optimised, BROJA)
}

func TestWorkedMatrices(t *testing.T) {
	effective := must[Effective](t)
	t.Run("29", func(t *testing.T) {
		near(t, "identity", effective(EffectiveInformation([][]float64{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}})).Bits, 2, exact)
		q := []float64{.25, .25, .25, .25}
		near(t, "uniform", effective(EffectiveInformation([][]float64{q, q, q, q})).Bits, 0, exact)
		one := []float64{0, 1, 0, 0}
		e := effective(EffectiveInformation([][]float64{one, one, one, one}))
		near(t, "all to one", e.Bits, 0, exact)
		near(t, "determinism", e.Determinism, 1, exact)
		near(t, "degeneracy", e.Degeneracy, 1, exact)
	})
	t.Run("31", func(t *testing.T) {
		matrix := make([][]float64, 8)
		for i := range matrix {
			matrix[i] = make([]float64, 8)
			for j := range 7 {
				matrix[i][j] = 1. / 7
			}
		}
		matrix[7] = []float64{0, 0, 0, 0, 0, 0, 0, 1}
		micro := effective(EffectiveInformation(matrix)).Bits
		macro := effective(EffectiveInformation(must[[][]float64](t)(Macro(matrix, [][]int{{0, 1, 2, 3, 4, 5, 6}, {7}})))).Bits
		near(t, "micro", micro, 0.5435644432, exact)
		near(t, "macro", macro, 1, exact)
		near(t, "difference", macro-micro, 0.4564355568, exact)
	})
	t.Run("32", func(t *testing.T) {
		var matrix [][]float64
		parts, macro := [][]int{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, []int{0, 1, 1, 0}
		for _, s := range parts {
			row := make([]float64, 4)
			row[2*(s[0]^s[1])], row[2*(s[0]^s[1])+1] = .5, .5
			matrix = append(matrix, row)
		}
		c := must[Criteria](t)(CriteriaOfMatrix(matrix, parts, macro))
		near(t, "psi", c.Psi, 0, exact)
		near(t, "delta", c.Delta, 1, exact)
		near(t, "gamma", c.Gamma, 1, exact)
	})
	t.Run("32 sampled", func(t *testing.T) {
		r := rand.New(rand.NewPCG(32, 0))
		x, v := [][]int{{0}, {1}}, []int{1}
		for i := range 50_000 {
			x[0], x[1] = append(x[0], x[0][i]^x[1][i]), append(x[1], r.IntN(2))
			v = append(v, x[0][i+1]^x[1][i+1])
		}
		c := must[Criteria](t)(CriteriaOf(nil, x, v, 1))
		near(t, "psi", c.Psi, 0, 0.01)
		near(t, "delta", c.Delta, 1, 0.01)
		near(t, "gamma", c.Gamma, 1, 0.01)
	})
}

// The mean plug-in value of 4000 pairs of independent series, with what the reference found, to a tenth of it.
func TestBiasUnderIndependence(t *testing.T) {
	for _, c := range []struct {
		name             string
		n, k             int
		transfer         bool
		mean, predicted  float64
		firstOrderFailed bool
	}{
		{"MI N=50 K=2", 50, 2, false, .01550, .01443, false},
		{"MI N=200 K=4", 200, 4, false, .03324, .03246, false},
		{"MI N=100 K=10", 100, 10, false, .688, .584, true},
		{"TE N=50", 50, 2, true, .0318, .0294, false},
		{"TE N=200", 200, 2, true, .00729, .00725, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(13, 4000))
			plug, bias, corrected := 0.0, 0.0, 0.0
			for range 4000 {
				x, y := random(r, c.n, c.k), random(r, c.n, c.k)
				var i Information
				if c.transfer {
					i = must[Information](t)(Transfer(x, y, History{}))
				} else {
					i = must[Information](t)(Mutual(x, y, 0))
				}
				plug, bias, corrected = plug+i.Bits/4000, bias+i.Bias()/4000, corrected+i.Corrected()/4000
			}
			near(t, "mean", plug, c.mean, c.mean/10)
			near(t, "bias", bias, c.predicted, c.predicted/100)
			near(t, "corrected", corrected, plug-bias, exact)
			if i := must[Information](t)(Mutual(random(r, c.n, c.k), random(r, c.n, c.k), 0)); i.Undersampled() != c.firstOrderFailed {
				t.Errorf("%d samples of %v cells: undersampled %v", i.N, i.Cells, i.Undersampled())
			}
		})
	}
}

func random(r *rand.Rand, n, k int) []int {
	x := make([]int, n)
	for i := range x {
		x[i] = r.IntN(k)
	}
	return x
}

func TestContingency(t *testing.T) {
	i := must[Information](t)(Contingency([][]float64{{4, 0, 0}, {0, 2, 2}, {0, 0, 0}}))
	near(t, "MI", i.Bits, 1, exact)
	if i.N != 8 || i.DF != 2 || i.Cells != 6 { // two rows and three columns have counts
		t.Errorf("%+v", i)
	}
	near(t, "bias", i.Bias(), 2/(16*math.Ln2), exact)
	near(t, "p without a degree of freedom", must[Information](t)(Contingency([][]float64{{4, 3}})).P(), 1, 0)
}

// Values by the formulas of the reference, worked by hand or by dit.
func TestCorrectedEntropies(t *testing.T) {
	f := must[float64](t)
	near(t, "Miller-Madow of 3, 1", f(MillerMadow([]float64{3, 1, 0})), h2(.25)+1/(8*math.Ln2), exact)
	// C = 1 - 1/4: terms with C p = 9/16 and 3/16
	p, q := 9./16, 3./16
	near(t, "Chao-Shen of 3, 1", f(ChaoShen([]float64{3, 0, 1})), -p*math.Log2(p)/(1-math.Pow(1-p, 4))-q*math.Log2(q)/(1-math.Pow(1-q, 4)), exact)
	near(t, "Chao-Shen of one symbol", f(ChaoShen([]float64{5})), 0, exact)
	if _, err := ChaoShen([]float64{1, 1, 1}); !errors.Is(err, ErrCoverage) {
		t.Errorf("Chao-Shen of what was seen once: %v", err)
	}
	// psi(4) - psi(3) 3/4 - psi(1)/4 = 1/3 + (1 + 1/2)/4
	near(t, "Digamma of 3, 1", f(Digamma([]float64{3, 1}))*math.Ln2, 1./3+1.5/4, exact)
	// G(1) = -γ - ln 2, G(2) = G(3) = 2 - γ - ln 2, G(4) = 2 + 2/3 - γ - ln 2
	const gamma = 0.5772156649015329
	g := -gamma - math.Ln2
	near(t, "Grassberger of 3, 1", f(Grassberger([]float64{3, 1}))*math.Ln2, math.Log(4)-3./4*(2+g)-1./4*g, exact)
	near(t, "Grassberger of 4, 2", f(Grassberger([]float64{4, 2}))*math.Ln2, math.Log(6)-4./6*(8./3+g)-2./6*(2+g), exact)
	smooth, err := Dirichlet([]float64{3, 1, 0}, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{3.5 / 5.5, 1.5 / 5.5, 0.5 / 5.5} {
		near(t, "Jeffreys", smooth[i], want, exact)
	}
}
