package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter/cassette"
)

// "Same seed, same society give the same hash as the recording run had", whatever failed when it was recorded, with no key
// and nobody there; every output says that a cassette decided, and whose answers they were.
func TestCassetteIsPlayed(t *testing.T) {
	t.Chdir(t.TempDir())
	_, base := served(t, "--faults", "429=10%,500=5%,cut=4%")
	_, bad := served(t, "--faults", "429=5%,reset=14%")
	for _, test := range []struct{ name, model, of string }{
		{"inside", builtinSpec, "the stand-in"},
		{"faults", "openai:sim-commons@" + base, "the stand-in"},
		{"anthropic", "anthropic:sim-commons@" + base, "the stand-in"},
		{"failures", "openai:sim-commons@" + bad, "the stand-in"},
	} {
		tape := test.name + ".jsonl"
		order := []string{"--mind", "5*model", "--seed", "3", "--rounds", "6"}
		var was, is contract
		out := try(t, append(order, "--model", test.model, "--record", tape, "--out", "was-"+test.name)...).ok(t)
		if !strings.Contains(shown(out, "recorded"), ", in "+tape) {
			t.Errorf("it says of the tape %q", shown(out, "recorded"))
		}
		read(t, filepath.Join("was-"+test.name, "manifest.json"), &was)
		out = try(t, append(order, "--model", "cassette:"+tape, "--out", "is-"+test.name)...).ok(t)
		read(t, filepath.Join("is-"+test.name, "manifest.json"), &is)
		if was.Hash == "" || is.Hash != was.Hash || was.Reproducible == (test.name == "failures") || is.Reproducible != was.Reproducible {
			t.Errorf("%s: hash %s, was %s; reproducible %v, was %v", test.name, is.Hash, was.Hash, is.Reproducible, was.Reproducible)
		}
		if is.DecidedBy["cassette"] != was.DecidedBy["stand-in"] || is.DecidedBy["stand-in"]+is.DecidedBy["model"]+is.DecidedBy["rules"] > 0 || is.DecidedBy["cassette"] == 0 {
			t.Errorf("decided by %v, was %v", is.DecidedBy, was.DecidedBy)
		}
		if u := is.Usage; !u.Balanced() || u.Answered != was.Usage.Answered || u.Failed != was.Usage.Failed || test.name != "failures" && u.Attempts != u.Requests || u.OutputTokens == 0 {
			t.Errorf("usage %+v, was %+v", u, was.Usage)
		}
		if (was.Usage.Failed > 0) != (test.name == "failures") {
			t.Errorf("%s: %+v", test.name, was.Usage)
		}
		if test.name != "inside" && was.Usage.Attempts == was.Usage.Requests {
			t.Errorf("nothing failed: %+v", was.Usage)
		}
		if got := shown(out, "decisions"); !strings.Contains(got, "decided by a cassette of "+test.of+", no language model") {
			t.Errorf("decisions: %s", got)
		}
		again := shown(out, "again")
		if !strings.Contains(again, "--model cassette:"+tape) || strings.Contains(again, "--record") {
			t.Errorf("again: %s", again)
		}
		// What was played is in the journal: that it is the same is seen without the tape.
		must(t, os.Rename(tape, "away"))
		try(t, "replay", "is-"+test.name).ok(t)
		try(t, "replay", "was-"+test.name).ok(t)
		try(t, append(order, "--model", "cassette:"+tape)...).oneLine(t, exitUsage, `--model "cassette:`+tape+`": "`+tape+`": no such file or directory`)
		must(t, os.Rename("away", tape))
	}
}

// Forms are found out by whoever comes first; a tape is asked in the one that was found.
func TestCassetteIsAskedInTheFormThatWasTaken(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, form := range []string{"tools,json_schema,text", "json_schema", "text"} {
		_, base := served(t, "--takes", form)
		order := []string{"--mind", "5*model", "--rounds", "2", "--out", "none", "--json"}
		tape := strings.ReplaceAll(form, ",", "-")
		var was, is contract
		try(t, append(order, "--model", "openai:sim-commons@"+base, "--record", tape)...).into(t, &was)
		try(t, append(order, "--model", "cassette:"+tape)...).into(t, &is)
		if is.Hash != was.Hash || is.Usage.Failed > 0 || is.Usage.Attempts != is.Usage.Requests {
			t.Errorf("%s: hash %s, was %s; %+v", form, is.Hash, was.Hash, is.Usage)
		}
	}
}

// Several runs are recorded on one tape, and played from it.
func TestCassetteOfSeveralRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	order := []string{"--mind", "5*model", "--rounds", "2", "--runs", "3", "--out", "none", "--json"}
	var was, is contract
	try(t, append(order, "--record", "tape")...).into(t, &was)
	try(t, append(order, "--model", "cassette:tape")...).into(t, &is)
	if is.Hash != was.Hash || is.Hash == "" {
		t.Errorf("hash %s, was %s", is.Hash, was.Hash)
	}
}

// "A miss is a hard error, never a silent live call": the run ends, and says what is missing.
func TestCassetteOfSomethingElse(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "--mind", "5*model", "--rounds", "4", "--record", "tape", "--out", "none").ok(t)
	for _, other := range [][]string{{"--seed", "2"}, {"--set", "initial=90"}, {"--rounds", "5"}} {
		args := append([]string{"--mind", "5*model", "--rounds", "4", "--model", "cassette:tape", "--out", "none", "--quiet", "--log-level", "error"}, other...)
		r := try(t, args...)
		if r.code != exitFailed || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, `--model "cassette:tape" gives no answer that can be used: request `) ||
			!strings.Contains(r.stderr, " is not on the tape: there are 60 others; the nearest, ") {
			t.Errorf("%q: exit %d, %s", other, r.code, r.stderr)
		}
	}
}

// A run that goes on is recorded where it was, and what is played of it is all of it.
func TestRecordingGoesOn(t *testing.T) {
	whole := t.TempDir()
	t.Chdir(whole)
	order := []string{"run", "commons", "--mind", "5*model", "--rounds", "12"}
	var want, got, is contract
	try(t, append(order, "--out", "none", "--json")...).into(t, &want)
	run := start(t, append(order, "--record", "tape", "--out", "kept", "--plain", "--delay", "50ms")...)
	run.until(t, "month  4 ")
	must(t, run.Process.Kill())
	_, _ = run.exit(t)
	t.Chdir(run.dir)
	try(t, "run", "--resume", "kept", "--json").into(t, &got)
	try(t, append(order, "--model", "cassette:tape", "--out", "is", "--json")...).into(t, &is)
	if got.Hash != want.Hash || is.Hash != want.Hash || want.Hash == "" {
		t.Errorf("hash %s, resumed %s, played %s", want.Hash, got.Hash, is.Hash)
	}
	var forked, again contract
	try(t, "fork", "is", "--at", "6", "--json", "--out", "fork").into(t, &forked)
	try(t, "fork", "is", "--at", "6", "--json", "--out", "again", "--model", "builtin", "--record", "future").into(t, &again)
	if forked.Hash != want.Hash || forked.DecidedBy["cassette"] != want.DecidedBy["stand-in"] {
		t.Errorf("forked: hash %s, decided by %v", forked.Hash, forked.DecidedBy)
	}
	if tape, err := cassette.Look("future"); err != nil || tape.Label != "stand-in" {
		t.Errorf("%+v, %v", tape, err)
	}
	try(t, "replay", "fork").ok(t)
	try(t, "replay", "again").ok(t)
}

// A run that was played goes on from its tape.
func TestPlayedRunGoesOn(t *testing.T) {
	run := start(t, "run", "commons", "--mind", "5*model", "--rounds", "12", "--record", "tape", "--out", "none", "--json")
	out, code := run.exit(t)
	var want, got contract
	trial{code: code, stdout: out}.into(t, &want)
	t.Chdir(run.dir)
	played := startProgram(t, run.dir, "demo", "run", "commons", "--mind", "5*model", "--rounds", "12", "--model", "cassette:tape", "--out", "kept", "--plain", "--delay", "50ms")
	played.until(t, "month  4 ")
	must(t, played.Process.Kill())
	_, _ = played.exit(t)
	try(t, "run", "--resume", "kept", "--json").into(t, &got)
	if got.Hash != want.Hash || got.DecidedBy["cassette"] != want.DecidedBy["stand-in"] || !got.Reproducible {
		t.Errorf("hash %s, decided by %v; want %s, %v", got.Hash, got.DecidedBy, want.Hash, want.DecidedBy)
	}
}

// What cannot be recorded is refused before anything runs, and leaves nothing.
func TestRecordIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("there", []byte("mine"), 0o600))
	try(t, "--mind", "5*model", "--record", "tape", "--rounds", "1", "--out", "none").ok(t)
	for want, args := range map[string][]string{
		`--record: "there" is there already, and nothing is recorded over it`: {"--mind", "model", "--record", "there"},
		`--record: "no/where": no such file or directory`:                     {"--mind", "model", "--record", "no/where"},
		`--record "x": no agent asks a model`:                                 {"--record", "x"},
		`--record "x" with --model "cassette:tape": it would be a copy`:       {"--mind", "model", "--record", "x", "--model", "cassette:tape"},
		`--record "x" with --cluster`:                                         {"--mind", "model", "--record", "x", "--cluster", "127.0.0.1:1"},
		`--model "cassette:" names no file`:                                   {"--mind", "model", "--model", "cassette:"},
		`--model "cassette:there": "there": it`:                               {"--mind", "model", "--model", "cassette:there"},
		`--model "cassette:none": "none": no such file`:                       {"--mind", "model", "--model", "cassette:none"},
		`--chaos "model:429=5%" with --model "cassette:tape"`:                 {"--mind", "model", "--model", "cassette:tape", "--chaos", "model:429=5%"},
		`nobody answers at http://127.0.0.1:1/v1`:                             {"--mind", "model", "--model", "anthropic:x@http://127.0.0.1:1/v1", "--record", "x"},
		`ANTHROPIC_API_KEY`:                                                   {"--mind", "model", "--model", "anthropic:x", "--record", "x"},
		`--out "there": `:                                                     {"--mind", "model", "--record", "x", "--out", "there"},
		`--model "anthropic:" names no model`:                                 {"--mind", "model", "--model", "anthropic:"},
	} {
		try(t, args...).oneLine(t, exitUsage, want)
	}
	if got := strings.Join(tree(t, "."), " "); got != "tape there" {
		t.Errorf("left %s", got)
	}
	if text, err := os.ReadFile("there"); err != nil || string(text) != "mine" {
		t.Errorf("%s, %v", text, err)
	}
}

// "The key never stands in the file even if the server echoes it"; a run of a real model, played, says so of itself.
func TestCassetteOfAModel(t *testing.T) {
	t.Chdir(t.TempDir())
	const key = "sk-secret-0123456789"
	for wire, answer := range map[string]string{
		"openai": `{"model":"gpt-4o","choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"your key is ` + key + `"}}]}`,
		"anthropic": `{"type":"message","role":"assistant","model":"claude","stop_reason":"end_turn","content":[{"type":"text","text":"your key is ` + key + `"}],` +
			`"usage":{"input_tokens":3,"output_tokens":2}}`,
	} {
		var paths []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			paths = append(paths, r.URL.Path+" "+r.Header.Get("Authorization")+r.Header.Get("X-Api-Key"))
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Request-Id", key)
			_, _ = w.Write([]byte(answer))
		}))
		var stdout, stderr bytes.Buffer
		p := newProcess(&stdout, &stderr, "--mind", "1*model", "--mind", "4*sustainable", "--model", wire+":gpt-4o@"+server.URL+"/v1", "--rounds", "2", "--record", wire, "--out", "none", "--json")
		p.env = func(string) string { return key }
		if code := p.run(t.Context()); code != exitDone {
			t.Fatalf("%s: exit %d, %s", wire, code, stderr.String())
		}
		server.Close()
		want := map[string]string{"openai": "/v1/chat/completions Bearer " + key, "anthropic": "/v1/messages " + key}[wire]
		if len(paths) == 0 || paths[0] != want {
			t.Errorf("%s: asked %q", wire, paths)
		}
		text, err := os.ReadFile(wire)
		must(t, err)
		if strings.Contains(string(text), key) || !strings.Contains(string(text), "your key is [key]") || !strings.Contains(string(text), `"provider":"`+wire+`","model":"gpt-4o","root":"`+server.URL+`/v1","label":"model gpt-4o"`) {
			t.Errorf("%s: %.3000s", wire, text)
		}
		out := try(t, "--mind", "1*model", "--mind", "4*sustainable", "--model", "cassette:"+wire, "--rounds", "2", "--out", "none").ok(t)
		if got := shown(out, "decisions"); !strings.Contains(got, "decided by a cassette of model gpt-4o, rules") || strings.Contains(got, "no language model") {
			t.Errorf("%s: decisions %s", wire, got)
		}
		var is, was contract
		try(t, "--mind", "1*model", "--mind", "4*sustainable", "--model", "cassette:"+wire, "--rounds", "2", "--out", "none", "--json").into(t, &is)
		trial{stdout: stdout.String()}.into(t, &was)
		if is.Hash != was.Hash || was.DecidedBy["model"] != 2 || is.DecidedBy["cassette"] != 2 || was.Reproducible {
			t.Errorf("%s: hash %s, was %s; decided by %v, was %v; it was reproducible: %v", wire, is.Hash, was.Hash, is.DecidedBy, was.DecidedBy, was.Reproducible)
		}
	}
}
