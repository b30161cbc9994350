package bench

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/polis-agents/polis/journal"
)

func TestJournalSuite(t *testing.T) {
	before := runtime.NumGoroutine()
	report, err := Run(t.Context(), "journal", little)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range report.Results {
		names = append(names, r.Name)
		if r.Value <= 0 || r.YardstickValue <= 0 || math.IsNaN(r.Ratio) || math.IsInf(r.Ratio, 0) || r.RatioCI[0] > r.RatioCI[1] {
			t.Errorf("%+v", r)
		}
	}
	if want := []string{"sqlite_turns", "memory_cost", "memory_cost_5", "resume_million", "replay_speed"}; !slices.Equal(names, want) {
		t.Errorf("results %v, want %v", names, want)
	}
	settle(t, before)
}

// A run has about as many turns as it is said to have.
func TestTheLakeHasItsTurns(t *testing.T) {
	store := journal.NewMemory()
	if _, err := fish(little, fishers, store); err != nil {
		t.Fatal(err)
	}
	n := 0
	for range store.Read(t.Context(), 0) {
		n++
	}
	if want := turnsOf(little); n < want || n > want+4*fishers {
		t.Errorf("%d turns, said are %d", n, want)
	}
}

func BenchmarkLakeDigested(b *testing.B) { benchLake(b, nowhere) }
func BenchmarkLakeMemory(b *testing.B) {
	benchLake(b, inMemory)
}
func BenchmarkLakeSQLite(b *testing.B) {
	k := &keptRun{}
	r, err := k.openSociety(Options{}.filled())
	if err != nil {
		b.Fatal(err)
	}
	defer r.end()
	for b.Loop() {
		s, err := r.run(0)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(rate.of(s), rate.unit)
		b.ReportMetric(cpuTime.of(s), cpuTime.unit)
		b.ReportMetric(float64(len(k.rows))/float64(len(k.batches)), "turns/batch")
	}
}

func benchLake(b *testing.B, store func() journal.Store) {
	o := Options{}.filled()
	for b.Loop() {
		s, err := measure(turnsOf(o), func() error { _, err := fish(o, fishers, store()); return err })
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(cpuTime.of(s), cpuTime.unit)
		b.ReportMetric(allocated.of(s), allocated.unit)
	}
}
