package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	trace "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/bridge/telemetry/telemetrytest"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/supervision"
)

// start begins to show, and ends with the test.
func start(t *testing.T, c Config) *Telemetry {
	t.Helper()
	tel, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ends(t, tel) })
	return tel
}

func ends(t *testing.T, tel *Telemetry) {
	t.Helper()
	if err := tel.Close(); err != nil {
		t.Error(err)
	}
}

// get reads the page as host would.
func get(t *testing.T, at, path, host string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+at+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host, r.Close = host, true
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// model is what is known of the endpoint of the tests.
var models = map[string]Model{"model": {Name: "gpt-x", Provider: "openai", Label: "model gpt-x", Address: "api.example", Port: 443}, "person": {Label: llmadapter.Person}}

// whole is the end of a request with all that can be told of it.
func whole() llmadapter.Ended {
	return llmadapter.Ended{Service: "model", Asker: "agents/kate", Turn: 7, Index: 2, Outcome: "answered", Attempts: 3, Wait: 200 * time.Millisecond, Took: 2 * time.Second,
		Usage: llmadapter.Tokens{Input: 100, Output: 20}, Load: llmadapter.Load{Queued: 5, InFlight: 2, Limit: 4, Cooldown: time.Second, Rate: 2 * time.Second, Credits: 90, Breaker: llmadapter.BreakerHalfOpen},
		Model: "gpt-x-0613", ID: "chatcmpl-1", Finish: llmadapter.FinishStop, FirstToken: 300 * time.Millisecond, CostUSD: 0.25, Billed: 1, At: noon, Why: secret,
		Content: &llmadapter.Content{
			Request: llmadapter.Request{MaxTokens: 50, Messages: []llmadapter.Message{{Role: llmadapter.System, Text: secret}, {Role: llmadapter.User, Text: secret},
				{Role: llmadapter.Assistant, Calls: []llmadapter.Call{{Name: "harvest", Arguments: `{"tons":3}`}, {Name: "harvest", Arguments: "no JSON"}}}, {Role: llmadapter.Result, Text: secret}},
				Tools: []llmadapter.Tool{{Name: "harvest", Doc: secret, Schema: []byte(`{"type":"object"}`)}, {Name: "bad", Schema: []byte(`{`)}}},
			Reply: llmadapter.Reply{Text: secret, Finish: llmadapter.FinishStop},
		}}
}

// secret stands wherever content, or what may be content, is.
const secret = "the fish are in the bay"

// spansOf gives what was sent of a kind of span.
func spansOf(c *telemetrytest.Collector, name string) (all []*trace.Span) {
	for _, s := range c.Spans() {
		if strings.HasPrefix(s.Name, name) {
			all = append(all, s)
		}
	}
	return all
}

// "span `chat {model}`, kind client, with start/end times from the event, attributes gen_ai.… "
func TestSpans(t *testing.T) {
	c := telemetrytest.NewCollector(t)
	tel := start(t, Config{Export: c.URL + "/", Models: models, Run: map[string]string{"polis.scenario": "commons"}, Clock: func() time.Time { return noon.Add(time.Hour) }})
	run := tel.Run(map[string]string{"polis.seed": "7"})
	run.Observe(whole())
	failed := whole()
	failed.Outcome, failed.Kind, failed.Model, failed.Finish, failed.At = "failed", llmadapter.Overloaded, "", "", time.Time{}
	failed.ID = "a\nb\u202e\xff" + strings.Repeat("c", 500)
	run.Observe(failed)
	run.Observe(environment.RoundEnded{Round: 1})
	cancelled := llmadapter.Ended{Service: "nobody's", Asker: "ann", Outcome: "cancelled", Attempts: 1, Took: time.Second, At: noon}
	run.Observe(cancelled)
	run.Observe(llmadapter.Ended{Service: "model", Outcome: "rejected", Reason: llmadapter.QueueFull, At: noon})
	run.Observe(llmadapter.Ended{Service: "model", Outcome: "answered", Shared: true, At: noon})
	run.Observe(llmadapter.Ended{Service: "person", Outcome: "answered", Attempts: 1, At: noon})
	run.End()
	run.Observe(whole()) // it is over
	ends(t, tel)

	spans := spansOf(c, "chat")
	if len(spans) != 3 || spans[0].Name != "chat gpt-x" || spans[2].Name != "chat" {
		t.Fatalf("spans are %v", spans)
	}
	s := spans[0]
	if s.Kind != trace.Span_SPAN_KIND_CLIENT || s.StartTimeUnixNano != uint64(noon.Add(-2*time.Second).UnixNano()) || s.EndTimeUnixNano != uint64(noon.UnixNano()) || s.Status.GetCode() != trace.Status_STATUS_CODE_UNSET {
		t.Errorf("the span is %v", s)
	}
	same(t, telemetrytest.Attributes(s.Attributes), map[string]any{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-x", "gen_ai.response.model": "gpt-x-0613", "gen_ai.response.id": "chatcmpl-1",
		"gen_ai.response.finish_reasons": []string{"stop"}, "gen_ai.usage.input_tokens": int64(100), "gen_ai.usage.output_tokens": int64(20), "gen_ai.request.stream": true,
		"gen_ai.response.time_to_first_chunk": 0.3, "server.address": "api.example", "server.port": int64(443), "gen_ai.agent.name": "kate", "polis.model.service": "model",
		"polis.model.label": "model gpt-x", "polis.model.outcome": "answered", "polis.turn": int64(7), "polis.ask": int64(2), "polis.model.attempts": int64(3),
		"polis.model.possibly_billed": int64(1), "polis.model.wait": 0.2, "polis.model.cost": 0.25, "polis.seed": "7",
	})
	if s := spans[1]; s.Status.GetCode() != trace.Status_STATUS_CODE_ERROR || telemetrytest.Attributes(s.Attributes)["error.type"] != "overloaded" ||
		s.EndTimeUnixNano != uint64(noon.Add(time.Hour).UnixNano()) {
		t.Errorf("of a failed request: %v", s)
	}
	if id, _ := telemetrytest.Attributes(spans[1].Attributes)["gen_ai.response.id"].(string); !strings.HasPrefix(id, "a b \uFFFDcc") || len(id) > 210 {
		t.Errorf("what a server says is kept as %q", id)
	}
	if a := telemetrytest.Attributes(spans[2].Attributes); a["error.type"] != "cancelled" || a["gen_ai.provider.name"] != "unknown" || a["polis.model.label"] != "model" || a["gen_ai.request.model"] != nil {
		t.Errorf("of a cancelled request: %v", a)
	}
	rounds := spansOf(c, "polis.round")
	if len(rounds) != 2 || telemetrytest.Attributes(rounds[0].Attributes)["polis.round"] != int64(1) || telemetrytest.Attributes(rounds[1].Attributes)["polis.round"] != int64(2) {
		t.Fatalf("rounds are %v", rounds)
	}
	for i, of := range []int{0, 0, 1} {
		if string(spans[i].TraceId) != string(rounds[of].TraceId) || string(spans[i].ParentSpanId) != string(rounds[of].SpanId) {
			t.Errorf("span %d is not in round %d", i, of+1)
		}
	}
	if string(rounds[0].TraceId) == string(rounds[1].TraceId) {
		t.Error("two rounds are one trace")
	}
	about := c.About()
	if about["service.name"] != "polis" || about["polis.scenario"] != "commons" || about["service.instance.id"] == "" {
		t.Errorf("said of all: %v", about)
	}
	for _, s := range c.Spans() {
		if strings.Contains(s.String(), secret) {
			t.Errorf("content in %v", s)
		}
	}
}

func same(t *testing.T, got, want map[string]any) {
	t.Helper()
	for k := range want {
		if fmt.Sprint(got[k]) != fmt.Sprint(want[k]) {
			t.Errorf("%s is %v, want %v", k, got[k], want[k])
		}
	}
	for k := range got {
		if want[k] == nil {
			t.Errorf("%s is %v, and was not expected", k, got[k])
		}
	}
}

// "Content only when asked …, off by default and tested to be off": here it is asked for.
func TestContent(t *testing.T) {
	c := telemetrytest.NewCollector(t)
	tel := start(t, Config{Export: c.URL, Models: models, Content: true})
	run := tel.Run(nil)
	e := whole()
	e.Outcome, e.Kind = "failed", llmadapter.Malformed
	run.Observe(e)
	long := whole()
	long.Content = &llmadapter.Content{Request: llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: strings.Repeat("ü", mostContent) + "end"}, {Role: llmadapter.User, Text: "\xff"}}}}
	run.Observe(long)
	none := whole()
	none.Content = nil
	run.Observe(none)
	run.End()
	ends(t, tel)
	spans := spansOf(c, "chat")
	if len(spans) != 3 {
		t.Fatalf("spans are %v", spans)
	}
	a := telemetrytest.Attributes(spans[0].Attributes)
	for key, want := range map[string]string{
		"gen_ai.system_instructions": `[{"type":"text","content":"the fish are in the bay"}]`,
		"gen_ai.input.messages": `[{"role":"user","parts":[{"type":"text","content":"the fish are in the bay"}]},` +
			`{"role":"assistant","parts":[{"type":"tool_call","name":"harvest","arguments":{"tons":3}},{"type":"tool_call","name":"harvest","arguments":"no JSON"}]},` +
			`{"role":"tool","parts":[{"type":"tool_call_response","response":"the fish are in the bay"}]}]`,
		"gen_ai.output.messages":  `[{"role":"assistant","parts":[{"type":"text","content":"the fish are in the bay"}],"finish_reason":"stop"}]`,
		"gen_ai.tool.definitions": `[{"type":"function","name":"harvest","description":"the fish are in the bay","parameters":{"type":"object"}},{"type":"function","name":"bad"}]`,
	} {
		if a[key] != want {
			t.Errorf("%s is %v,\nwant %s", key, a[key], want)
		}
	}
	if a["gen_ai.request.max_tokens"] != int64(50) || spans[0].Status.GetMessage() != secret {
		t.Errorf("it says %v, %v", a["gen_ai.request.max_tokens"], spans[0].Status)
	}
	text, _ := telemetrytest.Attributes(spans[1].Attributes)["gen_ai.input.messages"].(string)
	if len(text) > mostContent+200 || strings.Contains(text, "end") || !strings.Contains(text, "…") || !strings.Contains(text, "\uFFFD") {
		t.Errorf("a long text has %d bytes", len(text))
	}
	if a := telemetrytest.Attributes(spans[2].Attributes); a["gen_ai.input.messages"] != nil {
		t.Errorf("content from nowhere: %v", a)
	}
}

// "histograms gen_ai.client.operation.duration, gen_ai.client.token.usage, time_to_first_chunk; own prefix polis.model.* for queue
// depth, wait, in flight, limit, rejections by reason, credits, cost, breaker state, retries": one set for both readers.
func TestMetrics(t *testing.T) {
	c := telemetrytest.NewCollector(t)
	tel := start(t, Config{Export: c.URL, Metrics: ":0", Models: models})
	run := tel.Run(nil)
	run.Observe(whole())
	for _, e := range []llmadapter.Ended{
		{Service: "model", Outcome: "rejected", Reason: llmadapter.QueueFull, Wait: time.Millisecond, Load: whole().Load},
		{Service: "model", Outcome: "failed", Kind: llmadapter.Stalled, Attempts: 1, Took: time.Second, Load: whole().Load},
		{Service: "model", Outcome: "answered", Shared: true, Load: whole().Load},
		{Service: "person", Outcome: "answered", Attempts: 1, Took: time.Hour},
	} {
		run.Observe(e)
	}
	run.Observe(environment.RoundEnded{Round: 1})
	run.Observe(actors.Said{Message: &protocol.Message{}})
	run.Observe(actors.Marked{Mark: actors.Fallback, Why: secret})
	run.Observe(environment.Missed{})
	run.Observe(polis.Abandoned{})
	run.Observe(polis.Failed{Decision: supervision.Restart{Failure: &supervision.Failure{Err: errors.New(secret)}}})
	_, text := get(t, tel.Address(), "/metrics", tel.Address())
	const conventions = `gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-x",`
	const rest = `polis_model_label="model gpt-x",polis_model_service="model",server_address="api.example",server_port="443"`
	const own = `{polis_model_label="model gpt-x",polis_model_service="model"}`
	for _, line := range []string{
		`gen_ai_client_operation_duration_seconds_sum{` + conventions + `gen_ai_response_model="gpt-x-0613",` + rest + `} 2`,
		`gen_ai_client_operation_duration_seconds_sum{error_type="stalled",` + conventions + rest + `} 1`,
		`gen_ai_client_operation_duration_seconds_bucket{` + conventions + `gen_ai_response_model="gpt-x-0613",` + rest + `,le="2.56"} 1`,
		`gen_ai_client_operation_time_to_first_chunk_seconds_sum{` + conventions + `gen_ai_response_model="gpt-x-0613",` + rest + `} 0.3`,
		`gen_ai_client_token_usage_sum{` + conventions + `gen_ai_response_model="gpt-x-0613",gen_ai_token_type="input",` + rest + `} 100`,
		`gen_ai_client_token_usage_sum{` + conventions + `gen_ai_response_model="gpt-x-0613",gen_ai_token_type="output",` + rest + `} 20`,
		`polis_model_requests_total{polis_model_label="model gpt-x",polis_model_outcome="answered",polis_model_service="model"} 2`,
		`polis_model_rejections_total{polis_model_label="model gpt-x",polis_model_reason="queue-full",polis_model_service="model"} 1`,
		`polis_model_attempts_total` + own + ` 4`, `polis_model_retries_total` + own + ` 2`, `polis_model_possibly_billed_total` + own + ` 1`, `polis_model_shared_total` + own + ` 1`,
		`polis_model_cost_total` + own + ` 0.25`, `polis_model_wait_seconds_count{polis_model_label="model gpt-x",polis_model_outcome="rejected",polis_model_service="model"} 1`,
		`polis_model_queue_depth{polis_model_service="model"} 5`, `polis_model_in_flight{polis_model_service="model"} 2`, `polis_model_limit{polis_model_service="model"} 4`,
		`polis_model_credits{polis_model_service="model"} 90`, `polis_model_cooldown_seconds{polis_model_service="model"} 1`, `polis_model_rate_wait_seconds{polis_model_service="model"} 2`,
		`polis_model_breaker{polis_model_service="model",polis_model_state="half-open"} 1`, `polis_model_breaker{polis_model_service="model",polis_model_state="closed"} 0`,
		`polis_rounds_total 1`, `polis_messages_total 1`, `polis_marks_total{polis_mark="fallback"} 1`, `polis_missed_total 1`, `polis_abandoned_total 1`, `polis_failures_total{polis_decision="restart"} 1`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("the page lacks %s", line)
		}
	}
	if strings.Contains(text, `gen_ai_provider_name="unknown"`) {
		t.Error("a person is taken for a model")
	}
	if strings.Contains(text, secret) || strings.Contains(text, "kate") {
		t.Error("the page has content, or an agent's name")
	}
	run.End()
	ends(t, tel)
	for _, name := range []string{"gen_ai.client.operation.duration", "gen_ai.client.token.usage", "gen_ai.client.operation.time_to_first_chunk", "polis.model.requests", "polis.rounds"} {
		if c.Metric(name) == nil {
			t.Errorf("the collector lacks %s", name)
		}
	}
	if m := c.Metric("gen_ai.client.token.usage"); m.GetUnit() != "{token}" || len(m.GetHistogram().GetDataPoints()[0].ExplicitBounds) != 14 {
		t.Errorf("tokens are %v", m)
	}
	if t.Failed() {
		t.Log(text)
	}
}

// busy is a society of which only the loads are known.
type busy map[string]llmadapter.Load

func (b busy) Loads() map[string]llmadapter.Load { return b }

// Who looks sees how busy adapters are now, of all runs that live together.
func TestLoadsAreThoseOfNow(t *testing.T) {
	tel := start(t, Config{Metrics: "127.0.0.1:0"})
	c, a, b := tel.Run(nil), tel.Run(nil), tel.Run(nil)
	c.Watch(busy{"model": {Breaker: llmadapter.BreakerClosed}})
	a.Observe(whole())
	a.Watch(busy{"model": {Queued: 1, Limit: 4, Breaker: llmadapter.BreakerOpen}})
	b.Watch(busy{"model": {Queued: 2, Limit: 4, Breaker: llmadapter.BreakerClosed}, "other": {Queued: 9}})
	_, text := get(t, tel.Address(), "/metrics", "localhost")
	for _, line := range []string{`polis_model_queue_depth{polis_model_service="model"} 3`, `polis_model_limit{polis_model_service="model"} 8`,
		`polis_model_queue_depth{polis_model_service="other"} 9`, `polis_model_breaker{polis_model_service="model",polis_model_state="open"} 1`} {
		if !strings.Contains(text, line) {
			t.Errorf("the page lacks %s", line)
		}
	}
	a.End()
	b.End()
	c.End()
	if _, text := get(t, tel.Address(), "/metrics", "localhost"); strings.Contains(text, "polis_model_queue_depth{") {
		t.Error("a run that is over is busy")
	}
}

// "bounded attribute cardinality (agent name as attribute of spans only, never of metrics)"
func TestAServerMayNameItselfAsItLikes(t *testing.T) {
	tel := start(t, Config{Metrics: ":0", Models: models})
	run := tel.Run(nil)
	for i := range 1000 {
		e := whole()
		e.Model, e.Asker = fmt.Sprintf("model-%d\n\xff%s", i, strings.Repeat("x", 1000)), fmt.Sprint("agents/a", i)
		run.Observe(e)
	}
	_, text := get(t, tel.Address(), "/metrics", "[::1]:9")
	if n := strings.Count(text, "gen_ai_client_operation_duration_seconds_count{"); n != mostModels+1 {
		t.Errorf("%d models are told apart, want %d and the others", n, mostModels)
	}
	if !strings.Contains(text, `gen_ai_response_model="_OTHER"`) || len(text) > 500_000 {
		t.Errorf("the page has %d bytes", len(text))
	}
}

// A page on loopback is not to be read by a page of the web whose name points here.
func TestPage(t *testing.T) {
	tel := start(t, Config{Metrics: ":0"})
	host, _, err := net.SplitHostPort(tel.Address())
	if err != nil || host != "127.0.0.1" {
		t.Fatalf("it is served at %q", tel.Address())
	}
	for _, c := range []struct {
		path, host string
		want       int
	}{{"/metrics", "evil.example", 403}, {"/metrics", "evil.example:80", 403}, {"/metrics", "localhost:99", 200}, {"/metrics", "127.0.0.1", 200}, {"/", "localhost", 404}, {"/debug/pprof/", "localhost", 404}} {
		if got, _ := get(t, tel.Address(), c.path, c.host); got != c.want {
			t.Errorf("%s of %s: %d, want %d", c.path, c.host, got, c.want)
		}
	}
	if _, err := Start(t.Context(), Config{Metrics: tel.Address()}); err == nil || !strings.Contains(err.Error(), "nothing can be served at "+tel.Address()) {
		t.Errorf("two at one address: %v", err)
	}
	ends(t, tel)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", tel.Address())
	if err == nil {
		_ = conn.Close()
		t.Error("it is still there after the end")
	}
}

func TestCheck(t *testing.T) {
	for text, want := range map[string]string{":9464": "127.0.0.1:9464", "0.0.0.0:0": "0.0.0.0:0", "[::1]:80": "[::1]:80", "host:080": "host:80"} {
		if got, err := Address(text); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "9464", "host", "host:", "host:x", "host:-1", "host:65536", "http://host:80", "a b:80", "u@h:80"} {
		if at, err := Address(text); err == nil || !strings.Contains(err.Error(), "accepted is") {
			t.Errorf("%q is taken as %s, %v", text, at, err)
		}
	}
	for _, text := range []string{"http://127.0.0.1:4318", "https://collector.example/otlp"} {
		if err := CheckExport(text); err != nil {
			t.Error(err)
		}
	}
	for _, text := range []string{"127.0.0.1:4318", "grpc://host", "http://", "http://user:hunter2@host", "http://host?key=hunter2", "http://host#hunter2", "http://%zz"} {
		if err := CheckExport(text); err == nil || !strings.Contains(err.Error(), "accepted is") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
		if _, err := Start(t.Context(), Config{Export: text, Metrics: ":0"}); err == nil {
			t.Errorf("%q is started", text)
		}
	}
	if _, err := Start(t.Context(), Config{Interval: -1}); err == nil {
		t.Error("a negative interval is taken")
	}
}

func TestEndpoint(t *testing.T) {
	c := &llmadapter.Config{Name: "m", Provider: "p", Label: "l"}
	for address, want := range map[string]Model{
		"": {"m", "p", "l", "", 0}, "http://host/v1": {"m", "p", "l", "host", 80}, "https://host": {"m", "p", "l", "host", 443},
		"http://[::1]:11434/v1": {"m", "p", "l", "::1", 11434}, "%": {"m", "p", "l", "", 0},
	} {
		if got := Endpoint(c, address); got != want {
			t.Errorf("%s: %+v", address, got)
		}
	}
}

// "a dead collector must not slow the run nor fail it (one warning)": one that refuses, and one that takes and never answers.
func TestADeadCollector(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for name, url := range map[string]string{"refuses": "http://127.0.0.1:1", "never answers": "http://" + listener.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			warned := make(chan error, 100)
			tel := start(t, Config{Export: url, Interval: 50 * time.Millisecond, Patience: 200 * time.Millisecond, Warn: func(err error) { warned <- err }})
			run := tel.Run(nil)
			began := time.Now()
			for range 2 * mostSpans {
				run.Observe(whole())
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("%d events took %v", 2*mostSpans, took)
			}
			run.End()
			began = time.Now()
			ends(t, tel)
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("the end took %v", took)
			}
			if err := <-warned; !strings.Contains(err.Error(), url) || len(warned) != 0 {
				t.Errorf("warned: %v and %d more", err, len(warned))
			}
		})
	}
}

// A key in the headers goes to the collector that was named, and nowhere else.
func TestKeysStayWhereTheyAreMeantFor(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2")
	t.Setenv("OTEL_SERVICE_NAME", "lake")
	elsewhere := telemetrytest.NewCollector(t)
	c := telemetrytest.NewCollector(t)
	tel := start(t, Config{Export: c.URL})
	tel.Run(nil).End()
	ends(t, tel)
	if c.Head().Get("api-key") != "hunter2" || c.About()["service.name"] != "lake" {
		t.Errorf("the head is %v, of %v", c.Head(), c.About())
	}
	warned := make(chan error, 1)
	moved := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
	})
	tel = start(t, Config{Export: moved, Warn: func(err error) { warned <- err }})
	run := tel.Run(nil)
	run.Observe(whole())
	run.End()
	ends(t, tel)
	if err := <-warned; elsewhere.Head() != nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("it was followed: %v, %v", elsewhere.Head(), err)
	}
}

// The names of the conventions change: they stand in one file.
func TestNamesStandInOneFile(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "names.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, prefix := range []string{`"gen_ai.`, `"polis.`, `"server.`, `"error.`} {
			if strings.Contains(string(text), prefix) {
				t.Errorf("%s has a name that begins with %s", name, prefix)
			}
		}
	}
}

func serveFunc(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(listener) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return "http://" + listener.Addr().String()
}
