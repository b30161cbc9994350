package emergence

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/emergence/information"
	"github.com/polis-agents/polis/emergence/statistics"
)

var pid = Measure{
	Name: "pid", Unit: "bit", Cost: "O(N)", Values: []string{"synergistic", "redundant", "unique_1", "unique_2"}, Nulls: series,
	Doc:    "what two sources tell about a target: both alike, each alone, and only together",
	Needs:  "three columns of symbols; or outcomes with a column weight",
	Source: "Williams and Beer 2010; Barrett 2015 (mmi)",
	Params: []Param{{"sources", "two columns with a comma between them; by default the first two", ""}, {"target", "a column; by default the third", ""},
		{"redundancy", "mmi or imin; both take two copied bits for redundant", "mmi"}, bins},
	bind: func(in Input, a args) (*bound, error) {
		t, err := in.table(3)
		if err != nil {
			return nil, err
		}
		b := &bound{n: t.Len(), ordered: true}
		names, err := t.trio(a)
		if err != nil {
			return nil, err
		}
		all, err := t.symbols(b, a, names)
		if err != nil {
			return nil, err
		}
		redundancy, err := a.one("redundancy", string(information.MMI), string(information.IMin))
		if err != nil {
			return nil, err
		}
		b.of = fmt.Sprintf("sources=%s,%s target=%s redundancy=%s", names[0], names[1], names[2], redundancy)
		o, err := information.NewOutcomes(t.Weights, all...)
		if err != nil {
			return nil, err
		}
		atoms := func(o *information.Outcomes) (information.Atoms, error) {
			return o.PID(information.Redundancy(redundancy), nil, []int{0}, []int{1}, []int{2})
		}
		p, err := atoms(o)
		if err != nil {
			return nil, err
		}
		b.values = Values{{"synergistic", p.Synergistic}, {"redundant", p.Redundant}, {"unique_1", p.Unique1}, {"unique_2", p.Unique2}}
		if t.Weights == nil || o.Counted() {
			b.fits(o.Cells(0, 1, 2))
		}
		synergy := func(o *information.Outcomes) (float64, error) {
			p, err := atoms(o)
			return p.Synergistic, err
		}
		b.resampled(all, t, synergy)
		if t.Weights == nil {
			columns(b, all, []int{2}, valueOf(synergy), series...)
		}
		return b, nil
	},
}

// trio are two sources and a target.
func (t *Table) trio(a args) ([]string, error) {
	sources := a.list("sources")
	switch {
	case sources == nil && a["target"] == "":
		return t.Names[:3], nil
	case len(sources) != 2 || a["target"] == "":
		return nil, fmt.Errorf("emergence: sources=%q target=%q; accepted are two sources and a target, or none of them for the first three columns", a["sources"], a["target"])
	}
	return t.chosen(append(sources, a["target"]))
}

var causalEmergence = Measure{
	Name: "causal-emergence", Unit: "bit", Cost: "O(n² T)", Values: []string{"psi", "delta", "gamma"}, Nulls: []string{statistics.NullShuffle},
	Doc:    "whether a macro variable tells its own future beyond what each part tells (psi), and the parts' (delta)",
	Needs:  "a column for each part and one for the macro variable, rows in time order; or matrix=FILE of transitions with states=FILE",
	Source: "Rosas et al. 2020, PLOS Comput. Biol. 16(12) e1008289. Sufficient, not necessary: 0 or less says nothing",
	Params: []Param{{"parts", "columns, with commas between them; by default all but the macro variable", ""}, {"macro", "a column; by default the last", ""},
		{"lag", "how many rows later", "1"}, {"matrix", "a file of transition probabilities, no header; then the start is uniform and nothing is sampled", ""},
		{"states", "a file with a row for each state of the matrix, and those columns", ""}, bins},
	bind: func(in Input, a args) (*bound, error) {
		if in.Matrix != nil {
			return causalOfMatrix(in, a)
		}
		t, err := in.series("causal-emergence")
		if err != nil {
			return nil, err
		}
		b := &bound{ordered: true}
		all, err := t.wholeAndParts(b, a)
		if err != nil {
			return nil, err
		}
		lag, err := a.whole("lag", 1, MaxRows)
		if err != nil {
			return nil, err
		}
		if lag >= t.Len() {
			return nil, fmt.Errorf("emergence: lag=%d in %d rows; accepted is less", lag, t.Len())
		}
		last := len(all) - 1
		c, err := information.CriteriaOf(nil, all[:last], all[last], lag)
		if err != nil {
			return nil, err
		}
		b.n = t.Len() - lag
		b.values = Values{{"psi", c.Psi}, {"delta", c.Delta}, {"gamma", c.Gamma}}
		for i, part := range all[:last] {
			if memory := math.Abs(persistence(part)); memory > 3/math.Sqrt(float64(b.n)) {
				b.warn("part %d persists (%.2f from one row to the next): parts that persist show psi without any interaction, and the null does not keep that; hold it against runs without interaction", i+1, memory)
				break
			}
		}
		if c.Psi <= 0 {
			b.warn("psi is not above 0, which says nothing: it is sufficient, not necessary, and plug-in psi is biased down")
		}
		psi := func(all [][]int) float64 {
			c, err := information.CriteriaOf(nil, all[:last], all[last], lag)
			return orNaN(c.Psi, err)
		}
		// The persistence of the macro variable is what psi is made of: a null that kept it would have nothing to find.
		columns(b, all, []int{last}, psi, statistics.NullShuffle)
		b.why = "psi is of a series with its own lag, whose rows cannot be drawn again one by one"
		return b, nil
	},
}

// wholeAndParts are the parts, and the macro variable last.
func (t *Table) wholeAndParts(b *bound, a args) ([][]int, error) {
	macro, parts := a["macro"], a.list("parts")
	if macro == "" {
		macro = t.Names[len(t.Names)-1]
	}
	if parts == nil {
		for _, name := range t.Names {
			if name != macro {
				parts = append(parts, name)
			}
		}
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("emergence: no parts beside macro=%s; accepted is one column or more", macro)
	}
	names, err := t.chosen(append(parts, macro))
	if err != nil {
		return nil, err
	}
	all, err := t.symbols(b, a, names)
	b.of = fmt.Sprintf("parts=%s macro=%s", strings.Join(parts, ","), macro)
	return all, err
}

func causalOfMatrix(in Input, a args) (*bound, error) {
	if in.States == nil {
		return nil, errors.New("emergence: matrix without states=FILE; accepted is a row for each state")
	}
	b := &bound{n: len(in.Matrix), why: "transitions are given, not sampled"}
	all, err := in.States.wholeAndParts(b, a)
	if err != nil {
		return nil, err
	}
	last := len(all) - 1
	parts := make([][]int, in.States.Len()) // of each state
	for i := range parts {
		for _, part := range all[:last] {
			parts[i] = append(parts[i], part[i])
		}
	}
	c, err := information.CriteriaOfMatrix(in.Matrix, parts, all[last])
	if err != nil {
		return nil, err
	}
	b.values = Values{{"psi", c.Psi}, {"delta", c.Delta}, {"gamma", c.Gamma}}
	return b, nil
}

var effectiveInformation = Measure{
	Name: "effective-information", Unit: "bit", Cost: "O(K²)", Values: []string{"micro", "macro", "emergence", "determinism", "degeneracy"}, Plain: []string{"determinism", "degeneracy"},
	Doc:    "how much of its cause a state carries, and whether groups of states carry more",
	Needs:  "a matrix of transition probabilities, no header, by setting each state; a matrix that was observed is another thing",
	Source: "Hoel et al. 2013; Klein and Hoel 2020",
	Params: []Param{{"groups", "states by number from 0, + within a group and commas between, such as 0+1,2+3; by default no macro matrix", ""},
		{"matrix", "the file; by default the data", ""}},
	bind: func(in Input, a args) (*bound, error) {
		if in.Matrix == nil {
			return nil, errors.New("emergence: effective-information takes a matrix of transitions, not a table")
		}
		micro, err := information.EffectiveInformation(in.Matrix)
		if err != nil {
			return nil, err
		}
		b := &bound{n: len(in.Matrix), why: "transitions are given, not sampled", values: Values{{"micro", micro.Bits}}}
		if groups := a.list("groups"); groups != nil {
			states, err := readGroups(groups)
			if err != nil {
				return nil, err
			}
			matrix, err := information.Macro(in.Matrix, states)
			if err != nil {
				return nil, err
			}
			macro, err := information.EffectiveInformation(matrix)
			if err != nil {
				return nil, err
			}
			b.values, b.of = append(b.values, Value{"macro", macro.Bits}, Value{"emergence", macro.Bits - micro.Bits}), "groups="+a["groups"]
			b.warn("causal emergence is of one grouping: of many tried, the best is no finding")
		}
		b.values = append(b.values, Value{"determinism", micro.Determinism}, Value{"degeneracy", micro.Degeneracy})
		return b, nil
	},
}

// readGroups reads 0+1,2+3.
func readGroups(groups []string) (states [][]int, err error) {
	for _, group := range groups {
		var of []int
		for _, text := range splitPlus(group) {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 {
				return nil, fmt.Errorf("emergence: group %q; accepted are numbers from 0 with + between them", group)
			}
			of = append(of, n)
		}
		states = append(states, of)
	}
	return states, nil
}

func splitPlus(group string) []string { return strings.Split(group, "+") }
