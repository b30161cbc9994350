package dilemma

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
)

// "R,S,T,P = 3,0,5,1. Simultaneous moves, no noise, 200 turns. Score of the row player against the column player (exact)"
const pairScores = `
           AllC AllD TFT Grudger WSLS Alternator TF2T SuspTFT AntiTFT Bully
AllC       600  0    600 600     600  300        600  597     3       0
AllD       1000 200  204 204     600  600        208  200     1000    996
TFT        600  199  600 600     600  498        600  500     450     450
Grudger    600  199  600 600     600  597        600  203     989     991
WSLS       600  100  600 600     600  450        600  401     267     265
Alternator 800  100  503 107     450  400        800  500     400     397
TF2T       600  198  600 600     600  300        600  597     360     360
SuspTFT    602  200  500 203     401  500        602  200     450     450
AntiTFT    998  0    450 9       602  400        560  450     400     0
Bully      1000 1    450 6       600  402        560  450     1000    400`

// known gives the scores by who has it and against whom, and who they are.
func known(t *testing.T) (names []string, scores map[[2]string]float64) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(pairScores), "\n")
	names = strings.Fields(lines[0])
	scores = map[[2]string]float64{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, cell := range cells[1:] {
			x := 0.0
			if _, err := fmt.Sscan(cell, &x); err != nil {
				t.Fatal(err)
			}
			scores[[2]string{cells[0], names[i]}] = x
		}
	}
	if len(names) != 10 || len(scores) != 100 {
		t.Fatalf("%d names, %d scores", len(names), len(scores))
	}
	return names, scores
}

// Every pair of the table, also each with its own kind, is a society of two.
func TestEveryPairHasTheKnownScores(t *testing.T) {
	names, scores := known(t)
	for i, a := range names {
		for _, b := range names[i:] {
			m := metricsOf(t, fmt.Sprintf("players=%s,%s turns=200", a, b))
			one, other := a, b
			if a == b {
				one, other = a+"-1", b+"-2"
			}
			x, y := scores[[2]string{a, b}], scores[[2]string{b, a}]
			if m[Score+one] != x || m[Score+other] != y {
				t.Errorf("%s against %s: %v to %v, known are %v to %v", a, b, m[Score+one], m[Score+other], x, y)
			}
			wins := map[bool]float64{true: 1}
			if m[Wins+one] != wins[x > y] || m[Wins+other] != wins[y > x] {
				t.Errorf("%s against %s: wins %v to %v", a, b, m[Wins+one], m[Wins+other])
			}
		}
	}
}

// "A tournament total excludes self-play": of all ten at once, everybody has in each game the score of the pair, and in
// all the sum of its row but for itself.
func TestTheTournamentOfAllHasTheKnownScores(t *testing.T) {
	names, scores := known(t)
	r := play(t, build(t, ""), polis.Config{Seed: 1})
	m, w := Measure(r), r.World.(*Tournament)
	for _, a := range names {
		sum, wins := 0.0, 0.0
		i, _ := w.find(a)
		for _, b := range names {
			if a == b {
				continue
			}
			sum += scores[[2]string{a, b}]
			if scores[[2]string{a, b}] > scores[[2]string{b, a}] {
				wins++
			}
			if j, _ := w.find(b); float64(w.Players[i].Games[j].Score) != scores[[2]string{a, b}] {
				t.Errorf("%s against %s: %d", a, b, w.Players[i].Games[j].Score)
			}
		}
		if m[Score+a] != sum || m[Wins+a] != wins {
			t.Errorf("%s has %v points and %v wins, known are %v and %v", a, m[Score+a], m[Wins+a], sum, wins)
		}
		of := references[0].Metrics
		if of[Score+a] != sum || of[Wins+a] != wins {
			t.Errorf("the reference has %v and %v for %s", of[Score+a], of[Wins+a], a)
		}
	}
	if len(references[0].Metrics) != 20 || len(m) != 21 || r.DecidedBy["rules"] != 2000 {
		t.Errorf("%d references, metrics %v, decided %v", len(references[0].Metrics), sorted(m), r.DecidedBy)
	}
}

// Random:P cooperates with probability P: against AllC the score is 5 - 2P a turn on average, within four standard errors.
func TestRandomCooperatesAsOftenAsItSays(t *testing.T) {
	for _, p := range []float64{0, .25, .5, 1} {
		const turns = 2000
		m := metricsOf(t, fmt.Sprintf("players=Random:%g,AllC turns=%d", p, turns))
		want, bound := 5-2*p, 4*2*math.Sqrt(p*(1-p)/turns)
		if got := m[Score+"Random"] / turns; math.Abs(got-want) > bound+1e-9 {
			t.Errorf("Random:%g scores %v a turn, want %v within %v", p, got, want, bound)
		}
	}
}

// "n=4, endowment 20, marginal return a=.4, payoff 20 - g_i + .4 sum g, simultaneous. Exact: all give 0: 20 each; all give
// 20: 32 each; one free rider against three full contributors: 44 and 24."
func TestThePublicGoodHasTheKnownPayoffs(t *testing.T) {
	for _, c := range []struct {
		players              string
		contribution, payoff float64
		each                 map[string]float64
	}{
		{"4*freerider", 0, 20, map[string]float64{"freerider-1": 20, "freerider-4": 20}},
		{"4*fixed:20", 20, 32, map[string]float64{"fixed-1": 32, "fixed-4": 32}},
		{"4*conditional", 20, 32, map[string]float64{"conditional-2": 32}},
		{"freerider,3*fixed:20", 15, 29, map[string]float64{"freerider": 44, "fixed-1": 24, "fixed-2": 24, "fixed-3": 24}},
		{"fixed:5,fixed:10", 7.5, 18.5, map[string]float64{"fixed-1": 21, "fixed-2": 16}},
	} {
		for _, set := range []string{"", " punishment=true"} {
			m := metricsOf(t, "game=pgg players="+c.players+set)
			if m[Contribution] != c.contribution || m[Payoff] != c.payoff {
				t.Errorf("%s%s: contribution %v, payoff %v; known are %v and %v", c.players, set, m[Contribution], m[Payoff], c.contribution, c.payoff)
			}
			for name, want := range c.each {
				if m[Payoff+"."+name] != want {
					t.Errorf("%s%s: %s got %v, known is %v", c.players, set, name, m[Payoff+"."+name], want)
				}
			}
		}
	}
	for i, players := range []string{"4*freerider", "4*fixed:20", "freerider,3*fixed:20"} {
		m, of := metricsOf(t, "game=pgg players="+players), references[1+i].Metrics
		if m[Contribution] != of[Contribution] || m[Payoff] != of[Payoff] || len(of) != []int{2, 2, 6}[i] {
			t.Errorf("%s: the reference is %v", players, of)
		}
	}
}

// "free riding rises without punishment, 'almost complete cooperation' with it": so it is with these rules, which are made
// so. It says nothing about people.
func TestPunishmentMakesTheDifference(t *testing.T) {
	for set, want := range map[string][]float64{
		"":                 {15, 11.5, 10.5, 10, 10, 10, 10, 10, 10, 10},
		" punishment=true": {15, 16.5, 18.5, 19.5, 19.5, 19.5, 19.5, 19.5, 19.5, 19.5},
	} {
		var seen recorder
		play(t, build(t, "game=pgg"+set), polis.Config{Seed: 1, Observe: seen.observe})
		var got []float64
		for _, e := range seen.rounds {
			x, _ := valueOf(e.World, varContribution)
			got = append(got, x)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("game=pgg%s: contributions %v, want %v", set, got, want)
		}
	}
}
