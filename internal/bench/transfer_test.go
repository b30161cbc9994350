package bench

import (
	"testing"
	"time"

	"github.com/polis-agents/polis/emergence/information"
)

// "transfer entropy over all pairs", "O-information likewise": both have a value, a yardstick and a ratio as their goal.
func TestPairsAndGroups(t *testing.T) {
	report, err := Run(t.Context(), "emergence", Options{For: time.Second, Only: []string{"te_pairs", "oinfo"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Results) != 2 || report.Results[0].Name != "te_pairs" || report.Results[1].Name != "oinfo" {
		t.Fatalf("%+v", report.Results)
	}
	for _, r := range report.Results {
		if r.Unit != "cpu-ns/op" || r.Goal != "<= 3×" || r.Reps < 3 || r.Value <= 0 || r.YardstickValue <= 0 || r.Note == "" {
			t.Errorf("%+v", r)
		}
	}
}

// What is timed is the measure: each follower is found in the one it follows, and in no stranger more often than by chance.
func TestFollowersAreFound(t *testing.T) {
	const agents, rounds = 6, 1000
	seen, shifts := newParade(agents, rounds), make([]int, 100)
	for i := range shifts[1:] {
		shifts[i+1] = 101 + 8*i
	}
	led, low := 0, 0
	for target := range agents {
		leads, lows, err := seen.told(target, shifts)
		if err != nil {
			t.Fatal(err)
		}
		if err := seen.counted(target, shifts); err != nil {
			t.Fatal(err)
		}
		led, low = led+leads, low+lows
	}
	if led != agents-1 || low > agents+2 {
		t.Errorf("%d of %d were found, among %d pairs; accepted are all, and few others", led, agents-1, low)
	}
	kernel, err := information.NewGroup(rounds, acts, acts, acts)
	if err != nil {
		t.Fatal(err)
	}
	turns := make([][2]int, len(shifts))
	for i, s := range shifts {
		turns[i] = [2]int{s, (3 * s) % rounds}
	}
	if n := seen.shared(kernel, 1, turns[:1]); n != 0 {
		t.Errorf("%d groups are found without surrogates", n)
	}
	if n := newParade(3, 7).tallied(1, [][2]int{{0, 0}, {3, 5}}); n != nil {
		t.Error(n)
	}
}

// "watching costs a running society": the same society with measures and without.
func TestWatching(t *testing.T) {
	report, err := Run(t.Context(), "emergence", Options{For: time.Second, Only: []string{"watching"}})
	if err != nil {
		t.Fatal(err)
	}
	if r := report.Results[0]; r.Name != "watching" || r.Goal != "<= 1.1×" || r.Reps != 2 || r.Value <= 0 || r.YardstickValue <= 0 {
		t.Errorf("%+v", r)
	}
}
