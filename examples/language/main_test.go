package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
)

// measured runs a small market, and gives the table with single blanks.
func measured(t *testing.T, model llmadapter.Model) string {
	t.Helper()
	var b strings.Builder
	if err := run(context.Background(), &b, model, 3, 2, 3, 1); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// "Run on the stand-in it prints 'not run on a language model' over its table." Acts are read alike by construction.
func TestTheStandInSaysSo(t *testing.T) {
	text := measured(t, nil)
	for _, want := range []string{"per task acts free text messages 7.0 6.0 ", "tokens 0.0 ", "failed 0 of 3 0 of 3", "3 interpreters agree 100.0 % of 15 100.0 % of 12"} {
		if !strings.HasPrefix(text, "not run on a language model") || !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}

// What interpreters misread is counted, and what comes of it: one reads prices wrong, another answers nothing that can be read.
func TestMisreadingsAreCounted(t *testing.T) {
	deaf := func(which string, args string) llmadapter.ModelFunc {
		return func(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			reply, err := template(ctx, r)
			if len(r.Tools) > 0 && strings.Contains(r.Messages[0].Text, which) {
				reply.Calls[0].Arguments = args
			}
			return reply, err
		}
	}
	text := measured(t, deaf("interpreter 2", `{"task":0,"price":9,"who":""}`))
	if strings.Contains(text, "not run on") || !strings.Contains(text, "failed 0 of 3 0 of 3") || !strings.Contains(text, "agree 100.0 % of 15 0.0 % of 12") ||
		!strings.Contains(text, "right 100.0 % of 45 66.7 % of 36") {
		t.Error(text)
	}
	if text = measured(t, deaf("interpreter 1", `?`)); !strings.Contains(text, "failed 0 of 3 3 of 3") { // the one the buyer believes
		t.Error(text)
	}
	gone := llmadapter.ModelFunc(func(context.Context, llmadapter.Request) (llmadapter.Reply, error) {
		return llmadapter.Reply{}, errors.New("gone")
	})
	if err := run(context.Background(), &strings.Builder{}, gone, 1, 2, 1, 1); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("it says %v", err)
	}
}
