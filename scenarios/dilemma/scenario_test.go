package dilemma

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

func namesOf(s polis.Society) (names []string) {
	for _, a := range s.Agents {
		names = append(names, a.Name+"="+a.Mind)
	}
	return names
}

// "players=A,B,… sets who plays (order = agents; names may repeat: numbered)"
func TestPlayersAreNamedAfterTheirMinds(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "AllC=AllC AllD=AllD TFT=TFT Grudger=Grudger WSLS=WSLS Alternator=Alternator TF2T=TF2T SuspTFT=SuspTFT AntiTFT=AntiTFT Bully=Bully",
		"game=pgg":                       "conditional-1=conditional conditional-2=conditional punisher=punisher wary=wary",
		"players=TFT,AllD":               "TFT=TFT AllD=AllD",
		"players=TFT,AllD,TFT":           "TFT-1=TFT AllD=AllD TFT-2=TFT",
		"players=Random:0.3,2*Random:1":  "Random-1=Random:0.3 Random-2=Random:1 Random-3=Random:1",
		"2*TFT 1*AllD":                   "TFT-1=TFT TFT-2=TFT AllD=AllD",
		"players=TFT,AllD names=ada,ben": "ada=TFT ben=AllD",
		"players=model,model:TFT":        "model-1=model model-2=model:TFT",
		"game=pgg players=2*fixed:30 endowment=30": "fixed-1=fixed:30 fixed-2=fixed:30",
		"game=pgg players=fixed:3,fixed:20":        "fixed-1=fixed:3 fixed-2=fixed:20",
		"1*TFT 1*AllD players=TFT,AllD":            "TFT=TFT AllD=AllD",
	} {
		if got := strings.Join(namesOf(build(t, text)), " "); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// Who is asked does not know from its name how another plays, unless names were given.
func TestWhoIsAskedKnowsNumbersOnly(t *testing.T) {
	for text, masked := range map[string]bool{
		"players=TFT,AllD": false, "players=TFT,model": true, "players=person,AllD": true, "players=TFT,model names=ada,ben": false,
		"game=pgg": false, "game=pgg players=freerider,model:freerider": true,
	} {
		laws := false
		switch w := build(t, text).World.New().(type) {
		case *Tournament:
			laws = w.laws.Masked
		case *Group:
			laws = w.laws.Masked
		}
		if laws != masked {
			t.Errorf("%s: masked %v", text, laws)
		}
	}
}

func TestWrongOrdersSayWhatIsAccepted(t *testing.T) {
	for text, want := range map[string][]string{
		"fish=3":                                   {`"fish"`, "game, players, names, turns, punishment, endowment, return"},
		"game=chess":                               {"game", `"chess"`, "ipd or pgg"},
		"turns=0":                                  {"turns", `"0"`, "from 1 to 1000000"},
		"turns=1e3":                                {"turns", `"1e3"`, "from 1 to 1000000"},
		"turns=1000001":                            {"turns", `"1000001"`},
		"turns=5 rounds=6":                         {"turns", `"5"`, "accepted is 6", "a turn is a round"},
		"rounds=-1":                                {"-1 rounds", "1 to 1000000"},
		"game=pgg punishment=yes":                  {"punishment", `"yes"`, "true or false"},
		"punishment=true":                          {"punishment", `"true"`, "accepted is false with game=ipd"},
		"endowment=10":                             {"endowment", `"10"`, "accepted is 20 with game=ipd"},
		"game=pgg endowment=0":                     {"endowment", `"0"`, "from 1 to 1000"},
		"game=pgg endowment=1001":                  {"endowment", "from 1 to 1000"},
		"game=pgg return=0":                        {"return", `"0"`, "from 0.01 to 10"},
		"game=pgg return=10.01":                    {"return", "from 0.01 to 10"},
		"game=pgg return=0.401":                    {"return", "two decimals"},
		"game=pgg return=NaN":                      {"return", "from 0.01"},
		"players=TFT":                              {"1 players", "2 to 100"},
		"players=101*TFT":                          {"101 players", "2 to 100"},
		"game=pgg players=201*freerider":           {"players", "more than 200"},
		"players=TFT,,AllD":                        {"players", `"TFT,,AllD"`, "NAME or NAME:ARG"},
		"players=0*TFT,AllD":                       {"players", "count"},
		"players=tft,AllD":                         {`"tft"`, "game=ipd", "AllC, AllD, TFT", "Random:P", "model[:FALLBACK]"},
		"players=freerider,TFT":                    {`"freerider"`, "game=ipd"},
		"game=pgg players=TFT,freerider":           {`"TFT"`, "game=pgg", "conditional, freerider, punisher, wary, fixed:N"},
		"players=TFT:3,AllD":                       {`"TFT:3"`, "nothing after the name"},
		"players=Random,AllD":                      {`"Random"`, "Random:P"},
		"players=Random:1.1,AllD":                  {`"Random:1.1"`, "from 0 to 1"},
		"players=Random:NaN,AllD":                  {`"Random:NaN"`, "from 0 to 1"},
		"game=pgg players=2*fixed:21":              {`"fixed:21"`, "0 to 20, the endowment"},
		"game=pgg players=2*fixed:15 endowment=10": {`"fixed:15"`, "0 to 10, the endowment"},
		"game=pgg players=2*fixed:-1":              {`"fixed:-1"`, "fixed:N"},
		"1*TFT 1*AllC players=TFT,AllD":            {"the minds TFT,AllC are not the players TFT,AllD", "the same, or one of the two"},
		"2*TFT 1*AllC players=TFT,AllD":            {"the minds 2*TFT,AllC are not the players TFT,AllD"},
		"players=TFT,AllD agents=3":                {"3 agents", "TFT,AllD", "so 2"},
		"agents=3":                                 {"3 agents", "10", "players="},
		"game=pgg agents=5":                        {"5 agents", "accepted are 4"},
		"players=TFT,AllD names=ada":               {"1 names for 2 players"},
		"players=TFT,AllD names=ada,ada":           {"names", `"ada,ada"`, "each once"},
		"players=TFT,AllD names=all,ben":           {"names", "none of them all"},
		"players=TFT,AllD names=ada,b.n":           {"names", "letters, digits"},
		"players=TFT,AllD names=ada,":              {"names", "letters, digits"},
		"players=TFT,model:model":                  {`"model" is no rule`, "TFT or Random:0.5"},
		"players=TFT,model:freerider":              {`"freerider" is no rule of game=ipd`},
		"game=pgg players=2*model:TFT":             {`"TFT" is no rule of game=pgg`, "conditional or fixed:10"},
		"game=pgg players=2*model:fixed:21":        {"0 to 20, the endowment"},
		"players=TFT,person:ada":                   {`"person:ada"`, "nothing after the name"},
	} {
		_, err := Build(order(t, text))
		if err == nil {
			t.Errorf("%s is accepted", text)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %q does not say %q", text, err, part)
			}
		}
	}
}

// What follows from parameters is what Build makes of them.
func TestStandardIsWhatIsBuilt(t *testing.T) {
	for text, rounds := range map[string]int{"": 200, "game=pgg": 10, "turns=7": 7, "game=pgg players=freerider,3*wary turns=4": 4, "players=TFT,2*AllD,Random:0.5": 200} {
		o := order(t, text)
		d := Scenario.StandardFor(o.Settings)
		s := build(t, text)
		minds, err := polis.ParseMinds(d.Minds, 0, 1)
		var named []string
		for i, m := range minds {
			if i < len(s.Agents) {
				named = append(named, s.Agents[i].Name+"="+m.String())
			}
		}
		if err != nil || d.Agents != len(s.Agents) || d.Rounds != rounds || !slices.Equal(named, namesOf(s)) || s.Settings["turns"] != fmt.Sprint(rounds) {
			t.Errorf("%q: standard %+v, %v; built %v with %v", text, d, err, namesOf(s), s.Settings)
		}
	}
	if d := Scenario.StandardFor(map[string]string{"game": "chess", "players": ",", "turns": "x"}); d.Agents != 10 || d.Rounds != 200 {
		t.Errorf("of what Build refuses: %+v", d)
	}
}

func TestSettingsAreAllThatMatters(t *testing.T) {
	want := map[string]string{"game": "pgg", "turns": "10", "punishment": "false", "endowment": "20", "return": "0.4"}
	if s := build(t, "game=pgg players=freerider,wary names=ada,ben"); !maps.Equal(s.Settings, want) {
		t.Errorf("settings %v, want %v", s.Settings, want)
	}
	if s := build(t, ""); s.MaySpeak("TFT", "AllD") {
		t.Error("players may speak")
	}
}

// Every metric that is listed is measured in one of the games, and none besides.
func TestMetricsAreThoseListed(t *testing.T) {
	seen := map[string]bool{}
	for text, players := range map[string][]string{"players=TFT,AllD turns=2": {"TFT", "AllD"}, "game=pgg players=wary,freerider turns=2": {"wary", "freerider"}} {
		for name := range metricsOf(t, text) {
			for _, p := range players {
				name = strings.ReplaceAll(name, "."+p, ".NAME")
			}
			seen[name] = true
		}
	}
	if want := slices.Sorted(slices.Values(Scenario.Metrics)); !reflect.DeepEqual(slices.Sorted(maps.Keys(seen)), want) {
		t.Errorf("measured %v, listed %v", slices.Sorted(maps.Keys(seen)), want)
	}
	if Measure(&polis.Report{}) != nil || Measure(&polis.Report{World: (*Group)(nil)}) != nil || Measure(&polis.Report{World: (*Tournament)(nil)}) != nil {
		t.Error("a run without a world has metrics")
	}
}

func TestLine(t *testing.T) {
	for text, want := range map[string][]string{
		"players=TFT,AllD turns=2": {
			"turn   1  C █████░░░░░  50 %    AllD 5     TFT 0",
			"turn   2  C ░░░░░░░░░░   0 %    AllD 6     TFT 1",
		},
		"turns=1": {"turn   1  C ███████░░░  70 %    of 10 lead  AllD 37    Bully 37    SuspTFT 37"},
		"game=pgg players=punisher,wary turns=2 punishment=true": {
			"turn   1  pool █████░░░░░ 10.0 of 20  each got  8.0    punisher 20  wary 0  fined 15",
			"turn   2  pool ██████████ 20.0 of 20  each got 16.0    punisher 20  wary 20",
		},
		"players=5*AllC turns=1":                                   {"turn   1  C ██████████ 100 %    AllC-1 12    AllC-2 12    AllC-3 12    AllC-4 12    AllC-5 12"},
		"game=pgg players=5*fixed:1 turns=1":                       {"turn   1  pool █░░░░░░░░░  1.0 of 20  each got 21.0    fixed-1 1   fixed-2 1   fixed-3 1   fixed-4 1   fixed-5 1"},
		"game=pgg players=6*punisher,wary turns=1 punishment=true": {"turn   1  pool █████████░ 17.1 of 20  each got 33.7    7 members, 30 points of punishment"},
	} {
		var seen recorder
		play(t, build(t, text), polis.Config{Seed: 1, Observe: seen.observe})
		var got []string
		for _, e := range seen.rounds {
			got = append(got, Line(e))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", text, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if Line(environment.RoundEnded{Round: 1}) == "" {
		t.Error("a round without variables has no line")
	}
}
