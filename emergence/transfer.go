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
		{"k", "symbols of the target's past; 0: as many as tell most about it, up to 5", "1"}, {"l", "symbols of the source's past", "1"}, bins},
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
		i, err := information.Transfer(xy[0], xy[1], h)
		if err != nil {
			return nil, err
		}
		b.n, b.values = i.N, Values{{"plugin", i.Bits}}
		b.corrects(i.Corrected())
		b.fits(i.Cells)
		columns(b, xy, []int{0}, func(xy [][]int) float64 {
			i, err := information.Transfer(xy[0], xy[1], h)
			return orNaN(i.Bits, err)
		}, series...)
		next, past, told, err := embedded(xy[0], xy[1], h)
		if err != nil {
			return nil, err
		}
		rows(b, [][]int{next, told, past}, valueOf(func(o *information.Outcomes) (float64, error) {
			return o.Conditional(nil, []int{0}, []int{1}, []int{2})
		}))
		b.within = [2]float64{0, maximal(alphabet(next))}
		return b, nil
	},
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

// embedded are the samples of a transfer entropy: the target's next symbol, its past, and the source's.
func embedded(source, target []int, h information.History) (next, past, told []int, err error) {
	start := max(h.K, h.L)
	if past, err = information.Blocks(target[start-h.K:len(target)-1], h.K); err != nil {
		return nil, nil, nil, err
	}
	told, err = information.Blocks(source[start-h.L:len(source)-1], h.L)
	return target[start:], past, told, err
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
		next, past, _, err := embedded(x[0], x[0], h)
		if err != nil {
			return nil, err
		}
		rows(b, [][]int{next, past}, valueOf(func(o *information.Outcomes) (float64, error) { return o.Mutual(nil, []int{0}, []int{1}) }))
		b.within = [2]float64{0, maximal(alphabet(next))}
		return b, nil
	},
}
