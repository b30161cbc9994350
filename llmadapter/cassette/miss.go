package cassette

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// ErrMiss says that a request is not on the tape, or not so often. Nothing was called.
var ErrMiss = errors.New("not on the tape")

// looked is how many exchanges are looked at, at most, to name the nearest: there may be many, and somebody waits.
const looked = 100

// miss is the error of a request that is not on the tape, or not once more.
func (t *Tape) miss(q *request) error {
	text := fmt.Sprintf("request %s is %v: ", q.key[:12], ErrMiss)
	switch all := len(t.exchanges[q.key]); {
	case all == 1:
		text += "it was recorded once, and comes again"
	case all > 0:
		text += fmt.Sprintf("it was recorded %d times, and comes once more", all)
	case len(t.places) == 0:
		text += "there is nothing on it"
	default:
		text += fmt.Sprintf("there are %d others; %s", len(t.exchanges), t.nearest(q))
	}
	return &llmadapter.Error{Kind: llmadapter.Invalid, Fate: llmadapter.Unsent, Text: text, Err: ErrMiss}
}

// nearest says which request on the tape is most like another, and where they differ.
func (t *Tape) nearest(q *request) string {
	type asked struct {
		Key, Method, Path string
		Request           json.RawMessage
	}
	var best *asked
	common := -1
	for _, p := range t.places[:min(len(t.places), looked)] {
		x := &asked{}
		text := make([]byte, p.size)
		if _, err := t.source.ReadAt(text, p.at); err != nil || json.Unmarshal(text, x) != nil {
			continue
		}
		if n := prefix(x.Request, q.canonical); n > common && x.Path == q.path && x.Method == q.method {
			best, common = x, n
		}
	}
	if best == nil {
		return fmt.Sprintf("none is a %s of %s", q.method, q.path)
	}
	if names := differing(best.Request, q.canonical); len(names) > 0 {
		return fmt.Sprintf("the nearest, %s, differs in %s", best.Key[:12], strings.Join(names[:min(len(names), 8)], ", "))
	}
	return "the nearest is " + best.Key[:12]
}

// prefix is how many bytes two texts have in common at the beginning.
func prefix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
