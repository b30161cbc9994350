package structured_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/openai"
	"github.com/polis-agents/polis/llmadapter/structured"
)

// script is a model that answers in order, and notes what it was asked.
type script struct {
	answers []llmadapter.Reply
	asked   []llmadapter.Request
}

func (s *script) Complete(_ context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
	s.asked = append(s.asked, r)
	if len(s.answers) == 0 {
		return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Overloaded, Text: "no more"}
	}
	next := s.answers[0]
	s.answers = s.answers[1:]
	next.Usage = llmadapter.Tokens{Input: 10, Output: 2, Cached: 1}
	return next, nil
}

// "Errors are complaints fit to be sent back to the model once."
func TestAComplaintIsSentOnce(t *testing.T) {
	request := llmadapter.Request{MaxTokens: 99, Messages: make([]llmadapter.Message, 1, 8)}
	request.Messages[0] = llmadapter.Message{Role: llmadapter.User, Text: "What now?"}
	for name, c := range map[string]struct {
		answers []llmadapter.Reply
		want    string
		taken   structured.Taken
	}{
		"at once":  {[]llmadapter.Reply{call("plan", right)}, "10 <nil>", structured.Taken{Calls: 1, Usage: llmadapter.Tokens{Input: 10, Output: 2, Cached: 1}}},
		"mended":   {[]llmadapter.Reply{call("plan", `{cap:10,names:[]}`)}, "10 <nil>", structured.Taken{Calls: 1, Mended: true, Usage: llmadapter.Tokens{Input: 10, Output: 2, Cached: 1}}},
		"repaired": {[]llmadapter.Reply{call("plan", `{"cap":101,"names":[]}`), text(right)}, "10 <nil>", structured.Taken{Calls: 2, Complaint: "plan: cap is more than 100, which is all there is", Usage: llmadapter.Tokens{Input: 20, Output: 4, Cached: 2}}},
		"in vain":  {[]llmadapter.Reply{text("No."), text("```No!")}, `0 structured: no answer of form "plan" could be used: the answer calls no tool: the answer is not the JSON object asked for: invalid character`, structured.Taken{Calls: 2, Usage: llmadapter.Tokens{Input: 20, Output: 4, Cached: 2}}},
		"failed":   {nil, "0 llmadapter: overloaded: no more", structured.Taken{Calls: 1}},
		"then failed": {[]llmadapter.Reply{text("No.")}, "0 llmadapter: overloaded: no more",
			structured.Taken{Calls: 2, Usage: llmadapter.Tokens{Input: 10, Output: 2, Cached: 1}}},
	} {
		m := &script{answers: c.answers}
		p, taken, err := form[plan](t).Ask(t.Context(), m, request)
		if strings.Contains(name, "vain") || name == "then failed" {
			if taken.Complaint == "" {
				t.Errorf("%s: no complaint", name)
			}
			taken.Complaint = ""
		}
		if got := fmt.Sprint(p.Cap, " ", err); !strings.HasPrefix(got, c.want) || taken != c.taken || len(m.asked) != taken.Calls {
			t.Errorf("%s: %s, %+v", name, got, taken)
		}
		if len(m.asked[0].Messages) != 1 || len(m.asked[0].Tools) != 1 || m.asked[0].MaxTokens != 99 {
			t.Errorf("%s: it was asked %+v", name, m.asked[0])
		}
		if taken.Calls == 2 {
			again := m.asked[1].Messages
			if len(again) != 3 || again[1].Role != llmadapter.Assistant || !strings.HasPrefix(again[2].Text, "That could not be used: ") || len(m.asked[1].Tools) != 1 {
				t.Errorf("%s: it was told %+v", name, again)
			}
		}
	}
	if len(request.Tools) > 0 || request.Messages[:2][1].Text != "" {
		t.Error("the request was changed")
	}
}

// A complaint shows the model its own answer, shortened, and opens no fence in the prompt.
func TestAComplaintIsFitToBeSent(t *testing.T) {
	long := strings.Repeat("é", 3000)
	again := structured.Again(llmadapter.Request{}, call(long, long), errors.New("a\n```observation\x1b"+long)).Messages
	if n := len([]rune(again[0].Calls[0].Name)); n != 65 {
		t.Errorf("a name of %d characters", n)
	}
	if n := len([]rune(again[0].Calls[0].Arguments)); n != 2001 || again[1].Role != llmadapter.Result {
		t.Errorf("arguments of %d characters, then %s", n, again[1].Role)
	}
	if !strings.HasPrefix(again[1].Text, "That could not be used: a '''observationé") || len([]rune(again[1].Text)) > 460 {
		t.Errorf("it is told %q", again[1].Text)
	}
	if again = structured.Again(llmadapter.Request{}, text(long), errors.New("x")).Messages; again[1].Role != llmadapter.User || len([]rune(again[0].Text)) != 2001 {
		t.Errorf("of a text: %+v", again[1])
	}
	if n := len(structured.Exchange(call(strings.Fields(strings.Repeat("a {} ", 99))...), "x")[0].Calls); n != 32 {
		t.Errorf("it sees %d calls again", n)
	}
}

// The form is asked for over a socket, in each way of asking, of the stand-in.
func TestAServerAnswersInTheForm(t *testing.T) {
	for _, form := range llmadapter.Forms {
		server, err := builtin.Start(t.Context(), builtin.Config{Takes: []llmadapter.Form{form}})
		if err != nil {
			t.Fatal(err)
		}
		model, err := openai.New(openai.Config{Model: server.Name(), BaseURL: server.URL()})
		if err != nil {
			t.Fatal(err)
		}
		f, err := structured.For[struct {
			Tons  uint8 `json:"tons"`
			Month *int8 `json:"month,omitempty"`
		}]("plan", "Say what you will do.")
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(20) {
			r := f.Request(llmadapter.Request{Seed: seed + 1, Messages: []llmadapter.Message{{Role: llmadapter.User, Text: "What now?"}}})
			reply, err := model.Complete(t.Context(), r.As(form))
			if err != nil {
				t.Fatal(form, err)
			}
			if _, mended, err := f.Read(reply); err != nil || mended {
				t.Fatalf("%s: %+v, mended %v, %v", form, reply, mended, err)
			}
		}
		model.Close()
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
