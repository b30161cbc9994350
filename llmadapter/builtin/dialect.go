package builtin

import (
	"net/http"
	"strconv"
	"time"
)

// dialect is a wire form: how requests are read, and how answers, errors and what is left of the limits are told.
type dialect interface {
	name() string                                                            // in Served
	read(body []byte) (*ask, *problem)                                       // what is asked for
	identify(h http.Header, digest string)                                   // the head of every answer to it
	allowance(h http.Header, of string, size, left int, reset time.Duration) // of requests, tokens, input-tokens, output-tokens
	pause(h http.Header, d time.Duration)                                    // when to come back
	trouble(p *problem) any                                                  // the document of an error
	interrupt(p *problem) []byte                                             // the same in mid-stream
	ping() string                                                            // what keeps a stream alive and says nothing
	voice(t *told) voice
}

// voice tells one answer.
type voice interface {
	begin() []byte                    // of a stream
	piece(p token, fresh bool) []byte // of a stream; fresh: the first of its call
	finish() []byte                   // of a stream
	whole() []byte                    // all of it as one document
}

// openAI is the form of OpenAI and of most servers that one runs oneself.
type openAI struct{}

func (openAI) name() string { return "openai" }

func (openAI) read(body []byte) (*ask, *problem) {
	w, p := readRequest(body)
	if p != nil {
		return nil, p
	}
	return readAsk(w)
}

func (openAI) identify(h http.Header, digest string) { h.Set("X-Request-Id", "req-sim-"+digest) }

// allowance has three headers for requests and three for tokens. The reset is when all of it is there again.
func (openAI) allowance(h http.Header, of string, size, left int, reset time.Duration) {
	switch of {
	case ofRequests, ofTokens:
		h.Set("X-Ratelimit-Limit-"+of, strconv.Itoa(size))
		h.Set("X-Ratelimit-Remaining-"+of, strconv.Itoa(left))
		h.Set("X-Ratelimit-Reset-"+of, reset.Round(time.Millisecond).String())
	}
}

// pause is told twice, as OpenAI does: to the millisecond, and in whole seconds for clients that know no better.
func (openAI) pause(h http.Header, d time.Duration) {
	h.Set("Retry-After-Ms", strconv.FormatInt(int64((d+time.Millisecond-1)/time.Millisecond), 10))
	anthropic{}.pause(h, d)
}

func (openAI) trouble(p *problem) any      { return p.body() }
func (openAI) interrupt(p *problem) []byte { return event(p.body()) }
func (openAI) ping() string                { return ": keep-alive\n\n" }
func (openAI) voice(t *told) voice         { return &completing{told: t} }
