package dilemma

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/polis-agents/polis/actors"
)

// remembered is how many moves of a game are remembered, the newest: what a player keeps is bounded.
const remembered = 1000

// History is all that a player remembers of a game: C and D, oldest first, both sides' n-th of the same turn.
type History struct {
	Mine   string `json:"mine"`
	Theirs string `json:"theirs"`
	Turns  int    `json:"turns"` // played
	Length int    `json:"-"`     // turns that will be played, which these players know
}

// chronic gives the next move in a game, from all that has become of it so far.
type chronic func(h *History, r *rand.Rand) string

// historian is a rule that remembers every move, and decides from all of them.
type historian struct {
	next   chronic
	length int
	games  map[string]*History // by opponent
}

// Decide moves in every game.
func (p *historian) Decide(_ *actors.Turn, s actors.Situation[TournamentView]) (Play, error) {
	moves := make([]Choice, 0, len(s.Percept.Games))
	for i := range s.Percept.Games {
		m := &s.Percept.Games[i]
		h := p.games[m.Against]
		if h == nil {
			h = &History{}
			p.games[m.Against] = h
		}
		h.note(m)
		h.Length = p.length
		moves = append(moves, Choice{m.Against, p.next(h, s.Rand)})
	}
	return Play{moves}, nil
}

// note takes in the moves made since it looked last; what it has missed and is not shown any more it does not know.
func (h *History) note(m *Match) {
	missing := m.Turns - h.Turns
	if missing < 0 || missing > len(m.Mine) {
		h.Mine, h.Theirs, missing = "", "", len(m.Mine)
	}
	h.Mine += m.Mine[len(m.Mine)-missing:]
	h.Theirs += m.Theirs[len(m.Theirs)-missing:]
	h.Mine, h.Theirs = h.Mine[max(0, len(h.Mine)-remembered):], h.Theirs[max(0, len(h.Theirs)-remembered):]
	h.Turns = m.Turns
}

// Snapshot is its memory.
func (p *historian) Snapshot() ([]byte, error) { return json.Marshal(p.games) }

// Restore takes it back.
func (p *historian) Restore(state []byte) error {
	p.games = map[string]*History{}
	if err := json.Unmarshal(state, &p.games); err != nil {
		return fmt.Errorf("dilemma: restore a player: %w", err)
	}
	return nil
}

// remembers makes the minds of a strategy that needs the whole past.
func remembers(next chronic) func(string, *settings) (func() actors.Behavior, error) {
	return func(arg string, s *settings) (func() actors.Behavior, error) {
		if arg != "" {
			return nil, errNothing
		}
		return func() actors.Behavior {
			return actors.FromRule[TournamentView, Play](&historian{next: next, length: s.turns, games: map[string]*History{}})
		}, nil
	}
}
