package builtin

import (
	"encoding/json"
	"strconv"

	"github.com/polis-agents/polis/llmadapter"
)

// created is when all answers were made: an answer is a function of its request.
const created = 1767225600

// fingerprint says in each answer who gives it.
const fingerprint = "stand-in, no language model"

// completing is an answer told as a chat completion, the form of OpenAI.
type completing struct{ *told }

// completion is an answer on the wire, or a piece of one.
type completion struct {
	ID          string   `json:"id"`
	Object      string   `json:"object"`
	Created     int64    `json:"created"`
	Model       string   `json:"model"`
	Fingerprint string   `json:"system_fingerprint"`
	Choices     []choice `json:"choices"`
	Usage       *usage   `json:"usage,omitempty"`
}

type choice struct {
	Index   int                `json:"index"`
	Message *content           `json:"message,omitempty"`
	Delta   *content           `json:"delta,omitempty"`
	Finish  *llmadapter.Finish `json:"finish_reason"`
}

type content struct {
	Role  string     `json:"role,omitempty"`
	Text  *string    `json:"content,omitempty"`
	Calls []wireCall `json:"tool_calls,omitempty"`
}

type usage struct {
	Prompt     int      `json:"prompt_tokens"`
	Completion int      `json:"completion_tokens"`
	Total      int      `json:"total_tokens"`
	Details    *details `json:"completion_tokens_details,omitempty"`
}

type details struct {
	Reasoning int `json:"reasoning_tokens"`
}

func (c *completing) begin() []byte {
	empty := ""
	return c.delta(&content{Role: "assistant", Text: &empty})
}

func (c *completing) piece(p token, fresh bool) (out []byte) {
	if fresh {
		out = c.delta(&content{Calls: []wireCall{c.announce(p.call)}})
	}
	switch {
	case p.call < 0:
		out = append(out, c.delta(&content{Text: &p.text})...)
	case p.text != "":
		out = append(out, c.delta(&content{Calls: []wireCall{{Index: &p.call, Function: wireFunction{Arguments: p.text}}}})...)
	}
	return out
}

func (c *completing) finish() []byte {
	out := event(c.document("chat.completion.chunk", choice{Delta: &content{}, Finish: &c.answer.finish}))
	if c.ask.usage {
		doc := c.document("chat.completion.chunk")
		doc.Choices, doc.Usage = []choice{}, c.used()
		out = append(out, event(doc)...)
	}
	return append(out, "data: [DONE]\n\n"...)
}

func (c *completing) whole() []byte {
	message := content{Role: "assistant"}
	var calls []wireCall
	for _, piece := range c.tokens { // as far as the limit let it come
		if piece.call < 0 {
			if message.Text == nil {
				message.Text = new(string)
			}
			*message.Text += piece.text
			continue
		}
		if piece.call == len(calls) {
			calls = append(calls, c.announce(piece.call))
			calls[piece.call].Index = nil
		}
		calls[piece.call].Function.Arguments += piece.text
	}
	message.Calls = calls
	doc := c.document("chat.completion", choice{Message: &message, Finish: &c.answer.finish})
	doc.Usage = c.used()
	text, _ := json.Marshal(doc) // of texts and numbers, which have a JSON form
	return text
}

// announce is how a call begins: its id and its name.
func (c *completing) announce(i int) wireCall {
	id := "call_sim_" + c.ask.digest + "_" + strconv.Itoa(i)
	return wireCall{Index: &i, ID: id, Type: "function", Function: wireFunction{Name: c.answer.calls[i].Name}}
}

// delta is a piece.
func (c *completing) delta(of *content) []byte {
	return event(c.document("chat.completion.chunk", choice{Delta: of}))
}

// document is the frame of each piece.
func (c *completing) document(object string, choices ...choice) completion {
	return completion{ID: "chatcmpl-sim-" + c.ask.digest, Object: object, Created: created, Model: c.s.cfg.Name, Fingerprint: fingerprint, Choices: choices}
}

func (c *completing) used() *usage {
	n := c.spent()
	u := &usage{Prompt: c.ask.prompt, Completion: n, Total: c.ask.prompt + n}
	if c.answer.thoughts > 0 {
		u.Details = &details{c.answer.thoughts}
	}
	return u
}

// event is a server-sent event.
func event(doc any) []byte {
	text, _ := json.Marshal(doc) // of texts and numbers, which have a JSON form
	return append(append([]byte("data: "), text...), "\n\n"...)
}
