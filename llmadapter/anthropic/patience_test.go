package anthropic

import (
	"context"
	"errors"
	"io"
	"net/http"
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

// Reference, streams: "Anthropic ping are keep-alives. They must not count as progress"; a stall is a typed error within
// the limit.
func TestPatience(t *testing.T) {
	const minute = time.Minute
	line := func(e string) string { return "data: " + e + "\n\n" }
	begun := line(opening) + line(starts(0)) + line(thinks(1)) + line(calls(2, ""))
	some, finished := begun+line(says(0, "x")), line(stopped("end_turn"))
	type step struct {
		after time.Duration
		text  string
	}
	for name, test := range map[string]struct {
		steps []step
		took  time.Duration
		first time.Duration // that the first piece took; counts with ok only
		ok    bool
	}{
		"silence":          {nil, 5 * minute, 0, false},
		"the beginnings":   {[]step{{0, begun}}, 5 * minute, 0, false},
		"pings at first":   {[]step{{4 * minute, line(ping)}}, 5 * minute, 0, false},
		"late but in time": {[]step{{5*minute - 1, some}, {2*minute - 1, line(says(0, "y"))}, {0, finished + line(last)}}, 7*minute - 2 + 100*time.Millisecond, 5*minute - 1, true},
		"pings":            {[]step{{minute, some}, {minute, "event: ping\n" + line(ping)}, {minute - 1, line(ping)}}, 3 * minute, 0, false},
		"comments":         {[]step{{minute, some}, {minute, ": keep-alive\n\n"}, {minute - 1, "\n\n"}}, 3 * minute, 0, false},
		"empty pieces":     {[]step{{minute, some}, {minute, line(says(0, "")) + line(with(2, "")) + line(thought(1, ""))}, {minute - 1, line(ends(0))}}, 3 * minute, 0, false},
		"usage":            {[]step{{minute, some}, {minute, line(`{"type":"message_delta","delta":{},"usage":{"output_tokens":7}}`)}}, 3 * minute, 0, false},
		"thoughts":         {[]step{{4 * minute, begun + line(thought(1, "hm"))}, {minute, line(signs(1, "Eq"))}}, 7 * minute, 0, false},
		"calls":            {[]step{{4 * minute, begun + line(with(2, "{"))}, {minute, line(with(2, "}"))}}, 7 * minute, 0, false},
		"no end":           {[]step{{minute, some + finished}}, minute + 2*time.Second, minute, true},
		"a late end":       {[]step{{minute, some + finished}, {time.Second, line(last)}}, minute + time.Second + 100*time.Millisecond, minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := client(t, Config{BaseURL: "http://127.0.0.1:1", Transport: scripted{func(w io.Writer) {
					for _, s := range test.steps {
						time.Sleep(s.after)
						if _, err := io.WriteString(w, s.text); err != nil {
							return
						}
					}
					time.Sleep(time.Hour)
				}}})
				start := time.Now()
				reply, err := c.Complete(t.Context(), llmadaptertest.Talk(1))
				if took := time.Since(start); took != test.took {
					t.Errorf("it took %v, not %v", took, test.took)
				}
				var e *llmadapter.Error
				if (err == nil) != test.ok || err != nil && (!errors.As(err, &e) || e.Kind != llmadapter.Stalled || e.Fate != llmadapter.Settled) {
					t.Errorf("got %v", err)
				}
				if reply.FirstToken != test.first {
					t.Errorf("the first piece after %v, not %v", reply.FirstToken, test.first)
				}
				time.Sleep(2 * time.Hour) // until the server is done, too
			})
		})
	}
}
