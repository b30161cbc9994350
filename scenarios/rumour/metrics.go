package rumour

import "github.com/polis-agents/polis/environment"

// The metrics of a run.
const (
	Rounds         = "rounds"           // until it ended: gossip: until all had heard
	NeverHeard     = "never_heard"      // share of all agents that never heard it: 0..1
	FinalSize      = "final_size"       // of those who did not know it from the beginning, the share that heard it: 0..1
	Major          = "major"            // 1: that share is above a tenth
	MajorFinalSize = "final_size_major" // that share, of runs in which it is above a tenth; the others have none
	Told           = "told"             // how often it was told, to whomever
)

const major = .1

// Metrics measures the town as it is.
func (w *Town) Metrics() map[string]float64 {
	all := float64(max(1, len(w.Agents)))
	seeds := float64(min(w.laws.Seeds, len(w.Agents)))
	size := (float64(w.Known) - seeds) / max(1, all-seeds)
	m := map[string]float64{Rounds: float64(w.Rounds), NeverHeard: 1 - float64(w.Known)/all, FinalSize: size, Major: 0, Told: float64(w.Told)}
	if size > major {
		m[Major], m[MajorFinalSize] = 1, size
	}
	return m
}

// The variables of the world.
const (
	varHeard   = "heard"
	varTelling = "telling"
	varTold    = "told"
)

// Variables describe the town at the end of a round.
func (w *Town) Variables() []environment.Variable {
	all := float64(max(1, len(w.Agents)))
	return []environment.Variable{{Name: varHeard, Value: float64(w.Known) / all}, {Name: varTelling, Value: float64(w.Telling) / all}, {Name: varTold, Value: float64(w.Told)}}
}

// AgentVariables describe nobody: there are too many, and what they have is in the sums.
func (w *Town) AgentVariables(string) []environment.Variable { return nil }
