package dilemma

import (
	"testing"

	"github.com/polis-agents/polis"
)

// "Claims nothing that is not in the chronicle."
func TestHeadline(t *testing.T) {
	runs := func(all ...map[string]float64) (runs []polis.Past) {
		for i, m := range all {
			runs = append(runs, polis.Past{Seed: uint64(3 + i), Rounds: 200, Metrics: m})
		}
		return runs
	}
	rows := []polis.Row{{Round: 1, World: map[string]float64{varContribution: 15, varPoints: 7}}, {Round: 2, World: map[string]float64{varContribution: 19.5, varPoints: 1}}}
	set := map[string]string{"endowment": "20"}
	one := map[string]float64{Score + "TFT": 199, Score + "AllD": 204, Wins + "TFT": 0, Wins + "AllD": 1, Cooperation: .007}
	group := map[string]float64{Contribution: 17.25, Payoff: 30.1, Payoff + ".wary": 31}
	for name, c := range map[string]struct {
		polis.Chronicle
		want string
	}{
		"none":    {polis.Chronicle{}, ""},
		"nothing": {polis.Chronicle{Runs: runs(map[string]float64{})}, ""},
		"pair": {polis.Chronicle{Runs: runs(one)},
			"AllD came first of 2 players with 204 points in 200 turns, before TFT with 199; AllD beat the most others: 1; 1 % of all moves were to cooperate"},
		"tie":         {polis.Chronicle{Runs: runs(map[string]float64{Score + "a": 6, Score + "b": 6, Wins + "a": 0, Wins + "b": 0})}, "All 2 players had 6 points in 200 turns"},
		"all alike":   {polis.Chronicle{Runs: runs(map[string]float64{Score + "a": 6, Score + "b": 6, Score + "c": 6, Score + "d": 6, Score + "e": 6})}, "All 5 players had 6 points in 200 turns"},
		"second tie":  {polis.Chronicle{Runs: runs(map[string]float64{Score + "a": 9, Score + "b": 6, Score + "c": 6})}, "a came first of 3 players with 9 points in 200 turns, before b and c with 6"},
		"several":     {polis.Chronicle{Runs: runs(map[string]float64{Score + "a": 9, Score + "b": 5}, map[string]float64{Score + "a": 2, Score + "b": 8})}, "Mean of 2 runs: b came first of 2 players with 6.5 points in 200 turns, before a with 5.5"},
		"group":       {polis.Chronicle{Runs: runs(group), Settings: set, Rows: rows}, "Each gave 17.25 of 20 units in a turn, on average over 200 turns, and earned 30.1; it was 15 in the first turn and 19.5 in the last, and 8 points of punishment were given"},
		"no rows":     {polis.Chronicle{Runs: runs(group), Settings: set}, "Each gave 17.25 of 20 units in a turn, on average over 200 turns, and earned 30.1"},
		"groups":      {polis.Chronicle{Runs: runs(group, group), Rows: rows[1:]}, "Mean of 2 runs: each gave 17.25 units in a turn, on average over 200 turns, and earned 30.1; in the run of seed 3 1 point of punishment was given"},
		"many groups": {polis.Chronicle{Runs: runs(group, group), Rows: rows, Settings: set}, "Mean of 2 runs: each gave 17.25 of 20 units in a turn, on average over 200 turns, and earned 30.1; in the run of seed 3 it was 15 in the first turn and 19.5 in the last, and 8 points of punishment were given"},
	} {
		if got := Headline(&c.Chronicle); got != c.want {
			t.Errorf("%s: %q\nwant %q", name, got, c.want)
		}
	}
}
