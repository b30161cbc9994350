package openai

import (
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket/sockettest"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// Issue: "Hostile servers: … typed error, bounded memory, nothing leaked."
func TestHostileServers(t *testing.T) {
	stream := func(events ...string) (all string) {
		for _, e := range events {
			all += "data: " + e + "\n\n"
		}
		return all
	}
	stop := llmadaptertest.Finished(llmadapter.FinishStop)
	sockettest.Battery(t, sockettest.Wire{
		New: func(t *testing.T, s sockettest.Settings) (llmadapter.Model, func()) {
			t.Helper()
			c, err := New(Config{Model: "m", BaseURL: s.BaseURL, Key: s.Key, FirstToken: s.Patience, Idle: s.Patience, MaxLine: s.Most, MaxAnswer: s.Most})
			if err != nil {
				t.Fatal(err)
			}
			return c, c.Close
		},
		Begun: stream(llmadaptertest.Opening, llmadaptertest.Delta("hello")),
		Ended: stream(stop, llmadaptertest.Used(12, 3), llmadaptertest.Done),
		Whole: `{"id":"r1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]}`,
		Malformed: map[string]string{
			"choices that are a word":   stream(`{"choices":"hello"}`),
			"an index that is a word":   stream(`{"choices":[{"index":"zero"}]}`),
			"a reason that is a number": stream(`{"choices":[{"finish_reason":7}]}`),
			"calls that are an object":  stream(`{"choices":[{"delta":{"tool_calls":{"index":0}}}]}`),
			"a list":                    stream(`[]`),
			"a number":                  stream(`1e999`),
			"half of JSON":              stream(`{"choices":[{`),
			"an index beyond all":       stream(`{"choices":[{"delta":{"tool_calls":[{"index":99999999999999999999}]}}]}`),
		},
		Odd: map[string]string{
			"an unknown tool":       stream(llmadaptertest.CallDelta(0, "launch", `{"all":true}`), stop),
			"a call without a name": stream(llmadaptertest.CallDelta(3, "", `{"all":true}`), stop),
			"ids swapped": stream(`{"id":"a","choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"pass","arguments":"{\"n\":"}},{"index":1,"id":"y","function":{"name":"pass","arguments":"{\"n\":"}}]}}]}`,
				`{"id":"b","choices":[{"delta":{"tool_calls":[{"index":0,"id":"y","function":{"arguments":"1}"}},{"index":1,"id":"x","function":{"arguments":"2}"}}]}}]}`, stop),
			"usage without sense":   stream(`{"choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":"x","prompt_tokens_details":[[]]}}`, stop),
			"no choice of ours":     stream(`{"choices":[{"index":1,"delta":{"content":"no"}}]}`, stop),
			"twice the same member": stream(`{"choices":[{"delta":{"content":"a"}}],"choices":[{"delta":{"content":"b"}}]}`, stop),
		},
		Check: llmadaptertest.CheckReply, CheckError: llmadaptertest.CheckError,
	})
}
