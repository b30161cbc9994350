package anthropic

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// No goroutine is left after all tests: every client is closed.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// key is a secret that must not be seen anywhere.
const key = "sk-ant-secret-0123456789"

// client makes a client that ends with the test.
func client(t testing.TB, cfg Config) *Client {
	t.Helper()
	if cfg.Model == "" {
		cfg.Model = "sim-test"
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// of makes a client of a server that answers in one way.
func of(t testing.TB, a llmadaptertest.Answer) (*Client, *llmadaptertest.Server) {
	t.Helper()
	s := llmadaptertest.NewServer(t, llmadaptertest.Always(a))
	return client(t, Config{BaseURL: s.URL(), Key: key}), s
}

// fails gives the error of a call that has to fail.
func fails(ctx context.Context, t testing.TB, c *Client) *llmadapter.Error {
	t.Helper()
	reply, err := c.Complete(ctx, llmadaptertest.Talk(1))
	var e *llmadapter.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %+v, %v", reply, err)
	}
	if err := llmadaptertest.CheckError(err); err != nil {
		t.Error(err)
	}
	return e
}
