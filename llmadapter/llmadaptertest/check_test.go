package llmadaptertest

import (
	"context"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
)

// A model that keeps the contract passes; that others do not is shown where the claims are.
func TestADoublePasses(t *testing.T) {
	Check(t, Maker{Model: func(*testing.T) llmadapter.Model {
		return llmadapter.ModelFunc(func(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			switch {
			case ctx.Err() != nil:
				return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Cancelled, Fate: llmadapter.Unsent, Text: "nobody waits"}
			case len(r.Tools) > 0:
				return llmadapter.Reply{Calls: []llmadapter.Call{{Name: r.Tools[0].Name, Arguments: "{}"}}, Finish: llmadapter.FinishCalls}, nil
			}
			return llmadapter.Reply{Text: "I am a double.", Finish: llmadapter.FinishStop}, nil
		})
	}})
}
