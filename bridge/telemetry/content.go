package telemetry

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/polis-agents/polis/llmadapter"
)

// Bounds of what is told of content.
const (
	mostContent  = 16 << 10 // bytes of one text
	mostMessages = 64       // the last ones
)

// message is one of gen_ai.input.messages or gen_ai.output.messages.
type message struct {
	Role   string `json:"role"`
	Parts  []part `json:"parts"`
	Finish string `json:"finish_reason,omitempty"`
}

// part of a message: text, tool_call or tool_call_response.
type part struct {
	Type      string `json:"type"`
	Content   string `json:"content,omitempty"`
	Name      string `json:"name,omitempty"`
	Arguments any    `json:"arguments,omitempty"`
	Response  any    `json:"response,omitempty"`
}

// tool is one of gen_ai.tool.definitions.
type tool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
}

// contentOf tells what was asked and answered, as JSON texts in the form of the conventions.
func contentOf(c *llmadapter.Content) []attribute.KeyValue {
	var system []part
	input := []message{}
	for _, m := range c.Request.Messages {
		if m.Role == llmadapter.System {
			system = append(system, part{Type: "text", Content: cut(m.Text)})
			continue
		}
		input = append(input, messageOf(m))
	}
	input = input[max(0, len(input)-mostMessages):]
	all := []attribute.KeyValue{asJSON(keyInput, input)}
	if len(system) > 0 {
		all = append(all, asJSON(keySystem, system[:min(len(system), mostMessages)]))
	}
	if c.Request.MaxTokens > 0 {
		all = append(all, attribute.Int(keyMaxTokens, c.Request.MaxTokens))
	}
	var tools []tool
	for _, t := range c.Request.Tools[:min(len(c.Request.Tools), mostMessages)] {
		one := tool{Type: "function", Name: cut(t.Name), Description: cut(t.Doc)}
		if len(t.Schema) <= mostContent && json.Valid(t.Schema) {
			one.Parameters = t.Schema
		}
		tools = append(tools, one)
	}
	if len(tools) > 0 {
		all = append(all, asJSON(keyTools, tools))
	}
	if c.Reply.Finish != "" || c.Reply.Text != "" || len(c.Reply.Calls) > 0 {
		out := messageOf(llmadapter.Message{Role: llmadapter.Assistant, Text: c.Reply.Text, Calls: c.Reply.Calls})
		out.Finish = cut(string(c.Reply.Finish))
		all = append(all, asJSON(keyOutput, []message{out}))
	}
	return all
}

func messageOf(m llmadapter.Message) message {
	out := message{Role: string(m.Role), Parts: []part{}}
	switch {
	case m.Role == llmadapter.Result:
		out.Role = "tool"
		out.Parts = append(out.Parts, part{Type: "tool_call_response", Response: cut(m.Text)})
	case m.Text != "":
		out.Parts = append(out.Parts, part{Type: "text", Content: cut(m.Text)})
	}
	for _, call := range m.Calls[:min(len(m.Calls), mostMessages)] {
		var arguments any = cut(call.Arguments) // as the model wrote them, unless they are JSON
		if text := json.RawMessage(call.Arguments); len(text) <= mostContent && json.Valid(text) {
			arguments = text
		}
		out.Parts = append(out.Parts, part{Type: "tool_call", Name: cut(call.Name), Arguments: arguments})
	}
	return out
}

func asJSON(key string, value any) attribute.KeyValue {
	text, err := json.Marshal(value)
	if err != nil { // of texts and valid JSON: it does not happen
		text = []byte("null")
	}
	return attribute.String(key, strings.ToValidUTF8(string(text), "\uFFFD"))
}

// cut keeps of a text what is told of it, in whole characters.
func cut(text string) string {
	if len(text) <= mostContent {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	n := mostContent
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return strings.ToValidUTF8(text[:n], "\uFFFD") + "…"
}
