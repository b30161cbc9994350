package socket

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

const (
	// mostRate is the largest limit a minute that means something: gateways without one say the largest number they know.
	mostRate = 1_000_000_000
	// longestReset is how far away the end of a limit is believed to be.
	longestReset = 48 * time.Hour
)

// allowance are the names of the headers that say what is left of one limit, in canonical form.
type allowance struct{ limit, remaining, reset string }

// The headers of the two families. A server that sends both is believed in the first.
var (
	openaiRequests = allowance{"X-Ratelimit-Limit-Requests", "X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests"}
	openaiTokens   = allowance{"X-Ratelimit-Limit-Tokens", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Tokens"}

	anthropicRequests = anthropic("Requests")
	anthropicTokens   = anthropic("Tokens")
	anthropicInput    = anthropic("Input-Tokens")
	anthropicOutput   = anthropic("Output-Tokens")
)

func anthropic(of string) allowance {
	return allowance{"Anthropic-Ratelimit-" + of + "-Limit", "Anthropic-Ratelimit-" + of + "-Remaining", "Anthropic-Ratelimit-" + of + "-Reset"}
}

// families says which of the two families of rate-limit headers there are. Most servers of one's own send none, so that is
// to cost next to nothing.
func families(h http.Header) (ofOpenAI, ofAnthropic bool) {
	for name := range h {
		switch {
		case strings.HasPrefix(name, "X-Ratelimit-"):
			ofOpenAI = true
		case strings.HasPrefix(name, "Anthropic-Ratelimit-"):
			ofAnthropic = true
		}
	}
	return ofOpenAI, ofAnthropic
}

// RatesOf reads what the head of an answer says about limits. What is absent, no number, negative or absurd is unknown,
// never 0.
func RatesOf(h http.Header, now time.Time) (r llmadapter.Rates) {
	ofOpenAI, ofAnthropic := families(h)
	if ofOpenAI {
		r.Requests, r.Tokens = openaiRequests.of(h, now), openaiTokens.of(h, now)
	}
	if ofAnthropic {
		if !r.Requests.Known() {
			r.Requests = anthropicRequests.of(h, now)
		}
		if !r.Tokens.Known() {
			r.Tokens = anthropicTokens.of(h, now)
		}
		r.Input, r.Output = anthropicInput.of(h, now), anthropicOutput.of(h, now)
	}
	return r
}

// of reads one limit. Without a limit nothing is known, and what is not said to be missing is there.
func (a allowance) of(h http.Header, now time.Time) llmadapter.Allowance {
	limit, ok := amount(first(h, a.limit))
	if !ok || limit == 0 {
		return llmadapter.Allowance{}
	}
	left, ok := amount(first(h, a.remaining))
	if !ok {
		left = limit
	}
	reset, _ := resetIn(first(h, a.reset), now)
	return llmadapter.Allowance{Limit: limit, Remaining: min(left, limit), Reset: reset}
}

// first is Header.Get for a name in canonical form.
func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return strings.TrimSpace(v[0])
	}
	return ""
}

// amount reads a number of requests or tokens.
func amount(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || n > mostRate {
		return 0, false
	}
	return int(n), true
}

// resetIn reads when a limit is full again: "6m0s", "360" as seconds, or a time as in RFC 3339. One that has passed is 0.
func resetIn(s string, now time.Time) (d time.Duration, ok bool) {
	if s == "" {
		return 0, false
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		if d, ok = seconds(s, time.Second, longestReset+1); !ok {
			at, err := time.Parse(time.RFC3339, s)
			if err != nil {
				return 0, false
			}
			d = max(0, at.Sub(now))
		}
	}
	if d < 0 || d > longestReset {
		return 0, false
	}
	return d, true
}
