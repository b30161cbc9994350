package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/scenarios/commons"
)

// "Completes; every output says stand-in, none says that a model did anything", and "same seed with the stand-in,
// without faults: same hash".
func TestStandInDecides(t *testing.T) {
	t.Chdir(t.TempDir())
	var hashes [2]string
	for i := range hashes {
		var doc contract
		try(t, "--mind", "5*model", "--seed", "3", "--out", fmt.Sprint("kept", i), "--json").into(t, &doc)
		hashes[i] = doc.Hash
		if !doc.Reproducible || doc.DecidedBy["stand-in"] == 0 || doc.DecidedBy["model"] != 0 || doc.DecidedBy["rules"] != 0 || len(doc.Marks) > 0 {
			t.Errorf("decided by %v, marks %v, reproducible %v", doc.DecidedBy, doc.Marks, doc.Reproducible)
		}
		u := doc.Usage
		if !u.Balanced() || u.Requests == 0 || u.Answered != u.Requests || u.Settled != u.Requests || u.InputTokens == 0 || u.OutputTokens == 0 {
			t.Errorf("usage %+v", u)
		}
	}
	if hashes[0] != hashes[1] || hashes[0] == "" {
		t.Errorf("hashes %q", hashes)
	}
	out := try(t, "--mind", "5*model", "--seed", "3", "--out", "kept").ok(t)
	texts := map[string]string{"stdout": out}
	for _, name := range []string{"manifest.json", "agents.csv", "report.html", "report.json"} {
		text, err := os.ReadFile(filepath.Join("kept", name))
		must(t, err)
		texts[name] = string(text)
	}
	for name, text := range texts {
		if !strings.Contains(text, "stand-in") {
			t.Errorf("%s does not say that a stand-in decided", name)
		}
		for _, claim := range []string{"decided by model", "decided by a model", "the model "} {
			if strings.Contains(text, claim) {
				t.Errorf("%s says %q", name, claim)
			}
		}
	}
	if !strings.Contains(out, hashes[0]) {
		t.Errorf("not the hash %s:\n%s", hashes[0], out)
	}
}

// into reads the JSON document of a run that is done.
func (r trial) into(t *testing.T, doc any) {
	t.Helper()
	must(t, json.Unmarshal([]byte(r.ok(t)), doc))
}

// countsOf asks a stand-in in another process what it has counted.
func countsOf(t *testing.T, base string) (c builtin.Counts) {
	t.Helper()
	_, answer := fetched(t, strings.TrimSuffix(base, "/v1")+"/counts", "")
	must(t, json.Unmarshal([]byte(answer), &c))
	return c
}

// within holds what the ledger says against what the server has counted: "settled ≤ the requests the server counted ≤
// settled + possibly_billed".
func within(t *testing.T, u llmadapter.Account, counted int) {
	t.Helper()
	if !u.Balanced() || u.Settled > counted || counted > u.Settled+u.PossiblyBilled {
		t.Errorf("the server counted %d requests; the ledger %+v", counted, u)
	}
}

// "Against an OpenAI-compatible server that is another process: completes by tool calls, by json_schema and by plain
// text", with the same decisions: what is asked for is the same in each.
func TestAnotherProcessDecidesInEachForm(t *testing.T) {
	var hashes []string
	for _, form := range []string{"tools,json_schema,text", "json_schema", "text"} {
		_, base := served(t, "--takes", form)
		var doc contract
		try(t, "--mind", "5*model", "--model", "openai:sim-commons@"+base, "--out", "none", "--json").into(t, &doc)
		if doc.DecidedBy["stand-in"] == 0 || doc.DecidedBy["model"] != 0 || len(doc.Marks) > 0 || !doc.Reproducible {
			t.Errorf("%s: decided by %v, marks %v, reproducible %v", form, doc.DecidedBy, doc.Marks, doc.Reproducible)
		}
		within(t, doc.Usage, countsOf(t, base).Requests)
		hashes = append(hashes, doc.Hash)
	}
	if hashes[0] != hashes[1] || hashes[1] != hashes[2] {
		t.Logf("hashes %q", hashes)
	}
}

// "With 30 % of answers 429, with cut and stalled streams, malformed JSON, an unknown tool, arguments out of bounds … it
// ends; each failure is contained and counted."
func TestFaultsOfAnotherProcessAreContained(t *testing.T) {
	for faults, seen := range map[string]func(contract) bool{
		"429=30%":                            func(d contract) bool { return d.Usage.Server429 > 0 },
		"cut=15%,reset=10%,error=5%":         func(d contract) bool { return d.Usage.Attempts > d.Usage.Answered },
		"stall=6%,keepalive=4%":              func(d contract) bool { return d.Usage.Attempts > d.Usage.Answered },
		"badjson=20%,unknown=15%,bounds=15%": func(d contract) bool { return d.Marks["repaired"] > 0 },
		"500=10%,503=10%,html=10%":           func(d contract) bool { return d.Usage.Attempts > d.Usage.Answered },
	} {
		t.Run(faults, func(t *testing.T) {
			t.Parallel()
			_, base := served(t, "--faults", faults)
			var doc contract
			try(t, "--mind", "4*model:sustainable", "--mind", "model", "--model", "openai:sim-commons@"+base, "--rounds", "6",
				"--deadline", "4s", "--out", "none", "--json").into(t, &doc)
			c := countsOf(t, base)
			within(t, doc.Usage, c.Requests)
			if doc.Messages["sent"] != doc.Messages["handled"]+doc.Messages["refused"]+doc.Messages["dead"]+doc.Messages["quarantined"] {
				t.Errorf("messages %v", doc.Messages)
			}
			if doc.Faults["crashes"] > 0 || !seen(doc) {
				t.Errorf("faults %v, marks %v, usage %+v, counted %v", doc.Faults, doc.Marks, doc.Usage, c)
			}
		})
	}
}

// "A server killed half-way and brought back": the run ends, who was not answered acts by its fallback, and the ledger
// fits to what both lives of the server have counted.
func TestServerIsKilledAndBroughtBack(t *testing.T) {
	counted := filepath.Join(t.TempDir(), "counted")
	first := startAs(t, "counting", counted, "127.0.0.1:0")
	line, err := first.stdout.ReadString('\n')
	must(t, err)
	address := strings.TrimSpace(line)

	run := start(t, "run", "commons", "--mind", "5*model:sustainable", "--model", "openai:sim-commons@http://"+address+"/v1",
		"--rounds", "24", "--deadline", "1500ms", "--delay", "50ms", "--out", "kept", "--plain")
	run.until(t, "month  4 ")
	must(t, first.Process.Kill())
	run.until(t, "month  6 ") // without it
	second := startAs(t, "counting", counted, address)
	_, err = second.stdout.ReadString('\n')
	must(t, err)
	if rest, code := run.exit(t); code != exitDone || run.stderr.Len() > 0 {
		t.Fatalf("exit %d, stderr %q, stdout %s", code, run.stderr.String(), rest)
	}
	var doc contract
	read(t, filepath.Join(run.dir, "kept", "manifest.json"), &doc)
	lines, err := os.ReadFile(counted)
	must(t, err)
	within(t, doc.Usage, bytes.Count(lines, []byte("\n")))
	if doc.Marks["fallback"] == 0 || doc.DecidedBy["rules"] == 0 || doc.DecidedBy["stand-in"] == 0 || doc.Usage.Unsent == 0 || doc.Reproducible {
		t.Errorf("marks %v, decided by %v, usage %+v, reproducible %v", doc.Marks, doc.DecidedBy, doc.Usage, doc.Reproducible)
	}
}

// countingMain is a process that serves the stand-in and writes a line into a file for every request that reaches it, so
// that what was counted survives the process.
func countingMain() {
	if err := counting(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func counting(path, address string) error {
	server, err := builtin.Start(context.Background(), builtin.Config{Policy: commons.Scenario.StandIn, Name: "sim-commons"})
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	target, err := url.Parse(strings.TrimSuffix(server.URL(), "/v1"))
	if err != nil {
		return err
	}
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(file, r.URL.Path)
		proxy.ServeHTTP(w, r)
	}))
}

// "50 model minds, --model-limit inflight=4, realtime pace: the server never sees a fifth call at once; … who was
// rejected acts by its fallback."
func TestLimitInRealtime(t *testing.T) {
	_, base := served(t, "--latency", "20ms")
	var doc contract
	try(t, "--mind", "50*model:sustainable", "--model", "openai:sim-commons@"+base, "--model-limit", "inflight=4,queue=20", "--pace", "realtime",
		"--tick", "150ms", "--rounds", "4", "--deadline", "5s", "--out", "none", "--json").into(t, &doc)
	c := countsOf(t, base)
	within(t, doc.Usage, c.Requests)
	if c.Peak > 4 || c.Peak < 2 {
		t.Errorf("at most %d calls at once", c.Peak)
	}
	if doc.Usage.Rejected == 0 || doc.Marks["fallback"] == 0 || doc.DecidedBy["rules"] == 0 {
		t.Errorf("usage %+v, marks %v, decided by %v", doc.Usage, doc.Marks, doc.DecidedBy)
	}
}

// "Nobody waits without a deadline": of a model that is too slow for a round, those who would not be answered in one are
// told so, and act by their fallback. agents.csv says who decided in each round, and nobody where nothing was.
func TestModelThatIsTooSlowForRealtime(t *testing.T) {
	t.Chdir(t.TempDir())
	_, base := served(t, "--latency", "100ms") // far too slow: a thought may take a round, 0.4 s
	var doc contract
	try(t, "--mind", "50*model:sustainable", "--model", "openai:sim-commons@"+base, "--model-limit", "inflight=4", "--pace", "realtime",
		"--tick", "150ms", "--rounds", "4", "--out", "kept", "--json").into(t, &doc)
	c := countsOf(t, base)
	by := map[string]int{}
	for _, row := range rowsOf(t, "kept/agents.csv", "run", "seed", "round", "agent", "asked", "catch", "total", "decided_by") {
		by[row[len(row)-1]]++
	}
	if by["rules"] == 0 || by["rules"] > doc.DecidedBy["rules"] || by["stand-in"] > doc.DecidedBy["stand-in"] || by["rules"]+by["stand-in"]+by[""] != 200 {
		t.Errorf("agents.csv says %v, the run %v", by, doc.DecidedBy)
	}
	within(t, doc.Usage, c.Requests)
	if doc.Usage.Rejected == 0 || doc.Marks["fallback"] == 0 || doc.DecidedBy["rules"] == 0 {
		t.Errorf("usage %+v, marks %v, decided by %v", doc.Usage, doc.Marks, doc.DecidedBy)
	}
}

// "A society that is half rules, half models, one person at the terminal: all through the same interface."
func TestRulesModelsAndAPerson(t *testing.T) {
	t.Chdir(t.TempDir())
	var typed strings.Builder
	for range 3 {
		typed.WriteString("propose 10\nsay I am Luke, and I keep to ten.\nharvest 7\n")
	}
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, &stderr, "--mind", "2*sustainable", "--mind", "2*model", "--mind", "person", "--rounds", "3", "--out", "kept", "--plain")
	p.stdin = strings.NewReader(typed.String())
	if code := p.run(t.Context()); code != exitDone {
		t.Fatalf("exit %d, %s", code, stderr.String())
	}
	out := stdout.String()
	for _, want := range []string{"decided by a person, a stand-in, rules, no language model", "Luke 7", "“I am Luke, and I keep to ten.”", "propose cap 10"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if !strings.Contains(stderr.String(), "harvest TONS") {
		t.Errorf("the person was asked %q", stderr.String())
	}
	var doc contract
	read(t, "kept/manifest.json", &doc)
	if doc.DecidedBy["person"] != 3 || doc.DecidedBy["rules"] != 6 || doc.DecidedBy["stand-in"] != 6 {
		t.Errorf("decided by %v", doc.DecidedBy)
	}
}

// "The key is in no log, record, report or error; it never follows a redirect to another host."
func TestKeyStaysSecret(t *testing.T) {
	const key = "sk-secret-0123456789"
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) { elsewhere++ }))
	defer other.Close()
	for name, answer := range map[string]http.HandlerFunc{
		"echo in an error": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error":{"message":"wrong key %s"}}`, r.Header.Get("Authorization"))
		},
		"echo in an answer": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"your key is %s"}}]}`, key)
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/v1/chat/completions", http.StatusTemporaryRedirect)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			server := httptest.NewServer(answer)
			defer server.Close()
			var stdout, stderr bytes.Buffer
			p := newProcess(&stdout, &stderr, "--mind", "5*model", "--model", "openai:x@"+server.URL+"/v1", "--rounds", "2", "--events",
				"--out", "kept", "--log-level", "debug")
			p.env = func(string) string { return key }
			p.run(t.Context())
			texts := map[string]string{"stdout": stdout.String(), "stderr": stderr.String()}
			must(t, filepath.WalkDir("kept", func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				text, err := os.ReadFile(path)
				texts[path] = string(text)
				return err
			}))
			if len(texts) < 5 {
				t.Fatalf("only %d texts", len(texts))
			}
			for where, text := range texts {
				if strings.Contains(text, key) {
					t.Errorf("the key is in %s", where)
				}
			}
		})
	}
	if elsewhere > 0 {
		t.Errorf("%d requests followed the redirect", elsewhere)
	}
}

// "A model that answers HTML: one clear line", and soon: there is nothing to be had from it.
func TestModelThatAnswersHTML(t *testing.T) {
	t.Chdir(t.TempDir())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>It works</title>")
	}))
	defer server.Close()
	began := time.Now()
	r := try(t, "--mind", "5*model", "--model", "openai:x@"+server.URL+"/v1", "--out", "none", "--quiet")
	if r.code != exitFailed || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "gives no answer that can be used") ||
		!strings.Contains(r.stderr, "text/html") {
		t.Errorf("exit %d, stderr %q", r.code, r.stderr)
	}
	if time.Since(began) > 30*time.Second {
		t.Errorf("it took %v", time.Since(began))
	}
}

// A model that answers nothing decided nothing, as the report says; the run's own count is of passes.
func TestReportOfAModelThatNeverAnswers(t *testing.T) {
	t.Chdir(t.TempDir())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	defer server.Close()
	for dir, runs := range map[string][]string{"one": {"--rounds", "4"}, "several": {"--rounds", "2", "--runs", "2"}} {
		var doc contract
		try(t, append([]string{"run", "commons", "--mind", "5*model", "--model", "openai:gpt-4o@" + server.URL, "--log-level", "off", "--out", dir, "--json"}, runs...)...).into(t, &doc)
		page, d := reportsOf(t, dir)
		if doc.DecidedBy["model"] != 20 || doc.Usage.Answered != 0 || d.Answered || strings.Contains(page, `"kind": "model"`) || strings.Contains(page, "Decided by") ||
			!strings.HasSuffix(d.Headline, " Model gpt-4o was asked 60 times and never answered; its agents passed.") {
			t.Errorf("%s: decided by %v, %s", dir, doc.DecidedBy, d.Headline)
		}
	}
}

// A key that is not accepted ends the run with one line; a model that is only busy does not: who has a fallback acts by
// it.
func TestWhatEndsARun(t *testing.T) {
	t.Chdir(t.TempDir())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":{"message":"Incorrect API key provided."}}`)
	}))
	defer server.Close()
	r := try(t, "--mind", "5*model:sustainable", "--model", "openai:x@"+server.URL+"/v1", "--out", "none", "--quiet")
	if r.code != exitFailed || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "Incorrect API key provided.") {
		t.Errorf("exit %d, stderr %q", r.code, r.stderr)
	}
	var doc contract
	try(t, "--mind", "5*model:sustainable", "--chaos", "agent:10%,model:429=100%", "--rounds", "2", "--deadline", "2s", "--out", "none", "--json").into(t, &doc)
	if doc.DecidedBy["rules"] != 10 || doc.DecidedBy["stand-in"] != 0 || doc.Marks["fallback"] == 0 || doc.Usage.Server429 == 0 || doc.Usage.Answered > 0 {
		t.Errorf("decided by %v, marks %v, usage %+v", doc.DecidedBy, doc.Marks, doc.Usage)
	}
}

// Nothing binds a model or a person to say the same again, so a run that heard one is not called repeatable; and who
// decided is who did, not who was to.
func TestWhatAPersonAnswersCannotBeRepeated(t *testing.T) {
	t.Chdir(t.TempDir())
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, &stderr, "--mind", "4*sustainable", "--mind", "person", "--rounds", "1", "--set", "talk=false", "--out", "kept")
	p.stdin = strings.NewReader("harvest 10\n")
	if code := p.run(t.Context()); code != exitDone {
		t.Fatalf("exit %d, %s", code, stderr.String())
	}
	if got := shown(stdout.String(), "reproducible"); got != "no: what a model or a person answers need not be the same again" {
		t.Errorf("reproducible: %s", got)
	}
	page, err := os.ReadFile("kept/report.html")
	must(t, err)
	if !strings.Contains(string(page), "What a model or a person answers need not be the same again.") {
		t.Error("the report does not say so")
	}
	out := try(t, "--mind", "5*model:sustainable", "--chaos", "model:429=100%", "--rounds", "1", "--deadline", "2s", "--out", "none", "--quiet").ok(t)
	if got := shown(out, "decisions"); !regexp.MustCompile(`^5, decided by rules, no language model; of all thoughts, those about talk too, [0-9]+ fallback$`).MatchString(got) {
		t.Errorf("decisions: %s", got)
	}
}
