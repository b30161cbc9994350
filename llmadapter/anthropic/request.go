package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

// The wire form of a request.
type (
	wireRequest struct {
		Model       string        `json:"model"`
		MaxTokens   int           `json:"max_tokens"`
		System      string        `json:"system,omitempty"`
		Messages    []wireMessage `json:"messages"`
		Tools       []wireTool    `json:"tools,omitempty"`
		ToolChoice  *wireChoice   `json:"tool_choice,omitempty"`
		Output      *wireOutput   `json:"output_config,omitempty"`
		Temperature *float64      `json:"temperature,omitempty"`
		Stream      bool          `json:"stream"`
	}
	wireMessage struct {
		Role    string      `json:"role"`
		Content []wireBlock `json:"content"`
	}
	wireBlock struct {
		Type    string          `json:"type"`
		Text    string          `json:"text,omitempty"`
		ID      string          `json:"id,omitempty"` // of a tool_use
		Name    string          `json:"name,omitempty"`
		Input   json.RawMessage `json:"input,omitempty"`
		Answers string          `json:"tool_use_id,omitempty"` // of a tool_result
		Content string          `json:"content,omitempty"`
	}
	wireTool struct {
		Name        string          `json:"name"`
		Description string          `json:"description,omitempty"`
		Schema      json.RawMessage `json:"input_schema"`
	}
	wireChoice struct {
		Type string `json:"type"`
	}
	wireOutput struct {
		Format wireFormat `json:"format"`
	}
	wireFormat struct {
		Type   string          `json:"type"`
		Schema json.RawMessage `json:"schema"`
	}
)

// encode writes a request into a buffer from the pool.
func (c *Client) encode(r llmadapter.Request) (*bytes.Buffer, error) {
	w := wireRequest{Model: c.cfg.Model, MaxTokens: r.MaxTokens, Temperature: c.cfg.Temperature, Stream: true}
	switch {
	case r.MaxTokens < 0:
		return nil, fmt.Errorf("a limit of %d tokens; accepted is 1 or more, 0 for that of the configuration", r.MaxTokens)
	case r.MaxTokens == 0:
		w.MaxTokens = c.cfg.MaxTokens
	}
	var talk conversation
	if err := talk.read(r); err != nil {
		return nil, err
	}
	w.System, w.Messages = talk.system, talk.messages
	for _, t := range r.Tools {
		schema := t.Schema
		if len(schema) == 0 {
			schema = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		w.Tools = append(w.Tools, wireTool{t.Name, t.Doc, schema})
		w.ToolChoice = &wireChoice{"any"}
	}
	if s := r.Schema; s != nil {
		w.Output = &wireOutput{wireFormat{"json_schema", fitted(s.Schema)}}
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

// conversation gives messages their wire form: users and assistants by turns, and every call answered in the message
// after it.
type conversation struct {
	system   string
	messages []wireMessage
	calls    bool     // are given as such; else they stand in the text
	ids      int      // given so far
	open     []string // the ids of calls that are not answered yet
}

func (t *conversation) read(r llmadapter.Request) error {
	t.calls = len(r.Tools) > 0
	t.messages = make([]wireMessage, 0, len(r.Messages))
	for i := range r.Messages {
		if err := t.add(&r.Messages[i]); err != nil {
			return err
		}
	}
	t.answer("")
	if len(t.messages) == 0 && t.system != "" { // somebody must speak
		t.user(t.system)
		t.system = ""
	}
	if len(t.messages) == 0 {
		return errors.New("a request without messages")
	}
	if last := &t.messages[len(t.messages)-1]; last.Role == "assistant" { // whose end the model would go on from: no space there
		end := &last.Content[len(last.Content)-1]
		end.Text = strings.TrimRight(end.Text, " \t\r\n")
	}
	return nil
}

// add adds a message of ours.
func (t *conversation) add(m *llmadapter.Message) error {
	switch m.Role {
	case llmadapter.System:
		switch {
		case blank(m.Text):
		case t.system == "":
			t.system = m.Text
		default:
			t.system += "\n\n" + m.Text
		}
	case llmadapter.User:
		t.answer("")
		t.user(m.Text)
	case llmadapter.Result:
		if len(t.open) > 0 {
			t.answer(m.Text)
			break
		}
		t.user(m.Text) // of no call: the assistant wrote text, and this is what we say to it
	case llmadapter.Assistant:
		t.answer("")
		t.assistant(m)
	default:
		return fmt.Errorf("role %q; accepted is %s, %s, %s, %s", socket.OneLine(string(m.Role), 40),
			llmadapter.System, llmadapter.User, llmadapter.Assistant, llmadapter.Result)
	}
	return nil
}

// answer answers the calls that are open, all of them with one text.
func (t *conversation) answer(text string) {
	if blank(text) {
		text = ""
	}
	for _, id := range t.open {
		t.put("user", wireBlock{Type: "tool_result", Answers: id, Content: text})
	}
	t.open = nil
}

func (t *conversation) user(text string) {
	if !blank(text) {
		t.put("user", wireBlock{Type: "text", Text: text})
	}
}

func (t *conversation) assistant(m *llmadapter.Message) {
	text := m.Text
	if len(m.Calls) > 0 && !t.calls {
		text = strings.TrimLeft(text+"\n"+llmadapter.WriteCalls(m.Calls), "\n")
	}
	if !blank(text) {
		t.put("assistant", wireBlock{Type: "text", Text: text})
	}
	if !t.calls {
		return
	}
	for _, call := range m.Calls {
		id := "call_" + strconv.Itoa(t.ids)
		t.ids++
		t.open = append(t.open, id)
		t.put("assistant", wireBlock{Type: "tool_use", ID: id, Name: nameOf(call.Name), Input: inputOf(call.Arguments)})
	}
}

// put adds a block to the message of a role, which is the last one or a new one.
func (t *conversation) put(role string, b wireBlock) {
	if n := len(t.messages); n == 0 || t.messages[n-1].Role != role {
		t.messages = append(t.messages, wireMessage{Role: role})
	}
	last := &t.messages[len(t.messages)-1]
	last.Content = append(last.Content, b)
}

// blank says whether a text has nothing in it: servers refuse a whole conversation for one such piece.
func blank(text string) bool { return strings.TrimSpace(text) == "" }

// maxName is how long the name of a tool may be.
const maxName = 64

// nameOf gives the name of a call that a model made, as servers take it: they refuse a whole conversation for one that
// was written badly.
func nameOf(name string) string {
	out := []byte(name[:min(len(name), maxName)])
	for i, c := range out {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
			out[i] = '_'
		}
	}
	if len(out) == 0 {
		return "_"
	}
	return string(out)
}

// inputOf gives arguments that are an object of JSON as they are. Anything else a model wrote is put into an object.
func inputOf(arguments string) json.RawMessage {
	if text := strings.TrimLeft(arguments, " \t\r\n"); strings.HasPrefix(text, "{") && json.Valid([]byte(text)) {
		return json.RawMessage(strings.ToValidUTF8(text, "\uFFFD"))
	}
	text, _ := json.Marshal(struct { // of a string there is always a JSON form
		Unreadable string `json:"unreadable"`
	}{arguments})
	return text
}
