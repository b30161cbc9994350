package builtin

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// limits are requests and tokens a minute.
type limits struct {
	mu               sync.Mutex
	requests, tokens bucket
}

// bucket fills up to its size within a minute. Size 0: no limit.
type bucket struct {
	size int
	left float64 // may be negative: tokens of answers are taken when they are known
	at   time.Time
}

func newLimits(rpm, tpm int, now time.Time) *limits {
	return &limits{requests: bucket{rpm, float64(rpm), now}, tokens: bucket{tpm, float64(tpm), now}}
}

// fill adds what the time since has brought.
func (b *bucket) fill(now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.left = min(b.left+d.Minutes()*float64(b.size), float64(b.size))
		b.at = now
	}
}

// until is how long it takes until n are left.
func (b *bucket) until(n float64) time.Duration {
	if n <= b.left {
		return 0
	}
	return time.Duration((n - b.left) / float64(b.size) * float64(time.Minute))
}

// admit takes one request and its tokens, or neither, and tells in the header what is left.
func (l *limits) admit(now time.Time, name string, tokens int, h http.Header) *problem {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests.fill(now)
	l.tokens.fill(now)
	p := l.requests.refuse("requests", "RPM", name, 1)
	if p == nil {
		p = l.tokens.refuse("tokens", "TPM", name, tokens)
	}
	if p == nil {
		l.requests.left--
		l.tokens.left -= float64(tokens)
	}
	l.requests.tell("Requests", h)
	l.tokens.tell("Tokens", h)
	return p
}

// spend takes tokens that were not known before.
func (l *limits) spend(now time.Time, tokens int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens.fill(now)
	l.tokens.left -= float64(tokens)
}

// refuse is the answer when n cannot be taken.
func (b *bucket) refuse(kind, short, name string, n int) *problem {
	switch wait := b.until(float64(n)); {
	case b.size == 0 || wait == 0:
		return nil
	case n > b.size:
		return &problem{status: http.StatusTooManyRequests, kind: kind, code: "rate_limit_exceeded",
			text: fmt.Sprintf("Request too large for %s on %s per minute (%s): Limit %d, Requested %d. This is a stand-in.", name, kind, short, b.size, n)}
	default:
		return &problem{status: http.StatusTooManyRequests, kind: kind, code: "rate_limit_exceeded", retry: wait,
			text: fmt.Sprintf("Rate limit reached for %s on %s per minute (%s): Limit %d, Requested %d. Please try again in %v. This is a stand-in.",
				name, kind, short, b.size, n, wait.Round(time.Millisecond))}
	}
}

// tell puts the three headers that OpenAI has for each limit. The reset is when it will be full.
func (b *bucket) tell(kind string, h http.Header) {
	if b.size == 0 {
		return
	}
	h.Set("X-Ratelimit-Limit-"+kind, strconv.Itoa(b.size))
	h.Set("X-Ratelimit-Remaining-"+kind, strconv.Itoa(max(int(b.left), 0)))
	h.Set("X-Ratelimit-Reset-"+kind, b.until(float64(b.size)).Round(time.Millisecond).String())
}
