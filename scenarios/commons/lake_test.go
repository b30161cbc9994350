package commons

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/polis-agents/polis/environment"
)

var laws = Laws{Months: 12, Initial: 100, Cap: 100, Collapse: 5, Split: RoundRobin}

func lake(l Laws, names ...string) *Lake {
	w := NewLake(l)
	for _, n := range names {
		w.Enter(n)
	}
	return w
}

// month lets the fishers ask, in the order of their names, and shares out.
func month(t *testing.T, l *Lake, demands ...int) {
	t.Helper()
	for i, d := range demands {
		if _, err := l.Harvest(l.Fishers[i].Name, Harvest{d}); err != nil {
			t.Fatal(err)
		}
	}
	l.Tick(PhaseHarvest, rand.New(rand.NewPCG(1, 2)))
}

func catches(l *Lake) (all []int) {
	for _, f := range l.Fishers {
		all = append(all, f.Catch)
	}
	return all
}

// "h <- min(100, 2*rest)"
func TestWhatIsLeftDoublesUpToTheCap(t *testing.T) {
	for _, c := range []struct{ asked, left, next int }{
		{50, 50, 100}, {40, 60, 100}, {0, 100, 100}, {51, 49, 98}, {90, 10, 20}, {95, 5, 10},
	} {
		l := lake(laws, "ada")
		month(t, l, c.asked)
		if l.Last.Left != c.left || l.Stock != c.next || l.Collapsed || l.Done() {
			t.Errorf("asked %d of 100: %+v, next %d, collapsed %v, want %d left, next %d", c.asked, l.Last, l.Stock, l.Collapsed, c.left, c.next)
		}
	}
}

// "if the rest is below 5, the run ends (collapse), checked before doubling"
func TestCollapseIsCheckedBeforeDoubling(t *testing.T) {
	l := lake(laws, "ada")
	month(t, l, 96) // 4 left would be 8
	if !l.Collapsed || !l.Done() || l.Stock != 4 {
		t.Errorf("4 left: stock %d, collapsed %v", l.Stock, l.Collapsed)
	}
	other := laws
	other.Collapse = 20
	l = lake(other, "ada")
	if month(t, l, 81); !l.Collapsed {
		t.Error("19 left are fewer than 20")
	}
}

func TestTalkIsOverAfterTwoPhases(t *testing.T) {
	l := lake(laws, "ada")
	if got := l.Phases(); !slices.Equal(got, []string{"harvest"}) {
		t.Errorf("without talk: %q", got)
	}
	l.laws.Talk = true
	if got := l.Phases(); !slices.Equal(got, []string{"propose", "reply", "harvest"}) {
		t.Errorf("with talk: %q", got)
	}
	for _, phase := range []string{PhasePropose, PhaseReply} {
		if l.Tick(phase, nil); l.Played != 0 || l.Stock != 100 {
			t.Errorf("%s changed the lake: %+v", phase, l)
		}
	}
}

// "units are handed out one by one … until the pool is empty"
func TestRoundRobinGivesEachInTurn(t *testing.T) {
	for _, c := range []struct {
		stock         int
		demands, want []int
	}{
		{100, []int{10, 20, 30}, []int{10, 20, 30}},
		{10, []int{10, 10, 10}, []int{4, 3, 3}},
		{10, []int{1, 10, 10}, []int{1, 5, 4}},
		{11, []int{10, 1, 0, 10}, []int{5, 1, 0, 5}},
		{2, []int{5, 5, 5}, []int{1, 1, 0}},
		{0, []int{5, 5}, []int{0, 0}},
		{9, []int{3, 3, 4}, []int{3, 3, 3}},
	} {
		if got := RoundRobin.share(c.stock, c.demands, nil); !slices.Equal(got, c.want) {
			t.Errorf("%d for %v: got %v, want %v", c.stock, c.demands, got, c.want)
		}
	}
}

func TestSplitsConserveUnits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		stock, demands := r.IntN(120), make([]int, 1+r.IntN(8))
		sum := 0
		for i := range demands {
			demands[i] = r.IntN(40)
			sum += demands[i]
		}
		for _, split := range []Split{Random, RoundRobin} {
			got, given := split.share(stock, slices.Clone(demands), r), 0
			for i := range got {
				if got[i] < 0 || got[i] > demands[i] {
					t.Fatalf("%s: %d of %v: %v", split, stock, demands, got)
				}
				given += got[i]
			}
			if given != min(sum, stock) {
				t.Fatalf("%s: %d of %v: %v are %d", split, stock, demands, got, given)
			}
		}
	}
}

// Random gives each ton to a random one of those who want more: with equal demands, the shares are equal on average
// and not always the same.
func TestRandomSplitFavoursNobody(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	sums, different := make([]int, 4), 0
	for range 2000 {
		got := Random.share(20, []int{20, 20, 20, 20}, r)
		for i, c := range got {
			sums[i] += c
		}
		if got[0] != 5 {
			different++
		}
	}
	for i, s := range sums {
		if s < 9700 || s > 10300 { // 10000, sd about 87
			t.Errorf("fisher %d got %d of 40000", i, s)
		}
	}
	if different < 1000 {
		t.Errorf("only %d of 2000 splits differed from an even one", different)
	}
}

// "Nobody sees the others' demand."
func TestDemandsAreSeenByNobody(t *testing.T) {
	l := lake(laws, "ada", "ben")
	month(t, l, 0, 0)
	before := l.Perceive("ben")
	l = lake(laws, "ada", "ben")
	month(t, l, 0, 0)
	if _, err := l.Harvest("ada", Harvest{70}); err != nil {
		t.Fatal(err)
	}
	after := l.Perceive("ben")
	if !slices.Equal(before.Catches, after.Catches) || before.Stock != after.Stock || before.Share != after.Share {
		t.Errorf("ben saw %+v, and %+v when ada had asked", before, after)
	}
	l.Tick(PhaseHarvest, nil)
	if got := l.Perceive("ben"); !slices.Equal(got.Catches, []Catch{{"ada", 70}, {"ben", 0}}) || got.Month != 3 || got.Stock != 60 || got.Safe != 30 || got.Share != 15 {
		t.Errorf("the month after ben sees %+v", got)
	}
	if got := l.Perceive("ada").Caught; got != 70 {
		t.Errorf("ada caught 70 and is told %d", got)
	}
}

func TestDemandsForMoreThanThereIsAreForAll(t *testing.T) {
	l := lake(laws, "ada", "ben")
	got, err := l.Harvest("ada", Harvest{1000})
	if err != nil || got.Tons != 100 {
		t.Errorf("asked 1000 of 100: noted %+v, %v", got, err)
	}
	def := Define(laws)
	_, err = def.Apply(l, "ada", PhaseHarvest, Harvest{-1})
	var refusal interface{ Reason() string }
	if refusal, _ = err.(interface{ Reason() string }); refusal == nil || refusal.Reason() != environment.ReasonOutOfBounds {
		t.Errorf("asked -1: %v", err)
	}
	if _, err := l.Harvest("cleo", Harvest{1}); err == nil || err.(interface{ Reason() string }).Reason() != "stranger" {
		t.Errorf("a stranger's harvest: %v", err)
	}
	l.Leave("ben")
	if _, err := l.Harvest("ben", Harvest{1}); err == nil {
		t.Error("ben has left and still fishes")
	}
}

// Who does not ask, because it passes or is ill, gets nothing: last month's demand does not stand.
func TestWhoDoesNotAskGetsNothing(t *testing.T) {
	l := lake(laws, "ada", "ben")
	month(t, l, 10, 20)
	month(t, l, 15)
	if got := catches(l); !slices.Equal(got, []int{15, 0}) {
		t.Errorf("only ada asked, and they caught %v", got)
	}
	if got := l.Metrics()[Gain]; got != 22.5 {
		t.Errorf("they caught 45 in two months, gain %v", got)
	}
}

func TestWhoComesAndGoesChangesTheFairShare(t *testing.T) {
	l := lake(laws, "ben", "dan")
	share := func(want int, present ...string) {
		t.Helper()
		v := l.Perceive("ben")
		if v.Share != want || !slices.Equal(v.Present, present) {
			t.Errorf("share %d among %v, want %d among %v", v.Share, v.Present, want, present)
		}
	}
	share(25, "ben", "dan")
	month(t, l, 25, 25)
	share(25, "ben", "dan")
	l.Enter("cleo")
	share(16, "ben", "cleo", "dan")
	if got := l.Perceive("ben").Catches; !slices.Equal(got, []Catch{{"ben", 25}, {"dan", 25}}) {
		t.Errorf("cleo was not there yet: %v", got)
	}
	l.Leave("dan")
	share(25, "ben", "cleo")
	month(t, l, 26, 24)
	if l.Harvests != 4 || l.Overuses != 1 || l.Caught != 100 {
		t.Errorf("%d harvests, %d above the share, %d caught", l.Harvests, l.Overuses, l.Caught)
	}
	if got := catches(l); !slices.Equal(got, []int{26, 24, 0}) {
		t.Errorf("catches %v", got)
	}
}

// The state is the exported fields: a world restored from them goes on as the first would have.
func TestRestoredLakeGoesOnAsBefore(t *testing.T) {
	def := Define(laws)
	l := lake(laws, "ada", "ben", "cleo")
	month(t, l, 10, 40, 20)
	if _, err := l.Harvest("ada", Harvest{7}); err != nil {
		t.Fatal(err)
	}
	l.Perceive("ada")
	state, err := environment.State(l)
	if err != nil {
		t.Fatal(err)
	}
	again := def.New().(*Lake)
	if err := environment.Restore(again, state); err != nil {
		t.Fatal(err)
	}
	for _, w := range []*Lake{l, again} {
		w.Enter("dan")
		w.Tick(PhaseHarvest, nil)
	}
	one, _ := environment.State(l)
	two, _ := environment.State(again)
	if string(one) != string(two) {
		t.Errorf("went on to\n%s\nrestored\n%s", one, two)
	}
	x, y := l.Perceive("dan"), again.Perceive("dan")
	if !slices.Equal(x.Catches, y.Catches) || !slices.Equal(x.Present, y.Present) || x.Share != y.Share {
		t.Errorf("dan sees %+v, restored %+v", x, y)
	}
}

func TestMetricsAtTheEdges(t *testing.T) {
	l := lake(laws, "ada", "ben")
	if m := l.Metrics(); m[SurvivalTime] != 0 || m[Equality] != 1 || m[Overuse] != 0 || m[Efficiency] != 0 || m[SurvivalRate] != 0 {
		t.Errorf("before the first month: %v", m)
	}
	month(t, l, 0, 0)
	if m := l.Metrics(); m[Equality] != 1 || m[Gain] != 0 {
		t.Errorf("nothing caught: %v", m)
	}
	month(t, l, 30, 0)
	if m := l.Metrics(); m[Equality] != 0.5 || m[Gain] != 15 || m[Overuse] != 0.25 {
		t.Errorf("one has all: %v", m)
	}
	other := Laws{Months: 4, Initial: 30, Cap: 60, Collapse: 5, Split: RoundRobin}
	l = lake(other, "ada")
	month(t, l, 15)
	if m := l.Metrics(); m[Efficiency] != 0.25 { // 15 of 4 * floor(30/2)
		t.Errorf("a smaller lake, fewer months: %v", m)
	}
	month(t, l, 0)
	month(t, l, 50)
	if m := l.Metrics(); m[Efficiency] != 1 { // 65 of 60: the lake had grown
		t.Errorf("more than the initial stock sustains: %v", m)
	}
	if month(t, l, 20); !l.Collapsed || l.Metrics()[SurvivalRate] != 1 {
		t.Errorf("collapsed in the last month: %v, the rate counts months played", l.Metrics())
	}
}
