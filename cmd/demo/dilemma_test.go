package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// metric of a document; "": there is none.
func metric(c contract, name string) string {
	if m := c.Metrics[name]; m != nil && m["mean"] != nil {
		return m["mean"].String()
	}
	return ""
}

// What is ordered by parameters alone settles how many agents there are, who they are, and how long it lasts.
func TestDilemma(t *testing.T) {
	for _, c := range []struct {
		args           string
		agents, rounds int
		minds          string
		want           string
	}{
		{"", 10, 200, "[1*AllC 1*AllD 1*TFT 1*Grudger 1*WSLS 1*Alternator 1*TF2T 1*SuspTFT 1*AntiTFT 1*Bully]", "score.Grudger 5379, wins.AllD 8"},
		{"--set players=TFT,AllD", 2, 200, "[1*TFT 1*AllD]", "score.TFT 199, score.AllD 204, wins.AllD 1, wins.TFT 0"},
		{"--set players=TFT,AllD --mind 1*TFT --mind 1*AllD --agents 2 --rounds 10 --set turns=10", 2, 10, "[1*TFT 1*AllD]", "score.TFT 9, score.AllD 14"},
		{"--mind 2*TFT --rounds 10", 2, 10, "[2*TFT]", "score.TFT-1 30, score.TFT-2 30"},
		{"--mind TFT --rounds 10", 10, 10, "[10*TFT]", "score.TFT-10 270"},
		{"--set game=pgg", 4, 10, "[2*conditional 1*punisher 1*wary]", "contribution 10.7"},
		{"--set game=pgg --mind freerider", 4, 10, "[4*freerider]", "contribution 0, payoff 20"},
		{"--set game=pgg --set players=freerider,3*fixed:20 --set turns=3", 4, 3, "[1*freerider 3*fixed:20]", "payoff.freerider 44, payoff.fixed-1 24, contribution 15"},
	} {
		args := append([]string{"dilemma", "--out", "none"}, strings.Fields(c.args)...)
		doc := ordered(t, args...)
		if doc.Agents != c.agents || doc.Rounds != c.rounds || fmt.Sprint(doc.Minds) != c.minds {
			t.Errorf("%s: %d agents, %d rounds, %v", c.args, doc.Agents, doc.Rounds, doc.Minds)
		}
		for want := range strings.SplitSeq(c.want, ", ") {
			name, value, _ := strings.Cut(want, " ")
			if got := metric(doc, name); got != value {
				t.Errorf("%s: %s is %q, want %s", c.args, name, got, value)
			}
		}
		if c.args == "" && ordered(t, "dilemma", "--out", "none", "--rounds", "200", "--agents", "10", "--set", "game=ipd").Hash != doc.Hash {
			t.Error("what is so by default, written out, has another hash")
		}
	}
	for args, want := range map[string]string{
		"--set players=TFT,AllD --agents 3":             "3 agents for the players TFT,AllD; accepted is one for each, so 2",
		"--set players=TFT,AllD --mind TFT":             "the minds 2*TFT are not the players TFT,AllD; accepted are the same, or one of the two",
		"--set players=TFT,AllD --mind 3*TFT":           "the minds 3*TFT are not the players TFT,AllD",
		"--set turns=5 --rounds 6":                      `parameter turns is "5"; accepted is 6`,
		"--set game=pgg --mind TFT":                     `mind "TFT"; accepted with game=pgg are conditional`,
		"--set game=go":                                 `parameter game is "go"; accepted is ipd or pgg`,
		"--set players=TFT,AllD --chaos agent:X=always": `unknown agent in --chaos "X"`,
	} {
		try(t, append([]string{"run", "dilemma", "--out", "none"}, strings.Fields(args)...)...).oneLine(t, exitUsage, want)
	}
}

// A kept run is replayed to its hash, its command gives the same again, and its report says who won.
func TestDilemmaIsKept(t *testing.T) {
	t.Chdir(t.TempDir())
	for dir, args := range map[string]string{
		"ipd": "--set players=TFT,Random:0.5,model --set turns=20",
		"pgg": "--set game=pgg --set punishment=true --set players=2*conditional,punisher,model",
	} {
		out := try(t, append([]string{"run", "dilemma", "--quiet", "--out", dir}, strings.Fields(args)...)...).ok(t)
		hash, again := shown(out, "hash"), shown(out, "again")
		if got := try(t, "replay", dir).ok(t); !strings.Contains(got, hash) || !strings.Contains(got, "the same, turn by turn") {
			t.Errorf("%s: replayed: %s", dir, got)
		}
		repeated := try(t, append(strings.Fields(strings.ReplaceAll(again, "'", ""))[1:], "--out", "none", "--quiet")...).ok(t)
		if got := shown(repeated, "hash"); got != hash {
			t.Errorf("%s: again: %s, was %s", dir, got, hash)
		}
	}
	// The future of a tournament with other strategies, who keep their places by their names.
	try(t, "run", "dilemma", "--quiet", "--set", "players=AllD,Grudger", "--set", "turns=20", "--out", "before").ok(t)
	fork := func(dir string, args ...string) string {
		return try(t, append([]string{"fork", "before", "--at", "10", "--quiet", "--out", dir}, args...)...).ok(t)
	}
	if out := fork("named", "--mind", "2*AllC", "--set", "names=AllD,Grudger", "--set", "players="); shown(out, "score.AllD") != "44" || shown(out, "score.Grudger") != "39" {
		t.Errorf("ten turns of hostility, ten of friendship: %s", out)
	}
	try(t, "fork", "before", "--at", "10", "--mind", "2*AllC", "--out", "no").oneLine(t, exitUsage, "the minds 2*AllC are not the players AllD,Grudger")
}

// A person plays from a pipe, and knows the others by numbers.
func TestPersonInADilemma(t *testing.T) {
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, &stderr, "run", "dilemma", "--set", "players=TFT,AllD,person", "--set", "turns=3", "--json", "--out", "none")
	p.stdin = strings.NewReader("play P1=D,P2=C\nplay TFT=C\npass\n")
	if code := p.run(t.Context()); code != exitDone {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	var doc contract
	strict(t, stdout.String(), &doc)
	// AllD is P1: D against D, and stands by it. TFT is P2: C, and so on. A name that is none changes nothing.
	if metric(doc, "score.person") != "12" || metric(doc, "score.TFT") != "11" {
		t.Errorf("%s", &stdout)
	}
	if asked := stderr.String(); strings.Contains(asked, "TFT") || !strings.Contains(asked, `"against":"P2"`) || !strings.Contains(asked, "play AGAINST=MOVE,…") {
		t.Errorf("a person is shown %s", asked)
	}
}
