package structured_test

import (
	"errors"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/structured"
)

// plan is what these tests ask for.
type plan struct {
	Cap   int      `json:"cap" jsonschema:"tons that anybody may take"`
	Why   string   `json:"why,omitempty"`
	Names []string `json:"names"`
	Share *float64 `json:"share,omitempty"`
	Steps []step   `json:"steps,omitempty"`
}

type step struct {
	Month int   `json:"month"`
	Tons  *int  `json:"tons,omitempty"`
	Large int64 `json:"large,omitempty"`
}

func (p plan) Check() error {
	if p.Cap > 100 {
		return errors.New("cap is more than 100, which is all there is")
	}
	return nil
}

func form[T any](t testing.TB) *structured.Form[T] {
	t.Helper()
	f, err := structured.For[T]("plan", "Say what you will do.")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// text and call are answers.
func text(text string) llmadapter.Reply {
	return llmadapter.Reply{Text: text, Finish: llmadapter.FinishStop}
}

func call(nameAndArguments ...string) llmadapter.Reply {
	r := llmadapter.Reply{Finish: llmadapter.FinishCalls}
	for i := 0; i < len(nameAndArguments); i += 2 {
		r.Calls = append(r.Calls, llmadapter.Call{Name: nameAndArguments[i], Arguments: nameAndArguments[i+1]})
	}
	return r
}
