package llmadapter

import (
	"context"
	"encoding/json"
	"time"

	"github.com/polis-agents/polis/journal"
)

// Model is a client of a language model. Complete makes one attempt: no retry, no queue, no limit of its own, since
// the adapter owns all of them. It returns soon after ctx ends. Its errors are *Error wherever the cause is known.
// Complete is called concurrently.
type Model interface {
	Complete(ctx context.Context, r Request) (Reply, error)
}

// ModelFunc is a Model without state.
type ModelFunc func(ctx context.Context, r Request) (Reply, error)

// Complete calls f.
func (f ModelFunc) Complete(ctx context.Context, r Request) (Reply, error) { return f(ctx, r) }

// Request is what a model is asked. It is the payload that agents ask the adapter's service with, and read-only.
type Request struct {
	Messages   []Message `json:"messages"`
	Tools      []Tool    `json:"tools,omitempty"`      // the answer is to be calls of some of these; none: text
	MaxTokens  int       `json:"max_tokens,omitempty"` // of the answer; 0: the model's own limit
	Priority   int       `json:"priority,omitempty"`   // those with a higher one are served first; 0 is usual
	Repeatable bool      `json:"repeatable,omitempty"` // it may be asked again although it may have been billed already
	Shared     bool      `json:"shared,omitempty"`     // one call may answer it together with requests of the same content that are open

	// Stamped by the adapter, and outside of the record.
	Seed   uint64  `json:"-"` // the ask's own, of 53 bits: the same when it is asked again; 0: none
	Schema *Schema `json:"-"` // the form of the text of the answer, where tools are asked for in that way; see As
}

// Message is a piece of the conversation with a model.
type Message struct {
	Role  Role   `json:"role"`
	Text  string `json:"text,omitempty"`
	Calls []Call `json:"calls,omitempty"` // of an assistant
}

// Role is whose piece it is.
type Role string

// The roles. Result answers the calls of the assistant's message before it, all of them at once.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
	Result    Role = "result"
)

// Tool is something a model can call.
type Tool struct {
	Name   string          `json:"name"`
	Doc    string          `json:"doc"`
	Schema json.RawMessage `json:"schema"` // of the arguments: a JSON Schema of type object
}

// Schema is a JSON Schema that the text of an answer is to have.
type Schema struct {
	Name   string
	Schema json.RawMessage
}

// Call is the call of a tool, as the model wrote it: nothing about it is checked.
type Call struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// Finish is why an answer ended.
type Finish string

// Why an answer ended, in the words of the OpenAI wire form. An answer cut at its length is no error, but incomplete.
const (
	FinishStop   Finish = "stop"
	FinishCalls  Finish = "tool_calls"
	FinishLength Finish = "length"
	FinishFilter Finish = "content_filter"
)

// Reply is a model's answer. What an agent gets, and the record has, is its content and why it ended.
type Reply struct {
	Text   string `json:"text,omitempty"`
	Calls  []Call `json:"calls,omitempty"`
	Finish Finish `json:"finish"`

	// For the ledger and the limits; an agent gets zeros.
	ID         string        `json:"-"` // of the provider
	Model      string        `json:"-"` // that answered
	Usage      Tokens        `json:"-"`
	FirstToken time.Duration `json:"-"` // from the start of the attempt to the first piece of the answer; 0: it came as a whole
	Rates      Rates         `json:"-"` // as the head of the answer says
}

// Tokens of a request and of its answer, as the server counts them; 0: it did not say.
type Tokens struct {
	Input  int // all of the prompt
	Output int // thoughts included
	Cached int // of Input: what the server had read before, and counts for less
}

func init() {
	journal.Register[Request]("llm.Request")
	journal.Register[Reply]("llm.Reply")
	journal.Register[Rejected]("llm.Rejected")
	journal.Register[Failed]("llm.Failed")
}
