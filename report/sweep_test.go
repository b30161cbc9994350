package report_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis/report"
)

// swept is the directory of a sweep: two arms, two parameters, three seeds; arm is the name of the second.
func swept(t testing.TB, arm string) string {
	t.Helper()
	dir := t.TempDir()
	cells, rows := []obj{}, "run,arm,depth,kind,seed,hash,rounds,frogs,milestone dry\n"
	for k, name := range []string{"talk", arm} {
		for _, depth := range []int{10, 2} {
			for _, kind := range []string{"wide", "deep"} {
				mean := float64(10*k + depth)
				cells = append(cells, obj{"title": fmt.Sprintf("%s, depth=%d, kind=%s", name, depth, kind), "arm": name, "parameters": obj{"depth": fmt.Sprint(depth), "kind": kind}, "runs": 3,
					"metrics": []obj{{"name": "frogs_left", "mean": mean, "sd": 1, "n": 3, "ci": []float64{mean - 1.5, mean + 1.25}}}})
				for seed := 1; seed <= 3; seed++ {
					dry := fmt.Sprint(seed + depth)
					if seed == 3 {
						dry = ""
					}
					rows += fmt.Sprintf("1,\"%s\",%d,%s,%d,,20,%g,%s\n", strings.ReplaceAll(name, `"`, `""`), depth, kind, seed, mean, dry)
				}
			}
		}
	}
	finding := func(hypothesis string, before, supported bool, e obj) obj {
		delete(e, "question")
		return obj{"hypothesis": hypothesis, "cell": "talk, depth=2", "against": arm, "named_before": before, "test": "across runs: one value of each, permuted between the arms", "threshold": 0.05,
			"supported": supported, "estimate": e, "pattern": "not shown"}
	}
	bare := answered("", 0.8125, 0.5, 0.5)
	delete(bare, "null")
	write(t, filepath.Join(dir, "manifest.json"), obj{"scenario": "pond", "status": "done", "command": "demo sweep x", "decided_words": "decided by rules, no language model", "runs": 24, "done": 24,
		"seeds": obj{"first": 1, "count": 3}, "hash": strings.Repeat("0a", 32), "reproducible": true, "cells": cells,
		"hypotheses": []obj{finding("talk helps", true, true, answered("", 0.5, 0.001, 0.002)), finding("it is <b>so</b>", false, true, answered("", 0.4, 0.001, 0.002)), finding("no null", true, true, bare)}})
	must(t, os.WriteFile(filepath.Join(dir, "runs.csv"), []byte(rows), 0o666), os.WriteFile(filepath.Join(dir, "sweep.yaml"), []byte("scenario: pond\n"), 0o666))
	return dir
}

// "Sweep curves: x = parameter, y = metric mean with interval, a line for each arm; hypotheses; survival curves."
func TestSweepPage(t *testing.T) {
	dir := swept(t, "cut")
	s, err := report.SaveSweep(dir)
	must(t, err)
	all := both(t, dir)
	if s.Headline != "Pond: 24 of 24 runs came to their own end, in 8 cells of 3 seeds each. Of 2 tests named before the first run 1 is supported against the null, after correction. Decided by rules, no language model." {
		t.Error(s.Headline)
	}
	for _, part := range []string{"talk helps (talk, depth=2)", "supported, threshold 0.05</bdi>", "named before the first run", "looked at after the runs", "not tested, threshold", "permuted between the arms",
		"surrogate null circular, 999 surrogates", "it is &lt;b&gt;so&lt;/b&gt;", ">[8.5, 11.25]</td>", "intervals say little", "<span>demo sweep x</span>", "Not yet: dry", "no number is given: it was held against no null"} {
		if !strings.Contains(all, part) {
			t.Errorf("there is no %q", part)
		}
	}
	if strings.Contains(all, "0.8125") || strings.Contains(strings.ToLower(all), "emergen") {
		t.Error("a number stands without its null, or is called emergent")
	}
	p := s.Curves[0]
	if len(s.Curves) != 1 || p.X != "depth" || len(p.Panels) != 2 || p.Panels[0].Name != "kind=wide" || len(p.Panels[0].Lines) != 2 {
		t.Fatalf("%+v", s.Curves)
	}
	if l := p.Panels[1].Lines[1]; l.Name != "cut" || fmt.Sprint(l.X, l.Y, l.Low, l.High, l.N) != "[2 10] [12 20] [10.5 18.5] [13.25 21.25] [3 3]" {
		t.Errorf("%+v", l)
	}
	// Of three runs one came to it in round 3, one in round 4, and one was censored in round 20.
	panel := s.Survival[0].Panels[2]
	if l := panel.Lines[0]; panel.Name != "depth=2, kind=wide" || fmt.Sprintf("%.3f", l.Y) != "[1.000 0.667 0.333 0.333]" || fmt.Sprint(l.X) != "[0 3 4 20]" || l.Low[1] > l.Y[1] || l.High[1] < l.Y[1] {
		t.Errorf("%+v", panel)
	}
	if len(s.Held[0].Panels) != 2 || s.Held[0].Panels[0].Held.Value != 0.5 {
		t.Errorf("%+v", s.Held)
	}
	again, err := report.SaveSweep(dir)
	must(t, err)
	if both(t, dir) != all || again.Headline != s.Headline {
		t.Error("it differs when it is written again")
	}
	var data obj
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	must(t, err, json.Unmarshal(text, &data))
	if data["schema"] != "polis.sweep/1" || len(data["curves"].([]any)) != 1 {
		t.Errorf("%.300s", text)
	}
}

// What is damaged is named in a line with its file, and nothing is written.
func TestBadSweep(t *testing.T) {
	for _, c := range []struct{ file, old, now, want string }{
		{"manifest.json", `"done":24`, `"done":25`, "accepted are counts that add up"},
		{"manifest.json", `"scenario":"pond"`, `"scenario":""`, "accepted is the name of one"},
		{"manifest.json", `"n":3`, `"n":-3`, "accepted are counts and deviations from 0"},
		{"manifest.json", `"p":0.001`, `"p":7`, "p and q from 0 to 1"},
		{"manifest.json", `{`, `[`, "damaged"},
		{"runs.csv", "run,arm", "arm,run", "line 1: the columns are"},
		{"runs.csv", "20,10,11", "x,10,y", `"milestone dry" is "y"; accepted is a round`},
	} {
		dir := swept(t, "cut")
		edit(t, filepath.Join(dir, c.file), c.old, c.now)
		if _, err := report.SaveSweep(dir); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.file) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.now, err, c.want)
		}
		if _, err := os.Stat(filepath.Join(dir, "report.html")); !errors.Is(err, os.ErrNotExist) {
			t.Error("a page was written")
		}
	}
	if _, err := report.SaveSweep(lake(t)); !errors.Is(err, report.ErrNoSweep) {
		t.Error(err)
	}
}

// Names of arms may be anything.
func TestHostileSweep(t *testing.T) {
	for _, arm := range []string{nasty[0], nasty[1], nasty[3]} {
		dir := swept(t, arm)
		_, err := report.SaveSweep(dir)
		must(t, err)
		text, err := os.ReadFile(filepath.Join(dir, "report.html"))
		must(t, err)
		for _, tag := range []string{"<script", "<img", "<svg onload", "\u202e", "\u2066"} {
			if strings.Contains(string(text), tag) {
				t.Errorf("there is %q on the page", tag)
			}
		}
	}
}
