package llmadapter

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Form is how an endpoint is asked for calls of tools.
type Form string

// The forms, the most reliable first. The content of an answer is the same in each: see ReadCalls.
const (
	FormTools  Form = "tools"       // as tools of the wire form
	FormSchema Form = "json_schema" // as text that follows a JSON Schema
	FormText   Form = "text"        // as text that the prompt describes
)

// Forms are all forms, in the order in which they are tried.
var Forms = []Form{FormTools, FormSchema, FormText}

// ParseForm reads the name of a form.
func ParseForm(name string) (Form, error) {
	if f := Form(name); slices.Contains(Forms, f) {
		return f, nil
	}
	return "", fmt.Errorf("llmadapter: form %q; accepted are %s, %s, %s", name, FormTools, FormSchema, FormText)
}

// ToolsFence opens the block of a prompt in which FormText lists the tools, as a JSON array of Tool.
const ToolsFence = "```tools"

// As gives the request as an endpoint of that form takes it: what is asked for stays the same. A request without tools
// has only one form.
func (r Request) As(f Form) Request {
	if len(r.Tools) == 0 || f == FormTools {
		return r
	}
	out := r
	out.Tools = nil
	out.Messages = make([]Message, len(r.Messages), len(r.Messages)+1)
	for i, m := range r.Messages {
		out.Messages[i] = m.plain()
	}
	if f == FormSchema {
		out.Schema = &Schema{Name: "calls", Schema: schemaOf(r.Tools)}
		return out
	}
	tools, err := json.Marshal(r.Tools)
	if err != nil { // a tool whose schema is no JSON: the endpoint will say so as well as we could
		tools = []byte("[]")
	}
	out.Messages = append(out.Messages, Message{Role: System, Text: `Answer with one JSON object and nothing else:
{"calls":[{"name":NAME,"arguments":ARGUMENTS}]}
NAME is the name of one of these tools, ARGUMENTS an object that follows its schema.
` + ToolsFence + "\n" + string(tools) + "\n```"})
	return out
}

// plain is a message without calls: they stand in its text, as the model would have written them there.
func (m Message) plain() Message {
	if m.Role == Result {
		m.Role = User
	}
	if len(m.Calls) > 0 {
		m.Text = strings.TrimLeft(m.Text+"\n"+WriteCalls(m.Calls), "\n")
		m.Calls = nil
	}
	return m
}

// written is the form of calls in text.
type written struct {
	Calls []writtenCall `json:"calls"`
}

type writtenCall struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
}

// WriteCalls gives calls as the text that ReadCalls reads. Arguments that are no JSON are given as a JSON string.
func WriteCalls(calls []Call) string {
	w := written{Calls: []writtenCall{}}
	for _, c := range calls {
		arguments := json.RawMessage(c.Arguments)
		if !json.Valid(arguments) {
			arguments, _ = json.Marshal(c.Arguments) // a string always has a JSON form
		}
		w.Calls = append(w.Calls, writtenCall{c.Name, arguments})
	}
	text, _ := json.Marshal(w) // of valid parts
	return string(text)
}

// schemaOf is the schema of a text that calls tools.
func schemaOf(tools []Tool) json.RawMessage {
	type object = map[string]any
	var choices []object
	for _, t := range tools {
		choices = append(choices, object{
			"type": "object", "description": t.Doc, "additionalProperties": false, "required": []string{"name", "arguments"},
			"properties": object{"name": object{"type": "string", "enum": []string{t.Name}}, "arguments": t.Schema},
		})
	}
	text, err := json.Marshal(object{
		"type": "object", "additionalProperties": false, "required": []string{"calls"},
		"properties": object{"calls": object{"type": "array", "items": object{"anyOf": choices}}},
	})
	if err != nil {
		return json.RawMessage(`{"type":"object"}`)
	}
	return text
}

// ErrNoCall says that an answer calls no tool.
var ErrNoCall = errors.New("the answer calls no tool")

// ReadCalls gives the calls of an answer, whichever form it has. Names and arguments are not checked.
func ReadCalls(r Reply) ([]Call, error) {
	if len(r.Calls) > 0 {
		return r.Calls, nil
	}
	text := strings.TrimSpace(r.Text)
	if text == "" {
		return nil, ErrNoCall
	}
	var w written
	if err := json.Unmarshal([]byte(unfenced(text)), &w); err != nil {
		return nil, fmt.Errorf("the answer is not the JSON object asked for: %w", err)
	}
	if len(w.Calls) == 0 {
		return nil, ErrNoCall
	}
	calls := make([]Call, len(w.Calls))
	for i, c := range w.Calls {
		calls[i] = Call{c.Name, string(c.Arguments)}
	}
	return calls, nil
}

// unfenced takes a JSON text out of the Markdown fence that many models put around it.
func unfenced(text string) string {
	if body, ok := strings.CutPrefix(text, "```"); ok {
		if _, after, ok := strings.Cut(body, "\n"); ok {
			if body, ok := strings.CutSuffix(strings.TrimSpace(after), "```"); ok {
				return strings.TrimSpace(body)
			}
		}
	}
	return text
}
