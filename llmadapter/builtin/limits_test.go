package builtin

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// "Limits with true x-ratelimit-* and retry-after headers."
func TestLimitsOverTime(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLimits(Config{RPM: 60, TPM: 600}, now)
	steps := []struct {
		after  time.Duration
		tokens int
		retry  time.Duration // 0: admitted
		left   string        // requests, tokens
		reset  string
	}{
		{0, 100, 0, "59 500", "1s 10s"},
		{0, 500, 0, "58 0", "2s 1m0s"},
		{0, 10, time.Second, "58 0", "2s 1m0s"}, // ten tokens come in a second
		{500 * time.Millisecond, 10, 500 * time.Millisecond, "58 5", "1.5s 59.5s"},
		{500 * time.Millisecond, 10, 0, "58 0", "2s 1m0s"},
		{time.Hour, 1, 0, "59 599", "1s 100ms"}, // never more than a minute's worth
	}
	for i, step := range steps {
		now = now.Add(step.after)
		h := http.Header{}
		p := l.admit(now, "sim-x", step.tokens, 0, openAI{}, h)
		if (p == nil) != (step.retry == 0) || p != nil && (p.retry != step.retry || p.status != 429 || p.kind != "tokens" || p.code != "rate_limit_exceeded") {
			t.Errorf("step %d: %+v, want a wait of %v", i, p, step.retry)
		}
		left := h.Get("X-Ratelimit-Remaining-Requests") + " " + h.Get("X-Ratelimit-Remaining-Tokens")
		reset := h.Get("X-Ratelimit-Reset-Requests") + " " + h.Get("X-Ratelimit-Reset-Tokens")
		if left != step.left || reset != step.reset || h.Get("X-Ratelimit-Limit-Requests") != "60" || h.Get("X-Ratelimit-Limit-Tokens") != "600" {
			t.Errorf("step %d: left %q, reset %q, want %q, %q", i, left, reset, step.left, step.reset)
		}
	}
	if p := l.admit(now, "sim-x", 601, 0, openAI{}, http.Header{}); p == nil || p.retry != 0 || !strings.Contains(p.text, "too large") {
		t.Errorf("more than a minute's worth: %+v", p)
	}
	l.spend(now, 700, 0)
	if p := l.admit(now, "sim-x", 1, 0, openAI{}, http.Header{}); p == nil || p.retry.Round(time.Millisecond) != 10200*time.Millisecond {
		t.Errorf("after an answer of 700 tokens, 101 beyond: %+v", p)
	}
	if p := l.admit(now.Add(10200*time.Millisecond), "sim-x", 1, 0, openAI{}, http.Header{}); p != nil {
		t.Errorf("%+v", p)
	}
}

// A clock that goes back takes nothing.
func TestLimitsWhenTheClockGoesBack(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLimits(Config{RPM: 60, TPM: 600}, now)
	for range 2 {
		if p := l.admit(now.Add(-time.Hour), "sim-x", 1, 0, openAI{}, http.Header{}); p != nil {
			t.Errorf("%+v", p)
		}
	}
}

func TestLimitsOverHTTP(t *testing.T) {
	cfg := fast()
	cfg.RPM = 2
	s, c := started(t, cfg), client(t)
	for i, want := range []int{200, 200, 429} {
		g := post(t, c, s, plain(s, nil))
		if g.status != want || g.header.Get("X-Ratelimit-Limit-Requests") != "2" || g.header.Get("X-Ratelimit-Limit-Tokens") != "" {
			t.Errorf("request %d: %d %v", i, g.status, g.header)
		}
		wait := g.header.Get("Retry-After")
		if (want == 429) != (wait == "30" || wait == "29") || want == 429 && (!strings.Contains(g.body, "requests per minute (RPM): Limit 2") || !strings.Contains(g.body, `"type":"requests"`)) {
			t.Errorf("request %d: come back in %s: %s", i, wait, g.body)
		}
	}
	if g := post(t, c, s, "{"); g.status != 400 || g.header.Get("X-Ratelimit-Limit-Requests") != "" {
		t.Errorf("a bad request costs nothing: %d", g.status)
	}

	cfg = fast()
	cfg.TPM = 100
	s = started(t, cfg)
	if g := post(t, c, s, plain(s, object{"max_tokens": 100})); g.status != 429 || !strings.Contains(g.body, "too large") {
		t.Errorf("the whole answer is reserved: %d %s", g.status, g.body)
	}
	g := post(t, c, s, plain(s, object{"max_tokens": 90}))
	if g.status != http.StatusOK || g.header.Get("X-Ratelimit-Remaining-Tokens") != "5" {
		t.Errorf("%d %v", g.status, g.header)
	}

	cfg.TPM = 20
	s = started(t, cfg)
	if g := post(t, c, s, plain(s, nil)); g.status != http.StatusOK || g.usage.Completion < 15 {
		t.Errorf("%+v", g)
	}
	if g := post(t, c, s, plain(s, nil)); g.status != 429 {
		t.Errorf("what was not reserved is taken when it is known: %d", g.status)
	}
	if g := post(t, c, started(t, fast()), plain(s, nil)); g.header.Get("X-Ratelimit-Limit-Requests")+g.header.Get("X-Ratelimit-Limit-Tokens") != "" {
		t.Errorf("headers of limits that there are not: %v", g.header)
	}
}

// "A strict sliding window": whoever takes whatever is left at once, no 60 s see more than the limit, and nearly all of
// it can be used.
func TestSlidingWindow(t *testing.T) {
	began := time.Unix(0, 0)
	l := newLimits(Config{RPM: 1000, TPM: 600, Window: WindowSliding}, began)
	type taken struct {
		at time.Duration
		n  int
	}
	var all []taken
	total := 0
	for at := time.Duration(0); at < 10*time.Minute; at += 37 * time.Millisecond {
		n := 1 + int(at/time.Millisecond)%40
		if p := l.admit(began.Add(at), "sim-x", n, 0, openAI{}, http.Header{}); p != nil {
			if p.retry <= 0 || p.retry > time.Minute+grain {
				t.Fatalf("come back in %v", p.retry)
			}
			continue
		}
		all = append(all, taken{at, n})
		total += n
	}
	first, sum := 0, 0
	for _, v := range all {
		for sum += v.n; v.at-all[first].at >= time.Minute; first++ {
			sum -= all[first].n
		}
		if sum > 600 {
			t.Fatalf("%d in the minute until %v", sum, v.at)
		}
	}
	if total < 5700 {
		t.Errorf("%d of 6000 could be used", total)
	}
}

// When it says to come back there is as much as was asked for, and not sooner; what was not reserved is owed.
func TestSlidingSaysWhen(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLimits(Config{TPM: 100, Window: WindowSliding}, now)
	admit := func(after time.Duration, n int) *problem {
		return l.admit(now.Add(after), "sim-x", n, 0, openAI{}, http.Header{})
	}
	for i := range 10 {
		if p := admit(time.Duration(i)*time.Second, 10); p != nil {
			t.Errorf("%+v", p)
		}
	}
	for n, want := range map[int]time.Duration{1: 60100 * time.Millisecond, 11: 61100 * time.Millisecond, 100: 69100 * time.Millisecond} {
		if p := admit(10*time.Second, n); p == nil || p.retry != want-10*time.Second {
			t.Errorf("%d tokens: %+v, want at %v", n, p, want)
		}
	}
	if p := admit(60*time.Second, 1); p == nil {
		t.Error("a tenth of a second too early")
	}
	l.spend(now.Add(10*time.Second), 15, 5) // ten that nobody reserved
	if p := admit(60100*time.Millisecond, 1); p == nil || p.retry != time.Second {
		t.Errorf("%+v", p)
	}
	if p := admit(61100*time.Millisecond, 10); p != nil {
		t.Errorf("%+v", p)
	}
	if p := admit(time.Hour, 101); p == nil || p.retry != 0 {
		t.Errorf("more than a minute's worth: %+v", p)
	}
	if p := admit(time.Hour, 100); p != nil {
		t.Errorf("%+v", p)
	}
}

// When no token is left for an answer, none is begun, in either window; and prompts are not counted for answers.
func TestOutputAlone(t *testing.T) {
	for _, window := range []Window{WindowBucket, WindowSliding} {
		now := time.Unix(0, 0)
		l := newLimits(Config{OutputTPM: 60, Window: window}, now)
		for range 3 {
			if p := l.admit(now, "sim-x", 1000, 1000, anthropic{}, http.Header{}); p != nil {
				t.Errorf("%s: %+v", window, p)
			}
			l.spend(now, 20, 20)
		}
		if p := l.admit(now, "sim-x", 1, 0, anthropic{}, http.Header{}); p == nil || p.retry <= 0 || p.kind != ofOutput {
			t.Errorf("%s: %+v", window, p)
		}
	}
}
