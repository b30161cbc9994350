package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// busy is an endpoint that takes nothing, and will not for a while.
func busy(t *testing.T, status int) (base string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}

// "It falls back to another model and marks every such decision; decided_by is right per decision": in the document, the
// tables and the page; and so it is when the run is done again, goes on, or is forked.
func TestASecondModelDecides(t *testing.T) {
	t.Chdir(t.TempDir())
	_, base := served(t)
	first := busy(t, http.StatusTooManyRequests)
	out := try(t, "run", "commons", "--mind", "4*model:sustainable", "--mind", "sustainable", "--rounds", "4", "--plain", "--out", "kept", "--model", "openai:gone@"+first,
		"--second-model", "openai:sim-commons@"+base, "--second-model-limit", "inflight=2", "--deadline", "20s").ok(t)
	var doc contract
	read(t, "kept/manifest.json", &doc)
	want := map[string]int{"rules": 4, "stand-in": 16, "cassette": 0, "model": 0, "person": 0}
	if !maps.Equal(doc.DecidedBy, want) || doc.Marks["substitute"] < 16 || doc.Marks["fallback"] != 0 {
		t.Errorf("decided by %v, marks %v", doc.DecidedBy, doc.Marks)
	}
	if c := countsOf(t, base); c.Peak > 2 || c.Requests == 0 || doc.Usage.Answered != c.Answered || doc.Usage.Requests < 2*c.Requests {
		t.Errorf("the server counted %+v; the ledger %+v", c, doc.Usage)
	}
	for _, part := range []string{"decided by a stand-in, rules, no language model", "substitute", "to the model gone = 0 answered + ", "to the stand-in = ",
		"--second-model openai:sim-commons@" + base + " --second-model-limit inflight=2"} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	by := map[string]int{}
	for _, row := range rowsOf(t, "kept/agents.csv", header(t, "kept/agents.csv")...) {
		by[row[len(row)-1]]++
	}
	if by["stand-in"] != 16 || by["rules"] != 4 {
		t.Errorf("agents.csv says %v", by)
	}
	page, d := reportsOf(t, "kept")
	if d.Decided != "Decided by the stand-in (16 of 20) and rules (4 of 20), no language model." ||
		!strings.Contains(page, "substitute: decided by another model instead") {
		t.Errorf("the report says %q", d.Decided)
	}

	if again := try(t, "replay", "kept").ok(t); !strings.Contains(again, "the same, turn by turn") {
		t.Error(again)
	}
	try(t, "fork", "kept", "--at", "2", "--second-model", "none", "--out", "alone", "--quiet").ok(t)
	read(t, "alone/manifest.json", &doc)
	if doc.DecidedBy["stand-in"] != 8 || doc.DecidedBy["rules"] != 12 || doc.Marks["fallback"] == 0 {
		t.Errorf("alone it is decided by %v, marks %v", doc.DecidedBy, doc.Marks)
	}
	try(t, "fork", "alone", "--at", "3", "--second-model", "builtin", "--second-model-limit", "queue=7", "--out", "again", "--quiet").ok(t)
	read(t, "again/manifest.json", &doc)
	if doc.DecidedBy["stand-in"] != 12 || doc.DecidedBy["rules"] != 8 {
		t.Errorf("with another it is decided by %v", doc.DecidedBy)
	}
	text, err := os.ReadFile("again/manifest.json")
	must(t, err)
	if !strings.Contains(string(text), `"second_model":"builtin"`) && !strings.Contains(string(text), `"second_model": "builtin"`) {
		t.Errorf("the manifest does not say so: %s", text)
	}
}

// A model that does not let anybody in ends no run that has a second one; nor one that has another instead, later.
func TestASecondModelSavesARun(t *testing.T) {
	t.Chdir(t.TempDir())
	first := busy(t, http.StatusForbidden)
	args := []string{"--mind", "5*model", "--rounds", "3", "--set", "talk=false", "--model", "openai:gone@" + first, "--quiet", "--out"}
	if r := try(t, append(args, "none")...); r.code != exitFailed || !strings.Contains(r.stderr, "gives no answer that can be used") {
		t.Errorf("exit %d, %s", r.code, r.stderr)
	}
	try(t, append(args, "kept", "--second-model", "builtin")...).ok(t)
	if r := try(t, "fork", "kept", "--at", "1", "--second-model", "none", "--out", "alone", "--quiet"); r.code != exitFailed || !strings.Contains(r.stderr, "gives no answer that can be used") {
		t.Errorf("alone: exit %d, %s", r.code, r.stderr)
	}
	try(t, "fork", "kept", "--at", "1", "--second-model", "none", "--model", "builtin", "--out", "other", "--quiet").ok(t)
	var doc contract
	read(t, "other/manifest.json", &doc)
	if doc.DecidedBy["stand-in"] != 15 || doc.Marks["substitute"] != 5 {
		t.Errorf("decided by %v, marks %v", doc.DecidedBy, doc.Marks)
	}
}

// What makes no sense is one line.
func TestASecondModelThatMakesNoSense(t *testing.T) {
	t.Chdir(t.TempDir())
	for args, want := range map[string]string{
		"--mind model --second-model nothing":                              `--second-model "nothing"; accepted are builtin`,
		"--mind model --second-model openai:x":                             "OPENAI_API_KEY",
		"--mind model --second-model builtin --second-model-limit speed=1": `--second-model-limit "speed=1"; accepted`,
		"--mind model --second-model-limit inflight=1":                     "--second-model-limit \"inflight=1\" without --second-model",
		"--mind greedy --second-model builtin":                             "no agent asks a model",
		"--mind model --second-model builtin --budget tokens=1000":         "accepted is one model under a budget",
		"--mind model --second-model builtin --record tape":                "accepted is one model then",
		"--mind model --second-model openai:x@http://127.0.0.1:1/v1":       `--second-model "openai:x@http://127.0.0.1:1/v1": nobody answers`,
	} {
		r := try(t, append(strings.Fields(args), "--rounds", "1", "--out", "none")...)
		if r.code != exitUsage || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: exit %d, %s", args, r.code, r.stderr)
		}
	}
}

// Two runs at once, and one that is taken up again, know the second model, too.
func TestASecondModelIsAskedByWhoeverGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	first := busy(t, http.StatusTooManyRequests)
	run := start(t, "run", "commons", "--mind", "5*model:sustainable", "--rounds", "6", "--plain", "--out", "kept", "--delay", "100ms", "--model", "openai:gone@"+first, "--second-model", "builtin")
	run.until(t, "month  2 ")
	must(t, run.Process.Kill())
	run.exit(t)
	try(t, "run", "--resume", run.dir+"/kept", "--quiet").ok(t)
	var doc contract
	read(t, run.dir+"/kept/manifest.json", &doc)
	if doc.DecidedBy["stand-in"] != 30 || doc.DecidedBy["rules"] != 0 {
		t.Errorf("decided by %v, marks %v", doc.DecidedBy, doc.Marks)
	}
}
