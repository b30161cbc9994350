package bench

import (
	"math"
	"testing"
	"time"
)

// The suite has its results, whole, also where only its form is looked at.
func TestEmergenceSuite(t *testing.T) {
	report, err := Run(t.Context(), "emergence", Options{Reps: 1, Least: time.Millisecond, Agents: 100, For: time.Second, Only: []string{"naming_6400"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Results) != 1 {
		t.Fatalf("%+v", report.Results)
	}
	r := report.Results[0]
	if r.Name != "naming_6400" || r.Unit != "s" || r.Value <= 0 || r.YardstickValue <= 0 || r.Ratio <= 0 || r.Goal != "<= 60" {
		t.Errorf("%+v", r)
	}
}

// The bare loop plays the same game: 2488 games (sd 559) to consensus with 100 agents, as known of 1000 runs.
func TestTheBareLoopPlaysTheSameGame(t *testing.T) {
	const runs = 400
	sum, squares := 0.0, 0.0
	for seed := range uint64(runs) {
		_, games := loopNaming(100, seed)
		sum += float64(games)
		squares += float64(games) * float64(games)
	}
	mean := sum / runs
	sd := math.Sqrt(squares/runs - mean*mean)
	if tolerance := 4 * math.Hypot(559/math.Sqrt(1000), sd/math.Sqrt(runs)); math.Abs(mean-2488) > tolerance {
		t.Errorf("%.0f games (sd %.0f), known is 2488; accepted is a difference of %.0f", mean, sd, tolerance)
	}
}
