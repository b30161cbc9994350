package openai

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// Client is a llmadapter.Model at one endpoint. It may be used by many at once.
type Client struct {
	cfg       Config
	newLimit  bool // the endpoint takes max_completion_tokens, not max_tokens
	root      bool // the base URL has no path
	chat      http.Request
	models    http.Request
	transport http.RoundTripper
	own       *http.Transport // nil: the transport is not ours
}

// New makes a client. Nothing is sent yet.
func New(cfg Config) (*Client, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	u, err := cfg.url()
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg.orDefault(), transport: cfg.Transport}
	// OpenAI's newer models refuse max_tokens; most other servers know nothing else.
	c.newLimit = u.Hostname() == "api.openai.com"
	if c.root = strings.Trim(u.Path, "/") == ""; c.root {
		u.Path = "/" // else what is joined would be no absolute path
	}
	if c.transport == nil {
		c.own = newTransport(c.cfg.InFlight)
		c.transport = c.own
	}
	c.chat = c.request(http.MethodPost, u.JoinPath("chat/completions"))
	c.chat.Header.Set("Content-Type", "application/json")
	c.models = c.request(http.MethodGet, u.JoinPath("models"))
	return c, nil
}

// request is one without a body, to be copied.
func (c *Client) request(method string, u *url.URL) http.Request {
	r := http.Request{Method: method, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{
		"Accept":     {"text/event-stream, application/json"},
		"User-Agent": {"polis"},
	}}
	if c.cfg.Key != "" {
		r.Header.Set("Authorization", "Bearer "+c.cfg.Key)
	}
	return r
}

// Complete asks for an answer once. Every error is a *llmadapter.Error.
func (c *Client) Complete(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
	body, err := c.encode(r)
	if err != nil {
		return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Invalid, Fate: llmadapter.Unsent, Text: c.shown(err.Error()), Err: err}
	}
	a := c.begin(ctx, c.cfg.FirstToken)
	defer a.end()
	resp, failed := a.send(&c.chat, body)
	if failed != nil {
		return llmadapter.Reply{}, failed
	}
	defer resp.Body.Close()
	reply, failed := a.read(resp)
	if failed != nil {
		return llmadapter.Reply{}, failed
	}
	c.hideIn(&reply)
	return reply, nil
}

// hideIn takes the key out of an answer: a server that is no friend could have it put on the record.
func (c *Client) hideIn(r *llmadapter.Reply) {
	r.Text, r.ID, r.Model = hide(r.Text, c.cfg.Key), hide(r.ID, c.cfg.Key), hide(r.Model, c.cfg.Key)
	for i := range r.Calls {
		r.Calls[i] = llmadapter.Call{Name: hide(r.Calls[i].Name, c.cfg.Key), Arguments: hide(r.Calls[i].Arguments, c.cfg.Key)}
	}
}

// shown is what people see of a text.
func (c *Client) shown(s string) string { return shown(s, c.cfg.Key) }

// modelsLimit is the patience for a list of models: somebody is there, or not.
const modelsLimit = 10 * time.Second

// Models asks which models the endpoint has, which also tells, at no cost, whether somebody is there and takes the key.
// Every error is a *llmadapter.Error.
func (c *Client) Models(ctx context.Context) ([]string, error) {
	a := c.begin(ctx, modelsLimit)
	defer a.end()
	resp, failed := a.send(&c.models, nil)
	if failed != nil {
		return nil, failed
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return nil, a.refused(resp)
	}
	body, failed := a.whole(resp)
	if failed != nil {
		return nil, failed
	}
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &list) != nil || list.Data == nil {
		return nil, a.malformed(resp, body)
	}
	names := make([]string, len(list.Data))
	for i, m := range list.Data {
		names[i] = c.shown(m.ID)
	}
	return names, nil
}

// Close lets go of connections that nobody uses; those in use follow when their call ends.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// String names the model and where it is.
func (c *Client) String() string { return c.cfg.Model + " at " + c.chat.URL.Host }

// Format prints String for every verb: what else fmt would print has the key in it.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }
