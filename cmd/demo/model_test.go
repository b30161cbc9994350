package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter/builtin"
)

// served starts the stand-in as a process of its own, and reads where it is.
func served(t *testing.T, args ...string) (s *started, url string) {
	t.Helper()
	s = start(t, append([]string{"model", "--addr", "127.0.0.1:0", "--latency", "0s"}, args...)...)
	line, err := s.stdout.ReadString('\n')
	must(t, err)
	hello, url, ok := strings.Cut(strings.TrimSpace(line), " at ")
	if !ok || !strings.HasPrefix(hello, "stand-in, no language model: sim-") || !strings.HasSuffix(url, "/v1") {
		t.Fatalf("it says %q", line)
	}
	return s, url
}

// fetched is the answer to a request; body "": a GET.
func fetched(t *testing.T, url, body string) (status int, answer string) {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	must(t, err)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	must(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(text)
}

const asksForWater = `{"model":"sim-well","stream":true,"messages":[{"role":"user","content":"How much?"}],
	"tools":[{"type":"function","function":{"name":"draw","parameters":{"type":"object","properties":{"litres":{"type":"integer","minimum":3,"maximum":3}},"required":["litres"]}}}]}`

// "demo model … prints on stdout one line with the base URL once it listens …, ends on interrupt with exit 0 and prints
// its counts."
func TestModelServesUntilInterrupted(t *testing.T) {
	s, url := served(t, "--scenario", "well")
	if status, answer := fetched(t, url+"/chat/completions", asksForWater); status != http.StatusOK || !strings.Contains(answer, `"name":"draw"`) || !strings.HasSuffix(answer, "data: [DONE]\n\n") {
		t.Errorf("%d %s", status, answer)
	}
	status, answer := fetched(t, strings.TrimSuffix(url, "/v1")+"/counts", "")
	var c builtin.Counts
	must(t, json.Unmarshal([]byte(answer), &c))
	if status != http.StatusOK || c.Requests != 1 || c.Answered != 1 || c.Status["200"] != 1 || !c.StandIn {
		t.Errorf("%d %s", status, answer)
	}
	must(t, s.Process.Signal(os.Interrupt))
	rest, code := s.exit(t)
	if code != exitDone || s.stderr.Len() > 0 || !strings.HasPrefix(rest, "stand-in: requests 1: 1 answered, 0 refused") || strings.Count(rest, "\n") != 1 {
		t.Errorf("exit %d, stderr %q, stdout %q", code, s.stderr.String(), rest)
	}
}

// What is typed reaches the server: forms, faults, limits, name; and what happens is logged when somebody asks.
func TestModelFlags(t *testing.T) {
	s, url := served(t, "--scenario", "none", "--name", "sim-well", "--takes", "text,json_schema", "--log-level", "info")
	if status, answer := fetched(t, url+"/chat/completions", asksForWater); status != http.StatusBadRequest || !strings.Contains(answer, "tools is not supported by this stand-in") {
		t.Errorf("%d %s", status, answer)
	}
	must(t, s.Process.Signal(os.Interrupt))
	s.exit(t)
	if log := s.stderr.String(); !strings.Contains(log, "outcome=refused") || !strings.Contains(log, "status=400") {
		t.Errorf("logged %q", log)
	}

	s, url = served(t, "--scenario", "well", "--faults", "503=100%", "--rpm", "1")
	for _, want := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		if status, answer := fetched(t, url+"/chat/completions", asksForWater); status != want {
			t.Errorf("%d %s", status, answer)
		}
	}
	must(t, s.Process.Signal(os.Interrupt))
	if rest, _ := s.exit(t); !strings.Contains(rest, "2 refused") || !strings.HasSuffix(rest, "faults: 503 1\n") {
		t.Errorf("stdout %q", rest)
	}
}

// What a bench asks for reaches the server: exact capacity, no queue, a status, and what its judge counts by.
func TestModelForBenches(t *testing.T) {
	s, url := served(t, "--scenario", "well", "--slots", "1", "--service", "1m", "--queue", "0", "--busy", "529", "--busy-retry", "2s")
	first, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(first, http.MethodPost, url+"/chat/completions", strings.NewReader(asksForWater))
	must(t, err)
	ended := make(chan error, 1)
	go func() {
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			resp.Body.Close()
		}
		ended <- err
	}()
	var c builtin.Counts
	for c.PeakServed == 0 { // each look takes its time
		_, answer := fetched(t, strings.TrimSuffix(url, "/v1")+"/counts", "")
		must(t, json.Unmarshal([]byte(answer), &c))
	}
	if status, answer := fetched(t, url+"/chat/completions", strings.ReplaceAll(asksForWater, "How much?", `How much?\nrequest-id: 7`)); status != 529 {
		t.Errorf("%d %s", status, answer)
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("an answer of a minute has come")
	}
	must(t, s.Process.Signal(os.Interrupt))
	if rest, _ := s.exit(t); !strings.Contains(rest, "0 answered, 1 refused, 0 broken on purpose, 1 gone") {
		t.Errorf("stdout %q", rest)
	}
	for flags, names := range map[string]string{
		"--queue -1": `"-1"; accepted is a whole number from 0`, "--busy 500": "busy status 500; accepted are 429, 503 and 529", "--service 0s": "accepted is a duration above 0",
		"--silent --queue 4":              "--silent with --queue 4: it lets 100000 wait; accepted is one of them",
		"--service 10ms --token-rate 5":   "--service 10ms with --token-rate 5: all of an answer's time is the service's; accepted is one of them",
		"--silent --queue 0 --addr :0":    "--silent with --queue 0",
		"--silent --busy 500":             "busy status 500",
		"--token-rate 5 --lengths 5:wide": "--lengths",
	} {
		try(t, append([]string{"model"}, strings.Fields(flags)...)...).oneLine(t, exitUsage, names)
	}
}

// Outages, the log, lengths and limits are reached by flags, too.
func TestModelUnderControl(t *testing.T) {
	s, url := served(t, "--scenario", "well", "--control", "--log", "5", "--lengths", "100", "--token-rate", "1000000", "--window", "sliding", "--rpm", "1", "--output-tpm", "1000")
	root := strings.TrimSuffix(url, "/v1")
	const asks = `{"model":"sim-well","max_tokens":500,"messages":[{"role":"user","content":"Who?"}]}`
	if status, answer := fetched(t, url+"/messages", asks); status != http.StatusOK || !strings.Contains(answer, `"output_tokens":100`) {
		t.Errorf("%d %s", status, answer)
	}
	if status, answer := fetched(t, url+"/messages", asks); status != http.StatusTooManyRequests || !strings.Contains(answer, "Please try again in 1m0") {
		t.Errorf("%d %s", status, answer)
	}
	resp, err := http.Post(root+"/control", "application/json", strings.NewReader(`{"mode":"529","for":"1m"}`))
	must(t, err)
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if status, answer := fetched(t, url+"/chat/completions", asksForWater); status != 529 {
		t.Errorf("%d %s", status, answer)
	}
	status, log := fetched(t, root+"/log?after=1", "")
	if status != http.StatusOK || strings.Count(log, "\n") != 2 || !strings.Contains(log, `"status":529,"fault":"529"`) {
		t.Errorf("%d %s", status, log)
	}
	must(t, s.Process.Signal(os.Interrupt))
	s.exit(t)
	for flags, names := range map[string]string{"--lengths x": `--lengths: lengths "x"; accepted is MEDIAN[:SIGMA]`, "--window wide": `window "wide"; accepted are bucket and sliding`} {
		try(t, append([]string{"model"}, strings.Fields(flags)...)...).oneLine(t, exitUsage, names)
	}
}

// An address that is taken is a line that says so.
func TestModelAddressTaken(t *testing.T) {
	s, url := served(t)
	addr := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/v1")
	try(t, "model", "--addr", addr).oneLine(t, exitUsage, `--addr: address "`+addr+`": `, "in use; accepted is an address that nobody listens on")
	must(t, s.Process.Signal(os.Interrupt))
	s.exit(t)
}

// "--json prints one JSON document on stdout and nothing else there": where it is goes to stderr.
func TestModelJSON(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, writerFunc(func(text []byte) (int, error) {
		cancel() // it listens
		return stderr.Write(text)
	}), "model", "--addr", "127.0.0.1:0", "--json")
	if code := p.run(ctx); code != exitDone {
		t.Errorf("exit %d", code)
	}
	var c builtin.Counts
	must(t, json.Unmarshal(stdout.Bytes(), &c))
	if !c.StandIn || c.Model != "sim-commons" || !strings.HasPrefix(stderr.String(), "stand-in, no language model: sim-commons at http://127.0.0.1:") {
		t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(text []byte) (int, error) { return f(text) }
