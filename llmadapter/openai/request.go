package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

// The wire form of a request.
type (
	wireRequest struct {
		Model               string        `json:"model"`
		Messages            []wireMessage `json:"messages"`
		Tools               []wireTool    `json:"tools,omitempty"`
		ToolChoice          string        `json:"tool_choice,omitempty"`
		ResponseFormat      *wireFormat   `json:"response_format,omitempty"`
		MaxTokens           int           `json:"max_tokens,omitempty"`
		MaxCompletionTokens int           `json:"max_completion_tokens,omitempty"`
		Temperature         *float64      `json:"temperature,omitempty"`
		Seed                uint64        `json:"seed,omitempty"`
		Stream              bool          `json:"stream"`
		StreamOptions       streamOptions `json:"stream_options"`
	}
	streamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	}
	wireMessage struct {
		Role    string     `json:"role"`
		Content *string    `json:"content"` // null: there are only calls
		Calls   []wireCall `json:"tool_calls,omitempty"`
		Answers string     `json:"tool_call_id,omitempty"`
	}
	wireCall struct {
		ID       string       `json:"id"`
		Type     string       `json:"type"`
		Function wireFunction `json:"function"`
	}
	wireFunction struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	}
	wireTool struct {
		Type     string  `json:"type"`
		Function wireDoc `json:"function"`
	}
	wireDoc struct {
		Name        string          `json:"name"`
		Description string          `json:"description,omitempty"`
		Parameters  json.RawMessage `json:"parameters"`
	}
	wireFormat struct {
		Type   string     `json:"type"`
		Schema wireSchema `json:"json_schema"`
	}
	wireSchema struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"schema"`
		Strict bool            `json:"strict"`
	}
)

// encode writes a request into a buffer from the pool.
func (c *Client) encode(r llmadapter.Request) (*bytes.Buffer, error) {
	w := wireRequest{Model: c.cfg.Model, Temperature: c.cfg.Temperature, Seed: r.Seed, Stream: true, StreamOptions: streamOptions{true}}
	switch {
	case len(r.Messages) == 0:
		return nil, errors.New("a request without messages")
	case r.MaxTokens < 0:
		return nil, fmt.Errorf("a limit of %d tokens; accepted is 1 or more, 0 for the model's own", r.MaxTokens)
	case c.newLimit:
		w.MaxCompletionTokens = r.MaxTokens
	default:
		w.MaxTokens = r.MaxTokens
	}
	var err error
	if w.Messages, err = wireMessages(r.Messages); err != nil {
		return nil, err
	}
	for _, t := range r.Tools {
		schema := t.Schema
		if len(schema) == 0 {
			schema = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		w.Tools = append(w.Tools, wireTool{"function", wireDoc{t.Name, t.Doc, schema}})
		w.ToolChoice = "required"
	}
	if s := r.Schema; s != nil {
		w.ResponseFormat = &wireFormat{"json_schema", wireSchema{s.Name, s.Schema, strict(s.Schema)}}
	}
	b := socket.NewBuffer()
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&w); err != nil {
		socket.Release(b)
		return nil, unencodable(r, err)
	}
	return b, nil
}

// unencodable names what has no JSON form: only schemas, which others wrote, may have none.
func unencodable(r llmadapter.Request, err error) error {
	for _, t := range r.Tools {
		if len(t.Schema) > 0 && !json.Valid(t.Schema) {
			return fmt.Errorf("the schema of tool %q is no JSON", socket.OneLine(t.Name, 40))
		}
	}
	if r.Schema != nil && !json.Valid(r.Schema.Schema) {
		return fmt.Errorf("schema %q is no JSON", socket.OneLine(r.Schema.Name, 40))
	}
	return err
}

// wireMessages gives a conversation its wire form. Calls get ids by their order in it, and every call of an assistant
// an answer of its own with the text of the Result that follows.
func wireMessages(messages []llmadapter.Message) ([]wireMessage, error) {
	out := make([]wireMessage, 0, len(messages))
	ids := 0          // given so far
	var open []string // the ids of the assistant's message before
	for i := range messages {
		m := &messages[i]
		if m.Role == llmadapter.Result && len(open) > 0 {
			for _, id := range open {
				out = append(out, wireMessage{Role: "tool", Content: &m.Text, Answers: id})
			}
			open = nil
			continue
		}
		w := wireMessage{Content: &m.Text}
		open = nil
		switch m.Role {
		case llmadapter.System, llmadapter.User, llmadapter.Assistant:
			w.Role = string(m.Role)
		case llmadapter.Result: // of no call: the assistant wrote text, and this is what we say to it
			w.Role = string(llmadapter.User)
		default:
			return nil, fmt.Errorf("role %q; accepted is %s, %s, %s, %s", socket.OneLine(string(m.Role), 40),
				llmadapter.System, llmadapter.User, llmadapter.Assistant, llmadapter.Result)
		}
		if m.Role == llmadapter.Assistant && len(m.Calls) > 0 {
			if m.Text == "" {
				w.Content = nil
			}
			w.Calls = make([]wireCall, len(m.Calls))
			for j, call := range m.Calls {
				id := "call_" + strconv.Itoa(ids)
				ids++
				open = append(open, id)
				w.Calls[j] = wireCall{id, "function", wireFunction{call.Name, readable(call.Arguments)}}
			}
		}
		out = append(out, w)
	}
	return out, nil
}

// readable gives arguments that are an object of JSON as they are. Servers read them, and refuse a whole conversation
// for one call that a model once wrote badly; so that is put into an object.
func readable(arguments string) string {
	if trimmed := bytes.TrimLeft([]byte(arguments), " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(trimmed) {
		return arguments
	}
	text, _ := json.Marshal(struct { // of a string there is always a JSON form
		Unreadable string `json:"unreadable"`
	}{arguments})
	return string(text)
}
