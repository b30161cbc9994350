package socket

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// Config is what the clients of all wire forms are told, and what a form says of itself. It is not to be printed: it has
// the key in it.
type Config struct {
	Form     string // the package of the wire form, as errors begin: "openai"
	Variable string // that keys come from, as errors say: "OPENAI_API_KEY"
	Provider string // the base URL where none is given
	Path     string // what is appended to the base URL to ask for an answer: "/chat/completions"
	NoPath   string // what people are told when a base URL without a path is not found; "": nothing
	// Trouble reads what a server says about a request that it does not answer; false: it is not of the wire form.
	Trouble func(status int, body []byte) (Trouble, bool)

	Model      string        // its name at the endpoint
	BaseURL    string        // "": Provider
	Key        string        // required unless BaseURL is on loopback
	InFlight   int           // calls at once that connections are kept for; 0: 64
	FirstToken time.Duration // patience until the first piece of an answer; 0: 5 min
	Idle       time.Duration // patience between two pieces; 0: 2 min
	MaxLine    int           // bytes of one line of a stream, and of an answer that is none; 0: 1 MiB
	MaxAnswer  int           // bytes of an answer's text, thoughts and calls; 0: 1 MiB
	Transport  http.RoundTripper
}

// Check says what of a configuration makes no sense. No error holds a key.
func (c *Config) Check() error {
	switch {
	case c.Model == "" || len(c.Model) > 200 || strings.ContainsFunc(c.Model, unprintable):
		return fmt.Errorf("%s: model %q; accepted is the name of a model at the endpoint", c.Form, OneLine(c.Model, 40))
	case c.InFlight < 0:
		return fmt.Errorf("%s: %d calls at once; accepted is 1 or more, 0 for 64", c.Form, c.InFlight)
	case c.FirstToken < 0 || c.Idle < 0:
		return fmt.Errorf("%s: a patience of %v and %v; accepted is more than 0, 0 for the default", c.Form, c.FirstToken, c.Idle)
	case c.MaxLine < 0 || c.MaxAnswer < 0:
		return fmt.Errorf("%s: lines of %d and answers of %d bytes; accepted is 1 or more, 0 for 1 MiB", c.Form, c.MaxLine, c.MaxAnswer)
	case strings.ContainsFunc(c.Key, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII || unprintable(r) }):
		return errors.New(c.Form + ": the key has a character that no key has, such as a space or the end of a line: look at " + c.Variable)
	}
	if _, err := c.url(); err != nil {
		return err
	}
	if c.Key == "" && !Loopback(c.BaseURL) {
		return errors.New(c.Form + ": a model that is not on this machine needs a key: set " + c.Variable)
	}
	return nil
}

// url is the base URL, parsed. An error shows no part of it that might hold a secret.
func (c *Config) url() (*url.URL, error) {
	text := c.BaseURL
	if text == "" {
		text = c.Provider
	}
	shown, _, _ := strings.Cut(text, "?")
	shown, _, _ = strings.Cut(shown, "#")
	if at := strings.LastIndex(shown, "@"); at >= 0 {
		shown = "…" + shown[at:]
	}
	u, err := url.Parse(text)
	why := ""
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsFunc(text, unprintable):
		why = "accepted is http://HOST:PORT/PATH, or https"
	case u.User != nil:
		why = "accepted is one without user and password: a key goes into " + c.Variable
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		why = "accepted is one without ? and #"
	case strings.HasSuffix(u.Path, c.Path):
		why = "accepted is what comes before " + c.Path
	default:
		return u, nil
	}
	return nil, fmt.Errorf("%s: base URL %q; %s", c.Form, OneLine(shown, 80), why)
}

// Loopback says whether a base URL leads to this machine, by its name or number alone, so that no key is needed.
func Loopback(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return err == nil && loopback(u.Hostname())
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// orDefault fills in what is not set.
func (c Config) orDefault() Config {
	set(&c.InFlight, 64)
	set(&c.FirstToken, 5*time.Minute)
	set(&c.Idle, 2*time.Minute)
	set(&c.MaxLine, 1<<20)
	set(&c.MaxAnswer, 1<<20)
	c.MaxLine = min(c.MaxLine, math.MaxInt-1) // room for one byte more, which shows that it is too long
	return c
}

func set[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}
