package builtin

import (
	"encoding/json"
	"strconv"

	"github.com/polis-agents/polis/llmadapter"
)

// message is an answer told as a message, the form of Anthropic.
type message struct {
	*told
	open   int // the call whose block is open; -1: of the text; -2: none
	blocks int // that have begun
}

// stops are the reasons of an end in that form.
var stops = map[llmadapter.Finish]string{llmadapter.FinishStop: "end_turn", llmadapter.FinishCalls: "tool_use", llmadapter.FinishLength: "max_tokens"}

// doc is a document of that form.
type doc = map[string]any

func (m *message) begin() []byte {
	return append(named("message_start", doc{"type": "message_start", "message": m.frame([]any{}, nil, 1)}), m.dialect.ping()...)
}

func (m *message) piece(p token, fresh bool) (out []byte) {
	if fresh || m.open != p.call {
		out = append(m.shut(), named("content_block_start", doc{"type": "content_block_start", "index": m.blocks, "content_block": m.block(p.call)})...)
		m.open = p.call
		m.blocks++
	}
	delta := doc{"type": "text_delta", "text": p.text}
	if p.call >= 0 {
		delta = doc{"type": "input_json_delta", "partial_json": p.text}
	}
	return append(out, named("content_block_delta", doc{"type": "content_block_delta", "index": m.blocks - 1, "delta": delta})...)
}

// shut ends the block that is open.
func (m *message) shut() []byte {
	if m.open == -2 {
		return nil
	}
	return named("content_block_stop", doc{"type": "content_block_stop", "index": m.blocks - 1})
}

func (m *message) finish() []byte {
	out := append(m.shut(), named("message_delta", doc{"type": "message_delta",
		"delta": doc{"stop_reason": stops[m.answer.finish], "stop_sequence": nil}, "usage": doc{"output_tokens": m.spent()}})...)
	return append(out, named("message_stop", doc{"type": "message_stop"})...)
}

func (m *message) whole() []byte {
	blocks := []any{}
	var written string
	for i, p := range m.tokens { // as far as the limit let it come
		written += p.text
		if i+1 < len(m.tokens) && m.tokens[i+1].call == p.call {
			continue
		}
		b := m.block(p.call)
		if p.call < 0 {
			b["text"] = written
		} else {
			b["input"] = m.input(written)
		}
		blocks, written = append(blocks, b), ""
	}
	text, _ := json.Marshal(m.frame(blocks, stops[m.answer.finish], m.spent())) // of texts and numbers, which have a JSON form
	return text
}

// input is that of a call: an object, unless it is spoiled or cut.
func (m *message) input(written string) any {
	switch {
	case json.Valid([]byte(written)):
		return json.RawMessage(written)
	case m.answer.finish == llmadapter.FinishLength:
		return doc{}
	}
	return written
}

// block is one as it begins.
func (m *message) block(call int) doc {
	if call < 0 {
		return doc{"type": "text", "text": ""}
	}
	return doc{"type": "tool_use", "id": "toolu_sim_" + m.ask.digest + "_" + strconv.Itoa(call), "name": m.answer.calls[call].Name, "input": doc{}}
}

// frame is the message with such a content. That it is a stand-in's is said in a field that the form does not have.
func (m *message) frame(content []any, stop any, output int) doc {
	return doc{"id": "msg_sim_" + m.ask.digest, "type": "message", "role": "assistant", "model": m.s.cfg.Name, "content": content,
		"stop_reason": stop, "stop_sequence": nil, "system_fingerprint": fingerprint, "usage": doc{"input_tokens": m.ask.prompt, "output_tokens": output,
			"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}}
}
