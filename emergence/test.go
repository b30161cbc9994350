package emergence

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/polis-agents/polis/emergence/statistics"
)

// Test says against what a number is held. Its zero value describes: an interval, and no null.
type Test struct {
	Null       string // of Measure.Nulls; "": none
	Surrogates int    // 0: 999, the least with which p can be .001
	Resamples  int    // for the interval; 0: 2000; less than 0: no interval
	Seed       uint64 // of both
}

// MaxDraws bounds surrogates and resamples.
const MaxDraws = 1_000_000

// none is what Null may also be called where a word is needed.
const none = "none"

func (t Test) fill() (Test, error) {
	if t.Null == none {
		t.Null = ""
	}
	if t.Surrogates == 0 {
		t.Surrogates = 999
	}
	if t.Resamples == 0 {
		t.Resamples = 2000
	}
	if t.Surrogates < 1 || t.Surrogates > MaxDraws {
		return t, fmt.Errorf("emergence: %d surrogates; accepted is 1 to %d", t.Surrogates, MaxDraws)
	}
	if t.Resamples > MaxDraws {
		return t, fmt.Errorf("emergence: %d resamples; accepted is up to %d", t.Resamples, MaxDraws)
	}
	return t, nil
}

// Estimate applies a measure to data. The same data, settings and seed give the same estimate. The error names what of
// them cannot be used, and what is accepted; what can be used and misleads is a warning.
func (m *Measure) Estimate(in Input, set map[string]string, t Test) (*Estimate, error) {
	t, err := t.fill()
	if err != nil {
		return nil, err
	}
	if t.Null != "" && !slices.Contains(m.Nulls, t.Null) {
		accepted := "none: it is descriptive"
		if len(m.Nulls) > 0 {
			accepted = strings.Join(m.Nulls, ", ")
		}
		return nil, fmt.Errorf("emergence: %s: null %q; accepted is %s", m.Name, t.Null, accepted)
	}
	a, err := m.read(set)
	if err != nil {
		return nil, err
	}
	b, err := m.bind(in, a)
	if err != nil {
		return nil, err
	}
	e := &Estimate{Measure: m.Name, Of: b.of, Unit: m.Unit, N: b.n, Values: b.values, Value: b.values[0].Value, Corrected: b.corrected, Seed: t.Seed}
	if b.unit != "" {
		e.Unit = b.unit
	}
	if err := b.against(e, t, m.Tail); err != nil {
		return nil, err
	}
	if err := b.resample(e, t); err != nil {
		return nil, err
	}
	e.Warnings = append([]string{}, b.warnings...)
	return e, nil
}

// against holds the value against its null.
func (b *bound) against(e *Estimate, t Test, tail statistics.Tail) error {
	if t.Null == "" {
		b.warn("no null: descriptive only")
		return nil
	}
	var one draw
	if begin := b.draws[t.Null]; begin != nil {
		one = begin()
	}
	if one == nil {
		return fmt.Errorf("emergence: %s: null %q does not fit these data; accepted are two rows or more, in time order and without weights (edges: two or more)", e.Measure, t.Null)
	}
	if b.memory > calibrated && t.Null != statistics.NullShuffle {
		b.warn("a column persists (%.2f from one row to the next) more than the nulls of series are calibrated for (%.1f): p may be too small", b.memory, calibrated)
	}
	values := make([]float64, t.Surrogates)
	r := rand.New(rand.NewPCG(t.Seed, surrogates))
	for i := range values {
		values[i] = one(r)
	}
	return b.compare(e, Null{Name: t.Null, Kind: Surrogate}, values, tail)
}

// few samples are fewer than this.
const few = 8

// streams of chance, so that more surrogates do not change the interval.
const (
	surrogates = 1
	resamples  = 2
)

// compare fills in null, p and effect from what the number was without what the null breaks.
func (b *bound) compare(e *Estimate, null Null, values []float64, tail statistics.Tail) error {
	tested := b.test()
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(values) < 1 || math.IsNaN(tested.Value) {
		b.warn("null %s gives no number: nothing to compare with", null.Name)
		return nil
	}
	slices.Sort(values)
	null.N, null.Tail = len(values), tail.String()
	null.Mean, null.SD = stat.PopMeanStdDev(values, nil)
	null.Low, null.High = stat.Quantile(.025, stat.Empirical, values, nil), stat.Quantile(.975, stat.Empirical, values, nil)
	if b.tested != "" {
		null.Of = b.tested
	}
	e.Null = &null
	p, err := statistics.P(tested.Value, values, tail)
	if err != nil {
		return err
	}
	e.P = &p
	if null.Name == statistics.NullCircular && p < b.resolution {
		b.warn("null circular has too few shifts for a p below %.2g: take null block", b.resolution)
	}
	if null.SD > 0 {
		effect := (tested.Value - null.Mean) / null.SD
		e.Effect = &effect
	} else {
		b.warn("under null %s it is always %.6g: there is no effect size", null.Name, null.Mean)
	}
	if b.effective {
		e.Values = append(e.Values, Value{"effective", tested.Value - null.Mean})
	}
	return nil
}

// resample makes the interval from samples drawn again: in blocks where it stands in time order.
func (b *bound) resample(e *Estimate, t Test) error {
	tested := b.test().Value
	switch {
	case t.Resamples < 0 || math.IsNaN(tested):
		return nil
	case b.interval != nil:
		e.Interval = b.interval
		return nil
	case b.sampled == nil:
		if b.why != "" {
			b.warn("no interval: %s", b.why)
		}
		return nil
	}
	if b.n < few {
		b.warn("an interval of %d samples says little: accepted practice is %d or more", b.n, few)
	}
	mean, method := 1, "basic bootstrap"
	if b.ordered {
		mean = statistics.MeanBlock(b.n)
		method = fmt.Sprintf("basic bootstrap in blocks of %d on average", mean)
	}
	r := rand.New(rand.NewPCG(t.Seed, resamples))
	rows, again := [][]int{make([]int, b.n)}, statistics.Block[int](mean)
	for i := range rows[0] {
		rows[0][i] = i
	}
	drawn, values := statistics.Like(rows), make([]float64, 0, t.Resamples)
	for range t.Resamples {
		again(drawn, rows, r)
		if x := b.sampled(drawn[0]); !math.IsNaN(x) {
			values = append(values, x)
		}
	}
	if len(values) < t.Resamples {
		b.warn("%d of %d resamples gave no number, and are left out of the interval", t.Resamples-len(values), t.Resamples)
	}
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	// A plug-in value of a resample has the bias twice: turned about the value, the interval has lost one of them (Davison and
	// Hinkley 1997, 5.2).
	low := 2*tested - stat.Quantile(.975, stat.Empirical, values, nil)
	high := 2*tested - stat.Quantile(.025, stat.Empirical, values, nil)
	if b.within != [2]float64{} {
		low, high = min(max(low, b.within[0]), b.within[1]), min(max(high, b.within[0]), b.within[1])
	}
	e.Interval = &Interval{low, high, method}
	return nil
}
