package openai

import (
	"fmt"
	"net/http"
	"time"

	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

// OpenAI is where a Config without a BaseURL goes to.
const OpenAI = "https://api.openai.com/v1"

// Config says where a model is, and how long and how large its answers may be. Whatever prints it hides the key.
type Config struct {
	Model   string // its name at the endpoint; required
	BaseURL string // what /chat/completions is appended to; "": OpenAI
	Key     string `json:"-"` // sent as the bearer's token; required unless BaseURL is on loopback

	InFlight   int           // calls at once that connections are kept for; 0: 64. It limits nothing
	FirstToken time.Duration // patience until the first piece of an answer; 0: 5 min, since some models think for long
	Idle       time.Duration // patience between two pieces; 0: 2 min
	MaxLine    int           // bytes of one line of a stream, and of an answer that is none; 0: 1 MiB
	MaxAnswer  int           // bytes of an answer's text, thoughts and calls; 0: 1 MiB

	Temperature *float64          // 0 to 2; nil: the model's own
	Transport   http.RoundTripper `json:"-"` // for tests and instruments; nil: one of its own
}

// Check says what of a configuration makes no sense. No error holds a key.
func (c *Config) Check() error {
	place := c.place()
	if err := place.Check(); err != nil {
		return err
	}
	if c.Temperature != nil && !(*c.Temperature >= 0 && *c.Temperature <= 2) { // NaN is neither
		return fmt.Errorf("openai: temperature %v; accepted is 0 to 2", *c.Temperature)
	}
	return nil
}

// place is the endpoint of a configuration.
func (c *Config) place() socket.Config {
	return socket.Config{
		Form: "openai", Variable: "OPENAI_API_KEY", Provider: OpenAI, Path: "/chat/completions",
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
