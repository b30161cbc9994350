package socket

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetry is the longest pause that a server is believed to mean.
const maxRetry = time.Hour

// retryAfter is how long a server wants to be left alone; 0: it did not say. A 429 that does not say is asked when its
// limits are full again.
func retryAfter(status int, h http.Header, now time.Time) time.Duration {
	if d, ok := seconds(h.Get("Retry-After-Ms"), time.Millisecond); ok {
		return d
	}
	after := h.Get("Retry-After")
	if d, ok := seconds(after, time.Second); ok {
		return d
	}
	if at, err := http.ParseTime(after); err == nil {
		return min(max(at.Sub(now), 0), maxRetry)
	}
	if status == http.StatusTooManyRequests {
		return untilReset(h)
	}
	return 0
}

// untilReset is the pause until the limit that is used up is full again. Where none says that it is, it is the shorter
// one: a hint must not cost more than trying.
func untilReset(h http.Header) time.Duration {
	var used, hint time.Duration
	for _, of := range []string{"Requests", "Tokens"} {
		d, ok := resetIn(h.Get("X-Ratelimit-Reset-" + of))
		switch {
		case !ok:
		case strings.TrimSpace(h.Get("X-Ratelimit-Remaining-"+of)) == "0":
			used = max(used, d)
		case hint == 0 || d < hint:
			hint = d
		}
	}
	if used > 0 {
		return used
	}
	return hint
}

// resetIn reads "6m0s", and "360" as seconds.
func resetIn(s string) (time.Duration, bool) {
	if d, err := time.ParseDuration(strings.TrimSpace(s)); err == nil && d >= 0 {
		return min(d, maxRetry), true
	}
	return seconds(s, time.Second)
}

// seconds reads a number of units, which may have a fraction. It is never negative and never more than maxRetry.
func seconds(s string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil && !math.IsInf(n, 1) || math.IsNaN(n) || n < 0 {
		return 0, false
	}
	return time.Duration(min(n*float64(unit), float64(maxRetry))), true
}
