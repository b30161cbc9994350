package structured_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/structured"
)

const right = `{"cap":10,"names":["ann"],"share":null,"steps":null,"why":null}`

// shownOf is a plan as these tests write it.
func shownOf(p plan) string {
	text, _ := json.Marshal(p)
	return string(text)
}

// "Strict parse first", in every form that an answer may have; null is left out again.
func TestARightAnswerIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		answer llmadapter.Reply
		want   string
	}{
		"a call":         {call("plan", right), `{"cap":10,"names":["ann"]}`},
		"left out":       {call("plan", `{"cap":10,"names":[]}`), `{"cap":10,"names":[]}`},
		"a null slice":   {call("plan", `{"cap":10,"names":null}`), `{"cap":10,"names":null}`},
		"all of it":      {call("plan", `{"cap":1e1,"names":["a","b"],"share":0.5,"steps":[{"month":1,"tons":null,"large":null},{"month":2,"tons":3,"large":9007199254740993}],"why":"<b>null</b>"}`), ""},
		"a call as text": {text(`{"calls":[{"name":"plan","arguments":` + right + `}]}`), `{"cap":10,"names":["ann"]}`},
		"in a fence":     {text("```json\n{\"calls\":[{\"name\":\"plan\",\"arguments\":" + right + "}]}\n```"), `{"cap":10,"names":["ann"]}`},
		"the value":      {text(" " + right + "\n"), `{"cap":10,"names":["ann"]}`},
		"words beside":   {llmadapter.Reply{Text: "So be it.", Calls: call("plan", right).Calls, Finish: llmadapter.FinishCalls}, `{"cap":10,"names":["ann"]}`},
		"withheld later": {llmadapter.Reply{Text: right, Finish: llmadapter.FinishFilter}, `{"cap":10,"names":["ann"]}`},
	} {
		p, mended, err := form[plan](t).Read(c.answer)
		if name == "all of it" { // 1e1 is a number, and Go takes it for no int
			if err == nil || !strings.Contains(err.Error(), "cap is a number 1e1; accepted is a value of int") {
				t.Errorf("%s: %v", name, err)
			}
			c.answer.Calls[0].Arguments = strings.Replace(c.answer.Calls[0].Arguments, "1e1", "10", 1)
			p, _, err = form[plan](t).Read(c.answer)
			if err != nil || len(p.Steps) != 2 || p.Steps[0].Tons != nil || *p.Steps[1].Tons != 3 || p.Steps[1].Large != 9007199254740993 || p.Why != "<b>null</b>" || *p.Share != 0.5 {
				t.Errorf("%s: %s, %v", name, shownOf(p), err)
			}
			continue
		}
		if got := shownOf(p); err != nil || mended || got != c.want {
			t.Errorf("%s: %s, mended %v, %v; want %s", name, got, mended, err, c.want)
		}
	}
}

// bad are answers that cannot be used, with a part of the complaint.
var bad = map[string]struct {
	answer    llmadapter.Reply
	complaint string
}{
	"nothing":             {text(" "), "the answer calls no tool"},
	"prose":               {text("No."), "the answer calls no tool"},
	"no call":             {text(`{"calls":[]}`), "plan: validating root: "},
	"another tool":        {call("harvest", right), `there is no tool "harvest"; call plan`},
	"two calls":           {call("plan", right, "plan", right), "2 calls, accepted is one of plan"},
	"too many calls":      {call(strings.Fields(strings.Repeat("plan {} ", 33))...), "33 calls"},
	"cut at its length":   {llmadapter.Reply{Text: right, Finish: llmadapter.FinishLength}, "cut off at its greatest length"},
	"a call cut off":      {llmadapter.Reply{Calls: call("plan", right).Calls, Finish: llmadapter.FinishLength}, "cut off at its greatest length"},
	"withheld":            {llmadapter.Reply{Calls: call("plan", `{cap:10,names:[]}`).Calls, Finish: llmadapter.FinishFilter}, "not JSON"},
	"withheld text":       {llmadapter.Reply{Text: `So: {"cap":10,"names":[]}`, Finish: llmadapter.FinishFilter}, "calls no tool"},
	"withheld calls":      {llmadapter.Reply{Text: `So: {"calls":[{"name":"plan","arguments":{"cap":10,"names":[]}}]}`, Finish: llmadapter.FinishFilter}, "calls no tool"},
	"a key too many":      {call("plan", `{"cap":10,"names":[],"color":"red"}`), "color"},
	"in another case":     {call("plan", `{"Cap":10,"cap":10,"names":[]}`), "Cap"},
	"a key in a step":     {call("plan", `{"cap":10,"names":[],"steps":[{"month":1,"color":1}]}`), "color"},
	"a key missing":       {call("plan", `{"names":[]}`), "cap"},
	"null for needed":     {call("plan", `{"cap":null,"names":[]}`), "cap"},
	"twice":               {call("plan", `{"cap":10,"cap":11,"names":[]}`), `plan: "cap" stands twice in one object`},
	"twice in a step":     {call("plan", `{"cap":10,"names":[],"steps":[{"month":1},{"month":1,"tons":1,"tons":2}]}`), `"tons" stands twice`},
	"twice as text":       {text(`{"calls":[{"name":"plan","arguments":{"cap":1,"names":[]}}],"calls":[{"name":"plan","arguments":{"cap":2,"names":[]}}]}`), `"calls" stands twice`},
	"twice, the value":    {text(`{"cap":10,"cap":11,"names":[]}`), `"cap" stands twice`},
	"twice, mended":       {text(`{cap:10,cap:11,names:[]}`), "calls no tool"},
	"calls twice, mended": {text(`So {calls:[{name:"plan",arguments:{"cap":1,"names":[]}}],calls:[{name:"plan",arguments:{"cap":2,"names":[]}}]}`), "calls no tool"},
	"words twice":         {call("plan", `{"why":"cap","why":"b","cap":1,"names":[]}`), `"why" stands twice`},
	"something follows":   {call("plan", right+right), "not JSON"},
	"a list":              {call("plan", `[10]`), "plan: "},
	"a number":            {call("plan", `10`), "plan: "},
	"null":                {call("plan", `null`), "plan: "},
	"a fraction":          {call("plan", `{"cap":1.5,"names":[]}`), "integer"},
	"a huge number":       {call("plan", `{"cap":9e99,"names":[]}`), "cap is a number 9e99"},
	"no number":           {call("plan", `{"cap":9e999,"names":[]}`), "not JSON"},
	"a wrong type":        {call("plan", `{"cap":"ten","names":[]}`), "integer"},
	"cut in the middle":   {call("plan", `{"cap":10,"names":["a`), "not JSON"},
	"out of bounds":       {call("plan", `{"cap":101,"names":[]}`), "plan: cap is more than 100"},
	"very long":           {call("plan", `{"cap":`+strings.Repeat(" ", 70_000)+`1,"names":[]}`), "accepted are 65536"},
	"a very long text":    {text(right + strings.Repeat(" ", 70_000)), "accepted are 65536"},
}

// "Strict parse first (unknown fields, duplicates, trailing data refused) … validation against the schema, then bounds."
func TestABadAnswerIsComplainedOf(t *testing.T) {
	for name, c := range bad {
		p, mended, err := form[plan](t).Read(c.answer)
		if err == nil || !strings.Contains(err.Error(), c.complaint) || mended || shownOf(p) != shownOf(plan{}) {
			t.Errorf("%s: %s, mended %v, %v; want %q", name, shownOf(p), mended, err, c.complaint)
		}
	}
}

// "jsonrepair only when the answer is complete, and counted."
func TestAFormThatIsNearlyRightIsMended(t *testing.T) {
	const inner = `{"cap":10,"names":["ann"]}`
	for name, answer := range map[string]llmadapter.Reply{
		"a call":            call("plan", `{cap: 10, names: ['ann'],}`),
		"a call in a fence": call("plan", "```json\n"+inner+"\n```"),
		"in a string":       call("plan", `"{\"cap\":10,\"names\":[\"ann\"]}"`),
		"a text":            text(`Sure: {calls:[{name:"plan",arguments:` + inner + `}]}.`),
		"the value":         text("I would say\n" + inner + "\nif I may."),
		"the value, nearly": text(`{cap: 10, names: ["ann"]}`),
	} {
		p, mended, err := form[plan](t).Read(answer)
		if err != nil || !mended || shownOf(p) != inner {
			t.Errorf("%s: %s, mended %v, %v", name, shownOf(p), mended, err)
		}
		for _, finish := range []llmadapter.Finish{llmadapter.FinishLength, llmadapter.FinishFilter} {
			answer.Finish = finish
			if _, _, err := form[plan](t).Read(answer); err == nil {
				t.Errorf("%s: mended although it ended for reason %s", name, finish)
			}
		}
	}
	if _, mended, err := form[plan](t).Read(text("{" + strings.Repeat(" ", 17_000) + "cap:10,names:[]}")); err == nil || mended {
		t.Error("a very long text is mended")
	}
}

// A type may have its bounds on the pointer, or none.
type pointed struct{ N int }

func (p *pointed) Check() error {
	if p.N < 0 {
		return fmt.Errorf("N is %d", p.N)
	}
	return nil
}

func TestBoundsOfAPointer(t *testing.T) {
	if _, _, err := form[pointed](t).Read(call("plan", `{"N":-1}`)); err == nil || err.Error() != "plan: N is -1" {
		t.Error(err)
	}
	if v, _, err := form[pointed](t).Read(call("plan", `{"N":1}`)); err != nil || v.N != 1 {
		t.Error(v, err)
	}
	if v, _, err := form[struct{}](t).Read(call("plan", "")); err != nil {
		t.Error(v, err)
	}
	if v, _, err := form[struct{}](t).Read(text(" ")); err == nil {
		t.Error("nothing is read as", v)
	}
	free, _, err := form[struct{ By map[string]*step }](t).Read(call("plan", `{"By":{"a":{"month":1,"tons":null},"b":null}}`))
	if err != nil || len(free.By) != 2 || free.By["a"].Month != 1 {
		t.Errorf("%+v, %v", free, err)
	}
}

// A shape tells a decoder that takes anything what it is for.
func TestAShapeReadsObjectsOnly(t *testing.T) {
	shape, err := structured.ShapeOf(form[plan](t).Tool())
	if err != nil {
		t.Fatal(err)
	}
	echo := func(object []byte) (any, error) { return string(object), nil }
	for arguments, want := range map[string]string{"": "{}", " \n": "{}", `{"cap": 1}`: `{"cap": 1}`, `{a:null}`: `{"a":null}`} {
		if v, _, err := shape.Read(arguments, text(""), echo); err != nil || v != want {
			t.Errorf("%q: %q, %v", arguments, v, err)
		}
	}
	if v, _, err := shape.Read("[]", text(""), echo); err == nil || v != nil || !strings.Contains(err.Error(), "the arguments of plan are no object") {
		t.Error(v, err)
	}
}

// FuzzRead: whatever is answered, what is read keeps the bounds and can be written again, and a complaint is one short
// line.
func FuzzRead(f *testing.F) {
	for _, c := range bad {
		for _, call := range c.answer.Calls {
			f.Add(call.Name, call.Arguments, string(c.answer.Finish), true)
		}
		f.Add("", c.answer.Text, string(c.answer.Finish), false)
	}
	f.Add("plan", right, "tool_calls", true)
	f.Add("", `{"calls":[{"name":"plan","arguments":`+right+`}]}`, "stop", false)
	f.Add("", "```\n{cap:1,names:[],steps:[{month:1,tons:null}]}", "stop", false)
	f.Fuzz(func(t *testing.T, name, body, finish string, called bool) {
		r := llmadapter.Reply{Text: body, Finish: llmadapter.Finish(finish)}
		if called {
			r = llmadapter.Reply{Calls: []llmadapter.Call{{Name: name, Arguments: body}}, Finish: llmadapter.Finish(finish)}
		}
		p, mended, err := form[plan](t).Read(r)
		if err != nil {
			again := structured.Again(llmadapter.Request{}, r, err)
			if mended || len(again.Messages) != 2 || strings.ContainsAny(structured.Complaint(err), "\n\x00\x1b") || len(structured.Complaint(err)) > 2000 {
				t.Errorf("mended %v, %+v", mended, again)
			}
			return
		}
		if p.Cap > 100 || finish == "length" || finish == "content_filter" && mended {
			t.Errorf("it reads %s, finish %s", shownOf(p), finish)
		}
		q, mended, err := form[plan](t).Read(call("plan", shownOf(p)))
		if err != nil || mended || shownOf(q) != shownOf(p) {
			t.Errorf("%s is read as %s, mended %v, %v", shownOf(p), shownOf(q), mended, err)
		}
	})
}
