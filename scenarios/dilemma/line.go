package dilemma

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/environment"
)

const (
	blocks    = 10 // of the bar
	oneByOne  = 5  // so many players are shown one by one, of more those who lead
	contended = 3  // so many lead
)

// Line tells what happened in a turn: how much people cooperated, and how each fared.
func Line(e environment.RoundEnded) string {
	if _, is := valueOf(e.World, varContribution); is {
		return groupLine(e)
	}
	together, _ := valueOf(e.World, varCooperation)
	line := fmt.Sprintf("turn %3d  C %s %3.0f %%  ", e.Round, bar(together), 100*together)
	agents := e.Agents
	if len(agents) > oneByOne {
		agents = slices.SortedStableFunc(slices.Values(agents), func(a, b environment.AgentRow) int {
			return cmp.Compare(whole(b, varScore), whole(a, varScore))
		})[:contended]
		line += fmt.Sprintf("  of %d lead", len(e.Agents))
	}
	for _, a := range agents {
		line += fmt.Sprintf("  %s %-4d", a.Name, whole(a, varScore))
	}
	return strings.TrimRight(line, " ")
}

// groupLine tells what each has given, and who was punished.
func groupLine(e environment.RoundEnded) string {
	mean, _ := valueOf(e.World, varContribution)
	endowment, _ := valueOf(e.World, varEndowment)
	paid, _ := valueOf(e.World, varPayoff)
	line := fmt.Sprintf("turn %3d  pool %s %4.1f of %.0f  each got %4.1f  ", e.Round, bar(mean/max(endowment, 1)), mean, endowment, paid)
	points, _ := valueOf(e.World, varPoints)
	if len(e.Agents) > oneByOne {
		line += fmt.Sprintf("  %d members", len(e.Agents))
		if points > 0 {
			line += fmt.Sprintf(", %.0f points of punishment", points)
		}
		return line
	}
	for _, a := range e.Agents {
		line += fmt.Sprintf("  %s %-2d", a.Name, whole(a, varGave))
		if n := whole(a, varPoints); n > 0 {
			line += fmt.Sprintf(" fined %d", FineOfPoint*n)
		}
	}
	return strings.TrimRight(line, " ")
}

// bar draws a share.
func bar(share float64) string {
	full := min(blocks, max(0, int(share*blocks+.999))) // the least there is shows
	return strings.Repeat("█", full) + strings.Repeat("░", blocks-full)
}

// whole is a variable of an agent that is a whole number.
func whole(a environment.AgentRow, name string) int {
	x, _ := valueOf(a.Variables, name)
	return int(x)
}

// valueOf finds a variable by name.
func valueOf(all []environment.Variable, name string) (float64, bool) {
	for _, v := range all {
		if v.Name == name {
			return v.Value, true
		}
	}
	return 0, false
}
