package openai

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// scripted is a transport without sockets, so that time can be that of a synctest bubble. Its answer is a stream that
// write writes; the answer ends when write returns.
type scripted struct {
	write func(io.Writer)
}

func (s scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	out, in := io.Pipe()
	context.AfterFunc(r.Context(), func() { _ = out.CloseWithError(r.Context().Err()) })
	go func() {
		s.write(in)
		_ = in.Close()
	}()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: out, Request: r}, nil
}

// Reference, streams: first-token and between-token limits are separate; keep-alives must not count as progress; a
// stall is a typed error within the limit.
func TestPatience(t *testing.T) {
	const minute = time.Minute
	event := func(e string) string { return "data: " + e + "\n\n" }
	some, finished := event(llmadaptertest.Delta("x")), event(llmadaptertest.Finished("stop"))
	call := event(llmadaptertest.CallDelta(0, "", "{"))
	type step struct {
		after time.Duration
		text  string
	}
	for name, test := range map[string]struct {
		steps []step
		took  time.Duration
		ok    bool
	}{
		"silence":             {nil, 5 * minute, false},
		"the opening":         {[]step{{0, event(llmadaptertest.Opening)}}, 5 * minute, false},
		"late but in time":    {[]step{{5*minute - 1, some}, {2*minute - 1, some}, {0, finished + event(llmadaptertest.Done)}}, 7*minute - 2, true},
		"silence after some":  {[]step{{minute, some}}, 3 * minute, false},
		"comments":            {[]step{{minute, some}, {minute, ": keep-alive\n\n"}, {minute - 1, ": keep-alive\n\n"}}, 3 * minute, false},
		"pings":               {[]step{{minute, some}, {minute, "event: ping\n" + event(`{"type":"ping"}`)}, {minute - 1, "\n\n"}}, 3 * minute, false},
		"empty pieces":        {[]step{{minute, some}, {minute, event(llmadaptertest.Delta(""))}, {minute - 1, event(llmadaptertest.Used(1, 1))}}, 3 * minute, false},
		"thoughts":            {[]step{{4 * minute, event(`{"choices":[{"delta":{"reasoning_content":"hm"}}]}`)}, {minute, event(`{"choices":[{"delta":{"reasoning":"hm"}}]}`)}}, 7 * minute, false},
		"calls":               {[]step{{4 * minute, call}, {minute, call}}, 7 * minute, false},
		"half a line":         {[]step{{minute, some}, {minute, `data: {"choices":[{"delta":{"content":"x`}}, 3 * minute, false},
		"no end":              {[]step{{minute, finished}}, minute + 2*time.Second, true},
		"no end with more":    {[]step{{minute, finished}, {time.Second, some}}, minute + 2*time.Second, true},
		"a late usage":        {[]step{{minute, finished}, {time.Second, event(llmadaptertest.Used(1, 1)) + event(llmadaptertest.Done)}}, minute + time.Second + 100*time.Millisecond, true},
		"no end of the body":  {[]step{{minute, some + finished + event(llmadaptertest.Done)}}, minute + 100*time.Millisecond, true},
		"much after the mark": {[]step{{minute, some + finished + event(llmadaptertest.Done) + strings.Repeat(":\n", 4<<10)}}, minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := name == "late but in time"
				c := client(t, Config{BaseURL: "http://127.0.0.1:1", Transport: scripted{func(w io.Writer) {
					for _, s := range test.steps {
						time.Sleep(s.after)
						if _, err := io.WriteString(w, s.text); err != nil {
							return
						}
					}
					if !ended {
						time.Sleep(time.Hour)
					}
				}}})
				start := time.Now()
				_, err := c.Complete(t.Context(), llmadaptertest.Talk(1))
				if took := time.Since(start); took != test.took {
					t.Errorf("it took %v, not %v", took, test.took)
				}
				var e *llmadapter.Error
				if (err == nil) != test.ok || err != nil && (!errors.As(err, &e) || e.Kind != llmadapter.Stalled || e.Fate != llmadapter.Settled) {
					t.Errorf("got %v", err)
				}
				time.Sleep(2 * time.Hour) // until the server is done, too
			})
		})
	}
}

// "from the start of the attempt to the first piece of progress; 0 when it came as a whole"
func TestFirstToken(t *testing.T) {
	event := func(e string) string { return "data: " + e + "\n\n" }
	for name, test := range map[string]struct {
		before, after string // three minutes
		kind          string
		want          time.Duration
	}{
		"a piece":      {event(llmadaptertest.Opening) + ": ping\n\n", event(llmadaptertest.Delta("x")) + event(llmadaptertest.Delta("y")) + event(llmadaptertest.Finished("stop")), "text/event-stream", 3 * time.Minute},
		"only its end": {"", event(llmadaptertest.Finished("stop")), "text/event-stream", 3 * time.Minute},
		"at once":      {event(llmadaptertest.Delta("x")), event(llmadaptertest.Finished("stop")), "text/event-stream", 1}, // which is not 0
		"as a whole":   {"", `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`, "application/json", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := client(t, Config{BaseURL: "http://127.0.0.1:1", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					resp, err := scripted{func(w io.Writer) {
						_, _ = io.WriteString(w, test.before)
						time.Sleep(3 * time.Minute)
						_, _ = io.WriteString(w, test.after)
					}}.RoundTrip(r)
					resp.Header.Set("Content-Type", test.kind)
					return resp, err
				}), Idle: time.Hour})
				reply, err := c.Complete(t.Context(), llmadaptertest.Talk(1))
				if err != nil || reply.FirstToken != test.want {
					t.Errorf("got %v, %v, want %v", reply.FirstToken, err, test.want)
				}
			})
		})
	}
}

// What a head says of limits is in the answer, and in the error.
func TestRatesOfAnswersAndErrors(t *testing.T) {
	headers := []string{"x-ratelimit-limit-requests", "60", "x-ratelimit-remaining-requests", "7", "x-ratelimit-reset-requests", "20ms"}
	want := llmadapter.Rates{Requests: llmadapter.Allowance{Limit: 60, Remaining: 7, Reset: 20 * time.Millisecond}}
	c, _ := of(t, llmadaptertest.Status(200, `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`, headers...))
	if got, err := c.Complete(t.Context(), llmadaptertest.Talk(1)); err != nil || got.Rates != want {
		t.Errorf("got %+v, %v", got.Rates, err)
	}
	for _, a := range []llmadaptertest.Answer{llmadaptertest.Limited(headers...), llmadaptertest.Status(200, "{}", headers...), llmadaptertest.Status(307, "", headers...)} {
		c, _ = of(t, a)
		if e := failure(t.Context(), t, c); e.Rates != want {
			t.Errorf("got %+v", e)
		}
	}
}

// An error's status is known before its text, so its text is not waited for.
func TestTheTextOfAnErrorIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for status, want := range map[int]llmadapter.Kind{429: llmadapter.RateLimited, 200: llmadapter.Malformed} {
			rt := roundTrip(func(r *http.Request) (*http.Response, error) {
				resp, err := scripted{func(w io.Writer) {
					_, _ = io.WriteString(w, "<html>")
					time.Sleep(time.Minute)
				}}.RoundTrip(r)
				resp.StatusCode = status
				resp.Header = http.Header{"Content-Type": {"text/html"}}
				return resp, err
			})
			start := time.Now()
			e := failure(t.Context(), t, client(t, Config{BaseURL: "http://127.0.0.1:1", Transport: rt}))
			if took := time.Since(start); took != 5*time.Second || e.Kind != want || !strings.Contains(e.Text, "<html>") {
				t.Errorf("after %v: %+v", took, e)
			}
		}
		time.Sleep(time.Hour) // until the server is done, too
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// saying is a transport without sockets whose answers all have this head, and a body made anew.
func saying(status int, kind string, body func() io.Reader) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(body()), Request: r}, nil
	})
}

// A deadline that the transport notices before the context does is one, too.
func TestATransportMayKnowTheDeadlineFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := early{t.Context(), time.Now().Add(time.Second)}
		e := failure(ctx, t, client(t, Config{BaseURL: "http://127.0.0.1:1", Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return nil, errors.New("i/o timeout")
		})}))
		if e.Kind != llmadapter.Stalled {
			t.Errorf("got %+v", e)
		}
	})
}

// early is a context whose deadline passes before it ends.
type early struct {
	context.Context
	at time.Time
}

func (e early) Deadline() (time.Time, bool) { return e.at, true }

// What a transport of others did is not known, unless it says so; and its errors may hold the key.
func TestATransportOfOthers(t *testing.T) {
	var header http.Header
	c := client(t, Config{BaseURL: "http://127.0.0.1:1", Key: key, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		header = r.Header
		r.Header.Set("Authorization", "spoilt")
		return nil, errors.New("no luck with " + key)
	})})
	for range 2 {
		e := failure(t.Context(), t, c)
		if e.Kind != llmadapter.Broken || e.Fate != llmadapter.PossiblyBilled || strings.Contains(e.Error(), key) || e.Unwrap() != nil {
			t.Errorf("got %+v, %v", e, e.Unwrap())
		}
	}
	if c.chat.Header.Get("Authorization") != "Bearer "+key || header.Get("Content-Type") != "application/json" {
		t.Error("the transport wrote into the client's own headers")
	}
}
