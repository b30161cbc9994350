package polis_test

import (
	"context"
	"fmt"
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
