package jury

import (
	"fmt"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

// Line tells how a case was decided.
func Line(e environment.RoundEnded) string {
	of := map[string]float64{}
	for _, v := range e.World {
		of[v.Name] = v.Value
	}
	word := "wrong"
	if of[varRight] == 1 {
		word = "right"
	}
	return fmt.Sprintf("case %4d  A %3.0f : %-3.0f B  %s", e.Round, of[varA], of[varB], word)
}

// Headline says how often they were right, and at what cost.
func Headline(c *polis.Chronicle) string {
	if len(c.Runs) == 0 {
		return ""
	}
	m := c.Means()
	who := fmt.Sprintf("%d jurors that deliberate", c.Agents)
	if c.Settings["arm"] == Ensemble {
		who = fmt.Sprintf("%d voters that do not talk", c.Agents)
	}
	text := fmt.Sprintf("%s decided %.1f %% of the cases for the right side", who, 100*m[Accuracy])
	if len(c.Runs) > 1 {
		text += fmt.Sprintf(", on average over %d runs", len(c.Runs))
	}
	text += fmt.Sprintf("; a case cost %.0f clues read, said, heard and votes", m[Spent])
	if tokens, asked := m[Tokens]; asked && tokens > 0 {
		text += fmt.Sprintf(", and %.0f tokens", tokens)
	}
	return text + "."
}
