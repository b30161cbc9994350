package naming

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/polis-agents/polis/environment"
)

// MatchView is what an agent can sense in a Match.
type MatchView struct {
	Part  string   `json:"part"`            // choose; empty: it has none
	Last  *Game    `json:"last,omitempty"`  // its last game, once
	Games []Game   `json:"games,omitempty"` // its newest games, oldest first, for those who have no memory of their own
	Names []string `json:"names,omitempty"` // the vocabulary, for the same
}

// Perceive gives what one agent can sense. In what order somebody is shown the names is different every time: language models
// like the first.
func (m *Match) Perceive(agent string) MatchView {
	v := MatchView{}
	if !m.turnOf(agent) {
		return v
	}
	v.Part = Choose
	if m.Told.Mine != "" {
		last := m.Told
		v.Last = &last
	}
	if m.noted[agent] {
		i, _ := m.find(agent)
		v.Games = slices.Clone(m.Past[i])
		v.Names = slices.Clone(m.laws.Names)
		r := rand.New(rand.NewPCG(uint64(m.Games), uint64(i))) //nolint:gosec // an order to be looked at, which nothing follows from
		r.Shuffle(len(v.Names), func(i, j int) { v.Names[i], v.Names[j] = v.Names[j], v.Names[i] })
	}
	return v
}

// Variables describe the round that ended.
func (m *Match) Variables() []environment.Variable {
	all, most, entropy := 0, 0, 0.0
	for _, n := range m.Used {
		all, most = all+n, max(most, n)
	}
	for _, n := range m.Used {
		if n > 0 {
			entropy -= ratio(n, all) * math.Log2(ratio(n, all))
		}
	}
	return []environment.Variable{
		{Name: varSuccess, Value: m.rate()},
		{Name: varLeader, Value: ratio(most, all)},
		{Name: varEntropy, Value: entropy},
	}
}

// AgentVariables describe one agent.
func (m *Match) AgentVariables(agent string) []environment.Variable {
	i, known := m.find(agent)
	if !known {
		return nil
	}
	return []environment.Variable{
		{Name: varPayoff, Value: float64(m.Total[i])},
		{Name: varChoice, Value: float64(m.Choices[i] + 1)},
	}
}
