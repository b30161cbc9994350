package anthropic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

func TestClientKeepsTheContract(t *testing.T) {
	answers := func(s llmadaptertest.Seen) llmadaptertest.Answer {
		var r struct {
			Tools  []any
			Output *struct{} `json:"output_config"`
		}
		_ = json.Unmarshal(s.Body, &r)
		harvest := llmadapter.Call{Name: "harvest", Arguments: `{"tons":4}`}
		switch {
		case len(r.Tools) > 0:
			return called(harvest)
		case r.Output != nil || strings.Contains(string(s.Body), "```tools"):
			return text(`{"calls":[{"name":"harvest","arguments":` + harvest.Arguments + `}]}`)
		}
		return text("I am a fisher, naïve and 🐟.")
	}
	at := func(url func(t *testing.T) string) func(t *testing.T) llmadapter.Model {
		return func(t *testing.T) llmadapter.Model { return client(t, Config{BaseURL: url(t), Key: key}) }
	}
	llmadaptertest.Check(t, llmadaptertest.Maker{
		Model: at(func(t *testing.T) string { return llmadaptertest.NewServer(t, answers).URL() }),
		Forms: llmadapter.Forms,
		Silent: at(func(t *testing.T) string {
			return llmadaptertest.NewServer(t, llmadaptertest.Always(llmadaptertest.Hang())).URL()
		}),
		Gone: at(func(t *testing.T) string { return llmadaptertest.Nobody(t) }),
	})
}

func TestAnswers(t *testing.T) {
	two := call("harvest", `{"tons":3,"why":"ein Ärgernis"}`, "say", "{}")
	used := llmadapter.Tokens{Input: 12, Output: 3}
	named := llmadaptertest.Answer(func(x *llmadaptertest.Exchange) { // as the provider sends it: every event has its name
		x.Raw("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n")
		for _, e := range []string{opening, ping, starts(0), says(0, "hi"), ends(0), stopped("end_turn"), last} {
			name := strings.Split(e, `"`)[3]
			x.Raw("event: " + name + "\ndata: " + e + "\n\n")
		}
		x.Close()
	})
	for name, test := range map[string]struct {
		answer llmadaptertest.Answer
		want   llmadapter.Reply
	}{
		"text":                {text("héllo, wörld"), llmadapter.Reply{Text: "héllo, wörld", Finish: "stop", Usage: used}},
		"named events":        {named, llmadapter.Reply{Text: "hi", Finish: "stop", Usage: used}},
		"calls":               {called(two...), llmadapter.Reply{Calls: two, Finish: "tool_calls", Usage: used}},
		"whole":               {whole(`{"type":"thinking","thinking":"hm","signature":"Eq"},{"type":"text","text":"hello"},{"type":"tool_use","id":"x","name":"say","input":{"a": 1}}`, "tool_use"), llmadapter.Reply{Text: "hello", Calls: call("say", `{"a": 1}`), Finish: "tool_calls", Usage: used}},
		"whole, untyped":      {llmadaptertest.Status(200, `{"id":"r1","model":"sim-test","stop_reason":"end_turn"}`), llmadapter.Reply{Finish: "stop"}},
		"whole, cut":          {whole(`{"type":"text","text":"hel"}`, "max_tokens"), llmadapter.Reply{Text: "hel", Finish: "length", Usage: used}},
		"whole, empty":        {whole(``, "end_turn"), llmadapter.Reply{Finish: "stop", Usage: used}},
		"refusal":             {llmadaptertest.Stream(opening, stopped("refusal"), last), llmadapter.Reply{Finish: "content_filter", Usage: used}},
		"no end mark":         {llmadaptertest.Stream(opening, starts(0), says(0, "hi"), stopped("end_turn")), llmadapter.Reply{Text: "hi", Finish: "stop", Usage: used}},
		"no reason":           {llmadaptertest.Stream(opening, starts(0), says(0, "hi"), ends(0), last), llmadapter.Reply{Text: "hi", Finish: "stop", Usage: llmadapter.Tokens{Input: 12, Output: 1}}},
		"cut after the end":   {llmadaptertest.Dropped(opening, starts(0), says(0, "hi"), stopped("end_turn")), llmadapter.Reply{Text: "hi", Finish: "stop", Usage: used}},
		"error after the end": {llmadaptertest.Dropped(opening, starts(0), says(0, "hi"), stopped("end_turn"), failure("x", "y")), llmadapter.Reply{Text: "hi", Finish: "stop", Usage: used}},
		"more after the mark": {llmadaptertest.Stream(opening, starts(0), says(0, "hi"), stopped("end_turn"), last, says(0, "no")), llmadapter.Reply{Text: "hi", Finish: "stop", Usage: used}},
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
			if first := got.FirstToken > 0; first == strings.HasPrefix(name, "whole") {
				t.Errorf("the first piece after %v", got.FirstToken)
			}
			got.ID, got.Model, got.FirstToken = "", "", 0
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// Reference, error classes; P15: stalls, also under pings, cut streams and long lines are typed errors.
func TestFaults(t *testing.T) {
	half := []string{opening, starts(0), says(0, "hel")}
	type want struct {
		kind   llmadapter.Kind
		status int
		text   string // a part of it
	}
	inBand := func(kind string) llmadaptertest.Answer {
		return llmadaptertest.Stream(append(half, failure(kind, "oh dear"))...)
	}
	status := func(n int, kind string) llmadaptertest.Answer {
		return llmadaptertest.Status(n, failure(kind, "oh dear"))
	}
	for name, test := range map[string]struct {
		answer llmadaptertest.Answer
		want   want
	}{
		"cut":             {llmadaptertest.Cut(half...), want{llmadapter.Truncated, 200, "without a stop_reason"}},
		"cut, block over": {llmadaptertest.Cut(append(half, ends(0))...), want{llmadapter.Truncated, 200, "without a stop_reason"}},
		"nothing":         {llmadaptertest.Cut(), want{llmadapter.Truncated, 200, "without a stop_reason"}},
		"dropped":         {llmadaptertest.Dropped(half...), want{llmadapter.Truncated, 200, "broke off"}},
		"reset":           {llmadaptertest.ResetAfter(half...), want{llmadapter.Truncated, 200, "broke off"}},
		"stall":           {llmadaptertest.Stalled(half...), want{llmadapter.Stalled, 200, "nothing of an answer came for 300ms"}},
		"stall at once":   {llmadaptertest.Stalled(opening, ping, starts(0)), want{llmadapter.Stalled, 200, "nothing of an answer came for 1s"}},
		"keep-alive":      {llmadaptertest.KeptAlive(2*time.Millisecond, half...), want{llmadapter.Stalled, 200, "nothing of an answer came for 300ms"}},
		"pings": {func(x *llmadaptertest.Exchange) {
			llmadaptertest.KeptAlive(0, append(half, slices.Repeat([]string{ping}, 99)...)...)(x)
		}, want{llmadapter.Stalled, 200, "nothing of an answer came for 300ms"}},
		"hang":                  {llmadaptertest.Hang(), want{llmadapter.Stalled, 0, "nothing of an answer came for 1s"}},
		"hang up":               {llmadaptertest.HangUp(), want{llmadapter.Broken, 0, "broke: EOF"}},
		"reset at once":         {llmadaptertest.ResetAtOnce(), want{llmadapter.Broken, 0, "broke"}},
		"in-band overload":      {inBand("overloaded_error"), want{llmadapter.Overloaded, 200, "oh dear (request req_7)"}},
		"in-band limit":         {inBand("rate_limit_error"), want{llmadapter.RateLimited, 200, "oh dear"}},
		"in-band api_error":     {inBand("api_error"), want{llmadapter.Transient, 200, "oh dear"}},
		"in-band timeout":       {inBand("timeout_error"), want{llmadapter.Transient, 200, "oh dear"}},
		"in-band bad key":       {inBand("authentication_error"), want{llmadapter.Unauthorised, 200, "oh dear"}},
		"in-band no money":      {inBand("billing_error"), want{llmadapter.Unauthorised, 200, "oh dear"}},
		"in-band not ours":      {inBand("permission_error"), want{llmadapter.Unauthorised, 200, "oh dear"}},
		"in-band bad":           {inBand("invalid_request_error"), want{llmadapter.Invalid, 200, "oh dear"}},
		"in-band not there":     {inBand("not_found_error"), want{llmadapter.Invalid, 200, "oh dear"}},
		"in-band too large":     {inBand("request_too_large"), want{llmadapter.Invalid, 200, "oh dear"}},
		"in-band new":           {inBand("new_error"), want{llmadapter.Transient, 200, "oh dear"}},
		"in-band filter":        {llmadaptertest.Stream(opening, failure("invalid_request_error", "Output blocked by content filtering policy")), want{llmadapter.Refused, 200, "content filtering"}},
		"null for an error":     {llmadaptertest.Status(500, `{"type":"error","error":null,"message":"oh dear"}`), want{llmadapter.Transient, 500, "oh dear"}},
		"500, filtered":         {llmadaptertest.Status(500, failure("api_error", "content filtering policy")), want{llmadapter.Transient, 500, "filtering"}},
		"in-band, nothing more": {llmadaptertest.Stream(opening, `{"type":"error"}`), want{llmadapter.Transient, 200, "an error without a word"}},
		"whole, begun":          {llmadaptertest.Status(200, `{"type":"message"}`), want{llmadapter.Truncated, 200, "without a stop_reason"}},
		"in-band words":         {llmadaptertest.Stream(`{"error":"out of memory"}`), want{llmadapter.Transient, 200, "out of memory"}},
		"of another form":       {llmadaptertest.Text("hi"), want{llmadapter.Malformed, 200, "no JSON"}},
		"no block":              {llmadaptertest.Stream(opening, says(3, "x")), want{llmadapter.Malformed, 200, "no block that has begun"}},
		"many blocks": {llmadaptertest.Stream(slices.Repeat([]string{starts(0)}, maxBlocks+1)...),
			want{llmadapter.Malformed, 200, "more than 128 blocks"}},
		"an endless answer": {llmadaptertest.Stream(slices.Insert(slices.Repeat([]string{says(0, strings.Repeat("x", 1<<16))}, 17), 0, starts(0))...),
			want{llmadapter.Malformed, 200, "larger than 1048576 bytes"}},
		"line of 40 MiB": {llmadaptertest.LongLine(40 << 20), want{llmadapter.Malformed, 200, "longer than 1048576 bytes"}},
		"no JSON":        {llmadaptertest.Stream("{oh no"), want{llmadapter.Malformed, 200, "no JSON"}},
		"half a piece": {func(x *llmadaptertest.Exchange) {
			x.Raw("HTTP/1.0 200 OK\r\n\r\ndata: {\"type\":\"content_blo")
			x.Close()
		}, want{llmadapter.Truncated, 200, "without a stop_reason"}},
		"page":              {llmadaptertest.HTML(200), want{llmadapter.Malformed, 200, `200 with text/html; charset=utf-8, which is no answer of a model: "<html><head><title>A gateway`}},
		"page of a gateway": {llmadaptertest.HTML(502), want{llmadapter.Transient, 502, `502 with text/html`}},
		"another JSON":      {llmadaptertest.Status(200, `{"hello":1}`), want{llmadapter.Malformed, 200, `{\"hello\":1}`}},
		"a broken JSON":     {llmadaptertest.Status(200, `{"content":`), want{llmadapter.Malformed, 200, `application/json`}},
		"an error with 200": {llmadaptertest.Status(200, failure("overloaded_error", "too much")), want{llmadapter.Overloaded, 200, "too much (request req_7)"}},
		"whole, unfinished": {llmadaptertest.Status(200, `{"type":"message","content":[{"type":"text","text":"hel"}],"stop_reason":null}`), want{llmadapter.Truncated, 200, "without a stop_reason"}},
		"whole, too large":  {whole(`{"type":"text","text":"`+strings.Repeat("x", 1<<20)+`"}`, "end_turn"), want{llmadapter.Malformed, 200, "larger than 1048576 bytes"}},
		"whole, many":       {whole(strings.Repeat(`{},`, maxBlocks)+`{}`, "end_turn"), want{llmadapter.Malformed, 200, "more than 128 blocks"}},
		"redirect":          {llmadaptertest.Redirect("https://elsewhere.example/v1"), want{llmadapter.Invalid, 307, "redirects to elsewhere.example, and"}},
		"400":               {status(400, "invalid_request_error"), want{llmadapter.Invalid, 400, "oh dear (request req_7)"}},
		"400, no money": {llmadaptertest.Status(400, failure("invalid_request_error", "Your credit balance is too low to access the API.")),
			want{llmadapter.Unauthorised, 400, "credit balance"}},
		"400, no more money": {llmadaptertest.Status(400, failure("invalid_request_error", "You have reached your specified API usage limits. You will regain access on 2026-12-01.")),
			want{llmadapter.Unauthorised, 400, "usage limits"}},
		"400, filtered":           {llmadaptertest.Status(400, failure("invalid_request_error", "Output blocked by content filtering policy")), want{llmadapter.Refused, 400, "filtering"}},
		"401":                     {llmadaptertest.Status(401, failure("authentication_error", "invalid x-api-key "+key+".")), want{llmadapter.Unauthorised, 401, "x-api-key [key]."}},
		"402":                     {status(402, "billing_error"), want{llmadapter.Unauthorised, 402, "oh dear"}},
		"403":                     {status(403, "permission_error"), want{llmadapter.Unauthorised, 403, "oh dear"}},
		"404":                     {status(404, "not_found_error"), want{llmadapter.Invalid, 404, "oh dear"}},
		"413":                     {status(413, "request_too_large"), want{llmadapter.Invalid, 413, "oh dear"}},
		"422":                     {llmadaptertest.Status(422, `{"detail":[{"loc":["body"],"msg":"bad"}]}`), want{llmadapter.Invalid, 422, `"msg":"bad"`}},
		"429":                     {status(429, "rate_limit_error"), want{llmadapter.RateLimited, 429, "oh dear"}},
		"500":                     {status(500, "api_error"), want{llmadapter.Transient, 500, "oh dear"}},
		"503":                     {llmadaptertest.Status(503, `{"error":"loading"}`), want{llmadapter.Overloaded, 503, "loading"}},
		"504":                     {status(504, "timeout_error"), want{llmadapter.Transient, 504, "oh dear"}},
		"529":                     {status(529, "overloaded_error"), want{llmadapter.Overloaded, 529, "oh dear"}},
		"a status and no word":    {llmadaptertest.Status(500, `{"type":"error"}`), want{llmadapter.Transient, 500, "an error without a word"}},
		"a word and no message":   {llmadaptertest.Status(500, failure("api_error", "\n")), want{llmadapter.Transient, 500, "api_error"}},
		"a status without a body": {llmadaptertest.Status(529, ""), want{llmadapter.Overloaded, 529, "nothing else"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmadaptertest.NewServer(t, llmadaptertest.Always(test.answer))
			cfg := Config{BaseURL: s.URL(), Key: key}
			if test.want.kind == llmadapter.Stalled { // others wait for no patience to end
				cfg.FirstToken, cfg.Idle = time.Second, 300*time.Millisecond
			}
			e := fails(t.Context(), t, client(t, cfg))
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
	c, _ := of(t, llmadaptertest.Cut(opening, starts(0), says(0, "x")))
	if e := fails(t.Context(), t, c); e.Usage != (llmadapter.Tokens{Input: 12, Output: 1}) {
		t.Errorf("got %+v", e)
	}
}

func TestTheIDOfARequestIsNeverCutOff(t *testing.T) {
	for id, want := range map[string]string{
		"req_7": "request req_7: xxx", "req 7": "xxx", strings.Repeat("r", 61): "xxx", "\x1b[31m": "xxx", key: "request [key]: xxx",
	} {
		c, _ := of(t, llmadaptertest.Status(500, `{"type":"error","error":{"message":"`+strings.Repeat("x", 500)+`"},"request_id":`+quote(id)+`}`))
		if e := fails(t.Context(), t, c); !strings.HasPrefix(e.Text, want) {
			t.Errorf("%q: %s", id, e.Text)
		}
	}
}

// "the socket is closed within 50 ms": here, that it is closed at all, which the server sees.
func TestCancelClosesTheSocket(t *testing.T) {
	for name, answer := range map[string]llmadaptertest.Answer{
		"before the head": llmadaptertest.Hang(), "in the stream": llmadaptertest.Stalled(opening, starts(0), says(0, "x")),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c, s := of(t, answer)
			go func() {
				<-s.Arrived()
				cancel()
			}()
			if e := fails(ctx, t, c); e.Kind != llmadapter.Cancelled || !errors.Is(e, context.Canceled) {
				t.Errorf("got %+v", e)
			}
			<-s.Gone()
		})
	}
}

func TestRequestsOnTheWire(t *testing.T) {
	s := llmadaptertest.NewServer(t, llmadaptertest.Always(text("ok.")))
	for _, k := range []string{"", key} {
		if _, err := client(t, Config{BaseURL: s.URL() + "/", Key: k}).Complete(t.Context(), llmadaptertest.Talk(0)); err != nil {
			t.Fatal(err)
		}
		got := <-s.Arrived()
		if got.Method != "POST" || got.Path != "/v1/messages" || got.Header.Get("Content-Type") != "application/json" || got.Header.Get("Anthropic-Version") != "2023-06-01" ||
			got.Header.Get("Content-Length") == "" || got.Header.Get("X-Api-Key") != k || got.Header.Values("Authorization") != nil || got.Header.Values("Accept-Encoding") != nil {
			t.Errorf("got %+v", got)
		}
		if strings.Contains(string(got.Body), "seed") || !json.Valid(got.Body) {
			t.Errorf("got %s", got.Body)
		}
	}
}

// P11, and the promise that a key goes nowhere else.
func TestARedirectGetsNothing(t *testing.T) {
	elsewhere := llmadaptertest.NewServer(t, nil)
	c, _ := of(t, llmadaptertest.Redirect(elsewhere.URL()))
	if e := fails(t.Context(), t, c); e.Kind != llmadapter.Invalid || elsewhere.Connections() != 0 {
		t.Errorf("%d connections: %+v", elsewhere.Connections(), e)
	}
}

func TestTheKeyIsTakenOutOfAnswers(t *testing.T) {
	c, _ := of(t, llmadaptertest.Stream(`{"type":"message_start","message":{"id":"`+key+`","model":"`+key+`"}}`, starts(0), says(0, "your key is "+key[:9]), says(0, key[9:]),
		calls(1, key), with(1, key), stopped("end_turn"), last))
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
		c, _ := of(t, llmadaptertest.Stream(opening, starts(0), `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"`+text+`"}}`, calls(1, "a"),
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"`+text+`"}}`, stopped("end_turn"), last))
		const want = `{"text":"a [key]\n"}`
		if got, err := c.Complete(t.Context(), llmadaptertest.Talk(1)); err != nil || got.Text != want || len(got.Calls) != 1 || got.Calls[0].Arguments != want {
			t.Errorf("%s: got %+v, %v", spelt, got, err)
		}
		c, _ = of(t, llmadaptertest.Status(401, `{"type":"error","error":{"type":"x","message":"`+text+`"}}`))
		if e := fails(t.Context(), t, c); !strings.Contains(e.Text, `a [key]\n`) {
			t.Errorf("%s: %v", spelt, e)
		}
	}
}

func TestModels(t *testing.T) {
	s := llmadaptertest.NewServer(t, func(seen llmadaptertest.Seen) llmadaptertest.Answer {
		if seen.Method != http.MethodGet || seen.Path != "/v1/models" || seen.Header.Get("X-Api-Key") != key || seen.Header.Get("Anthropic-Version") == "" {
			return llmadaptertest.Status(400, "")
		}
		return llmadaptertest.Status(200, `{"data":[{"type":"model","id":"sim-a"},{"id":"sim-b `+key+`"}],"has_more":false}`)
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

// The head says what is left of three limits, on answers and on errors.
func TestLimitsAreToldOfTheHead(t *testing.T) {
	const reset = "2126-11-05T12:00:00Z"
	var headers []string
	for _, of := range []string{"requests", "input-tokens", "output-tokens"} {
		headers = append(headers, "Anthropic-Ratelimit-"+of+"-Limit", fmt.Sprint(10*len(of)), "anthropic-ratelimit-"+of+"-remaining", fmt.Sprint(len(of)), "anthropic-ratelimit-"+of+"-reset", reset)
	}
	check := func(name string, got llmadapter.Rates) {
		for limit, a := range map[int]llmadapter.Allowance{80: got.Requests, 120: got.Input, 130: got.Output} {
			if a.Limit != limit || a.Remaining != limit/10 {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if got.Tokens.Known() {
			t.Errorf("%s: %+v", name, got)
		}
	}
	c, _ := of(t, llmadaptertest.Status(200, body("", "end_turn"), headers...))
	reply, err := c.Complete(t.Context(), llmadaptertest.Talk(1))
	if err != nil {
		t.Fatal(err)
	}
	check("answer", reply.Rates)
	c, _ = of(t, llmadaptertest.Status(429, failure("rate_limit_error", "slow down"), append(headers, "Retry-After", "7")...))
	e := fails(t.Context(), t, c)
	check("error", e.Rates)
	if e.RetryAfter != 7*time.Second {
		t.Errorf("come back in %v", e.RetryAfter)
	}
}

func TestAllModelsAreAskedForAtOnce(t *testing.T) {
	asked := ""
	c := client(t, Config{BaseURL: "http://127.0.0.1:1", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		asked = r.URL.String()
		return nil, errors.New("no")
	})})
	if _, err := c.Models(t.Context()); err == nil || asked != "http://127.0.0.1:1/models?limit=1000" {
		t.Errorf("%v: %s", err, asked)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestCloseLetsGoOfConnections(t *testing.T) {
	s := llmadaptertest.NewServer(t, llmadaptertest.Always(text("ok.")))
	c := client(t, Config{BaseURL: s.URL()})
	for want := 1; want <= 2; want++ {
		for range 2 {
			if _, err := c.Complete(t.Context(), llmadaptertest.Talk(1)); err != nil || s.Connections() != want {
				t.Errorf("%v, %d connections, not %d", err, s.Connections(), want)
			}
		}
		c.Close()
	}
}

func TestABaseURLWithoutPathIsPointedAt(t *testing.T) {
	s := llmadaptertest.NewServer(t, llmadaptertest.Always(llmadaptertest.Status(404, failure("not_found_error", "Not found"))))
	for url, want := range map[string]bool{strings.TrimSuffix(s.URL(), "/v1"): true, s.URL(): false} {
		if e := fails(t.Context(), t, client(t, Config{BaseURL: url})); strings.Contains(e.Text, "the base URL has no path, most end in /v1") != want {
			t.Errorf("%s: %v", url, e)
		}
	}
}
