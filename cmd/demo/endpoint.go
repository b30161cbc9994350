package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/cassette"
)

// builtinSpec, as --model, is the stand-in.
const builtinSpec = "builtin"

// standInPrefix is how the names of stand-ins begin, wherever they are served.
const standInPrefix = builtin.NamePrefix

// Wire forms, as --model and tapes name them.
const (
	wireOpenAI    = "openai" // of most other servers, too
	wireAnthropic = "anthropic"
)

// keyNames are the environment variables of keys, by the wire form.
var keyNames = map[string]string{wireOpenAI: "OPENAI_API_KEY", wireAnthropic: "ANTHROPIC_API_KEY"}

// endpoint is the model that agents are decided by, as --model, --model-limit and --chaos name it.
type endpoint struct {
	spec    string // as it was typed
	limited string // likewise
	limits  limits
	money   money
	wire    string // the form that it speaks; "": the stand-in inside the binary, or a tape that was not looked at
	name    string // of the model; "": likewise
	address string // its base URL
	key     string
	faults  builtin.Faults
	tape    string // the cassette that is played; "": none
	of      string // of a tape: the label of whoever answered when it was recorded
	record  string // the cassette that is recorded; "": none

	at       string             // the base URL of the stand-in; "": not open, or elsewhere
	model    llmadapter.Model   // nil: not open
	form     llmadapter.Form    // in which a tape was asked for calls; "": it does not say
	recorder *cassette.Recorder // nil: none, or not open
	missed   atomic.Pointer[llmadapter.Error]
}

// acceptedModels is what --model takes.
const acceptedModels = "accepted are builtin, openai:MODEL[@BASEURL], anthropic:MODEL[@BASEURL] and cassette:FILE, such as openai:llama3@http://127.0.0.1:11434/v1"

// readEndpoint reads what --model and --model-limit name. Nothing is opened yet. of is known of a tape that was played
// before; else it is looked at.
func readEndpoint(spec, limited, of string, env func(string) string) (e *endpoint, err error) {
	e = &endpoint{spec: spec, limited: limited}
	if e.limits, err = readLimits(limited); err != nil {
		return nil, err
	}
	if spec == builtinSpec {
		return e, nil
	}
	kind, text, _ := strings.Cut(spec, ":")
	if kind == llmadapter.Cassette {
		return e, e.readTape(text, of)
	}
	keyName := keyNames[kind]
	if keyName == "" {
		return nil, badUsage("--model %q; %s", spec, acceptedModels)
	}
	e.wire = kind
	e.name = text
	if i := strings.Index(text, "@http"); i >= 0 {
		e.name, e.address = text[:i], text[i+1:]
	} else if strings.Contains(text, "@") {
		return nil, badUsage("--model %q: the base URL begins with http:// or https://; %s", spec, acceptedModels)
	}
	if e.name == "" {
		return nil, badUsage("--model %q names no model; %s", spec, acceptedModels)
	}
	e.key = env(keyName)
	return e, nil
}

// standIn says whether no language model answers, but what stands in for one.
func (e *endpoint) standIn() bool {
	return e.tape == "" && (e.name == "" || strings.HasPrefix(e.name, standInPrefix))
}

// shown is the specification without what may be a secret in it: people paste keys into addresses.
func (e *endpoint) shown() string {
	if u, err := url.Parse(e.address); e.address == "" || err == nil && u.User == nil && u.RawQuery == "" && u.Fragment == "" {
		return e.spec
	}
	return e.wire + ":" + e.name + "@…"
}

// label is who decides.
func (e *endpoint) label() string {
	switch {
	case e.tape != "":
		return llmadapter.Cassette
	case e.standIn():
		return llmadapter.StandIn
	}
	return "model " + e.name
}

// served is the name of the model at its endpoint.
func (e *endpoint) served(s *polis.Scenario) string {
	if e.name == "" && e.tape == "" {
		return standInPrefix + s.Name
	}
	return e.name
}

// provider is who serves it, in the words of OpenTelemetry's gen_ai.provider.name.
func (e *endpoint) provider() string {
	if e.standIn() || e.of == llmadapter.StandIn {
		return "simulated"
	}
	return e.wire
}

// config is how its adapter treats it.
func (e *endpoint) config(s *polis.Scenario) llmadapter.Config {
	c := llmadapter.Config{Model: e.model, Label: e.label(), Name: e.served(s), Provider: e.provider()}
	if e.tape != "" {
		c.Of, c.Form = e.of, e.form
	}
	e.limits.set(&c)
	e.money.set(&c)
	return c
}

// reach sees whether anybody listens there: better now than in the first decision of every agent.
func (e *endpoint) reach(ctx context.Context) error {
	u, err := url.Parse(e.address)
	if err != nil || u.Host == "" {
		return nil // the client has taken it: the provider's own
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return badUsage("--model %q: nobody answers at %s (%v); accepted is the base URL of a server that is running", e.shown(), e.address, rootOf(err))
	}
	return conn.Close()
}

// rootOf is the innermost of errors that wrap each other: what went wrong, without what was done.
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// errUnanswered ends a run whose model has answered nothing that could be used.
type errUnanswered struct {
	endpoint *endpoint
	why      string
}

// Error names the endpoint and what it says.
func (e errUnanswered) Error() string {
	return fmt.Sprintf("--model %q gives no answer that can be used: %s", e.endpoint.shown(), e.why)
}

// hopeless is how many requests may fail in a way that will not change before a run ends whose model has never answered.
var hopeless = map[llmadapter.Kind]int{llmadapter.Unauthorised: 1, llmadapter.Invalid: 5, llmadapter.Malformed: 5}

// judge watches whether the model answers at all. A society of models that are all silent has nothing to show.
type judge struct {
	endpoint *endpoint
	failures map[llmadapter.Kind]int
	answered bool
	past     bool // what it sees has happened to the run before: it may have been another model
}

// judge watches one run; nil: no model is asked.
func (pl *plan) judge() *judge {
	if !asks(&pl.society, modelName) {
		return nil
	}
	return &judge{endpoint: pl.endpoint, failures: map[llmadapter.Kind]int{}, answered: pl.second != nil, past: pl.past != nil} // the second may answer
}

// see gives an error when it is hopeless.
func (j *judge) see(e llmadapter.Ended) error {
	if j == nil || e.Service != modelName {
		return nil
	}
	if missed := j.endpoint.missed.Load(); missed != nil { // no decision is as it was, from here on
		return errUnanswered{j.endpoint, missed.Text}
	}
	if j.answered {
		return nil
	}
	switch e.Outcome {
	case "answered":
		j.answered = true
	case "failed":
		if j.past {
			break
		}
		if j.failures[e.Kind]++; j.failures[e.Kind] == hopeless[e.Kind] {
			return errUnanswered{j.endpoint, e.Why}
		}
	}
	return nil
}
