package main

import (
	"context"
	"slices"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/journal"
)

func TestWhoIsFoundAnswersTheFarmer(t *testing.T) {
	var hash string
	for _, chaos := range []float64{0, 0.2} {
		var lines []string
		s := society(func(line string) {
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		})
		c := polis.Config{Seed: 1, Rounds: 30, Journal: journal.NewMemory(), Chaos: polis.Chaos{Agents: chaos}}
		report, err := polis.Run(context.Background(), s, c)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{" 7  ann inform {7}", " 7  ben inform {4}", " 7  broker: DONE {2 2}", "15  ann agree ", "15  ann inform {mend}", "15  recruiter: DONE {[ann]}"}
		if !slices.Equal(lines, want) {
			t.Errorf("told %q, want %q", lines, want)
		}
		if got := report.World.(*village).Mended; !slices.Equal(got, []string{"ann barn"}) || len(report.Judged) > 0 {
			t.Errorf("mended was %v; judged %v", got, report.Judged)
		}
		if hash == "" {
			hash = report.Hash
		}
		if report.Hash != hash || chaos > 0 && report.Faults.Crashes == 0 {
			t.Errorf("with %d crashes the run is %.12s, without %.12s", report.Faults.Crashes, report.Hash, hash)
		}
		again, err := polis.Replay(context.Background(), c.Journal, polis.Epoch{Society: s, Config: c})
		if err != nil || again.Hash != hash {
			t.Errorf("replayed it is %+v: %v", again, err)
		}
	}
}
