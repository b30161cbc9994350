package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/anthropic"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/conformance"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// checked is what has come of a look at an endpoint, as JSON.
type checked struct {
	Model  string         `json:"model"` // as it was named, without what may be a secret
	Holds  bool           `json:"holds"` // no claim is broken
	Claims []checkedClaim `json:"claims"`
}

type checkedClaim struct {
	Claim   string  `json:"claim"`
	Verdict string  `json:"verdict"` // holds, broken, not checked
	Why     string  `json:"why,omitempty"`
	Took    float64 `json:"took_s"`
}

// marks of verdicts, for people.
var checkedMarks = map[string]string{"holds": "✓", "broken": "✗", "not checked": "–"}

// check looks at an endpoint, and prints what becomes of each claim as soon as it is known.
func (c *modelCommand) check(ctx context.Context, p *process) (err error) {
	named := func(err error) error { // what is typed as --model elsewhere
		if usage, ok := errors.AsType[usageError](err); ok {
			return usageError{strings.Replace(usage.text, "--model ", "--check ", 1)}
		}
		return err
	}
	if kind, _, _ := strings.Cut(c.Check, ":"); kind == llmadapter.Cassette {
		return badUsage("--check %q: a tape answers what was asked when it was recorded; accepted is a model that can be asked", c.Check)
	}
	e, err := readEndpoint(c.Check, "", "", p.env)
	if err != nil {
		return named(err)
	}
	at := conformance.Endpoint{URL: e.address, Model: e.name, Key: e.key}
	at.Wire = func(to conformance.Endpoint, over http.RoundTripper) (llmadapter.Model, error) {
		return e.client(connection{model: to.Model, address: to.URL, key: to.Key, transport: over})
	}
	if e.wire == "" {
		cfg, err := c.config(p)
		if err != nil {
			return err
		}
		cfg.Policy = nil // the rule of a scenario knows nothing but its world
		server, err := builtin.Start(ctx, cfg)
		if err != nil {
			return badUsage("--addr: %s", plainly(err, "builtin"))
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		at.URL, at.Model = server.URL(), server.Name()
	} else if at.URL == "" {
		at.URL = map[string]string{wireOpenAI: openai.OpenAI, wireAnthropic: anthropic.Anthropic}[e.wire]
	}
	if _, err := e.client(connection{model: at.Model, address: at.URL, key: at.Key}); err != nil { // nothing to look at
		return named(err)
	}
	return c.judge(ctx, p, e, at)
}

// judge prints the verdicts.
func (c *modelCommand) judge(ctx context.Context, p *process, e *endpoint, at conformance.Endpoint) error {
	doc := checked{Model: cmp.Or(e.shown(), builtinSpec), Holds: true}
	if !c.JSON {
		fmt.Fprintf(p.stdout, "%s: %d claims, at most %d requests, %d tokens of prompts and %d of answers\n", doc.Model,
			len(conformance.EndpointClaims()), conformance.MostCalls, conformance.MostPromptTokens, conformance.MostAnswerTokens)
	}
	broken := 0
	for v := range conformance.CheckEndpoint(ctx, at) {
		claim := checkedClaim{Claim: v.Claim, Verdict: "holds", Took: v.Took.Seconds()}
		switch {
		case errors.Is(v.Err, conformance.ErrNotChecked):
			claim.Verdict = "not checked"
		case v.Err != nil:
			claim.Verdict, doc.Holds = "broken", false
			broken++
		}
		if v.Err != nil {
			claim.Why = oneLine(strings.TrimPrefix(strings.TrimPrefix(v.Err.Error(), "not checked: "), "llmadapter: "), 300)
		}
		doc.Claims = append(doc.Claims, claim)
		if !c.JSON {
			line := checkedMarks[claim.Verdict] + " " + claim.Claim
			if claim.Why != "" {
				line += ": " + claim.Why
			}
			if _, err := fmt.Fprintln(p.stdout, line); err != nil {
				return err
			}
		}
	}
	if c.JSON {
		if err := writeJSON(p.stdout, doc); err != nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case broken > 0:
		return fmt.Errorf("--check %q: %d of %d claims do not hold", doc.Model, broken, len(doc.Claims))
	}
	return nil
}
