package polis_test

import (
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/scenarios/commons"
)

// What a turn costs that is done again from the journal.
func BenchmarkReplay(b *testing.B) {
	order := polis.Order{Agents: 100, Rounds: 100, Settings: map[string]string{"initial": "10000", "cap": "10000"}}
	build := func() polis.Society {
		s, err := commons.Build(order)
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	cfg := polis.Config{Seed: 1, Rounds: 100, Journal: journal.NewMemory()}
	if _, err := polis.Run(b.Context(), build(), cfg); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	turns := 0
	for b.Loop() {
		r, err := polis.Replay(b.Context(), cfg.Journal, polis.Epoch{Society: build(), Config: cfg})
		if err != nil {
			b.Fatal(err)
		}
		turns = r.Turns
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(turns), "ns/turn")
	b.ReportMetric(float64(turns), "turns")
}
