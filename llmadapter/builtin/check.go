package builtin

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

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
	}{{"slots", c.Slots}, {"requests a minute", c.RPM}, {"tokens a minute", c.TPM}, {"input tokens a minute", c.InputTPM}, {"output tokens a minute", c.OutputTPM}} {
		if n.value < 0 {
			return fmt.Errorf("builtin: %s %d; accepted is a number from 0", n.name, n.value)
		}
	}
	if f.Window != WindowBucket && f.Window != WindowSliding {
		return fmt.Errorf("builtin: window %q; accepted are %s and %s", c.Window, WindowBucket, WindowSliding)
	}
	if !slices.Contains([]int{http.StatusTooManyRequests, http.StatusServiceUnavailable, statusOverloaded}, f.Busy) {
		return fmt.Errorf("builtin: busy status %d; accepted are 429, 503 and 529", c.Busy)
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"stall limit", c.StallLimit}, {"service time", c.Service}, {"time for each token of a prompt", c.PerPrompt}} {
		if d.value < 0 {
			return fmt.Errorf("builtin: %s %v; accepted is a duration from 0", d.name, d.value)
		}
	}
	if !(c.TokenRate >= 0 && c.TokenRate <= 1e9) {
		return fmt.Errorf("builtin: token rate %v; accepted is a number of tokens a second from 0 to 1e9", c.TokenRate)
	}
	if c.Log < 0 || c.Log > mostLogged {
		return fmt.Errorf("builtin: a log of %d; accepted is a number of requests from 0 to %d", c.Log, mostLogged)
	}
	if err := c.Lengths.Check(); err != nil {
		return err
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
