package socket

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	for headers, want := range map[string]time.Duration{
		"":                                     0,
		"retry-after-ms: 250":                  250 * time.Millisecond,
		"retry-after-ms: 0.5, retry-after: 9":  500 * time.Microsecond,
		"retry-after-ms: soon, retry-after: 9": 9 * time.Second,
		"retry-after-ms: -1, retry-after: 9":   9 * time.Second,
		"retry-after: 2":                       2 * time.Second,
		"retry-after: 2.5":                     2500 * time.Millisecond,
		"retry-after: 0, x-ratelimit-reset-requests: 9s": 0,
		"retry-after: -3":                                              0,
		"retry-after: NaN":                                             0,
		"retry-after: Inf":                                             time.Hour,
		"retry-after: -Inf":                                            0,
		"retry-after: 1e300":                                           time.Hour,
		"retry-after: 1e999":                                           time.Hour,
		"retry-after: 99999":                                           time.Hour,
		"retry-after: Thu; 05 Nov 2026 12:00:07 GMT":                   7 * time.Second,
		"retry-after: Thu; 05 Nov 2026 11:00:00 GMT":                   0,
		"retry-after: Thu; 05 Nov 2099 11:00:00 GMT":                   time.Hour,
		"retry-after: tomorrow":                                        0,
		"x-ratelimit-reset-requests: 20ms":                             20 * time.Millisecond,
		"x-ratelimit-reset-tokens: 6m0s":                               6 * time.Minute,
		"x-ratelimit-reset-tokens: 1.5":                                1500 * time.Millisecond,
		"x-ratelimit-reset-tokens: -5s":                                0,
		"x-ratelimit-reset-tokens: 40h":                                time.Hour,
		"x-ratelimit-reset-tokens: 5000h":                              0,
		"x-ratelimit-reset-tokens: 2026-11-05":                         0,
		"x-ratelimit-reset-requests: 1s, x-ratelimit-reset-tokens: 9s": time.Second,
		"x-ratelimit-reset-requests: 9s, x-ratelimit-reset-tokens: 1s": time.Second,
		"x-ratelimit-reset-requests: 1s, x-ratelimit-reset-tokens: 9s, x-ratelimit-remaining-tokens: 0":                                                             9 * time.Second,
		"x-ratelimit-reset-requests: 1s, x-ratelimit-remaining-requests: 0, x-ratelimit-reset-tokens: 9s, x-ratelimit-remaining-tokens: 4":                          time.Second,
		"x-ratelimit-reset-requests: 7s, x-ratelimit-remaining-requests: 0, x-ratelimit-reset-tokens: 3s, x-ratelimit-remaining-tokens: 0":                          7 * time.Second,
		"anthropic-ratelimit-tokens-reset: 2026-11-05T12:00:30Z, anthropic-ratelimit-tokens-remaining: 0, anthropic-ratelimit-requests-reset: 2026-11-05T12:00:01Z": 30 * time.Second,
	} {
		h := http.Header{}
		for _, line := range strings.Split(headers, ", ") {
			name, value, _ := strings.Cut(line, ": ")
			h.Set(name, strings.ReplaceAll(value, ";", ","))
		}
		if got := RetryAfter(http.StatusTooManyRequests, h, now); got != want {
			t.Errorf("%s: got %v, want %v", headers, got, want)
		}
		if got := RetryAfter(http.StatusServiceUnavailable, h, now); strings.Contains(headers, "ratelimit") && !strings.HasPrefix(headers, "retry") && got != 0 {
			t.Errorf("503 with %s: got %v", headers, got)
		}
	}
}

// "clamped, never negative, no NaN and no overflow"
func FuzzRetryAfter(f *testing.F) {
	f.Add("1.5", "NaN", "6m0s", "0")
	f.Add("-1", "Thu, 05 Nov 2026 12:00:07 GMT", "1e999", "1")
	f.Add("", "", "9999999h", "0")
	f.Add("", "1e-320", "-0", "00")
	f.Fuzz(func(t *testing.T, ms, after, reset, remaining string) {
		h := http.Header{"Retry-After-Ms": {ms}, "Retry-After": {after}, "X-Ratelimit-Reset-Tokens": {reset}, "X-Ratelimit-Remaining-Tokens": {remaining}}
		if d := RetryAfter(429, h, time.Now()); d < 0 || d > maxRetry {
			t.Errorf("%v", d)
		}
	})
}
