package naming

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/scenarios/scenariostest"
)

// The stories of testdata: who plays, and what comes of it.
func TestStories(t *testing.T) { scenariostest.Stories(t, tell) }

// tell runs a society and writes down what happens.
func tell(t *testing.T, setup string) string {
	var seen recorder
	r := play(t, build(t, setup), polis.Config{Seed: 1, Observe: seen.observe})
	slices.SortFunc(seen.rounds, func(a, b environment.RoundEnded) int { return cmp.Compare(a.Round, b.Round) })
	var b strings.Builder
	for _, e := range seen.rounds {
		fmt.Fprintln(&b, Line(e))
	}
	m := Measure(r)
	for _, name := range sorted(m) {
		fmt.Fprintf(&b, "%s %.4g\n", name, m[name])
	}
	return b.String()
}
