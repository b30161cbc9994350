package builtin

import (
	"net/http"
	"strconv"
	"time"
)

// anthropic is the form of Anthropic's messages. It has no seed: the same question has the same answer.
type anthropic struct{}

func (anthropic) name() string { return "anthropic" }

func (anthropic) read(body []byte) (*ask, *problem) {
	w, p := readMessages(body)
	if p != nil {
		return nil, p
	}
	messages, p := w.conversation()
	if p != nil {
		return nil, p
	}
	// What is asked for is the same as in the other form, and so is what follows from it.
	a := &ask{model: w.Model, messages: messages, stream: w.Stream, most: *w.MaxTokens}
	tools, p := w.offered()
	if p != nil {
		return nil, p
	}
	a.hasTools = len(w.Tools) > 0
	if p := a.wants(tools, w.format()); p != nil {
		return nil, p
	}
	return a, a.stamp()
}

func (anthropic) identify(h http.Header, digest string) { h.Set("Request-Id", "req-sim-"+digest) }

// allowance has three headers each. The reset is the time at which all of it is there again.
func (anthropic) allowance(h http.Header, of string, size, left int, reset time.Duration) {
	name := "Anthropic-Ratelimit-" + of
	h.Set(name+"-Limit", strconv.Itoa(size))
	h.Set(name+"-Remaining", strconv.Itoa(left))
	h.Set(name+"-Reset", time.Now().Add(reset+time.Second-1).UTC().Truncate(time.Second).Format(time.RFC3339))
}

// pause is told in whole seconds.
func (anthropic) pause(h http.Header, d time.Duration) {
	h.Set("Retry-After", strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10))
}

func (anthropic) trouble(p *problem) any {
	kind := "api_error"
	switch {
	case p.status == http.StatusNotFound:
		kind = "not_found_error"
	case p.status == http.StatusRequestEntityTooLarge:
		kind = "request_too_large"
	case p.status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case p.status < http.StatusInternalServerError:
		kind = "invalid_request_error"
	case p.status == http.StatusServiceUnavailable || p.status == statusOverloaded:
		kind = "overloaded_error"
	}
	text := p.text
	if p.param != "" {
		text = p.param + ": " + text
	}
	return map[string]any{"type": "error", "error": map[string]any{"type": kind, "message": text}}
}

func (d anthropic) interrupt(p *problem) []byte { return named("error", d.trouble(p)) }
func (anthropic) ping() string                  { return string(named("ping", map[string]any{"type": "ping"})) }
func (anthropic) voice(t *told) voice           { return &message{told: t, open: -2} }

// named is a server-sent event with a name.
func named(name string, doc any) []byte {
	return append([]byte("event: "+name+"\n"), event(doc)...)
}
