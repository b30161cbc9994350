package emergence

import (
	"fmt"

	"github.com/polis-agents/polis/emergence/information"
	"github.com/polis-agents/polis/emergence/statistics"
)

var transferEntropy = Measure{
	Name: "transfer-entropy", Unit: "bit", Cost: "O(T S)", Values: []string{"plugin", "effective"}, Nulls: series,
	Doc:    "what the source's past tells of the target's next symbol that the target's own past does not",
	Needs:  "two columns of symbols, rows in time order",
	Source: "Schreiber 2000; Marschinski and Kantz 2002 for the effective one",
	Params: []Param{{"source", "a column; by default the first", ""}, {"target", "another; by default the second", ""},
		{"k", "symbols of the target's past; 0: as many as tell most about it, up to 5", "1"}, {"l", "symbols of the source's past", "1"},
		{"given", "columns that are known besides, such as a signal that all hear, with commas between them; by default none", ""}, bins},
	bind: func(in Input, a args) (*bound, error) {
		t, err := in.series("transfer-entropy")
		if err != nil {
			return nil, err
		}
		b := &bound{ordered: true, effective: true}
		names, err := t.named(a, "source", "target")
		if err != nil {
			return nil, err
		}
		xy, err := t.symbols(b, a, names)
		if err != nil {
			return nil, err
		}
		h, err := a.history(xy[1])
		if err != nil {
			return nil, err
		}
		b.of = fmt.Sprintf("source=%s target=%s k=%d l=%d", names[0], names[1], h.K, h.L)
		given, err := t.given(b, a)
		if err != nil {
			return nil, err
		}
		i, err := information.Transfer(xy[0], xy[1], h, given...)
		if err != nil {
			return nil, err
		}
		b.n, b.values = i.N, Values{{"plugin", i.Bits}}
		if b.fits(i.Cells); i.Cells <= float64(i.N) { // with more the correction is of nothing
			b.corrects(i.Corrected())
		}
		kernel, refused := information.NewTransfer(xy[1], alphabet(xy[0]), h, given...)
		b.moving(xy, kernel, refused, func(xy [][]int) (information.Information, error) {
			return information.Transfer(xy[0], xy[1], h, given...)
		})
		next, told, known, err := information.Samples(xy[0], xy[1], h, given...)
		if err != nil {
			return nil, err
		}
		rows(b, [][]int{next, told, known}, valueOf(func(o *information.Outcomes) (float64, error) {
			return o.Conditional(nil, []int{0}, []int{1}, []int{2})
		}))
		b.within = [2]float64{0, maximal(alphabet(next))}
		return b, nil
	},
}

// given are the columns that are known besides.
func (t *Table) given(b *bound, a args) ([][]int, error) {
	names, of := a.list("given"), b.of
	if names == nil {
		return nil, nil
	}
	if _, err := t.chosen(names); err != nil {
		return nil, err
	}
	given, err := t.symbols(b, a, names)
	b.of = of + " given=" + a["given"]
	return given, err
}

// moving puts surrogates of the first of two columns beside the second: by a kernel, which counts them without allocating, and
// where the symbols are too many for it, one after the other.
func (b *bound) moving(xy [][]int, kernel *information.PairKernel, refused error, value func(xy [][]int) (information.Information, error)) {
	if codes, _, err := information.Codes(xy[0]); err == nil && refused == nil {
		columns(b, [][]uint8{codes}, []int{0}, func(source [][]uint8) float64 { return kernel.Value(source[0]) }, series...)
		return
	}
	columns(b, xy, []int{0}, func(xy [][]int) float64 {
		i, err := value(xy)
		return orNaN(i.Bits, err)
	}, series...)
}

// series is the table of a measure of what comes after what.
func (in Input) series(measure string) (*Table, error) {
	t, err := in.table(1)
	if err == nil && t.Weights != nil {
		err = fmt.Errorf("emergence: %s of rows with weights; accepted are rows in time order, without a column %s", measure, Weight)
	}
	return t, err
}

// history reads k and l.
func (a args) history(target []int) (h information.History, err error) {
	if h.K, err = a.whole("k", 0, 20); err != nil {
		return h, err
	}
	if h.L, err = a.whole("l", 1, 20); err != nil {
		return h, err
	}
	if h.K == 0 {
		h.K, err = information.HistoryLength(target, 5)
	}
	return h, err
}

var activeInformation = Measure{
	Name: "active-information", Unit: "bit", Cost: "O(T)", Values: []string{"plugin"}, Nulls: []string{statistics.NullShuffle},
	Doc:    "how far a column can be told from its own past",
	Needs:  "a column of symbols, rows in time order",
	Source: "Lizier et al. 2012",
	Params: []Param{{"x", "a column; by default the first", ""}, {"k", "symbols of the past; 0: as many as tell most, up to 5", "1"}, bins},
	bind: func(in Input, a args) (*bound, error) {
		t, err := in.series("active-information")
		if err != nil {
			return nil, err
		}
		b := &bound{ordered: true}
		names, err := t.named(a, "x")
		if err != nil {
			return nil, err
		}
		x, err := t.symbols(b, a, names)
		if err != nil {
			return nil, err
		}
		a["l"] = "1"
		h, err := a.history(x[0])
		if err != nil {
			return nil, err
		}
		b.of = fmt.Sprintf("x=%s k=%d", names[0], h.K)
		i, err := information.Storage(x[0], h.K)
		if err != nil {
			return nil, err
		}
		b.n, b.values = i.N, Values{{"plugin", i.Bits}}
		b.corrects(i.Corrected())
		b.fits(i.Cells)
		columns(b, x, []int{0}, func(x [][]int) float64 {
			i, err := information.Storage(x[0], h.K)
			return orNaN(i.Bits, err)
		}, statistics.NullShuffle)
		next, _, past, err := information.Samples(x[0], x[0], h)
		if err != nil {
			return nil, err
		}
		rows(b, [][]int{next, past}, valueOf(func(o *information.Outcomes) (float64, error) { return o.Mutual(nil, []int{0}, []int{1}) }))
		b.within = [2]float64{0, maximal(alphabet(next))}
		return b, nil
	},
}
