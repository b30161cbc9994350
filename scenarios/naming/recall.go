package naming

import (
	"encoding/json"

	"github.com/polis-agents/polis/actors"
)

// recall is the agent of the memory rule: it remembers its newest games, and chooses the name that would have brought the
// most in them, which is the one that its partners chose most often. Among several it picks any, and without a memory any
// of all.
type recall struct {
	games Games
	names []string
	most  int // games that it remembers
}

// Decide chooses a name.
func (m *recall) Decide(_ *actors.Turn, s actors.Situation[MatchView]) (any, error) {
	if last := s.Percept.Last; last != nil {
		m.games = append(m.games, *last)
		m.games = m.games[max(0, len(m.games)-m.most):]
	}
	if s.Percept.Part != Choose {
		return nil, actors.ErrPass
	}
	best := m.best()
	return Name{best[s.Rand.IntN(len(best))]}, nil
}

// best are the names that partners chose most often.
func (m *recall) best() (best []string) {
	most := 0
	for i, g := range m.games {
		n := 1
		for _, later := range m.games[i+1:] {
			if later.Theirs == g.Theirs {
				n++
			}
		}
		switch { // of a name its first place counts, where n is largest
		case n > most:
			most, best = n, []string{g.Theirs}
		case n == most:
			best = append(best, g.Theirs)
		}
	}
	if best == nil {
		return m.names
	}
	return best
}

// Snapshot is what it remembers.
func (m *recall) Snapshot() ([]byte, error) { return json.Marshal(m.games) }

// Restore takes it back.
func (m *recall) Restore(state []byte) error {
	m.games = nil
	return json.Unmarshal(state, &m.games)
}

// faithful always chooses the same name. It has no memory.
type faithful struct{ name string }

// Stateless says so.
func (faithful) Stateless() {}

// Decide chooses it.
func (f faithful) Decide(_ *actors.Turn, s actors.Situation[MatchView]) (any, error) {
	if s.Percept.Part != Choose {
		return nil, actors.ErrPass
	}
	return Name{f.name}, nil
}
