package jury

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/environment/environmenttest"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/scenarios/scenariostest"
)

// build makes the society of "task=independent arm=ensemble"; a word without = is its minds.
func build(t testing.TB, null polis.Null, text string) polis.Society {
	t.Helper()
	o := polis.Order{Settings: map[string]string{}, Null: null}
	var minds []string
	for word := range strings.FieldsSeq(text) {
		if name, value, set := strings.Cut(word, "="); set {
			o.Settings[name] = value
		} else {
			minds = append(minds, word)
		}
	}
	if minds != nil {
		var err error
		if o.Minds, err = polis.ParseMinds(minds, 0, standardFor(o.Settings).Agents); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Scenario.Make(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func long() bool { return os.Getenv("POLIS_TEST_LONG") != "" }

// inCascade is the chance that n jurors, an odd number, each right with chance p, come to the right side when they speak one
// after the other: two in a row that agree, of a pair, are followed by all (Bikhchandani et al. 1992, section III).
func inCascade(n int, p float64) float64 {
	open := math.Pow(2*p*(1-p), float64(n/2))
	return p*p*(1-open)/(1-2*p*(1-p)) + open*p
}

// "The baseline that every debate or voting claim must beat": Condorcet's numbers, by votes of agents. A society that talks
// has no more than all its evidence together; one that follows has less. Beside each the chance of a hidden profile: ten
// clues of reliability 0.8 outweigh the three that mislead when seven are right, and nobody's two do.
func TestKnownNumbers(t *testing.T) {
	cases := 400
	if long() {
		cases = 20_000
	}
	for _, c := range []struct {
		order string
		want  float64
		long  bool
	}{
		{"task=independent arm=ensemble voters=3", .648, false},
		{"task=independent arm=ensemble voters=5", .68256, false},
		{"task=independent arm=ensemble voters=11", .753498, false},
		{"task=independent arm=ensemble voters=21", .825622, true},
		{"task=independent arm=ensemble voters=101", .979103, true},
		{"task=independent arm=ensemble voters=11 reliability=0.7", .921775, false},
		{"task=independent jurors=11 reliability=0.7", .921775, false},
		{"task=independent jurors=11 reliability=0.7 conformist", .921775, true},
		{"task=cascade jurors=11 reliability=0.7 conformist", inCascade(11, .7), false},
		{"task=cascade jurors=11 reliability=0.7", .921775, true},
		{"task=hidden-profile", .8791261184, false},
		{"task=hidden-profile jurors=4", .7969177600, true},
		{"task=hidden-profile arm=ensemble", 0, false},
		{"task=hidden-profile conformist", 0, false},
		{"task=hidden-profile stubborn", 0, false},
	} {
		if c.long && !long() {
			continue
		}
		r := scenariostest.Play(t, build(t, "", fmt.Sprintf("%s cases=%d", c.order, cases)), polis.Config{Seed: 1, Undigested: true})
		m := Measure(r)
		sd := math.Sqrt(c.want * (1 - c.want) / float64(cases))
		t.Logf("%s: ours %.4f of %d cases, known %.4f, difference %+.4f, four standard errors %.4f", c.order, m[Accuracy], cases, c.want, m[Accuracy]-c.want, 4*sd)
		if math.Abs(m[Accuracy]-c.want) > 4*sd {
			t.Errorf("%s: %.4f, known is %.4f", c.order, m[Accuracy], c.want)
		}
	}
	if math.Abs(inCascade(11, .7)-.842935) > 1e-6 || math.Abs(inCascade(3, .7)-(.49+.42*.7)) > 1e-12 {
		t.Error(inCascade(11, .7), inCascade(3, .7))
	}
	if !long() {
		t.Log("fewer cases than the 20000 of POLIS_TEST_LONG=1, and not all orders")
	}
}

// "At equal tokens": the society spends its budget to the clue, the ensemble no less and at most two voters more.
func TestEqualCost(t *testing.T) {
	for _, c := range []struct {
		of        string
		spent     float64
		voters    int
		one, more float64 // a voter's cost; what the ensemble may spend beyond
	}{
		{"task=hidden-profile", 155, 27, 6, 12}, {"task=independent", 35, 19, 2, 4}, {"task=independent jurors=11", 143, 73, 2, 4},
		{"task=cascade jurors=11 conformist", 143, 73, 2, 4}, {"task=hidden-profile jurors=3", 63, 11, 6, 12},
	} {
		society := Measure(scenariostest.Play(t, build(t, "", c.of+" cases=3"), polis.Config{Seed: 1, Undigested: true}))
		s := build(t, "", c.of+" cases=3 arm=ensemble")
		ensemble := Measure(scenariostest.Play(t, s, polis.Config{Seed: 1, Undigested: true}))
		if society[Spent] != c.spent || len(s.Agents) != c.voters || ensemble[Spent] != float64(c.voters)*c.one {
			t.Errorf("%s: the society spent %v, %d voters %v", c.of, society[Spent], len(s.Agents), ensemble[Spent])
		}
		if over := ensemble[Spent] - society[Spent]; over < 0 || over >= c.more {
			t.Errorf("%s: the ensemble spent %v more", c.of, over)
		}
	}
	// Whoever may read the evidence of many needs no society.
	s := build(t, "", "cases=200 arm=ensemble spend=reading")
	m := Measure(scenariostest.Play(t, s, polis.Config{Seed: 1, Undigested: true}))
	if len(s.Agents) != 5 || m[Spent] != 155 || m[Accuracy] < .99 {
		t.Errorf("%d voters that read more: %v", len(s.Agents), m)
	}
	if m := Measure(scenariostest.Play(t, build(t, "", "cases=3 talk=3"), polis.Config{Seed: 1, Undigested: true})); m[Spent] != 155 {
		t.Errorf("who has told all says no more: %v", m)
	}
}

// "The effect vanishes when the channel is cut": what jurors say does not arrive, and they vote as the ensemble does.
func TestChannelCut(t *testing.T) {
	r := scenariostest.Play(t, build(t, polis.ChannelCut, "cases=50"), polis.Config{Seed: 1, Undigested: true})
	if m := Measure(r); m[Accuracy] != 0 || m[Sound] != 0 || r.Messages.Refused != 50*20 {
		t.Errorf("%v, %+v", m, r.Messages)
	}
}

// "Same seed, same hash, on any number of threads", and a crash changes nothing.
func TestSameSeedSameHash(t *testing.T) {
	for _, order := range []string{"cases=10", "cases=4 task=cascade conformist talk=1"} {
		scenariostest.SameHash(t, func() polis.Society { return build(t, "", order) }, polis.Config{Seed: 3, Log: 3})
	}
}

// The contract of worlds, and the properties that it declares.
func TestCourtKeepsTheContract(t *testing.T) {
	for _, laws := range []Laws{
		{Cases: 30, Phases: 2, Shared: 3, Own: 2, Reliability: .8}, {Cases: 30, Own: 1, Reliability: .6},
		{Cases: 30, Phases: 3, Own: 1, Reliability: .7, InTurn: true},
	} {
		environmenttest.Check(t, Define(laws), environmenttest.Config{Agents: []string{"ada", "ben", "cleo"}, Rounds: 20, Seed: 1})
	}
}

// What others say is theirs: a clue that is told twice counts once, what is of another case or by another act is no evidence.
func TestWhatIsHeard(t *testing.T) {
	Define(Laws{}) // which registers what jurors do
	j := &juror{manner: manner{tells: true, heeds: true}}
	view := View{Name: "ada", Case: 2, Clues: []Clue{{1, SideB}, {2, SideB}}, Others: []string{"ben"}}
	vote := func(messages ...protocol.Message) string {
		t.Helper()
		j.memory = jurorMemory{}
		j.turnPage(2)
		turn := actors.NewTurn(actors.TurnConfig{Self: "ada"})
		for i := range messages {
			messages[i].Sender = "ben"
			if err := j.Receive(turn, &messages[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Receive(turn, actors.Percept{Phase: PhaseVote, View: view}); err != nil {
			t.Fatal(err)
		}
		all := turn.Effects()
		return all[len(all)-1].Value.(Vote).For
	}
	said := func(number int, clues ...Clue) protocol.Message {
		return protocol.Message{Act: protocol.Inform, Content: Evidence{number, clues}}
	}
	three := []Clue{{3, SideA}, {4, SideA}, {5, SideA}}
	wrong := said(2, three...)
	wrong.Act = protocol.Propose
	for what, c := range map[string]struct {
		heard []protocol.Message
		want  string
	}{
		"nothing":               {nil, SideB},
		"more than it has":      {[]protocol.Message{said(2, three...)}, SideA},
		"one clue thrice":       {[]protocol.Message{said(2, Clue{3, SideA}, Clue{3, SideA}), said(2, Clue{3, SideA})}, SideB},
		"of another case":       {[]protocol.Message{said(1, three...)}, SideB},
		"its own, turned round": {[]protocol.Message{said(2, Clue{1, SideA}, Clue{2, SideA}, Clue{3, SideA})}, SideB},
		"sides there are not":   {[]protocol.Message{said(2, Clue{3, "C"}, Clue{4, ""}, Clue{5, "a"})}, SideB},
		"by another act":        {[]protocol.Message{wrong}, SideB},
		"an opinion":            {[]protocol.Message{{Act: protocol.Propose, Content: Opinion{2, SideA}}}, SideB},
		"talk":                  {[]protocol.Message{protocol.Say("it is A, believe me", "ada")}, SideB},
	} {
		if got := vote(c.heard...); got != c.want {
			t.Errorf("hears %s: votes %s", what, got)
		}
	}
}

func TestWrongOrdersSayWhatIsAccepted(t *testing.T) {
	for text, want := range map[string]string{
		"size=3":                              `"size"; accepted are task, arm, jurors`,
		"task=murder":                         `parameter task is "murder"; accepted is hidden-profile, independent or cascade`,
		"arm=both":                            `parameter arm is "both"; accepted is society or ensemble`,
		"spend=all":                           `parameter spend is "all"`,
		"jurors=1":                            `parameter jurors is "1"; accepted is a number from 2 to 100`,
		"own=0":                               `parameter own is "0"`,
		"reliability=NaN":                     `parameter reliability is "NaN"; accepted is a probability from 0 to 1`,
		"voters=3":                            `accepted with them is arm=ensemble`,
		"spend=reading":                       `accepted with them is arm=ensemble`,
		"arm=ensemble voters=0":               `parameter voters is "0"; accepted is a number from 1 to 10000`,
		"arm=ensemble voters=3 spend=reading": `parameter voters is "3"; accepted is none`,
		"task=cascade talk=2":                 `parameter talk is "2"; accepted is 1`,
		"arm=ensemble jurors=100 talk=2":      `more than the 10000`,
	} {
		set := map[string]string{}
		for word := range strings.FieldsSeq(text) {
			name, value, _ := strings.Cut(word, "=")
			set[name] = value
		}
		if _, err := Build(polis.Order{Settings: set}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	five := func(text string) []polis.Mind {
		m, err := polis.ParseMinds([]string{text}, 5, 5)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, o := range []polis.Order{{Agents: 7}, {Minds: five("wise")}, {Minds: five("bayesian:2")}, {Minds: five("model:wise")}, {Minds: five("person:2")}, {Minds: five("model")[:1]}} {
		if _, err := Build(o); err == nil || !strings.Contains(err.Error(), "accepted") {
			t.Errorf("%d agents, %v: %v", o.Agents, o.Minds, err)
		}
	}
}

func TestHeadline(t *testing.T) {
	c := &polis.Chronicle{Agents: 5, Settings: map[string]string{"arm": Society}, Runs: []polis.Past{{Metrics: map[string]float64{Accuracy: .875, Spent: 155}}}}
	if got := Headline(c); got != "5 jurors that deliberate decided 87.5 % of the cases for the right side; a case cost 155 clues read, said, heard and votes." {
		t.Error(got)
	}
	c.Settings["arm"], c.Runs = Ensemble, append(c.Runs, polis.Past{Metrics: map[string]float64{Accuracy: .5, Spent: 155, Tokens: 12}})
	if got := Headline(c); !strings.HasPrefix(got, "5 voters that do not talk decided 68.8 % of the cases for the right side, on average over 2 runs; ") {
		t.Error(got)
	}
	e := environment.RoundEnded{Round: 3, World: []environment.Variable{{Name: varRight, Value: 1}, {Name: varA, Value: 4}, {Name: varB, Value: 1}}}
	if got := Line(e); got != "case    3  A   4 : 1   B  right" {
		t.Errorf("%q", got)
	}
}
