package builtin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/polis-agents/polis/llmadapter"
)

// ask is the least that can be asked.
func plain(s *Server, more object) object {
	out := object{"model": s.Name(), "messages": []object{{"role": "user", "content": "Hello"}}}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// "404/405/400 otherwise, in the OpenAI error form", and never with a plain text.
func TestErrorForm(t *testing.T) {
	s, c := started(t, fast()), client(t)
	tool := func(name, kind string, schema any) object {
		return object{"type": kind, "function": object{"name": name, "parameters": schema}}
	}
	call := object{"id": "a", "type": "function", "function": object{"name": "x", "arguments": "{}"}}
	for _, x := range []struct {
		method, path string
		body         any
		status       int
		names        string
	}{
		{"GET", "/v1/chat/completions", nil, 405, "method GET; accepted is POST"},
		{"POST", "/v1/models", plain(s, nil), 405, "accepted is GET"},
		{"DELETE", "/counts", nil, 405, "accepted is GET"},
		{"GET", "/v1/completions", nil, 404, `path \"/v1/completions\"; accepted are /v1/chat/completions`},
		{"POST", "/control", plain(s, nil), 404, "accepted are"},
		{"GET", "/log", nil, 404, "accepted are"},
		{"POST", "/", plain(s, nil), 404, "accepted are"},
		{"GET", "/v1/models/gpt-4o", nil, 404, "accepted is \\\"sim-model\\\""},
		{"POST", "", plain(s, object{"model": "gpt-4o"}), 404, "model_not_found"},
		{"POST", "", plain(s, object{"model": ""}), 400, "model"},
		{"POST", "", "", 400, "the body is not the JSON of a chat completion"},
		{"POST", "", "[]", 400, "the body is not"},
		{"POST", "", `{"model":7}`, 400, "the body is not"},
		{"POST", "", plain(s, object{"messages": []object{}}), 400, "0 messages; accepted are 1 to 4096"},
		{"POST", "", plain(s, object{"messages": make([]object, 5000)}), 400, "5000 messages"},
		{"POST", "", plain(s, object{"n": 2}), 400, "n is 2"},
		{"POST", "", plain(s, object{"max_tokens": 0}), 400, "max_tokens is 0"},
		{"POST", "", plain(s, object{"max_completion_tokens": 1 << 40}), 400, "max_tokens is"},
		{"POST", "", plain(s, object{"seed": 1.5}), 400, "the body is not"},
		{"POST", "", plain(s, object{"messages": []object{{"role": "boss", "content": "x"}}}), 400, "role \\\"boss\\\"; accepted are system"},
		{"POST", "", plain(s, object{"messages": []object{{"role": "user", "content": 7}}}), 400, "neither a text nor a list of texts"},
		{"POST", "", plain(s, object{"messages": []object{{"role": "user", "content": []object{{"type": "image_url"}}}}}), 400, "neither a text"},
		{"POST", "", plain(s, object{"messages": []object{{"role": "tool", "content": "x", "tool_call_id": "a"}}}), 400, "must answer a call"},
		{"POST", "", plain(s, object{"messages": []object{{"role": "assistant", "tool_calls": []object{call}}}}), 400, "that no tool message answers"},
		{"POST", "", plain(s, object{"messages": []object{{"role": "assistant", "tool_calls": []object{call, call}}}}), 400, "without an id of its own"},
		{"POST", "", plain(s, object{"messages": []object{{"role": "assistant", "tool_calls": []object{call}}, {"role": "user", "content": "x"}}}), 400, "must be followed by tool messages"},
		{"POST", "", plain(s, object{"messages": []object{{"role": "assistant", "tool_calls": []object{call}}, {"role": "tool", "tool_call_id": "b"}}}), 400, "must answer a call"},
		{"POST", "", plain(s, object{"tools": []object{tool("fish!", "function", object{})}}), 400, "tool \\\"fish!\\\""},
		{"POST", "", plain(s, object{"tools": []object{tool("fish", "magic", object{})}}), 400, "of type \\\"magic\\\""},
		{"POST", "", plain(s, object{"tools": []object{tool("fish", "function", "tons")}}), 400, "no JSON Schema of type object"},
		{"POST", "", plain(s, object{"tools": []object{tool("fish", "function", object{"minimum": "few"})}}), 400, "schema of tool \\\"fish\\\" cannot be read"},
		{"POST", "", plain(s, object{"tools": make([]object, 129)}), 400, "129 tools; accepted are 128"},
		{"POST", "", plain(s, object{"tools": []object{tool("fish", "function", nil)}, "tool_choice": "always"}), 400, "tool_choice"},
		{"POST", "", plain(s, object{"tools": []object{tool("fish", "function", nil)}, "tool_choice": tool("boat", "function", nil)}), 400, "among the tools"},
		{"POST", "", plain(s, object{"response_format": object{"type": "xml"}}), 400, "accepted are text, json_object and json_schema"},
		{"POST", "", plain(s, object{"response_format": object{"type": "json_schema"}}), 400, "has no schema"},
		{"POST", "", plain(s, object{"response_format": object{"type": "json_schema", "json_schema": object{"schema": object{"type": 7}}}}), 400, "schema cannot be read"},
		{"POST", "", strings.Repeat(" ", mostBody+1), 413, "longer than"},
	} {
		path := x.path
		if path == "" {
			path = "/v1/chat/completions"
		}
		text, ok := x.body.(string)
		if !ok && x.body != nil {
			encoded, _ := json.Marshal(x.body)
			text = string(encoded)
		}
		r, err := http.NewRequestWithContext(t.Context(), x.method, strings.TrimSuffix(s.URL(), "/v1")+path, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Fatalf("%s %s: %v", x.method, path, err)
		}
		g := readAnswer(t, resp)
		resp.Body.Close()
		var doc struct {
			Error struct {
				Message, Type string
				Param, Code   *string
			}
		}
		if err := json.Unmarshal([]byte(g.body), &doc); err != nil || doc.Error.Message == "" || doc.Error.Type != "invalid_request_error" {
			t.Errorf("%s %s %.80s: no error form: %s", x.method, path, text, g.body)
		}
		if g.status != x.status || !strings.Contains(g.body, x.names) {
			t.Errorf("%s %s %.80s: %d %s, want %d with %s", x.method, path, text, g.status, g.body, x.status, x.names)
		}
		if allow := resp.Header.Get("Allow"); (g.status == 405) != (allow != "") {
			t.Errorf("%d with Allow %q", g.status, allow)
		}
	}
	if n := s.Counts(); n.Answered != 0 || n.Refused != n.Requests {
		t.Errorf("%+v", n)
	}
}

// "What it accepts: tools, json_schema, text; others answered 400 like real servers do."
func TestTakesOnlyItsForms(t *testing.T) {
	for _, takes := range llmadapter.Forms {
		cfg := fast()
		cfg.Takes = []llmadapter.Form{takes}
		s, c := started(t, cfg), client(t)
		for _, form := range llmadapter.Forms {
			g := post(t, c, s, wired(question(t, 9, 1).As(form), s, nil))
			if form == takes {
				callsOf(t, g)
			} else if g.status != http.StatusBadRequest || !strings.Contains(g.body, string(form)+" is not supported by this stand-in; accepted is ["+string(takes)) {
				t.Errorf("takes %s, asked as %s: %d %s", takes, form, g.status, g.body)
			}
		}
		if g := post(t, c, s, plain(s, nil)); g.status != http.StatusOK {
			t.Errorf("plain text: %d", g.status)
		}
		silent := wired(question(t, 9, 1), s, object{"tool_choice": "none"})
		if g := post(t, c, s, silent); (g.status == http.StatusOK) != (takes == llmadapter.FormTools) || len(g.calls) > 0 {
			t.Errorf("tools that may not be called, takes %s: %d %s", takes, g.status, g.body)
		}
	}
}

// A choice of one tool leaves that one.
func TestToolChoice(t *testing.T) {
	s, c := started(t, fast()), client(t)
	for seed := range 10 {
		g := post(t, c, s, wired(question(t, 9, uint64(seed)), s, object{"tool_choice": object{"type": "function", "function": object{"name": "say"}}}))
		if len(g.calls) != 1 || g.calls[0].Function.Name != "say" || g.calls[0].Type != "function" || !strings.HasPrefix(g.calls[0].ID, "call_sim_") {
			t.Errorf("%+v", g.calls)
		}
	}
}

// A content in parts says the same as one text, developer the same as system, and fields that mean nothing here change
// nothing.
func TestSameContentInOtherWords(t *testing.T) {
	s, c := started(t, fast()), client(t)
	one := wired(question(t, 9, 1), s, nil)
	want := post(t, c, s, one)
	for _, m := range one["messages"].([]object) {
		if m["role"] == "system" {
			m["role"] = "developer"
		}
		if text := m["content"].(string); len(text) > 4 {
			m["content"] = []object{{"type": "text", "text": text[:4]}, {"type": "text", "text": text[4:]}}
		}
	}
	one["temperature"], one["user"], one["parallel_tool_calls"] = 0.7, "kate", false
	if g := post(t, c, s, one); g.body != want.body {
		t.Errorf("%s, want %s", g.body, want.body)
	}
}

// Texts that are not about calls follow what is asked for, too.
func TestTextInAForm(t *testing.T) {
	s, c := started(t, fast()), client(t)
	g := post(t, c, s, plain(s, object{"response_format": object{"type": "json_object"}}))
	var doc struct {
		StandIn string `json:"stand_in"`
	}
	if err := json.Unmarshal([]byte(g.text), &doc); err != nil || doc.StandIn == "" {
		t.Errorf("%v: %s", err, g.text)
	}
	schema := object{"type": "object", "properties": object{"mood": object{"enum": []string{"calm", "cross"}}}, "required": []string{"mood"}, "additionalProperties": false}
	g = post(t, c, s, plain(s, object{"response_format": object{"type": "json_schema", "json_schema": object{"name": "m", "schema": schema}}}))
	if g.text != `{"mood":"calm"}` && g.text != `{"mood":"cross"}` {
		t.Errorf("%s", g.text)
	}
}

// "Real SSE: role chunk, fragments, finish_reason, usage chunk when asked for, [DONE]", and the same in one piece.
func TestStreamAndUsage(t *testing.T) {
	cfg := fast()
	cfg.Policy = takesHalf
	s, c := started(t, cfg), client(t)
	r := question(t, 60, 3)
	whole := post(t, c, s, wired(r, s, nil))
	silent := post(t, c, s, wired(r, s, object{"stream": true}))
	counted := post(t, c, s, wired(r, s, object{"stream": true, "stream_options": object{"include_usage": true}}))
	for _, g := range []got{silent, counted} {
		if g.content() != whole.content() || g.err != nil || !g.done || g.chunks < 8 || g.id != whole.id {
			t.Errorf("streamed %+v, want %+v", g, whole)
		}
	}
	if silent.usage != nil || counted.usage == nil || whole.usage == nil || *counted.usage != *whole.usage {
		t.Errorf("usage %v, %v, %v", silent.usage, counted.usage, whole.usage)
	}
	if whole.calls[0].Index != nil || silent.calls[0].Index == nil {
		t.Error("calls have an index in a stream, and only there")
	}
	u := whole.usage
	if u.Prompt < 50 || u.Completion < 5 || u.Total != u.Prompt+u.Completion {
		t.Errorf("usage %+v", u)
	}
	if n := s.Counts(); n.PromptTokens != 3*u.Prompt || n.CompletionTokens != 3*u.Completion || n.Answered != 3 {
		t.Errorf("%+v", n)
	}
}

// An answer is cut at its length, says so, and says the same up to there.
func TestLength(t *testing.T) {
	cfg := fast()
	cfg.Policy = takesHalf
	s, c := started(t, cfg), client(t)
	for _, form := range llmadapter.Forms {
		r := question(t, 60, 3).As(form)
		whole := post(t, c, s, wired(r, s, nil))
		for most := 1; most < whole.usage.Completion; most++ {
			for _, streamed := range []bool{true, false} {
				g := post(t, c, s, wired(r, s, object{"stream": streamed, "max_completion_tokens": most, "stream_options": object{"include_usage": true}}))
				if g.finish != "length" || g.usage.Completion != most || !strings.HasPrefix(whole.text, g.text) || len(g.calls) > len(whole.calls) {
					t.Fatalf("%s, %d tokens: %+v", form, most, g)
				}
				for i, call := range g.calls {
					if !strings.HasPrefix(whole.calls[i].Function.Arguments, call.Function.Arguments) || call.Function.Name != whole.calls[i].Function.Name {
						t.Errorf("%s, %d tokens: %+v of %+v", form, most, g.calls, whole.calls)
					}
				}
			}
		}
		if g := post(t, c, s, wired(r, s, object{"max_tokens": whole.usage.Completion})); g.finish == "length" || g.content() != whole.content() {
			t.Errorf("%s: with just enough it ends with %q", form, g.finish)
		}
	}
}

// "A policy that errors or panics: 500 in the OpenAI error form." What it answers is told as it is.
func TestPolicyIsContained(t *testing.T) {
	kept := []llmadapter.Call{{Name: "harvest", Arguments: "{}"}}
	policies := map[string]Policy{
		"the rule of the stand-in failed: no fish": func(json.RawMessage, []llmadapter.Tool, *rand.Rand) ([]llmadapter.Call, error) {
			return nil, errors.New("no fish\nat all")
		},
		"the rule of the stand-in failed: panicked: boat": func(json.RawMessage, []llmadapter.Tool, *rand.Rand) ([]llmadapter.Call, error) { panic("boat") },
	}
	c := client(t)
	for want, policy := range policies {
		cfg := fast()
		cfg.Policy = policy
		s := started(t, cfg)
		for range 2 {
			if g := post(t, c, s, wired(question(t, 1, 1), s, nil)); g.status != 500 || !strings.Contains(g.body, `"message":"`+want+`"`) || !strings.Contains(g.body, `"type":"server_error"`) {
				t.Errorf("%d %s", g.status, g.body)
			}
		}
	}
	for want, calls := range map[string][]llmadapter.Call{"": nil, "boat, not JSON": {{Name: "boat", Arguments: "not JSON"}}, "pass, ": {{Name: "pass"}}, "harvest, {}": kept} {
		cfg := fast()
		cfg.Policy = func(json.RawMessage, []llmadapter.Tool, *rand.Rand) ([]llmadapter.Call, error) { return calls, nil }
		s := started(t, cfg)
		for _, streamed := range []bool{true, false} {
			g := post(t, c, s, wired(question(t, 1, 1), s, object{"stream": streamed}))
			said := ""
			for _, call := range g.calls {
				said += call.Function.Name + ", " + call.Function.Arguments
			}
			if said != want || g.status != http.StatusOK || (want == "") != (g.finish == "stop") || (want == "") != (g.text != "") {
				t.Errorf("streamed %v: %q, want %q; %+v", streamed, said, want, g)
			}
		}
		g := post(t, c, s, wired(question(t, 1, 1).As(llmadapter.FormSchema), s, nil))
		if back, err := llmadapter.ReadCalls(g.reply()); len(back) != len(calls) || (err != nil) != (calls == nil) {
			t.Errorf("as text: %v, %v of %q", back, err, g.text)
		}
	}
	if kept[0].Arguments != "{}" {
		t.Error("what a policy keeps was changed")
	}
}

// GET /counts is for tests in other processes; a HEAD has no body; a client may come with a key, which is not looked at.
func TestCountsOverHTTP(t *testing.T) {
	s, c := started(t, fast()), client(t)
	post(t, c, s, plain(s, nil))
	before := s.Counts()
	post(t, c, s, "")
	if before.Status["400"] != 0 || before.Requests != 1 {
		t.Errorf("what was told changes: %+v", before)
	}
	resp, err := c.Get(strings.TrimSuffix(s.URL(), "/v1") + "/counts")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var n Counts
	if err := json.NewDecoder(resp.Body).Decode(&n); err != nil || n.Requests != 2 || n.Status["200"] != 1 || n.Status["400"] != 1 || n.Peak != 1 || !n.StandIn || n.Model != "sim-model" {
		t.Errorf("%v: %+v", err, n)
	}
	if want := fmt.Sprintf("requests 2: 1 answered, 1 refused, 0 broken on purpose, 0 gone; at most 1 at once; %d tokens in, %d out", n.PromptTokens, n.CompletionTokens); n.String() != want {
		t.Errorf("%s, want %s", n, want)
	}
	head, err := c.Head(s.URL() + "/models")
	if err != nil {
		t.Fatal(err)
	}
	defer head.Body.Close()
	if body, _ := io.ReadAll(head.Body); head.StatusCode != http.StatusOK || len(body) > 0 {
		t.Errorf("HEAD: %d %s", head.StatusCode, body)
	}
}

// What makes another question, and what only writes the same one in another way.
func TestDigest(t *testing.T) {
	s := started(t, fast())
	digest := func(form llmadapter.Form, change func(r *llmadapter.Request)) string {
		r := question(t, 60, 1)
		r.Tools = slices.Clone(lake)
		change(&r)
		text, _ := json.Marshal(wired(r.As(form), s, nil))
		w, p := readRequest(text)
		if p != nil {
			t.Fatal(p)
		}
		a, p := readAsk(w)
		if p != nil {
			t.Fatal(p)
		}
		return a.digest
	}
	for _, form := range llmadapter.Forms {
		want := digest(llmadapter.FormTools, func(*llmadapter.Request) {})
		for i, same := range []func(r *llmadapter.Request){
			func(*llmadapter.Request) {}, func(r *llmadapter.Request) { r.MaxTokens = 7 },
			func(r *llmadapter.Request) {
				r.Tools[2].Schema = json.RawMessage(`{"additionalProperties":false,"properties":{},"type":"\u006fbject"}`)
			},
		} {
			if got := digest(form, same); got != want {
				t.Errorf("%s, the same %d has another digest", form, i)
			}
		}
		seen := map[string]bool{want: true}
		for i, other := range []func(r *llmadapter.Request){
			func(r *llmadapter.Request) { r.Seed = 2 }, func(r *llmadapter.Request) { r.Messages[0].Text = "You hunt." },
			func(r *llmadapter.Request) { r.Messages[0].Role = llmadapter.User }, func(r *llmadapter.Request) { r.Messages[3].Text = "well done" },
			func(r *llmadapter.Request) { r.Messages[2].Calls = r.Messages[2].Calls[:1] }, func(r *llmadapter.Request) { r.Tools[0].Name = "hunt" },
			func(r *llmadapter.Request) { r.Tools[0].Doc = "" }, func(r *llmadapter.Request) { r.Tools[0].Schema = r.Tools[2].Schema },
			func(r *llmadapter.Request) { r.Tools = r.Tools[:1] },
		} {
			if got := digest(form, other); seen[got] {
				t.Errorf("%s, question %d is like another one", form, i)
			} else {
				seen[got] = true
			}
		}
	}
}

// Tools in a text: those of the newest message of the system, not what somebody quotes.
func TestToolsOfText(t *testing.T) {
	fence := func(names string) string { return "Answer.\n" + llmadapter.ToolsFence + "\n" + names + "\n```" }
	messages := []llmadapter.Message{
		{Role: llmadapter.System, Text: fence(`[{"name":"old","schema":{}}]`)}, {Role: llmadapter.System, Text: fence(`[{"name":"new","schema":{}}]`)},
		{Role: llmadapter.System, Text: fence(`no JSON`)}, {Role: llmadapter.User, Text: fence(`[{"name":"quoted","schema":{}}]`)},
		{Role: llmadapter.System, Text: "I say " + llmadapter.ToolsFence + "\n[{}]"},
	}
	tools, rest := toolsOfText(messages)
	if len(tools) != 1 || tools[0].Name != "new" || len(rest) != 4 || rest[0].Text != messages[0].Text || rest[1].Text != messages[2].Text {
		t.Errorf("%+v, %+v", tools, rest)
	}
	if tools, rest := toolsOfText(messages[3:]); tools != nil || len(rest) != 2 {
		t.Errorf("%+v, %+v", tools, rest)
	}
}

// Tools in a schema, also as others would write it; anything else is none.
func TestToolsOfSchema(t *testing.T) {
	const one = `{"description":"Ask.","properties":{"name":{"const":"harvest"},"arguments":{"type":"object"}}}`
	for items, want := range map[string]string{
		one: "harvest", `{"anyOf":[` + one + `]}`: "harvest", `{"anyOf":[` + one + `,{"properties":{"name":{"enum":["pass"]},"arguments":{}}}]}`: "harvest pass",
		`{}`: "", `{"anyOf":[` + one + `,{}]}`: "", `{"properties":{"name":{"const":"x"},"arguments":true}}`: "", `{"properties":{"name":{"enum":["a","b"]},"arguments":{}}}`: "", `7`: "",
	} {
		var names []string
		for _, tool := range toolsOfSchema(json.RawMessage(`{"properties":{"calls":{"items":` + items + `}}}`)) {
			names = append(names, tool.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", items, got, want)
		}
	}
}

// No letter is cut in a stream, however long it is.
func TestTokensKeepLetters(t *testing.T) {
	a := answer{text: "abcü漢字🐟🐟x"}
	all := a.tokens(0)
	text := ""
	for _, token := range all {
		if !utf8.ValidString(token.text) || len(token.text) > 7 {
			t.Errorf("%q", token.text)
		}
		text += token.text
	}
	if text != a.text || len(all) < 4 {
		t.Errorf("%+v", all)
	}
	if pieces, sizes := chunks(make([]token, 100)); len(pieces) != 12 || sizes[0] != 9 || sizes[11] != 1 {
		t.Errorf("%d pieces, %v", len(pieces), sizes)
	}
}
