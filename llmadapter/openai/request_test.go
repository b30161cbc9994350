package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// sent gives the JSON that a request becomes, compacted.
func sent(t *testing.T, cfg Config, r llmadapter.Request) string {
	t.Helper()
	if cfg.BaseURL == "" {
		cfg.BaseURL = "http://127.0.0.1:1/v1"
	}
	b, err := client(t, cfg).encode(r)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Release(b)
	var out bytes.Buffer
	if err := json.Compact(&out, b.Bytes()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestRequests(t *testing.T) {
	cold := 0.0
	user := []llmadapter.Message{{Role: "user", Text: "<hé>\n"}}
	const start, end = `{"model":"sim-test","messages":[{"role":"user","content":"<hé>\n"}]`, `,"stream":true,"stream_options":{"include_usage":true}}`
	open := json.RawMessage(`{"type":"object","properties":{"a":{"type":"integer"}}}`)
	closed := json.RawMessage(`{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}`)
	for name, test := range map[string]struct {
		cfg  Config
		r    llmadapter.Request
		want string
	}{
		"least":       {Config{}, llmadapter.Request{Messages: user}, ""},
		"ours":        {Config{}, llmadapter.Request{Messages: user, Priority: 3, Repeatable: true}, ""},
		"seed":        {Config{}, llmadapter.Request{Messages: user, Seed: 1<<53 - 1}, `,"seed":9007199254740991`},
		"limit":       {Config{}, llmadapter.Request{Messages: user, MaxTokens: 9}, `,"max_tokens":9`},
		"new limit":   {Config{BaseURL: OpenAI, Key: key}, llmadapter.Request{Messages: user, MaxTokens: 9}, `,"max_completion_tokens":9`},
		"temperature": {Config{Temperature: &cold}, llmadapter.Request{Messages: user}, `,"temperature":0`},
		"tools": {Config{}, llmadapter.Request{Messages: user, Tools: []llmadapter.Tool{{Name: "t", Doc: "d", Schema: open}, {Name: "u"}}},
			`,"tools":[{"type":"function","function":{"name":"t","description":"d","parameters":` + string(open) +
				`}},{"type":"function","function":{"name":"u","parameters":{"type":"object","properties":{}}}}],"tool_choice":"required"`},
		"schema": {Config{}, llmadapter.Request{Messages: user, Schema: &llmadapter.Schema{Name: "s", Schema: open}},
			`,"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":` + string(open) + `,"strict":false}}`},
		"strict schema": {Config{}, llmadapter.Request{Messages: user, Schema: &llmadapter.Schema{Name: "s", Schema: closed}},
			`,"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":` + string(closed) + `,"strict":true}}`},
	} {
		if got := sent(t, test.cfg, test.r); got != start+test.want+end {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, start+test.want+end)
		}
	}
}

func TestConversations(t *testing.T) {
	call := func(name, arguments string) llmadapter.Call {
		return llmadapter.Call{Name: name, Arguments: arguments}
	}
	got := sent(t, Config{}, llmadapter.Request{Messages: []llmadapter.Message{
		{Role: "system", Text: "be"},
		{Role: "assistant", Text: "I take both", Calls: []llmadapter.Call{call("a", ` {"x":1}`), call("b", `{"x":`)}},
		{Role: "result", Text: "only one"},
		{Role: "result", Text: "please"},
		{Role: "assistant", Calls: []llmadapter.Call{call("a", `[1]`)}},
		{Role: "user", Text: "wait"},
		{Role: "result", Text: "of nothing"},
		{Role: "assistant", Text: "well"},
		{Role: "assistant", Calls: []llmadapter.Call{call("c", "")}},
		{Role: "result", Text: "done"},
	}})
	const want = `"messages":[{"role":"system","content":"be"},` +
		`{"role":"assistant","content":"I take both","tool_calls":[` +
		`{"id":"call_0","type":"function","function":{"name":"a","arguments":" {\"x\":1}"}},` +
		`{"id":"call_1","type":"function","function":{"name":"b","arguments":"{\"unreadable\":\"{\\\"x\\\":\"}"}}]},` +
		`{"role":"tool","content":"only one","tool_call_id":"call_0"},{"role":"tool","content":"only one","tool_call_id":"call_1"},` +
		`{"role":"user","content":"please"},` +
		`{"role":"assistant","content":null,"tool_calls":[{"id":"call_2","type":"function","function":{"name":"a","arguments":"{\"unreadable\":\"[1]\"}"}}]},` +
		`{"role":"user","content":"wait"},{"role":"user","content":"of nothing"},{"role":"assistant","content":"well"},` +
		`{"role":"assistant","content":null,"tool_calls":[{"id":"call_3","type":"function","function":{"name":"c","arguments":"{\"unreadable\":\"\"}"}}]},` +
		`{"role":"tool","content":"done","tool_call_id":"call_3"}],"stream"`
	if !strings.Contains(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestARequestWithoutSenseIsNotSent(t *testing.T) {
	s := llmadaptertest.NewServer(t, nil)
	c := client(t, Config{BaseURL: s.URL(), Key: key})
	user := []llmadapter.Message{{Role: "user", Text: "x"}}
	for want, r := range map[string]llmadapter.Request{
		"without messages":                   {},
		"limit of -1 tokens":                 {Messages: user, MaxTokens: -1},
		`role "gh ost"; accepted is system,`: {Messages: []llmadapter.Message{{Role: "gh\nost"}}},
		`schema of tool "t" is no JSON`:      {Messages: user, Tools: []llmadapter.Tool{{Name: "t", Schema: json.RawMessage("{")}}},
		`schema "s" is no JSON`:              {Messages: user, Schema: &llmadapter.Schema{Name: "s", Schema: json.RawMessage("{")}},
	} {
		_, err := c.Complete(t.Context(), r)
		var e *llmadapter.Error
		if !errors.As(err, &e) || e.Kind != llmadapter.Invalid || e.Fate != llmadapter.Unsent || !strings.Contains(e.Text, want) {
			t.Errorf("got %+v, want %s", err, want)
		}
	}
	if s.Connections() != 0 {
		t.Error("something was sent")
	}
}

func TestRequestsOnTheWire(t *testing.T) {
	s := llmadaptertest.NewServer(t, nil)
	if _, err := client(t, Config{BaseURL: s.URL() + "/"}).Complete(t.Context(), llmadaptertest.Talk(0)); err != nil {
		t.Fatal(err)
	}
	got := <-s.Arrived()
	if got.Method != "POST" || got.Path != "/v1/chat/completions" || got.Header.Get("Content-Type") != "application/json" ||
		got.Header.Get("Content-Length") == "" || got.Header.Values("Authorization") != nil || got.Header.Values("Accept-Encoding") != nil {
		t.Errorf("got %+v", got)
	}
	if strings.Contains(string(got.Body), "seed") || !json.Valid(got.Body) {
		t.Errorf("got %s", got.Body)
	}
}

func TestStrict(t *testing.T) {
	for schema, want := range map[string]bool{
		`{"type":"object","properties":{},"additionalProperties":false}`: true,
		`{"type":"object","properties":{}}`:                              false,
		`{"type":"object","additionalProperties":true}`:                  false,
		`{"type":"string"}`:                                              false, // the root is to be an object
		`true`:                                                           false, `{`: false, `null`: false,
		`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a"],"additionalProperties":false}`:                                                 false,
		`{"type":"object","properties":{"a":{"type":["string","null"],"enum":["x",null]}},"required":["a"],"additionalProperties":false}`:                                            true,
		`{"type":"object","properties":{"a":{"type":"string","maxLength":9}},"required":["a"],"additionalProperties":false}`:                                                         false,
		`{"type":"object","properties":{"a":{"type":"object","properties":{}}},"required":["a"],"additionalProperties":false}`:                                                       false,
		`{"type":"object","properties":{"a":{"properties":{}}},"required":["a"],"additionalProperties":false}`:                                                                       false,
		`{"type":"object","properties":{"a":{"type":["object","null"]}},"required":["a"],"additionalProperties":false}`:                                                              false,
		`{"type":"object","properties":{"a":{"type":"array","items":{"type":"object"}}},"required":["a"],"additionalProperties":false}`:                                              false,
		`{"type":"object","properties":{"a":{"type":"array","items":true}},"required":["a"],"additionalProperties":false}`:                                                           false,
		`{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{},"additionalProperties":false}}},"required":["a"],"additionalProperties":false}`: true,
		`{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"object"}]}},"required":["a"],"additionalProperties":false}`:                                         false,
		`{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}},"required":["a"],"additionalProperties":false}`:                                           true,
		`{"type":"object","properties":{"a":{"anyOf":3}},"required":["a"],"additionalProperties":false}`:                                                                             false,
		`{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"object"}},"required":["a"],"additionalProperties":false}`:                                    false,
		`{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"integer"}},"required":["a"],"additionalProperties":false}`:                                   true,
		`{"type":"object","properties":{"type":{"type":"string"},"maxLength":{"type":"integer"}},"required":["type","maxLength"],"additionalProperties":false}`:                      true,
		`{"type":"object","properties":{"a":` + strings.Repeat(`{"items":`, 40) + `{}` + strings.Repeat(`}`, 40) + `},"required":["a"],"additionalProperties":false}`:                false,
	} {
		if strict(json.RawMessage(schema)) != want {
			t.Errorf("%s: %v", schema, !want)
		}
	}
}

// The schema in which calls are asked for as text qualifies where those of the tools do.
func TestCallsAreStrict(t *testing.T) {
	r := llmadaptertest.Harvest(1).As(llmadapter.FormSchema)
	if got := sent(t, Config{}, r); !strings.Contains(got, `"strict":true`) {
		t.Error(got)
	}
}
