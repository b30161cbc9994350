package openai

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// Who is gone before anything was sent has spent nothing, whatever the transport.
func TestNothingIsSentForWhoIsGone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	called := false
	e := failure(ctx, t, client(t, Config{BaseURL: "http://127.0.0.1:1", Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		called = true
		return nil, errors.New("no")
	})}))
	if called || e.Kind != llmadapter.Cancelled || e.Fate != llmadapter.Unsent {
		t.Errorf("called %v: %+v", called, e)
	}
}

// A transport of others that is one of net/http underneath says when it has got a connection.
func TestNobodyIsReachedByATransportOfOthers(t *testing.T) {
	e := failure(t.Context(), t, client(t, Config{BaseURL: llmadaptertest.Nobody(t), Transport: plain(t)}))
	if e.Kind != llmadapter.Unreachable || e.Fate != llmadapter.Unsent {
		t.Errorf("got %+v", e)
	}
}

// A transport may read a request after it has failed, so the buffer must not be used again.
func TestARequestThatMayStillBeReadIsLeftAlone(t *testing.T) {
	var kept []io.Reader
	c := client(t, Config{BaseURL: "http://127.0.0.1:1", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		kept = append(kept, r.Body)
		return nil, errors.New("later")
	})})
	for _, text := range []string{"the first", "the other"} {
		_, _ = c.Complete(t.Context(), llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: text}}}) // it fails
	}
	for i, text := range []string{"the first", "the other"} {
		if body, err := io.ReadAll(kept[i]); err != nil || !bytes.Contains(body, []byte(text)) {
			t.Errorf("%s: %s, %v", text, body, err)
		}
	}
}

// What an attempt holds ends with it.
func TestAnAttemptEnds(t *testing.T) {
	var ctx context.Context
	s := llmadaptertest.NewServer(t, nil)
	rt := plain(t)
	c := client(t, Config{BaseURL: s.URL(), Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		ctx = r.Context()
		return rt.RoundTrip(r)
	})})
	if _, err := c.Complete(t.Context(), llmadaptertest.Talk(1)); err != nil || ctx.Err() == nil {
		t.Errorf("%v; the context of the call: %v", err, ctx.Err())
	}
	if _, err := c.Models(t.Context()); err == nil || ctx.Err() == nil { // the server answers with a stream
		t.Errorf("%v; the context of the call: %v", err, ctx.Err())
	}
}

func TestCloseLetsGoOfConnections(t *testing.T) {
	s := llmadaptertest.NewServer(t, nil)
	c := client(t, Config{BaseURL: s.URL()})
	for want := 1; want <= 2; want++ {
		if _, err := c.Complete(t.Context(), llmadaptertest.Talk(1)); err != nil || s.Connections() != want {
			t.Errorf("%v, %d connections, not %d", err, s.Connections(), want)
		}
		c.Close()
	}
}

func TestABaseURLWithoutPathIsPointedAt(t *testing.T) {
	s := llmadaptertest.NewServer(t, llmadaptertest.Always(llmadaptertest.Status(404, "404 page not found", "Content-Type", "text/plain")))
	const hint = "the base URL has no path, most end in /v1"
	for url, want := range map[string]bool{strings.TrimSuffix(s.URL(), "/v1"): true, strings.TrimSuffix(s.URL(), "v1"): true, s.URL(): false} {
		if e := failure(t.Context(), t, client(t, Config{BaseURL: url})); strings.Contains(e.Text, hint) != want {
			t.Errorf("%s: %v", url, e)
		}
	}
}
