package statistics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// seeded gives each test chance of its own.
func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// series are n columns of T symbols in which no two values of a column are alike.
func series(n, rounds int) [][]int {
	columns := make([][]int, n)
	for c := range columns {
		for t := range rounds {
			columns[c] = append(columns[c], 1000*c+t)
		}
	}
	return columns
}

func sorted(x []int) []int { return slices.Sorted(slices.Values(x)) }

func TestShuffleKeepsEachColumnsValues(t *testing.T) {
	src := series(3, 50)
	want, dst := Like(src), Like(src)
	Labels(want, src, seeded(1)) // any other content: what was in dst before must not matter
	Shuffle(dst, src, seeded(2))
	for c := range src {
		if !slices.Equal(sorted(dst[c]), src[c]) {
			t.Errorf("column %d holds other values: %v", c, dst[c])
		}
		if slices.Equal(dst[c], src[c]) {
			t.Errorf("column %d is as it was", c)
		}
	}
	if dst[0][0] == dst[1][0]-1000 && dst[0][1] == dst[1][1]-1000 && dst[0][2] == dst[1][2]-1000 {
		t.Error("two columns were permuted alike")
	}
}

// Every order of three must come equally often: 6 orders, 60,000 draws, each 10,000 with a deviation of 91.
func TestShuffleIsUniform(t *testing.T) {
	src, r, seen := [][]int{{0, 1, 2}}, seeded(3), map[[3]int]int{}
	dst := Like(src)
	for range 60000 {
		Shuffle(dst, src, r)
		seen[[3]int(dst[0])]++
	}
	if len(seen) != 6 {
		t.Fatalf("%d orders of 6", len(seen))
	}
	for order, n := range seen {
		if math.Abs(float64(n)-10000) > 400 {
			t.Errorf("order %v came %d times, not about 10000", order, n)
		}
	}
}

// "shift uniform in [T/10, 9T/10)"; each column its own.
func TestCircularTurnsEachColumn(t *testing.T) {
	src, r := series(2, 200), seeded(4)
	dst, shifts, alike := Like(src), map[int]int{}, 0
	for range 20000 {
		Circular(dst, src, r)
		k := dst[0][0]
		for u, v := range dst[0] {
			if v != (u+k)%200 {
				t.Fatalf("round %d holds %d after a shift of %d", u, v, k)
			}
		}
		shifts[k]++
		if dst[1][0]-1000 == k {
			alike++
		}
	}
	for k := range 200 {
		if n := shifts[k]; (k < 20 || k >= 180) != (n == 0) || n > 200 {
			t.Errorf("shift %d came %d times; accepted are about 125 from 20 to 179", k, n)
		}
	}
	if alike > 250 {
		t.Errorf("both columns were turned alike %d times of 20000, expected 125", alike)
	}
}

func TestCircularShiftOfShortSeries(t *testing.T) {
	r := seeded(5)
	for rounds := range 25 {
		for range 200 {
			if k := CircularShift(rounds, r); rounds > 1 && (k < 1 || k >= rounds) || rounds <= 1 && k != 0 {
				t.Fatalf("shift %d of %d rounds", k, rounds)
			}
		}
	}
}

func TestBlocksAreStretchesWithTheMeanGiven(t *testing.T) {
	src, r := series(2, 1000), seeded(6)
	dst, joints, first := Like(src), 0, map[int]int{}
	surrogate := Block[int](20)
	const draws = 2000
	for range draws {
		surrogate(dst, src, r)
		for u := range 999 {
			if dst[1][u+1]-1000 != (dst[1][u]-1000+1)%1000 {
				joints++
			}
		}
		first[dst[0][0]/100]++
		if dst[0][0] == dst[1][0]-1000 && dst[0][999] == dst[1][999]-1000 {
			t.Fatal("two columns got the same blocks")
		}
	}
	// A joint follows a round with probability 1/20; one in a thousand of them goes on by chance where it left off.
	if got, want := float64(joints)/(draws*999), 0.999/20; math.Abs(got-want) > 0.001 {
		t.Errorf("a block ends after a round with probability %.4f, expected %.4f", got, want)
	}
	for tenth, n := range first {
		if math.Abs(float64(n)-draws/10) > 60 {
			t.Errorf("%d of %d began in tenth %d", n, draws, tenth)
		}
	}
	if len(first) != 10 {
		t.Errorf("series began in %d tenths only", len(first))
	}
	Block[int](1)(dst, src, r)
	if slices.Equal(dst[0], src[0]) {
		t.Error("blocks of one round left the series as it was")
	}
}

func TestMeanBlock(t *testing.T) {
	for rounds, want := range map[int]int{0: 1, 1: 1, 4: 1, 20: 5, 50: 12, 100: 16, 200: 20, 1000: 34} {
		if got := MeanBlock(rounds); got != want {
			t.Errorf("MeanBlock(%d) = %d, expected %d", rounds, got, want)
		}
	}
}

func TestLabelsKeepTheDistributionOfEachRound(t *testing.T) {
	src := series(5, 40)
	dst, moved := Like(src), 0
	Labels(dst, src, seeded(7))
	orders := map[[5]int]bool{}
	for u := range 40 {
		var row, order [5]int
		for c := range 5 {
			row[c], order[c] = dst[c][u], dst[c][u]/1000
			if order[c] != c {
				moved++
			}
		}
		orders[order] = true
		slices.Sort(row[:])
		for c := range 5 {
			if row[c] != src[c][u] {
				t.Fatalf("round %d holds %v", u, row)
			}
		}
	}
	if moved < 120 || len(orders) < 20 { // 160 of 200 expected; 40 rounds have nearly 40 orders of 120
		t.Errorf("%d of 200 values moved, in %d different orders", moved, len(orders))
	}
}

// In stretches the labels stay; each of the 6 permutations comes as often, in every stretch.
func TestLabelBlocksKeepStretches(t *testing.T) {
	src, r := series(3, 25), seeded(12)
	dst := Like(src)
	surrogate := LabelBlocks[int](10)
	const draws = 3000
	seen := map[[4]int]int{}
	for range draws {
		surrogate(dst, src, r)
		for u := range 25 {
			var row, owner [3]int
			for c := range 3 {
				row[c], owner[c] = dst[c][u], dst[c][u]/1000
				if u%10 != 0 && owner[c] != dst[c][u-1]/1000 {
					t.Fatalf("column %d changes within a stretch: %v", c, dst[c])
				}
			}
			slices.Sort(row[:])
			if row != [3]int{u, 1000 + u, 2000 + u} {
				t.Fatalf("round %d holds %v", u, row)
			}
			if u%10 == 0 {
				seen[[4]int{u, owner[0], owner[1], owner[2]}]++
			}
		}
	}
	if len(seen) != 18 {
		t.Errorf("%d of 3 times 6 permutations came", len(seen))
	}
	for _, n := range seen {
		near(t, "a permutation", float64(n), draws/6., 100)
	}
	LabelBlocks[int](0)(dst, src, r) // a quarter of 25
	if len(seen) == 0 || slices.Equal(dst[0], src[0]) && slices.Equal(dst[1], src[1]) {
		t.Error("nothing was permuted")
	}
}

func TestExchangeMovesWholeStretches(t *testing.T) {
	src, r := [][]int{{0, 1, 2, 3, 4, 5, 6, 7}}, seeded(14)
	dst, seen := Like(src), map[[8]int]int{}
	surrogate := Exchange[int](2, []int{0, 3, 5}) // 2 and 7 stay
	for range 6000 {
		surrogate(dst, src, r)
		seen[[8]int(dst[0])]++
	}
	for _, want := range [][8]int{{0, 1, 2, 3, 4, 5, 6, 7}, {0, 1, 2, 5, 6, 3, 4, 7}, {3, 4, 2, 0, 1, 5, 6, 7}, {3, 4, 2, 5, 6, 0, 1, 7}, {5, 6, 2, 0, 1, 3, 4, 7}, {5, 6, 2, 3, 4, 0, 1, 7}} {
		near(t, "an order", float64(seen[want]), 1000, 150)
	}
	if len(seen) != 6 {
		t.Errorf("%d orders, expected 6: %v", len(seen), seen)
	}
}

// A block of more than the whole series is the series itself, turned.
func TestBlocksWrapAround(t *testing.T) {
	src, r := series(1, 50), seeded(13)
	dst := Like(src)
	for range 200 {
		Block[int](1<<40)(dst, src, r)
		for u, v := range dst[0] {
			if v != (dst[0][0]+u)%50 {
				t.Fatalf("%v", dst[0])
			}
		}
	}
}

func TestCircularResolution(t *testing.T) {
	for rounds, want := range map[int]int{2: 1, 10: 8, 200: 160, 1000: 800} {
		if got := CircularShifts(rounds); got != want {
			t.Errorf("%d rounds have %d shifts, expected %d", rounds, got, want)
		}
	}
	near(t, "of 200 rounds", CircularResolution(200), 0.05, 1e-15)
	near(t, "of 5 rounds", CircularResolution(5), 1, 0)
}

func TestMovingLeavesTheOthers(t *testing.T) {
	src := series(3, 30)
	dst := Like(src)
	Moving(Circular[int], 1)(dst, src, seeded(8))
	if !slices.Equal(dst[0], src[0]) || !slices.Equal(dst[2], src[2]) || slices.Equal(dst[1], src[1]) {
		t.Errorf("moved is other than column 1: %v", dst)
	}
}

// Surrogates are drawn a thousand times per measure: none may allocate.
func TestSurrogatesAllocateNothingAndRepeat(t *testing.T) {
	src := series(4, 100)
	dst, again, r := Like(src), Like(src), seeded(9)
	for _, name := range []string{NullShuffle, NullCircular, NullBlock, NullLabels, NullLabelBlocks} {
		surrogate, err := SurrogateOf[int](name, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(20, func() { surrogate(dst, src, r) }); n > 0 {
			t.Errorf("%s allocates %v times a draw", name, n)
		}
		surrogate(dst, src, seeded(10))
		surrogate(again, src, seeded(10))
		for c := range src {
			if !slices.Equal(dst[c], again[c]) {
				t.Errorf("%s gives two results from one seed", name)
			}
			if !slices.Equal(src[c], series(4, 100)[c]) {
				t.Fatalf("%s changed what it was given", name)
			}
		}
	}
}

func TestMenu(t *testing.T) {
	for _, n := range Nulls() {
		if n.Breaks == "" || n.Keeps == "" || n.Asks == "" {
			t.Errorf("%s does not say what it breaks, keeps and asks", n.Name)
		}
		found, err := FindNull(n.Name)
		if err != nil || found != n {
			t.Errorf("FindNull(%q) = %v, %v", n.Name, found, err)
		}
		if _, err := SurrogateOf[float64](n.Name, 0); (err != nil) != n.Graph {
			t.Errorf("SurrogateOf(%q): %v", n.Name, err)
		}
	}
	_, err := SurrogateOf[int]("shufle", 0)
	wantError(t, err, `"shufle"; accepted is shuffle, circular, block, labels, label-blocks, rewire`)
	Nulls()[0].Name = "changed"
	if _, err := FindNull(NullShuffle); err != nil {
		t.Error("the menu can be changed from outside")
	}
}

func TestAgainst(t *testing.T) {
	src := [][]float64{{1, 2, 3, 4}, {4, 3, 2, 1}}
	first := func(c [][]float64) float64 { return c[0][0] + 10*c[1][0] }
	null, err := Against(src, Moving(Shuffle[float64], 0), first, 500, seeded(11))
	if err != nil || len(null) != 500 {
		t.Fatalf("%d draws, %v", len(null), err)
	}
	for _, v := range null {
		if v < 41 || v > 44 {
			t.Fatalf("a draw gave %v", v)
		}
	}
	_, err = Against(src, Shuffle[float64], first, 0, seeded(11))
	wantError(t, err, "0 draws; accepted is 1 or more")
	_, err = Against(src, Shuffle[float64], first, 9, nil)
	wantError(t, err, "generator")
	_, err = Against([][]float64{{1, 2}, {1}}, Shuffle[float64], first, 9, seeded(1))
	wantError(t, err, "column 1 has 1 rounds and column 0 has 2")
	_, err = Against(nil, Shuffle[float64], first, 9, seeded(1))
	wantError(t, err, "no columns")
	_, err = Against([][]float64{{1}}, Shuffle[float64], first, 9, seeded(1))
	wantError(t, err, "1 rounds; accepted are 2 or more")
}
