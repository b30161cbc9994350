package socket

import (
	"testing"

	"github.com/polis-agents/polis/llmadapter"
)

func TestFates(t *testing.T) {
	for name, test := range map[string]struct {
		asked, got, ours bool
		status           int
		want             llmadapter.Fate
	}{
		"no connection yet":         {true, false, true, 0, llmadapter.Unsent},
		"not even asked for one":    {false, false, true, 0, llmadapter.Unsent},
		"a connection":              {true, true, true, 0, llmadapter.PossiblyBilled},
		"a head":                    {true, true, true, 500, llmadapter.Settled},
		"others, no connection yet": {true, false, false, 0, llmadapter.Unsent},
		"others, a connection":      {true, true, false, 0, llmadapter.PossiblyBilled},
		"others, who say nothing":   {false, false, false, 0, llmadapter.PossiblyBilled},
		"others, with a head":       {false, false, false, 200, llmadapter.Settled},
	} {
		e := endpoint(t, Config{BaseURL: "http://127.0.0.1:1"})
		if !test.ours {
			e.own = nil
		}
		a := e.Begin(t.Context())
		a.began, a.status = true, test.status
		a.asked.Store(test.asked)
		if test.got {
			a.got.Store(1)
		}
		if got := a.fate(); got != test.want {
			t.Errorf("%s: %d, not %d", name, got, test.want)
		}
		a.End()
	}
}
