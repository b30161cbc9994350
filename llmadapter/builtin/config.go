package builtin

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// NamePrefix begins the id of every stand-in, so that nobody takes what it says for a model's.
const NamePrefix = "sim-"

// Config says how a stand-in behaves. The zero value is useful.
type Config struct {
	Policy  Policy // decides; nil: seeded choice among what may be called
	Name    string // the id of the model it serves, with NamePrefix; "": sim-model
	Addr    string // where it listens; "": 127.0.0.1:0, any free port
	Exposed bool   // Addr may be other than loopback. Nothing is asked of whoever comes

	Slots      int // requests served at once; 0: 16
	QueueLimit int // requests that wait for a slot; 0: 256; negative: none
	Busy       int // HTTP status beyond that: 429 or 503; 0: 503

	FirstToken time.Duration // from the slot to the first token; 0: 3 ms; negative: none
	PerToken   time.Duration // from token to token; 0: 100 µs; negative: none

	RPM int // requests a minute; 0: no limit, and no x-ratelimit headers, as with most servers one runs oneself
	TPM int // tokens a minute, of prompts and answers; 0: no limit

	Takes []llmadapter.Form // the forms of asking for calls that it takes, the others are answered 400; nil: all

	Faults     Faults
	Seed       uint64        // of the faults, and of nothing else
	StallLimit time.Duration // how long a stalled answer is held for a client that does not go; 0: 1 min

	Observe func(Served) // sees each request at its end; nil: nobody. Called concurrently; must not block
}

// The limits that nobody needs to set.
const (
	standardName = NamePrefix + "model"
	queueWait    = 2 * time.Minute  // for a slot
	bodyWait     = 30 * time.Second // for the body of a request, and for a client to take what is written
	closeWait    = 5 * time.Second  // for connections to end when the server closes
)

var namePattern = regexp.MustCompile(`^sim-[A-Za-z0-9._-]{1,60}$`)

// filled is the configuration with its defaults.
func (c Config) filled() Config {
	c.Name = cmp.Or(c.Name, standardName)
	c.Addr = cmp.Or(c.Addr, "127.0.0.1:0")
	c.Slots = cmp.Or(c.Slots, 16)
	c.QueueLimit = max(cmp.Or(c.QueueLimit, 256), 0)
	c.Busy = cmp.Or(c.Busy, http.StatusServiceUnavailable)
	c.FirstToken = max(cmp.Or(c.FirstToken, 3*time.Millisecond), 0)
	c.PerToken = max(cmp.Or(c.PerToken, 100*time.Microsecond), 0)
	c.StallLimit = cmp.Or(c.StallLimit, time.Minute)
	if c.Takes == nil {
		c.Takes = llmadapter.Forms
	}
	return c
}

// Check says what of a configuration makes no sense, and what is accepted.
func (c Config) Check() error {
	f := c.filled()
	if !namePattern.MatchString(f.Name) {
		return fmt.Errorf("builtin: name %q; accepted is %s followed by up to 60 letters, digits, dots, dashes and underscores", c.Name, NamePrefix)
	}
	if err := checkAddr(f.Addr, c.Exposed); err != nil {
		return err
	}
	for _, n := range []struct {
		name  string
		value int
	}{{"slots", c.Slots}, {"requests a minute", c.RPM}, {"tokens a minute", c.TPM}} {
		if n.value < 0 {
			return fmt.Errorf("builtin: %s %d; accepted is a number from 0", n.name, n.value)
		}
	}
	if f.Busy != http.StatusTooManyRequests && f.Busy != http.StatusServiceUnavailable {
		return fmt.Errorf("builtin: busy status %d; accepted are 429 and 503", c.Busy)
	}
	if c.StallLimit < 0 {
		return fmt.Errorf("builtin: stall limit %v; accepted is a duration from 0", c.StallLimit)
	}
	if len(f.Takes) == 0 {
		return errors.New("builtin: it takes no form; accepted are tools, json_schema, text, or some of them")
	}
	for _, form := range f.Takes {
		if !slices.Contains(llmadapter.Forms, form) {
			_, err := llmadapter.ParseForm(string(form))
			return fmt.Errorf("builtin: takes: %w", err)
		}
	}
	return c.Faults.Check()
}

// checkAddr lets only loopback through, unless more is allowed: whoever reaches the stand-in can use it.
func checkAddr(addr string, exposed bool) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("builtin: address %q; accepted is HOST:PORT, such as 127.0.0.1:8081", addr)
	}
	if ip := net.ParseIP(host); !exposed && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("builtin: address %q is not this machine's own; accepted is 127.0.0.1:PORT, localhost:PORT or [::1]:PORT", addr)
	}
	return nil
}
