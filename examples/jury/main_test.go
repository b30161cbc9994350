package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/scenarios/jury"
)

// printed runs the program, and gives its lines with single blanks.
func printed(t *testing.T, y try) string {
	t.Helper()
	var out strings.Builder
	if err := y.run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(` +`).ReplaceAllString(out.String(), " ")
}

// "An ensemble is told apart from a society that deliberates, at equal tokens, on a task with a known answer decided by rules":
// where deliberation helps, where votes alone are better, and where talk misleads. "The effect vanishes when the channel is cut."
func TestArmsAreToldApart(t *testing.T) {
	text := printed(t, try{runs: 10, cases: 60})
	if !strings.HasPrefix(text, "not run on a language model: decided by rules (") {
		t.Error(text)
	}
	for asked, verdict := range map[string]string{
		"deliberation (society, task=hidden-profile":      "better",
		"deliberation (society, task=independent":         "worse",
		"talk of opinions (opinions, task=cascade":        "worse",
		"talk of opinions (opinions, task=hidden-profile": "no difference shown",
		"without a channel (cut, task=hidden-profile":     "no difference shown",
		"without a channel (cut, task=independent":        "no difference shown",
		"without a channel (cut, task=cascade":            "no difference shown",
	} {
		if line := regexp.MustCompile(regexp.QuoteMeta(asked) + `.*`).FindString(text); !strings.HasSuffix(line, verdict) {
			t.Errorf("%s: want %s: %q", asked, verdict, line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// policy answers as the scenario's stand-in does; a token is four letters.
func policy(_ context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
	n := 0
	for _, m := range r.Messages {
		n += len(m.Text)
	}
	calls, err := jury.StandIn(llmadapter.FindBlock(r.Messages), r.Tools, rand.New(rand.NewPCG(uint64(n), 7)))
	reply := llmadapter.Reply{Finish: llmadapter.FinishCalls, Calls: calls}
	reply.Usage = llmadapter.Tokens{Input: n / 4, Output: len(fmt.Sprint(calls)) / 4}
	return reply, err
}

// "The same harness takes a model, and says so where none was run": tokens are then what is held equal.
func TestTheSameTakesAModel(t *testing.T) {
	for label, want := range map[string]string{llmadapter.StandIn: "not run on a language model: decided by stand-in", llmadapter.AnyModel + " m": "decided by model m ("} {
		text := printed(t, try{runs: 4, cases: 2, asked: &llmadapter.Config{Model: llmadapter.ModelFunc(policy), Label: label}})
		if !strings.HasPrefix(text, want) || strings.Contains(text, "rules") {
			t.Error(text)
		}
		used := map[string]float64{}
		for _, m := range regexp.MustCompile(`(?m)^(society|ensemble), task=hidden-profile .* (\d+)$`).FindAllStringSubmatch(text, -1) {
			var n float64
			if _, err := fmt.Sscan(m[2], &n); err != nil {
				t.Fatal(err)
			}
			used[m[1]] = n
		}
		if used["society"] < 100 || used["ensemble"] < .95*used["society"] || used["ensemble"] > 1.35*used["society"] {
			t.Errorf("tokens %v\n%s", used, text)
		}
	}
	silent := llmadapter.ModelFunc(func(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
		reply, err := policy(ctx, r)
		reply.Usage = llmadapter.Tokens{}
		return reply, err
	})
	y := try{runs: 2, cases: 1, asked: &llmadapter.Config{Model: silent, Label: llmadapter.StandIn}}
	if err := y.run(t.Context(), &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "how many tokens") {
		t.Error(err)
	}
}
