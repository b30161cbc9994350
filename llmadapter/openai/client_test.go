package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

func TestClientKeepsTheContract(t *testing.T) {
	answers := func(s llmadaptertest.Seen) llmadaptertest.Answer {
		var r struct {
			Tools  []any
			Format *struct{} `json:"response_format"`
			Seed   int
		}
		_ = json.Unmarshal(s.Body, &r)
		call := llmadapter.Call{Name: "harvest", Arguments: fmt.Sprintf(`{"tons":%d}`, r.Seed)}
		switch {
		case len(r.Tools) > 0:
			return llmadaptertest.Calls(call)
		case r.Format != nil || strings.Contains(string(s.Body), "```tools"):
			return llmadaptertest.Text(`{"calls":[{"name":"harvest","arguments":` + call.Arguments + `}]}`)
		}
		return llmadaptertest.Text("I am a fisher, naïve and 🐟.")
	}
	at := func(url func(t *testing.T) string) func(t *testing.T) llmadapter.Model {
		return func(t *testing.T) llmadapter.Model { return client(t, Config{BaseURL: url(t), Key: key}) }
	}
	llmadaptertest.Check(t, llmadaptertest.Maker{
		Model:  at(func(t *testing.T) string { return llmadaptertest.NewServer(t, answers).URL() }),
		Forms:  llmadapter.Forms,
		Seeded: true,
		Silent: at(func(t *testing.T) string {
			return llmadaptertest.NewServer(t, llmadaptertest.Always(llmadaptertest.Hang())).URL()
		}),
		Gone: at(func(t *testing.T) string { return llmadaptertest.Nobody(t) }),
	})
}

func TestAnswers(t *testing.T) {
	two := []llmadapter.Call{{Name: "harvest", Arguments: `{"tons":3,"why":"ein Ärgernis"}`}, {Name: "say", Arguments: "{}"}}
	used := llmadapter.Tokens{Input: 12, Output: 3}
	for name, test := range map[string]struct {
		answer llmadaptertest.Answer
		want   llmadapter.Reply
	}{
		"text":                {llmadaptertest.Text("héllo, wörld"), llmadapter.Reply{Text: "héllo, wörld", Finish: "stop", Usage: used}},
		"calls":               {llmadaptertest.Calls(two...), llmadapter.Reply{Calls: two, Finish: "tool_calls", Usage: used}},
		"whole":               {llmadaptertest.Whole("hello"), llmadapter.Reply{Text: "hello", Finish: "stop", Usage: used}},
		"length":              {llmadaptertest.Stream(llmadaptertest.Delta("hel"), llmadaptertest.Finished("length"), llmadaptertest.Done), llmadapter.Reply{Text: "hel", Finish: "length"}},
		"filter":              {llmadaptertest.Stream(llmadaptertest.Finished("content_filter"), llmadaptertest.Done), llmadapter.Reply{Finish: "content_filter"}},
		"no end mark":         {llmadaptertest.Stream(llmadaptertest.Delta("hi"), llmadaptertest.Finished("stop")), llmadapter.Reply{Text: "hi", Finish: "stop"}},
		"cut after the end":   {llmadaptertest.Dropped(llmadaptertest.Delta("hi"), llmadaptertest.Finished("stop")), llmadapter.Reply{Text: "hi", Finish: "stop"}},
		"error after the end": {llmadaptertest.Dropped(llmadaptertest.Delta("hi"), llmadaptertest.Finished("stop"), llmadaptertest.Failure("x", "y")), llmadapter.Reply{Text: "hi", Finish: "stop"}},
		"calls end with stop": {llmadaptertest.Stream(llmadaptertest.CallDelta(0, "say", ""), llmadaptertest.Finished("stop"), llmadaptertest.Done), llmadapter.Reply{Calls: two[1:], Finish: "tool_calls"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := of(t, test.answer)
			got, err := c.Complete(t.Context(), llmadaptertest.Talk(1))
			if err != nil {
				t.Fatal(err)
			}
			if got.ID != "r1" || got.Model != "sim-test" {
				t.Errorf("from %q, %q", got.ID, got.Model)
			}
			got.ID, got.Model, got.FirstToken = "", "", 0
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// Reference, error classes; P15: stalls, also under keep-alive comments, cut streams and long lines are typed errors.
func TestFaults(t *testing.T) {
	half := []string{llmadaptertest.Opening, llmadaptertest.Delta("hel"), llmadaptertest.Used(9, 1)}
	type want struct {
		kind   llmadapter.Kind
		status int
		text   string // a part of it
	}
	for name, test := range map[string]struct {
		answer llmadaptertest.Answer
		want   want
	}{
		"cut":               {llmadaptertest.Cut(half...), want{llmadapter.Truncated, 200, "without a finish_reason"}},
		"cut with end mark": {llmadaptertest.Cut(append(half, llmadaptertest.Done)...), want{llmadapter.Truncated, 200, "without a finish_reason"}},
		"nothing":           {llmadaptertest.Cut(), want{llmadapter.Truncated, 200, "without a finish_reason"}},
		"dropped":           {llmadaptertest.Dropped(half...), want{llmadapter.Truncated, 200, "broke off"}},
		"reset":             {llmadaptertest.ResetAfter(half...), want{llmadapter.Truncated, 200, "broke off"}},
		"stall":             {llmadaptertest.Stalled(half...), want{llmadapter.Stalled, 200, "nothing of an answer came for 300ms"}},
		"stall at once":     {llmadaptertest.Stalled(), want{llmadapter.Stalled, 200, "nothing of an answer came for 1s"}},
		"keep-alive":        {llmadaptertest.KeptAlive(2*time.Millisecond, half...), want{llmadapter.Stalled, 200, "nothing of an answer came for 300ms"}},
		"hang":              {llmadaptertest.Hang(), want{llmadapter.Stalled, 0, "nothing of an answer came for 1s"}},
		"hang up":           {llmadaptertest.HangUp(), want{llmadapter.Broken, 0, "broke: EOF"}},
		"reset at once":     {llmadaptertest.ResetAtOnce(), want{llmadapter.Broken, 0, "broke"}},
		"not HTTP":          {func(x *llmadaptertest.Exchange) { x.Raw("SSH-2.0-x\r\n"); x.Close() }, want{llmadapter.Broken, 0, "malformed HTTP"}},
		"in-band":           {llmadaptertest.Stream(append(half, llmadaptertest.Failure("server_error", "oh dear"))...), want{llmadapter.Transient, 200, "oh dear"}},
		"in-band overload":  {llmadaptertest.Stream(append(half, llmadaptertest.Failure("overloaded_error", "too much"))...), want{llmadapter.Overloaded, 200, "too much"}},
		"in-band code":      {llmadaptertest.Stream(`{"error":{"message":"busy","code":503}}`), want{llmadapter.Overloaded, 200, "busy"}},
		"in-band odd code":  {llmadaptertest.Stream(`{"error":{"message":"odd","code":200}}`), want{llmadapter.Transient, 200, "odd"}},
		"in-band limit":     {llmadaptertest.Stream(`{"error":{"message":"slow","type":"rate_limit_error"}}`), want{llmadapter.RateLimited, 200, "slow"}},
		"in-band bad key":   {llmadaptertest.Stream(`{"error":{"message":"no","code":"invalid_api_key"}}`), want{llmadapter.Unauthorised, 200, "no"}},
		"in-band bad":       {llmadaptertest.Stream(`{"error":{"message":"bad","type":"invalid_request_error"}}`), want{llmadapter.Invalid, 200, "bad"}},
		"an error field": {func(x *llmadaptertest.Exchange) {
			x.Raw("HTTP/1.0 200 OK\r\n\r\nerror: {\"code\":503,\"message\":\"loading\"}\n\n")
			x.Close()
		}, want{llmadapter.Overloaded, 200, "loading"}},
		"in-band quota":  {llmadaptertest.Stream(llmadaptertest.Failure("insufficient_quota", "pay")), want{llmadapter.Unauthorised, 200, "pay"}},
		"in-band policy": {llmadaptertest.Stream(`{"error":{"code":"content_filter","message":"no"}}`), want{llmadapter.Refused, 200, "no"}},
		"in-band words":  {llmadaptertest.Stream(`{"error":"out of memory"}`), want{llmadapter.Transient, 200, "out of memory"}},
		"with a choice":  {llmadaptertest.Stream(`{"choices":[{"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502,"message":"upstream"}}`), want{llmadapter.Transient, 200, "upstream"}},
		"aborted":        {llmadaptertest.Stream(llmadaptertest.Delta("x"), llmadaptertest.Finished("abort"), llmadaptertest.Done), want{llmadapter.Transient, 200, "abort"}},
		"aborted, cut":   {llmadaptertest.Dropped(llmadaptertest.Delta("x"), llmadaptertest.Finished("error")), want{llmadapter.Transient, 200, "error"}},
		"line of 40 MiB": {llmadaptertest.LongLine(40 << 20), want{llmadapter.Malformed, 200, "longer than 1048576 bytes"}},
		"no JSON":        {llmadaptertest.Stream("{oh no"), want{llmadapter.Malformed, 200, "no JSON"}},
		"half a piece": {func(x *llmadaptertest.Exchange) {
			x.Raw("HTTP/1.0 200 OK\r\n\r\ndata: {\"choices\":[{\"del")
			x.Close()
		}, want{llmadapter.Truncated, 200, "without a finish_reason"}},
		"page":              {llmadaptertest.HTML(200), want{llmadapter.Malformed, 200, `200 with text/html; charset=utf-8, which is no answer of a model: "<html><head><title>A gateway`}},
		"page of a gateway": {llmadaptertest.HTML(502), want{llmadapter.Transient, 502, `502 with text/html`}},
		"nothing at all":    {llmadaptertest.Status(204, "", "Content-Type", "text/plain"), want{llmadapter.Malformed, 204, "204 with text/plain, and nothing else"}},
		"another JSON":      {llmadaptertest.Status(200, `{"hello":1}`), want{llmadapter.Malformed, 200, `{\"hello\":1}`}},
		"a broken JSON":     {llmadaptertest.Status(200, `{"choices":`), want{llmadapter.Malformed, 200, `application/json`}},
		"an error with 200": {llmadaptertest.Status(200, llmadaptertest.Failure("overloaded_error", "too much")), want{llmadapter.Overloaded, 200, "too much"}},
		"whole, unfinished": {llmadaptertest.Status(200, `{"id":"x","choices":[{"message":{"content":"hel"}}]}`), want{llmadapter.Truncated, 200, "without a finish_reason"}},
		"whole, too large":  {llmadaptertest.Whole(strings.Repeat("x", 1<<20)), want{llmadapter.Malformed, 200, "larger than 1048576 bytes"}},
		"redirect":          {llmadaptertest.Redirect("https://elsewhere.example/v1"), want{llmadapter.Invalid, 307, "redirects to elsewhere.example, and"}},
		"400":               {llmadaptertest.Status(400, llmadaptertest.Failure("invalid_request_error", "no\ntools\x1b[31m")), want{llmadapter.Invalid, 400, "no tools [31m"}},
		"404":               {llmadaptertest.Status(404, `{"detail":"Not Found"}`), want{llmadapter.Invalid, 404, "Not Found"}},
		"422":               {llmadaptertest.Status(422, `{"detail":[{"loc":["body"],"msg":"bad"}]}`), want{llmadapter.Invalid, 422, `"msg":"bad"`}},
		"401":               {llmadaptertest.Status(401, llmadaptertest.Failure("x", "Incorrect API key provided: "+key+".")), want{llmadapter.Unauthorised, 401, "provided: [key]."}},
		"402":               {llmadaptertest.Status(402, ""), want{llmadapter.Unauthorised, 402, "nothing else"}},
		"403":               {llmadaptertest.HTML(403), want{llmadapter.Unauthorised, 403, "text/html"}},
		"408":               {llmadaptertest.Status(408, "{}"), want{llmadapter.Transient, 408, "{}"}},
		"409":               {llmadaptertest.Status(409, `{"object":"error","message":"again"}`), want{llmadapter.Transient, 409, "again"}},
		"429":               {llmadaptertest.Limited(), want{llmadapter.RateLimited, 429, "too many requests"}},
		"429, no money":     {llmadaptertest.Status(429, `{"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"pay"}}`), want{llmadapter.Unauthorised, 429, "pay"}},
		"500":               {llmadaptertest.Status(500, "{}"), want{llmadapter.Transient, 500, "{}"}},
		"500, no money":     {llmadaptertest.Status(500, llmadaptertest.Failure("insufficient_quota", "pay")), want{llmadapter.Transient, 500, "pay"}},
		"problem":           {llmadaptertest.Status(200, `{"detail":"hm"}`, "Content-Type", "application/problem+json"), want{llmadapter.Transient, 200, "hm"}},
		"503":               {llmadaptertest.Status(503, `{"error":"loading"}`), want{llmadapter.Overloaded, 503, "loading"}},
		"529":               {llmadaptertest.Status(529, ""), want{llmadapter.Overloaded, 529, "529"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmadaptertest.NewServer(t, llmadaptertest.Always(test.answer))
			cfg := Config{BaseURL: s.URL(), Key: key}
			if test.want.kind == llmadapter.Stalled { // others wait for no patience to end
				cfg.FirstToken, cfg.Idle = time.Second, 300*time.Millisecond
			}
			e := failure(t.Context(), t, client(t, cfg))
			fate := llmadapter.Settled
			if test.want.status == 0 {
				fate = llmadapter.PossiblyBilled
			}
			if e.Kind != test.want.kind || e.Status != test.want.status || e.Fate != fate || !strings.Contains(e.Text, test.want.text) {
				t.Errorf("got %+v\nwant %+v, fate %d", e, test.want, fate)
			}
			if strings.Contains(e.Text, key) || errors.Unwrap(e) != nil && strings.Contains(errors.Unwrap(e).Error(), key) {
				t.Errorf("the key is in %q", e)
			}
			if n := s.Counted(); n != 1 {
				t.Errorf("the server counted %d requests for one attempt", n)
			}
		})
	}
}

func TestWhatWasSpentIsKnownAfterAFault(t *testing.T) {
	used := llmadaptertest.Used(9, 1)
	for name, a := range map[string]llmadaptertest.Answer{"cut": llmadaptertest.Cut(used), "dropped": llmadaptertest.Dropped(used),
		"an error": llmadaptertest.Stream(used, llmadaptertest.Failure("x", "y"))} {
		c, _ := of(t, a)
		if e := failure(t.Context(), t, c); e.Usage != (llmadapter.Tokens{Input: 9, Output: 1}) {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// What says nothing is bounded, not what says something.
func TestALongAnswerInShortPieces(t *testing.T) {
	events := slices.Repeat([]string{llmadaptertest.Delta("hello")}, 200)
	s := llmadaptertest.NewServer(t, llmadaptertest.Always(llmadaptertest.Stream(append(events, llmadaptertest.Finished("stop"), llmadaptertest.Done)...)))
	got, err := client(t, Config{BaseURL: s.URL(), MaxLine: 400}).Complete(t.Context(), llmadaptertest.Talk(1))
	if err != nil || len(got.Text) != 1000 {
		t.Errorf("got %d bytes, %v", len(got.Text), err)
	}
}

func TestNothingIsSentToNobody(t *testing.T) {
	e := failure(t.Context(), t, client(t, Config{BaseURL: llmadaptertest.Nobody(t)}))
	if e.Kind != llmadapter.Unreachable || e.Fate != llmadapter.Unsent || !strings.Contains(e.Text, "connection refused") {
		t.Errorf("got %+v", e)
	}
	s := llmadaptertest.NewServer(t, nil)
	secure := strings.Replace(s.URL(), "http:", "https:", 1) // a server that speaks no TLS
	e = failure(t.Context(), t, client(t, Config{BaseURL: secure}))
	if e.Kind != llmadapter.Unreachable || e.Fate != llmadapter.Unsent || s.Counted() != 0 {
		t.Errorf("got %+v", e)
	}
}

func TestAnUnknownCertificateIsNoConnection(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	e := failure(t.Context(), t, client(t, Config{BaseURL: s.URL, Key: key}))
	if e.Kind != llmadapter.Unreachable || e.Fate != llmadapter.Unsent || !strings.Contains(e.Text, "certificate") {
		t.Errorf("got %+v", e)
	}
}

// "the socket is closed within 50 ms": here, that it is closed at all, which the server sees.
func TestCancelClosesTheSocket(t *testing.T) {
	for name, test := range map[string]struct {
		answer llmadaptertest.Answer
		fate   llmadapter.Fate
	}{
		"before the head":  {llmadaptertest.Hang(), llmadapter.PossiblyBilled},
		"in the stream":    {llmadaptertest.Stalled(llmadaptertest.Opening, llmadaptertest.Delta("x")), llmadapter.Settled},
		"under keep-alive": {llmadaptertest.KeptAlive(time.Millisecond, llmadaptertest.Delta("x")), llmadapter.Settled},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			began := make(chan struct{})
			s := llmadaptertest.NewServer(t, llmadaptertest.Always(test.answer))
			c := client(t, Config{BaseURL: s.URL(), Transport: watched{plain(t), began}})
			go func() {
				<-s.Arrived()
				if test.fate == llmadapter.Settled {
					<-began
				}
				cancel()
			}()
			e := failure(ctx, t, c)
			if e.Kind != llmadapter.Cancelled || e.Fate != test.fate || !errors.Is(e, context.Canceled) {
				t.Errorf("got %+v", e)
			}
			<-s.Gone()
		})
	}
}

// watched tells when the head of an answer has come.
type watched struct {
	http.RoundTripper
	began chan struct{}
}

func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		close(w.began)
	}
	return resp, err
}

func TestADeadlineIsAStall(t *testing.T) {
	c, s := of(t, llmadaptertest.Hang())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if e := failure(ctx, t, c); e.Kind != llmadapter.Stalled || e.Fate != llmadapter.PossiblyBilled || !errors.Is(e, context.DeadlineExceeded) {
		t.Errorf("got %+v", e)
	}
	<-s.Gone()
}

func TestConnectionsAreKept(t *testing.T) {
	n := 0
	s := llmadaptertest.NewServer(t, func(llmadaptertest.Seen) llmadaptertest.Answer {
		n++ // one connection, so one at a time
		return []llmadaptertest.Answer{llmadaptertest.Text("hi"), llmadaptertest.Limited(), llmadaptertest.Whole("hi"), llmadaptertest.HTML(502),
			llmadaptertest.Status(400, `{"error":{}}`)}[n%5]
	})
	c := client(t, Config{BaseURL: s.URL()})
	for range 50 {
		_, _ = c.Complete(t.Context(), llmadaptertest.Talk(1)) // some fail
	}
	if s.Counted() != 50 || s.Connections() != 1 {
		t.Errorf("%d requests on %d connections", s.Counted(), s.Connections())
	}
}

// The default transport of net/http keeps two connections per host, and makes the rest anew.
func TestConnectionsAreKeptForAllThatAreOut(t *testing.T) {
	const callers = 16
	s := llmadaptertest.NewServer(t, nil)
	c := client(t, Config{BaseURL: s.URL(), InFlight: callers})
	for range 10 {
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				if _, err := c.Complete(t.Context(), llmadaptertest.Talk(1)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	if s.Connections() > 2*callers { // the transport may begin one too many while another becomes free
		t.Errorf("%d connections for %d callers", s.Connections(), callers)
	}
}

func TestTheKeyFollowsNoRedirect(t *testing.T) {
	other := llmadaptertest.NewServer(t, nil)
	c, s := of(t, llmadaptertest.Redirect(other.URL()+"/chat/completions"))
	failure(t.Context(), t, c)
	if other.Counted() != 0 || other.Connections() != 0 {
		t.Error("the redirect was followed")
	}
	if got := (<-s.Arrived()).Header.Get("Authorization"); got != "Bearer "+key {
		t.Errorf("the endpoint got %q", got)
	}
}

func TestTheKeyIsTakenOutOfAnswers(t *testing.T) {
	c, _ := of(t, llmadaptertest.Stream(llmadaptertest.Delta("your key is "+key), llmadaptertest.CallDelta(0, key, key), llmadaptertest.Finished("stop")))
	got, err := c.Complete(t.Context(), llmadaptertest.Talk(1))
	if err != nil || strings.Contains(fmt.Sprintf("%+v", got), key) || got.Text != "your key is [key]" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A server that spells the key as JSON or a URL does has it hidden, too: what reads an answer or an error may read it so.
func TestTheKeyIsTakenOutHoweverItIsSpelled(t *testing.T) {
	escaped, percent := "", ""
	for _, c := range []byte(key) {
		escaped += fmt.Sprintf(`\u%04x`, c)
		percent += fmt.Sprintf("%%%02X", c)
	}
	for _, spelt := range []string{key, escaped, percent, key[:5] + escaped[5*6:], escaped[:6] + percent[3:]} {
		said, _ := json.Marshal(`{"text":"a ` + spelt + `\n"}`)
		text := string(said[1 : len(said)-1])
		c, _ := of(t, llmadaptertest.Stream(`{"choices":[{"index":0,"delta":{"content":"`+text+`","tool_calls":[{"index":0,"function":{"name":"a","arguments":"`+text+`"}}]},"finish_reason":"stop"}]}`))
		const want = `{"text":"a [key]\n"}`
		if got, err := c.Complete(t.Context(), llmadaptertest.Talk(1)); err != nil || got.Text != want || len(got.Calls) != 1 || got.Calls[0].Arguments != want {
			t.Errorf("%s: got %+v, %v", spelt, got, err)
		}
		c, _ = of(t, llmadaptertest.Status(401, `{"error":{"type":"x","message":"`+text+`"}}`))
		if e := failure(t.Context(), t, c); !strings.Contains(e.Text, `a [key]\n`) {
			t.Errorf("%s: %v", spelt, e)
		}
	}
}

func TestModels(t *testing.T) {
	s := llmadaptertest.NewServer(t, func(seen llmadaptertest.Seen) llmadaptertest.Answer {
		if seen.Method != http.MethodGet || seen.Path != "/v1/models" || seen.Header.Get("Authorization") != "Bearer "+key {
			return llmadaptertest.Status(400, "")
		}
		return llmadaptertest.Status(200, `{"object":"list","data":[{"id":"sim-a"},{"id":"sim-b `+key+`"}]}`)
	})
	names, err := client(t, Config{BaseURL: s.URL(), Key: key}).Models(t.Context())
	if err != nil || !slices.Equal(names, []string{"sim-a", "sim-b [key]"}) {
		t.Errorf("got %q, %v", names, err)
	}
	for name, test := range map[string]struct {
		url  string
		kind llmadapter.Kind
	}{
		"nobody":  {llmadaptertest.Nobody(t), llmadapter.Unreachable},
		"no key":  {s.URL(), llmadapter.Invalid},
		"a page":  {llmadaptertest.NewServer(t, llmadaptertest.Always(llmadaptertest.HTML(200))).URL(), llmadapter.Malformed},
		"no list": {llmadaptertest.NewServer(t, llmadaptertest.Always(llmadaptertest.Status(200, "{}"))).URL(), llmadapter.Malformed},
	} {
		_, err := client(t, Config{BaseURL: test.url}).Models(t.Context())
		var e *llmadapter.Error
		if !errors.As(err, &e) || e.Kind != test.kind || llmadaptertest.CheckError(err) != nil {
			t.Errorf("%s: %v, %v", name, err, llmadaptertest.CheckError(err))
		}
	}
}
