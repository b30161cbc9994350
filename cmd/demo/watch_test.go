package main

import (
	"strings"
	"testing"
)

func TestReadWatches(t *testing.T) {
	all, err := readWatches("gini:total, reciprocity")
	if err != nil || len(all) != 2 || all[0].Variable != "total" || all[1].Measure != "reciprocity" {
		t.Errorf("%v, %v", all, err)
	}
	for text, want := range map[string]string{"": "accepted", "gini:": "accepted", "emergence": "accepted is convention, gini", "gini,gini": "twice",
		"gini:a,gini:b,gini:c,gini:d,gini:e,gini:f,gini:g,gini:h,gini:i": "up to 8"} {
		if _, err := readWatches(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What is watched is told beside the run and changes nothing of it; the last round is always among it.
func TestWatchInLines(t *testing.T) {
	t.Chdir(t.TempDir())
	told := try(t, strings.Fields("run commons --out none --plain --watch gini:total,mutual-information:catch,gini:nope")...).ok(t)
	for _, want := range []string{"    watch, round 12: gini:total 0, descriptive, 5 agents in round 12\n", "    watch, round 12: mutual-information:catch ", ", p 1, null circular", `variable "nope"`} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not in\n%s", want, told)
		}
	}
	hash := func(out string) string {
		_, rest, _ := strings.Cut(out, "\nhash ")
		line, _, _ := strings.Cut(rest, "\n")
		return line
	}
	if plain := try(t, "run", "commons", "--out", "none", "--plain").ok(t); hash(plain) != hash(told) || hash(told) == "" || strings.Contains(plain, "watch, round") {
		t.Errorf("watched it is %q, else\n%s", hash(told), plain)
	}
	try(t, "run", "commons", "--json", "--watch", "gini:total").oneLine(t, exitUsage, "--watch")
	try(t, "run", "commons", "--watch", "ginni").oneLine(t, exitUsage, "--watch", "accepted is convention, gini")
}

func TestScenariosRecommendWhatCanBeWatched(t *testing.T) {
	for i := range scenarios {
		if s := &scenarios[i]; len(s.Watch) > 0 {
			if _, err := readWatches(strings.Join(s.Watch, ",")); err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
		}
	}
}
