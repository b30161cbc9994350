package dilemma

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/polis-agents/polis/environment/environmenttest"
)

// Both worlds keep the contract of package environment, and have the properties they declare.
func TestTheWorldsKeepTheContract(t *testing.T) {
	four := environmenttest.Config{Agents: []string{"ada", "ben", "cleo", "dan"}, Rounds: 40, Seed: 1}
	for _, masked := range []bool{false, true} {
		t.Run(fmt.Sprintf("tournament %v", masked), func(t *testing.T) {
			environmenttest.Check(t, DefineTournament(TournamentLaws{Turns: 20, Masked: masked}), four)
		})
		for _, punish := range []bool{false, true} {
			t.Run(fmt.Sprintf("group %v %v", punish, masked), func(t *testing.T) {
				environmenttest.Check(t, DefineGroup(GroupLaws{Turns: 20, Endowment: 20, Return: 40, Punish: punish, Masked: masked}), four)
			})
		}
	}
	open := DefineTournament(TournamentLaws{Turns: 20})
	open.Properties.Closed = false // people come and go
	environmenttest.Check(t, open, four)
}

func tournamentOf(laws TournamentLaws, names ...string) *Tournament {
	w := NewTournament(laws)
	for _, name := range names {
		w.Enter(name)
	}
	return w
}

func groupOf(laws GroupLaws, names ...string) *Group {
	w := NewGroup(laws)
	for _, name := range names {
		w.Enter(name)
	}
	return w
}

func reason(err error) string {
	var r interface{ Reason() string }
	if errors.As(err, &r) {
		return r.Reason()
	}
	return fmt.Sprint(err)
}

// What is no move is refused, says what is accepted, and changes nothing.
func TestWrongMovesAreRefused(t *testing.T) {
	w := tournamentOf(TournamentLaws{Turns: 3}, "ada", "ben", "cleo")
	for _, c := range []struct {
		who    string
		moves  []Choice
		reason string
		says   string
	}{
		{"dan", nil, "outsider", "dan"},
		{"ada", []Choice{{"dan", Defect}}, "stranger", `"dan"; accepted are ben, cleo, all`},
		{"ada", []Choice{{"ada", Defect}}, "stranger", "accepted are ben"},
		{"ada", []Choice{{"ben", Defect}, {"ben", Cooperate}}, "twice", "ben"},
		{"ada", []Choice{{"all", Defect}, {"all", Defect}}, "twice", "all"},
	} {
		_, err := w.Play(c.who, Play{c.moves})
		if err == nil || reason(err) != c.reason || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s plays %v: %v", c.who, c.moves, err)
		}
	}
	for _, p := range w.Players {
		for _, g := range p.Games {
			if g.Next != "" {
				t.Errorf("a refused move of %s stands: %+v", p.Name, g)
			}
		}
	}
	w.Leave("cleo")
	if _, err := w.Play("ada", Play{[]Choice{{"cleo", Defect}}}); reason(err) != "stranger" {
		t.Errorf("against one who is gone: %v", err)
	}
	if _, err := w.Play("cleo", Play{}); reason(err) != "outsider" {
		t.Errorf("by one who is gone: %v", err)
	}
}

// "all" are those who are not named, wherever it stands; a move stands until it is changed; who makes none cooperates.
func TestMovesStandUntilTheyAreChanged(t *testing.T) {
	w := tournamentOf(TournamentLaws{Turns: 9}, "ada", "ben", "cleo", "dan")
	play := func(who string, games int, moves ...Choice) {
		t.Helper()
		if n, err := w.Play(who, Play{moves}); err != nil || n.Games != games {
			t.Fatalf("%s: %v, %v", who, n, err)
		}
	}
	see := func(who, want string) {
		t.Helper()
		v, got := w.Perceive(who), ""
		for _, m := range v.Games {
			got += fmt.Sprintf("%s %s:%s %d:%d, ", m.Against, m.Mine, m.Theirs, m.Score, m.TheirScore)
		}
		if got = fmt.Sprintf("%s%d", got, v.Score); got != want || v.Turn != w.Turns+1 {
			t.Errorf("%s sees %s, want %s", who, got, want)
		}
	}
	play("ada", 3, Choice{"all", Defect}, Choice{"cleo", Cooperate})
	see("ben", "ada : 0:0, cleo : 0:0, dan : 0:0, 0") // what is done now is not seen
	w.Tick("move", nil)
	see("ada", "ben D:C 5:0, cleo C:C 3:3, dan D:C 5:0, 13")
	play("ada", 1, Choice{"cleo", Defect})
	play("ben", 1, Choice{"ada", Defect})
	w.Tick("move", nil)
	see("ada", "ben DD:CD 6:1, cleo CD:CC 8:3, dan DD:CC 10:0, 24")
	w.Leave("ben")
	w.Tick("move", nil)
	see("ada", "cleo CDD:CCC 13:3, dan DDD:CCC 15:0, 34")
	if v := w.Perceive("ada"); v.Games[0].Turns != 3 || v.Games[0].Defected != 0 || w.Perceive("cleo").Games[0].Defected != 2 {
		t.Errorf("ada sees %+v", v)
	}
	if m := w.Metrics(); m[Score+"ben"] != 13 || m[Wins+"ada"] != 3 || m[Wins+"ben"] != 0 {
		t.Errorf("what was played counts: %v", m)
	}
	w.Enter("abe") // whose place is the first
	w.Tick("move", nil)
	see("ada", "abe C:C 3:3, cleo CDDD:CCCC 18:3, dan DDDD:CCCC 20:0, 47") // all were those who were there
	see("abe", "ada C:C 3:3, cleo C:C 3:3, dan C:C 3:3, 9")
	if v := w.Perceive("abe"); w.Players[0].Number != 5 || v.Name != "abe" {
		t.Errorf("who comes later is %+v", w.Players[0])
	}
	for range 20 {
		w.Tick("move", nil)
	}
	if mine := w.Perceive("ada").Games[0].Mine; len(mine) != shown {
		t.Errorf("%d moves are shown", len(mine))
	}
}

// What observers see, and what a turn was worth, is of the turn that ended.
func TestWhatObserversSee(t *testing.T) {
	w := tournamentOf(TournamentLaws{Turns: 9}, "ada", "ben", "cleo")
	turn := func(world, ada, ben string, reward float64) {
		t.Helper()
		w.Tick("move", nil)
		if got := fmt.Sprint(w.Variables()); got != world {
			t.Errorf("the world shows %s, want %s", got, world)
		}
		if got := fmt.Sprint(w.AgentVariables("ada")); got != ada {
			t.Errorf("ada shows %s, want %s", got, ada)
		}
		if got := fmt.Sprint(w.AgentVariables("ben")); got != ben {
			t.Errorf("ben shows %s, want %s", got, ben)
		}
		if w.Reward("ada") != reward || w.AgentVariables("dan") != nil || w.Reward("dan") != 0 {
			t.Errorf("it brought ada %v", w.Reward("ada"))
		}
	}
	turn("[{cooperation 1} {mutual 1}]", "[{earned 6} {score 6} {cooperation 1}]", "[{earned 6} {score 6} {cooperation 1}]", 6)
	for who, against := range map[string]string{"ada": "ben", "ben": "all"} {
		if _, err := w.Play(who, Play{[]Choice{{against, Defect}}}); err != nil {
			t.Fatal(err)
		}
	}
	turn("[{cooperation 0.5} {mutual 0.3333333333333333}]", "[{earned 4} {score 10} {cooperation 0.5}]", "[{earned 6} {score 12} {cooperation 0}]", 4)
	w.Leave("cleo")
	if _, err := w.Play("ben", Play{[]Choice{{"all", Cooperate}}}); err != nil {
		t.Fatal(err)
	}
	turn("[{cooperation 0.5} {mutual 0}]", "[{earned 5} {score 15} {cooperation 0}]", "[{earned 0} {score 12} {cooperation 1}]", 5)

	g := groupOf(GroupLaws{Turns: 9, Endowment: 20, Return: 40}, "ada", "ben", "cleo")
	for range 2 {
		if _, err := g.Contribute("ada", Contribute{15}); err != nil {
			t.Fatal(err)
		}
		g.Tick(phaseContribute, nil)
	}
	if got, want := fmt.Sprint(g.Variables(), g.AgentVariables("ada"), g.AgentVariables("ben"), g.AgentVariables("dan"), g.Reward("ada"), g.Reward("dan")),
		"[{contribution 5} {payoff 21} {points 0} {endowment 20}] [{gave 15} {payoff 11} {points 0} {total 22}] [{gave 0} {payoff 26} {points 0} {total 52}] [] 11 0"; got != want {
		t.Errorf("it shows %s, want %s", got, want)
	}
	g.Leave("cleo")
	g.Tick(phaseContribute, nil) // who is gone keeps what it has, and is not seen
	if got, want := fmt.Sprint(g.Variables(), g.AgentVariables("cleo"), len(g.Perceive("ada").Deeds)),
		"[{contribution 0} {payoff 20} {points 0} {endowment 20}] [{gave 0} {payoff 0} {points 0} {total 52}] 2"; got != want {
		t.Errorf("it shows %s, want %s", got, want)
	}
	if m := g.Metrics(); m[Contribution] != 30./8 || m[Payoff+".cleo"] != 26 {
		t.Errorf("everybody counts by its turns: %v", m)
	}
}

// Those who are masked are known by numbers, in what they see and in what they do.
func TestMasks(t *testing.T) {
	w := tournamentOf(TournamentLaws{Turns: 9, Masked: true}, "ben", "ada")
	if v := w.Perceive("ada"); v.Name != "P2" || v.Games[0].Against != "P1" {
		t.Errorf("ada sees %+v", v)
	}
	if _, err := w.Play("ada", Play{[]Choice{{"ben", Defect}}}); reason(err) != "stranger" || strings.Contains(err.Error(), "are ben") {
		t.Errorf("by the name: %v", err)
	}
	if _, err := w.Play("ada", Play{[]Choice{{"P1", Defect}}}); err != nil || w.Players[0].Games[1].Next != Defect {
		t.Errorf("by the number: %v, %+v", err, w.Players)
	}
	g := groupOf(GroupLaws{Turns: 9, Endowment: 20, Return: 40, Punish: true, Masked: true}, "ben", "ada")
	g.Tick(phaseContribute, nil)
	if v := g.Perceive("ada"); v.Name != "P2" || v.Deeds[0].Name != "P2" || v.Deeds[1].Name != "P1" {
		t.Errorf("ada sees %+v", v)
	}
	if _, err := g.Punish("ada", Punish{[]Fine{{"P1", 1}}}); err != nil || g.Members[0].Fines[0] != (Fine{"ben", 1}) {
		t.Errorf("by the number: %v, %+v", err, g.Members)
	}
}

// A turn of the group with punishment, by hand: what is given is seen by all before anybody punishes, a point costs 1 and
// takes 3, and what comes of it is seen in the next turn.
func TestATurnOfTheGroup(t *testing.T) {
	g := groupOf(GroupLaws{Turns: 2, Endowment: 20, Return: 40, Punish: true}, "ada", "ben", "cleo")
	for who, n := range map[string]int{"ada": 20, "ben": 5} {
		if _, err := g.Contribute(who, Contribute{n}); err != nil {
			t.Fatal(err)
		}
	}
	if v := g.Perceive("cleo"); len(v.Deeds) != 0 || v.Seen != 0 || v.Turn != 1 {
		t.Errorf("before all have given: %+v", v)
	}
	g.Tick(phaseContribute, nil)
	see := func(want string) {
		t.Helper()
		v := g.Perceive("ada")
		if got := fmt.Sprint(v.Turn, v.Seen, v.Total, v.Deeds); got != want {
			t.Errorf("ada sees %s, want %s", got, want)
		}
	}
	see("1 1 0 [{ada 20 0 10} {ben 5 0 25} {cleo 0 0 30}]")
	if n, err := g.Punish("ada", Punish{[]Fine{{"cleo", 5}, {"ben", 2}}}); err != nil || n.Cost != 7 {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err := g.Punish("cleo", Punish{[]Fine{{"ada", 4}}}); err != nil {
		t.Error(err)
	}
	see("1 1 0 [{ada 20 0 10} {ben 5 0 25} {cleo 0 0 30}]")
	g.Tick(phasePunish, nil)
	see("2 1 -9 [{ada 20 4 -9} {ben 5 2 19} {cleo 0 5 11}]")
	if g.Reward("cleo") != 11 || g.Done() || g.Points != 11 {
		t.Errorf("cleo has earned %v, done %v, %d points", g.Reward("cleo"), g.Done(), g.Points)
	}
	g.Tick(phaseContribute, nil)
	see("2 2 -9 [{ada 0 0 20} {ben 0 0 20} {cleo 0 0 20}]")
	g.Tick(phasePunish, nil)
	if g.Points != 0 {
		t.Errorf("in the second turn %d points were given", g.Points)
	}
	if m := g.Metrics(); !g.Done() || m[Contribution] != 25./6 || m[Payoff] != (11+39+31)/6. || m[Payoff+".ada"] != 5.5 {
		t.Errorf("%v", m)
	}
}

// What somebody wanted who is gone when the phase ends does not happen, nor what others wanted of them.
func TestWhoIsGoneGivesNothing(t *testing.T) {
	g := groupOf(GroupLaws{Turns: 9, Endowment: 20, Return: 40, Punish: true}, "ada", "ben", "cleo")
	if _, err := g.Contribute("ben", Contribute{20}); err != nil {
		t.Fatal(err)
	}
	g.Leave("ben")
	g.Tick(phaseContribute, nil)
	for who, whom := range map[string]string{"ada": "cleo", "cleo": "ada"} {
		if _, err := g.Punish(who, Punish{[]Fine{{whom, 2}}}); err != nil {
			t.Fatal(err)
		}
	}
	g.Leave("cleo")
	g.Tick(phasePunish, nil)
	if g.Pool != 0 || g.Points != 0 || g.Reward("ada") != 20 {
		t.Errorf("a pool of %d, %d points, ada has %v", g.Pool, g.Points, g.Reward("ada"))
	}
}

// The rules of members, where a society of them would not show it.
func TestMembersDecide(t *testing.T) {
	v := GroupView{Name: "ada", Turn: 2, Seen: 1, Endowment: 100, Deeds: []Deed{{Name: "ada", Gave: 70, Points: 1}, {Name: "ben", Gave: 80}, {Name: "cleo", Gave: 67}, {Name: "dan", Gave: 66}, {Name: "eve"}}}
	if got := yielding(&v); got != 80 {
		t.Errorf("who was punished gives %d", got)
	}
	if got := fmt.Sprint(shortfall(&v)); got != "[{dan 1} {eve 10}]" {
		t.Errorf("punishes %s", got)
	}
	if got := matching(&v); got != 53 {
		t.Errorf("gives %d", got)
	}
	if v.Deeds[0].Points = 0; yielding(&v) != 70 {
		t.Errorf("who was not punished gives %d", yielding(&v))
	}
}

// What cannot be given or fined is refused, and changes nothing.
func TestWrongDeedsAreRefused(t *testing.T) {
	g := groupOf(GroupLaws{Turns: 2, Endowment: 20, Return: 40, Punish: true}, "ada", "ben")
	for _, c := range []struct {
		err    error
		reason string
		says   string
	}{
		{second(g.Contribute("dan", Contribute{1})), "outsider", "dan"},
		{second(g.Contribute("ada", Contribute{21})), "beyond-endowment", "21 units; accepted are 0 to 20"},
		{second(g.Punish("dan", Punish{})), "outsider", "dan"},
		{second(g.Punish("ada", Punish{[]Fine{{"ada", 1}}})), "stranger", `"ada"; accepted are ben`},
		{second(g.Punish("ada", Punish{[]Fine{{"dan", 1}}})), "stranger", `"dan"; accepted are ben`},
		{second(g.Punish("ada", Punish{[]Fine{{"ben", 1}, {"ben", 1}}})), "twice", "ben"},
	} {
		if c.err == nil || reason(c.err) != c.reason || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%v, want %s", c.err, c.reason)
		}
	}
	g.Tick(phaseContribute, nil)
	g.Tick(phasePunish, nil)
	if g.Pool != 0 || g.Points != 0 {
		t.Errorf("what was refused has been done: %+v", g)
	}
	g.Leave("ben")
	if _, err := g.Punish("ada", Punish{[]Fine{{"ben", 1}}}); reason(err) != "stranger" {
		t.Errorf("one who is gone: %v", err)
	}
	if _, err := g.Contribute("ben", Contribute{1}); reason(err) != "outsider" {
		t.Errorf("by one who is gone: %v", err)
	}
	d := DefineGroup(GroupLaws{Turns: 2, Endowment: 20, Return: 40, Punish: true})
	for _, text := range []string{`{"fines":[{"who":"ben","points":0}]}`, `{"fines":[{"who":"ben","points":11}]}`, `{"fines":[{"who":"ben"}]}`} {
		if _, err := d.Action("punish").Decode([]byte(text)); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
	if _, err := DefineTournament(TournamentLaws{Turns: 1}).Action("play").Decode([]byte(`{"moves":[{"against":"ben","move":"X"}]}`)); err == nil {
		t.Error("move X is accepted")
	}
}

func second[T any](_ T, err error) error { return err }
