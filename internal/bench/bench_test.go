package bench

import (
	"testing"

	"github.com/polis-agents/polis/environment"
)

// on runs one side under go test -bench: go test -bench Tell ./internal/bench.
func on(b *testing.B, open opener) {
	defer small.park()()
	r, err := open(Options{}.filled())
	if err != nil {
		b.Fatal(err)
	}
	s, err := r.run(b.N)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(s.wall)/float64(s.ops), "ns/op") // of what is measured, without what is around it
	b.ReportMetric(cpuTime.of(s), cpuTime.unit)
	b.ReportMetric(allocated.of(s), "B/op")
	if s.wall != 0 {
		b.ReportMetric(rate.of(s), rate.unit)
	}
	if s.held != 0 {
		b.ReportMetric(held.of(s), "held-B/op")
	}
	if err := r.end(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkTell(b *testing.B)            { on(b, openTell) }
func BenchmarkTellStock(b *testing.B)       { on(b, openStockTell) }
func BenchmarkRoundTrip(b *testing.B)       { on(b, openRoundTrip) }
func BenchmarkRoundTripStock(b *testing.B)  { on(b, openStockRoundTrip) }
func BenchmarkRoundTripChans(b *testing.B)  { on(b, openChannels) }
func BenchmarkRequest(b *testing.B)         { on(b, openRequest) }
func BenchmarkRequestStock(b *testing.B)    { on(b, openStockRequest) }
func BenchmarkSpawn(b *testing.B)           { on(b, openSpawn) }
func BenchmarkSpawnStock(b *testing.B)      { on(b, openStockSpawn) }
func BenchmarkCycles(b *testing.B)          { on(b, openCycles(false)) }
func BenchmarkCyclesHashed(b *testing.B)    { on(b, openCycles(true)) }
func BenchmarkCyclesStock(b *testing.B)     { on(b, openStockCycles) }
func BenchmarkCyclesSimulated(b *testing.B) { on(b, openPaced(false, environment.Simulated)) }
func BenchmarkIdle(b *testing.B)            { on(b, openIdle) }
func BenchmarkIdleStock(b *testing.B)       { on(b, openStockIdle) }
