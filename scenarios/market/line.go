package market

import (
	"fmt"
	"strings"

	"github.com/polis-agents/polis/environment"
)

const blocks = 10

// Line tells how far the work has come.
func Line(e environment.RoundEnded) string {
	v := map[string]float64{}
	for _, x := range e.World {
		v[x.Name] = x.Value
	}
	full := int(v["done"] * blocks / max(v["tasks"], 1))
	line := fmt.Sprintf("round %3d  done %s%s %.0f/%.0f  cost %.4g  ", e.Round, strings.Repeat("█", full), strings.Repeat("░", blocks-full), v["done"], v["tasks"], v["cost"])
	if len(e.Agents) > 8 {
		return line
	}
	for _, a := range e.Agents {
		for _, x := range a.Variables {
			if x.Name == "tasks_done" && x.Value > 0 {
				line += fmt.Sprintf("  %s %.0f", a.Name, x.Value)
			}
		}
	}
	return strings.TrimRight(line, " ")
}
