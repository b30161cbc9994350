package builtin

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// spoken is a request as a client of Anthropic's form sends it: written here anew, as wired is.
func spoken(r llmadapter.Request, s *Server, more object) object {
	var system []string
	var messages []object
	add := func(role string, blocks ...object) {
		if n := len(messages); n > 0 && messages[n-1]["role"] == role {
			messages[n-1]["content"] = append(messages[n-1]["content"].([]object), blocks...)
			return
		}
		messages = append(messages, object{"role": role, "content": blocks})
	}
	var open []string
	for _, m := range r.Messages {
		switch m.Role {
		case llmadapter.System:
			system = append(system, m.Text)
		case llmadapter.User:
			add("user", object{"type": "text", "text": m.Text})
		case llmadapter.Result:
			for _, id := range open {
				add("user", object{"type": "tool_result", "tool_use_id": id, "content": m.Text})
			}
			open = nil
		case llmadapter.Assistant:
			blocks := []object{{"type": "thinking", "thinking": "Hm.", "signature": "x"}, {"type": "text", "text": m.Text}}
			for i, c := range m.Calls {
				open = append(open, fmt.Sprintf("toolu_%d", i))
				blocks = append(blocks, object{"type": "tool_use", "id": open[i], "name": c.Name, "input": json.RawMessage(c.Arguments)})
			}
			add("assistant", blocks...)
		}
	}
	out := object{"model": s.Name(), "messages": messages, "max_tokens": 1000, "system": strings.Join(system, "\n\n")}
	var tools []object
	for _, tool := range r.Tools {
		tools = append(tools, object{"name": tool.Name, "description": tool.Doc, "input_schema": tool.Schema})
	}
	if tools != nil {
		out["tools"], out["tool_choice"] = tools, object{"type": "any"}
	}
	if r.Schema != nil {
		out["output_config"] = object{"format": object{"type": "json_schema", "schema": r.Schema.Schema}}
	}
	for k, v := range more {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

// heard is an answer in that form. Its calls are the wire calls of got.
type heard struct {
	got
	events []string
	input  int
	output int
	error  string // its type
}

// speak asks for a message.
func speak(t testing.TB, c *http.Client, s *Server, body any) (h heard) {
	t.Helper()
	text, ok := body.(string)
	if !ok {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(encoded)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/messages", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Anthropic-Version", "2023-06-01")
	resp, err := c.Do(r)
	if err != nil {
		h.err = err
		return h
	}
	defer resp.Body.Close()
	h.status, h.header = resp.StatusCode, resp.Header
	if resp.Header.Get("Content-Type") == "text/event-stream" {
		h.listen(t, resp.Body)
		return h
	}
	all, err := io.ReadAll(resp.Body)
	h.body, h.err = string(all), err
	if err == nil {
		h.err = h.whole(all)
	}
	return h
}

type spokenMessage struct {
	ID, Type, Role, Model string
	Fingerprint           string `json:"system_fingerprint"`
	Stop                  string `json:"stop_reason"`
	Content               []struct {
		Type, Text, ID, Name string
		Input                json.RawMessage
	}
	Usage struct {
		Input  int `json:"input_tokens"`
		Output int `json:"output_tokens"`
	}
	Error struct{ Type, Message string }
}

// whole reads a document.
func (h *heard) whole(text []byte) error {
	var m spokenMessage
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	h.take(m)
	for _, b := range m.Content {
		switch b.Type {
		case "text":
			h.text += b.Text
		case "tool_use":
			h.calls = append(h.calls, wireCall{ID: b.ID, Function: wireFunction{b.Name, string(b.Input)}})
		}
	}
	return nil
}

func (h *heard) take(m spokenMessage) {
	h.id, h.model, h.print, h.finish = m.ID, m.Model, m.Fingerprint, m.Stop
	h.input, h.output, h.error, h.inError = m.Usage.Input, m.Usage.Output, m.Error.Type, m.Error.Message
}

// listen reads a stream. Every event has the name that its data has, and every piece is of the block that is open.
func (h *heard) listen(t testing.TB, body io.Reader) {
	lines := bufio.NewReader(body)
	open, name := -1, ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			if !errors.Is(err, io.EOF) {
				h.err = err
			}
			return
		}
		line = strings.TrimSuffix(line, "\n")
		if n, ok := strings.CutPrefix(line, "event: "); ok {
			name = n
			continue
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var e struct {
			Type    string
			Index   int
			Message spokenMessage
			Block   struct{ Type, ID, Name string } `json:"content_block"`
			Delta   struct {
				Type, Text string
				JSON       string `json:"partial_json"`
				Stop       string `json:"stop_reason"`
			}
			Usage struct {
				Output int `json:"output_tokens"`
			}
			Error struct{ Type, Message string }
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil || e.Type != name {
			t.Errorf("event %q has %s, %v", name, data, err)
		}
		h.events = append(h.events, e.Type)
		switch e.Type {
		case "message_start":
			h.take(e.Message)
		case "content_block_start":
			if open >= 0 || e.Index != countOf(h.events, "content_block_stop") {
				t.Errorf("block %d begins while %d is open: %v", e.Index, open, h.events)
			}
			if open = e.Index; e.Block.Type == "tool_use" {
				h.calls = append(h.calls, wireCall{ID: e.Block.ID, Function: wireFunction{Name: e.Block.Name}})
			}
		case "content_block_delta":
			if e.Index != open {
				t.Errorf("a piece of %d while %d is open", e.Index, open)
			}
			if h.text += e.Delta.Text; e.Delta.Type == "input_json_delta" {
				h.calls[len(h.calls)-1].Function.Arguments += e.Delta.JSON
			}
		case "content_block_stop":
			open = -1
		case "message_delta":
			h.finish, h.output = e.Delta.Stop, e.Usage.Output
		case "message_stop":
			h.done = true
		case "error":
			h.error, h.inError = e.Error.Type, e.Error.Message
		}
	}
}

func countOf(all []string, what string) (n int) {
	for _, a := range all {
		if a == what {
			n++
		}
	}
	return n
}

// "Same policy and same decisions: the same observation gives the same action in both forms", streamed or not, however
// calls are asked for, with a history of calls, complaints and texts.
func TestSameQuestionSameAnswerInBothWireForms(t *testing.T) {
	for _, policy := range []Policy{takesHalf, nil} {
		cfg := fast()
		cfg.Policy = policy
		s, c := started(t, cfg), client(t)
		for fish := range 15 {
			r := question(t, 50+fish, 0)
			r.Messages = append(r.Messages[:4:4], llmadapter.Message{Role: llmadapter.User, Text: "Again."}, r.Messages[4])
			for _, form := range llmadapter.Forms {
				want := post(t, c, s, wired(r.As(form), s, object{"seed": nil}))
				for _, streamed := range []bool{false, true} {
					h := speak(t, c, s, spoken(r.As(form), s, object{"stream": streamed}))
					if callsOf(t, h.got) != callsOf(t, want) || h.text != want.text {
						t.Errorf("%s, streamed %v: %+v, want %+v", form, streamed, h.reply(), want.reply())
					}
					finish := map[bool]string{true: "tool_use", false: "end_turn"}[form == llmadapter.FormTools]
					if h.finish != finish || h.output != want.usage.Completion || h.input == 0 || h.done != streamed || h.model != s.Name() || h.id != "msg_sim_"+strings.TrimPrefix(want.id, "chatcmpl-sim-") {
						t.Errorf("%s, streamed %v: %+v, want %+v", form, streamed, h, want.usage)
					}
					if !strings.Contains(h.print, "stand-in") || h.header.Get("Request-Id") == "" || h.header.Get("X-Polis-Stand-In") != "true" {
						t.Errorf("it does not say who answers: %+v", h)
					}
					if streamed && (h.events[0] != "message_start" || countOf(h.events, "ping") == 0 || h.events[len(h.events)-1] != "message_stop" ||
						countOf(h.events, "content_block_start") != max(len(h.calls), 1)) {
						t.Errorf("%v", h.events)
					}
					for i, call := range h.calls {
						if call.ID != fmt.Sprintf("toolu_sim_%s_%d", strings.TrimPrefix(h.id, "msg_sim_"), i) {
							t.Errorf("call %d has the id %q", i, call.ID)
						}
					}
				}
			}
		}
	}
}

// A text, cut at its limit; and a call cut there, whose input is what can be given.
func TestMessagesAtTheirLimit(t *testing.T) {
	cfg := fast()
	cfg.Policy = takesHalf
	s, c := started(t, cfg), client(t)
	for _, streamed := range []bool{false, true} {
		r := question(t, 60, 0)
		h := speak(t, c, s, spoken(r, s, object{"max_tokens": 2, "stream": streamed}))
		if h.finish != "max_tokens" || h.output != 2 || len(h.calls) != 1 || (h.calls[0].Function.Arguments == "{}") == streamed {
			t.Errorf("streamed %v: %+v", streamed, h)
		}
		r.Tools = nil
		h = speak(t, c, s, spoken(r, s, object{"max_tokens": 3, "stream": streamed}))
		if h.finish != "max_tokens" || len(h.text) != 12 || len(h.calls) > 0 {
			t.Errorf("streamed %v: %+v", streamed, h)
		}
	}
}

// Errors have Anthropic's form and words, and what it refuses is refused.
func TestMessagesErrorForm(t *testing.T) {
	s, c := started(t, fast()), client(t)
	user := func(blocks ...object) object { return object{"role": "user", "content": blocks} }
	text, use := object{"type": "text", "text": "x"}, object{"type": "tool_use", "id": "a", "name": "x", "input": object{}}
	result := object{"type": "tool_result", "tool_use_id": "a"}
	talk := func(messages ...object) object { return object{"messages": messages} }
	for _, x := range []struct {
		body   any
		status int
		kind   string
		names  string
	}{
		{"[]", 400, "invalid_request_error", "the body is not the JSON"},
		{object{"max_tokens": nil}, 400, "invalid_request_error", "max_tokens: Field required"},
		{object{"max_tokens": 0}, 400, "invalid_request_error", "max_tokens: 0; accepted"},
		{object{"model": ""}, 400, "invalid_request_error", "model: Field required"},
		{object{"model": "claude"}, 404, "not_found_error", "is not served by this stand-in"},
		{object{"system": 7}, 400, "invalid_request_error", "system: neither"},
		{object{"system": []object{{"type": "image"}}}, 400, "invalid_request_error", "system: neither"},
		{talk(), 400, "invalid_request_error", "0 messages; accepted"},
		{talk(make([]object, 5000)...), 400, "invalid_request_error", "5000 messages"},
		{talk(object{"role": "system", "content": "x"}), 400, "invalid_request_error", "messages.0: role"},
		{talk(object{"role": "assistant", "content": "x"}), 400, "invalid_request_error", "first message must"},
		{talk(object{"role": "user"}), 400, "invalid_request_error", "messages.0.content: neither"},
		{talk(object{"role": "user", "content": nil}), 400, "invalid_request_error", "messages.0.content: neither"},
		{talk(object{"role": "user", "content": []object{}}), 400, "invalid_request_error", "non-empty content"},
		{talk(user(object{"type": "text", "text": ""})), 400, "invalid_request_error", "must be non-empty"},
		{talk(user(object{"type": "image"})), 400, "invalid_request_error", "accepted from a user are text and tool_result"},
		{talk(user(result)), 400, "invalid_request_error", "unexpected `tool_use_id`"},
		{talk(user(text), object{"role": "assistant", "content": []object{use}}), 400, "invalid_request_error", "without `tool_result` blocks"},
		{talk(user(text), object{"role": "assistant", "content": []object{use}}, user(text, result)), 400, "invalid_request_error", "without `tool_result` blocks"},
		{talk(user(text), object{"role": "assistant", "content": []object{use}}, object{"role": "assistant", "content": "x"}), 400, "invalid_request_error", "without `tool_result` blocks"},
		{talk(user(text), object{"role": "assistant", "content": []object{use, use}}), 400, "invalid_request_error", "an id of its own"},
		{talk(user(text), object{"role": "assistant", "content": []object{{"type": "tool_use", "id": "a", "name": "x", "input": "{}"}}}), 400, "invalid_request_error", "an object as its input"},
		{talk(user(text), object{"role": "assistant", "content": []object{{"type": "tool_result"}}}), 400, "invalid_request_error", "accepted from an assistant are"},
		{talk(user(text), object{"role": "assistant", "content": []object{use}}, user(object{"type": "tool_result", "tool_use_id": "a", "content": 7})), 400, "invalid_request_error", "the content of a tool_result"},
		{object{"tools": []object{{"name": "x!", "input_schema": object{}}}}, 400, "invalid_request_error", "tools.0: tool"},
		{object{"tools": []object{{"name": "x", "type": "bash_20250124", "input_schema": object{}}}}, 400, "invalid_request_error", "accepted is one of type custom"},
		{object{"tools": []object{{"name": "x"}}}, 400, "invalid_request_error", "tools.0.input_schema"},
		{object{"tools": make([]object, 129)}, 400, "invalid_request_error", "129 tools"},
		{object{"tools": []object{{"name": "x", "input_schema": object{}}}, "tool_choice": object{"type": "tool", "name": "y"}}, 400, "invalid_request_error", "among the tools"},
		{object{"output_format": object{"type": "xml"}}, 400, "invalid_request_error", "accepted are text, json_object and json_schema"},
		{strings.Repeat(" ", mostBody+1), 413, "request_too_large", "longer than"},
	} {
		body := x.body
		if o, ok := body.(object); ok {
			body = spoken(llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: "Hello"}}}, s, o)
		}
		h := speak(t, c, s, body)
		if h.status != x.status || h.error != x.kind || !strings.Contains(h.inError, x.names) || !strings.HasPrefix(h.body, `{"error":`) || !strings.HasSuffix(h.body, `"type":"error"}`) {
			t.Errorf("%.80v: %d %s %s, want %d %s with %s", x.body, h.status, h.error, h.body, x.status, x.kind, x.names)
		}
	}
	for _, more := range []object{
		{"messages": []object{user(text), {"role": "assistant", "content": []object{}}}}, // its last may be empty
		{"messages": []object{user(text), {"role": "assistant", "content": []object{use}}, user(result, text)}},
		{"system": []object{{"type": "text", "text": "You fish."}}}, {"tool_choice": object{"type": "auto"}},
		{"tools": []object{{"type": "custom", "name": "x", "input_schema": object{}}}, "tool_choice": object{"type": "tool", "name": "x"}},
		{"tools": []object{{"name": "x", "input_schema": object{}}}, "tool_choice": object{"type": "none"}},
		{"output_format": object{"type": "json_schema", "schema": object{"type": "object", "required": []string{"x"}}}},
	} {
		if h := speak(t, c, s, spoken(question(t, 1, 0), s, more)); h.status != 200 || h.finish == "" {
			t.Errorf("%v: %+v", more, h)
		}
	}
}

// Faults look as they do there, and an overload in mid-stream comes with 200.
func TestMessagesAndFaults(t *testing.T) {
	for f, want := range map[Fault]struct {
		status, whole int
		error         string
	}{
		Fault429: {429, 429, "rate_limit_error"}, Fault500: {500, 500, "api_error"}, Fault503: {503, 503, "overloaded_error"}, Fault529: {529, 529, "overloaded_error"},
		FaultError: {200, 500, "api_error"}, FaultOverload: {200, 503, "overloaded_error"}, FaultCut: {200, 200, ""}, FaultStall: {200, 200, ""}, FaultKeepalive: {200, 200, ""},
	} {
		cfg := always(f)
		cfg.StallLimit = 120 * time.Millisecond
		s, c := started(t, cfg), client(t)
		for streamed, status := range map[bool]int{true: want.status, false: want.whole} {
			h := speak(t, c, s, spoken(question(t, 60, 0), s, object{"stream": streamed}))
			if h.status != status || h.error != want.error || h.finish != "" || h.done || want.error == "" && h.err == nil && f != FaultCut {
				t.Errorf("%s, streamed %v: %+v", f, streamed, h)
			}
			if status == 200 && streamed && (len(h.calls) == 0 || (f == FaultKeepalive) != (countOf(h.events, "ping") > 1)) {
				t.Errorf("%s: %v", f, h.events)
			}
			if (f == Fault429 || f == Fault503 || f == FaultOverload && !streamed) != (h.header.Get("Retry-After") == "1") || h.header.Get("Retry-After-Ms") != "" {
				t.Errorf("%s: %v", f, h.header)
			}
		}
	}
	s, c := started(t, always(FaultBadJSON)), client(t)
	for _, streamed := range []bool{true, false} {
		h := speak(t, c, s, spoken(question(t, 60, 0), s, object{"stream": streamed}))
		if input := h.calls[0].Function.Arguments; h.finish != "tool_use" || json.Valid([]byte(input)) == streamed || strings.HasPrefix(input, "{") && !streamed {
			t.Errorf("%+v", h.calls)
		}
	}
}

// "Rate-limit headers as real": Anthropic's on that path, each with a limit, what is left, and when all is there again.
func TestMessagesLimits(t *testing.T) {
	cfg := fast()
	cfg.RPM, cfg.TPM, cfg.InputTPM, cfg.OutputTPM = 60, 6000, 1000, 20
	s, c := started(t, cfg), client(t)
	ask := object{"model": s.Name(), "max_tokens": 1000, "messages": []object{{"role": "user", "content": strings.Repeat("x", 388)}}} // 100 tokens
	h := speak(t, c, s, ask)
	left := func(h heard, what string) string {
		name := "Anthropic-Ratelimit-" + what
		if at, err := time.Parse(time.RFC3339, h.header.Get(name+"-Reset")); err != nil || time.Until(at) > time.Minute || time.Until(at) < -time.Second {
			t.Errorf("%s: %v", name, h.header)
		}
		return h.header.Get(name+"-Remaining") + " of " + h.header.Get(name+"-Limit")
	}
	for what, want := range map[string]string{"Requests": "59 of 60", "Tokens": "5900 of 6000", "Input-Tokens": "900 of 1000", "Output-Tokens": "20 of 20"} {
		if got := left(h, what); h.status != 200 || h.input != 100 || got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	for name := range h.header {
		if strings.HasPrefix(name, "X-Ratelimit") {
			t.Errorf("%s is of the other form", name)
		}
	}
	for speak(t, c, s, ask).status == 200 { // until the 20 tokens of answers are gone
	}
	if h = speak(t, c, s, ask); h.status != 429 || h.error != "rate_limit_error" || !strings.Contains(h.inError, "OTPM") || h.header.Get("Retry-After") == "" {
		t.Errorf("%+v", h)
	}
	g := post(t, c, s, plain(s, nil))
	if g.status != 429 || g.header.Get("X-Ratelimit-Limit-Tokens") != "6000" || g.header.Get("Anthropic-Ratelimit-Tokens-Limit") != "" {
		t.Errorf("%v", g.header)
	}
	for name := range g.header {
		if strings.Contains(name, "Input") || strings.Contains(name, "Output") {
			t.Errorf("%s is not known there", name)
		}
	}
}

// The list of models has the form of whoever asks, and wrong paths are told in it.
func TestModelsOfBothForms(t *testing.T) {
	s, c := started(t, fast()), client(t)
	for _, x := range []struct {
		path   string
		status int
		has    string
	}{
		{"/models", 200, `"has_more":false`}, {"/models", 200, `"type":"model"`}, {"/models/sim-model", 200, `"display_name":"polis stand-in, no language model"`},
		{"/models/sim-model", 200, `"created_at":"2026-01-01T00:00:00Z"`}, {"/models/x", 404, `"type":"not_found_error"`}, {"/x", 404, `"type":"not_found_error"`},
		{"/messages", 405, `"type":"invalid_request_error"`},
	} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+x.path, http.NoBody)
		r.Header.Set("Anthropic-Version", "1999-01-01") // a version that there is not is let pass
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != x.status || !strings.Contains(string(text), x.has) || strings.Contains(string(text), `"object"`) {
			t.Errorf("%s: %d %s", x.path, resp.StatusCode, text)
		}
	}
}
