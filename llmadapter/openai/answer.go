package openai

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

// The wire form of an answer, whole (Message) or a piece of one (Delta).
type (
	chunk struct {
		ID      string          `json:"id"`
		Model   string          `json:"model"`
		Choices []choice        `json:"choices"`
		Usage   *usage          `json:"usage"`
		Error   json.RawMessage `json:"error"`
	}
	choice struct {
		Index   int    `json:"index"`
		Delta   piece  `json:"delta"`
		Message piece  `json:"message"`
		Finish  string `json:"finish_reason"`
	}
	piece struct {
		Content   text        `json:"content"`
		Refusal   text        `json:"refusal"`
		Thought   text        `json:"reasoning_content"` // of some servers
		Reasoning text        `json:"reasoning"`         // of others
		Calls     []callPiece `json:"tool_calls"`
	}
	callPiece struct {
		Index    *int   `json:"index"`
		ID       string `json:"id"`
		Function struct {
			Name      string `json:"name"`
			Arguments text   `json:"arguments"`
		} `json:"function"`
	}
	usage struct {
		Input  count `json:"prompt_tokens"`
		Output count `json:"completion_tokens"`
		Detail optional[struct {
			Cached count `json:"cached_tokens"`
		}] `json:"prompt_tokens_details"`
		Hit count `json:"prompt_cache_hit_tokens"` // of DeepSeek, instead
	}
)

// text is a string. Where a server sends a list of parts it is their texts, where another value, that as it is written.
type text string

// UnmarshalJSON reads any value.
func (t *text) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case 'n': // null
		return nil
	case '"':
		if inner := data[1 : len(data)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) { // as most pieces are
			*t = text(inner)
			return nil
		}
		return json.Unmarshal(data, (*string)(t))
	case '[':
		var parts []struct {
			Text text `json:"text"`
		}
		if json.Unmarshal(data, &parts) == nil {
			var all []byte
			for _, p := range parts {
				all = append(all, p.Text...)
			}
			if len(all) > 0 || len(parts) == 0 {
				*t = text(all)
				return nil
			}
		}
	}
	*t = text(data)
	return nil
}

// count is a number of tokens. What is none counts as 0: unknown.
type count int

// UnmarshalJSON reads any value.
func (c *count) UnmarshalJSON(data []byte) error {
	if n, err := strconv.ParseFloat(string(data), 64); err == nil && n > 0 && n <= math.MaxInt32 {
		*c = count(n)
	}
	return nil
}

// maxCalls is how many calls of tools one answer may have.
const maxCalls = 128

var (
	errLarge     = errors.New("the answer is larger")
	errManyCalls = fmt.Errorf("an answer has more than %d calls", maxCalls)
)

// answer is put together from pieces. Nothing in it is read before the end. It is a socket.Form.
type answer struct {
	max    int // bytes
	size   int // so far, thoughts and refusals included
	text   []byte
	calls  []partCall
	finish string
	id     string
	model  string
	usage  llmadapter.Tokens
	scan   scan
}

// partCall is a call as far as it was sent.
type partCall struct {
	index     int
	id, name  string
	arguments []byte
}

// answers are those that are put together again, with their memory.
var answers = sync.Pool{New: func() any { return new(answer) }}

// newAnswer gives an empty one, of at most limit bytes.
func newAnswer(limit int) *answer {
	a := answers.Get().(*answer)
	a.max = limit
	return a
}

// release gives one back that nobody reads any more.
func (a *answer) release() {
	if a.size > maxPooled {
		return
	}
	calls := a.calls[:cap(a.calls)]
	for i := range calls {
		calls[i] = partCall{arguments: calls[i].arguments[:0]}
	}
	*a = answer{text: a.text[:0], calls: calls[:0]}
	answers.Put(a)
}

// maxPooled is how many bytes an answer may have whose memory is kept.
const maxPooled = 32 << 10

// done is the end mark of a stream.
const done = "[DONE]"

// Event takes a piece, or the end mark. Names say nothing in this form.
func (a *answer) Event(_, data []byte) (socket.Step, error) {
	if string(data) == done {
		return socket.Last, nil
	}
	finished := a.finish != ""
	progress, err := a.take(data)
	switch {
	case err != nil:
		return socket.Nothing, err
	case !finished && a.finish != "":
		return socket.Finished, nil
	case progress:
		return socket.Piece, nil
	}
	return socket.Nothing, nil
}

// Whole takes an answer that is no stream.
func (a *answer) Whole(body []byte) error {
	_, err := a.take(body)
	if err == nil && a.id == "" && a.finish == "" && a.size == 0 {
		return socket.ErrNoJSON
	}
	return err
}

// Usage is what is known of the tokens.
func (a *answer) Usage() llmadapter.Tokens { return a.usage }

// take adds a piece. It says whether there was anything of the answer in it. The error is a *socket.Trouble when the server
// reports one instead.
func (a *answer) take(data []byte) (progress bool, err error) {
	c, ok := a.scan.chunk(data)
	if !ok {
		if c, err = readChunk(data); err != nil {
			return false, err
		}
	}
	if len(c.Error) > 0 || len(c.Choices) == 0 && c.Usage == nil { // seldom, so that it may be read twice
		if t, ok := readTrouble(data); ok {
			return false, t.of(http.StatusOK)
		}
	}
	if a.id == "" {
		a.id = c.ID
	}
	if a.model == "" {
		a.model = c.Model
	}
	if c.Usage != nil {
		cached := max(c.Usage.Detail.is.Cached, c.Usage.Hit)
		a.usage = llmadapter.Tokens{Input: int(c.Usage.Input), Output: int(c.Usage.Output), Cached: int(min(cached, c.Usage.Input))}
	}
	before := a.size
	for i := range c.Choices {
		if ch := &c.Choices[i]; ch.Index == 0 {
			if err := a.add(&ch.Delta); err != nil {
				return false, err
			}
			if err := a.add(&ch.Message); err != nil {
				return false, err
			}
			if a.finish == "" && ch.Finish != "" {
				a.finish, progress = ch.Finish, true
			}
		}
	}
	return progress || a.size > before, nil
}

// readChunk reads what scan does not know.
func readChunk(data []byte) (c chunk, err error) {
	if err := json.Unmarshal(data, &c); err != nil {
		return chunk{}, fmt.Errorf("%w: %w", socket.ErrNoJSON, err)
	}
	return c, nil
}

func (a *answer) add(p *piece) error {
	a.size += len(p.Content) + len(p.Refusal) + len(p.Thought) + len(p.Reasoning)
	for i := range p.Calls {
		a.size += len(p.Calls[i].Function.Name) + len(p.Calls[i].Function.Arguments)
	}
	if err := a.full(); err != nil {
		return err
	}
	a.text = append(a.text, p.Content...)
	a.text = append(a.text, p.Refusal...)
	for i := range p.Calls {
		part := &p.Calls[i]
		call := a.callOf(part)
		if call == nil {
			return errManyCalls
		}
		if name := part.Function.Name; call.name != name { // some servers repeat it in every piece
			if len(call.name)+len(name) > socket.MaxName {
				return socket.ErrLongName
			}
			call.name += name
		}
		call.arguments = append(call.arguments, part.Function.Arguments...)
	}
	return a.full() // with the ids of new calls
}

// full is the error of an answer that is too large.
func (a *answer) full() error {
	if a.size > a.max {
		return fmt.Errorf("%w than %d bytes", errLarge, a.max)
	}
	return nil
}

// callOf finds the call that a piece is of, and begins it if it is new; nil: there are too many. A piece says it by its
// index. Some servers give none, or the same to all: there a new id with a name begins a new call.
func (a *answer) callOf(p *callPiece) *partCall {
	at := len(a.calls) - 1
	if p.Index != nil {
		for at >= 0 && a.calls[at].index != *p.Index {
			at--
		}
	}
	if at >= 0 {
		call := &a.calls[at]
		if p.ID == "" || p.ID == call.id || p.Function.Name == "" {
			return call
		}
	}
	if len(a.calls) == maxCalls {
		return nil
	}
	a.size += len(p.ID) // which is kept, too, and in which some servers have more than a name
	n := partCall{id: p.ID}
	switch {
	case p.Index != nil:
		n.index = *p.Index
	case len(a.calls) > 0:
		n.index = a.calls[len(a.calls)-1].index
	}
	if len(a.calls) < cap(a.calls) { // with the memory of one before
		n.arguments = a.calls[:len(a.calls)+1][len(a.calls)].arguments
	}
	a.calls = append(a.calls, n)
	return &a.calls[len(a.calls)-1]
}

// Reply is the answer, if it is whole.
func (a *answer) Reply() (llmadapter.Reply, error) {
	switch a.finish {
	case "":
		return llmadapter.Reply{}, &socket.Trouble{Kind: llmadapter.Truncated, Words: "the answer ended without a finish_reason"}
	case "abort", "error":
		return llmadapter.Reply{}, &socket.Trouble{Kind: llmadapter.Transient, Words: "the server gave up: finish_reason " + a.finish}
	}
	r := llmadapter.Reply{Text: string(a.text), Finish: llmadapter.Finish(a.finish),
		ID: socket.OneLine(a.id, socket.MaxText), Model: socket.OneLine(a.model, socket.MaxText), Usage: a.usage}
	slices.SortStableFunc(a.calls, func(x, y partCall) int { return cmp.Compare(x.index, y.index) })
	for i := range a.calls {
		c := &a.calls[i]
		call := llmadapter.Call{Name: c.name, Arguments: string(c.arguments)}
		if call.Arguments == "" { // as many models write a call without any
			call.Arguments = "{}"
		}
		r.Calls = append(r.Calls, call)
	}
	switch r.Finish {
	case llmadapter.FinishLength, llmadapter.FinishFilter:
	case "max_tokens":
		r.Finish = llmadapter.FinishLength
	default: // servers have many words for it; what was called, if anything, tells them apart
		r.Finish = llmadapter.FinishStop
		if len(r.Calls) > 0 {
			r.Finish = llmadapter.FinishCalls
		}
	}
	return r, nil
}
