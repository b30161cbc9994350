package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// builtinSpec, as --model, is the stand-in.
const builtinSpec = "builtin"

// standInPrefix is how the names of stand-ins begin, wherever they are served.
const standInPrefix = builtin.NamePrefix

// keyName is the environment variable of the key for the OpenAI wire form.
const keyName = "OPENAI_API_KEY"

// endpoint is the model that agents are decided by, as --model, --model-limit and --chaos name it.
type endpoint struct {
	spec     string // as it was typed
	limits   string // likewise
	name     string // of the model; "": the stand-in inside the binary
	address  string // its base URL
	key      string
	inFlight int // 0: adaptive
	queue    int // 0: the adapter's default
	faults   builtin.Faults

	model llmadapter.Model // nil: not open
}

// readEndpoint reads what --model and --model-limit name. Nothing is opened yet.
func readEndpoint(spec, limits string, env func(string) string) (*endpoint, error) {
	e := &endpoint{spec: spec, limits: limits}
	if err := e.readLimits(); err != nil {
		return nil, err
	}
	if spec == builtinSpec {
		return e, nil
	}
	const accepted = "accepted are builtin and openai:MODEL[@BASEURL], such as openai:llama3@http://127.0.0.1:11434/v1"
	text, ok := strings.CutPrefix(spec, "openai:")
	if !ok {
		return nil, badUsage("--model %q; %s", spec, accepted)
	}
	e.name = text
	if i := strings.Index(text, "@http"); i >= 0 {
		e.name, e.address = text[:i], text[i+1:]
	} else if strings.Contains(text, "@") {
		return nil, badUsage("--model %q: the base URL begins with http:// or https://; %s", spec, accepted)
	}
	if e.name == "" {
		return nil, badUsage("--model %q names no model; %s", spec, accepted)
	}
	e.key = env(keyName)
	return e, nil
}

// readLimits reads K=V,….
func (e *endpoint) readLimits() error {
	if e.limits == "" {
		return nil
	}
	for part := range strings.SplitSeq(e.limits, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		into := map[string]*int{"inflight": &e.inFlight, "queue": &e.queue}[key]
		if !ok || into == nil {
			return badUsage("--model-limit %q; accepted are inflight=N and queue=N", part)
		}
		if *into != 0 {
			return badUsage("--model-limit %q: %s twice; accepted is each once", e.limits, key)
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 1_000_000 {
			return badUsage("--model-limit %q; accepted is a whole number from 1 to 1000000", part)
		}
		*into = n
	}
	return nil
}

// standIn says whether no language model answers, but what stands in for one.
func (e *endpoint) standIn() bool { return e.name == "" || strings.HasPrefix(e.name, standInPrefix) }

// shown is the specification without what may be a secret in it: people paste keys into addresses.
func (e *endpoint) shown() string {
	if u, err := url.Parse(e.address); e.address == "" || err == nil && u.User == nil && u.RawQuery == "" && u.Fragment == "" {
		return e.spec
	}
	return "openai:" + e.name + "@…"
}

// label is who decides.
func (e *endpoint) label() string {
	if e.standIn() {
		return llmadapter.StandIn
	}
	return "model " + e.name
}

// open makes the client, and starts the stand-in if that is what answers. An answer may take as long as a phase, but
// one that has begun and then stalls is given up in time to be asked for again. closing ends both.
func (e *endpoint) open(ctx context.Context, s *polis.Scenario, phase time.Duration) (closing func() error, err error) {
	cfg := openai.Config{Model: e.name, BaseURL: e.address, Key: e.key, InFlight: e.inFlight, FirstToken: phase, Idle: phase / 4}
	var server *builtin.Server
	if e.name == "" {
		if server, err = builtin.Start(ctx, builtin.Config{Policy: s.StandIn, Name: standInPrefix + s.Name, Faults: e.faults}); err != nil {
			return nil, fmt.Errorf("the stand-in: %w", err)
		}
		cfg.Model, cfg.BaseURL = standInPrefix+s.Name, server.URL()
	}
	client, err := openai.New(cfg)
	if err != nil {
		if server != nil {
			err = errors.Join(err, server.Close())
		}
		return nil, badUsage("--model %q: %s", e.shown(), plainly(err, "openai"))
	}
	closing = func() error {
		client.Close()
		if server != nil {
			return server.Close()
		}
		return nil
	}
	if server == nil {
		if err := e.reach(ctx); err != nil {
			return nil, errors.Join(err, closing())
		}
	}
	e.model = client
	return closing, nil
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
}

// judge watches one run; nil: no model is asked.
func (pl *plan) judge() *judge {
	if !asks(&pl.society, modelName) {
		return nil
	}
	return &judge{endpoint: pl.endpoint, failures: map[llmadapter.Kind]int{}}
}

// see gives an error when it is hopeless.
func (j *judge) see(e llmadapter.Ended) error {
	if j == nil || j.answered || e.Service != modelName {
		return nil
	}
	switch e.Outcome {
	case "answered":
		j.answered = true
	case "failed":
		if j.failures[e.Kind]++; j.failures[e.Kind] == hopeless[e.Kind] {
			return errUnanswered{j.endpoint, e.Why}
		}
	}
	return nil
}
