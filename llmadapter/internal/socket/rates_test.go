package socket

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

var noon = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)

// head reads lines as the head of an answer.
func head(lines ...string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	return h
}

// Reference, rate-limit headers: "absent means unknown, never 0".
func TestRates(t *testing.T) {
	type rates = llmadapter.Rates
	left := func(limit, remaining int, reset time.Duration) llmadapter.Allowance {
		return llmadapter.Allowance{Limit: limit, Remaining: remaining, Reset: reset}
	}
	for name, test := range map[string]struct {
		lines []string
		want  rates
	}{
		"none":  {[]string{"content-type: text/event-stream", "date: today"}, rates{}},
		"empty": {[]string{"x-ratelimit-limit-requests: "}, rates{}},
		"OpenAI": {[]string{"x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: 59", "x-ratelimit-reset-requests: 1s",
			"x-ratelimit-limit-tokens: 150000", "x-ratelimit-remaining-tokens: 149984", "x-ratelimit-reset-tokens: 6m0s"},
			rates{Requests: left(60, 59, time.Second), Tokens: left(150000, 149984, 6*time.Minute)}},
		"Anthropic": {[]string{"anthropic-ratelimit-requests-limit: 50", "anthropic-ratelimit-requests-remaining: 49", "anthropic-ratelimit-requests-reset: 2026-11-05T12:00:01Z",
			"anthropic-ratelimit-tokens-limit: 48000", "anthropic-ratelimit-tokens-remaining: 47000", "anthropic-ratelimit-tokens-reset: 2026-11-05T13:00:02+01:00",
			"anthropic-ratelimit-input-tokens-limit: 40000", "anthropic-ratelimit-input-tokens-remaining: 0", "anthropic-ratelimit-input-tokens-reset: 2026-11-05T12:00:03.5Z",
			"anthropic-ratelimit-output-tokens-limit: 8000", "anthropic-ratelimit-output-tokens-remaining: 8000", "anthropic-ratelimit-output-tokens-reset: 2026-11-05T12:00:00Z"},
			rates{Requests: left(50, 49, time.Second), Tokens: left(48000, 47000, 2*time.Second), Input: left(40000, 0, 3500*time.Millisecond), Output: left(8000, 8000, 0)}},
		"both": {[]string{"anthropic-ratelimit-requests-limit: 50", "anthropic-ratelimit-tokens-limit: 5", "anthropic-ratelimit-input-tokens-limit: 4", "x-ratelimit-limit-requests: 60"},
			rates{Requests: left(60, 60, 0), Tokens: left(5, 5, 0), Input: left(4, 4, 0)}},
		"both, of tokens":       {[]string{"anthropic-ratelimit-tokens-limit: 5", "x-ratelimit-limit-tokens: 6"}, rates{Tokens: left(6, 6, 0)}},
		"milliseconds":          {[]string{"x-ratelimit-limit-requests: 60", "x-ratelimit-reset-requests: 20ms"}, rates{Requests: left(60, 60, 20*time.Millisecond)}},
		"bare seconds":          {[]string{"x-ratelimit-limit-tokens: 9", "x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: 1.5"}, rates{Tokens: left(9, 0, 1500*time.Millisecond)}},
		"space":                 {[]string{"x-ratelimit-limit-tokens:  9 ", "x-ratelimit-remaining-tokens:  8 "}, rates{Tokens: left(9, 8, 0)}},
		"nothing missing":       {[]string{"x-ratelimit-limit-requests: 60"}, rates{Requests: left(60, 60, 0)}},
		"more than all":         {[]string{"x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: 61"}, rates{Requests: left(60, 60, 0)}},
		"no limit":              {[]string{"x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 9s"}, rates{}},
		"a limit of 0":          {[]string{"x-ratelimit-limit-requests: 0", "x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 9s"}, rates{}},
		"a negative limit":      {[]string{"x-ratelimit-limit-requests: -60"}, rates{}},
		"a negative rest":       {[]string{"x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: -1"}, rates{Requests: left(60, 60, 0)}},
		"a negative reset":      {[]string{"x-ratelimit-limit-requests: 60", "x-ratelimit-reset-requests: -1s"}, rates{Requests: left(60, 60, 0)}},
		"a negative number":     {[]string{"x-ratelimit-limit-requests: 60", "x-ratelimit-reset-requests: -1"}, rates{Requests: left(60, 60, 0)}},
		"NaN":                   {[]string{"x-ratelimit-limit-requests: NaN", "x-ratelimit-limit-tokens: 7", "x-ratelimit-remaining-tokens: NaN", "x-ratelimit-reset-tokens: NaN"}, rates{Tokens: left(7, 7, 0)}},
		"no limit in truth":     {[]string{"x-ratelimit-limit-requests: 9223372036854775807", "x-ratelimit-limit-tokens: 1000000001"}, rates{}},
		"overflow":              {[]string{"x-ratelimit-limit-requests: 99999999999999999999", "x-ratelimit-limit-tokens: 1000000000", "x-ratelimit-remaining-tokens: 99999999999999999999"}, rates{Tokens: left(1e9, 1e9, 0)}},
		"a reset far away":      {[]string{"x-ratelimit-limit-requests: 60", "x-ratelimit-reset-requests: 49h", "x-ratelimit-limit-tokens: 7", "x-ratelimit-reset-tokens: 48h"}, rates{Requests: left(60, 60, 0), Tokens: left(7, 7, 48*time.Hour)}},
		"infinity":              {[]string{"x-ratelimit-limit-requests: 60", "x-ratelimit-reset-requests: Inf"}, rates{Requests: left(60, 60, 0)}},
		"a year away":           {[]string{"anthropic-ratelimit-requests-limit: 50", "anthropic-ratelimit-requests-reset: 2027-11-05T12:00:00Z"}, rates{Requests: left(50, 50, 0)}},
		"a time that is gone":   {[]string{"anthropic-ratelimit-requests-limit: 50", "anthropic-ratelimit-requests-reset: 1999-11-05T12:00:00Z"}, rates{Requests: left(50, 50, 0)}},
		"words":                 {[]string{"x-ratelimit-limit-requests: many", "x-ratelimit-limit-tokens: 7", "x-ratelimit-reset-tokens: soon"}, rates{Tokens: left(7, 7, 0)}},
		"the first of several":  {[]string{"x-ratelimit-limit-requests: 60", "x-ratelimit-limit-requests: 70"}, rates{Requests: left(60, 60, 0)}},
		"a limit with a policy": {[]string{"x-ratelimit-limit-requests: 60, 60;w=60"}, rates{}},
	} {
		if got := RatesOf(head(test.lines...), noon); got != test.want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, test.want)
		}
	}
}

// Whatever a head says, what is read of it can be counted with.
func FuzzRates(f *testing.F) {
	f.Add("60", "59", "1s", true)
	f.Add("50", "0", "2026-11-05T12:00:01Z", false)
	f.Add("-1", "1e9", "NaN", true)
	f.Add("99999999999999999999", "0x10", "1e300", true)
	f.Add("1000000000", " 7 ", "0001-01-01T00:00:00Z", false)
	f.Fuzz(func(t *testing.T, limit, remaining, reset string, ofOpenAI bool) {
		names := anthropicInput
		if ofOpenAI {
			names = openaiTokens
		}
		r := RatesOf(http.Header{names.limit: {limit}, names.remaining: {remaining}, names.reset: {reset}}, noon)
		got := r.Input
		if ofOpenAI {
			got = r.Tokens
		}
		if got.Limit < 0 || got.Limit > mostRate || got.Remaining < 0 || got.Remaining > got.Limit || got.Reset < 0 || got.Reset > longestReset ||
			!got.Known() && got != (llmadapter.Allowance{}) {
			t.Errorf("%+v", got)
		}
		if r.Requests.Known() || r.Output.Known() || r.Tokens.Known() != ofOpenAI && got.Known() {
			t.Errorf("more is known than was said: %+v", r)
		}
	})
}

func TestRatesCostNothingWithoutHeaders(t *testing.T) {
	h := head("content-type: text/event-stream", "date: today", "transfer-encoding: chunked", "x-request-id: 1")
	if n := testing.AllocsPerRun(100, func() { RatesOf(h, noon) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRates(b *testing.B) {
	none := []string{"content-type: text/event-stream", "date: today", "transfer-encoding: chunked", "x-request-id: 1"}
	for name, lines := range map[string][]string{"none": none, "OpenAI": append(none, "x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: 59",
		"x-ratelimit-reset-requests: 1s", "x-ratelimit-limit-tokens: 150000", "x-ratelimit-remaining-tokens: 149984", "x-ratelimit-reset-tokens: 6m0s")} {
		h := head(lines...)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				RatesOf(h, noon)
			}
		})
	}
}
