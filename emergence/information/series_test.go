package information

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

func TestSymbols(t *testing.T) {
	symbols, alphabet := Recode([]string{"b", "a", "b", "c"})
	if !slices.Equal(symbols, []int{0, 1, 0, 2}) || !slices.Equal(alphabet, []string{"b", "a", "c"}) {
		t.Error(symbols, alphabet)
	}
	codes, size, err := Codes([]int{70, -1, 70})
	if !slices.Equal(codes, []uint8{0, 1, 0}) || size != 2 || err != nil {
		t.Error(codes, size, err)
	}
	// more combinations than could be numbered by place: 40 columns of 3 symbols
	r := rand.New(rand.NewPCG(1, 3))
	columns := make([][]int, 40)
	for i := range columns {
		columns[i] = random(r, 50, 3)
		columns[i][49] = columns[i][0]
	}
	joint, size, err := Joint(columns...)
	if err != nil || joint[0] != joint[49] || size > 1024 || alphabet49(joint) != 49 {
		t.Errorf("joint symbols %v of size %d: %v", joint, size, err)
	}
	x := []int{4, 4, 9, 4, 4, 9}
	blocks := must[[]int](t)(Blocks(x, 3)) // 449 494 944 449
	if len(blocks) != 4 || blocks[0] != blocks[3] || alphabet49(blocks) != 3 {
		t.Error(blocks)
	}
}

func alphabet49(x []int) int { return len(slices.Compact(slices.Sorted(slices.Values(x)))) }

func TestBins(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		bins int
		want []int
	}{
		{[]float64{.4, .1, .3, .2}, 2, []int{1, 0, 1, 0}},
		{[]float64{6, 5, 4, 3, 2, 1}, 3, []int{2, 2, 1, 1, 0, 0}},
		{[]float64{1, 1, 1, 2}, 2, []int{0, 0, 0, 1}},
		{[]float64{1, 2, 2, 2}, 2, []int{0, 0, 0, 0}},
	} {
		if got := must[[]int](t)(Bins(c.x, c.bins)); !slices.Equal(got, c.want) {
			t.Errorf("Bins(%v, %d) = %v, want %v", c.x, c.bins, got, c.want)
		}
	}
}

func TestLag(t *testing.T) {
	x, _ := copied(500, 0, 3)
	y := append([]int{1, 0, 1}, x[:497]...) // three later
	near(t, "at 3", must[Information](t)(Mutual(x, y, 3)).Bits, 1, .02)
	near(t, "at 2", must[Information](t)(Mutual(x, y, 2)).Bits, 0, .02)
	near(t, "back", must[Information](t)(Mutual(y, x, -3)).Bits, must[Information](t)(Mutual(x, y, 3)).Bits, exact)
	if n := must[Information](t)(Mutual(x, y, -3)).N; n != 497 {
		t.Errorf("%d samples", n)
	}
}

// The source's symbol lag steps before, and no other, tells of the target.
func TestTransferHistory(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 3))
	x := random(r, 5000, 2)
	y := random(r, 5000, 2)
	for i := 3; i < len(y); i++ {
		y[i] = x[i-3]
	}
	for _, c := range []struct {
		h    History
		bits float64
		n    int
		df   float64
	}{
		{History{}, 0, 4999, 2},
		{History{Lag: 3}, 1, 4997, 2},
		{History{L: 3}, 1, 4997, 14},
		{History{L: 2}, 0, 4998, 6},
		{History{L: 2, Lag: 2}, 1, 4997, 6},
		{History{K: 4, Lag: 3}, 1, 4996, 16},
	} {
		i := must[Information](t)(Transfer(x, y, c.h))
		near(t, "TE", i.Bits, c.bits, .01)
		if i.N != c.n || i.DF != c.df {
			t.Errorf("%+v: %d samples, %v degrees of freedom, want %d and %v", c.h, i.N, i.DF, c.n, c.df)
		}
	}
}

// A signal that both hear makes one seem to tell the other; given the signal, nothing is left.
func TestTransferGiven(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 3))
	signal, x, y := random(r, 4000, 3), random(r, 4000, 2), random(r, 4000, 2)
	for i := 2; i < len(x); i++ {
		x[i], y[i] = signal[i-1]%2, signal[i-2]%2
		if r.IntN(5) == 0 {
			x[i] = 1 - x[i]
		}
		if r.IntN(5) == 0 {
			y[i] = 1 - y[i]
		}
	}
	if alone := must[Information](t)(Transfer(x, y, History{})); alone.Corrected() < .05 {
		t.Errorf("alone %v", alone.Bits)
	}
	given := must[Information](t)(Transfer(x, y, History{L: 2}, signal))
	near(t, "given the signal", given.Bits, 0, .02)
	near(t, "corrected", given.Corrected(), 0, .006)
	if given.N != 3998 || given.DF != 3*2*9 || given.Cells != 2*4*2*9 {
		t.Errorf("%+v", given)
	}
	near(t, "given itself", must[Information](t)(Transfer(x, y, History{}, x)).Bits, 0, exact)
	// what hides a transfer: y is x and the signal together, neither alone tells anything
	for i := 1; i < len(y); i++ {
		x[i] = r.IntN(2)
		y[i] = x[i-1] ^ signal[i-1]%2
	}
	near(t, "hidden", must[Information](t)(Transfer(x, y, History{})).Bits, 1-h2(1./3), .02)
	near(t, "found", must[Information](t)(Transfer(x, y, History{}, signal)).Bits, 1, .01)
}

func TestStorage(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	x := random(r, 3000, 2)
	near(t, "of chance", must[Information](t)(Storage(x, 1)).Bits, must[Information](t)(Mutual(x, x, 1)).Bits, exact)
	if k := must[int](t)(HistoryLength(x, 4)); k > 4 {
		t.Error(k)
	}
	right := 0
	for range 100 {
		second := random(r, 3000, 2)
		for i := 2; i < len(second); i++ {
			if r.Float64() < .7 {
				second[i] = second[i-2]
			}
		}
		if must[int](t)(HistoryLength(second, 5)) == 2 {
			right++
		}
	}
	if right < 70 {
		t.Errorf("history of what repeats the symbol before the last: 2 in %d of 100", right)
	}
	for range 100 { // by Akaike's criterion, over the same entries for each k
		short, best, want := random(r, 60, 2), math.Inf(-1), 0
		for i := 1; i < len(short); i++ {
			if r.Float64() < .3 {
				short[i] = short[i-1]
			}
		}
		for k := 1; k <= 3; k++ {
			s := must[Information](t)(Storage(short[3-k:], k))
			if worth := s.Bits - 2*s.DF/(2*57*math.Ln2); worth > best {
				best, want = worth, k
			}
		}
		if k := must[int](t)(HistoryLength(short, 3)); k != want {
			t.Errorf("history of %v: %d, want %d", short, k, want)
		}
	}
	i := must[Information](t)(Storage([]int{0, 1, 2, 0, 1, 2, 0}, 1))
	near(t, "of a cycle", i.Bits, math.Log2(3), exact)
	if i.N != 6 || i.DF != 4 || i.Cells != 9 {
		t.Errorf("%+v", i)
	}
	if k := must[int](t)(HistoryLength([]int{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0}, 3)); k != 1 {
		t.Errorf("history of what alternates: %d, want 1", k)
	}
}

// kraskov is the measure by its definition.
func kraskov(x, y []float64, k int) float64 {
	n, sum := len(x), 0.0
	for i := range x {
		var ds []float64
		for j := range x {
			if j != i {
				ds = append(ds, max(math.Abs(x[i]-x[j]), math.Abs(y[i]-y[j])))
			}
		}
		slices.Sort(ds)
		nx, ny := 0, 0
		for j := range x {
			if j != i && math.Abs(x[i]-x[j]) < ds[k-1] {
				nx++
			}
			if j != i && math.Abs(y[i]-y[j]) < ds[k-1] {
				ny++
			}
		}
		sum += mathext.Digamma(float64(nx+1)) + mathext.Digamma(float64(ny+1))
	}
	return mathext.Digamma(float64(k)) + mathext.Digamma(float64(n)) - sum/float64(n)
}

func TestKraskov(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 3))
	for range 40 {
		n := 8 + r.IntN(80)
		x, y := make([]float64, n), make([]float64, n)
		for i := range n {
			x[i], y[i] = r.NormFloat64(), r.NormFloat64()
			if n%2 == 0 { // with ties
				x[i], y[i] = math.Round(2*x[i]), math.Round(2*y[i]+x[i])
			}
		}
		k := 1 + r.IntN(6)
		near(t, "by definition", float64(must[Nats](t)(Kraskov(x, y, k))), kraskov(x, y, k), exact)
		near(t, "turned around", float64(must[Nats](t)(Kraskov(y, x, k))), kraskov(x, y, k), exact)
	}
	for rho, want := range map[float64]float64{0: 0, .5: 0.1438410362, .8: 0.5108256238} {
		x, y := make([]float64, 3000), make([]float64, 3000)
		for i := range x {
			x[i] = r.NormFloat64()
			y[i] = rho*x[i] + math.Sqrt(1-rho*rho)*r.NormFloat64()
		}
		near(t, "Kraskov", float64(must[Nats](t)(Kraskov(x, y, 4))), want, .05)
		near(t, "Gaussian", float64(must[Nats](t)(GaussianMutual(x, y))), want, .03)
	}
}

func TestCopulaTotals(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 3))
	// n columns with the correlation rho between any two: det R = (1-rho)^(n-1) (1+(n-1)rho), and 1/(R^-1)ii is the variance that is left
	const n, rho = 5, 0.4
	columns, curved := make([][]float64, n), make([][]float64, n)
	for range 20_000 {
		shared := r.NormFloat64()
		for i := range columns {
			v := math.Sqrt(rho)*shared + math.Sqrt(1-rho)*r.NormFloat64()
			columns[i], curved[i] = append(columns[i], v), append(curved[i], math.Exp(v)-7)
		}
	}
	det := func(n float64) float64 { return math.Pow(1-rho, n-1) * (1 + (n-1)*rho) }
	got := must[Totals](t)(CopulaTotals(columns))
	near(t, "TC", got.Total, -math.Log2(det(n))/2, .03)
	near(t, "DTC", got.Dual, (math.Log2(det(n))-n*math.Log2(det(n)/det(n-1)))/2, .03)
	if bent := must[Totals](t)(CopulaTotals(curved)); bent != got {
		t.Errorf("totals %+v of columns that were bent, %+v before", bent, got)
	}
	two := must[Totals](t)(CopulaTotals(columns[:2]))
	near(t, "of two", two.Total, must[Nats](t)(GaussianMutual(columns[0], columns[1])).Bits(), .01)
	near(t, "O of two", two.O(), 0, exact)
	mean := 0.0
	for range 300 {
		few := make([][]float64, 4)
		for i := range few {
			for range 100 {
				few[i] = append(few[i], r.NormFloat64())
			}
		}
		mean += must[Totals](t)(CopulaTotals(few)).Total / 300
	}
	near(t, "TC of what is independent", mean, 4*3/(4*100*math.Ln2), .004)
	ranks := normalScores([]float64{3, 1, 3, 9})
	near(t, "score in the middle", ranks[0], 0, exact)
	near(t, "score of the third", ranks[2], ranks[0], 0)
	near(t, "scores on both sides", ranks[1], -ranks[3], exact)
	near(t, "score of 1/5", ranks[1], -0.8416212335729143, exact)
}

func TestBadDataIsSaid(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no counts":         {second(Entropy(nil)), "0 counts with the sum 0"},
		"zeros":             {second(Entropy([]float64{0, 0})), "2 counts with the sum 0"},
		"negative":          {second(Entropy([]float64{1, -2})), "count 1 is -2; accepted is 0 or more"},
		"NaN":               {second(MillerMadow([]float64{nan})), "count 0 is NaN"},
		"infinite":          {second(Digamma([]float64{1, inf})), "count 1 is +Inf"},
		"sum":               {second(Entropy([]float64{math.MaxFloat64, math.MaxFloat64})), "sum +Inf"},
		"not counts":        {second(Grassberger([]float64{.5, .5})), "count 0 is 0.5; a corrected entropy accepts whole numbers"},
		"not counts either": {second(ChaoShen([]float64{2.5})), "accepts whole numbers"},
		"smoothing":         {second(Dirichlet([]float64{1}, 0)), "smoothing 0"},
		"smoothed":          {second(Dirichlet([]float64{-1}, 1)), "count 0 is -1"},
		"no column":         {second(NewOutcomes(nil)), "0 columns without a row"},
		"no row":            {second(NewOutcomes(nil, nil)), "1 columns without a row"},
		"ragged":            {second(NewOutcomes(nil, []int{1, 2}, []int{1})), "column 1 has 1 rows and column 0 has 2"},
		"weights":           {second(NewOutcomes([]float64{1}, []int{1, 2})), "1 weights for 2 rows"},
		"weight":            {second(NewOutcomes([]float64{1, nan}, []int{1, 2})), "weights of rows: information: count 1 is NaN"},
		"weightless":        {second(NewOutcomes([]float64{0, 0}, []int{1, 2})), "the sum 0"},
		"blocks":            {second(Blocks([]int{1, 2}, 3)), "blocks of 3 symbols of a series of 2; accepted is 1 to 2"},
		"no block":          {second(Blocks([]int{1, 2}, 0)), "blocks of 0"},
		"bins":              {second(Bins([]float64{1, 2}, 1)), "1 bins"},
		"too many bins":     {second(Bins([]float64{1, 2}, 3)), "3 bins for 2 values"},
		"binned NaN":        {second(Bins([]float64{1, nan}, 2)), "value 1 is NaN"},
		"pair":              {second(Mutual([]int{1}, []int{1, 2}, 0)), "series of 1 and of 2 symbols"},
		"lag":               {second(Mutual([]int{1, 2}, []int{1, 2}, 2)), "lag 2 in series of 2"},
		"lag back":          {second(Mutual([]int{1, 2}, []int{1, 2}, -2)), "lag -2 in series of 2"},
		"nothing":           {second(Mutual(nil, nil, 0)), "lag 0 in series of 0"},
		"table":             {second(Contingency([][]float64{{1, 2}, {3}})), "row 1 has 1 counts and row 0 has 2"},
		"no table":          {second(Contingency(nil)), "0 counts"},
		"shares":            {second(Contingency([][]float64{{.5, .5}})), "accepts whole numbers"},
		"transfer pair":     {second(Transfer([]int{1}, []int{1, 2}, History{})), "series of 1 and of 2"},
		"transfer k":        {second(Transfer([]int{1, 2}, []int{1, 2}, History{K: 2})), "history k=2 l=1 lag=1 of series of 2 symbols"},
		"transfer below":    {second(Transfer([]int{1, 2}, []int{1, 2}, History{K: -1})), "history k=-1"},
		"transfer l":        {second(Transfer([]int{1, 2}, []int{1, 2}, History{L: -1})), "l=-1"},
		"transfer lag":      {second(Transfer([]int{1, 2}, []int{1, 2}, History{L: 3, Lag: -2})), "lag=-2"},
		"transfer given":    {second(Transfer([]int{1, 2}, []int{1, 2}, History{}, []int{1, 2}, []int{1})), "series 1 that is given has 1 symbols and the target has 2"},
		"transfer overflow": {second(Transfer([]int{1, 2}, []int{1, 2}, History{L: math.MaxInt, Lag: 3})), "history k=1"},
		"storage":           {second(Storage([]int{1, 2}, 2)), "a past of 2 symbols of a series of 2"},
		"no past":           {second(Storage([]int{1, 2}, 0)), "a past of 0 symbols"},
		"history":           {second(HistoryLength([]int{1, 2}, 0)), "a past of up to 0 symbols"},
		"long history":      {second(HistoryLength([]int{1, 2}, 2)), "a past of 2 symbols"},
		"redundancy":        {second(uniform(t, "000", "111").PID("iq", nil, []int{0}, []int{1}, []int{2})), `redundancy "iq"; accepted is "mmi", "imin" or "broja"`},
		"corrected imin":    {second(uniform(t, "000", "111").PID(IMin, MillerMadow, []int{0}, []int{1}, []int{2})), `only "mmi"`},
		"broja":             {second(many(t).PID(BROJA, nil, []int{0}, []int{1}, []int{2})), `redundancy "broja" of 40 and 40 symbols about 20; accepted are up to`},
		"estimator":         {second(giant(t, 2).TotalCorrelation(ChaoShen)), "accepts whole numbers"},
		"estimator in pid":  {second(giant(t, 3).PID(MMI, ChaoShen, []int{0}, []int{1}, []int{2})), "accepts whole numbers"},
		"one column":        {second(uniform(t, "0", "1").CoInformation(nil)), "co-information of 1 columns; accepted are 2 to 16"},
		"17 columns":        {second(giant(t, 17).Complexity(nil)), "complexity of 17 columns"},
		"smoothing cells":   {second(giant(t, 21).Smoothed(1)), "2097152 combinations"},
		"delayed":           {second(Delayed(MMI, [][]int{{1, 2}}, nil, 1, 0)), "pairs of 1 columns"},
		"delayed lag":       {second(Delayed(MMI, [][]int{{1, 2}, {1, 2}}, nil, 2, 0)), "lag 2"},
		"delayed columns":   {second(Delayed(MMI, [][]int{{1, 2}, {1}}, nil, 1, 0)), "column 1 has 1 rows"},
		"delayed macro":     {second(Delayed(MMI, [][]int{{1, 2}, {1, 2}}, []int{1}, 1, 0)), "column 2 has 1 rows"},
		"delayed smoothing": {second(Delayed(MMI, [][]int{{1, 2}, {1, 2}}, nil, 1, -1)), "smoothing -1"},
		"criteria":          {second(CriteriaOf(nil, [][]int{{1}}, []int{1, 2}, 1)), "part 0 has 1 symbols and the macro variable has 2"},
		"criteria lag":      {second(CriteriaOf(nil, [][]int{{1, 2}}, []int{1, 2}, 0)), "lag 0"},
		"no parts":          {second(CriteriaOf(nil, nil, []int{1, 2, 2}, 1)), "a macro variable of 0 parts"},
		"matrix":            {second(CriteriaOfMatrix([][]float64{{1}}, [][]int{{1}, {2}}, []int{1})), "2 states with parts and 1 with a macro symbol for a matrix of 1"},
		"matrix parts":      {second(CriteriaOfMatrix([][]float64{{0, 1}, {1, 0}}, [][]int{{1}, {2, 3}}, []int{1, 2})), "state 1 has 2 parts and state 0 has 1"},
		"no matrix":         {second(EffectiveInformation(nil)), "a transition matrix of 0 states"},
		"not square":        {second(EffectiveInformation([][]float64{{.5, .5}})), "row 0 of a transition matrix has 2 entries; accepted is as many as rows, 1"},
		"row sum":           {second(EffectiveInformation([][]float64{{.9}})), "row 0 of a transition matrix sums to 0.9; accepted is 1"},
		"row":               {second(EffectiveInformation([][]float64{{nan}})), "row 0 of a transition matrix: information: count 0 is NaN"},
		"groups":            {second(Macro([][]float64{{1, 0}, {0, 1}}, [][]int{{0}, {0, 1}})), "state 0 in group 1"},
		"group":             {second(Macro([][]float64{{1, 0}, {0, 1}}, [][]int{{0, 2}})), "state 2 in group 0"},
		"empty group":       {second(Macro([][]float64{{1}}, [][]int{{}, {0}})), "group 0 is empty"},
		"no group":          {second(Macro([][]float64{{1, 0}, {0, 1}}, [][]int{{0}})), "state 1 is in no group"},
		"grouped":           {second(Macro([][]float64{{2}}, [][]int{{0}})), "sums to 2"},
		"observed":          {third(Observed([]int{1})), "transitions of a series of 1"},
		"never left":        {third(Observed([]int{1, 1, 5})), "symbol 5 is seen only at the end"},
		"divergence":        {second(JensenShannon([][]float64{{1}}, nil)), "divergence of 1 distributions"},
		"divergence rows":   {second(JensenShannon([][]float64{{1}, {1, 2}}, nil)), "distribution 1 has 2 symbols and distribution 0 has 1"},
		"divergence counts": {second(JensenShannon([][]float64{{1}, {0}}, nil)), "distribution 1: information: 1 counts with the sum 0"},
		"divergence weight": {second(JensenShannon([][]float64{{1}, {1}}, []float64{1})), "1 weights for 2"},
		"divergence minus":  {second(JensenShannon([][]float64{{1}, {1}}, []float64{1, -1})), "weights of distributions: information: count 1 is -1"},
		"correlation":       {second(Gaussian(1.5)), "correlation 1.5; accepted is -1 to 1"},
		"correlation NaN":   {second(Gaussian(nan)), "correlation NaN"},
		"constant":          {second(GaussianMutual([]float64{1, 1, 1}, []float64{1, 2, 3})), "3 equal values"},
		"real pair":         {second(GaussianMutual([]float64{1, 2}, []float64{1, 2})), "series of 2 and of 2 values; accepted are two of one length, 3 or more"},
		"real NaN":          {second(Kraskov([]float64{1, 2, nan}, []float64{1, 2, 3}, 1)), "value of the first series 2 is NaN"},
		"real infinite":     {second(Kraskov([]float64{1, 2, 3}, []float64{1, 2, inf}, 1)), "value of the second series 2 is +Inf"},
		"neighbours":        {second(Kraskov([]float64{1, 2, 3}, []float64{1, 2, 3}, 3)), "4 or more"},
		"no neighbour":      {second(Kraskov([]float64{1, 2, 3}, []float64{1, 2, 3}, 0)), "0 neighbours"},
		"copula":            {second(CopulaTotals([][]float64{{1, 2, 3}})), "a copula of 1 columns"},
		"copula rows":       {second(CopulaTotals([][]float64{{1, 2, 3}, {1, 2, 3}})), "2 rows more"},
		"copula length":     {second(CopulaTotals([][]float64{{1, 2, 3, 4}, {1, 2, 3}})), "column 1 has 3 rows"},
		"copula NaN":        {second(CopulaTotals([][]float64{{1, 2, 3, 4}, {1, 2, nan, 4}})), "column 1, row 2 is NaN"},
		"copula constant":   {second(CopulaTotals([][]float64{{1, 2, 3, 4}, {5, 5, 5, 5}})), "column 1 has 4 equal values"},
		"copula twice":      {second(CopulaTotals([][]float64{{1, 2, 4, 3}, {1, 2, 4, 3}})), "one follows from others"},
		"kernel":            {second(NewTransfer([]int{1, 2}, 2, History{K: 2})), "history k=2"},
		"kernel symbols":    {second(NewTransfer([]int{1, 2}, 257, History{})), "sources with 257 symbols"},
		"kernel blocks":     {second(NewTransfer([]int{1, 2, 3, 1, 1, 1, 1, 1, 1, 1}, 2, History{L: 9})), "blocks of 9"},
		"kernel cells":      {second(NewTransfer(random(rand.New(rand.NewPCG(1, 1)), 5000, 5000), 256, History{})), "combinations"},
		"kernel lag":        {second(NewMutual([]int{1, 2}, 2, 2)), "lag 2"},
		"kernel none":       {second(NewMutual([]int{1, 2}, 0, 0)), "sources with 0 symbols"},
		"group kernel":      {second(NewGroup(5, 2)), "1 columns"},
		"group rows":        {second(NewGroup(0, 2, 2)), "0 rows"},
		"group size":        {second(NewGroup(5, 2, 0)), "column 1 with 0 symbols"},
		"group cells":       {second(NewGroup(5, 200, 200, 200)), "8e+06 combinations"},
		"codes":             {third(Codes(random(rand.New(rand.NewPCG(1, 1)), 5000, 500))), "different values; accepted are up to 256"},
		"joint":             {third(Joint()), "0 columns"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.err == nil || !strings.Contains(c.err.Error(), c.want) || !strings.HasPrefix(c.err.Error(), "information: ") {
				t.Errorf("error %v, want one with %q", c.err, c.want)
			}
		})
	}
}

// many are outcomes of many symbols.
func many(t *testing.T) *Outcomes {
	columns := make([][]int, 3)
	for i := range 400 {
		columns[0], columns[1], columns[2] = append(columns[0], i%40), append(columns[1], i%40), append(columns[2], i%20)
	}
	return must[*Outcomes](t)(NewOutcomes(nil, columns...))
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }
