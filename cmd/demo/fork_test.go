package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// "Fork without a change: same hash"; under whatever pace, by a model, and of a run that was killed.
func TestForkWithoutAChange(t *testing.T) {
	t.Chdir(t.TempDir())
	for i, args := range []string{
		"well --rounds 8 --mind 3*random", "commons --mind 3*covenant --mind 2*random:0-20", "commons --rounds 4 --mind 3*model --mind 2*sustainable",
		"well --rounds 6 --pace sequential --mind 3*random", "commons --pace simulated --rounds 4 --mind 5*random:0-9",
	} {
		of := "kept" + string(rune('a'+i))
		hash := shown(try(t, append([]string{"run", "--plain", "--out", of}, strings.Fields(args)...)...).ok(t), "hash")
		before := contents(t, of)
		out := try(t, "fork", of, "--at", "2", "--out", of+"-2", "--plain").ok(t)
		if shown(out, "hash") != hash || shown(out, "again") != "demo fork "+of+" --at 2" {
			t.Errorf("%s: the hash is %s, want %s; again: %s", args, shown(out, "hash"), hash, shown(out, "again"))
		}
		for _, name := range []string{"rounds.csv", "agents.csv"} {
			if line := parting(fileOf(t, of+"-2/"+name), fileOf(t, of+"/"+name)); line != "" {
				t.Errorf("%s: %s has %s", args, name, line)
			}
		}
		if again := try(t, "replay", of+"-2").ok(t); !strings.HasSuffix(again, "hash "+hash+"\n") {
			t.Errorf("%s: replayed: %s", args, again)
		}
		if contents(t, of) != before {
			t.Errorf("%s: the original was changed", args)
		}
	}
	must(t, os.Remove("kepta/manifest.json"))
	if out := try(t, "fork", "kepta", "--at", "3", "--out", "killed", "--json").ok(t); !strings.Contains(out, `"hash":"`) {
		t.Error(out)
	}
}

func fileOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

// "Fork at month 6 with talk off: same past, different future, both in one report."
func TestForkWithTalkOff(t *testing.T) {
	t.Chdir(t.TempDir())
	out := try(t, "run", "commons", "--mind", "4*covenant", "--mind", "1*reciprocal", "--out", "kept", "--plain").ok(t)
	out2 := try(t, "fork", "kept", "--at", "6", "--set", "talk=false", "--mind", "4*covenant", "--mind", "1*fixed:30", "--out", "quiet", "--plain").ok(t)
	if shown(out, "hash") == shown(out2, "hash") || shown(out2, "reproducible") != "yes" {
		t.Errorf("%s\n%s", out, out2)
	}
	rows, forked := rowsOf(t, "kept/rounds.csv", header(t, "kept/rounds.csv")...), rowsOf(t, "quiet/rounds.csv", header(t, "quiet/rounds.csv")...)
	for i := range 6 {
		if !slices.Equal(rows[i], forked[i]) {
			t.Errorf("month %d is %q, in the fork %q", i+1, rows[i], forked[i])
		}
	}
	if slices.Equal(rows[6], forked[6]) {
		t.Errorf("month 7 is the same: %q", rows[6])
	}
	page, d := reportsOf(t, "quiet")
	f := d.Fork
	if f == nil || f.At != 6 || f.Of != "kept" || f.Hash != shown(out, "hash") || len(f.Metrics) == 0 || len(f.Futures) < 7 || !f.Futures[5].Shared || f.Futures[6].Shared ||
		f.Futures[6].Original["stock"] == f.Futures[6].Fork["stock"] && f.Futures[6].Original["harvest"] == f.Futures[6].Fork["harvest"] {
		t.Fatalf("%+v", f)
	}
	for _, part := range []string{"Two futures", "shared past", "fork: stock", "original: stock", "talk=false", "Up to month 6 both runs are one."} {
		if !strings.Contains(page, part) {
			t.Errorf("%q is not in the report", part)
		}
	}
	if try(t, "report", "quiet").ok(t); fileOf(t, "quiet/report.html")+fileOf(t, "quiet/report.json") != page {
		t.Error("the report differs when it is written again")
	}
	if lines := try(t, "inspect", "quiet", "--actor", "kate").ok(t); !strings.Contains(lines, "did not hear it, forbidden") {
		t.Errorf("%s", lines)
	}
	try(t, "replay", "quiet").ok(t)
	// A fork of the fork, from after it was one, without a change: the same once more.
	if out := try(t, "fork", "quiet", "--at", "7", "--out", "same", "--plain").ok(t); shown(out, "hash") != shown(out2, "hash") {
		t.Errorf("%s, want %s", out, out2)
	}
	// A fork of the fork, from before it was one: talk goes on.
	out = try(t, "fork", "quiet", "--at", "4", "--out", "again", "--plain").ok(t)
	var m struct{ Spec spec }
	if read(t, "again/manifest.json", &m); m.Spec.Hushed || m.Spec.Fork == nil || m.Spec.Fork.Of != "quiet" || m.Spec.Fork.At != 4 {
		t.Errorf("%+v", m.Spec)
	}
	if d.Headline == "" || shown(out, "hash") == "" {
		t.Errorf("%s", out)
	}
}

func header(t *testing.T, path string) []string {
	t.Helper()
	first, _, _ := strings.Cut(fileOf(t, path), "\n")
	return strings.Split(first, ",")
}

// A fork that is killed goes on as a fork, by the command that it was ordered with.
func TestForkThatIsKilled(t *testing.T) {
	s := start(t, "run", "well", "--rounds", "30", "--mind", "3*random", "--quiet", "--out", "kept")
	if _, code := s.exit(t); code != exitDone {
		t.Fatal(s.stderr.String())
	}
	whole := startIn(t, s.dir, "fork", "kept", "--at", "5", "--mind", "2*random", "--mind", "1*steady:1", "--plain", "--out", "whole")
	want, code := whole.exit(t)
	if code != exitDone {
		t.Fatal(whole.stderr.String())
	}
	k := startIn(t, s.dir, "fork", "kept", "--at", "5", "--mind", "2*random", "--mind", "1*steady:1", "--plain", "--delay", "5ms", "--out", "killed")
	k.until(t, "round 9 ")
	must(t, k.Process.Kill())
	k.exit(t)
	r := startIn(t, s.dir, "run", "--resume", "killed", "--plain")
	got, code := r.exit(t)
	if line := parting(got, strings.ReplaceAll(want, "whole", "killed")); code != exitDone || line != "" {
		t.Errorf("exit %d, %s, %s", code, line, r.stderr.String())
	}
	same(t, "a fork that was killed", outcomeOf(t, filepath.Join(s.dir, "killed")), outcomeOf(t, filepath.Join(s.dir, "whole")))
}

// What cannot be forked is said in one line, and nothing is left.
func TestBadForks(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--quiet", "--out", "kept").ok(t)
	try(t, "run", "commons", "--rounds", "2", "--quiet", "--out", "lake").ok(t)
	try(t, "run", "well", "--quiet", "--out", "forgot", "--journal", "none").ok(t)
	must(t, os.Mkdir("full", 0o777), os.WriteFile("full/file", nil, 0o666))
	before := contents(t, ".")
	for _, c := range []struct {
		args, names string
	}{
		{"kept", "missing flags: --at"},
		{"kept --at 0", `--at: "0"; accepted is a whole number from 1`},
		{"kept --at -3", `--at: "-3"; accepted`},
		{"kept --at 5", `--at 5: "kept" has 4 rounds; accepted is 1 to 4`},
		{"kept --at 2 --rounds 1", "--rounds 1 with --at 2; accepted are at least as many as are shared"},
		{"kept --at 2 --mind stready:1", `unknown mind "stready"`},
		{"kept --at 2 --mind 2*steady:1", "the counts sum to 2, the agents are 3"},
		{"kept --at 2 --set litre=3", `unknown parameter "litre", did you mean "litres"?`},
		{"kept --at 2 --set litres=many", `parameter litres is "many"`},
		{"kept --at 2 --out none", "--out none; accepted is a directory for the fork"},
		{"kept --at 2 --out full", `--out "full": it is not empty`},
		{"kept --at 2 --out kept/new", `kept, where a run is kept; accepted is a new or empty directory that can be written`},
		{"kept --at 2 --out kept/new/below", `--out "kept/new/below": it is within `},
		{"kept --at 2 --pace rounds", "unknown flag --pace"},
		{"lake --at 1 --set utterances=3 --out new", `fork lake --at 1: the world to go on in has the phases ["propose" "reply" "discuss-3" "harvest"]`},
		{"kept --at 2 --journal none", "--journal none; accepted are sqlite and postgres:DSN"},
		{"forgot --at 2", `"forgot": its turns were not kept (--journal none)`},
		{"nowhere --at 2", `"nowhere": accepted is the directory of a kept run`},
	} {
		try(t, append([]string{"fork"}, strings.Fields(c.args)...)...).oneLine(t, exitUsage, c.names)
		if contents(t, ".") != before {
			t.Errorf("%s: something was changed", c.args)
		}
	}
	var doc result
	strict(t, try(t, "fork", "kept", "--at", "2", "--json").ok(t), &doc)
	text, err := json.Marshal(doc.Metrics)
	must(t, err)
	if doc.Dir == "" || !strings.Contains(string(text), "level") {
		t.Errorf("%+v", doc)
	}
}
