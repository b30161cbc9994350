package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// answered gives a client one answer, of any form.
type answered struct {
	kind string
	body io.Reader
}

func (a answered) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {a.kind}}, Body: io.NopCloser(a.body), Request: r}, nil
}

// read reads a body as the answer of a server.
func read(t *testing.T, kind string, body io.Reader) (llmadapter.Reply, *llmadapter.Error) {
	c, err := New(Config{Model: "m", BaseURL: "http://127.0.0.1:1", MaxLine: 2000, MaxAnswer: 300, Key: key, Transport: answered{kind, body}})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := c.Complete(t.Context(), llmadaptertest.Talk(1))
	var e *llmadapter.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("%T: %v", err, err)
	}
	reply.FirstToken = 0
	return reply, e
}

// sound says whether an answer or an error is by the contract, and within the limits.
func sound(t *testing.T, reply llmadapter.Reply, failed *llmadapter.Error) {
	if failed != nil {
		if err := llmadaptertest.CheckError(failed); err != nil || strings.Contains(failed.Error(), key) {
			t.Errorf("%v: %v", err, failed)
		}
		return
	}
	size := len(reply.Text)
	for _, c := range reply.Calls {
		size += len(c.Name)
		if c.Arguments != "{}" {
			size += len(c.Arguments)
		}
	}
	if err := llmadaptertest.CheckReply(reply); err != nil || size > 300 || len(reply.Calls) > maxBlocks || reply.Usage.Cached > reply.Usage.Input ||
		!utf8.ValidString(reply.ID) || utf8.RuneCountInString(reply.ID) > socket.MaxText || utf8.RuneCountInString(reply.Model) > socket.MaxText {
		t.Errorf("%v, %d bytes: %+v", err, size, reply)
	}
}

// Whatever a server streams: no panic, an answer or an error by the contract, and the same by any cut into reads.
func FuzzEvents(f *testing.F) {
	stream := func(events ...string) []byte {
		var b bytes.Buffer
		for _, e := range events {
			b.WriteString("event: x\ndata: " + e + "\n\n")
		}
		return b.Bytes()
	}
	for _, s := range [][]byte{
		stream(opening, ping, starts(0), says(0, "héllo"), ends(0), stopped("end_turn"), last),
		stream(opening, thinks(0), thought(0, "hm"), signs(0, "Eq=="), calls(1, "harvest"), with(1, `{"a"`), with(1, `:1}`), stopped("tool_use")),
		stream(opening, starts(0), failure("overloaded_error", "too much")), stream(failure("rate_limit_error", key), last),
		stream(calls(-9223372036854775808, "a"), calls(9223372036854775807, "b"), stopped("max_tokens")), stream(last), stream(stopped("refusal")),
		stream(`{"type":"message_start","message":{"content":[{"type":"tool_use","name":"a","input":[1]}],"usage":{"input_tokens":2147483647,"cache_read_input_tokens":2147483647}}}`, last),
		[]byte("\ufeffdata: " + starts(0) + "\r\ndata: \r\n\r\n"), []byte("error: {}\n\n"), []byte("data: [DONE]"), []byte("event: error\n\n"), stream(strings.Repeat("x", 3000)),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		reply, failed := read(t, "text/event-stream", bytes.NewReader(body))
		again, failedAgain := read(t, "text/event-stream", iotest.OneByteReader(bytes.NewReader(body)))
		if !reflect.DeepEqual(reply, again) || (failed == nil) != (failedAgain == nil) || failed != nil && *failed != *failedAgain {
			t.Errorf("read at once: %+v, %+v\nby byte:      %+v, %+v", reply, failed, again, failedAgain)
		}
		sound(t, reply, failed)
	})
}

// Whatever a server sends as a whole.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{body(`{"type":"text","text":"x"},{"type":"tool_use","name":"a","input":{"b":[]}}`, "tool_use"), body("", "pause_turn"), failure("api_error", "x"),
		`{"type":"message"}`, `{"content":[]}`, `{"content":null}`, `{"error":{"type":"x","message":"a\nb"}}`, `{"error":"x"}`, `{"detail":[{"msg":1}]}`, `{"type":"error","error":null,"message":"x"}`,
		`{"type":"error","request_id":"` + key + `"}`, `{"error":[]}`, `<html>`, "", `[]`, `null`, `7`, "\x1b[31m" + key, `{"content":[{"type":"text","text":"` + key + `"}],"stop_reason":"end_turn"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		reply, failed := read(t, "application/json", bytes.NewReader(body))
		sound(t, reply, failed)
		for _, status := range []int{400, 401, 429, 500, 529} {
			trouble, _ := refusal(status, body)
			e := &llmadapter.Error{Kind: trouble.Kind, Fate: llmadapter.Settled, Status: status, Text: socket.Shown(trouble.Words, key)}
			sound(t, llmadapter.Reply{}, e)
			if status != 400 && e.Kind != socket.KindOf(status) {
				t.Errorf("%d is %s", status, e.Kind)
			}
		}
	})
}

// What scan is sure of is what encoding/json reads.
func FuzzScan(f *testing.F) {
	for _, s := range []string{opening, ping, starts(0), says(0, "hé\n\"llo"), calls(3, "harvest"), with(3, `{"tons":4}`), thinks(1), thought(1, "hm"), signs(1, "Eq=="), ends(0), stopped("tool_use"), last,
		` { } `, `{"type":"a","type":"b"}`, `{"Type":"a"}`, `{"index":-1}`, `{"index":1.0}`, `{"message":null}`, `{"message":{"content":[{}],"stop_reason":"x"}}`, `{"message":{"content":null}}`, `{"message":{"id":"a"},"message":{"model":"b"}}`,
		`{"content_block":{"input":{"a": [1]},"name":"n","text":"t","data":"d"}}`, `{"content_block":{"input":"a\n"}}`, `{"content_block":{"input":null}}`, `{"delta":{"text":null}}`, `{"delta":{"stop_reason":null,"stop_reason":"x"}}`,
		`{"usage":{"input_tokens":01}}`, `{"usage":{"input_tokens":0,"cache_creation":{"a":0},"output_tokens":1234567890}}`, `{"usage":{"output_tokens":-1}}`, `{"usage":null}`, "{\"type\":\"\xff\"}", `{"type":"\u0061"}`, `{"error":null}`, `{`, `{}{}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s scan
		var got, want event
		if !s.event(data, &got) {
			return
		}
		if err := json.Unmarshal(data, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v, %v", got, want, err)
		}
	})
}

// The usual events are not odd: else the way around encoding/json is none.
func TestScanKnowsUsualEvents(t *testing.T) {
	for _, e := range []string{opening, starts(0), says(0, "hé\n\"llo"), calls(0, "harvest"), with(0, `{"tons":4}`), thinks(0), thought(0, "hm"), signs(0, "Eq=="), stopped("end_turn"), last,
		`{"type":"message_start","message":{"model":"claude-x","id":"msg_1","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,` +
			`"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard"}}}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":15,"server_tool_use":{"web_search_requests":0}}}`} {
		var s scan
		if !s.event([]byte(e), new(event)) {
			t.Errorf("odd: %s", e)
		}
	}
}

// Whatever an agent asks: no panic, and JSON by the rules of the wire form, in which users and assistants take turns and
// every call is answered in the message after it.
func FuzzRequest(f *testing.F) {
	f.Add("sua", "be", "hello", "so", "harvest", `{"tons":4}`, `{"type":"object","properties":{"tons":{"type":"integer","minimum":0}}}`)
	f.Add("uarrau", "", " ", "\n", "", "[", `{"anyOf":[{"oneOf":[{}]}]}`)
	f.Add("aasra", "\xff", "x", "", "go fish", "{\"a\":\"\xff\"}", `{`)
	f.Fuzz(func(t *testing.T, roles, system, user, said, name, arguments, schema string) {
		var r llmadapter.Request
		for _, c := range roles {
			switch c {
			case 's':
				r.Messages = append(r.Messages, llmadapter.Message{Role: llmadapter.System, Text: system})
			case 'u':
				r.Messages = append(r.Messages, llmadapter.Message{Role: llmadapter.User, Text: user})
			case 'r':
				r.Messages = append(r.Messages, llmadapter.Message{Role: llmadapter.Result, Text: user})
			case 'a':
				r.Messages = append(r.Messages, llmadapter.Message{Role: llmadapter.Assistant, Text: said, Calls: call(name, arguments, "x", "{}")})
			}
		}
		if len(roles)%2 == 0 {
			r.Tools = []llmadapter.Tool{{Name: "a", Schema: json.RawMessage(schema)}}
		} else {
			r.Schema = &llmadapter.Schema{Name: "a", Schema: json.RawMessage(schema)}
		}
		c, err := New(Config{Model: "m", BaseURL: "http://127.0.0.1:1"})
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.encode(r)
		if err != nil {
			return
		}
		defer socket.Release(b)
		checkTalk(t, b.Bytes())
	})
}

// checkTalk holds the messages of a request against the rules of the wire form.
func checkTalk(t *testing.T, body []byte) {
	var w wireRequest
	if err := json.Unmarshal(body, &w); err != nil || w.MaxTokens < 1 || len(w.Messages) == 0 {
		t.Fatalf("%v: %s", err, body)
	}
	var open []string
	for i, m := range w.Messages {
		if len(m.Content) == 0 || i > 0 && m.Role == w.Messages[i-1].Role {
			t.Fatalf("message %d of %s", i, body)
		}
		var results, uses []string
		for _, b := range m.Content {
			switch {
			case b.Type == "text" && !blank(b.Text):
			case b.Type == "tool_use" && m.Role == "assistant" && len(w.Tools) > 0 && b.Name == nameOf(b.Name):
				uses = append(uses, b.ID)
			case b.Type == "tool_result" && m.Role == "user" && len(results) < len(open):
				results = append(results, b.Answers)
			default:
				t.Fatalf("block %+v of %s", b, body)
			}
		}
		if !reflect.DeepEqual(results, open) {
			t.Fatalf("calls %q are answered by %q in %s", open, results, body)
		}
		open = uses
	}
	if open != nil {
		t.Fatalf("calls %q are not answered in %s", open, body)
	}
}
