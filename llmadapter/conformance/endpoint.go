package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// Endpoint is a model on a server, and how it is spoken to.
type Endpoint struct {
	URL   string // its base URL, to which /models is appended
	Model string // its name there
	Key   string // "": none is needed

	// Wire makes a client of the endpoint that sends over that transport and no other. It may be called several times,
	// also with another key.
	Wire func(e Endpoint, over http.RoundTripper) (llmadapter.Model, error)

	Forms    []llmadapter.Form // of asking for calls that it must take; nil: one of them
	Patience time.Duration     // for one answer; 0: 2 min
}

// Check says what of an endpoint is missing.
func (e Endpoint) Check() error {
	if e.URL == "" || e.Model == "" || e.Wire == nil {
		return errors.New("conformance: an Endpoint without URL, Model or Wire")
	}
	return nil
}

// What a check of an endpoint costs at most: requests that are answered by tokens, and tokens of all prompts and of all
// answers. It asks one thing after the other.
const (
	MostCalls        = 11
	MostPromptTokens = 8000
	MostAnswerTokens = 3000
)

// Verdict is what has come of a claim.
type Verdict struct {
	Claim string
	Err   error // nil: it holds; ErrNotChecked: it does not concern this endpoint, and why; else what is against it. Never with the key
	Took  time.Duration
}

// endpointClaim is one thing that is said of an endpoint.
type endpointClaim struct {
	name  string
	check func(s *session, ctx context.Context) error
}

var endpointClaims = []endpointClaim{
	{"it answers with text", (*session).text},
	{"an answer says why it ended", (*session).finished},
	{"an answer is streamed", (*session).streamed},
	{"an answer says what was used", (*session).used},
	{"it calls tools", calling(llmadapter.FormTools)},
	{"it follows a JSON schema to the letter", calling(llmadapter.FormSchema)},
	{"it writes calls that a prompt describes", calling(llmadapter.FormText)},
	{"it can be asked for calls in one of these ways", (*session).callable},
	{"it calls a tool without arguments", (*session).bare},
	{"a long prompt is read to its end", (*session).long},
	{"text of any script arrives whole", (*session).scripts},
	{"an answer keeps its limit, and says when it is cut", (*session).limited},
	{"who goes away is let go", (*session).letGo},
	{"a wrong key is refused", (*session).wrongKey},
	{"it lists its models", (*session).lists},
}

// EndpointClaims names what is looked at, in this order.
func EndpointClaims() []string {
	var names []string
	for _, c := range endpointClaims {
		names = append(names, c.name)
	}
	return names
}

// CheckEndpoint looks at an endpoint, claim by claim, and gives what comes of each as soon as it is known. When it cannot
// be asked at all, the other claims are not checked.
func CheckEndpoint(ctx context.Context, e Endpoint) iter.Seq[Verdict] {
	return func(yield func(Verdict) bool) {
		s, err := open(e)
		if err == nil {
			defer s.close()
		}
		for _, c := range endpointClaims {
			v, began := Verdict{Claim: c.name, Err: err}, time.Now()
			switch {
			case err != nil:
			case ctx.Err() != nil:
				v.Err = fmt.Errorf("%w: %w", ErrNotChecked, ctx.Err())
			case s.mute:
				v.Err = fmt.Errorf("%w: it gives no answer", ErrNotChecked)
			default:
				v.Err = c.check(s, ctx)
			}
			if v.Took = time.Since(began); !yield(v) {
				return
			}
		}
	}
}

// session is one look at an endpoint.
type session struct {
	e     Endpoint
	tap   *tap
	model llmadapter.Model
	mute  bool             // it gives no answer at all
	first llmadapter.Reply // to the first request
	typed string           // content type of that
	taken []llmadapter.Form
}

func open(e Endpoint) (*session, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	if e.Patience <= 0 {
		e.Patience = patience
	}
	s := &session{e: e, tap: newTap()}
	var err error
	s.model, err = e.Wire(e, s.tap)
	return s, err
}

func (s *session) close() {
	closeModel(s.model)
	s.tap.inner.CloseIdleConnections()
}

func closeModel(m llmadapter.Model) {
	switch m := m.(type) {
	case interface{ Close() }:
		m.Close()
	case io.Closer:
		_ = m.Close() // it was only looked at
	}
}

// ask asks with a limit, so that no check waits for ever.
func (s *session) ask(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, s.e.Patience)
	defer cancel()
	reply, err := s.model.Complete(ctx, r)
	if err == nil {
		err = CheckReply(reply)
	}
	return reply, err
}
