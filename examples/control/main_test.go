package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
)

func TestASocietyIsTouched(t *testing.T) {
	lines, report, err := run()
	if err != nil {
		t.Fatal(err)
	}
	did := slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, "lake") })
	want := []string{"month 0: pause ", "month 1: resume ", "month 3: crash Kate", "month 5: silence ", "month 7: join Mia"}
	if !slices.Equal(did, want) || len(report.Interventions) != len(want) {
		t.Errorf("%q, want %q; the report lists %v", did, want, report.Interventions)
	}
	if report.Reproducible || report.Rounds != 7 || report.Faults.Restarts != 1 || !report.Messages.Balanced() {
		t.Errorf("%+v", report)
	}
	if report.Interventions[4] != (polis.Intervened{What: polis.DidJoin, Agent: "Mia", Round: 7}) {
		t.Error(report.Interventions[4])
	}
}
