package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/cassette"
)

// tapeClient is the client of a tape that has these answers to everything, in this order, and then nothing.
type tapeClient struct{ answers []heard }

func (c *tapeClient) Complete(context.Context, llmadapter.Request) (llmadapter.Reply, error) {
	if len(c.answers) == 0 {
		return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Invalid, Fate: llmadapter.Unsent, Text: "missing", Err: cassette.ErrMiss}
	}
	a := c.answers[0]
	c.answers = c.answers[1:]
	return a.reply, a.err
}

func (c *tapeClient) Close() {}

// What is played of a request is what came of it in the end, without what the endpoint wished for then.
func TestPlayedRequests(t *testing.T) {
	rates := llmadapter.Rates{Requests: llmadapter.Allowance{Limit: 60, Reset: time.Minute}}
	failed := func(text string) heard {
		return heard{err: &llmadapter.Error{Kind: llmadapter.RateLimited, Fate: llmadapter.Settled, Status: 429, RetryAfter: time.Hour, Rates: rates, Text: text}}
	}
	said := heard{reply: llmadapter.Reply{Text: "yes", Rates: rates}}
	for _, test := range []struct {
		on      []heard
		shared  bool
		want    []string
		missing bool
	}{
		{on: []heard{said}, want: []string{"yes", "missing"}, missing: true},
		{on: []heard{failed("a"), failed("b"), said}, want: []string{"yes"}},
		{on: []heard{said, said}, want: []string{"yes", "yes"}},
		{on: []heard{failed("a"), failed("b"), failed("c")}, want: []string{"a", "b", "c", "c"}},
		{on: []heard{failed("a")}, want: []string{"a", "a"}},
		{on: []heard{said}, shared: true, want: []string{"yes", "yes", "yes"}},
		{want: []string{"missing"}, missing: true},
	} {
		e := &endpoint{}
		p := &played{client: &tapeClient{test.on}, endpoint: e, again: map[[32]byte][]heard{}}
		var got []string
		for range test.want {
			reply, err := p.Complete(t.Context(), llmadapter.Request{Seed: 1, Shared: test.shared})
			text := reply.Text
			var known *llmadapter.Error
			if errors.As(err, &known) {
				text = known.Text
			}
			if got = append(got, text); reply.Rates != (llmadapter.Rates{}) || known != nil && (known.RetryAfter != 0 || known.Rates != (llmadapter.Rates{})) {
				t.Errorf("what the endpoint wished for is still there: %+v, %+v", reply, known)
			}
			if known != nil && known.Text != "missing" && (known.Kind != llmadapter.RateLimited || known.Status != 429 || known.Fate != llmadapter.Settled) {
				t.Errorf("%+v", known)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) || (e.missed.Load() != nil) != test.missing {
			t.Errorf("%q, not %q; missed %v", got, test.want, e.missed.Load())
		}
	}
	// Another request is another matter.
	p := &played{client: &tapeClient{[]heard{failed("a")}}, endpoint: &endpoint{}, again: map[[32]byte][]heard{}}
	for seed, want := range []string{"a", "missing"} {
		if _, err := p.Complete(t.Context(), llmadapter.Request{Seed: uint64(seed)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %s", err, want)
		}
	}
	// Who is gone hears of nothing else.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	left := &tapeClient{[]heard{failed("a"), said}}
	p = &played{client: left, endpoint: &endpoint{}, again: map[[32]byte][]heard{}}
	if _, err := p.Complete(ctx, llmadapter.Request{}); err == nil || len(left.answers) != 1 {
		t.Errorf("%v, %d left", err, len(left.answers))
	}
}

func TestRootIn(t *testing.T) {
	for address, want := range map[string]string{
		"": "", "https://api.openai.com/v1": "", "https://api.openai.com/v1/": "", "https://other.example.org/api/v1": "/api/v1", "http://10.0.0.1:8000": "/",
		"http://127.0.0.1:8081/v1": "http://127.0.0.1:8081/v1", "https://api.anthropic.com/v1": "/v1",
	} {
		if got := rootIn(wireOpenAI, address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
	if got := rootIn(wireAnthropic, "https://api.anthropic.com/v1"); got != "" {
		t.Errorf("the provider's own: %q", got)
	}
}

// A tape of something that is not known, and one that is another than it was when the run began, are refused.
func TestTapesOfOthers(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "--mind", "5*model", "--rounds", "4", "--record", "tape", "--out", "none").ok(t)
	run := []string{"--mind", "5*model", "--rounds", "4", "--model", "cassette:tape", "--out", "kept"}
	try(t, run...).ok(t)
	text, err := os.ReadFile("tape")
	must(t, err)
	must(t, os.WriteFile("gemini", []byte(strings.Replace(string(text), `"provider":"openai"`, `"provider":"gemini"`, 1)), 0o600))
	try(t, "--mind", "model", "--model", "cassette:gemini").oneLine(t, exitUsage, `--model "cassette:gemini": recorded of provider "gemini"; accepted are openai and anthropic`)
	must(t, os.WriteFile("tape", []byte(strings.Replace(string(text), `"label":"stand-in"`, `"label":"model x"`, 1)), 0o600))
	try(t, "fork", "kept", "--at", "2", "--out", "fork").oneLine(t, exitUsage, `the run was played what stand-in had answered, and this was recorded of model x; accepted is the same cassette`)
	try(t, "fork", "kept", "--at", "2", "--out", "fork", "--model", "cassette:tape").ok(t) // it was asked for
	var doc contract
	read(t, "fork/manifest.json", &doc)
	if doc.DecidedBy["cassette"] != 10+10 {
		t.Errorf("decided by %v", doc.DecidedBy)
	}
}

// Runs that were ordered together go on on one tape, whichever of them goes on; others have one of their own.
func TestWhoseTapeItIs(t *testing.T) {
	order := []string{"--mind", "5*model", "--runs", "3", "--seed", "7", "--record", "tape"}
	all := planned(t, order...)
	for run := range 3 {
		if one := all.one("demo", run+1); one.identity() != all.identity() {
			t.Errorf("run %d has another tape", run+1)
		}
	}
	for _, other := range [][]string{{"--rounds", "3"}, {"--model", "openai:x@http://127.0.0.1/v1"}, {"--set", "talk=false"}} {
		if planned(t, append(order, other...)...).identity() == all.identity() {
			t.Errorf("%q has the same tape", other)
		}
	}
}
