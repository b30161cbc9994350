package main

import (
	"context"
	"slices"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// "Chaos agent:20 % gives the same hash", in rounds and in simulated time; a replay ends in it too.
func TestWhoIsFoundAnswersTheFarmer(t *testing.T) {
	for pace, want := range map[environment.Pace][]string{
		environment.Rounds:    {" 7  ann inform {7}", " 7  ben inform {4}", " 7  broker: DONE {2 2}", "15  ann agree ", "15  ann inform {mend}", "15  recruiter: DONE {[ann]}"},
		environment.Simulated: {" 0  ben inform {4}", " 0  ann inform {7}", " 0  broker: DONE {2 2}", " 3  ann agree ", " 3  ann inform {mend}", " 3  recruiter: DONE {[ann]}"},
	} {
		var hash string
		for _, chaos := range []float64{0, 0.2} {
			var lines []string
			s := society(func(line string) {
				if !slices.Contains(lines, line) {
					lines = append(lines, line)
				}
			})
			c := polis.Config{Seed: 1, Rounds: 30, Pace: pace, Journal: journal.NewMemory(), Chaos: polis.Chaos{Agents: chaos}}
			report, err := polis.Run(context.Background(), s, c)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(lines, want) {
				t.Errorf("%s: told %q, want %q", pace, lines, want)
			}
			if got := report.World.(*village).Mended; !slices.Equal(got, []string{"ann barn"}) || len(report.Judged) > 0 {
				t.Errorf("%s: mended was %v; judged %v", pace, got, report.Judged)
			}
			if hash == "" {
				hash = report.Hash
			}
			if report.Hash != hash || chaos > 0 && report.Faults.Crashes == 0 {
				t.Errorf("%s: with %d crashes the run is %.12s, without %.12s", pace, report.Faults.Crashes, report.Hash, hash)
			}
			again, err := polis.Replay(context.Background(), c.Journal, polis.Epoch{Society: s, Config: c})
			if err != nil || again.Hash != hash {
				t.Errorf("%s: replayed it is %+v: %v", pace, again, err)
			}
		}
	}
}
