package builtin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/llmadapter"
)

// ask is what a request asks for, whichever form it has.
type ask struct {
	model    string
	messages []llmadapter.Message // without what only describes the form
	tools    []llmadapter.Tool    // that may be called; none: text is asked for
	form     llmadapter.Form      // in which calls are asked for; "": none are
	schema   json.RawMessage      // of a text that is not about calls; nil: free text
	object   bool                 // the text is to be a JSON object
	most     int                  // tokens of the answer; 0: no limit
	reserved int                  // of these, taken from the limits a minute beforehand
	hasTools bool                 // it came with tools, although perhaps none of them may be called
	prompt   int                  // tokens of the request
	stream   bool
	usage    bool // a last chunk tells the tokens
	seed     uint64
	embed    *embedAsk // what vectors are asked for; nil: an answer is
	digest   string    // of all that the answer depends on, hexadecimal
}

// readAsk finds out what is asked for.
func readAsk(w *wireRequest) (*ask, *problem) {
	messages, p := w.conversation()
	if p != nil {
		return nil, p
	}
	a := &ask{model: w.Model, messages: messages, stream: w.Stream, usage: w.StreamOptions.IncludeUsage, hasTools: len(w.Tools) > 0}
	if w.Seed != nil {
		a.seed = uint64(*w.Seed)
	}
	for _, most := range []*int{w.MaxTokens, w.MaxCompletionTokens} {
		if most != nil {
			a.most = *most
		}
	}
	a.reserved = a.most // as OpenAI does
	tools, p := w.offered()
	if p != nil {
		return nil, p
	}
	if p := a.wants(tools, w.ResponseFormat); p != nil {
		return nil, p
	}
	return a, a.stamp()
}

// wants finds how calls are to be made, and of which tools.
func (a *ask) wants(tools []llmadapter.Tool, f *wireFormat) *problem {
	for _, m := range a.messages {
		a.prompt += 3 + countTokens(m.Text)
		for _, c := range m.Calls {
			a.prompt += countTokens(c.Name) + countTokens(c.Arguments)
		}
	}
	if a.hasTools {
		if a.tools = tools; len(a.tools) > 0 {
			a.form = llmadapter.FormTools
			for _, t := range a.tools {
				a.prompt += countTokens(t.Name) + countTokens(t.Doc) + countTokens(string(t.Schema))
			}
		}
		return nil
	}
	if f != nil {
		switch f.Type {
		case "json_schema":
			a.prompt += countTokens(string(f.JSONSchema.Schema))
			if !bytes.HasPrefix(f.JSONSchema.Schema, []byte("{")) {
				return badRequest("response_format", "json_schema has no schema")
			}
			if a.tools = toolsOfSchema(f.JSONSchema.Schema); a.tools == nil {
				a.schema = f.JSONSchema.Schema
			}
			a.form = llmadapter.FormSchema
			return nil
		case "json_object":
			a.object = true
		case "", "text":
		default:
			return badRequest("response_format", "accepted are text, json_object and json_schema")
		}
	}
	if a.tools, a.messages = toolsOfText(a.messages); len(a.tools) > 0 {
		a.form = llmadapter.FormText
	}
	return nil
}

// stamp takes the digest. Schemas are compared by what they say, and what was said before by its plain form, so that
// the same question has the same answer in each form.
func (a *ask) stamp() *problem {
	plain := llmadapter.Request{Messages: a.messages, Tools: []llmadapter.Tool{{}}}.As(llmadapter.FormSchema).Messages
	tools := make([]llmadapter.Tool, len(a.tools))
	for i, t := range a.tools {
		schema, err := canonical(t.Schema)
		if err != nil {
			return badRequest("tools", "a schema that is no JSON")
		}
		tools[i] = llmadapter.Tool{Name: t.Name, Doc: t.Doc, Schema: schema}
	}
	asked := []any{a.seed, plain, tools, a.schema, a.object}
	if a.embed != nil {
		asked = []any{"embed", a.embed.texts, a.embed.dimensions}
	}
	text, err := json.Marshal(asked)
	if err != nil {
		return badRequest("", "it has no canonical form")
	}
	sum := sha256.Sum256(text)
	a.digest = hex.EncodeToString(sum[:12])
	return nil
}

// canonical is JSON with sorted keys and without spaces.
func canonical(text json.RawMessage) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// rand is the chance of the answer.
func (a *ask) rand() *rand.Rand { return chance.New(a.seed, "stand-in/"+a.digest, 0) }
