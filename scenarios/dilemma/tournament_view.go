package dilemma

import (
	"strings"

	"github.com/polis-agents/polis/environment"
)

// TournamentView is what a player can sense: its own games, and nobody else's.
type TournamentView struct {
	Name  string  `json:"name"`  // what the others know it by
	Turn  int     `json:"turn"`  // from 1
	Score int     `json:"score"` // its own, of all games
	Games []Match `json:"games"` // one with each of the others
}

// Match is a game as one of the two sees it. In moves C is to cooperate, D to defect; the newest ten are shown, oldest
// first, and both sides' n-th are of the same turn.
type Match struct {
	Against    string `json:"against"`
	Turns      int    `json:"turns"` // played
	Mine       string `json:"mine"`  // moves
	Theirs     string `json:"theirs"`
	Defected   int    `json:"defected"` // how often they did, in all turns
	Score      int    `json:"score"`    // of mine, in this game
	TheirScore int    `json:"their_score"`
}

// Perceive gives what one agent can sense.
func (t *Tournament) Perceive(agent string) TournamentView {
	v := TournamentView{Turn: t.Turns + 1, Games: []Match{}}
	me, known := t.find(agent)
	if !known {
		v.Name = agent
		return v
	}
	p := &t.Players[me]
	v.Name, v.Score = t.label(me), p.Score
	for i := range t.Players {
		if !t.meets(me, i) {
			continue
		}
		ours, theirs := &p.Games[i], &t.Players[i].Games[me]
		v.Games = append(v.Games, Match{Against: t.label(i), Turns: ours.Turns, Mine: ours.Moves, Theirs: theirs.Moves,
			Defected: theirs.Defected, Score: ours.Score, TheirScore: theirs.Score})
	}
	return t.hide(v)
}

// hide takes out of a view what these laws do not show.
func (t *Tournament) hide(v TournamentView) TournamentView {
	if t.laws.Alone || t.laws.NoPast {
		v.Score = 0
	}
	if t.laws.NoPast {
		v.Turn = 1
	}
	for i := range v.Games {
		g := &v.Games[i]
		switch {
		case t.laws.NoPast:
			*g = Match{Against: g.Against}
		case t.laws.Alone:
			g.Theirs, g.Defected, g.Score, g.TheirScore = strings.Repeat(Cooperate, len(g.Theirs)), 0, 0, 0
		}
	}
	return v
}

// Names of what a tournament shows to observers.
const (
	varCooperation = "cooperation" // share of the turn's moves
	varMutual      = "mutual"      // share of the games in which both cooperated
	varScore       = "score"       // in all turns
	varEarned      = "earned"      // in the turn
)

// Variables describe the turn that ended.
func (t *Tournament) Variables() []environment.Variable {
	return []environment.Variable{
		{Name: varCooperation, Value: ratio(t.Cooperated, t.Moves)},
		{Name: varMutual, Value: ratio(2*t.Mutual, t.Moves)},
	}
}

// AgentVariables describe one player.
func (t *Tournament) AgentVariables(agent string) []environment.Variable {
	i, known := t.find(agent)
	if !known {
		return nil
	}
	p := &t.Players[i]
	games := 0
	for j := range t.Players {
		if t.meets(i, j) {
			games++
		}
	}
	return []environment.Variable{
		{Name: varEarned, Value: float64(p.Earned)},
		{Name: varScore, Value: float64(p.Score)},
		{Name: varCooperation, Value: ratio(p.Cooperated, games)},
	}
}

// Reward is what the turn has brought a player: its points in all games.
func (t *Tournament) Reward(agent string) float64 {
	if i, known := t.find(agent); known {
		return float64(t.Players[i].Earned)
	}
	return 0
}

// ratio of two counts; 0 of nothing.
func ratio(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
