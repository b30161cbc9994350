package naming

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
)

const asked = 500

// ask asks the stand-in so many times, by chance, and counts its answers.
func ask(t *testing.T, percept any, tools string) map[string]int {
	t.Helper()
	o := prompted.Observation{Agent: "agent-001", Round: 3}
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
	answers := map[string]int{}
	for seed := range uint64(asked) {
		calls, err := StandIn(text, offered, chance(seed))
		if err != nil || len(calls) != 1 {
			t.Fatalf("%v, %v", calls, err)
		}
		answers[calls[0].Name+" "+calls[0].Arguments]++
	}
	return answers
}

// It does what a scripted agent would, from nothing but what it is shown, and now and then is absent-minded.
func TestTheStandIn(t *testing.T) {
	say := func(w string) string { return fmt.Sprintf(`say {"word":%q}`, w) }
	name := func(w string) string { return fmt.Sprintf(`name {"name":%q}`, w) }
	for what, c := range map[string]struct {
		percept any
		tools   string
		want    map[string][2]int // least and most
	}{
		"knows two":        {TalkView{Part: Speak, Words: []string{"ka", "lo"}}, "say answer", map[string][2]int{say("ka"): {200, 300}, say("lo"): {200, 300}}},
		"knows none":       {TalkView{Part: Speak, Names: []string{"Q", "M"}}, "say answer", map[string][2]int{say("Q"): {200, 300}, say("M"): {200, 300}}},
		"hears its own":    {TalkView{Part: Hear, Heard: "ka", Words: []string{"ka"}}, "say answer", map[string][2]int{`answer {"known":true}`: {470, 499}, `answer {"known":false}`: {1, 30}}},
		"hears another":    {TalkView{Part: Hear, Heard: "ka", Words: []string{"lo"}}, "say answer", map[string][2]int{`answer {"known":false}`: {500, 500}}},
		"hears nothing":    {TalkView{Part: Hear, Words: []string{"lo"}}, "say answer", map[string][2]int{"pass {}": {500, 500}}},
		"has no part":      {TalkView{}, "say answer", map[string][2]int{"pass {}": {500, 500}}},
		"remembers":        {MatchView{Part: Choose, Names: []string{"M", "Q"}, Games: Games{{"M", "Q"}, {"M", "Q"}, {"Q", "M"}}}, "name", map[string][2]int{name("Q"): {480, 499}, name("M"): {1, 20}}},
		"remembers naught": {MatchView{Part: Choose, Names: []string{"M", "Q"}}, "name", map[string][2]int{name("Q"): {200, 300}, name("M"): {200, 300}}},
		"no choice":        {MatchView{Names: []string{"M"}}, "name", map[string][2]int{"pass {}": {500, 500}}},
		"no names":         {MatchView{Part: Choose}, "name", map[string][2]int{"pass {}": {500, 500}}},
		"no tools":         {TalkView{Part: Speak}, "pass", map[string][2]int{"pass {}": {500, 500}}},
	} {
		got := ask(t, c.percept, c.tools)
		for answer, n := range c.want {
			if got[answer] < n[0] || got[answer] > n[1] {
				t.Errorf("%s: %v, want %s %d to %d times", what, got, answer, n[0], n[1])
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", what, got)
		}
	}
	if got := ask(t, TalkView{Part: Speak}, "say answer"); len(got) != asked {
		t.Errorf("who invents says %d different words of %d", len(got), asked)
	}
}

// What is no observation is an error, never a panic.
func FuzzStandIn(f *testing.F) {
	for _, text := range []string{`{"percept":{"part":"speak","words":["ka"]}}`, `{"percept":{"part":"choose","names":["Q"],"games":[{"mine":"Q","theirs":"M"}]}}`, `{"percept":[]}`, `[]`, `{`, `{"percept":{"part":"hear","heard":3}}`} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		for _, tool := range []string{"say", "name", "pass"} {
			_, _ = StandIn(json.RawMessage(text), []llmadapter.Tool{{Name: tool}}, chance(1))
		}
	})
}

// What a model is told holds for its rule and vocabulary alone, and names no payoff that is not so.
func TestRole(t *testing.T) {
	for text, want := range map[string][2]string{
		"2*model":                   {"invent one", "points"},
		"2*model vocabulary=closed": {"say any of the names", "invent"},
		"2*model rule=memory":       {"gets 100 points; if they are different each loses 50", "invent"},
	} {
		s, err := read(order(t, text).Settings)
		if err != nil {
			t.Fatal(err)
		}
		if got := role("agent-001", s); !strings.Contains(got, "You are agent-001.") || !strings.Contains(got, want[0]) || strings.Contains(got, want[1]) {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// A society of stand-ins comes to agree under both rules, as rules do; it is no evidence about language models.
func TestStandInsComeToAgree(t *testing.T) {
	for _, text := range []string{"12*model max_rounds=60", "12*model vocabulary=closed words=3 max_rounds=60"} {
		r := play(t, build(t, text), polis.Config{Seed: 2})
		if w := r.World.(*Talk); w.Ended == 0 || r.DecidedBy[llmadapter.StandIn] == 0 {
			t.Errorf("%s: %v, decided by %v", text, Measure(r), r.DecidedBy)
		}
	}
	r := play(t, build(t, "12*model rule=memory words=2 max_rounds=100"), polis.Config{Seed: 2})
	if w := r.World.(*Match); w.Rates[len(w.Rates)-1] < .8 {
		t.Errorf("memory: %v", w.Rates)
	}
}
