// Command none is weighed: what it adds to none is what its clients add to a program.
package main

import (
	"context"
	"net/http"

	"github.com/polis-agents/polis/llmadapter"
)

func main() {
	call(llmadapter.ModelFunc(func(ctx context.Context, _ llmadapter.Request) (llmadapter.Reply, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1:1", nil)
		if err != nil {
			return llmadapter.Reply{}, err
		}
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			resp.Body.Close()
		}
		return llmadapter.Reply{}, err
	}))
}

func call(m llmadapter.Model) { _, _ = m.Complete(context.Background(), llmadapter.Request{}) }
