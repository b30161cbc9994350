package anthropic

import (
	"encoding/json"
	"fmt"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// Events of a stream.
const (
	opening = `{"type":"message_start","message":{"id":"r1","type":"message","role":"assistant","model":"sim-test","content":[],"stop_reason":null,"stop_sequence":null,` +
		`"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}`
	ping = `{"type":"ping"}`
	last = `{"type":"message_stop"}`
)

func quote(s string) string {
	text, _ := json.Marshal(s) // of a string there is always a JSON form
	return string(text)
}

// starts begins a block of text.
func starts(index int) string {
	return fmt.Sprintf(`{"type":"content_block_start","index":%d,"content_block":{"type":"text","text":""}}`, index)
}

// delta of a block of text.
func says(index int, text string) string {
	return fmt.Sprintf(`{"type":"content_block_delta","index":%d,"delta":{"type":"text_delta","text":%s}}`, index, quote(text))
}

// calls begins a block that calls a tool.
func calls(index int, name string) string {
	return fmt.Sprintf(`{"type":"content_block_start","index":%d,"content_block":{"type":"tool_use","id":"x%d","name":%s,"input":{}}}`, index, index, quote(name))
}

// with is a piece of the arguments of a call.
func with(index int, part string) string {
	return fmt.Sprintf(`{"type":"content_block_delta","index":%d,"delta":{"type":"input_json_delta","partial_json":%s}}`, index, quote(part))
}

// thinks begins thoughts, thought is a piece of them, and signs their signature.
func thinks(index int) string {
	return fmt.Sprintf(`{"type":"content_block_start","index":%d,"content_block":{"type":"thinking","thinking":"","signature":""}}`, index)
}

func thought(index int, text string) string {
	return fmt.Sprintf(`{"type":"content_block_delta","index":%d,"delta":{"type":"thinking_delta","thinking":%s}}`, index, quote(text))
}

func signs(index int, text string) string {
	return fmt.Sprintf(`{"type":"content_block_delta","index":%d,"delta":{"type":"signature_delta","signature":%s}}`, index, quote(text))
}

func ends(index int) string { return fmt.Sprintf(`{"type":"content_block_stop","index":%d}`, index) }

// stopped is the reason of the end, with the usage, which is cumulative.
func stopped(reason string) string {
	return `{"type":"message_delta","delta":{"stop_reason":` + quote(reason) + `,"stop_sequence":null},"usage":{"output_tokens":3}}`
}

// failure is the event, or the body, of an error.
func failure(kind, message string) string {
	return `{"type":"error","error":{"type":` + quote(kind) + `,"message":` + quote(message) + `},"request_id":"req_7"}`
}

// text answers with a text, in two pieces.
func text(s string) llmadaptertest.Answer {
	half := len(s) / 2
	for half > 0 && s[half]&0xc0 == 0x80 { // between two runes
		half--
	}
	return llmadaptertest.Stream(opening, starts(0), ping, says(0, s[:half]), says(0, s[half:]), ends(0), stopped("end_turn"), last)
}

// called answers with calls of tools, whose arguments come in pieces.
func called(all ...llmadapter.Call) llmadaptertest.Answer {
	events := []string{opening}
	for i, c := range all {
		half := len(c.Arguments) / 2
		for half > 0 && c.Arguments[half]&0xc0 == 0x80 {
			half--
		}
		events = append(events, calls(i, c.Name), with(i, ""), with(i, c.Arguments[:half]), with(i, c.Arguments[half:]), ends(i))
	}
	return llmadaptertest.Stream(append(events, stopped("tool_use"), last)...)
}

// body is an answer that is no stream.
func body(content, reason string) string {
	return `{"id":"r1","type":"message","role":"assistant","model":"sim-test","content":[` + content + `],"stop_reason":` + quote(reason) +
		`,"stop_sequence":null,"usage":{"input_tokens":12,"output_tokens":3}}`
}

func whole(content, reason string) llmadaptertest.Answer {
	return llmadaptertest.Status(200, body(content, reason))
}
