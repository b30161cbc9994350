package emergence

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/emergence/information"
	"github.com/polis-agents/polis/emergence/statistics"
)

// series are the nulls of columns in time order. The first two are right where values persist; circular shifts of one column
// are too few for a small p (statistics.CircularResolution).
var series = []string{statistics.NullBlock, statistics.NullCircular, statistics.NullShuffle}

// labels are the nulls of who did it. Plain labels take what one does in a round to say nothing of the next.
var labels = []string{statistics.NullLabelBlocks, statistics.NullLabels}

const weighted = "rows have weights: they are a distribution, not a sample"

var entropyMeasure = Measure{
	Name: "entropy", Unit: "bit", Cost: "O(N)", Values: []string{"plugin", "miller-madow", "chao-shen", "grassberger"},
	Doc:    "how uncertain the columns are, together",
	Needs:  "one or more columns of symbols; or outcomes with a column weight",
	Source: "Shannon 1948; Miller 1955; Chao and Shen 2003; Grassberger 2003",
	Params: []Param{{"columns", "which, with commas between them; all are taken together", ""}, bins},
	bind: func(in Input, a args) (*bound, error) {
		b, o, columns, err := outcomes(in, a, 1)
		if err != nil {
			return nil, err
		}
		counts := o.Counts(all(o)...)
		h, err := information.Entropy(counts)
		if err != nil {
			return nil, err
		}
		b.values = Values{{"plugin", h}}
		if o.Counted() {
			for _, e := range []struct {
				name string
				of   information.Estimator
			}{{"miller-madow", information.MillerMadow}, {"chao-shen", information.ChaoShen}, {"grassberger", information.Grassberger}} {
				if x, err := e.of(counts); err == nil {
					b.values = append(b.values, Value{e.name, x})
				} else {
					b.warn("%s: %s", e.name, strings.TrimPrefix(err.Error(), "information: "))
				}
			}
			if len(b.values) > 1 && b.values[1].Name == "miller-madow" {
				b.corrects(b.values[1].Value)
			}
		}
		joint, size, err := information.Joint(columns...)
		if err != nil {
			return nil, err
		}
		b.resampled([][]int{joint}, in.Table, func(o *information.Outcomes) (float64, error) { return o.Entropy(nil, 0) })
		b.within = [2]float64{0, maximal(size)}
		return b, nil
	},
}

// outcomes are the chosen columns, as symbols and as outcomes of variables.
func outcomes(in Input, a args, least int) (*bound, *information.Outcomes, [][]int, error) {
	t, err := in.table(least)
	if err != nil {
		return nil, nil, nil, err
	}
	names, err := t.chosen(a.list("columns"))
	if err == nil && len(names) < least {
		err = fmt.Errorf("emergence: columns=%q; accepted are %d or more", a["columns"], least)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	b := &bound{n: t.Len(), ordered: true}
	columns, err := t.symbols(b, a, names)
	if err != nil {
		return nil, nil, nil, err
	}
	o, err := information.NewOutcomes(t.Weights, columns...)
	if err != nil {
		return nil, nil, nil, err
	}
	if t.Weights != nil {
		b.n = int(o.N() + .5)
		if !o.Counted() {
			b.n = t.Len()
		}
	}
	if t.Weights == nil || o.Counted() {
		b.fits(o.Cells(all(o)...))
	}
	return b, o, columns, nil
}

// all are the columns of outcomes.
func all(o *information.Outcomes) []int {
	columns := make([]int, o.Width())
	for i := range columns {
		columns[i] = i
	}
	return columns
}

// resampled gives an interval to a value of outcomes, where rows are a sample.
func (b *bound) resampled(columns [][]int, t *Table, value func(*information.Outcomes) (float64, error)) {
	if t.Weights != nil {
		b.why = weighted
		return
	}
	rows(b, columns, valueOf(value))
}

// valueOf computes from symbols; NaN when they are no outcomes.
func valueOf(value func(*information.Outcomes) (float64, error)) func([][]int) float64 {
	return func(columns [][]int) float64 {
		o, err := information.NewOutcomes(nil, columns...)
		if err != nil {
			return orNaN(0, err)
		}
		return orNaN(value(o))
	}
}

// together is a measure of what several columns have together.
func together(m Measure, least int, value func(*information.Outcomes, information.Estimator) (float64, error), also ...func(*information.Outcomes) (Value, error)) Measure {
	m.Unit, m.Cost, m.Nulls = "bit", "O(N n)", series
	m.Values = append([]string{"plugin", "miller-madow"}, m.Values...)
	m.Needs = fmt.Sprintf("%d or more columns of symbols, rows in time order; or outcomes with a column weight", least)
	m.Params = []Param{{"columns", "which, with commas between them; by default all", ""}, bins}
	m.bind = func(in Input, a args) (*bound, error) {
		b, o, columns0, err := outcomes(in, a, least)
		if err != nil {
			return nil, err
		}
		plugin, err := value(o, nil)
		if err != nil {
			return nil, err
		}
		b.values = Values{{"plugin", plugin}}
		if o.Counted() {
			corrected, err := value(o, information.MillerMadow)
			if err != nil {
				return nil, err
			}
			b.values = append(b.values, Value{"miller-madow", corrected})
			b.corrected = &corrected
		}
		for _, more := range also {
			v, err := more(o)
			if err != nil {
				return nil, err
			}
			b.values = append(b.values, v)
		}
		of := func(o *information.Outcomes) (float64, error) { return value(o, nil) }
		b.resampled(columns0, in.Table, of)
		if in.Table.Weights == nil {
			columns(b, columns0, all(o)[1:], valueOf(of), series...)
		}
		return b, nil
	}
	return m
}

var totalCorrelation = together(Measure{Name: "total-correlation", Doc: "what the columns have in common, by whatever it is shared", Source: "Watanabe 1960"},
	2, (*information.Outcomes).TotalCorrelation)

var dualTotalCorrelation = together(Measure{Name: "dual-total-correlation", Doc: "what of each column is told by the others", Source: "Han 1975"},
	2, (*information.Outcomes).DualTotalCorrelation)

var oInformation = together(Measure{Name: "o-information", Tail: statistics.TwoSided, Values: []string{"total-correlation", "dual-total-correlation"},
	Doc: "whether the columns repeat each other (above 0) or tell only together what none tells alone (below 0)", Source: "Rosas et al. 2019, PRE 100, 032305"},
	3, (*information.Outcomes).OInformation,
	func(o *information.Outcomes) (Value, error) {
		x, err := o.TotalCorrelation(nil)
		return Value{"total-correlation", x}, err
	},
	func(o *information.Outcomes) (Value, error) {
		x, err := o.DualTotalCorrelation(nil)
		return Value{"dual-total-correlation", x}, err
	})

var coInformation = together(Measure{Name: "co-information", Tail: statistics.TwoSided,
	Doc: "what all columns share, less what they tell only together", Source: "McGill 1954"},
	2, (*information.Outcomes).CoInformation)

var mutualInformation = Measure{
	Name: "mutual-information", Unit: "bit", Cost: "O(N)", Values: []string{"plugin", "miller-madow"}, Nulls: series,
	Doc:    "what one column tells about another, lag rows later",
	Needs:  "two columns of symbols, rows in time order; or outcomes with a column weight",
	Source: "Cover and Thomas; Panzeri and Treves 1996",
	Params: []Param{{"x", "a column; by default the first", ""}, {"y", "another; by default the second", ""},
		{"lag", "how many rows y is later; below 0: earlier", "0"}, bins},
	bind: func(in Input, a args) (*bound, error) {
		t, err := in.table(2)
		if err != nil {
			return nil, err
		}
		b := &bound{ordered: true}
		names, err := t.named(a, "x", "y")
		if err != nil {
			return nil, err
		}
		xy, err := t.symbols(b, a, names)
		if err != nil {
			return nil, err
		}
		lag, err := a.whole("lag", -MaxRows, MaxRows)
		if err != nil {
			return nil, err
		}
		b.of = fmt.Sprintf("x=%s y=%s lag=%d", names[0], names[1], lag)
		if t.Weights != nil {
			return b, b.weighedMutual(t, xy, lag)
		}
		i, err := information.Mutual(xy[0], xy[1], lag)
		if err != nil {
			return nil, err
		}
		b.n, b.values = i.N, Values{{"plugin", i.Bits}, {"miller-madow", i.Corrected()}}
		b.corrects(i.Corrected())
		b.fits(i.Cells)
		kernel, refused := information.NewMutual(xy[1], alphabet(xy[0]), lag)
		b.moving(xy, kernel, refused, func(xy [][]int) (information.Information, error) { return information.Mutual(xy[0], xy[1], lag) })
		x, y := xy[0], xy[1]
		if lag >= 0 {
			x, y = x[:len(x)-lag], y[lag:]
		} else {
			x, y = x[-lag:], y[:len(y)+lag]
		}
		rows(b, [][]int{x, y}, func(xy [][]int) float64 {
			i, err := information.Mutual(xy[0], xy[1], 0)
			return orNaN(i.Bits, err)
		})
		b.within = [2]float64{0, maximal(min(alphabet(x), alphabet(y)))}
		return b, nil
	},
}

func alphabet(x []int) int {
	_, symbols := information.Recode(x)
	return len(symbols)
}

// weighedMutual is the mutual information of a distribution.
func (b *bound) weighedMutual(t *Table, xy [][]int, lag int) error {
	if lag != 0 {
		return fmt.Errorf("emergence: lag=%d with a column weight; accepted is 0: rows are outcomes, not moments", lag)
	}
	o, err := information.NewOutcomes(t.Weights, xy...)
	if err != nil {
		return err
	}
	bits, err := o.Mutual(nil, []int{0}, []int{1})
	if err != nil {
		return err
	}
	b.n, b.why, b.values = t.Len(), weighted, Values{{"plugin", bits}}
	if o.Counted() {
		b.n = int(o.N())
		corrected := bits - information.Information{N: b.n, DF: float64((o.Size(0) - 1) * (o.Size(1) - 1))}.Bias()
		b.values = append(b.values, Value{"miller-madow", corrected})
		b.corrects(corrected)
		b.fits(o.Cells(0, 1))
	}
	return nil
}

var jensenShannon = Measure{
	Name: "jensen-shannon", Unit: "bit", Cost: "O(N n)", Values: []string{"plugin"},
	Doc:    "how far what the columns do differs from one column to the next: 0 when all do the same as often",
	Needs:  "two or more columns of symbols; or outcomes in two columns, who and what, with a column weight",
	Source: "Lin 1991", Nulls: labels,
	Params: []Param{{"columns", "which, with commas between them; by default all", ""}, bins},
	bind: func(in Input, a args) (*bound, error) {
		t, err := in.table(2)
		if err != nil {
			return nil, err
		}
		names, err := t.chosen(a.list("columns"))
		if err != nil {
			return nil, err
		}
		b := &bound{n: t.Len(), ordered: true}
		if t.Weights != nil {
			if len(names) != 2 {
				return nil, fmt.Errorf("emergence: jensen-shannon of %d columns with a column weight; accepted are two: who, and what", len(names))
			}
			who, err := t.symbols(b, a, names)
			if err != nil {
				return nil, err
			}
			if err := cellsFit(alphabet(who[0]), alphabet(who[1]), "of who and what"); err != nil {
				return nil, err
			}
			x, err := information.JensenShannon(crossed(who[0], who[1], t.Weights), nil)
			b.values, b.why = Values{{"plugin", x}}, weighted
			return b, err
		}
		of, err := t.oneAlphabet(b, a, names)
		if err != nil {
			return nil, err
		}
		if err := cellsFit(len(of), alphabet(slices.Concat(of...)), "columns and symbols"); err != nil {
			return nil, err
		}
		value := func(columns [][]int) float64 {
			return orNaN(information.JensenShannon(tallies(columns), nil))
		}
		if err := b.take("plugin", value(of), nil); err != nil {
			return nil, err
		}
		columns(b, of, nil, value, labels...)
		rows(b, of, value)
		b.within = [2]float64{0, maximal(len(of))}
		return b, nil
	},
}

// oneAlphabet are columns whose symbols mean the same in all of them.
func (t *Table) oneAlphabet(b *bound, a args, names []string) ([][]int, error) {
	var joined []float64
	var words []string
	for _, name := range names {
		column, err := t.Column(name)
		if err != nil {
			return nil, err
		}
		joined = append(joined, column...)
		for _, x := range column {
			if t.Words[name] != nil {
				words = append(words, t.Words[name][int(x)])
			} else {
				words = append(words, fmt.Sprint(x))
			}
		}
	}
	one := &Table{Names: []string{"all"}, Columns: [][]float64{joined}}
	if t.Words != nil {
		one.Columns[0], one.Words = nil, map[string][]string{}
		one.Columns[0], one.Words["all"] = symbols(words)
	}
	all, err := one.symbols(b, a, one.Names)
	if err != nil {
		return nil, err
	}
	b.of = strings.Join(names, ", ")
	split := make([][]int, len(names))
	for i := range names {
		split[i] = all[0][i*t.Len() : (i+1)*t.Len()]
	}
	return split, nil
}

// tallies count the symbols of each column.
func tallies(columns [][]int) [][]float64 {
	most := 0
	for _, column := range columns {
		for _, x := range column {
			most = max(most, x)
		}
	}
	counts := make([][]float64, len(columns))
	for i, column := range columns {
		counts[i] = make([]float64, most+1)
		for _, x := range column {
			counts[i][x]++
		}
	}
	return counts
}

// mostCells is how many cells a table of counts may have: more is refused, not tried.
const mostCells = 10_000_000

// cellsFit says when a table would have too many.
func cellsFit(rows, columns int, of string) error {
	if float64(rows)*float64(columns) > mostCells {
		return fmt.Errorf("emergence: %d × %d %s; accepted are up to %d combinations", rows, columns, of, mostCells)
	}
	return nil
}

// crossed is the table of two columns.
func crossed(x, y []int, weights []float64) [][]float64 {
	counts := make([][]float64, alphabet(x))
	for i := range counts {
		counts[i] = make([]float64, alphabet(y))
	}
	for i := range x {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		counts[x[i]][y[i]] += w
	}
	return counts
}
