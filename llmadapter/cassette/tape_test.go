package cassette

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// recorded makes a tape of a client that asks a server for text with these seeds, one after the other.
func recorded(t *testing.T, answer func(llmadaptertest.Seen) llmadaptertest.Answer, seeds ...uint64) (path string) {
	t.Helper()
	path = newTape(t)
	r := recording(t, path)
	c := client(t, openai.Config{BaseURL: llmadaptertest.NewServer(t, answer).URL(), Transport: r})
	for _, seed := range seeds {
		_, _ = c.Complete(t.Context(), llmadaptertest.Talk(seed)) // it may be meant to fail
	}
	must(t, r.Close())
	return path
}

// playing is a client of a tape.
func playing(t *testing.T, path string) (*openai.Client, *Player) {
	t.Helper()
	p := Play(opened(t, path))
	return client(t, openai.Config{BaseURL: "http://127.0.0.1/v1", Transport: p}), p
}

// "A miss is a hard error, never a silent live call": it says what was asked for, and what there is.
func TestMiss(t *testing.T) {
	path := recorded(t, nil, 1, 2)
	s := llmadaptertest.NewServer(t, nil)
	p := Play(opened(t, path))
	c := client(t, openai.Config{BaseURL: s.URL(), Transport: p})
	miss := func(r llmadapter.Request, want ...string) {
		t.Helper()
		_, err := c.Complete(t.Context(), r)
		var e *llmadapter.Error
		if !errors.As(err, &e) || !errors.Is(err, ErrMiss) || e.Kind != llmadapter.Invalid || e.Fate != llmadapter.Unsent || e.Status != 0 {
			t.Fatalf("%+v", err)
		}
		must(t, llmadaptertest.CheckError(err))
		for _, w := range want {
			if !strings.Contains(e.Text, w) {
				t.Errorf("no %q in %q", w, e.Text)
			}
		}
	}
	miss(llmadaptertest.Talk(3), "is not on the tape: there are 2 others; the nearest, ", "differs in seed")
	miss(llmadaptertest.Harvest(1), "differs in max_tokens, messages, tool_choice, tools")
	if _, err := c.Models(t.Context()); !errors.Is(err, ErrMiss) || !strings.Contains(err.Error(), "none is a GET of /v1/models") {
		t.Errorf("models: %v", err)
	}
	for range 2 { // the first is there
		_, err := c.Complete(t.Context(), llmadaptertest.Talk(2))
		if (p.Misses() == 3) != (err == nil) {
			t.Errorf("after %d misses: %v", p.Misses(), err)
		}
	}
	miss(llmadaptertest.Talk(2), "it was recorded once, and comes again")
	if s.Counted()+s.Connections() > 0 || p.Misses() != 5 {
		t.Errorf("%d requests and %d connections came to a server; %d missing", s.Counted(), s.Connections(), p.Misses())
	}
}

// What was recorded of another path is not near.
func TestMissOfAnotherPath(t *testing.T) {
	tape, err := tapeOf(top + letter)
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://h/v1/embeddings", strings.NewReader("{}"))
	must(t, err)
	if _, err := Play(tape).RoundTrip(req); !errors.Is(err, ErrMiss) || !strings.Contains(err.Error(), "none is a POST of /v1/embeddings") {
		t.Errorf("%v", err)
	}
}

// Who is gone already has heard nothing: it is still there for who asks next.
func TestWhoIsGoneHearsNothing(t *testing.T) {
	tape, err := tapeOf(top + letter)
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://h/v1/x", http.NoBody)
	must(t, err)
	q, err := readRequest(req)
	must(t, err)
	tape.exchanges[q.key] = tape.places
	p := Play(tape)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.RoundTrip(req.WithContext(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	resp, err := p.RoundTrip(req)
	must(t, err)
	text, err := io.ReadAll(resp.Body)
	must(t, errors.Join(err, resp.Body.Close()))
	if string(text) != "data: [DONE]\n\n" {
		t.Errorf("%q", text)
	}
}

// How far a request got is what its transport tells, and no more.
func TestReached(t *testing.T) {
	ask := func(ctx context.Context, of http.RoundTripper) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://h/v1/models", http.NoBody)
		must(t, err)
		resp, err := of.RoundTrip(req)
		if err == nil {
			must(t, resp.Body.Close())
		}
		return err
	}
	for _, test := range []struct {
		tell func(*httptrace.ClientTrace)
		want string
	}{
		{func(*httptrace.ClientTrace) {}, ""},
		{func(c *httptrace.ClientTrace) { c.GetConn("h") }, "asked "},
		{func(c *httptrace.ClientTrace) { c.GetConn("h"); c.GotConn(httptrace.GotConnInfo{}) }, "asked connected "},
		{func(c *httptrace.ClientTrace) {
			c.GotConn(httptrace.GotConnInfo{})
			c.WroteRequest(httptrace.WroteRequestInfo{Err: io.ErrClosedPipe})
		}, "asked connected "},
		{func(c *httptrace.ClientTrace) {
			c.GotConn(httptrace.GotConnInfo{})
			c.WroteRequest(httptrace.WroteRequestInfo{})
		}, "asked connected wrote <nil>"},
	} {
		path := newTape(t)
		r, err := Record(path, Recording{Info: of("m"), Key: key, Transport: answering(func(req *http.Request) (*http.Response, error) {
			test.tell(httptrace.ContextClientTrace(req.Context()))
			return nil, fmt.Errorf("it broke, with %s", key)
		})})
		must(t, err)
		if err := ask(t.Context(), r); err == nil {
			t.Error("no error")
		}
		must(t, r.Close())
		if text := textOf(t, path); strings.Contains(text, key) {
			t.Errorf("the key is on the tape: %s", text)
		}
		var told string
		err = ask(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			GetConn:      func(string) { told += "asked " },
			GotConn:      func(httptrace.GotConnInfo) { told += "connected " },
			WroteRequest: func(i httptrace.WroteRequestInfo) { told += fmt.Sprint("wrote ", i.Err) },
		}), Play(opened(t, path)))
		if told != test.want || err == nil || err.Error() != "it broke, with [key]" {
			t.Errorf("%q, not %q; %v", told, test.want, err)
		}
	}
}

// A connection that ended too soon is the error that net/http has for it.
func TestUnexpectedEnd(t *testing.T) {
	v := &voice{ctx: t.Context(), x: &exchange{End: broken, Error: io.ErrUnexpectedEOF.Error()}}
	if _, err := v.Read(make([]byte, 1)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
}

// A tape of a client that was never asked is taken away; one that was there before stays.
func TestTapeOfNothing(t *testing.T) {
	path := newTape(t)
	recording := Recording{Info: of("m")}
	recording.Run = "one"
	r, err := Record(path, recording)
	must(t, err, r.Close())
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	must(t, os.WriteFile(path, []byte(strings.Replace(top, `"label":"model m"`, `"label":"stand-in","run":"one"`, 1)), 0o600))
	r, err = Continue(path, recording)
	must(t, err, r.Close())
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// The order of the fields and the space between them do not matter; what is asked does.
func TestKey(t *testing.T) {
	keyOf := func(method, url, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		must(t, err)
		q, err := readRequest(req)
		must(t, err)
		if len(q.key) != keyLength || string(q.body) != body {
			t.Errorf("key %q, body %q", q.key, q.body)
		}
		return q.key
	}
	is := keyOf("POST", "http://a/v1/chat", `{"a":1,"b":[1,2]}`)
	for _, same := range []string{keyOf("POST", "https://b:1/v1/chat", `{ "b": [1, 2], "a": 1 }`), keyOf("POST", "http://a/v1/chat", `{"a":1.0,"b":[1,2]}`)} {
		if same != is {
			t.Error("the same request has another key")
		}
	}
	for _, other := range []string{keyOf("PUT", "http://a/v1/chat", `{"a":1,"b":[1,2]}`), keyOf("POST", "http://a/chat", `{"a":1,"b":[1,2]}`),
		keyOf("POST", "http://a/v1/chat?x", `{"a":1,"b":[1,2]}`), keyOf("POST", "http://a/v1/chat", `{"a":1,"b":[2,1]}`), keyOf("POST", "http://a/v1/chat", `{"a":1,"b":[1,2]`)} {
		if other == is {
			t.Error("another request has the same key")
		}
	}
}

// What stands on a tape: the form is a contract with whoever reads one.
func TestForm(t *testing.T) {
	path := recorded(t, func(llmadaptertest.Seen) llmadaptertest.Answer {
		return llmadaptertest.Status(429, `{"error":{"type":"rate_limit_error","message":"too <many> &"}}`, "Retry-After", "3", "X-Request-Id", "r-1", "Set-Cookie", "secret=1",
			"X-Ratelimit-Remaining-Tokens", "7", "Anthropic-Ratelimit-Requests-Limit", "50", "Server", "nginx")
	}, 1)
	lines := strings.Split(strings.TrimSuffix(textOf(t, path), "\n"), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], `{"cassette":"polis.cassette/1","provider":"openai","model":"sim-test","root":"/v1","label":"stand-in","when":"2`) {
		t.Fatalf("%q", lines)
	}
	var x map[string]any
	must(t, json.Unmarshal([]byte(lines[1]), &x))
	head := fmt.Sprint(x["head"])
	if head != "map[Anthropic-Ratelimit-Requests-Limit:[50] Content-Type:[application/json] Retry-After:[3] X-Ratelimit-Remaining-Tokens:[7] X-Request-Id:[r-1]]" {
		t.Errorf("head %s", head)
	}
	request := fmt.Sprint(x["request"].(map[string]any)["seed"], x["request"].(map[string]any)["model"])
	if request != "1sim-test" || x["status"] != 429.0 || x["method"] != "POST" || x["path"] != "/v1/chat/completions" || x["reached"] != "wrote" || x["n"] != 0.0 || x["end"] != "whole" {
		t.Errorf("%s", lines[1])
	}
	if !strings.Contains(lines[1], "too <many> &") {
		t.Errorf("it is not to be read by people: %s", lines[1])
	}
	names := strings.Join(sortedNames(x), " ")
	if names != "body end ended head headed key method n path reached request status when" {
		t.Errorf("fields %s", names)
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v", info.Mode())
	}
}

// Nothing is ever written over, and what was cut off goes on where it ended.
func TestTapesAreKept(t *testing.T) {
	path := recorded(t, nil, 1, 1)
	before := textOf(t, path)
	if _, err := Record(path, Recording{Info: of("sim-test")}); err == nil || !strings.Contains(err.Error(), "is there already, and nothing is recorded over it") {
		t.Errorf("recorded over: %v", err)
	}
	if textOf(t, path) != before {
		t.Error("the tape has changed")
	}
	again := func(run string) error {
		r, err := Continue(path, Recording{Info: Info{Provider: "openai", Model: "sim-test", Root: "/v1", Label: "stand-in", Run: run}, Key: key})
		if err != nil {
			return err
		}
		c := client(t, openai.Config{BaseURL: llmadaptertest.NewServer(t, llmadaptertest.Always(llmadaptertest.Text("again."))).URL(), Transport: r})
		_, err = c.Complete(t.Context(), llmadaptertest.Talk(1))
		return errors.Join(err, r.Close())
	}
	if err := again(""); err == nil { // it does not say what it is
		t.Error("a tape of anything went on")
	}
	path = newTape(t)
	must(t, again("one")) // there is none yet
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteString(`{"key":"0123`) // killed while it wrote
	must(t, errors.Join(err, f.Close()))
	if tape := opened(t, path); !tape.Torn || tape.Exchanges() != 1 {
		t.Errorf("torn %v, %d exchanges", tape.Torn, tape.Exchanges())
	}
	before = textOf(t, path)
	if err := again("another"); err == nil || !strings.Contains(err.Error(), "has something else on it") || textOf(t, path) != before {
		t.Errorf("%v", err)
	}
	must(t, again("one"))
	tape := opened(t, path)
	if tape.Torn || tape.Exchanges() != 2 {
		t.Errorf("torn %v, %d exchanges", tape.Torn, tape.Exchanges())
	}
	c, _ := playing(t, path)
	for _, want := range []bool{true, true, false} {
		if _, err := c.Complete(t.Context(), llmadaptertest.Talk(1)); (err == nil) != want {
			t.Errorf("%v", err)
		}
	}
}

// Many at once, and every line whole: what is asked in whatever order is answered as it was.
func TestManyAtOnce(t *testing.T) {
	const askers, times = 16, 8
	s := llmadaptertest.NewServer(t, func(x llmadaptertest.Seen) llmadaptertest.Answer {
		var body struct{ Seed uint64 }
		_ = json.Unmarshal(x.Body, &body) // else 0
		return llmadaptertest.Text(fmt.Sprintf("seed %d, %s", body.Seed, strings.Repeat("x", 3000)))
	})
	path := newTape(t)
	r := recording(t, path)
	all := func(m llmadapter.Model) {
		var group sync.WaitGroup
		for i := range uint64(askers) {
			group.Go(func() {
				for range times {
					reply, err := m.Complete(t.Context(), llmadaptertest.Talk(i+1))
					if err != nil || !strings.HasPrefix(reply.Text, fmt.Sprintf("seed %d,", i+1)) {
						t.Errorf("%.40s, %v", reply.Text, err)
					}
				}
			})
		}
		group.Wait()
	}
	all(client(t, openai.Config{BaseURL: s.URL(), Transport: r}))
	must(t, r.Close())
	c, p := playing(t, path)
	if p.tape.Exchanges() != askers*times {
		t.Errorf("%d exchanges", p.tape.Exchanges())
	}
	all(c)
}

// At its pace, a tape takes the time that was taken; at once, none. What ends the request ends the wait.
func TestPace(t *testing.T) {
	const second = int64(time.Second / time.Microsecond)
	x := exchange{Key: strings.Repeat("0", keyLength), When: time.Unix(0, 0), Method: "GET", Path: "/v1/models", Reached: wrote, Status: 200, Headed: 2 * second,
		Body: []chunk{{At: 3 * second, Text: "abc"}, {At: 5 * second, Bytes: []byte("d\xff")}}, End: whole, Ended: 6 * second}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://h/v1/models", nil)
	must(t, err)
	q, err := readRequest(req)
	must(t, err)
	x.Key = q.key
	first, err := line(header{form, Info{Provider: "p", Model: "m", Label: "l"}})
	must(t, err)
	text, err := line(x)
	must(t, err)
	for pace, want := range map[float64][]time.Duration{0: {0, 0, 0, 0}, 1: {2e9, 3e9, 5e9, 6e9}, 0.5: {1e9, 15e8, 25e8, 3e9}} {
		synctest.Test(t, func(t *testing.T) {
			tape, err := read(bytes.NewReader(append(first, text...)), int64(len(first)+len(text)))
			must(t, err)
			p := Play(tape)
			p.Pace = pace
			began := time.Now()
			var at []time.Duration
			resp, err := p.RoundTrip(req.WithContext(t.Context()))
			must(t, err)
			at = append(at, time.Since(began))
			var heard []string
			buffer := make([]byte, 100)
			for err == nil {
				var n int
				n, err = resp.Body.Read(buffer)
				at = append(at, time.Since(began))
				heard = append(heard, string(buffer[:n]))
			}
			must(t, resp.Body.Close())
			if !errors.Is(err, io.EOF) || fmt.Sprint(at) != fmt.Sprint(want) || fmt.Sprintf("%q", heard) != `["abc" "d\xff" ""]` {
				t.Errorf("pace %v: %q at %v, not %v; %v", pace, heard, at, want, err)
			}
		})
	}
}

// An answer, or a request, that is too large for a tape is not on it, and the end says so; the client has it all the same.
func TestTooLargeForATape(t *testing.T) {
	path := newTape(t)
	r, err := Record(path, Recording{Info: of("m"), Transport: answering(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(io.LimitReader(zeros{}, mostBody+1))}, nil
	})})
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://h/v1/models", nil)
	must(t, err)
	resp, err := r.RoundTrip(req)
	must(t, err)
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil || n != mostBody+1 {
		t.Errorf("%d bytes, %v", n, err)
	}
	must(t, resp.Body.Close())
	req.Body = io.NopCloser(io.LimitReader(zeros{}, mostBody+1))
	if _, err := r.RoundTrip(req); err == nil || !strings.Contains(err.Error(), "a request of more than") {
		t.Errorf("%v", err)
	}
	if err := r.Close(); err == nil || !strings.Contains(err.Error(), "not on the tape: 1; the first: an answer of more than") || r.Exchanges() != 0 {
		t.Errorf("%d exchanges, %v", r.Exchanges(), err)
	}
	if tape := opened(t, path); tape.Exchanges() != 0 {
		t.Errorf("%d exchanges", tape.Exchanges())
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

type answering func(*http.Request) (*http.Response, error)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A tape that cannot be written any more is said to be one; nobody goes without an answer for it.
func TestTapeThatCannotBeWritten(t *testing.T) {
	path := newTape(t)
	r := recording(t, path)
	c := client(t, openai.Config{BaseURL: llmadaptertest.NewServer(t, nil).URL(), Transport: r})
	for i := range 3 {
		if _, err := c.Complete(t.Context(), llmadaptertest.Talk(1)); err != nil {
			t.Error(err)
		}
		if i == 0 {
			must(t, r.file.Close())
		}
	}
	if err := r.Close(); err == nil || !strings.Contains(err.Error(), "after 1 exchanges") {
		t.Errorf("%v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}
