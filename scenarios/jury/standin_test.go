package jury

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
)

// asks asks the stand-in many times, by chance, and counts its answers.
func asks(t *testing.T, o prompted.Observation, v View, tools string) map[string]int {
	t.Helper()
	var err error
	if o.Percept, err = json.Marshal(v); err != nil {
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
	for seed := range uint64(500) {
		calls, err := StandIn(text, offered, rand.New(rand.NewPCG(seed, 7)))
		if err != nil || len(calls) != 1 {
			t.Fatalf("%v, %v", calls, err)
		}
		answers[calls[0].Name+" "+calls[0].Arguments]++
	}
	return answers
}

// It does what one that pools evidence would, from nothing but what it is shown, and now and then is absent-minded.
func TestTheStandIn(t *testing.T) {
	heard := func(from string, number int, clues ...Clue) prompted.Remark {
		content, _ := json.Marshal(Evidence{number, clues})
		return prompted.Remark{From: from, Type: evidenceName, Content: content}
	}
	v := View{Name: "ada", Case: 2, Clues: []Clue{{1, SideB}}, Others: []string{"ben"}}
	two := []Clue{{2, SideA}, {3, SideA}}
	a, b := `vote {"for":"A"}`, `vote {"for":"B"}`
	for what, c := range map[string]struct {
		o     prompted.Observation
		v     View
		tools string
		want  map[string][2]int
	}{
		"knows its own":     {prompted.Observation{}, v, "vote", map[string][2]int{b: {470, 499}, a: {1, 30}}},
		"was told more":     {prompted.Observation{Heard: []prompted.Remark{heard("ben", 2, two...)}}, v, "vote", map[string][2]int{a: {470, 499}, b: {1, 30}}},
		"remembers more":    {prompted.Observation{Memory: []prompted.Remark{heard("ben", 2, two...)}}, v, "vote", map[string][2]int{a: {470, 499}, b: {1, 30}}},
		"of another case":   {prompted.Observation{Heard: []prompted.Remark{heard("ben", 1, two...)}}, v, "vote", map[string][2]int{b: {470, 499}, a: {1, 30}}},
		"is told its own":   {prompted.Observation{Heard: []prompted.Remark{heard("ben", 2, Clue{1, SideA}, Clue{1, SideA})}}, v, "vote", map[string][2]int{b: {470, 499}, a: {1, 30}}},
		"a tie":             {prompted.Observation{Heard: []prompted.Remark{heard("ben", 2, Clue{2, SideA})}}, v, "vote", map[string][2]int{a: {200, 300}, b: {200, 300}}},
		"may talk":          {prompted.Observation{Agent: "ada", Phase: "talk-1"}, v, "tell propose", map[string][2]int{"tell {}": {500, 500}}},
		"has told":          {prompted.Observation{Agent: "ada", Memory: []prompted.Remark{heard("ada", 2, v.Clues...)}}, v, "tell propose", map[string][2]int{"pass {}": {500, 500}}},
		"told another case": {prompted.Observation{Agent: "ada", Memory: []prompted.Remark{heard("ada", 1, v.Clues...)}}, v, "tell propose", map[string][2]int{"tell {}": {500, 500}}},
		"has not the floor": {prompted.Observation{Phase: "talk-2"}, View{Case: 2, Clues: v.Clues, Others: v.Others, Floor: "talk-1"}, "tell", map[string][2]int{"pass {}": {500, 500}}},
		"has nobody":        {prompted.Observation{}, View{Case: 2, Clues: v.Clues}, "tell", map[string][2]int{"pass {}": {500, 500}}},
		"came too late":     {prompted.Observation{}, View{}, "vote", map[string][2]int{"pass {}": {500, 500}}},
	} {
		got := asks(t, c.o, c.v, c.tools)
		for answer, n := range c.want {
			if got[answer] < n[0] || got[answer] > n[1] {
				t.Errorf("%s: %v", what, got)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", what, got)
		}
	}
	for _, text := range []string{``, `[]`, `{"percept":7}`} {
		if _, err := StandIn(json.RawMessage(text), nil, nil); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// What a model says is checked: clues that it does not have, and talk out of turn, are complaints.
func TestWhatIsSaidIsChecked(t *testing.T) {
	v := View{Name: "ada", Case: 2, Clues: []Clue{{1, SideB}, {4, SideA}}, Others: []string{"ben"}}
	o := &prompted.Observation{Phase: "talk-1"}
	for _, c := range []struct {
		facts []int
		want  string
	}{{nil, "[{1 B} {4 A}]"}, {[]int{4}, "[{4 A}]"}, {[]int{4, 4}, "[{4 A}]"}, {[]int{2}, "you have no clue with the number 2"}} {
		all, err := tell(v, o, telling{c.facts})
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(all[0].Content.(Evidence).Clues)
		}
		if got != c.want {
			t.Errorf("%v: %s", c.facts, got)
		}
	}
	v.Floor = "talk-2"
	if _, err := tell(v, o, telling{}); err == nil || !strings.Contains(err.Error(), "yours is talk-2") {
		t.Error(err)
	}
	if _, err := propose(v, o, proposing{SideA}); err == nil {
		t.Error("a proposal out of turn")
	}
	v.Others = nil
	if _, err := propose(v, o, proposing{SideA}); err == nil {
		t.Error("a proposal to nobody")
	}
}
