package builtin

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
)

// "The answer is a function of the request alone", and the same in each form, streamed or not.
func TestSameQuestionSameAnswerInEachForm(t *testing.T) {
	for _, policy := range []Policy{takesHalf, nil} {
		cfg := fast()
		cfg.Policy = policy
		s, c := started(t, cfg), client(t)
		for seed := range uint64(20) {
			r := question(t, 60, seed)
			want := ""
			for _, form := range llmadapter.Forms {
				for _, streamed := range []bool{false, true} {
					g := post(t, c, s, wired(r.As(form), s, object{"stream": streamed}))
					calls := callsOf(t, g)
					if want == "" {
						want = calls
					}
					if calls != want {
						t.Errorf("seed %d, %s, streamed %v: %s, want %s", seed, form, streamed, calls, want)
					}
					if finish := map[bool]string{true: "tool_calls", false: "stop"}[form == llmadapter.FormTools]; g.finish != finish {
						t.Errorf("%s ends with %q", form, g.finish)
					}
				}
			}
		}
	}
}

func TestPolicySeesTheNewestObservationAndTheTools(t *testing.T) {
	cfg := fast()
	var seen []string
	cfg.Policy = func(o json.RawMessage, tools []llmadapter.Tool, _ *rand.Rand) ([]llmadapter.Call, error) {
		text, err := json.Marshal(tools)
		seen = append(seen, string(o)+string(text))
		return nil, err
	}
	s, c := started(t, cfg), client(t)
	r := question(t, 7, 1)
	for _, form := range llmadapter.Forms {
		post(t, c, s, wired(r.As(form), s, nil))
	}
	if len(seen) != 3 || seen[0] != seen[1] || seen[0] != seen[2] || !strings.Contains(seen[0], `{"fish":7,`) || strings.Count(seen[0], "additionalProperties") != 3 ||
		!strings.Contains(seen[0], "Speak.") {
		t.Errorf("%q", seen)
	}
}

// Same request, same bytes, in any order and beside others; another seed or another text, another answer.
func TestAnswerDependsOnNothingElse(t *testing.T) {
	a, b, c := started(t, fast()), started(t, fast()), client(t)
	first := map[string]string{}
	ask := func(s *Server, i int) got {
		r := question(t, 50+i%10, uint64(i/10))
		r.Tools = lake[:2]
		return post(t, c, s, wired(r, s, nil))
	}
	different := map[string]bool{}
	for i := range 50 {
		g := ask(a, i)
		first[fmt.Sprint(i)] = g.body
		different[g.content()] = true
	}
	if len(different) < 40 {
		t.Errorf("50 questions have %d answers", len(different))
	}
	for i := 49; i >= 0; i-- {
		if g := ask(b, i); g.body != first[fmt.Sprint(i)] {
			t.Errorf("request %d: %s, before %s", i, g.body, first[fmt.Sprint(i)])
		}
	}
}

// "Labels: everything it says about itself says stand-in": the id, the fingerprint, the header, the text.
func TestSaysWhatItIs(t *testing.T) {
	cfg := fast()
	cfg.Name = "sim-lake"
	s, c := started(t, cfg), client(t)
	for seed := range 10 {
		g := post(t, c, s, object{"model": "sim-lake", "messages": []object{{"role": "user", "content": "Who are you?"}}, "seed": seed})
		if g.model != "sim-lake" || !strings.Contains(g.print, "stand-in") || !strings.Contains(g.text, "tand-in") || g.finish != "stop" || !strings.Contains(g.id, "-sim-") {
			t.Errorf("%+v", g)
		}
	}
	for _, path := range []string{"/models", "/models/sim-lake"} {
		resp, err := c.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		g := readAnswer(t, resp)
		resp.Body.Close()
		if g.status != http.StatusOK || !strings.Contains(g.body, `"id":"sim-lake"`) || !strings.Contains(g.body, "no language model") {
			t.Errorf("%s: %d %s", path, g.status, g.body)
		}
	}
}
