package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/experiment"
)

const wells = `
scenario: well
seeds: {count: 3}
parameters:
  litres: [40, 60]
arms:
  - name: steady
    minds: [3*steady:3]
  - name: random
    minds: [random]
    settings: {talk: false}
`

// inSweep writes a file into a directory that is then the present one.
func inSweep(t *testing.T, text string) {
	t.Helper()
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("wells.yaml", []byte(text), 0o666))
}

// sweepFiles are the files of a kept sweep whose content does not depend on when and how it was run.
func sweepFiles(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range []string{"sweep.yaml", "runs.csv", "summary.csv", "hypotheses.csv", "hypotheses.json", "failed.csv"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "== %s\n%s", name, text)
	}
	return all.String()
}

// "Output: DIR/sweep.yaml (copy), runs.csv (tidy: run, arm, each parameter, seed, hash, each metric), summary.csv, manifest.
// `--json` prints one document."
func TestSweep(t *testing.T) {
	inSweep(t, wells)
	out := try(t, "sweep", "wells.yaml", "--out", "kept", "--json").ok(t)
	var d experiment.Document
	must(t, json.Unmarshal([]byte(out), &d))
	if d.Runs != 12 || d.Done != 12 || d.Dir != "kept" || len(d.Cells) != 4 || d.Hash == "" || !d.Repeats || d.Decided["rules"] != 12*3*4 {
		t.Error(out)
	}
	c := d.Cells[1]
	if c.Title != "steady, litres=60" || c.Parameters["litres"] != "60" || c.Metrics[0].Name != "level" || c.Metrics[0].Mean != 60-4*9+4*5 || c.Metrics[0].N != 3 {
		t.Errorf("%+v", c)
	}
	rows := rowsOf(t, "kept/runs.csv", "run", "arm", "litres", "seed", "hash", "rounds", "level", "defined_for_odd_seeds", "extra")
	if len(rows) != 12 || strings.Join(rows[4][:4], " ") != "5 steady 60 2" || rows[4][6] != "44" {
		t.Errorf("%q", rows)
	}
	// A run of a sweep is the run of the command line.
	one := try(t, "run", "well", "--mind", "random", "--set", "litres=60", "--set", "talk=false", "--seed", "3", "--out", "none", "--json").ok(t)
	if hash := rows[11][4]; !strings.Contains(one, `"hash":"`+hash+`"`) {
		t.Errorf("run 12 has hash %s, alone it is %s", hash, one)
	}
	var m sweepManifest
	read(t, "kept/manifest.json", &m)
	if m.Status != "done" || m.Command != "demo sweep kept/sweep.yaml" || m.Decided != "decided by rules, no language model" || m.Document == nil || m.Hash != d.Hash {
		t.Errorf("%+v", m)
	}
	again := try(t, "sweep", "kept/sweep.yaml", "--out", "again", "--parallel", "1").ok(t)
	if sweepFiles(t, "again") != sweepFiles(t, "kept") || shown(again, "hash") != d.Hash {
		t.Errorf("%s\n%s", sweepFiles(t, "again"), again)
	}
	if text := try(t, "sweep", "wells.yaml", "--out", "none").ok(t); shown(text, "hash") != d.Hash || strings.Contains(text, "kept") {
		t.Error(text)
	}
	for _, path := range tree(t, ".") {
		if strings.HasSuffix(path, ".partial") {
			t.Errorf("%s is left", path)
		}
	}
}

// "failed runs kept apart (failed.csv with the error; the sweep goes on; exit 1 at the end if any failed)"
func TestSweepKeepsFailedRunsApart(t *testing.T) {
	inSweep(t, wells)
	failing := well
	failing.Measure = func(r *polis.Report) map[string]float64 {
		if w := r.World.(*Well); w.Litres == 24 && w.Drawn["ada"] == 12 {
			panic("it is dark")
		}
		return well.Measure(r)
	}
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, &stderr, "sweep", "wells.yaml", "--out", "kept")
	p.scenarios = []polis.Scenario{failing}
	if code := p.run(t.Context()); code != exitFailed || stderr.String() != "demo: 3 of 12 runs failed, the first: internal error: it is dark\n" ||
		!strings.Contains(stdout.String(), "3 runs failed and are left out") || !strings.Contains(stdout.String(), "steady, litres=40  no run has come to its end") {
		t.Errorf("exit %d, stderr %q\n%s", code, stderr.String(), stdout.String())
	}
	if rows := rowsOf(t, "kept/failed.csv", "run", "arm", "litres", "seed", "error"); len(rows) != 3 || strings.Join(rows[2], " ") != "3 steady 40 3 internal error: it is dark" {
		t.Errorf("%q", rows)
	}
	var m sweepManifest
	read(t, "kept/manifest.json", &m)
	if m.Status != "failed" || m.Failed != 3 || m.Done != 9 || len(m.Failures) != 3 || m.Hash != "" {
		t.Errorf("%+v", m.Document)
	}
	// Once it is mended only they are run again, and nothing is left of the failure.
	try(t, "sweep", "wells.yaml", "--out", "kept", "--resume").ok(t)
	try(t, "sweep", "wells.yaml", "--out", "whole").ok(t)
	if sweepFiles(t, "kept") != sweepFiles(t, "whole") {
		t.Error(sweepFiles(t, "kept"))
	}
}

// "resume after kill -9 in the middle (the same summary as an undisturbed sweep)"
func TestSweepIsResumedAfterAKill(t *testing.T) {
	inSweep(t, strings.Replace(wells, "[random]", "[deadly]", 1))
	try(t, "sweep", "wells.yaml", "--out", "whole").ok(t)
	dir, err := os.Getwd()
	must(t, err, os.WriteFile("armed", nil, 0o666))
	s := startProgram(t, dir, "demo", "sweep", "wells.yaml", "--out", "kept", "--parallel", "1")
	if _, code := s.exit(t); code == exitDone || there("kept/manifest.json") || there("armed") {
		t.Fatalf("exit %d: %s", code, s.stderr.String())
	}
	log := func() string {
		text, err := os.ReadFile("kept/runs.jsonl")
		must(t, err)
		return string(text)
	}
	before := log()
	if n := strings.Count(before, "\n"); n != 6 {
		t.Fatalf("it was killed after %d runs", n)
	}
	must(t, os.WriteFile("kept/runs.jsonl", []byte(before+`{"run":7,"sp`), 0o666)) // as if it were killed while it wrote
	try(t, "sweep", "wells.yaml", "--out", "kept").oneLine(t, exitUsage, "is not empty", "there is runs.jsonl")
	try(t, "sweep", "wells.yaml", "--out", "kept", "--resume").ok(t)
	if sweepFiles(t, "kept") != sweepFiles(t, "whole") {
		t.Error("it differs from an undisturbed one")
	}
	if after := log(); strings.Count(after, "\n") != 12 || !strings.HasPrefix(after, before) {
		t.Errorf("what was finished was run again: %s", after)
	}
}

// "SIGINT keeps what ran (130)", and "progress with estimate of time left on stderr".
func TestSweepIsInterrupted(t *testing.T) {
	inSweep(t, strings.Replace(wells, "count: 3", "count: 100000", 1))
	ctx, cancel := context.WithCancel(t.Context())
	var stdout bytes.Buffer
	stderr := &trigger{text: "9 of 400000 runs, about ", call: cancel}
	p := newProcess(&stdout, stderr, "sweep", "wells.yaml", "--out", "kept", "--json", "--parallel", "1")
	p.now = newClock(10 * time.Second)
	code := p.run(ctx)
	var d experiment.Document
	must(t, json.Unmarshal(stdout.Bytes(), &d))
	if code != exitInterrupted || !d.Interrupted || d.Done < 9 || d.Done > 1000 || d.Hash != "" {
		t.Errorf("exit %d: %.300s", code, stdout.String())
	}
	var m sweepManifest
	read(t, "kept/manifest.json", &m)
	if rows := rowsOf(t, "kept/runs.csv", header(t, "kept/runs.csv")...); m.Status != "interrupted" || len(rows) != d.Done {
		t.Errorf("%d rows, %+v", len(rows), m.Status)
	}
}

// What is wrong with a sweep is found out before the first run, and nothing is made.
func TestBadSweep(t *testing.T) {
	inSweep(t, wells)
	for _, c := range []struct{ old, now, want string }{
		{"scenario: well", "scenario: wel", `unknown scenario "wel", did you mean "well"?`},
		{"litres: [40, 60]", "litres: [40, 6000]", `arm "steady": parameter litres is "6000"; accepted is a number from 0 to 1000`},
		{"litres: [40, 60]", "litre: [40, 60]", `arm "steady": unknown parameter "litre", did you mean "litres"?`},
		{"steady:3", "stedy:3", `arm "steady": unknown mind "stedy"; accepted: steady:N, random`},
		{"3*steady:3", "9*steady:3", "9 agents; accepted are 5 at most"},
		{"    settings", "    null: channel-cut\n    settings", `arm "random": null "channel-cut"; well offers none`},
		{"    settings", "    model: gpt\n    settings", `arm "random": --model "gpt"; accepted are builtin`},
		{"    settings", "    model: openai:x@http://127.0.0.1:1/v1\n    settings", "no agent asks a model"},
		{"seeds: {count: 3}", "seeds: {count: 3}\npace: slow", `pace "slow"`},
		{"parameters", "parametres", `wells.yaml: line 4: unknown key "parametres" in a sweep; accepted are agents, arms`},
	} {
		text := strings.Replace(wells, c.old, c.now, 1)
		must(t, os.WriteFile("bad.yaml", []byte(text), 0o666))
		before := len(tree(t, "."))
		try(t, "sweep", "bad.yaml", "--out", "bad").oneLine(t, exitUsage, strings.TrimPrefix(c.want, "wells.yaml: "))
		if n := len(tree(t, ".")); n != before {
			t.Errorf("%s: something was made: %q", c.now, tree(t, "."))
		}
	}
	try(t, "sweep", "none.yaml").oneLine(t, exitUsage, `sweep "none.yaml": no such file or directory; accepted is a file`)
	try(t, "sweep", ".").oneLine(t, exitUsage, `sweep "."`)
	try(t, "sweep", "wells.yaml", "--resume").oneLine(t, exitUsage, "--resume: accepted is with the --out DIR")
	try(t, "sweep", "wells.yaml", "--resume", "--out", "nowhere").oneLine(t, exitUsage, "accepted is the directory of a sweep, which holds a sweep.yaml")
	try(t, "sweep", "wells.yaml", "--out", "kept").ok(t)
	must(t, os.WriteFile("wells.yaml", []byte(strings.Replace(wells, "count: 3", "count: 4", 1)), 0o666))
	try(t, "sweep", "wells.yaml", "--resume", "--out", "kept").oneLine(t, exitUsage, "the file has changed since", "seeds was {1 3} and is {1 4}")
}

// A stand-in may decide in an arm, and is told as what it is.
func TestSweepWithAStandIn(t *testing.T) {
	inSweep(t, "scenario: commons\nrounds: 2\nseeds: {count: 2}\nsettings: {talk: false}\narms:\n  - {name: rules, minds: [sustainable]}\n  - {name: model, minds: [model]}\n")
	out := try(t, "sweep", "wells.yaml", "--out", "kept").ok(t)
	if !strings.Contains(out, "decided by a stand-in, rules, no language model") {
		t.Error(out)
	}
	if again := try(t, "sweep", "wells.yaml", "--out", "again").ok(t); shown(again, "hash") != shown(out, "hash") {
		t.Error(again)
	}
}

// "a study: hypotheses named BEFORE data", told with null, interval and sample size; one that is added is marked.
func TestSweepStudy(t *testing.T) {
	text := fileOf(t, "../../examples/sweep/sweep.yaml")
	inSweep(t, text)
	out := try(t, "sweep", "wells.yaml", "--out", "kept").ok(t)
	for _, want := range []string{
		"\nit answers (remembers): supported\n  within runs: each against its own surrogates", "\nnobody answers it (remembers): not supported\n",
		"\nmemory pays (remembers): supported\n  across runs: one value of each, permuted between the arms\n  score.TFT 219.", ", 12 runs; simulation null forgets (memory-off): ",
		", n = 12\n  p 1e-05, corrected 3e-05, threshold 0.05; effect ", "transfer-entropy 0.9867 bit (95 %: ", ", 12 runs; surrogate null block: 0.0",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if told := try(t, "report", "kept").ok(t); !strings.HasPrefix(told, "Dilemma: 24 of 24 runs came to their own end, in 2 cells of 12 seeds each. Of 4 tests named before the first run 3 are supported") &&
		!strings.HasPrefix(told, "Dilemma: 24 of 24 runs came to their own end, in 2 cells of 12 seeds each. Of 4 tests named before the first run 2 are supported") || !there("kept/report.html") {
		t.Error(told)
	}
	must(t, os.WriteFile("wells.yaml", []byte(text+"    - {name: they agree, metric: cooperation, against: forgets}\n"), 0o666))
	out = try(t, "sweep", "wells.yaml", "--out", "kept", "--resume").ok(t)
	if !strings.Contains(out, "\nthey agree (remembers), looked at after the runs: ") {
		t.Error(out)
	}
	var fs []experiment.Finding
	read(t, "kept/hypotheses.json", &fs)
	if n := len(fs); n != 5 || !fs[0].NamedBefore || fs[n-1].NamedBefore || fs[n-1].Pattern != experiment.NotShown {
		t.Errorf("%+v", fs)
	}
	if rows := rowsOf(t, "kept/hypotheses.csv", header(t, "kept/hypotheses.csv")...); len(rows) != 5 || rows[4][3] != "false" {
		t.Errorf("%q", rows)
	}
	// The command of the manifest tells the same again.
	var m sweepManifest
	read(t, "kept/manifest.json", &m)
	told := sweepFiles(t, "kept")
	try(t, strings.Fields(strings.TrimPrefix(m.Command, "demo "))...).ok(t)
	if m.Command != "demo sweep kept/sweep.yaml --out kept --resume" || sweepFiles(t, "kept") != told {
		t.Errorf("%s tells\n%s", m.Command, sweepFiles(t, "kept"))
	}
	must(t, os.WriteFile("wells.yaml", []byte(strings.Replace(text, "memory pays", "memory costs", 1)), 0o666))
	try(t, "sweep", "wells.yaml", "--out", "kept", "--resume").oneLine(t, exitUsage, `hypothesis "memory pays" is gone`)
}
