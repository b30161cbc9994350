package builtin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// messagesRequest is what a client of Anthropic's form sends, as far as it matters here.
type messagesRequest struct {
	Model     string          `json:"model"`
	MaxTokens *int            `json:"max_tokens"`
	System    json.RawMessage `json:"system"`
	Messages  []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	} `json:"messages"`
	Tools []struct {
		Type        string          `json:"type"`
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Schema      json.RawMessage `json:"input_schema"`
	} `json:"tools"`
	ToolChoice *struct {
		Type string `json:"type"`
		Name string `json:"name"`
	} `json:"tool_choice"`
	OutputConfig struct {
		Format *messagesFormat `json:"format"`
	} `json:"output_config"`
	OutputFormat *messagesFormat `json:"output_format"` // where it was before
	Stream       bool            `json:"stream"`
}

type messagesFormat struct {
	Type   string          `json:"type"`
	Schema json.RawMessage `json:"schema"`
}

// messagesBlock is a piece of the content of a message.
type messagesBlock struct {
	Type    string          `json:"type"`
	Text    string          `json:"text"`
	ID      string          `json:"id"` // of a tool_use
	Name    string          `json:"name"`
	Input   json.RawMessage `json:"input"`
	Answers string          `json:"tool_use_id"` // of a tool_result
	Content json.RawMessage `json:"content"`
}

// readMessages reads a body.
func readMessages(body []byte) (*messagesRequest, *problem) {
	w := &messagesRequest{}
	if err := json.Unmarshal(body, w); err != nil {
		return nil, badRequest("", "the body is not the JSON of a request for a message: "+shortened(err.Error()))
	}
	switch {
	case w.Model == "":
		return nil, badRequest("model", "Field required")
	case w.MaxTokens == nil:
		return nil, badRequest("max_tokens", "Field required")
	case *w.MaxTokens < 1 || *w.MaxTokens > mostAnswer:
		return nil, badRequest("max_tokens", fmt.Sprintf("%d; accepted is a number from 1 to %d", *w.MaxTokens, mostAnswer))
	case len(w.Messages) == 0 || len(w.Messages) > mostMessages:
		return nil, badRequest("messages", fmt.Sprintf("%d messages; accepted are 1 to %d", len(w.Messages), mostMessages))
	case len(w.Tools) > mostTools:
		return nil, badRequest("tools", fmt.Sprintf("%d tools; accepted are %d at most", len(w.Tools), mostTools))
	}
	return w, nil
}

// blocksOf is a content: a text, or a list of blocks.
func blocksOf(content json.RawMessage) ([]messagesBlock, bool) {
	var text string
	if json.Unmarshal(content, &text) == nil && len(content) > 0 && content[0] == '"' {
		return []messagesBlock{{Type: "text", Text: text}}, true
	}
	var blocks []messagesBlock
	return blocks, len(content) > 0 && content[0] == '[' && json.Unmarshal(content, &blocks) == nil
}

// textOf is a content that may only be text.
func textOf(content json.RawMessage) (string, bool) {
	if len(content) == 0 || string(content) == "null" {
		return "", true
	}
	blocks, ok := blocksOf(content)
	var all strings.Builder
	for _, b := range blocks {
		ok = ok && b.Type == "text"
		all.WriteString(b.Text)
	}
	return all.String(), ok
}

// talk is a conversation that is being read.
type talk struct {
	all  []llmadapter.Message
	open map[string]bool // calls that nobody has answered
}

// conversation gives the messages as llmadapter has them: a text of a user is a message of its own, as it was before
// neighbours were merged. As Anthropic does, it wants an answer for each call, right after it and before any text.
func (w *messagesRequest) conversation() ([]llmadapter.Message, *problem) {
	t := &talk{open: map[string]bool{}}
	system, ok := textOf(w.System)
	if !ok {
		return nil, badRequest("system", "neither a text nor a list of text blocks")
	}
	t.system(system)
	for i, m := range w.Messages {
		param := fmt.Sprintf("messages.%d", i)
		blocks, ok := blocksOf(m.Content)
		switch {
		case m.Role != "user" && m.Role != "assistant":
			return nil, badRequest(param, fmt.Sprintf("role %q; accepted are user and assistant, and the parameter system", shortened(m.Role)))
		case i == 0 && m.Role != "user":
			return nil, badRequest("messages", `first message must use the "user" role`)
		case !ok:
			return nil, badRequest(param+".content", "neither a text nor a list of blocks")
		case len(blocks) == 0 && (m.Role == "user" || i+1 < len(w.Messages)):
			return nil, badRequest(param, "all messages must have non-empty content except for the optional final assistant message")
		}
		read := t.user
		if m.Role == "assistant" {
			read = t.assistant
		}
		if p := read(blocks); p != nil {
			p.param = param + ".content"
			return nil, p
		}
	}
	if len(t.open) > 0 {
		return nil, unanswered()
	}
	return t.all, nil
}

// system adds what is said first. A paragraph that lists tools is a message of its own, as it was before it was joined.
func (t *talk) system(text string) {
	say := func(text string) {
		if text != "" {
			t.all = append(t.all, llmadapter.Message{Role: llmadapter.System, Text: text})
		}
	}
	if fence := strings.LastIndex(text, "\n"+llmadapter.ToolsFence+"\n"); fence >= 0 {
		if before := strings.LastIndex(text[:fence], "\n\n"); before >= 0 {
			say(text[:before])
			text = text[before+2:]
		}
	}
	say(text)
}

func unanswered() *problem {
	return badRequest("messages", "`tool_use` ids were found without `tool_result` blocks immediately after. Each `tool_use` block must have a corresponding `tool_result` block in the next message.")
}

func (t *talk) user(blocks []messagesBlock) *problem {
	for _, b := range blocks {
		switch b.Type {
		case "text":
			if len(t.open) > 0 {
				return unanswered()
			}
			if b.Text == "" {
				return badRequest("", "text content blocks must be non-empty")
			}
			t.all = append(t.all, llmadapter.Message{Role: llmadapter.User, Text: b.Text})
		case "tool_result":
			if !t.open[b.Answers] {
				return badRequest("", "unexpected `tool_use_id` found in `tool_result` blocks: each must answer a `tool_use` block of the previous message")
			}
			delete(t.open, b.Answers)
			text, ok := textOf(b.Content)
			if !ok {
				return badRequest("", "the content of a tool_result is neither a text nor a list of text blocks")
			}
			// One Result answers all calls before it: clients repeat it for each.
			if last := t.all[len(t.all)-1]; last.Role != llmadapter.Result || last.Text != text {
				t.all = append(t.all, llmadapter.Message{Role: llmadapter.Result, Text: text})
			}
		default:
			return badRequest("", fmt.Sprintf("block of type %q; accepted from a user are text and tool_result", shortened(b.Type)))
		}
	}
	return nil
}

func (t *talk) assistant(blocks []messagesBlock) *problem {
	if len(t.open) > 0 {
		return unanswered()
	}
	out := llmadapter.Message{Role: llmadapter.Assistant}
	for _, b := range blocks {
		switch b.Type {
		case "text":
			out.Text += b.Text
		case "thinking", "redacted_thinking": // its own, of which nothing is left here
		case "tool_use":
			if b.ID == "" || t.open[b.ID] || !toolName.MatchString(b.Name) || !bytes.HasPrefix(b.Input, []byte("{")) {
				return badRequest("", "a tool_use block needs an id of its own, a name of 1 to 64 letters, digits, dashes and underscores, and an object as its input")
			}
			t.open[b.ID] = true
			out.Calls = append(out.Calls, llmadapter.Call{Name: b.Name, Arguments: string(b.Input)})
		default:
			return badRequest("", fmt.Sprintf("block of type %q; accepted from an assistant are text, thinking, redacted_thinking and tool_use", shortened(b.Type)))
		}
	}
	t.all = append(t.all, out)
	return nil
}

// offered gives the tools that may be called: none, all, or the one that must be.
func (w *messagesRequest) offered() ([]llmadapter.Tool, *problem) {
	var tools []llmadapter.Tool
	for i, t := range w.Tools {
		param := fmt.Sprintf("tools.%d", i)
		switch {
		case t.Type != "" && t.Type != "custom" || !toolName.MatchString(t.Name):
			return nil, badRequest(param, fmt.Sprintf("tool %q of type %q; accepted is one of type custom whose name has 1 to 64 letters, digits, dashes and underscores",
				shortened(t.Name), shortened(t.Type)))
		case !bytes.HasPrefix(t.Schema, []byte("{")):
			return nil, badRequest(param+".input_schema", "no JSON Schema of type object")
		}
		tools = append(tools, llmadapter.Tool{Name: t.Name, Doc: t.Description, Schema: t.Schema})
	}
	if w.ToolChoice == nil {
		return tools, nil
	}
	switch w.ToolChoice.Type {
	case "none":
		return nil, nil
	case "auto", "any":
		return tools, nil
	case "tool":
		for _, t := range tools {
			if t.Name == w.ToolChoice.Name {
				return []llmadapter.Tool{t}, nil
			}
		}
	}
	return nil, badRequest("tool_choice", "accepted are none, auto, any, or a tool that is among the tools")
}

// format is that of the text that is asked for; nil: any.
func (w *messagesRequest) format() *wireFormat {
	f := w.OutputConfig.Format
	if f == nil {
		f = w.OutputFormat
	}
	if f == nil {
		return nil
	}
	out := &wireFormat{Type: f.Type}
	out.JSONSchema.Schema = f.Schema
	return out
}
