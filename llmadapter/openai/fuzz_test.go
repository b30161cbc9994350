package openai

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

// streamed reads a body as the answer of a server.
func streamed(t *testing.T, body []byte, byByte bool) (llmadapter.Reply, *llmadapter.Error) {
	rt := saying(http.StatusOK, "text/event-stream", func() io.Reader {
		if byByte {
			return iotest.OneByteReader(bytes.NewReader(body))
		}
		return bytes.NewReader(body)
	})
	c := client(t, Config{BaseURL: "http://127.0.0.1:1", MaxLine: 2000, MaxAnswer: 300, Key: key, Transport: rt})
	reply, err := c.Complete(t.Context(), llmadaptertest.Talk(1))
	reply.FirstToken = 0
	if err == nil {
		return reply, nil
	}
	var failed *llmadapter.Error
	if !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return reply, failed
}

// Whatever a server sends: no panic, an answer or an error by the contract, within its limits, and the same by any cut
// into reads.
func FuzzStream(f *testing.F) {
	for _, s := range []string{
		"data: " + llmadaptertest.Opening + "\n\ndata: " + llmadaptertest.Delta("héllo") + "\r\n\r\ndata:" + llmadaptertest.Finished("stop") + "\n\ndata: [DONE]\n\n",
		"\ufeffdata: " + llmadaptertest.CallDelta(0, "harvest", `{"a"`) + "\n\ndata: " + llmadaptertest.CallDelta(0, "", `:1}`) + "\n\ndata: " + llmadaptertest.Finished("tool_calls") + "\n",
		": ping\n\nevent: error\ndata: {\"error\":{\"type\":\"overloaded_error\"}}\n\n",
		"error: {\"code\":503,\"message\":\"busy\"}\n\n",
		"data: {\"choices\":\ndata: []}\n\n", "data: [DONE]", "data", "\n\n\n", "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":-9223372036854775808}]}}]}",
		"data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]},\"finish_reason\":\"eos\"}],\"usage\":{\"prompt_tokens\":-1e99,\"completion_tokens\":\"x\"}}\n\n",
		"data: " + strings.Repeat("x", 5000) + "\n\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		reply, failed := streamed(t, body, false)
		again, failedAgain := streamed(t, body, true)
		if !reflect.DeepEqual(reply, again) || !reflect.DeepEqual(failed, failedAgain) {
			t.Errorf("read at once: %+v, %+v\nby byte:      %+v, %+v", reply, failed, again, failedAgain)
		}
		if failed != nil {
			if err := llmadaptertest.CheckError(failed); err != nil {
				t.Error(err)
			}
			return
		}
		size := len(reply.Text)
		for _, call := range reply.Calls {
			size += len(call.Name)
			if call.Arguments != "{}" {
				size += len(call.Arguments)
			}
		}
		if err := llmadaptertest.CheckReply(reply); err != nil || size > 300 || len(reply.Calls) > maxCalls ||
			!utf8.ValidString(reply.ID) || utf8.RuneCountInString(reply.ID) > socket.MaxText || utf8.RuneCountInString(reply.Model) > socket.MaxText {
			t.Errorf("%v, %d bytes: %+v", err, size, reply)
		}
	})
}

// What scan is sure of is what encoding/json reads.
func FuzzScan(f *testing.F) {
	for _, s := range []string{llmadaptertest.Opening, llmadaptertest.Delta("hé\n\"llo"), llmadaptertest.CallDelta(3, "harvest", `{"tons":4}`), llmadaptertest.CallDelta(0, "", `{"`),
		llmadaptertest.Finished("stop"), llmadaptertest.Used(100, 2), ` { } `, `{"id":"a","id":"b"}`, `{"ID":"a"}`, `{"choices":[],"usage":null}`, `{"created":1.5e3}`, `{"created":-1}`,
		`{"created":[{"a":[true,false,null,"x"]},{}]}`, `{"choices":[{},{}]}`, `{"usage":{"prompt_tokens":01}}`, `{"usage":{"prompt_tokens":1234567890}}`,
		`{"usage":{"prompt_tokens_details":{"cached_tokens":7,"audio_tokens":0},"prompt_tokens_details":{}}}`, `{"usage":{"prompt_tokens_details":{"cached_tokens":7},"prompt_tokens_details":null}}`,
		`{"usage":{"prompt_tokens_details":{"CACHED_TOKENS":7}}}`, `{"usage":{"prompt_tokens_details":[7]}}`, `{"usage":{"prompt_tokens_details":{"cached_tokens":"7"}}}`, `{"id":"\ud800"}`, "{\"id\":\"\xff\"}",
		`{"choices":[{"delta":{"content":"x","content":null},"finish_reason":"a\u0000"}]}`, `{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{}}],"reasoning":"r"}}]}`, `{"id":null}`, `{`, `{"id":"`, `{}{}`, `{"a\u0062":1}`,
		`{"choices":[{"delta":{"content":"a"}}],"choices":[{}]}`, `{"choices":[{"delta":{"tool_calls":[{"id":"x"}],"tool_calls":[]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"x"}],"tool_calls":[{"type":"a"}]}}],"choices":[{"delta":{"role":"b"}}]}`, `{"usage":{"prompt_tokens":1},"usage":{"completion_tokens":1}}`, `{"usage":{"prompt_tokens":9999999999}}`, "{\"id\":\"a\x01\"}", "{\"object\":\"a\x01\"}", "{\"object\":\"\xff\"}",
		`{"choices":[{"delta":{"tool_calls":[{"index":0},{"index":1}]}}]}`, `{"choices":[{"index":-1}]}`, `{"choices":[{"index":1.0}]}`, `{"choices":[{"index":00}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s scan
		s.chunk([]byte(llmadaptertest.Opening)) // what it remembers must not matter
		got, ok := s.chunk(data)
		if !ok {
			return
		}
		var want chunk
		if err := json.Unmarshal(data, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v, %v", got, want, err)
		}
	})
}

// The usual chunks are not odd: else the way around encoding/json is none.
func TestScanKnowsUsualChunks(t *testing.T) {
	for _, e := range []string{llmadaptertest.Opening, llmadaptertest.Delta("hé\n\"llo"), llmadaptertest.CallDelta(0, "harvest", `{"tons":4}`), llmadaptertest.CallDelta(0, "", `{"`),
		llmadaptertest.Finished("stop"), llmadaptertest.Used(100, 2),
		`{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1762345678,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_1",` +
			`"choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x"}`,
		`{"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,` +
			`"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}`} {
		var s scan
		if _, ok := s.chunk([]byte(e)); !ok {
			t.Errorf("odd: %s", e)
		}
	}
	if _, ok := new(scan).chunk([]byte(`{"created":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`)); ok {
		t.Error("a server may make scan go deeper than it should")
	}
}

// Whatever an error's body says, its kind follows from the status, and its text can be shown.
func FuzzTrouble(f *testing.F) {
	for _, s := range []string{`{"error":{"type":"x","code":429,"message":"a\nb"}}`, `{"error":"x"}`, `{"detail":[{"msg":1}]}`, `{"object":"error","message":null}`,
		`{"error":null}`, `{"error":{"message":"\u0001 "}}`, `<html>`, "", `{"error":[]}`, `{"error":{"code":{"a":1}}}`, `[]`, `null`, `{"error":{"message":"` + key + `"}}`, "\x1b[31m" + key} {
		f.Add(429, []byte(s))
		f.Add(200, []byte(s))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			t.Skip("no status of an answer")
		}
		reply, err := client(t, Config{BaseURL: "http://127.0.0.1:1", Key: key, Transport: saying(status, "application/json", func() io.Reader { return bytes.NewReader(body) })}).
			Complete(t.Context(), llmadaptertest.Talk(1))
		if err == nil {
			if status/100 != 2 || llmadaptertest.CheckReply(reply) != nil {
				t.Errorf("%d: %+v, %v", status, reply, llmadaptertest.CheckReply(reply))
			}
			return
		}
		var e *llmadapter.Error
		if wrong := llmadaptertest.CheckError(err); !errors.As(err, &e) || wrong != nil || strings.Contains(err.Error(), key) {
			t.Fatalf("%v: %v", wrong, err)
		}
		if status == 401 && e.Kind != llmadapter.Unauthorised || status == 503 && e.Kind != llmadapter.Overloaded {
			t.Errorf("%d is %s", status, e.Kind)
		}
	})
}
