package dilemma

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
)

// "Axelrod's first tournament as reproduced by Axelrod-Python (15 players, 200 turns, 5 repetitions …). Robust: the top
// eight are all nice; the bottom five are {Feld, Tullock, Joss, Anonymous, Random}."
func TestAxelrodsFirstTournament(t *testing.T) {
	const players = "SteinRapoport,Grofman,Shubik,TFT,Nydegger,Tideman,Grudger,Davis,Graaskamp,Downing,Feld,Tullock,Joss,Anonymous,Random:0.5"
	sums := map[string]float64{}
	for seed := range uint64(5) {
		for name, x := range Measure(play(t, build(t, "players="+players), polis.Config{Seed: seed + 1, Undigested: true})) {
			sums[name] += x / 5
		}
	}
	var order []string
	for _, r := range ranks(sums, Score) {
		order = append(order, r.name)
		t.Logf("%-13s %6.1f a game", r.name, r.has/14)
	}
	top, bottom := slices.Sorted(slices.Values(order[:8])), slices.Sorted(slices.Values(order[10:]))
	if want := []string{"Davis", "Grofman", "Grudger", "Nydegger", "Shubik", "SteinRapoport", "TFT", "Tideman"}; !slices.Equal(top, want) {
		t.Errorf("the top eight are %v, want %v", order[:8], want)
	}
	if want := []string{"Anonymous", "Feld", "Joss", "Random", "Tullock"}; !slices.Equal(bottom, want) {
		t.Errorf("the bottom five are %v, want %v", order[10:], want)
	}
}

// What each of them does, by its description, where that leaves nothing to chance. Histories are written as turns of its
// own move and the other's: "CC CD" is two turns, in the second of which the other defected.
func TestAncientsDoWhatIsSaidOfThem(t *testing.T) {
	again := func(turn string, n int) string { return strings.TrimSpace(strings.Repeat(turn+" ", n)) }
	for _, c := range []struct {
		name, past, want string
	}{
		{"SteinRapoport", "", "C"}, {"SteinRapoport", "CD CD CD", "C"}, {"SteinRapoport", "CD CD CD CD", "D"}, {"SteinRapoport", "CC CC CC CD DC", "C"},
		{"SteinRapoport", again("CD CC", 7), "D"},                   // the check in turn 15
		{"SteinRapoport", again("CC", 11) + " CD CD CD CD DC", "C"}, // which was of 14 turns, with three defections
		{"SteinRapoport", again("CC", 10) + " CD DC CC CD DC", "C"}, {"SteinRapoport", again("CC CD", 7) + " CC CC", "D"},
		{"SteinRapoport", again("CC", 14), "C"}, {"SteinRapoport", again("CC", 97), "C"}, {"SteinRapoport", again("CC", 98), "D"}, {"SteinRapoport", again("CC", 99), "D"},
		{"Grofman", "", "C"}, {"Grofman", "CC", "C"}, {"Grofman", "DD", "C"},
		{"Davis", again("CD", 9), "C"}, {"Davis", again("CD", 10), "D"}, {"Davis", "CD " + again("CC", 10), "D"}, {"Davis", again("CC", 20), "C"},
		{"Shubik", "", "C"}, {"Shubik", "CC CD", "D"}, {"Shubik", "CD DC", "C"}, {"Shubik", "CD DD", "C"}, {"Shubik", "CD DC CC", "C"},
		{"Shubik", "CD DC CD", "D"}, {"Shubik", "CD DC CD DC", "D"}, {"Shubik", "CD DC CD DC DC", "C"}, {"Shubik", "CD DC CD DD DD CD DC DC", "D"}, {"Shubik", "CD DC CD DD DD CD DC DC DC", "C"},
		{"Nydegger", "", "C"}, {"Nydegger", "CD", "D"}, {"Nydegger", "CD DC", "D"}, {"Nydegger", "CD DD", "D"}, {"Nydegger", "CC CD", "D"}, {"Nydegger", "CD CC", "C"},
		{"Nydegger", "DD DD DD", "C"}, {"Nydegger", "CC CC CC", "C"}, {"Nydegger", "DC CC CC", "D"}, {"Nydegger", "CC CC DC", "C"}, {"Nydegger", "CC CC CD", "C"},
		{"Nydegger", "DC CC DC", "D"}, {"Nydegger", "CD DC CC", "D"}, {"Nydegger", "DC DC DD", "C"}, {"Nydegger", "CD CD DD", "D"},
		{"Feld", "", "C"}, {"Feld", "CD", "D"}, {"Joss", "", "C"}, {"Joss", "CD", "D"},
		{"Tullock", again("CD", 10), "C"}, {"Tullock", again("CD", 11), "D"}, {"Tullock", again("CC", 10) + " " + again("CD", 10), "D"},
		{"Downing", "", "D"}, {"Downing", "DC", "D"}, {"Downing", "DC DC", "C"}, {"Downing", "DC DC CC DC", "D"}, {"Downing", "DC DD", "C"}, {"Downing", "DD DD", "D"}, {"Downing", "DC DD DD", "C"}, {"Downing", "DC DD CD", "C"}, {"Downing", "DC DD CD CD", "D"},
		{"Graaskamp", again("CC", 49), "C"}, {"Graaskamp", again("CC", 50), "D"}, {"Graaskamp", again("CC", 50) + " DC", "C"},
		{"Graaskamp", again("CC", 50) + " " + again("DC CD", 16), "D"}, // tit for tat: so does it
		{"Graaskamp", again("CC", 50) + " DD DD DD DD DD DD", "D"},     // its twin
		{"Graaskamp", again("CC CD", 28), "D"},                         // a coin
		{"Graaskamp", again("CC CD", 28) + " " + again("DC", 40), "D"}, // once taken for one, always
		{"Graaskamp", again("CC", 50) + " DC " + again("CC", 9), "C"},  // it waits for five turns at least
		{"Graaskamp", again("CC", 50) + " DC " + again("CC", 20), "D"}, // and 15 at most: it is turn 72
		{"Graaskamp", again("CC", 50) + " DC " + again("CC", 20) + " DC CC CC CC", "C"},
		{"Tideman", "", "C"}, {"Tideman", "CD", "D"}, {"Tideman", "CD DC", "C"}, {"Tideman", "CD DC CD", "D"}, {"Tideman", "CD DC CD DC", "D"}, {"Tideman", "CD DC CD DC DC", "C"},
		{"Tideman", again("CC", 97), "C"}, {"Tideman", again("CC", 98), "D"},
		{"Tideman", again("CC", 30) + " CD DC CD DC DC CD DC", "D"},       // a third run: three
		{"Tideman", again("CC", 30) + " CD DC CD DC DC CD DC DC DC", "C"}, // 15 points ahead, as it has it: a fresh start
		{"Tideman", again("CC", 30) + " CD DC CD DC DC CD DC DC DC CD CD", "D"},
		{"Tideman", again("CC", 30) + " CD DC CD DC DC CD DC DC", "C"},                   // 10 points do
		{"Tideman", again("CC", 83) + " CD DC CD DC DC CD DC DC", "D"},                   // not at the end
		{"Tideman", "DC DC " + again("DD", 14), "D"},                                     // nor while it defects
		{"Tideman", again("CC", 30) + " CD DC CD DC DC CD DC DC CC CC CD DC CD DC", "D"}, // nor again so soon
		{"Tideman", again("CC", 30) + " CD DC CD DC DC CD DC DC DC CC CD", "D"},
		{"Tideman", again("CC", 30) + " CD DC CD DC DC CD DC DC DC CC CD DC", "C"}, // the first run again
	} {
		i := slices.IndexFunc(ancients, func(a struct {
			name, doc string
			next      chronic
		}) bool {
			return a.name == c.name
		})
		h := History{Length: 100}
		for turn := range strings.FieldsSeq(c.past) {
			h.Mine, h.Theirs, h.Turns = h.Mine+turn[:1], h.Theirs+turn[1:], h.Turns+1
		}
		for seed := range uint64(50) {
			if got := ancients[i].next(&h, rand.New(rand.NewPCG(seed, 1))); got != c.want {
				t.Errorf("%s after %q: %s, want %s", c.name, c.past, got, c.want)
				break
			}
		}
	}
}

// Those who leave something to chance do it as often as it is said.
func TestAncientsTossCoins(t *testing.T) {
	long := History{Turns: 100, Length: 1000, Mine: strings.Repeat("C", 100), Theirs: strings.Repeat("CCCCD", 19) + "CCCCC"}
	uneven := long
	uneven.Mine = strings.Repeat("C", 99) + "D"
	probed := History{Turns: 61, Length: 1000, Mine: strings.Repeat("C", 50) + "D" + strings.Repeat("C", 10), Theirs: strings.Repeat("C", 61)}
	late := probed
	late.Turns, late.Mine, late.Theirs = 70, probed.Mine+strings.Repeat("C", 9), probed.Theirs+strings.Repeat("C", 9)
	for _, c := range []struct {
		name string
		h    History
		p    float64 // of C
	}{
		{"Feld", long, .75}, {"Joss", long, .9}, {"Grofman", uneven, 2. / 7}, {"Tullock", long, .8}, {"Anonymous", long, .5},
		{"Graaskamp", probed, 1 - 1./11}, {"Graaskamp", late, .5},
	} {
		const times = 4000
		n := 0
		for _, a := range ancients {
			for seed := range uint64(times) {
				if a.name == c.name && a.next(&c.h, rand.New(rand.NewPCG(seed, 1))) == Cooperate {
					n++
				}
			}
		}
		if got, bound := float64(n)/times, 4*math.Sqrt(c.p*(1-c.p)/times); math.Abs(got-c.p) > bound {
			t.Errorf("%s cooperates with probability %v, want %v within %v", c.name, got, c.p, bound)
		}
	}
}

// A player who remembers takes in what is new, however many turns that are, and knows what it does not know.
func TestHistory(t *testing.T) {
	h := History{}
	for _, c := range []struct {
		m            Match
		mine, theirs string
	}{
		{Match{}, "", ""},
		{Match{Turns: 1, Mine: "C", Theirs: "D"}, "C", "D"},
		{Match{Turns: 1, Mine: "C", Theirs: "D"}, "C", "D"},
		{Match{Turns: 4, Mine: "CDDC", Theirs: "DCCC"}, "CDDC", "DCCC"},
		{Match{Turns: 14, Mine: "DDDDDDDDDD", Theirs: "CCCCCCCCCC"}, "CDDCDDDDDDDDDD", "DCCCCCCCCCCCCC"},
		{Match{Turns: 25, Mine: "CCCCCCCCCC", Theirs: "CCCCCCCCCC"}, "CCCCCCCCCC", "CCCCCCCCCC"}, // one is lost: what was before says nothing
		{Match{Turns: 2, Mine: "CC", Theirs: "DD"}, "CC", "DD"},                                  // another game
	} {
		if h.note(&c.m); h.Mine != c.mine || h.Theirs != c.theirs || h.Turns != c.m.Turns {
			t.Errorf("%+v: %+v", c.m, h)
		}
	}
	for turn := range 3 * remembered {
		h.note(&Match{Turns: turn + 3, Mine: "D", Theirs: "D"})
	}
	if len(h.Mine) != remembered || len(h.Theirs) != remembered {
		t.Errorf("%d moves are remembered", len(h.Mine))
	}
}

// The contract of a behavior: a new life, from events or from a snapshot, goes on where the old one ended.
func TestHistoriansKeepTheirMemory(t *testing.T) {
	s := build(t, "players=Tideman,Shubik turns=9")
	var events []any
	mine, theirs := "", ""
	for i, turn := range []string{"CC", "CD", "DC", "CD", "DC", "DC"} {
		events = append(events, actors.Percept{Round: i + 1, Phase: phaseMove, Choice: true, View: TournamentView{Name: "Tideman", Turn: i + 1,
			Games: []Match{{Against: "Shubik", Turns: i, Mine: mine, Theirs: theirs}}}})
		mine, theirs = mine+turn[:1], theirs+turn[1:]
	}
	actorstest.Check(t, s.Agents[0].Behavior, events...)
	if _, err := Build(order(t, "players=Tideman:3,TFT")); err == nil || !strings.Contains(err.Error(), "nothing after the name") {
		t.Errorf("Tideman:3: %v", err)
	}
	if err := (&historian{}).Restore([]byte("{")); err == nil {
		t.Error("a damaged memory is taken back")
	}
}
