package anthropic

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

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

// The wire form of an event of a stream. A whole answer has the form of a message, with a type and an error beside.
type (
	event struct {
		Type    string          `json:"type"`
		Index   int             `json:"index"`
		Message message         `json:"message"`       // of message_start
		Block   block           `json:"content_block"` // of content_block_start
		Delta   delta           `json:"delta"`         // of content_block_delta and message_delta
		Usage   usage           `json:"usage"`         // of message_delta
		Error   json.RawMessage `json:"error"`
	}
	message struct {
		ID      string  `json:"id"`
		Model   string  `json:"model"`
		Content []block `json:"content"`
		Stop    string  `json:"stop_reason"`
		Usage   usage   `json:"usage"`
	}
	block struct {
		Type     string          `json:"type"`
		Text     string          `json:"text"`
		Thinking string          `json:"thinking"`
		Data     string          `json:"data"` // of thoughts that are not shown
		Name     string          `json:"name"`
		Input    json.RawMessage `json:"input"`
	}
	delta struct {
		Type      string `json:"type"`
		Text      string `json:"text"`
		JSON      string `json:"partial_json"`
		Thinking  string `json:"thinking"`
		Signature string `json:"signature"`
		Stop      string `json:"stop_reason"`
	}
	usage struct {
		Input  count `json:"input_tokens"` // that the server had not read before, and does not keep
		Kept   count `json:"cache_creation_input_tokens"`
		Cached count `json:"cache_read_input_tokens"`
		Output count `json:"output_tokens"`
	}
)

// count is a number of tokens. What is none counts as 0: unknown.
type count int

// UnmarshalJSON reads any value.
func (c *count) UnmarshalJSON(data []byte) error {
	if n, err := strconv.ParseFloat(string(data), 64); err == nil && n > 0 && n <= math.MaxInt32 {
		*c = count(n)
	}
	return nil
}

// maxBlocks is how many pieces of content one answer may have: texts, thoughts and calls.
const maxBlocks = 128

var (
	errLarge      = errors.New("the answer is larger")
	errManyBlocks = fmt.Errorf("an answer has more than %d blocks", maxBlocks)
	errNoBlock    = errors.New("a piece of an answer is of no block that has begun")
)

// answer is put together from events. Nothing in it is read before the end. It is a socket.Form.
type answer struct {
	max    int // bytes
	size   int // so far, thoughts and their signatures included
	text   []byte
	blocks []part
	stop   string // why it ended; "": that is not known
	ended  bool   // message_stop came
	id     string
	model  string
	usage  usage
	event  event // the last one
	scan   scan
}

// part is a block as far as it was sent. Only calls have more than an index.
type part struct {
	index int
	call  bool
	name  string
	whole []byte // the arguments that came with the beginning
	input []byte // and those that came in pieces
}

// complete says whether all of the content has come.
func (a *answer) complete() bool { return a.stop != "" || a.ended }

// Event takes an event of a stream. Its data says by itself what it is, but what says nothing need not be read.
func (a *answer) Event(name, data []byte) (socket.Step, error) {
	if string(name) == "ping" || string(name) == "content_block_stop" {
		return socket.Nothing, nil
	}
	complete := a.complete()
	progress, err := a.take(data)
	switch {
	case err != nil:
		return socket.Nothing, err
	case a.ended:
		return socket.Last, nil
	case !complete && a.complete():
		return socket.Finished, nil
	case progress:
		return socket.Piece, nil
	}
	return socket.Nothing, nil
}

// Whole takes an answer that is no stream.
func (a *answer) Whole(body []byte) error {
	var m struct {
		Type  string          `json:"type"`
		Error json.RawMessage `json:"error"`
		message
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return fmt.Errorf("%w: %w", socket.ErrNoJSON, err)
	}
	if m.Type != "message" && m.Stop == "" && m.Content == nil {
		if t, ok := readTrouble(body); ok {
			return t.of(http.StatusOK)
		}
		return socket.ErrNoJSON
	}
	return a.message(&m.message)
}

// Usage is what is known of the tokens.
func (a *answer) Usage() llmadapter.Tokens { return a.usage.tokens() }

// take adds an event. It says whether there was anything of the answer in it. The error is a *socket.Trouble when the
// server reports one instead.
func (a *answer) take(data []byte) (progress bool, err error) {
	e := &a.event
	*e = event{}
	if !a.scan.event(data, e) {
		*e = event{}
		if err := json.Unmarshal(data, e); err != nil {
			if stranger(data) {
				return false, nil
			}
			return false, fmt.Errorf("%w: %w", socket.ErrNoJSON, err)
		}
	}
	if e.Type == "error" || len(e.Error) > 0 && string(e.Error) != "null" {
		t, _ := readTrouble(data)
		return false, t.of(http.StatusOK)
	}
	before := a.size
	switch e.Type {
	case "message_start":
		err = a.message(&e.Message)
	case "content_block_start":
		err = a.begin(e.Index, &e.Block)
	case "content_block_delta":
		err = a.add(e.Index, &e.Delta)
	case "message_delta":
		a.usage.grow(e.Usage)
		progress = a.stopped(e.Delta.Stop)
	case "message_stop":
		progress, a.ended = !a.complete(), true
	}
	if err != nil {
		return false, err
	}
	return progress || a.size > before, nil
}

// events are those that say something about an answer. The provider may send others at any time.
var events = []string{"message_start", "content_block_start", "content_block_delta", "message_delta", "message_stop", "error"}

// stranger says whether an event is of a kind that is not known here, whatever else is in it.
func stranger(data []byte) bool {
	var e struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(data, &e) == nil && e.Type != "" && !slices.Contains(events, e.Type)
}

// message takes what an answer begins with, or all of it.
func (a *answer) message(m *message) error {
	if a.id == "" {
		a.id = m.ID
	}
	if a.model == "" {
		a.model = m.Model
	}
	a.usage.grow(m.Usage)
	for i := range m.Content {
		if err := a.begin(i, &m.Content[i]); err != nil {
			return err
		}
	}
	a.stopped(m.Stop)
	return nil
}

// stopped takes the reason of the end; the first one counts.
func (a *answer) stopped(reason string) (progress bool) {
	if a.stop != "" || reason == "" {
		return false
	}
	a.stop = reason
	return true
}

// grow takes what a server says was used so far. Some say it at the beginning, others at the end; it never shrinks.
func (u *usage) grow(by usage) {
	u.Input, u.Kept = max(u.Input, by.Input), max(u.Kept, by.Kept)
	u.Cached, u.Output = max(u.Cached, by.Cached), max(u.Output, by.Output)
}

func (u *usage) tokens() llmadapter.Tokens {
	input := int64(u.Input) + int64(u.Kept) + int64(u.Cached)
	return llmadapter.Tokens{Input: int(min(input, math.MaxInt32)), Output: int(u.Output), Cached: int(u.Cached)}
}

// grows counts bytes of the answer.
func (a *answer) grows(by int) error {
	if a.size += by; a.size > a.max {
		return fmt.Errorf("%w than %d bytes", errLarge, a.max)
	}
	return nil
}

// begin takes the beginning of a block, or all of it.
func (a *answer) begin(index int, b *block) error {
	if len(a.blocks) == maxBlocks {
		return errManyBlocks
	}
	p := part{index: index, call: b.Type == "tool_use"}
	size := len(b.Text) + len(b.Thinking) + len(b.Data)
	if p.call {
		if len(b.Name) > socket.MaxName {
			return socket.ErrLongName
		}
		p.name = b.Name
		if input := bytes.TrimSpace(b.Input); !slices.Contains([]string{"", "{}", "null"}, string(input)) {
			p.whole = bytes.Clone(input) // which scan does not copy
		}
		size += len(p.name) + len(p.whole)
	}
	if b.Type == "text" {
		a.text = append(a.text, b.Text...)
	}
	a.blocks = append(a.blocks, p)
	return a.grows(size)
}

// add takes a piece of a block.
func (a *answer) add(index int, d *delta) error {
	at := len(a.blocks) - 1
	for at >= 0 && a.blocks[at].index != index {
		at--
	}
	if at < 0 {
		return errNoBlock
	}
	switch d.Type {
	case "text_delta":
		a.text = append(a.text, d.Text...)
	case "input_json_delta":
		a.blocks[at].input = append(a.blocks[at].input, d.JSON...)
	}
	return a.grows(len(d.Text) + len(d.JSON) + len(d.Thinking) + len(d.Signature))
}

// Reply is the answer, if it is whole.
func (a *answer) Reply() (llmadapter.Reply, error) {
	if !a.complete() {
		return llmadapter.Reply{}, &socket.Trouble{Kind: llmadapter.Truncated, Words: "the answer ended without a stop_reason"}
	}
	r := llmadapter.Reply{Text: string(a.text), ID: socket.OneLine(a.id, socket.MaxText), Model: socket.OneLine(a.model, socket.MaxText), Usage: a.usage.tokens()}
	slices.SortStableFunc(a.blocks, func(x, y part) int { return cmp.Compare(x.index, y.index) })
	for i := range a.blocks {
		p := &a.blocks[i]
		if !p.call {
			continue
		}
		arguments := string(p.input)
		if arguments == "" {
			arguments = string(p.whole)
		}
		if arguments == "" { // as a call without any is written
			arguments = "{}"
		}
		r.Calls = append(r.Calls, llmadapter.Call{Name: p.name, Arguments: arguments})
	}
	switch a.stop {
	case "max_tokens", "model_context_window_exceeded", "pause_turn": // the last: more would have to be asked for
		r.Finish = llmadapter.FinishLength
	case "refusal":
		r.Finish = llmadapter.FinishFilter
	default: // what was called, if anything, tells end_turn and tool_use apart, and what is new
		r.Finish = llmadapter.FinishStop
		if len(r.Calls) > 0 {
			r.Finish = llmadapter.FinishCalls
		}
	}
	return r, nil
}
