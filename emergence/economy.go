package emergence

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/polis-agents/polis/emergence/information"
	"github.com/polis-agents/polis/emergence/social"
	"github.com/polis-agents/polis/emergence/statistics"
)

// ofColumn is a measure of the numbers in one column, of which each row is one.
func ofColumn(m Measure, least int, values func(b *bound, x []float64, a args) error, tested func(x []float64, a args) (float64, error)) Measure {
	m.Params = append([]Param{{"x", "a column; by default the first", ""}}, m.Params...)
	m.bind = func(in Input, a args) (*bound, error) {
		t, err := in.table(1)
		if err != nil {
			return nil, err
		}
		names, err := t.named(a, "x")
		if err != nil {
			return nil, err
		}
		x, err := t.numbers(names[0])
		if err != nil {
			return nil, err
		}
		if len(x) < least {
			return nil, fmt.Errorf("emergence: %s of %d rows; accepted are %d or more", m.Name, len(x), least)
		}
		b := &bound{n: len(x), of: "x=" + names[0], warnings: constantColumn(names[0], x)}
		if err := values(b, x, a); err != nil {
			return nil, err
		}
		if tested != nil {
			rows(b, [][]float64{x}, func(x [][]float64) float64 { return orNaN(tested(x[0], a)) })
		}
		return b, nil
	}
	return m
}

// constantColumn is the warning that a column never changes, if so.
func constantColumn(name string, x []float64) []string {
	if len(x) > 1 && slices.Max(x) == slices.Min(x) {
		return []string{fmt.Sprintf("column %q is constant: it can tell nothing", name)}
	}
	return nil
}

// numbers is a column of numbers; whole weights count its rows as often as they say.
func (t *Table) numbers(name string) ([]float64, error) {
	column, err := t.Column(name)
	if err != nil {
		return nil, err
	}
	if t.Words[name] != nil {
		return nil, fmt.Errorf("emergence: column %q holds words such as %q; accepted are numbers", name, short(t.Words[name][0]))
	}
	if t.Weights == nil {
		return column, nil
	}
	var repeated []float64
	for row, x := range column {
		w := t.Weights[row]
		if w != math.Trunc(w) || float64(len(repeated))+w > MaxRows {
			return nil, fmt.Errorf("emergence: weight of row %d is %v; accepted are whole numbers, up to %d in all", row+1, w, MaxRows)
		}
		repeated = append(repeated, slices.Repeat([]float64{x}, int(w))...)
	}
	return repeated, nil
}

var gini = ofColumn(Measure{
	Name: "gini", Unit: "1", Cost: "O(N log N)", Values: []string{"gini", "unbiased", "equality"},
	Doc:    "how unequal payoffs are: 0 when all have the same",
	Needs:  "a column of payoffs of 0 or more, a row for each agent",
	Source: "Gini 1912; Deltas 2003 (unbiased); Perolat et al. 2017 (equality)",
}, 1, func(b *bound, x []float64, _ args) error {
	g, err := social.Gini(x)
	if err := b.take("gini", g, err); err != nil {
		return err
	}
	if len(x) > 1 {
		g, _ := social.GiniUnbiased(x)
		b.values = append(b.values, Value{"unbiased", g})
		b.corrected = &g
	}
	b.values = append(b.values, Value{"equality", 1 - g})
	b.within = [2]float64{0, 1}
	return nil
}, func(x []float64, _ args) (float64, error) { return social.Gini(x) })

var diversity = Measure{
	Name: "diversity", Unit: "bit", Cost: "O(N)", Values: []string{"shannon", "exp_shannon", "simpson", "simpson_unbiased", "inverse_simpson", "evenness", "kinds"},
	Plain:  []string{"exp_shannon", "simpson", "simpson_unbiased", "inverse_simpson", "evenness", "kinds"},
	Doc:    "how many kinds there are, and how evenly: the entropy, and as pure numbers those of Hill and Simpson",
	Needs:  "a column of symbols; or kinds with a column weight",
	Source: "Hill 1973; Simpson 1949; Pielou 1966", Params: []Param{{"x", "a column; by default the first", ""}, bins},
	bind: func(in Input, a args) (*bound, error) {
		t, err := in.table(1)
		if err != nil {
			return nil, err
		}
		b := &bound{n: t.Len()}
		names, err := t.named(a, "x")
		if err != nil {
			return nil, err
		}
		x, err := t.symbols(b, a, names)
		if err != nil {
			return nil, err
		}
		counts := crossed(make([]int, t.Len()), x[0], t.Weights)[0]
		if err := b.diverse(counts); err != nil {
			return nil, err
		}
		b.within = [2]float64{0, maximal(alphabet(x[0]))}
		if b.why = weighted; t.Weights == nil {
			rows(b, x, func(x [][]int) float64 { return orNaN(social.Shannon(tallies(x)[0])) })
		}
		return b, nil
	},
}

// diverse are the numbers of a tally.
func (b *bound) diverse(counts []float64) error {
	h, err := social.Shannon(counts)
	if err != nil {
		return err
	}
	b.values = Values{{"shannon", h}}
	for _, hill := range []struct {
		name string
		q    float64
		of   func(float64) float64
	}{{"exp_shannon", 1, nil}, {"simpson", 2, func(d float64) float64 { return 1 - 1/d }}, {"inverse_simpson", 2, nil}, {"kinds", 0, nil}} {
		x, err := social.Hill(counts, hill.q)
		if err != nil {
			return err
		}
		if hill.of != nil {
			x = hill.of(x)
		}
		b.values = append(b.values, Value{hill.name, x})
	}
	whole := make([]int, len(counts))
	for i, c := range counts {
		if c != math.Trunc(c) || c > 1<<40 {
			whole = nil
			break
		}
		whole[i] = int(c)
	}
	if d, err := social.SimpsonUnbiased(whole); whole != nil && err == nil {
		b.values = append(b.values, Value{"simpson_unbiased", d})
	}
	e, err := social.Evenness(counts)
	return b.take("evenness", e, err)
}

var divisionOfLabour = Measure{
	Name: "division-of-labour", Unit: "1", Cost: "O(N)", Values: []string{"symmetric", "individuals", "tasks", "mutual-information"}, Nulls: []string{statistics.NullLabelBlocks, statistics.NullShuffle},
	Doc:    "how far agents keep to tasks of their own",
	Needs:  "two columns, agent and task, a row for each time that one did it, those of an agent in time order; or with a column weight, and then null shuffle only",
	Source: "Gorelick et al. 2004",
	Params: []Param{{"agent", "a column; by default the first", ""}, {"task", "another; by default the second", ""}},
	bind: func(in Input, a args) (*bound, error) {
		t, err := in.table(2)
		if err != nil {
			return nil, err
		}
		b := &bound{n: t.Len()}
		names, err := t.named(a, "agent", "task")
		if err != nil {
			return nil, err
		}
		a["bins"] = "0"
		xy, err := t.symbols(b, a, names)
		if err != nil {
			return nil, err
		}
		if xy, err = t.repeated(xy); err != nil {
			return nil, err
		}
		if err := cellsFit(alphabet(xy[0]), alphabet(xy[1]), "agents and tasks"); err != nil {
			return nil, err
		}
		b.n = len(xy[0])
		b.of = fmt.Sprintf("agent=%s task=%s", names[0], names[1])
		l, err := social.DivisionOfLabour(crossed(xy[0], xy[1], nil))
		if err := b.take("symmetric", l.Symmetric, err); err != nil {
			return nil, err
		}
		b.values = append(b.values, Value{"individuals", l.Specialised}, Value{"tasks", l.Split}, Value{"mutual-information", l.Information})
		value := func(xy [][]int) float64 {
			x, _ := information.Recode(xy[0]) // in a resample some agents and tasks may be missing
			y, _ := information.Recode(xy[1])
			l, err := social.DivisionOfLabour(crossed(x, y, nil))
			return orNaN(l.Symmetric, err)
		}
		columns(b, xy, []int{1}, value, statistics.NullShuffle)
		if t.Weights == nil { // counts have lost the order
			b.exchanged(xy, value)
		}
		rows(b, xy, value)
		b.within = [2]float64{0, 1}
		return b, nil
	},
}

// exchanged lets stretches of what an agent did be given to others, so that an agent that stays with a task for a while does
// not look like one that keeps to it. They are as long as leaves a dozen in all and two of an average agent; what is left of an
// agent's acts stays with it.
func (b *bound) exchanged(xy [][]int, value func([][]int) float64) {
	sorted, agents := byAgent(xy)
	length := max(1, len(sorted[0])/agents/max(2, (12+agents-1)/agents))
	var starts []int
	for from, to := 0, 0; from < len(sorted[0]); from = to {
		for to < len(sorted[0]) && sorted[0][to] == sorted[0][from] {
			to++
		}
		for at := from; at+length <= to; at += length {
			starts = append(starts, at)
		}
	}
	if len(starts) < 2 {
		return
	}
	exchange := statistics.Moving(statistics.Exchange[int](length, starts), 1)
	if b.draws == nil {
		b.draws = map[string]func() draw{}
	}
	b.draws[statistics.NullLabelBlocks] = func() draw {
		dst := statistics.Like(sorted)
		return func(r *rand.Rand) float64 {
			exchange(dst, sorted, r)
			return value(dst)
		}
	}
}

// byAgent puts the acts of each agent one after the other, in the order that they have; it counts the agents.
func byAgent(xy [][]int) (sorted [][]int, agents int) {
	order := make([]int, len(xy[0]))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(xy[0][a], xy[0][b]) })
	sorted = statistics.Like(xy)
	for i, row := range order {
		sorted[0][i], sorted[1][i] = xy[0][row], xy[1][row]
		if i == 0 || sorted[0][i] != sorted[0][i-1] {
			agents++
		}
	}
	return sorted, agents
}

// repeated are rows as often as their weights say.
func (t *Table) repeated(columns [][]int) ([][]int, error) {
	if t.Weights == nil {
		return columns, nil
	}
	number := make([]float64, t.Len())
	for i := range number {
		number[i] = float64(i)
	}
	rows, err := (&Table{Names: []string{"row"}, Columns: [][]float64{number}, Weights: t.Weights}).numbers("row")
	if err != nil {
		return nil, err
	}
	all := make([][]int, len(columns))
	for c, column := range columns {
		for _, row := range rows {
			all[c] = append(all[c], column[int(row)])
		}
	}
	return all, nil
}

var burstiness = ofColumn(Measure{
	Name: "burstiness", Unit: "1", Cost: "O(N log N)", Values: []string{"burstiness", "finite"},
	Doc:    "whether events come in bursts (towards 1), by chance (0), or regularly (-1)",
	Needs:  "a column of times of events; or of waits between them, with of=waits",
	Source: "Goh and Barabasi 2008; Kim and Jo 2016 (finite)",
	Params: []Param{{"of", "times or waits", "times"}},
}, 2, func(b *bound, x []float64, a args) error {
	waits, err := waitsOf(x, a)
	if err != nil {
		return err
	}
	b.n = len(waits)
	plain, err := social.Burstiness(waits)
	if err := b.take("burstiness", plain, err); err != nil {
		return err
	}
	finite, err := social.BurstinessFinite(waits)
	b.why = "waits follow one another"
	return b.take("finite", finite, err)
}, nil)

func waitsOf(x []float64, a args) ([]float64, error) {
	of, err := a.one("of", "times", "waits")
	if err != nil || of == "waits" {
		return x, err
	}
	return social.Waits(x)
}
