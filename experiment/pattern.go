package experiment

import "github.com/polis-agents/polis"

// What a pattern may be called. There is no stronger word.
const (
	WeaklyEmergent = "weakly emergent" // it is there against its null, and the rules of the agents alone bring it about again
	NotShown       = "not shown"
)

// Resimulation is whether a pattern came about again when only the rules of the agents were played.
type Resimulation struct {
	By         string `json:"by"` // "minimal model …", or "replay"
	Runs       int    `json:"runs"`
	Reproduced bool   `json:"reproduced"`
}

// Pattern is what a pattern may be called: weakly emergent when it is supported, named with its null and its correction, and a
// re-simulation from micro-rules has reproduced it (Bedau 1997: what can be derived from the parts, but by simulation alone);
// otherwise not shown. re is nil where nothing was simulated again.
func Pattern(supported bool, re *Resimulation) string {
	if supported && re != nil && re.Runs > 0 && re.Reproduced {
		return WeaklyEmergent
	}
	return NotShown
}

// Replayed is the re-simulation that a replay is: every rule was recomputed from the record, and all turns were the same. Where
// something else than rules decided, their answers were taken as given, and nothing is reproduced from rules.
func Replayed(ran *polis.Report, again *polis.Replayed) *Resimulation {
	re := &Resimulation{By: "replay"}
	if ran == nil || again == nil {
		return re
	}
	re.Runs = 1
	rules := 0
	for by, n := range ran.DecidedBy {
		if by != "rules" && n > 0 {
			return re
		}
		rules += n
	}
	re.Reproduced = rules > 0 && ran.Hash != "" && ran.Hash == again.Hash
	return re
}
