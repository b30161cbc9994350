package anthropic

import (
	"fmt"
	"net/http"
	"time"

	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

// Anthropic is where a Config without a BaseURL goes to.
const Anthropic = "https://api.anthropic.com/v1"

// Config says where a model is, and how long and how large its answers may be. Whatever prints it hides the key.
type Config struct {
	Model   string // its name at the endpoint; required
	BaseURL string // what /messages is appended to; "": Anthropic
	Key     string `json:"-"` // sent as x-api-key; required unless BaseURL is on loopback

	InFlight   int           // calls at once that connections are kept for; 0: 64. It limits nothing
	FirstToken time.Duration // patience until the first piece of an answer; 0: 5 min, since some models think for long
	Idle       time.Duration // patience between two pieces; 0: 2 min
	MaxLine    int           // bytes of one line of a stream, and of an answer that is none; 0: 1 MiB
	MaxAnswer  int           // bytes of an answer's text, thoughts and calls; 0: 1 MiB

	// MaxTokens is the limit of an answer, thoughts included, whose request has none: this wire form wants one. 0: 4096,
	// which every model takes, and which no decision needs; what is not used is not billed.
	MaxTokens   int
	Temperature *float64          // 0 to 1; nil: the model's own
	Transport   http.RoundTripper `json:"-"` // for tests and instruments; nil: one of its own
}

// defaultMaxTokens is the most that the oldest models of the provider answer.
const defaultMaxTokens = 4096

// Check says what of a configuration makes no sense. No error holds a key.
func (c *Config) Check() error {
	place := c.place()
	if err := place.Check(); err != nil {
		return err
	}
	if c.MaxTokens < 0 {
		return fmt.Errorf("anthropic: answers of %d tokens; accepted is 1 or more, 0 for %d", c.MaxTokens, defaultMaxTokens)
	}
	if c.Temperature != nil && !(*c.Temperature >= 0 && *c.Temperature <= 1) { // NaN is neither
		return fmt.Errorf("anthropic: temperature %v; accepted is 0 to 1", *c.Temperature)
	}
	return nil
}

// place is the endpoint of a configuration.
func (c *Config) place() socket.Config {
	return socket.Config{
		Form: "anthropic", Variable: "ANTHROPIC_API_KEY", Provider: Anthropic, Path: "/messages",
		NoPath: "the base URL has no path, most end in /v1", Trouble: refusal,
		Model: c.Model, BaseURL: c.BaseURL, Key: c.Key,
		InFlight: c.InFlight, FirstToken: c.FirstToken, Idle: c.Idle, MaxLine: c.MaxLine, MaxAnswer: c.MaxAnswer, Transport: c.Transport,
	}
}

// Loopback says whether a base URL leads to this machine, by its name or number alone, so that no key is needed.
func Loopback(baseURL string) bool { return socket.Loopback(baseURL) }

// Format prints a configuration as fmt prints any struct, but for the key.
func (c Config) Format(f fmt.State, verb rune) {
	type plain Config
	p := plain(c)
	if p.Key != "" {
		p.Key = "hidden"
	}
	fmt.Fprintf(f, fmt.FormatString(f, verb), p)
}
