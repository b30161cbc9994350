package openai

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

// Client is a llmadapter.Model at one endpoint. It may be used by many at once.
type Client struct {
	cfg      Config
	at       *socket.Endpoint
	newLimit bool // the endpoint takes max_completion_tokens, not max_tokens
	chat     *http.Request
	models   *http.Request

	embeddings *http.Request
}

// New makes a client. Nothing is sent yet.
func New(cfg Config) (*Client, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	at, err := socket.New(cfg.place())
	if err != nil {
		return nil, err
	}
	// OpenAI's newer models refuse max_tokens; most other servers know nothing else.
	c := &Client{cfg: cfg, at: at, newLimit: at.Host() == "api.openai.com"}
	header := http.Header{}
	if cfg.Key != "" {
		header.Set("Authorization", "Bearer "+cfg.Key)
	}
	c.models = at.Request(http.MethodGet, "models", header)
	header.Set("Content-Type", "application/json")
	c.chat = at.Request(http.MethodPost, "chat/completions", header)
	c.embeddings = at.Request(http.MethodPost, "embeddings", header)
	return c, nil
}

// Complete asks for an answer once. Every error is a *llmadapter.Error.
func (c *Client) Complete(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
	body, err := c.encode(r)
	if err != nil {
		return llmadapter.Reply{}, c.at.Unasked(err)
	}
	a := c.at.Begin(ctx)
	defer a.End()
	answer := newAnswer(c.at.MaxAnswer())
	defer answer.release()
	return a.Answer(c.chat, body, answer)
}

// modelsLimit is the patience for a list of models: somebody is there, or not.
const modelsLimit = 10 * time.Second

// Models asks which models the endpoint has, which also tells, at no cost, whether somebody is there and takes the key.
// Every error is a *llmadapter.Error.
func (c *Client) Models(ctx context.Context) ([]string, error) {
	a := c.at.BeginWith(ctx, modelsLimit)
	defer a.End()
	resp, failed := a.Send(c.models, nil)
	if failed != nil {
		return nil, failed
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return nil, a.Refused(resp)
	}
	body, failed := a.Whole(resp)
	if failed != nil {
		return nil, failed
	}
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &list) != nil || list.Data == nil {
		return nil, a.Malformed(resp, body)
	}
	names := make([]string, len(list.Data))
	for i, m := range list.Data {
		names[i] = c.at.Shown(m.ID)
	}
	return names, nil
}

// Close lets go of connections that nobody uses; those in use follow when their call ends.
func (c *Client) Close() { c.at.Close() }

// String names the model and where it is.
func (c *Client) String() string { return c.at.String() }

// Format prints String for every verb: what else fmt would print has the key in it.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }
