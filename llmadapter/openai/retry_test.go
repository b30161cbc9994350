package openai

import (
	"net/http"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

func TestErrorsSayWhenToComeBack(t *testing.T) {
	for want, a := range map[time.Duration]llmadaptertest.Answer{
		1500 * time.Millisecond: llmadaptertest.Limited("Retry-After-Ms", "1500"),
		3 * time.Second:         llmadaptertest.Status(503, "", "Retry-After", "3"),
		4 * time.Second:         llmadaptertest.Limited("x-ratelimit-reset-tokens", "4s"),
		0:                       llmadaptertest.Limited(),
		time.Hour:               llmadaptertest.Limited("Retry-After", time.Now().Add(9*time.Hour).UTC().Format(http.TimeFormat)),
	} {
		c, _ := of(t, a)
		if e := failure(t.Context(), t, c); e.RetryAfter != want {
			t.Errorf("got %v, want %v", e.RetryAfter, want)
		}
	}
}
