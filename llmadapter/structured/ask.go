package structured

import (
	"context"
	"fmt"

	"github.com/polis-agents/polis/llmadapter"
)

// Taken says what it took to get an answer.
type Taken struct {
	Calls     int    // of the model: 1, or 2 when the first answer could not be used
	Complaint string // about the first answer; "": it could be used
	Mended    bool   // the form of the answer that was used had to be mended
	Usage     llmadapter.Tokens
}

// Ask asks a model for a T, and once more with the complaint when what it answers cannot be used. It makes no other
// retry: a model's failure is returned as it is, see llmadapter.Error. That of an answer which cannot be used says what
// was wrong with the last.
func (f *Form[T]) Ask(ctx context.Context, m llmadapter.Model, r llmadapter.Request) (v T, taken Taken, err error) {
	r = f.Request(r)
	for {
		reply, err := m.Complete(ctx, r)
		taken.Calls++
		if err != nil {
			return v, taken, err
		}
		taken.Usage = sum(taken.Usage, reply.Usage)
		if v, taken.Mended, err = f.Read(reply); err == nil {
			return v, taken, nil
		}
		if taken.Calls > 1 {
			return v, taken, fmt.Errorf("structured: no answer of form %q could be used: %w", f.tool.Name, err)
		}
		taken.Complaint = Complaint(err)
		r = Again(r, reply, err)
	}
}

func sum(a, b llmadapter.Tokens) llmadapter.Tokens {
	return llmadapter.Tokens{Input: a.Input + b.Input, Output: a.Output + b.Output, Cached: a.Cached + b.Cached}
}
