package anthropic

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
	const limit, talk, end = `{"model":"sim-test","max_tokens":4096`, `,"messages":[{"role":"user","content":[{"type":"text","text":"<hé>\n"}]}]`, `,"stream":true}`
	open := json.RawMessage(`{"type":"object","properties":{"a":{"type":"integer","minimum":0}}}`)
	for name, test := range map[string]struct {
		cfg  Config
		r    llmadapter.Request
		want string
	}{
		"least":       {Config{}, llmadapter.Request{Messages: user}, limit + talk + end},
		"ours":        {Config{}, llmadapter.Request{Messages: user, Priority: 3, Repeatable: true, Shared: true}, limit + talk + end},
		"no seed":     {Config{}, llmadapter.Request{Messages: user, Seed: 7}, limit + talk + end},
		"limit":       {Config{MaxTokens: 7}, llmadapter.Request{Messages: user, MaxTokens: 9}, `{"model":"sim-test","max_tokens":9` + talk + end},
		"own limit":   {Config{MaxTokens: 7}, llmadapter.Request{Messages: user}, `{"model":"sim-test","max_tokens":7` + talk + end},
		"temperature": {Config{Temperature: &cold}, llmadapter.Request{Messages: user}, limit + talk + `,"temperature":0` + end},
		"tools": {Config{}, llmadapter.Request{Messages: user, Tools: []llmadapter.Tool{{Name: "t", Doc: "d", Schema: open}, {Name: "u"}}},
			limit + talk + `,"tools":[{"name":"t","description":"d","input_schema":` + string(open) +
				`},{"name":"u","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"any"}` + end},
		"schema": {Config{}, llmadapter.Request{Messages: user, Schema: &llmadapter.Schema{Name: "s", Schema: open}},
			limit + talk + `,"output_config":{"format":{"type":"json_schema","schema":` +
				`{"additionalProperties":false,"properties":{"a":{"description":"(minimum: 0)","type":"integer"}},"type":"object"}}}` + end},
	} {
		if got := sent(t, test.cfg, test.r); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}

// Users and assistants take turns, and what a call is answered with stands first in the message after it.
func TestConversations(t *testing.T) {
	tools := []llmadapter.Tool{{Name: "a"}}
	said := func(texts ...string) string {
		var blocks []string
		for _, s := range texts {
			blocks = append(blocks, `{"type":"text","text":`+quote(s)+`}`)
		}
		return strings.Join(blocks, ",")
	}
	user := func(blocks string) string { return `{"role":"user","content":[` + blocks + `]}` }
	bot := func(blocks string) string { return `{"role":"assistant","content":[` + blocks + `]}` }
	use := func(id, name, input string) string {
		return `{"type":"tool_use","id":"` + id + `","name":"` + name + `","input":` + input + `}`
	}
	result := func(id, text string) string {
		if text != "" {
			text = `,"content":` + quote(text)
		}
		return `{"type":"tool_result","tool_use_id":"` + id + `"` + text + `}`
	}
	for name, test := range map[string]struct {
		messages []llmadapter.Message
		tools    []llmadapter.Tool
		system   string
		want     []string
	}{
		"all roles": {[]llmadapter.Message{
			{Role: "system", Text: "be"},
			{Role: "user", Text: "go"},
			{Role: "assistant", Text: "I take both", Calls: call("a", ` {"x":1}`, "b", `{"x":`)},
			{Role: "result", Text: "only one"},
			{Role: "result", Text: "please"},
			{Role: "assistant", Calls: call("a", `[1]`)},
			{Role: "user", Text: "wait"},
			{Role: "result", Text: "of nothing"},
			{Role: "system", Text: "late"},
			{Role: "assistant", Text: "well"},
			{Role: "assistant", Calls: call("c", "")},
			{Role: "result", Text: " "},
		}, tools, "be\n\nlate", []string{
			user(said("go")),
			bot(said("I take both") + "," + use("call_0", "a", `{"x":1}`) + "," + use("call_1", "b", `{"unreadable":"{\"x\":"}`)),
			user(result("call_0", "only one") + "," + result("call_1", "only one") + "," + said("please")),
			bot(use("call_2", "a", `{"unreadable":"[1]"}`)),
			user(result("call_2", "") + "," + said("wait", "of nothing")),
			bot(said("well") + "," + use("call_3", "c", `{"unreadable":""}`)),
			user(result("call_3", "")),
		}},
		"calls at the end":        {[]llmadapter.Message{{Role: "user", Text: "x"}, {Role: "assistant", Calls: call("a", "{}")}}, tools, "", []string{user(said("x")), bot(use("call_0", "a", "{}")), user(result("call_0", ""))}},
		"calls by calls":          {[]llmadapter.Message{{Role: "assistant", Calls: call("a", "{}")}, {Role: "assistant", Calls: call("a", "{}")}, {Role: "result", Text: "r"}}, tools, "", []string{bot(use("call_0", "a", "{}")), user(result("call_0", "")), bot(use("call_1", "a", "{}")), user(result("call_1", "r"))}},
		"a system between":        {[]llmadapter.Message{{Role: "assistant", Calls: call("a", "{}")}, {Role: "system", Text: "s"}, {Role: "result", Text: "r"}}, tools, "s", []string{bot(use("call_0", "a", "{}")), user(result("call_0", "r"))}},
		"calls without tools":     {[]llmadapter.Message{{Role: "assistant", Text: "so", Calls: call("a", `{"x":1}`)}, {Role: "result", Text: "r"}}, nil, "", []string{bot(said("so\n" + `{"calls":[{"name":"a","arguments":{"x":1}}]}`)), user(said("r"))}},
		"odd names":               {[]llmadapter.Message{{Role: "user", Text: "x"}, {Role: "assistant", Calls: call("", "{}", "go fish!", "{}", strings.Repeat("n", 70), "{}")}, {Role: "result", Text: "r"}}, tools, "", []string{user(said("x")), bot(use("call_0", "_", "{}") + "," + use("call_1", "go_fish_", "{}") + "," + use("call_2", strings.Repeat("n", 64), "{}")), user(result("call_0", "r") + "," + result("call_1", "r") + "," + result("call_2", "r"))}},
		"bytes that are no text":  {[]llmadapter.Message{{Role: "user", Text: "x\xff"}, {Role: "assistant", Calls: call("a", "{\"x\":\"\xff\"}")}, {Role: "result", Text: "\xff"}}, tools, "", []string{user(said("x\uFFFD")), bot(use("call_0", "a", "{\"x\":\"\uFFFD\"}")), user(result("call_0", "\uFFFD"))}},
		"nothing said":            {[]llmadapter.Message{{Role: "system", Text: "\n"}, {Role: "user", Text: " "}, {Role: "assistant"}, {Role: "user", Text: "x"}, {Role: "assistant", Text: "\t"}, {Role: "user", Text: "y"}}, nil, "", []string{user(said("x", "y"))}},
		"the system alone":        {[]llmadapter.Message{{Role: "system", Text: "be"}, {Role: "system", Text: "good"}}, nil, "", []string{user(said("be\n\ngood"))}},
		"the beginning of a turn": {[]llmadapter.Message{{Role: "user", Text: "x"}, {Role: "assistant", Text: "I \n"}}, nil, "", []string{user(said("x")), bot(said("I"))}},
		"space within":            {[]llmadapter.Message{{Role: "assistant", Text: "I "}, {Role: "user", Text: "x "}}, nil, "", []string{bot(said("I ")), user(said("x "))}},
	} {
		var got struct {
			System   string
			Messages []json.RawMessage
		}
		if err := json.Unmarshal([]byte(sent(t, Config{}, llmadapter.Request{Messages: test.messages, Tools: test.tools})), &got); err != nil {
			t.Fatal(err)
		}
		if got.System != test.system || len(got.Messages) != len(test.want) {
			t.Errorf("%s: system %q, %d messages: %s", name, got.System, len(got.Messages), got.Messages)
			continue
		}
		for i, m := range got.Messages { // encoding/json may write U+FFFD as an escape
			if strings.ReplaceAll(string(m), `\ufffd`, "\uFFFD") != test.want[i] {
				t.Errorf("%s, message %d:\ngot  %s\nwant %s", name, i, m, test.want[i])
			}
		}
	}
}

func TestARequestWithoutSenseIsNotSent(t *testing.T) {
	s := llmadaptertest.NewServer(t, nil)
	c := client(t, Config{BaseURL: s.URL(), Key: key})
	user := []llmadapter.Message{{Role: "user", Text: "x"}}
	for want, r := range map[string]llmadapter.Request{
		"a request without messages":         {},
		"without messages":                   {Messages: []llmadapter.Message{{Role: "user"}, {Role: "system", Text: " "}}},
		"limit of -1 tokens":                 {Messages: user, MaxTokens: -1},
		`role "gh ost"; accepted is system,`: {Messages: []llmadapter.Message{{Role: "gh\nost"}}},
		`schema of tool "t" is no JSON`:      {Messages: user, Tools: []llmadapter.Tool{{Name: "u"}, {Name: "t", Schema: json.RawMessage("{")}}},
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

func TestSchemasAreFitted(t *testing.T) {
	deep := strings.Repeat(`{"items":`, 40) + `{"minimum":1}` + strings.Repeat(`}`, 40)
	for schema, want := range map[string]string{ // "": it is given as it is
		`{"type":"string"}`: `{"type":"string"}`,
		`{"type":"integer","description":"How much.","maximum":9007199254740993,"minimum":1}`: `{"description":"How much. (maximum: 9007199254740993, minimum: 1)","type":"integer"}`,
		`{"type":"string","maxLength":3,"pattern":"^a","format":"date","enum":["a"]}`:         `{"description":"(maxLength: 3)","enum":["a"],"format":"date","pattern":"^a","type":"string"}`,
		`{"type":"object","properties":{"minimum":{"type":"integer","minimum":1}}}`:           `{"additionalProperties":false,"properties":{"minimum":{"description":"(minimum: 1)","type":"integer"}},"type":"object"}`,
		`{"type":"object","properties":{},"additionalProperties":false}`:                      `{"additionalProperties":false,"properties":{},"type":"object"}`,
		`{"properties":{"a":{"const":1}},"required":["a"],"additionalProperties":true}`:       `{"additionalProperties":false,"properties":{"a":{"const":1}},"required":["a"]}`,
		`{"type":["object","null"],"properties":{"a":{"type":"null"}}}`:                       `{"additionalProperties":false,"properties":{"a":{"type":"null"}},"type":["object","null"]}`,
		`{"type":"array","items":{"type":"number","multipleOf":2},"minItems":1,"maxItems":4}`: `{"description":"(maxItems: 4)","items":{"description":"(multipleOf: 2)","type":"number"},"minItems":1,"type":"array"}`,
		`{"type":"array","items":{},"minItems":2}`:                                            `{"description":"(minItems: 2)","items":{},"type":"array"}`,
		`{"oneOf":[{"type":"string","minLength":1},{"type":"null"}]}`:                         `{"anyOf":[{"description":"(minLength: 1)","type":"string"},{"type":"null"}]}`,
		`{"anyOf":[{"type":"null"}],"oneOf":[{"type":"null"}]}`:                               `{"anyOf":[{"type":"null"}],"description":"(oneOf: [{\"type\":\"null\"}])"}`,
		`{"$schema":"x","$id":"y","$ref":"#/$defs/a","$defs":{"a":{"minimum":1}}}`:            `{"$defs":{"a":{"description":"(minimum: 1)"}},"$ref":"#/$defs/a"}`,
		`{"type":"object"}`:                                      "", // of anything
		`{"type":["object","null"]}`:                             "",
		`{"type":"object","additionalProperties":{}}`:            "",
		`{"type":"object","properties":{"a":{"type":"object"}}}`: "",
		`{"type":"array","items":{"type":"object"}}`:             "",
		`{"anyOf":[{"type":"object"}]}`:                          "",
		`{"$defs":{"a":{"type":"object"}}}`:                      "",
		`{"type":"array","items":true}`:                          "",
		`{"properties":[]}`:                                      "", `{"anyOf":{}}`: "", `true`: "", `null`: "", `{`: "", `{} {}`: "", deep: "",
	} {
		if want == "" {
			want = schema
		}
		if got := string(fitted(json.RawMessage(schema))); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", schema, got, want)
		}
	}
}

// The schema in which calls are asked for as text has no bounds left that servers refuse.
func TestCallsFit(t *testing.T) {
	got := sent(t, Config{}, llmadaptertest.Harvest(1).As(llmadapter.FormSchema))
	if strings.Contains(got, `"minimum":`) || !strings.Contains(got, `(maximum: 100, minimum: 0)`) || !strings.Contains(got, `"output_config":{"format":{"type":"json_schema"`) {
		t.Error(got)
	}
}
