package polis_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/scenarios/commons"
)

// A society in simulated time, in which one fisher takes a month and a half to make up his mind.
func ExampleConfig_simulated() {
	society, err := commons.Build(polis.Order{Rounds: 4, Settings: map[string]string{"talk": "false"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	society.Agents[1].Latency.Thinking = environment.Latency{Shape: environment.Fixed, Mean: 45 * 24 * time.Hour}
	cfg := polis.Config{
		Seed:  1,
		Pace:  environment.Simulated,
		Phase: 30 * 24 * time.Hour, // a month
		Latency: environment.Latencies{
			Thinking: environment.Latency{Shape: environment.LogNormal, Mean: 7 * 24 * time.Hour},
		},
		Observe: func(event any) {
			if e, ok := event.(environment.Missed); ok {
				fmt.Printf("month %d: %s thinks on\n", e.Round, e.Agent)
			}
		},
	}
	report, err := polis.Run(context.Background(), society, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.DecidedBy["rules"], "harvests, reproducible:", report.Reproducible)
	// Output:
	// month 3: Kate thinks on
	// 18 harvests, reproducible: true
}

// Latencies are part of the hashed configuration, as they are used, when the pace is simulated; elsewhere they matter to
// nobody.
func TestLatenciesAreHashedWhereTheyMatter(t *testing.T) {
	hash := func(pace environment.Pace, all, one environment.Latencies) string {
		s := village()
		for i := range s.Agents { // nobody speaks: what speaking takes shows in the configuration alone
			s.Agents[i].Behavior = rule
		}
		s.Agents[0].Latency = one
		return run(t, s, polis.Config{Seed: 1, Rounds: 2, Pace: pace, Latency: all}).Hash
	}
	none := environment.Latencies{}
	slow := environment.Latencies{Speaking: environment.Latency{Mean: time.Minute}}
	usual := environment.Latencies{Speaking: none.Filled(time.Second, none).Speaking}
	want := hash(environment.Simulated, none, none)
	if hash(environment.Simulated, usual, none) != want || hash(environment.Simulated, none, usual) != want {
		t.Error("it matters whether a default is written out")
	}
	if a, b := hash(environment.Simulated, slow, none), hash(environment.Simulated, none, slow); a == want || b == want || a == b {
		t.Error("it does not matter what speaking takes, or whom")
	}
	if hash(environment.Rounds, slow, slow) != hash(environment.Rounds, none, none) {
		t.Error("it matters in rounds")
	}
}
