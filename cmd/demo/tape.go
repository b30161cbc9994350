package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/anthropic"
	"github.com/polis-agents/polis/llmadapter/cassette"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// readTape reads which cassette is played.
func (e *endpoint) readTape(path, of string) error {
	if path == "" {
		return badUsage("--model %q names no file; %s", e.spec, acceptedModels)
	}
	e.tape, e.of = path, of
	if of != "" {
		return nil // it need not be there to tell of a run that it was played to
	}
	info, err := cassette.Look(path)
	if err != nil {
		return badUsage("--model %q: %s", e.spec, plainly(err, "cassette"))
	}
	return e.describe(info)
}

// describe takes over what a tape says of itself.
func (e *endpoint) describe(info cassette.Info) error {
	if keyNames[info.Provider] == "" {
		return badUsage("--model %q: recorded of provider %q; accepted are %s and %s", e.spec, info.Provider, wireOpenAI, wireAnthropic)
	}
	if e.of != "" && e.of != info.Label {
		return badUsage("--model %q: the run was played what %s had answered, and this was recorded of %s; accepted is the same cassette", e.spec, e.of, info.Label)
	}
	e.wire, e.name, e.of = info.Provider, info.Model, info.Label
	return nil
}

// noKey stands where a client wants a key and sends it to nobody. It is too short to be hidden in what is played.
const noKey = "-"

// play puts a tape in place of a network.
func (e *endpoint) play(c *connection) (*cassette.Tape, error) {
	tape, err := cassette.Open(e.tape)
	if err != nil {
		return nil, badUsage("--model %q: %s", e.spec, plainly(err, "cassette"))
	}
	err = e.describe(tape.Info)
	if err == nil {
		e.form, err = formAsked(tape)
	}
	if err != nil {
		return nil, errors.Join(err, tape.Close())
	}
	c.model, c.address, c.key, c.transport = e.name, tape.Info.BaseURL(), noKey, cassette.Play(tape)
	return tape, nil
}

// formAsked is the form in which an endpoint was asked for calls in the end. Those before it were found wanting by as many
// requests as were out then, and nobody can tell who would find out now.
func formAsked(tape *cassette.Tape) (llmadapter.Form, error) {
	offered := false
	for x, err := range tape.All() {
		if err != nil {
			return "", err
		}
		var body struct {
			Tools  []json.RawMessage `json:"tools"`
			Format json.RawMessage   `json:"response_format"`
			Output json.RawMessage   `json:"output_config"`
		}
		_ = json.Unmarshal(x.Request, &body) // what is none asks for nothing
		switch taken := x.Status/100 == 2; {
		case taken && len(body.Tools) > 0:
			return llmadapter.FormTools, nil
		case taken && (body.Format != nil || body.Output != nil):
			return llmadapter.FormSchema, nil
		case taken && offered:
			return llmadapter.FormText, nil
		case len(body.Tools) > 0:
			offered = true
		}
	}
	return "", nil
}

// startRecording puts a tape between the client and the network: a new one, or that of the run that goes on.
func (e *endpoint) startRecording(c *connection, pl *plan) error {
	wire := e.wire
	if wire == "" {
		wire = wireOpenAI
	}
	r := cassette.Recording{Key: c.key, InFlight: c.inFlight, Info: cassette.Info{Provider: wire, Model: c.model, Root: rootIn(wire, c.address),
		Label: e.label(), Run: pl.identity(), Polis: thisBuild().Version}}
	begin := cassette.Record
	if pl.past != nil && pl.fork == nil {
		begin = cassette.Continue
	}
	recorder, err := begin(e.record, r)
	if err != nil {
		return badUsage("--record: %s", plainly(err, "cassette"))
	}
	e.recorder, c.transport = recorder, recorder
	return nil
}

// rootIn is what a tape says of a base URL; "": it is the provider's own.
func rootIn(wire, address string) string {
	own := map[string]string{wireOpenAI: openai.OpenAI, wireAnthropic: anthropic.Anthropic}[wire]
	u, err := url.Parse(address)
	switch {
	case err != nil || address == "" || strings.TrimRight(address, "/") == own:
		return ""
	case openai.Loopback(address):
		return address
	case u.Path == "":
		return "/"
	}
	return u.Path
}

// identity names what was ordered, for whichever seed, so that only that goes on on a tape.
func (pl *plan) identity() string {
	s := pl.spec()
	s.Polis, s.Seed, s.Run = build{}, 0, 0
	sum := sha256.Sum256(s.text())
	return hex.EncodeToString(sum[:8])
}

// played is the client of a tape. What was answered in the end is answered at once: what had failed before it, and was tried
// again, is passed over. Nothing that the endpoint said about its limits holds any more.
type played struct {
	client   client
	endpoint *endpoint

	mu    sync.Mutex
	again map[[sha256.Size]byte][]heard // what requests get that come again; the last of it any number of times
}

// heard is what came of a request.
type heard struct {
	reply llmadapter.Reply
	err   error
}

// Complete implements llmadapter.Model.
func (p *played) Complete(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
	if was, ok := p.next(r); ok {
		return was.reply, was.err
	}
	var failed []heard
	for {
		reply, err := p.client.Complete(ctx, r)
		reply.Rates = llmadapter.Rates{}
		var e *llmadapter.Error
		switch {
		case err == nil:
			if r.Shared { // two that shared a call may miss each other now
				p.keep(r, []heard{{reply: reply}})
			}
			return reply, nil
		case ctx.Err() != nil || !errors.As(err, &e):
			return reply, err
		case !errors.Is(err, cassette.ErrMiss):
			calm := *e
			calm.RetryAfter, calm.Rates = 0, llmadapter.Rates{}
			failed = append(failed, heard{err: &calm})
		case len(failed) > 0: // it was never answered: whoever tries again hears so, each time as it was
			p.keep(r, failed[min(1, len(failed)-1):])
			return llmadapter.Reply{}, failed[0].err
		default:
			p.endpoint.missed.CompareAndSwap(nil, e)
			return llmadapter.Reply{}, err
		}
	}
}

func (p *played) keep(r llmadapter.Request, all []heard) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.again[digestOf(r)] = all
}

// next gives what a request gets that has come before.
func (p *played) next(r llmadapter.Request) (heard, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.again) == 0 {
		return heard{}, false
	}
	digest := digestOf(r)
	all := p.again[digest]
	if len(all) == 0 {
		return heard{}, false
	}
	if len(all) > 1 {
		p.again[digest] = all[1:]
	}
	return all[0], true
}

// digestOf tells requests apart.
func digestOf(r llmadapter.Request) [sha256.Size]byte {
	text, err := json.Marshal(r)
	if err != nil {
		text = nil // a schema that is no JSON: the client has refused it
	}
	return sha256.Sum256(fmt.Appendf(text, "%d %v", r.Seed, r.Schema != nil))
}

// recorded says what was put on the tape; "": nothing was recorded.
func (e *endpoint) recorded() string {
	if e == nil || e.recorder == nil {
		return ""
	}
	return fmt.Sprintf("%s, in %s", plural(e.recorder.Exchanges(), "exchange"), e.record)
}
