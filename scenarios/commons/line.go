package commons

import (
	"fmt"
	"strings"

	"github.com/polis-agents/polis/environment"
)

const (
	blocks = 10 // of the bar that shows the lake
	listed = 8  // so many agents are shown one by one, more as a summary
)

// Line tells what happened in a month: how full the lake was before the harvest, who caught how much, and whether that
// was the end.
func Line(e environment.RoundEnded) string {
	world := func(name string) int { return valueOf(e.World, name) }
	stock, capacity := world(varStock), max(world(varCapacity), 1)
	full := min(blocks, (stock*blocks+capacity-1)/capacity) // a fish is a block
	width := len(fmt.Sprint(capacity))
	var b strings.Builder
	fmt.Fprintf(&b, "month %2d  lake %s%s %*d/%d  ", e.Round,
		strings.Repeat("█", full), strings.Repeat("░", blocks-full), width, stock, capacity)
	if len(e.Agents) <= listed {
		for _, a := range e.Agents {
			fmt.Fprintf(&b, " %s %-2d ", a.Name, valueOf(a.Variables, varCatch))
		}
	} else {
		least, most := -1, 0
		for _, a := range e.Agents {
			c := valueOf(a.Variables, varCatch)
			most = max(most, c)
			if least < 0 || c < least {
				least = c
			}
		}
		fmt.Fprintf(&b, " %d agents caught %d: %d to %d each", len(e.Agents), world(varHarvest), least, most)
	}
	line := strings.TrimRight(b.String(), " ")
	if world(varCollapsed) > 0 {
		line += fmt.Sprintf("   collapsed: %d left", world(varLeft))
	}
	return line
}

// valueOf finds a variable by name; 0: there is none.
func valueOf(all []environment.Variable, name string) int {
	for _, v := range all {
		if v.Name == name {
			return int(v.Value)
		}
	}
	return 0
}
