package llmadapter

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// talk is a conversation in which the model has called a tool and is told what came of it.
var talk = Request{
	Messages: []Message{
		{Role: System, Text: "You fish."},
		{Role: Assistant, Text: "Well.", Calls: []Call{{"say", `{"text":"hi"}`}, {"harvest", `{tons}`}}},
		{Role: Result, Text: "tons: not a number"},
	},
	Tools: []Tool{
		{Name: "harvest", Doc: "Ask for fish.", Schema: json.RawMessage(`{"type":"object","properties":{"tons":{"type":"integer"}}}`)},
		{Name: "pass", Schema: json.RawMessage(`{"type":"object"}`)},
	},
}

// "As gives the request as an endpoint of that form takes it: what is asked for stays the same."
func TestARequestInEachForm(t *testing.T) {
	if got := talk.As(FormTools); !reflect.DeepEqual(got, talk) {
		t.Errorf("tools: %+v", got)
	}
	plain := Request{Messages: talk.Messages}
	for _, f := range Forms {
		if got := plain.As(f); !reflect.DeepEqual(got, plain) {
			t.Errorf("without tools there is one form: %+v", got)
		}
	}
	before := reflect.ValueOf(talk.Messages[1].Calls).Len()
	for _, f := range []Form{FormSchema, FormText} {
		got := talk.As(f)
		if got.Tools != nil || got.Messages[1].Calls != nil || got.Messages[2].Role != User || !reflect.DeepEqual(got.Messages[0], talk.Messages[0]) {
			t.Errorf("%s: %+v", f, got)
		}
		const want = "Well.\n" + `{"calls":[{"name":"say","arguments":{"text":"hi"}},{"name":"harvest","arguments":"{tons}"}]}`
		if got.Messages[1].Text != want {
			t.Errorf("%s: the calls are written as %s", f, got.Messages[1].Text)
		}
	}
	if len(talk.Messages[1].Calls) != before || talk.Messages[2].Role != Result {
		t.Error("the request itself has changed")
	}
}

func TestToolsAsASchema(t *testing.T) {
	got := talk.As(FormSchema)
	if got.Schema == nil || len(got.Messages) != 3 {
		t.Fatalf("%+v", got)
	}
	const want = `{"additionalProperties":false,"properties":{"calls":{"items":{"anyOf":[` +
		`{"additionalProperties":false,"description":"Ask for fish.","properties":{"arguments":{"type":"object","properties":{"tons":{"type":"integer"}}},` +
		`"name":{"enum":["harvest"],"type":"string"}},"required":["name","arguments"],"type":"object"},` +
		`{"additionalProperties":false,"description":"","properties":{"arguments":{"type":"object"},` +
		`"name":{"enum":["pass"],"type":"string"}},"required":["name","arguments"],"type":"object"}]},"type":"array"}},"required":["calls"],"type":"object"}`
	if string(got.Schema.Schema) != want {
		t.Errorf("%s", got.Schema.Schema)
	}
	broken := Request{Tools: []Tool{{Name: "x", Schema: json.RawMessage(`{`)}}}
	if s := broken.As(FormSchema).Schema; s == nil || !json.Valid(s.Schema) {
		t.Errorf("%s", s.Schema)
	}
}

func TestToolsAsText(t *testing.T) {
	got := talk.As(FormText)
	last := got.Messages[len(got.Messages)-1]
	if got.Schema != nil || len(got.Messages) != 4 || last.Role != System {
		t.Fatalf("%+v", got)
	}
	_, after, ok := strings.Cut(last.Text, ToolsFence+"\n")
	listed, _, ends := strings.Cut(after, "\n```")
	var tools []Tool
	if err := json.Unmarshal([]byte(listed), &tools); !ok || !ends || err != nil || !reflect.DeepEqual(tools, talk.Tools) {
		t.Errorf("%v: %s", err, last.Text)
	}
	broken := Request{Tools: []Tool{{Name: "x", Schema: json.RawMessage(`{`)}}}
	if m := broken.As(FormText).Messages; !strings.Contains(m[0].Text, ToolsFence+"\n[]\n```") {
		t.Errorf("%+v", m)
	}
}

// "ReadCalls gives the calls of an answer, whichever form it has."
func TestCallsOfAnAnswer(t *testing.T) {
	harvest := []Call{{"harvest", `{"tons":4}`}}
	text := `{"calls":[{"name":"harvest","arguments":{"tons":4}}]}`
	for name, r := range map[string]Reply{
		"tools":          {Calls: harvest, Text: "So be it."},
		"text":           {Text: text},
		"spaces":         {Text: "\n  " + text + "\n"},
		"fenced":         {Text: "```json\n" + text + "\n```"},
		"fenced plainly": {Text: "```\n" + text + "\n```\n"},
	} {
		if got, err := ReadCalls(r); err != nil || !reflect.DeepEqual(got, harvest) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for _, text := range []string{"", "  ", "{}", `{"calls":[]}`, `{"calls":null}`} {
		if got, err := ReadCalls(Reply{Text: text}); !errors.Is(err, ErrNoCall) || got != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"I harvest 4.", "{", `{"calls":7}`, `[1]`, "```", "``` {}", "Sure: " + text, text + " Done."} {
		if got, err := ReadCalls(Reply{Text: text}); err == nil || errors.Is(err, ErrNoCall) || got != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestTheNewestObservationIsFound(t *testing.T) {
	block := func(v any) string {
		text, err := Block(v)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	old, newer := block(map[string]int{"round": 1}), block(map[string]string{"round": "2\n```\n"})
	messages := []Message{{User, "Month 1.\n" + old + "\nDecide.", nil}, {Assistant, block("mine"), nil}, {User, newer, nil},
		{Assistant, block("my own"), nil}, {Result, "no such tool", nil}}
	if got := string(FindBlock(messages)); got != `{"round":"2\n`+"```"+`\n"}` {
		t.Errorf("%s", got)
	}
	if got := string(FindBlock(messages[:2])); got != `{"round":1}` {
		t.Errorf("%s", got)
	}
	for _, text := range []string{"", "```observation", "```observation\n", "```observation\n{\n```", "```observation\n{}"} {
		if got := FindBlock([]Message{{User, text, nil}}); got != nil {
			t.Errorf("%q: %s", text, got)
		}
	}
	if _, err := Block(func() {}); err == nil || !strings.HasPrefix(err.Error(), "llmadapter: an observation: ") {
		t.Error(err)
	}
}

func TestNamesOfForms(t *testing.T) {
	for _, f := range Forms {
		if got, err := ParseForm(string(f)); got != f || err != nil {
			t.Error(got, err)
		}
	}
	if _, err := ParseForm("xml"); err == nil || err.Error() != `llmadapter: form "xml"; accepted are tools, json_schema, text` {
		t.Error(err)
	}
}

func TestAccountsAdd(t *testing.T) {
	a := Account{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0.5, 0.25, 14, 13}
	b := a
	b.Add(a)
	if b != (Account{2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 1, 0.5, 28, 26}) {
		t.Errorf("%+v", b)
	}
	if a.Balanced() || !(Account{Requests: 3, Answered: 2, Failed: 1, Attempts: 4, Settled: 2, Unsent: 1, PossiblyBilled: 1}).Balanced() {
		t.Error("balance")
	}
}

func TestErrorsAreReadable(t *testing.T) {
	cause := errors.New("reset")
	for want, err := range map[string]error{
		"rejected: queue-full, come back in 2s":                     Rejected{Reason: QueueFull, RetryAfter: 2e9},
		"rejected: unavailable, come back in 30s: HTTP 401 bad key": Rejected{Reason: Unavailable, RetryAfter: 30e9, Text: "HTTP 401 bad key"},
		"rejected: stopping":                                        Rejected{Reason: Stopping},
		"failed after 1 attempt: invalid: no such model":            Failed{Kind: Invalid, Attempts: 1, Text: "no such model"},
		"failed after 3 attempts: rate-limited: slow down":          Failed{Kind: RateLimited, Attempts: 3, Text: "slow down"},
		"llmadapter: rate-limited (HTTP 429): slow down":            &Error{Kind: RateLimited, Status: 429, Text: "slow down"},
		"llmadapter: broken: reset":                                 &Error{Kind: Broken, Text: "reset", Err: cause},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
		if e, ok := err.(*Error); ok && e.Err != nil && !errors.Is(err, cause) { //nolint:errorlint // its own type
			t.Error("the cause is lost")
		}
	}
}

// What a model writes is read or refused, and what was read can be written and read again.
func FuzzReadCalls(f *testing.F) {
	for _, text := range []string{`{"calls":[{"name":"harvest","arguments":{"tons":4}}]}`, "```json\n{}\n```", `{"calls":[null]}`, "no", `{"calls":[{"arguments":"\ud800"}]}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		calls, err := ReadCalls(Reply{Text: text})
		if (err == nil) != (len(calls) > 0) {
			t.Fatalf("%v, %v", calls, err)
		}
		if err != nil {
			return
		}
		again, err := ReadCalls(Reply{Text: WriteCalls(calls)})
		if err != nil || len(again) != len(calls) {
			t.Fatalf("%v, then %v, %v", calls, again, err)
		}
		for i := range calls {
			if again[i].Name != calls[i].Name {
				t.Fatalf("%q, then %q", calls[i], again[i])
			}
		}
	})
}

// An observation is found whatever stands around it.
func FuzzFindBlock(f *testing.F) {
	f.Add("Month 1.\n", "fish", "\nDecide.")
	f.Add("```observation\n", "\n```", "```observation\n{}\n```")
	f.Fuzz(func(t *testing.T, before, value, after string) {
		block, err := Block(value)
		if err != nil {
			t.Fatal(err)
		}
		got := FindBlock([]Message{{Role: User, Text: strings.ReplaceAll(before, "`", "'") + block + "\n" + after}})
		want, _ := json.Marshal(value)
		if string(got) != string(want) {
			t.Fatalf("%s, want %s", got, want)
		}
		_ = FindBlock([]Message{{Role: User, Text: before + after}})
	})
}
