package commons

import (
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
)

// past makes runs that played so many months; those that played all of 12 survived.
func past(months ...int) (runs []polis.Past) {
	for i, n := range months {
		rate := 0.0
		if n == 12 {
			rate = 1
		}
		runs = append(runs, polis.Past{Seed: uint64(7 + i), Rounds: n, Metrics: map[string]float64{SurvivalRate: rate, SurvivalTime: float64(n)}})
	}
	return runs
}

// said reads lines such as "1 Kate propose cap 10 → Luke John".
func said(lines ...string) (all []polis.Saying) {
	for _, line := range lines {
		text, to, _ := strings.Cut(line, " → ")
		parts := strings.SplitN(text, " ", 4)
		all = append(all, polis.Saying{Round: int(parts[0][0] - '0'), Sender: parts[1], Act: parts[2], Text: parts[3], Receivers: strings.Fields(to)})
	}
	return all
}

// caught makes rows of months from 1: what Kate and Luke caught.
func caught(catches ...[2]float64) (rows []polis.Row) {
	for i, c := range catches {
		rows = append(rows, polis.Row{Round: i + 1, World: map[string]float64{}, Agents: map[string]map[string]float64{
			"Kate": {varCatch: c[0]}, "Luke": {varCatch: c[1]}}})
	}
	return rows
}

// "Honest, never claims more than is in the data."
func TestHeadline(t *testing.T) {
	agreed := said("1 Kate propose cap 10 → Luke John", "1 Luke agree cap 10 → Kate")
	plain := said("1 Kate propose cap 10 → Luke", "1 Luke agree cap 10 → Kate")
	for i := range plain {
		plain[i].Language = "natural"
	}
	const motion = "motion Kate/1: norm cap: prohibition for every fisher: catch of 11 or more → Luke John Emma"
	law := said("1 Kate propose "+motion, "1 Luke accept-proposal vote on motion Kate/1 → Kate John", "1 John reject-proposal vote on motion Kate/1 → Kate Luke",
		"1 Emma accept-proposal vote on motion Kate/1 → Kate John")
	broken := slices.Concat(law, said("2 Kate inform Luke broke norm cap in month 1: 16 → Luke John", "2 John inform Luke broke norm cap in month 1: 16 → Luke Kate",
		"2 Luke propose motion Luke/2: norm cap: prohibition for every fisher: catch of 9 or more → Kate", "2 Kate accept-proposal vote on motion Luke/2 → Luke",
		"3 John inform Luke broke norm cap in month 2: 16 → Luke Kate"))
	unheard := slices.Clone(agreed)
	unheard[1].Unheard = true
	collapsed := caught([2]float64{10, 10})
	collapsed[0].World[varCollapsed] = 1
	for name, c := range map[string]struct {
		polis.Chronicle
		want string
	}{
		"none":          {polis.Chronicle{}, ""},
		"survived":      {polis.Chronicle{Runs: past(12)}, "The lake lasted 12 of 12 months; nothing was said"},
		"collapsed":     {polis.Chronicle{Runs: past(4)}, "The lake collapsed in month 4 of 12; nothing was said"},
		"at last":       {polis.Chronicle{Runs: past(12), Rows: collapsed}, "The lake lasted 12 of 12 months and collapsed in the last; nothing was said"},
		"agreed":        {polis.Chronicle{Runs: past(12), Said: agreed}, "The lake lasted 12 of 12 months; Kate and Luke agreed on a cap of 10 in month 1"},
		"kept":          {polis.Chronicle{Runs: past(12), Said: agreed, Rows: caught([2]float64{10, 9}, [2]float64{50, 50})}, "The lake lasted 12 of 12 months; Kate and Luke agreed on a cap of 10 in month 1, and every cap agreed on was kept"},
		"broken":        {polis.Chronicle{Runs: past(12), Said: agreed, Rows: caught([2]float64{10, 11})}, "The lake lasted 12 of 12 months; Kate and Luke agreed on a cap of 10 in month 1, and 1 of 2 promises was broken, by Luke in month 1"},
		"both broken":   {polis.Chronicle{Runs: past(12), Said: agreed, Rows: caught([2]float64{12, 11})}, "The lake lasted 12 of 12 months; Kate and Luke agreed on a cap of 10 in month 1, and 2 of 2 promises were broken, the first by Kate in month 1"},
		"left out":      {polis.Chronicle{Runs: past(12), Said: agreed, LeftOut: 1, Rows: caught([2]float64{12, 11})}, "The lake lasted 12 of 12 months; Kate and Luke agreed on a cap of 10 in month 1"},
		"lowest counts": {polis.Chronicle{Runs: past(12), Said: append(said("1 Luke propose cap 5 → Kate", "1 Kate agree cap 5 → Luke"), agreed...), Rows: caught([2]float64{6, 5})}, "The lake lasted 12 of 12 months; Kate and Luke agreed on a cap of 5 in month 1, and 1 of 2 promises was broken, by Kate in month 1"},
		"not proposed":  {polis.Chronicle{Runs: past(12), Said: said("1 Luke agree cap 10 → Kate")}, "The lake lasted 12 of 12 months; people spoke, and no cap was proposed"},
		"another cap":   {polis.Chronicle{Runs: past(12), Said: said("1 Kate propose cap 10 → Luke", "1 Luke agree cap 9 → Kate")}, "The lake lasted 12 of 12 months; a cap was proposed in month 1, and none was ever agreed on"},
		"another month": {polis.Chronicle{Runs: past(12), Said: said("1 Kate propose cap 10 → Luke", "2 Luke agree cap 10 → Kate")}, "The lake lasted 12 of 12 months; a cap was proposed in month 1, and none was ever agreed on"},
		"not to him":    {polis.Chronicle{Runs: past(12), Said: said("1 Kate propose cap 10 → John", "1 Luke agree cap 10 → Kate")}, "The lake lasted 12 of 12 months; a cap was proposed in month 1, and none was ever agreed on"},
		"refused":       {polis.Chronicle{Runs: past(12), Said: said("1 Kate propose cap 10 → Luke", "1 Luke refuse cap 10 (too-much) → Kate")}, "The lake lasted 12 of 12 months; a cap was proposed in month 1, and none was ever agreed on"},
		"plain words":   {polis.Chronicle{Runs: past(12), Said: plain}, "The lake lasted 12 of 12 months; people spoke, and no cap was proposed"},
		"unheard":       {polis.Chronicle{Runs: past(12), Said: unheard}, "The lake lasted 12 of 12 months; a cap was proposed in month 1, and none was ever agreed on"},
		"two groups": {polis.Chronicle{Runs: past(12), Said: said("2 A propose cap 7 → B", "2 B agree cap 7 → A", "2 C propose cap 7 → D E", "2 D agree cap 7 → C", "2 E agree cap 7 → C")},
			"The lake lasted 12 of 12 months; C, D and E agreed on a cap of 7 in month 2"},
		"crowd": {polis.Chronicle{Runs: past(12), Said: said("1 A propose cap 7 → B C D E F G", "1 B agree cap 7 → A", "1 C agree cap 7 → A", "1 D agree cap 7 → A", "1 E agree cap 7 → A", "1 F agree cap 7 → A", "1 G agree cap 7 → A")},
			"The lake lasted 12 of 12 months; 7 people agreed on a cap of 7 in month 1"},
		"all of several":   {polis.Chronicle{Runs: past(12, 12)}, "The lake lasted 12 of 12 months in all 2 runs. In the run of seed 7 nothing was said"},
		"some of several":  {polis.Chronicle{Runs: past(12, 3), Said: agreed}, "The lake lasted 12 of 12 months in 1 of 2 runs, on average 7.5 months. In the run of seed 7 Kate and Luke agreed on a cap of 10 in month 1"},
		"none of several":  {polis.Chronicle{Runs: past(2, 3)}, "The lake collapsed in all 2 runs, in month 2 to 3, on average 2.5. In the run of seed 7 nothing was said"},
		"alike of several": {polis.Chronicle{Runs: past(2, 2)}, "The lake collapsed in month 2 in all 2 runs. In the run of seed 7 nothing was said"},
		"not known":        {polis.Chronicle{Runs: []polis.Past{{Rounds: 3}}}, "People fished for 3 of 12 months; what became of the lake is not known; nothing was said"},
		"not known of one": {polis.Chronicle{Runs: append(past(12), polis.Past{Rounds: 3})}, "People fished for 3 to 12 of 12 months in 2 runs; what became of the lake is not known. In the run of seed 7 nothing was said"},
		"neither nor":      {polis.Chronicle{Runs: []polis.Past{{Rounds: 3, Metrics: map[string]float64{SurvivalRate: 0.5}}}}, "People fished for 3 of 12 months; what became of the lake is not known; nothing was said"},
		"made":             {polis.Chronicle{Runs: past(12), Said: law}, "The lake lasted 12 of 12 months; a cap of 10 was made the norm in month 1, and nobody told of a breach"},
		"fined": {polis.Chronicle{Runs: past(12), Said: slices.Concat(broken, said("3 Kate inform penalty for Luke, who broke norm cap in month 1 → Luke John"))},
			"The lake lasted 12 of 12 months; a cap of 10 was made the norm in month 1 and another once later, broken twice, and fined once"},
		"not fined": {polis.Chronicle{Runs: past(12), Said: slices.Concat(law, broken[len(law):len(law)+1])},
			"The lake lasted 12 of 12 months; a cap of 10 was made the norm in month 1, and broken once"},
		"norms left out":    {polis.Chronicle{Runs: past(12), Said: broken, LeftOut: 9}, "The lake lasted 12 of 12 months; a cap of 10 was made the norm in month 1"},
		"no majority":       {polis.Chronicle{Runs: past(12), Said: said("1 Kate propose "+motion, "1 Luke accept-proposal vote on motion Kate/1 → Kate", "1 Luke accept-proposal vote on motion Kate/1 → Kate")}, "The lake lasted 12 of 12 months; a cap was put to the vote, and none was adopted"},
		"strangers vote":    {polis.Chronicle{Runs: past(12), Said: said("1 Kate propose "+motion, "1 A accept-proposal vote on motion Kate/1 → Kate", "1 B accept-proposal vote on motion Kate/1 → Kate")}, "The lake lasted 12 of 12 months; a cap was put to the vote, and none was adopted"},
		"both":              {polis.Chronicle{Runs: past(12), Said: slices.Concat(agreed, law)}, "The lake lasted 12 of 12 months; Kate and Luke agreed on a cap of 10 in month 1; a cap of 10 was made the norm in month 1, and nobody told of a breach"},
		"promised nonsense": {polis.Chronicle{Runs: past(12), Said: said("1 Kate propose cap -3 → Luke", "1 Kate propose cap 1e9 → Luke", "1 Luke agree cap x → Kate")}, "The lake lasted 12 of 12 months; people spoke, and no cap was proposed"},
	} {
		c.Rounds = 12
		if got := Headline(&c.Chronicle); got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
}
