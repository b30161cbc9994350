package structured

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// What is read of an answer, at most.
const (
	maxCalls  = 32
	maxAnswer = 64 << 10 // bytes of its text, or of the arguments of a call
)

// ErrCut says that an answer was cut off at its greatest length. What is missing cannot be known, so nothing of it is
// read.
var ErrCut = errors.New("the answer was cut off at its greatest length: be shorter")

// Calls gives the calls of an answer, whichever form it has: strictly, and if that fails and it is whole, with its form
// mended. Names and arguments are not checked, see Shape.Read. The error is a complaint for the model.
func Calls(r llmadapter.Reply) (calls []llmadapter.Call, repaired bool, err error) {
	if r.Finish == llmadapter.FinishLength {
		return nil, false, ErrCut
	}
	if len(r.Text) > maxAnswer && len(r.Calls) == 0 {
		return nil, false, fmt.Errorf("the answer is %d bytes long, accepted are %d", len(r.Text), maxAnswer)
	}
	if calls, repaired, err = callsOf(r); err != nil {
		return nil, false, err
	}
	if len(calls) > maxCalls {
		return nil, false, fmt.Errorf("the answer makes %d calls, accepted are at most %d", len(calls), maxCalls)
	}
	return calls, repaired, nil
}

func callsOf(r llmadapter.Reply) ([]llmadapter.Call, bool, error) {
	calls, err := llmadapter.ReadCalls(r)
	if errors.Is(err, llmadapter.ErrNoCall) {
		return nil, false, err
	}
	if err == nil {
		if len(r.Calls) == 0 {
			err = unambiguous(r.Text)
		}
		return calls, false, err
	}
	if text, ok := mended(r.Text); ok && whole(r) {
		if calls, again := llmadapter.ReadCalls(llmadapter.Reply{Text: text}); again == nil && unambiguous(text) == nil {
			return calls, true, nil
		}
	}
	return nil, false, fmt.Errorf("the answer calls no tool: %w", err)
}

// whole says whether an answer ended because there was nothing more to say.
func whole(r llmadapter.Reply) bool {
	return r.Finish != llmadapter.FinishLength && r.Finish != llmadapter.FinishFilter
}

// unambiguous complains of an object in a text in which one key comes twice: which of them is meant cannot be known.
func unambiguous(text string) error {
	from := strings.IndexByte(text, '{')
	if from < 0 {
		return nil
	}
	var open []map[string]bool // the keys of each object that is open; nil: of a list
	wantsKey := false
	d := json.NewDecoder(strings.NewReader(text[from:]))
	for {
		token, err := d.Token()
		if err != nil {
			return nil // the syntax is not looked at here
		}
		inObject := len(open) > 0 && open[len(open)-1] != nil
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
			if len(open) == 0 {
				return nil
			}
			wantsKey = true
		case string:
			if inObject && wantsKey {
				if open[len(open)-1][token] {
					return fmt.Errorf("%q stands twice in one object", token)
				}
				open[len(open)-1][token] = true
				wantsKey = false
				continue
			}
			wantsKey = inObject
		default:
			wantsKey = inObject
		}
	}
}
