package openai

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
	switch {
	case c.Model == "" || len(c.Model) > 200 || strings.ContainsFunc(c.Model, unprintable):
		return fmt.Errorf("openai: model %q; accepted is the name of a model at the endpoint", oneLine(c.Model, 40))
	case c.InFlight < 0:
		return fmt.Errorf("openai: %d calls at once; accepted is 1 or more, 0 for 64", c.InFlight)
	case c.FirstToken < 0 || c.Idle < 0:
		return fmt.Errorf("openai: a patience of %v and %v; accepted is more than 0, 0 for the default", c.FirstToken, c.Idle)
	case c.MaxLine < 0 || c.MaxAnswer < 0:
		return fmt.Errorf("openai: lines of %d and answers of %d bytes; accepted is 1 or more, 0 for 1 MiB", c.MaxLine, c.MaxAnswer)
	case c.Temperature != nil && !(*c.Temperature >= 0 && *c.Temperature <= 2): // NaN is neither
		return fmt.Errorf("openai: temperature %v; accepted is 0 to 2", *c.Temperature)
	case strings.ContainsFunc(c.Key, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII || unprintable(r) }):
		return errors.New("openai: the key has a character that no key has, such as a space or the end of a line: look at OPENAI_API_KEY")
	}
	if _, err := c.url(); err != nil {
		return err
	}
	if c.Key == "" && !Loopback(c.BaseURL) {
		return errors.New("openai: a model that is not on this machine needs a key: set OPENAI_API_KEY")
	}
	return nil
}

// url is the base URL, parsed. An error shows no part of it that might hold a secret.
func (c *Config) url() (*url.URL, error) {
	text := c.BaseURL
	if text == "" {
		text = OpenAI
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
		why = "accepted is one without user and password: a key goes into OPENAI_API_KEY"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		why = "accepted is one without ? and #"
	case strings.HasSuffix(u.Path, "/chat/completions"):
		why = "accepted is what comes before /chat/completions"
	default:
		return u, nil
	}
	return nil, fmt.Errorf("openai: base URL %q; %s", oneLine(shown, 80), why)
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

// Format prints a configuration as fmt prints any struct, but for the key.
func (c Config) Format(f fmt.State, verb rune) {
	type plain Config
	p := plain(c)
	if p.Key != "" {
		p.Key = "hidden"
	}
	fmt.Fprintf(f, fmt.FormatString(f, verb), p)
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
