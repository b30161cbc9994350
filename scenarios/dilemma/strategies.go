package dilemma

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/actors"
)

// strategy gives the next move in a game, from what has become of it so far.
type strategy func(m *Match, r *rand.Rand) string

// plays makes a rule of a strategy: it plays each of its games by it.
type plays struct{ next strategy }

// Decide moves in every game.
func (p plays) Decide(_ *actors.Turn, s actors.Situation[TournamentView]) (Play, error) {
	moves := make([]Choice, 0, len(s.Percept.Games))
	for i := range s.Percept.Games {
		m := &s.Percept.Games[i]
		moves = append(moves, Choice{m.Against, p.next(m, s.Rand)})
	}
	return Play{moves}, nil
}

// Stateless says that all is in the percept.
func (plays) Stateless() {}

// strategies by name, as the literature has them.
var strategies = []struct {
	name, doc string
	next      strategy
}{
	{"AllC", "always cooperates", func(*Match, *rand.Rand) string { return Cooperate }},
	{"AllD", "always defects", func(*Match, *rand.Rand) string { return Defect }},
	{"TFT", "tit for tat: cooperates first, then does what the other did last",
		func(m *Match, _ *rand.Rand) string { return orFirst(last(m.Theirs), Cooperate) }},
	{"Grudger", "cooperates until the other defects for the first time, then defects for ever", func(m *Match, _ *rand.Rand) string {
		return when(m.Defected > 0, Defect, Cooperate)
	}},
	{"WSLS", "win stay, lose shift: cooperates first, then when both did the same last", func(m *Match, _ *rand.Rand) string {
		return when(last(m.Mine) == last(m.Theirs), Cooperate, Defect)
	}},
	{"Alternator", "cooperates and defects in turn", func(m *Match, _ *rand.Rand) string {
		return when(m.Turns%2 == 0, Cooperate, Defect)
	}},
	{"TF2T", "tit for two tats: defects when the other has defected twice in a row", func(m *Match, _ *rand.Rand) string {
		return when(strings.HasSuffix(m.Theirs, Defect+Defect), Defect, Cooperate)
	}},
	{"SuspTFT", "suspicious tit for tat: defects first, then does what the other did last",
		func(m *Match, _ *rand.Rand) string { return orFirst(last(m.Theirs), Defect) }},
	{"AntiTFT", "cooperates first, then does the opposite of what the other did last",
		func(m *Match, _ *rand.Rand) string { return orFirst(opposite(last(m.Theirs)), Cooperate) }},
	{"Bully", "defects first, then does the opposite of what the other did last",
		func(m *Match, _ *rand.Rand) string { return orFirst(opposite(last(m.Theirs)), Defect) }},
}

// last of some moves; "": there is none.
func last(moves string) string { return moves[max(0, len(moves)-1):] }

func opposite(move string) string {
	switch move {
	case Cooperate:
		return Defect
	case Defect:
		return Cooperate
	}
	return ""
}

func orFirst(move, first string) string { return when(move == "", first, move) }

func when(is bool, then, otherwise string) string {
	if is {
		return then
	}
	return otherwise
}

// makeRandom makes Random:P, which cooperates with probability P, whatever the other does.
func makeRandom(arg string, _ *settings) (func() actors.Behavior, error) {
	p, err := strconv.ParseFloat(arg, 64)
	if err != nil || !(p >= 0 && p <= 1) {
		return nil, fmt.Errorf("accepted is Random:P with P from 0 to 1")
	}
	return player(func(_ *Match, r *rand.Rand) string { return when(r.Float64() < p, Cooperate, Defect) }), nil
}

// player makes the behaviors of a strategy.
func player(next strategy) func() actors.Behavior {
	return func() actors.Behavior { return actors.FromRule[TournamentView, Play](plays{next}) }
}
