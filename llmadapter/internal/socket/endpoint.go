package socket

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// Endpoint is a place that attempts are made at. It may be used by many at once.
type Endpoint struct {
	cfg       Config
	base      *url.URL
	noPath    bool // the base URL has none
	transport http.RoundTripper
	own       *http.Transport // nil: the transport is not ours
}

// New makes an endpoint of a configuration that it checks. Nothing is sent yet.
func New(cfg Config) (*Endpoint, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	u, err := cfg.url()
	if err != nil {
		return nil, err
	}
	e := &Endpoint{cfg: cfg.orDefault(), base: u, transport: cfg.Transport}
	if e.noPath = strings.Trim(u.Path, "/") == ""; e.noPath {
		u.Path = "/" // else what is joined would be no absolute path
	}
	if e.transport == nil {
		e.own = NewTransport(e.cfg.InFlight)
		e.transport = e.own
	}
	return e, nil
}

// Host is where the endpoint is, without its port.
func (e *Endpoint) Host() string { return e.base.Hostname() }

// MaxAnswer is how many bytes an answer's text, thoughts and calls may have.
func (e *Endpoint) MaxAnswer() int { return e.cfg.MaxAnswer }

// Request is one without a body, to be sent any number of times, to a path below the base URL. The key is among the
// header that the form gives, if there is one, and under no other name.
func (e *Endpoint) Request(method, path string, header http.Header) *http.Request {
	u := e.base.JoinPath(path)
	h := header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Accept", "text/event-stream, application/json")
	h.Set("User-Agent", "polis")
	return &http.Request{Method: method, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h}
}

// Begin starts an attempt, which must be ended, with the patience for a first piece of an answer.
func (e *Endpoint) Begin(ctx context.Context) *Attempt { return e.BeginWith(ctx, e.cfg.FirstToken) }

// BeginWith starts an attempt, which must be ended, with a patience.
func (e *Endpoint) BeginWith(ctx context.Context, patience time.Duration) *Attempt {
	a := &Attempt{e: e, ctx: ctx, limit: patience, start: time.Now()}
	a.call, a.cancel = context.WithCancelCause(ctx)
	a.timer = time.AfterFunc(patience, func() { a.cancel(errPatience) })
	return a
}

// Unasked is the error of a request that cannot be put into the wire form: nothing was sent.
func (e *Endpoint) Unasked(err error) *llmadapter.Error {
	return &llmadapter.Error{Kind: llmadapter.Invalid, Fate: llmadapter.Unsent, Text: e.Shown(err.Error()), Err: err}
}

// Shown is what people see of a text that may come from a server.
func (e *Endpoint) Shown(s string) string { return Shown(s, e.cfg.Key) }

// hide takes the key out of an answer: a server that is no friend could have it put on the record.
func (e *Endpoint) hide(r *llmadapter.Reply) {
	key := e.cfg.Key
	if key == "" {
		return
	}
	r.Text, r.ID, r.Model = Hide(r.Text, key), Hide(r.ID, key), Hide(r.Model, key)
	for i := range r.Calls {
		r.Calls[i] = llmadapter.Call{Name: Hide(r.Calls[i].Name, key), Arguments: Hide(r.Calls[i].Arguments, key)}
	}
}

// Close lets go of connections that nobody uses; those in use follow when their call ends.
func (e *Endpoint) Close() {
	if e.own != nil {
		e.own.CloseIdleConnections()
	}
}

// String names the model and where it is.
func (e *Endpoint) String() string { return e.cfg.Model + " at " + e.base.Host }
