package culture

import (
	"math/rand/v2"

	"github.com/polis-agents/polis/actors"
)

// rules are the minds: none has a memory.
var rules = map[string]rule{
	homophilous: {func(alike, features int, r *rand.Rand) bool { return r.IntN(features) < alike }},
	indifferent: {func(int, int, *rand.Rand) bool { return true }},
	unpersuaded: {func(int, int, *rand.Rand) bool { return false }},
}

// rule says when a trait is taken over from somebody with whom one has so many features alike.
type rule struct {
	takes func(alike, features int, r *rand.Rand) bool
}

// Stateless says that it has no memory.
func (rule) Stateless() {}

// Decide takes over one of the traits that differ, all alike likely.
func (k rule) Decide(_ *actors.Turn, s actors.Situation[View]) (Copy, error) {
	v := &s.Percept
	var differ []int
	for f := range v.Other {
		if v.Own[f] != v.Other[f] {
			differ = append(differ, f)
		}
	}
	if len(differ) == 0 || !k.takes(len(v.Own)-len(differ), len(v.Own), s.Rand) {
		return Copy{}, actors.ErrPass
	}
	return Copy{differ[s.Rand.IntN(len(differ))]}, nil
}
