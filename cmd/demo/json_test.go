package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/polis-agents/polis/internal/bench"
	"github.com/polis-agents/polis/llmadapter"
)

// contract is `run --json` as the contract has it. What does not apply is absent.
type contract struct {
	Scenario     string                             `json:"scenario"`
	Runs         int                                `json:"runs"`
	Agents       int                                `json:"agents"`
	Rounds       int                                `json:"rounds"`
	Seed         uint64                             `json:"seed"`
	Pace         string                             `json:"pace"`
	Minds        []string                           `json:"minds"`
	DecidedBy    map[string]int                     `json:"decided_by"`
	Hash         string                             `json:"hash"`
	Reproducible bool                               `json:"reproducible"`
	Dir          string                             `json:"dir"`
	Metrics      map[string]map[string]*json.Number `json:"metrics"`
	Emergence    []any                              `json:"emergence"`
	Faults       map[string]int                     `json:"faults"`
	Messages     map[string]int                     `json:"messages"`
	Usage        llmadapter.Account                 `json:"model_usage"`
	Marks        map[string]int                     `json:"marks"`
	Commitments  map[string]int                     `json:"commitments"`
}

// strict reads exactly one document without unknown fields.
func strict(t testing.TB, text string, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("more than one document: %s", text)
	}
}

func ordered(t *testing.T, args ...string) contract {
	t.Helper()
	var doc contract
	strict(t, try(t, append([]string{"run"}, append(args, "--json")...)...).ok(t), &doc)
	return doc
}

// "`--json` prints one JSON document on stdout and nothing else there", in this order, with these names.
func TestRunJSON(t *testing.T) {
	got := try(t, "run", "commons", "--mind", "fixed:10", "--set", "split=round-robin", "--set", "talk=false", "--json", "--out", "none").ok(t)
	var doc contract
	strict(t, got, &doc)
	want := `{"scenario":"commons","runs":1,"agents":5,"rounds":12,"seed":1,"pace":"rounds","minds":["5*fixed:10"],` +
		`"decided_by":{"rules":60,"stand-in":0,"cassette":0,"model":0,"person":0},` +
		`"hash":"` + doc.Hash + `","reproducible":true,` +
		`"metrics":{"survival_time":{"mean":12,"n":1},"survival_rate":{"mean":1,"n":1},"gain":{"mean":120,"n":1},` +
		`"efficiency":{"mean":1,"n":1},"equality":{"mean":1,"n":1},"overuse":{"mean":0,"n":1}},"emergence":[],` +
		`"faults":{"crashes":0,"restarts":0,"quarantined":0,"missed":0,"abandoned":0},"messages":`
	if !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s…", got, want)
	}
	if doc.Messages["sent"] == 0 || doc.Messages["sent"] != doc.Messages["handled"] {
		t.Errorf("messages %v", doc.Messages)
	}
	if len(doc.Hash) != 64 {
		t.Errorf("hash %q", doc.Hash)
	}
}

// "decided_by counts actions that reached the world in phases with a choice … with all five keys"; faults and messages
// come from the report.
func TestRunJSONCountsFaults(t *testing.T) {
	got := try(t, "run", "well", "--mind", "2*steady:1", "--mind", "broken", "--json", "--out", "none", "--log-level", "off").ok(t)
	var doc contract
	strict(t, got, &doc)
	if doc.DecidedBy["rules"] != 8 || len(doc.DecidedBy) != 5 {
		t.Errorf("decided by %v, want 2 agents in 4 rounds", doc.DecidedBy)
	}
	if doc.Faults["quarantined"] != 4 || doc.Faults["missed"] != 4 || doc.Faults["crashes"] != 20 || doc.Faults["restarts"] != 20 {
		t.Errorf("faults %v, want one event quarantined per round, after five attempts", doc.Faults)
	}
	if m := doc.Messages; m["sent"] != m["handled"]+m["refused"]+m["dead"]+m["quarantined"] || m["quarantined"] != 4 {
		t.Errorf("messages %v", m)
	}
}

// "The hash changes with the seed, the minds, talk, any parameter that matters; and with nothing else (out directory,
// threads, output form)."
func TestHashChangesWithWhatMattersAndNothingElse(t *testing.T) {
	t.Chdir(t.TempDir())
	base := ordered(t, "--mind", "random:0-20", "--out", "none").Hash
	for _, args := range [][]string{
		{"--out", "here"}, {"--out", "there", "--events"}, {"--out", "none", "--journal", "memory"}, {"--out", "none", "--plain", "--quiet"},
		{"--out", "none", "--agents", "5", "--rounds", "12", "--pace", "rounds", "--set", "talk=true"}, {"--out", "none", "--delay", "1ms"},
		{"--out", "none", "--deadline", "3h", "--tick", "1h"}, {"--out", "none", "--chaos", "agent:20%"}, {"--out", "none", "--mind", "5*random:0-20"},
	} {
		if args[len(args)-1] != "5*random:0-20" {
			args = append(args, "--mind", "random:0-20")
		}
		if got := ordered(t, args...).Hash; got != base {
			t.Errorf("%q gives the hash %s, without it is %s", args, got, base)
		}
	}
	for _, form := range [][]string{{}, {"--plain"}, {"--quiet"}} {
		out := try(t, append(form, "--mind", "random:0-20", "--out", "none")...).ok(t)
		if got := shown(out, "hash"); got != base {
			t.Errorf("%q gives the hash %s, want %s", form, got, base)
		}
	}
	for _, threads := range []int{1, 8} {
		before := runtime.GOMAXPROCS(threads)
		got := ordered(t, "--mind", "random:0-20", "--out", "none").Hash
		runtime.GOMAXPROCS(before)
		if got != base {
			t.Errorf("with %d threads the hash is %s, want %s", threads, got, base)
		}
	}
	seen := map[string]string{base: "the first"}
	for _, args := range []string{"--seed 2", "--mind random:0-21", "--mind 4*random:0-20 --mind greedy", "--set talk=false", "--set split=round-robin",
		"--set initial=90", "--set cap=120", "--set collapse=6", "--set newcomer=greedy@2", "--agents 6", "--rounds 11", "--pace sequential"} {
		words := strings.Fields(args)
		if words[0] != "--mind" {
			words = append(words, "--mind", "random:0-20")
		}
		got := ordered(t, append(words, "--out", "none")...).Hash
		if other, same := seen[got]; same {
			t.Errorf("%s has the hash of %s", args, other)
		}
		seen[got] = args
	}
}

// The command that is shown runs the same again.
func TestRepeatedCommandGivesTheSameHash(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range []string{"", "--seed 3 --rounds 4 --mind 2*fixed:11 --mind random:0-9 --agents 4 --set newcomer=greedy@1 --set talk=false --chaos agent:10%",
		"--runs 3 --pace sequential", "--agents 7"} {
		first := ordered(t, append(strings.Fields(args), "--out", "kept")...)
		var m struct{ Command string }
		read(t, "kept/manifest.json", &m)
		words := strings.Fields(strings.ReplaceAll(m.Command, "'", ""))
		if words[0] != "demo" || words[1] != "run" || strings.Contains(args, "chaos") != strings.Contains(m.Command, " --chaos agent:10%") {
			t.Fatalf("the command is %q", m.Command)
		}
		again := ordered(t, append(words[2:], "--out", "none")...)
		if again.Hash != first.Hash || again.Agents != first.Agents || strings.Join(again.Minds, " ") != strings.Join(first.Minds, " ") {
			t.Errorf("%s\ngives %s, %d agents, %q; the first time %s, %d, %q", m.Command, again.Hash, again.Agents, again.Minds,
				first.Hash, first.Agents, first.Minds)
		}
		must(t, os.RemoveAll("kept"))
	}
}

func TestQuoted(t *testing.T) {
	for arg, want := range map[string]string{"": "''", "--seed": "--seed", "5*fixed:10": "'5*fixed:10'", "it's": `'it'\''s'`, "agent:20%": "agent:20%", "a b": "'a b'"} {
		if got := quoted(arg); got != want {
			t.Errorf("%q is quoted as %s, want %s", arg, got, want)
		}
	}
}

func TestListJSON(t *testing.T) {
	var doc listing
	strict(t, try(t, "list", "--json").ok(t), &doc)
	if len(doc.Scenarios) != 1+len(scenarios) || doc.Scenarios[1].Name != "commons" { // the first is the well
		t.Fatalf("%+v", doc)
	}
	commons := doc.Scenarios[1]
	if commons.Agents != 5 || commons.Rounds != 12 || commons.Pace != "rounds" || len(commons.Metrics) < 6 || len(commons.Minds) < 6 {
		t.Errorf("%+v", commons)
	}
	for _, p := range commons.Parameters {
		if p.Name == "" || p.Doc == "" || p.Range == "" {
			t.Errorf("a parameter without name, sentence or range: %+v", p)
		}
	}
}

func TestVersionJSON(t *testing.T) {
	var doc map[string]string
	strict(t, try(t, "version", "--json").ok(t), &doc)
	if doc["version"] == "" || doc["go"] != runtime.Version() || doc["revision"] == "" || len(doc) != 3 {
		t.Errorf("%v", doc)
	}
	if text := try(t, "version").ok(t); strings.Count(text, "\n") != 1 || !strings.Contains(text, runtime.Version()) {
		t.Errorf("%q", text)
	}
}

// "demo bench NAME --json": one document on stdout, progress on stderr.
func TestBenchJSON(t *testing.T) {
	r := try(t, "bench", "engine", "--json")
	if r.code != exitDone {
		t.Fatalf("exit %d: %s", r.code, r.stderr)
	}
	var doc bench.Report
	strict(t, r.stdout, &doc)
	if doc.Bench != "engine" || len(doc.Results) == 0 || !strings.Contains(r.stderr, "1 of ") {
		t.Errorf("%+v, stderr %q", doc, r.stderr)
	}
	if r := try(t, "bench", "engine"); r.code != exitDone || !strings.Contains(r.stdout, "yardstick") {
		t.Errorf("exit %d: %s", r.code, r.stdout)
	}
}

// read reads a JSON file.
func read(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	must(t, json.NewDecoder(bytes.NewReader(text)).Decode(into))
}

// A benchmark that is interrupted has no result.
func TestInterruptedBench(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	code := newProcess(&stdout, &stderr, "bench", "engine", "--json").run(ctx)
	if code != exitInterrupted || stdout.Len() > 0 || !strings.HasSuffix(stderr.String(), "demo: interrupted\n") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
}
