package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	trace "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/polis-agents/polis/bridge/telemetry/telemetrytest"
	"github.com/polis-agents/polis/llmadapter/builtin"
)

func TestInstrumentFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	for flags, want := range map[string]string{
		"--metrics 9464":                           `--metrics: address "9464"; accepted is HOST:PORT, or :PORT for loopback alone`,
		"--metrics 203.0.113.1:1":                  "nothing can be served at 203.0.113.1:1",
		"--otel":                                   "OTEL_EXPORTER_OTLP_ENDPOINT is not set; accepted is either",
		"--otel=":                                  `accepted is a URL of OTLP over HTTP`,
		"--otel foo":                               `--otel "foo" is neither a URL of OTLP over HTTP, such as http://127.0.0.1:4318, nor a scenario: unknown scenario`,
		"commons --otel foo":                       "unexpected argument foo, and --otel takes a URL of OTLP over HTTP",
		"--otel ftp://x":                           `--otel: collector "ftp://x"; accepted is a URL of OTLP over HTTP`,
		"--otel=grpc://host:4317":                  `collector "grpc://host:4317"; accepted is a URL of OTLP over HTTP`,
		"--otel https://user:hunter2@host":         "with secrets in OTEL_EXPORTER_OTLP_HEADERS",
		"--otel-content":                           "--otel-content without --otel; accepted is both",
		"--otel commons --metrics x":               "--metrics: address",
		"--resume kept --metrics x":                "--metrics: address",
		"--resume kept --otel-content":             "--otel-content without --otel",
		"--mind model --otel http://h --metrics :": "--metrics: address",
	} {
		try(t, append([]string{"run"}, strings.Fields(flags)...)...).oneLine(t, exitUsage, want)
	}
	try(t, "fork", "kept", "--at", "1", "--otel-content").oneLine(t, exitUsage, "accepted is both")
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("a command that was refused has left %v, %v", left, err)
	}
	if got := try(t, "run", "--help").stdout; !strings.Contains(got, "--otel-content") || !strings.Contains(got, "--metrics=ADDR") {
		t.Errorf("help says %s", got)
	}
}

// "run --metrics ADDR serves Prometheus /metrics … port 0 prints the address … for the length of the run": somebody looks
// while a call is out.
func TestMetricsOfALiveRun(t *testing.T) {
	t.Chdir(t.TempDir())
	model, err := builtin.Start(t.Context(), builtin.Config{})
	must(t, err)
	defer model.Close()
	to, err := url.Parse(strings.TrimSuffix(model.URL(), "/v1"))
	must(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	asked, looked := make(chan struct{}, 100), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-looked
		proxy.ServeHTTP(w, r)
	}))
	defer server.Close()

	told, stderr := io.Pipe()
	var stdout bytes.Buffer
	p := newProcess(&stdout, stderr, "run", "commons", "--mind", "5*model:sustainable", "--model", "openai:sim-model@"+server.URL+"/v1", "--model-limit", "inflight=2",
		"--metrics", "127.0.0.1:0", "--rounds", "2", "--out", "none", "--quiet")
	var code int
	var ended sync.WaitGroup
	ended.Go(func() {
		code = p.run(t.Context())
		stderr.Close()
	})
	lines := bufio.NewScanner(told)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "metrics at http://127.0.0.1:") {
		t.Fatalf("it says %q", lines.Text())
	}
	at := strings.TrimPrefix(lines.Text(), "metrics at ")
	var rest strings.Builder
	ended.Go(func() {
		for lines.Scan() {
			fmt.Fprintln(&rest, lines.Text())
		}
	})
	<-asked
	<-asked
	status, text := fetched(t, at, "")
	close(looked)
	for _, line := range []string{`polis_model_in_flight{polis_model_service="model"} 2`, `polis_model_limit{polis_model_service="model"} 2`, "target_info{"} {
		if status != http.StatusOK || !strings.Contains(text, line) {
			t.Errorf("%d: the page lacks %s:\n%s", status, line, text)
		}
	}
	ended.Wait()
	if code != exitDone || rest.Len() > 0 {
		t.Errorf("exit %d, stderr %q", code, rest.String())
	}
	resp, err := http.Get(at) //nolint:noctx // nobody is there
	if err == nil {
		resp.Body.Close()
		t.Error("the page is there after the run")
	}
}

// traced runs what is typed, and gives the spans of calls.
func traced(t *testing.T, c *telemetrytest.Collector, env string, flags ...string) (calls []*trace.Span) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, &stderr, append([]string{"run", "commons", "--mind", "5*model:sustainable", "--rounds", "2", "--quiet"}, flags...)...)
	p.env = func(name string) string {
		if name == collectorName {
			return env
		}
		return ""
	}
	if code := p.run(t.Context()); code != exitDone || stderr.Len() > 0 {
		t.Fatalf("exit %d, stderr %q", code, stderr.String())
	}
	for _, s := range c.Spans() {
		if strings.HasPrefix(s.Name, "chat") {
			calls = append(calls, s)
		}
	}
	return calls
}

// "a tiny OTLP collector in a test (decode protobuf) that sees spans with the right names and no content"
func TestSpansOfARun(t *testing.T) {
	t.Chdir(t.TempDir())
	c := telemetrytest.NewCollector(t)
	calls := traced(t, c, c.URL, "--otel", "--out", "kept")
	if len(calls) != 30 { // to talk twice and to harvest
		t.Errorf("%d spans", len(calls))
	}
	for _, s := range calls {
		a := telemetrytest.Attributes(s.Attributes)
		if s.Name != "chat sim-commons" || s.Kind != trace.Span_SPAN_KIND_CLIENT || a["gen_ai.request.model"] != "sim-commons" || a["gen_ai.provider.name"] != "simulated" ||
			a["polis.model.label"] != "stand-in" || a["server.address"] != "127.0.0.1" || a["server.port"] == nil || a["gen_ai.agent.name"] == "" || a["polis.seed"] != "1" || a["polis.model.outcome"] != "answered" {
			t.Errorf("%s: %v", s.Name, a)
		}
		for _, text := range []string{"messages", "instructions", "fish", "ton"} {
			if strings.Contains(s.String(), text) {
				t.Errorf("content: %q in %v", text, s)
			}
		}
	}
	if about := c.About(); about["polis.scenario"] != "commons" || about["polis.decided"] != "decided by a stand-in, no language model" {
		t.Errorf("said of all: %v", about)
	}
	for _, name := range []string{"gen_ai.client.operation.duration", "polis.rounds", "polis.model.requests"} {
		if c.Metric(name) == nil {
			t.Errorf("the collector lacks %s", name)
		}
	}
	if kept, err := os.ReadFile(filepath.Join("kept", "manifest.json")); err != nil || strings.Contains(string(kept), c.URL) {
		t.Errorf("where it is shown is no part of what is run: %v", err)
	}

	c = telemetrytest.NewCollector(t)
	for _, s := range traced(t, c, "", "--otel", c.URL, "--otel-content", "--out", "none") {
		if a := telemetrytest.Attributes(s.Attributes); a["gen_ai.input.messages"] == nil || a["gen_ai.output.messages"] == nil {
			t.Fatalf("no content: %v", a)
		}
	}
	if len(c.Spans()) == 0 {
		t.Error("no spans")
	}
}

// "a dead collector must not slow the run nor fail it (one warning)"
func TestNobodyTakesTheSpans(t *testing.T) {
	r := try(t, "run", "commons", "--mind", "model", "--rounds", "2", "--otel", "http://127.0.0.1:1", "--out", "none", "--quiet")
	if r.code != exitDone || strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, "demo: http://127.0.0.1:1 takes nothing: ") || !strings.HasSuffix(r.stderr, "; the run goes on\n") {
		t.Errorf("exit %d, stderr %q", r.code, r.stderr)
	}
}

// Several runs are shown together, each with its seed.
func TestSpansOfSeveralRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	c := telemetrytest.NewCollector(t)
	try(t, "run", "commons", "--runs", "3", "--rounds", "2", "--otel="+c.URL, "--out", "none", "--quiet").ok(t)
	seeds := map[any]int{}
	for _, s := range c.Spans() {
		seeds[telemetrytest.Attributes(s.Attributes)["polis.seed"]]++
	}
	if len(seeds) != 3 || seeds["2"] < 2 {
		t.Errorf("rounds by seed: %v", seeds)
	}
}

// What happened before a run was forked or taken up again was shown then.
func TestSpansOfWhatIsNew(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "commons", "--mind", "5*model:sustainable", "--rounds", "3", "--quiet", "--out", "kept").ok(t)
	c := telemetrytest.NewCollector(t)
	try(t, "fork", "kept", "--at", "2", "--rounds", "4", "--quiet", "--out", "fork", "--otel", c.URL).ok(t)
	calls, rounds := 0, map[any]int{}
	for _, s := range c.Spans() {
		if strings.HasPrefix(s.Name, "chat") {
			calls++
		} else {
			rounds[telemetrytest.Attributes(s.Attributes)["polis.round"]]++
		}
	}
	if calls != 30 || rounds[int64(2)] > 0 || rounds[int64(3)] != 1 || rounds[int64(4)] != 1 {
		t.Errorf("%d calls in rounds %v", calls, rounds)
	}
	if m := c.Metric("polis.rounds").GetSum().GetDataPoints(); len(m) != 1 || m[0].GetAsInt() != 2 {
		t.Errorf("rounds are %v", m)
	}
}
