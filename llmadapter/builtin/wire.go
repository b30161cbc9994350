package builtin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// What a request may hold at most.
const (
	mostBody     = 8 << 20 // bytes
	mostMessages = 4096
	mostTools    = 128     // OpenAI's own limit
	mostAnswer   = 1 << 20 // tokens that may be asked for
)

// wireRequest is what a client sends, as far as it matters here. What else there is has no effect.
type wireRequest struct {
	Model          string          `json:"model"`
	Messages       []wireMessage   `json:"messages"`
	Tools          []wireTool      `json:"tools"`
	ToolChoice     json.RawMessage `json:"tool_choice"`
	ResponseFormat *wireFormat     `json:"response_format"`
	Stream         bool            `json:"stream"`
	StreamOptions  struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	Seed                *int64 `json:"seed"`
	N                   *int   `json:"n"`
	MaxTokens           *int   `json:"max_tokens"`
	MaxCompletionTokens *int   `json:"max_completion_tokens"`
}

type wireMessage struct {
	Role       string          `json:"role"`
	Content    json.RawMessage `json:"content"`
	ToolCalls  []wireCall      `json:"tool_calls"`
	ToolCallID string          `json:"tool_call_id"`
}

type wireCall struct {
	Index    *int         `json:"index,omitempty"` // in a stream
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type,omitempty"`
	Function wireFunction `json:"function"`
}

type wireFunction struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

type wireTool struct {
	Type     string `json:"type"`
	Function struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	} `json:"function"`
}

type wireFormat struct {
	Type       string `json:"type"`
	JSONSchema struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"schema"`
	} `json:"json_schema"`
}

// readRequest reads a body.
func readRequest(body []byte) (*wireRequest, *problem) {
	w := &wireRequest{}
	if err := json.Unmarshal(body, w); err != nil {
		return nil, badRequest("", "the body is not the JSON of a chat completion: "+shortened(err.Error()))
	}
	switch {
	case w.Model == "":
		return nil, badRequest("model", "you must provide a model parameter")
	case len(w.Messages) == 0 || len(w.Messages) > mostMessages:
		return nil, badRequest("messages", fmt.Sprintf("%d messages; accepted are 1 to %d", len(w.Messages), mostMessages))
	case len(w.Tools) > mostTools:
		return nil, badRequest("tools", fmt.Sprintf("%d tools; accepted are %d at most", len(w.Tools), mostTools))
	case w.N != nil && *w.N != 1:
		return nil, badRequest("n", fmt.Sprintf("n is %d; this stand-in gives 1 answer", *w.N))
	}
	for _, most := range []*int{w.MaxTokens, w.MaxCompletionTokens} {
		if most != nil && (*most < 1 || *most > mostAnswer) {
			return nil, badRequest("max_tokens", fmt.Sprintf("max_tokens is %d; accepted is a number from 1 to %d", *most, mostAnswer))
		}
	}
	return w, nil
}

// conversation gives the messages as llmadapter has them. As OpenAI does, it wants an answer for each call, and a call
// for each answer.
func (w *wireRequest) conversation() ([]llmadapter.Message, *problem) {
	var all []llmadapter.Message
	open := map[string]bool{} // calls that nobody has answered
	for i, m := range w.Messages {
		param := fmt.Sprintf("messages[%d]", i)
		text, ok := m.text()
		if !ok {
			return nil, badRequest(param, "the content is neither a text nor a list of texts")
		}
		if m.Role != "tool" && len(open) > 0 {
			return nil, badRequest(param, "an assistant message with tool_calls must be followed by tool messages that answer each tool_call_id")
		}
		switch m.Role {
		case "system", "developer":
			all = append(all, llmadapter.Message{Role: llmadapter.System, Text: text})
		case "user":
			all = append(all, llmadapter.Message{Role: llmadapter.User, Text: text})
		case "assistant":
			out := llmadapter.Message{Role: llmadapter.Assistant, Text: text}
			for _, c := range m.ToolCalls {
				out.Calls = append(out.Calls, llmadapter.Call{Name: c.Function.Name, Arguments: c.Function.Arguments})
				if c.ID == "" || open[c.ID] {
					return nil, badRequest(param, "a tool call without an id of its own")
				}
				open[c.ID] = true
			}
			all = append(all, out)
		case "tool":
			if !open[m.ToolCallID] {
				return nil, badRequest(param, "a message of role tool must answer a call of the message with tool_calls before it")
			}
			delete(open, m.ToolCallID)
			// One Result answers all calls before it: clients repeat it for each.
			if last := all[len(all)-1]; last.Role != llmadapter.Result || last.Text != text {
				all = append(all, llmadapter.Message{Role: llmadapter.Result, Text: text})
			}
		default:
			return nil, badRequest(param, fmt.Sprintf("role %q; accepted are system, developer, user, assistant, tool", shortened(m.Role)))
		}
	}
	if len(open) > 0 {
		return nil, badRequest("messages", "the last assistant message has tool_calls that no tool message answers")
	}
	return all, nil
}

// text is the content of a message: a text, or the text of its parts.
func (m wireMessage) text() (string, bool) {
	if len(m.Content) == 0 || string(m.Content) == "null" {
		return "", true
	}
	var text string
	if json.Unmarshal(m.Content, &text) == nil {
		return text, true
	}
	var parts []struct{ Type, Text string }
	if json.Unmarshal(m.Content, &parts) != nil {
		return "", false
	}
	var all strings.Builder
	for _, p := range parts {
		if p.Type != "text" {
			return "", false
		}
		all.WriteString(p.Text)
	}
	return all.String(), true
}

var toolName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// offered gives the tools that may be called: none, all, or the one that must be.
func (w *wireRequest) offered() ([]llmadapter.Tool, *problem) {
	var tools []llmadapter.Tool
	for i, t := range w.Tools {
		param := fmt.Sprintf("tools[%d]", i)
		if t.Type != "function" || !toolName.MatchString(t.Function.Name) {
			return nil, badRequest(param, fmt.Sprintf("tool %q of type %q; accepted is a function whose name has 1 to 64 letters, digits, dashes and underscores",
				shortened(t.Function.Name), shortened(t.Type)))
		}
		schema := t.Function.Parameters
		if len(schema) == 0 || string(schema) == "null" {
			schema = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		if !bytes.HasPrefix(schema, []byte("{")) {
			return nil, badRequest(param, "parameters is no JSON Schema of type object")
		}
		tools = append(tools, llmadapter.Tool{Name: t.Function.Name, Doc: t.Function.Description, Schema: schema})
	}
	var choice string
	if len(w.ToolChoice) == 0 || string(w.ToolChoice) == "null" {
		return tools, nil
	}
	if json.Unmarshal(w.ToolChoice, &choice) == nil {
		switch choice {
		case "none":
			return nil, nil
		case "auto", "required":
			return tools, nil
		}
	}
	var one wireTool
	if json.Unmarshal(w.ToolChoice, &one) == nil && one.Type == "function" {
		for _, t := range tools {
			if t.Name == one.Function.Name {
				return []llmadapter.Tool{t}, nil
			}
		}
	}
	return nil, badRequest("tool_choice", "accepted are none, auto, required, or a function that is among the tools")
}

// toolsOfSchema finds the tools in the schema that a Request has as FormSchema; nil: it is a schema of something else.
func toolsOfSchema(schema json.RawMessage) []llmadapter.Tool {
	type branch struct {
		Description string `json:"description"`
		Properties  struct {
			Name struct {
				Enum  []string `json:"enum"`
				Const string   `json:"const"`
			} `json:"name"`
			Arguments json.RawMessage `json:"arguments"`
		} `json:"properties"`
	}
	var s struct {
		Properties struct {
			Calls struct {
				Items struct {
					branch
					AnyOf []branch `json:"anyOf"`
				} `json:"items"`
			} `json:"calls"`
		} `json:"properties"`
	}
	if json.Unmarshal(schema, &s) != nil {
		return nil
	}
	items := s.Properties.Calls.Items
	if len(items.AnyOf) == 0 {
		items.AnyOf = []branch{items.branch}
	}
	var tools []llmadapter.Tool
	for _, b := range items.AnyOf {
		name := b.Properties.Name.Const
		if len(b.Properties.Name.Enum) == 1 {
			name = b.Properties.Name.Enum[0]
		}
		if name == "" || !bytes.HasPrefix(b.Properties.Arguments, []byte("{")) || len(tools) == mostTools {
			return nil
		}
		tools = append(tools, llmadapter.Tool{Name: name, Doc: b.Description, Schema: b.Properties.Arguments})
	}
	return tools
}

// toolsOfText finds the tools that a prompt lists, as a Request has them as FormText, and the messages without them.
func toolsOfText(messages []llmadapter.Message) (tools []llmadapter.Tool, rest []llmadapter.Message) {
	for i, m := range slices.Backward(messages) {
		if m.Role != llmadapter.System {
			continue
		}
		_, after, ok := strings.Cut("\n"+m.Text, "\n"+llmadapter.ToolsFence+"\n")
		line, _, _ := strings.Cut(after, "\n")
		if !ok || json.Unmarshal([]byte(line), &tools) != nil || len(tools) > mostTools {
			continue
		}
		return tools, slices.Delete(slices.Clone(messages), i, i+1)
	}
	return nil, messages
}
