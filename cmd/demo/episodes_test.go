package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/journal/episode"
)

// "demo episodes DIR [--out FILE]": one line for each percept, the same wherever it goes; nothing else is touched.
func TestEpisodes(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "commons", "--rounds", "3", "--agents", "3", "--seed", "5", "--mind", "sustainable", "--out", "kept").ok(t)
	before := tree(t, "kept")
	out := try(t, "episodes", "kept").ok(t)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) < 9 {
		t.Fatalf("%d lines: %s", len(lines), out)
	}
	rewards := 0
	for _, line := range lines {
		var d episode.Decision
		if err := json.Unmarshal([]byte(line), &d); err != nil || d.Schema != episode.Schema || d.Run != "kept" || d.Scenario != "commons" || d.Seed != "5" {
			t.Fatalf("%s: %v", line, err)
		}
		if d.Reward != nil {
			rewards++
		}
	}
	if rewards != 9 {
		t.Errorf("%d rewards, want one for each of 3 agents in 3 months", rewards)
	}
	try(t, "episodes", "kept", "--out", "lines.jsonl").ok(t)
	if text, err := os.ReadFile("lines.jsonl"); err != nil || string(text) != out {
		t.Errorf("the file has %d bytes, printed were %d: %v", len(text), len(out), err)
	}
	for want, args := range map[string][]string{
		`--out "lines.jsonl" is there already; accepted is a file that is not`: {"episodes", "kept", "--out", "lines.jsonl"},
		`there is no such directory`: {"episodes", "kept", "--out", "none/lines.jsonl"},
		`"none"`:                     {"episodes", "none"},
	} {
		got := try(t, args...)
		if got.code != 2 || !strings.Contains(got.stderr, want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%q: exit %d, %s; want %s", args, got.code, got.stderr, want)
		}
	}
	if after := tree(t, "kept"); !slices.Equal(after, before) {
		t.Errorf("looking at it changed %q to %q", before, after)
	}
}
