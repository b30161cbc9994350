package naming

import (
	"fmt"
	"strings"

	"github.com/polis-agents/polis/environment"
)

const blocks = 10 // of the bar

// Line tells what happened in a round: how many games succeeded, and how far the agents are from one name.
func Line(e environment.RoundEnded) string {
	success := valueOf(e.World, varSuccess)
	line := fmt.Sprintf("round %3d  understood %s %3.0f %%  ", e.Round, bar(success), 100*success)
	leader := 100 * valueOf(e.World, varLeader)
	for _, v := range e.World {
		switch v.Name {
		case varDistinct:
			noun := "words"
			if v.Value == 1 {
				noun = "word"
			}
			return line + fmt.Sprintf("%.0f %s in use, %.1f for each agent; %.0f %% know the one that most do",
				v.Value, noun, valueOf(e.World, varWords)/float64(max(1, len(e.Agents))), leader)
		case varEntropy:
			return line + fmt.Sprintf("%.0f %% chose the commonest name; the choices have %.2f bit", leader, v.Value)
		}
	}
	return line
}

// bar draws a share.
func bar(share float64) string {
	full := min(blocks, max(0, int(share*blocks+.999))) // the least there is shows
	return strings.Repeat("█", full) + strings.Repeat("░", blocks-full)
}

// valueOf finds a variable by name; 0: there is none.
func valueOf(all []environment.Variable, name string) float64 {
	for _, v := range all {
		if v.Name == name {
			return v.Value
		}
	}
	return 0
}
