package dilemma

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
)

// tempered finds a name whose bearer has a temper.
func tempered(t *testing.T, temper string) string {
	t.Helper()
	for i := range 100 {
		if name := fmt.Sprint("model-", i); temperOf(name).name == temper {
			return name
		}
	}
	t.Fatalf("nobody is %s", temper)
	return ""
}

// ask asks the stand-in so many times, by chance, and counts its answers.
func ask(t *testing.T, who string, percept any, tools string) (answers map[string]int) {
	t.Helper()
	o := prompted.Observation{Agent: who, Round: 3}
	var err error
	if o.Percept, err = json.Marshal(percept); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var offered []llmadapter.Tool
	for name := range strings.FieldsSeq(tools) {
		offered = append(offered, llmadapter.Tool{Name: name})
	}
	answers = map[string]int{}
	for seed := range uint64(asked) {
		calls, err := StandIn(text, offered, rand.New(rand.NewPCG(seed, 7)))
		if err != nil || len(calls) != 1 {
			t.Fatalf("%v, %v", calls, err)
		}
		answers[calls[0].Name+" "+calls[0].Arguments]++
	}
	return answers
}

const asked = 500

func TestTheStandInPlaysByItsTemper(t *testing.T) {
	first := Match{Against: "P1"}
	friends := Match{Against: "P1", Turns: 9, Mine: "CCCCCCCCC", Theirs: "CCCCCCCCC"}
	hurt := Match{Against: "P1", Turns: 3, Mine: "CCC", Theirs: "CCD", Defected: 1}
	paidBack := Match{Against: "P1", Turns: 3, Mine: "CCD", Theirs: "CCD", Defected: 1}
	enemies := Match{Against: "P1", Turns: 20, Mine: "CDDDDDDDDD", Theirs: "DDDDDDDDDD", Defected: 15}
	longAgo := Match{Against: "P1", Turns: 60, Mine: "CCCCCCCCCC", Theirs: "CCCCCCCCCC", Defected: 13}
	for _, c := range []struct {
		temper      string
		m           Match
		least, most int // to cooperate, of 500
	}{
		{"sunny", first, asked, asked}, {"sly", first, 300, 400},
		{"sunny", friends, 480, asked}, {"sly", friends, 370, 430}, {"proud", friends, 475, asked},
		{"sunny", hurt, 220, 280}, {"proud", hurt, 30, 75}, {"tired", hurt, 145, 205},
		{"sly", paidBack, asked, asked}, {"proud", paidBack, asked, asked},
		{"proud", enemies, 0, 0}, {"tired", enemies, 0, 0}, {"sunny", enemies, 220, 280}, {"proud", longAgo, 475, asked}, {"tired", longAgo, 440, 480},
	} {
		n := ask(t, tempered(t, c.temper), TournamentView{Turn: 4, Games: []Match{c.m}}, "play pass")[`play {"moves":[{"against":"P1","move":"C"}]}`]
		if n < c.least || n > c.most {
			t.Errorf("%s, %s against %s: cooperates %d of %d times, want %d to %d", c.temper, c.m.Mine, c.m.Theirs, n, asked, c.least, c.most)
		}
	}
}

func TestTheStandInIsAMemberByItsTemper(t *testing.T) {
	view := func(points int, gave ...int) GroupView {
		v := GroupView{Name: "P1", Turn: 3, Endowment: 20, Return: .4, Seen: 2}
		for i, n := range gave {
			v.Deeds = append(v.Deeds, Deed{Name: fmt.Sprintf("P%d", i+1), Gave: n})
		}
		v.Deeds[0].Points = points
		return v
	}
	units := func(answers map[string]int) (least, most int) {
		least = 99
		for a := range answers {
			n := -1
			if _, err := fmt.Sscanf(a, `contribute {"units":%d}`, &n); err != nil {
				t.Fatalf("%s: %v", a, err)
			}
			least, most = min(least, n), max(most, n)
		}
		return least, most
	}
	for _, c := range []struct {
		temper      string
		v           GroupView
		least, most int
	}{
		{"sunny", GroupView{Turn: 1, Endowment: 20}, 10, 20},
		{"sly", GroupView{Turn: 1, Endowment: 20}, 7, 14},
		{"sly", view(0, 0, 10, 10), 5, 10},
		{"sly", view(0, 0, 0, 0), 0, 0},
		{"proud", view(3, 0, 10, 10), 7, 15},
		{"proud", view(3, 20, 20, 20), 10, 20},
	} {
		if least, most := units(ask(t, tempered(t, c.temper), c.v, "contribute pass")); least < c.least || most > c.most || least == most && c.least < c.most {
			t.Errorf("%s gives %d to %d to %+v, want within %d and %d", c.temper, least, most, c.v.Deeds, c.least, c.most)
		}
	}
	more := 0
	for answer, n := range ask(t, tempered(t, "proud"), view(1, 10, 4, 4), "contribute pass") {
		units := 0
		if _, err := fmt.Sscanf(answer, `contribute {"units":%d}`, &units); err == nil && units > 10 {
			more += n
		}
	}
	if more < 480 {
		t.Errorf("who was punished gives more than before %d of %d times", more, asked)
	}
	proud := ask(t, tempered(t, "proud"), view(0, 20, 20, 0), "punish pass")
	if n := proud["pass {}"]; n < 70 || n > 140 || len(proud) < 4 {
		t.Errorf("who is proud punishes a free rider mostly: %v", proud)
	}
	for a := range proud {
		if !strings.HasPrefix(a, `punish {"fines":[{"who":"P3","points":`) && a != "pass {}" {
			t.Errorf("it says %s", a)
		}
	}
	for _, v := range []GroupView{view(0, 0, 20, 20), view(0, 10, 10, 9)} {
		if got := ask(t, tempered(t, "proud"), v, "punish pass"); got["pass {}"] != asked {
			t.Errorf("it punishes itself, or for nothing: %v", got)
		}
	}
	if got := ask(t, "model-1", view(0, 1, 1), "pass"); got["pass {}"] != asked {
		t.Errorf("it does what it cannot: %v", got)
	}
}

// What comes from outside is no percept: an error, never a panic.
func TestTheStandInRefusesWhatItCannotRead(t *testing.T) {
	for tool, percept := range map[string]string{"play": `{"turn":1,"games":5}`, "contribute": `{"turn":1,"deeds":5}`, "punish": `{"turn":1,"endowment":-5}`} {
		for _, text := range []string{``, `null`, `[]`, `{}`, `{"percept":7}`, `{"percept":{"turn":0}}`, `{"percept":` + percept + `}`} {
			calls, err := StandIn(json.RawMessage(text), []llmadapter.Tool{{Name: tool}}, rand.New(rand.NewPCG(1, 1)))
			if err == nil {
				t.Errorf("%s, %s: %v", text, tool, calls)
			}
		}
	}
}

// Whatever it is shown, what it calls is possible, and no answer has to be repaired: the stand-in against itself.
func TestTheStandInAgainstItself(t *testing.T) {
	scores, given := map[float64]bool{}, map[float64]bool{}
	for seed := range uint64(5) {
		r := play(t, build(t, "5*model turns=30"), polis.Config{Seed: seed + 1})
		m := Measure(r)
		scores[m[Score+"model-1"]] = true
		if len(r.Marks) != 0 || m[Cooperation] < .5 || m[Cooperation] > .99 {
			t.Errorf("seed %d: marks %v, cooperation %v", seed+1, r.Marks, m[Cooperation])
		}
		r = play(t, build(t, "game=pgg 5*model punishment=true"), polis.Config{Seed: seed + 1})
		m = Measure(r)
		given[m[Contribution]] = true
		if len(r.Marks) != 0 || m[Contribution] < 4 || m[Contribution] > 19 {
			t.Errorf("seed %d: marks %v, contribution %v", seed+1, r.Marks, m[Contribution])
		}
	}
	if len(scores) < 3 || len(given) < 4 {
		t.Errorf("it is always the same: %v, %v", scores, given)
	}
}

// Where the model rejects, the next service is asked, and then the fallback decides.
func TestTheNextIsAskedWhenTheModelFails(t *testing.T) {
	fails := actors.ServiceFunc(func(context.Context, actors.Request) (any, error) { return nil, errors.New("not today") })
	for text, mark := range map[string]actors.Mark{"players=model:AllD,AllC turns=9": actors.Substitute, "players=model:AllD,AllC turns=8": actors.Fallback} {
		o := order(t, text)
		o.Then = []string{"second"}
		s, err := Build(o)
		if err != nil {
			t.Fatal(err)
		}
		s = answered(s)
		s.Services["second"] = s.Services[model]
		s.Services[model] = fails
		if mark == actors.Fallback {
			s.Services["second"] = fails
		}
		r := play(t, s, polis.Config{Seed: 1})
		if r.Marks[mark.String()] != r.Rounds || mark == actors.Fallback && Measure(r)[Score+"model"] != 40 {
			t.Errorf("%s: marks %v, %v", text, r.Marks, Measure(r))
		}
	}
}

func FuzzStandIn(f *testing.F) {
	f.Add([]byte(`{"agent":"model-1","percept":{"turn":2,"games":[{"against":"P1","turns":1,"mine":"C","theirs":"D","defected":1}]}}`), "play")
	f.Add([]byte(`{"agent":"model-1","percept":{"name":"P1","turn":2,"seen":1,"endowment":20,"deeds":[{"name":"P1","gave":-5,"points":900000000000},{"name":"P2","gave":20}]}}`), "contribute")
	for _, extreme := range []string{"9223372036854775807", "-9223372036854775808", "-9"} {
		f.Add([]byte(`{"agent":"model-1","percept":{"name":"P1","turn":2,"seen":1,"endowment":9223372036854775807,"deeds":[{"name":"P1","gave":`+extreme+`,"points":`+extreme+`},{"name":"P2","gave":`+extreme+`}]}}`), "contribute")
	}
	f.Add([]byte(`{"agent":"model-1","percept":{"name":"P1","turn":2,"seen":1,"endowment":20,"deeds":[{"name":"P1","gave":9223372036854775807},{"name":"P2","gave":-9223372036854775808}]}}`), "punish")
	f.Fuzz(func(t *testing.T, observation []byte, tool string) {
		for seed := range uint64(20) { // chance takes many ways
			calls, err := StandIn(observation, []llmadapter.Tool{{Name: tool}}, rand.New(rand.NewPCG(seed, 2)))
			for _, c := range calls {
				if err != nil || !json.Valid([]byte(c.Arguments)) {
					t.Errorf("%v, %v", calls, err)
				}
			}
		}
	})
}
