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

// RetryAfter is how long a server wants to be left alone, an hour at most; 0: it did not say. A 429 that does not say is
// asked when its limits are full again.
func RetryAfter(status int, h http.Header, now time.Time) time.Duration {
	if d, ok := seconds(h.Get("Retry-After-Ms"), time.Millisecond, maxRetry); ok {
		return d
	}
	after := h.Get("Retry-After")
	if d, ok := seconds(after, time.Second, maxRetry); ok {
		return d
	}
	if at, err := http.ParseTime(after); err == nil {
		return min(max(at.Sub(now), 0), maxRetry)
	}
	if status == http.StatusTooManyRequests {
		return untilReset(h, now)
	}
	return 0
}

// untilReset is the pause until the limit that is used up is full again. Where none says that it is, it is the shortest
// one: a hint must not cost more than trying.
func untilReset(h http.Header, now time.Time) time.Duration {
	var used, hint time.Duration
	for _, a := range []allowance{openaiRequests, openaiTokens, anthropicRequests, anthropicTokens, anthropicInput, anthropicOutput} {
		d, ok := resetIn(first(h, a.reset), now)
		switch {
		case !ok:
		case first(h, a.remaining) == "0":
			used = max(used, d)
		case hint == 0 || d < hint:
			hint = d
		}
	}
	if used > 0 {
		hint = used
	}
	return min(hint, maxRetry)
}

// seconds reads a number of units, which may have a fraction. It is never negative and never more than most.
func seconds(s string, unit, most time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil && !math.IsInf(n, 1) || math.IsNaN(n) || n < 0 {
		return 0, false
	}
	return time.Duration(min(n*float64(unit), float64(most))), true
}
