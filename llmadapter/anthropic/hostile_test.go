package anthropic

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
	end := []string{stopped("end_turn"), last}
	sockettest.Battery(t, sockettest.Wire{
		New: func(t *testing.T, s sockettest.Settings) (llmadapter.Model, func()) {
			t.Helper()
			c, err := New(Config{Model: "m", BaseURL: s.BaseURL, Key: s.Key, FirstToken: s.Patience, Idle: s.Patience, MaxLine: s.Most, MaxAnswer: s.Most})
			if err != nil {
				t.Fatal(err)
			}
			return c, c.Close
		},
		Begun: stream(opening, ping, starts(0), says(0, "hello")),
		Ended: stream(append([]string{ends(0)}, end...)...),
		Whole: `{"id":"r1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","usage":{"input_tokens":12,"output_tokens":3}}`,
		Malformed: map[string]string{
			"a type that is a number":   stream(`{"type":7}`),
			"an index that is a word":   stream(opening, `{"type":"content_block_delta","index":"zero","delta":{"type":"text_delta","text":"x"}}`),
			"a reason that is a number": stream(opening, `{"type":"message_delta","delta":{"stop_reason":7}}`),
			"a list":                    stream(`[]`),
			"a number":                  stream(`1e999`),
			"half of JSON":              stream(`{"type":"message_st`),
		},
		Odd: map[string]string{
			"an unknown tool":     stream(append([]string{opening, calls(0, "launch"), with(0, `{"all":true}`), ends(0)}, end...)...),
			"ids swapped":         stream(append([]string{opening, calls(0, "pass"), calls(1, "pass"), with(1, `{"n":2}`), with(0, `{"n":1}`), ends(1), ends(0)}, end...)...),
			"usage without sense": stream(append([]string{`{"type":"message_start","message":{"id":"r1","usage":{"input_tokens":-1,"output_tokens":"x","cache_read_input_tokens":[]}}}`, starts(0), says(0, "x")}, end...)...),
		},
		Check: llmadaptertest.CheckReply, CheckError: llmadaptertest.CheckError,
	})
}
