// Control touches a society while it lives: people who share a lake, a stranger who does not, and talk that is cut.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/scenarios/commons"
)

func run() (lines []string, report *polis.Report, err error) {
	order := polis.Order{Rounds: 12}
	if order.Minds, err = polis.ParseMinds([]string{"5*covenant"}, 0, 5); err != nil {
		return nil, nil, err
	}
	lake, err := commons.Scenario.Build(order)
	if err != nil {
		return nil, nil, err
	}
	stranger, err := commons.Scenario.Newcomer(order, polis.Mind{Name: "greedy"}, 1)
	if err != nil {
		return nil, nil, err
	}
	var society *polis.Running
	observe := func(event any) {
		switch e := event.(type) {
		case polis.Intervened:
			lines = append(lines, fmt.Sprintf("month %d: %s %s", e.Round, e.What, e.Agent))
		case environment.RoundEnded:
			lines = append(lines, commons.Scenario.Line(e))
			switch e.Round {
			case 2: // the next turn of Kate fails, and nobody notices
				err = errors.Join(err, society.Crash("Kate"))
			case 4: // from the next phase on
				society.Silence(true)
			case 5: // with the next month
				err = errors.Join(err, society.Join(stranger))
			}
		}
	}
	society, failed := polis.Start(context.Background(), lake, polis.Config{Seed: 1, Paused: true, Observe: observe})
	if failed != nil {
		return nil, nil, failed
	}
	society.Resume() // it began with a pause, so that nothing happens before it is known
	report, failed = society.Wait()
	return lines, report, errors.Join(err, failed)
}

func main() {
	lines, report, err := run()
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range lines {
		fmt.Println(line)
	}
	fmt.Printf("%d months, reproducible: %v, touched %d times\n", report.Rounds, report.Reproducible, len(report.Interventions))
}
