package commons

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
)

// situated is what Kate, who is careful, may be shown: it is March, and last month she and the others promised each other 10.
func situated(t *testing.T, catches map[string]int, heard ...prompted.Remark) json.RawMessage {
	t.Helper()
	v := View{Name: "Kate", Month: 3, Stock: 90, Capacity: 100, Collapse: 5, Safe: 45, Share: 9, Present: []string{"Jack", "John", "Kate"}}
	for _, name := range v.Present {
		v.Catches = append(v.Catches, Catch{name, catches[name]})
	}
	v.Caught = catches["Kate"]
	o := prompted.Observation{Agent: "Kate", Round: 3, Heard: heard, Memory: []prompted.Remark{
		remark("Kate", protocol.Propose, Cap{2, 10}, "Jack", "John"),
		remark("Jack", protocol.Agree, Cap{2, 10}, "Kate"), remark("John", protocol.Agree, Cap{2, 10}, "Kate"),
	}}
	var err error
	if o.Percept, err = json.Marshal(v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func remark(from string, act protocol.Act, about Cap, to ...string) prompted.Remark {
	content, _ := json.Marshal(about)
	return prompted.Remark{From: from, To: to, Act: string(act), Type: capName, Content: content}
}

// often asks the stand-in so many times, by chance, and counts its calls: "refuse {…}".
func often(t *testing.T, observation json.RawMessage, tools string) (calls map[string]int) {
	t.Helper()
	var offered []llmadapter.Tool
	for name := range strings.FieldsSeq(tools) {
		offered = append(offered, llmadapter.Tool{Name: name})
	}
	calls = map[string]int{}
	for seed := range uint64(asked) {
		made, err := StandIn(observation, offered, rand.New(rand.NewPCG(seed, 7)))
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, c := range made {
			all = append(all, c.Name+" "+c.Arguments)
		}
		for i, c := range all {
			if !slices.Contains(all[:i], c) {
				calls[c]++
			}
		}
	}
	return calls
}

const asked = 500

// like counts the calls that begin with one text and hold another.
func like(calls map[string]int, prefix, part string) (n int) {
	for c, times := range calls {
		if strings.HasPrefix(c, prefix) && strings.Contains(c, part) {
			n += times
		}
	}
	return n
}

func TestTheStandInAnswersWhatItIsShown(t *testing.T) {
	const begin, reply, harvest = "propose say pass", "agree refuse say pass", "harvest pass"
	kept := map[string]int{"Jack": 10, "John": 10, "Kate": 10}
	broken := map[string]int{"Jack": 19, "John": 10, "Kate": 10}
	guilty := map[string]int{"Jack": 19, "John": 10, "Kate": 15}
	for _, c := range []struct {
		what, tools  string
		catches      map[string]int
		heard        []prompted.Remark
		prefix, part string
		least, most  int // of 500
	}{
		{"who broke its word is told so", begin, broken, nil, "say", "Jack", 250, 400},
		{"nobody else is", begin, broken, nil, "say", "John", 0, 0},
		{"kept words are praised", begin, kept, nil, "say", "Jack", 0, 0},
		{"who broke its own word says sorry", begin, guilty, nil, "say", "", asked, asked},
		{"caps are near the fair share", begin, kept, nil, "propose", `"tons":8`, 80, 170},
		{"or at it", begin, kept, nil, "propose", `"tons":9`, 80, 170},
		{"and no others", begin, kept, nil, "propose", "", 200, 300},
		{"a fair cap is agreed to", reply, kept, []prompted.Remark{remark("John", protocol.Propose, Cap{3, 9}, "Kate")}, "agree", `"John"`, asked, asked},
		{"a great one is not", reply, kept, []prompted.Remark{remark("John", protocol.Propose, Cap{3, 30}, "Kate")}, "refuse", TooMuch, asked, asked},
		{"and hears why", reply, kept, []prompted.Remark{remark("John", protocol.Propose, Cap{3, 30}, "Kate")}, "say", "30", 100, asked},
		{"nor is a small one", reply, kept, []prompted.Remark{remark("John", protocol.Propose, Cap{3, 2}, "Kate")}, "refuse", TooLittle, asked, asked},
		{"who broke its word may not be believed", reply, broken, []prompted.Remark{remark("Jack", protocol.Propose, Cap{3, 9}, "Kate")}, "refuse", BrokenWord, 200, 300},
		{"a refused cap has an answer where there is time", "propose " + reply, kept,
			[]prompted.Remark{remark("John", protocol.Propose, Cap{3, 30}, "Kate")}, "propose", `"tons":9`, asked, asked},
		{"it keeps its word, mostly", harvest, kept, []prompted.Remark{remark("Kate", protocol.Agree, Cap{3, 7}, "John")}, "harvest", `"tons":7}`, 460, asked - 1},
		{"without a word it takes its share", harvest, kept, nil, "harvest", `"tons":9}`, 460, asked - 1},
		{"a broken word is answered now and then", harvest, broken, []prompted.Remark{remark("Kate", protocol.Agree, Cap{3, 7}, "John")}, "harvest", `"tons":19}`, 20, 90},
		{"who broke its word does not do so again at once", harvest, guilty, []prompted.Remark{remark("Kate", protocol.Agree, Cap{3, 7}, "John")}, "harvest", `"tons":7}`, asked, asked},
		{"others agreed to what it proposed", harvest, kept,
			[]prompted.Remark{remark("Kate", protocol.Propose, Cap{3, 6}, "John"), remark("John", protocol.Agree, Cap{3, 6}, "Kate")}, "harvest", `"tons":6}`, 460, asked - 1},
	} {
		calls := often(t, situated(t, c.catches, c.heard...), c.tools)
		if n := like(calls, c.prefix, c.part); n < c.least || n > c.most {
			t.Errorf("%s: %d of %d, want %d to %d: %v", c.what, n, asked, c.least, c.most, calls)
		}
	}
}

// It praises what was kept, and only that.
func TestTheStandInPraisesWhatWasKept(t *testing.T) {
	for praised, catches := range map[bool]map[string]int{true: {"Jack": 10, "John": 9, "Kate": 10}, false: {"Jack": 11, "John": 10, "Kate": 10}} {
		calls, n := often(t, situated(t, catches), "propose say"), 0
		for _, text := range thanks {
			n += like(calls, "say", text)
		}
		if praised != (n > 100) || !praised && n > 0 {
			t.Errorf("with catches %v it says thanks %d times", catches, n)
		}
	}
}

// What is no observation of this lake is an error that says so, and no decision.
func TestTheStandInNeedsAnObservation(t *testing.T) {
	for _, text := range []string{"", "null", "[]", `{"agent":"ada"}`, `{"agent":"ada","percept":{"month":0}}`, `{"percept":{"month":1}}`, `{"agent":"ada","percept":[]}`} {
		if calls, err := StandIn(json.RawMessage(text), nil, rand.New(rand.NewPCG(1, 1))); err == nil || !strings.HasPrefix(err.Error(), "commons: the ") {
			t.Errorf("%q: %v, %v", text, calls, err)
		}
	}
}

// Numbers that no lake has are no reason to panic, whatever chance says.
func TestTheStandInTakesAnyNumbers(t *testing.T) {
	for _, numbers := range []string{`"stock":-9,"share":-5`, `"stock":9223372036854775807,"share":9223372036854775807`, `"stock":-9223372036854775808,"share":-9223372036854775808`} {
		for _, name := range []string{"Kate", "Emma", "John"} {
			o := json.RawMessage(`{"agent":"` + name + `","percept":{"month":2,` + numbers + `,"present":["Ada","` + name + `"]}}`)
			calls := often(t, o, "harvest")
			often(t, o, "propose agree refuse say")
			often(t, o, "propose say")
			if n := like(calls, "harvest", ""); n != asked || like(calls, "harvest", "-") > 0 {
				t.Errorf("%s: it harvests %v", numbers, calls)
			}
		}
	}
}

// It does not repeat itself while there is something else to say.
func TestTheStandInDoesNotRepeatItself(t *testing.T) {
	for _, left := range sorry {
		var heard []prompted.Remark
		for _, text := range sorry {
			if text != left {
				heard = append(heard, prompted.Remark{From: "Kate", To: []string{"John"}, Act: string(protocol.Inform), Text: text},
					prompted.Remark{From: "John", To: []string{"Kate"}, Act: string(protocol.Inform), Text: left})
			}
		}
		calls := often(t, situated(t, map[string]int{"Kate": 15}, heard...), "say")
		if n := like(calls, "say", ""); n != 0 {
			t.Errorf("where nothing can be proposed it begins no talk: %v", calls)
		}
		calls = often(t, situated(t, map[string]int{"Kate": 15}, heard...), "propose say")
		if text, _ := json.Marshal(left); like(calls, "say", string(text)) != asked {
			t.Errorf("it says %v, want %s", calls, text)
		}
	}
}

// Whom a saying is about, and when, is filled in.
func TestSeasons(t *testing.T) {
	var got []string
	for month := 1; month <= 13; month++ {
		got = append(got, seasonAfter(month))
	}
	want := "[spring spring summer summer summer autumn autumn autumn winter winter winter spring spring]"
	if fmt.Sprint(got) != want {
		t.Errorf("from January on it is %v in three months, want %s", got, want)
	}
}
