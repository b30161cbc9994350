package report_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/report"
)

// files of a directory, by name.
func files(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func both(t testing.TB, dir string) string {
	t.Helper()
	html, err := os.ReadFile(filepath.Join(dir, "report.html"))
	must(t, err)
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	must(t, err)
	return string(html) + string(data)
}

// "demo report DIR writes both again from what is kept, byte-identical to the first ones": also elsewhere, and over what
// an earlier attempt has left.
func TestSameDirectorySameBytes(t *testing.T) {
	for name, dir := range pages(t) {
		saved(t, dir)
		first, there := both(t, dir), files(t, dir)
		must(t, os.WriteFile(filepath.Join(dir, "report.html.partial"), []byte("half"), 0o666))
		saved(t, dir)
		if both(t, dir) != first || files(t, dir) != there {
			t.Errorf("%s: the second report differs, or left something: %s", name, files(t, dir))
		}
		moved := filepath.Join(t.TempDir(), "moved")
		must(t, os.CopyFS(moved, os.DirFS(dir)))
		saved(t, moved)
		if both(t, moved) != first {
			t.Errorf("%s: the report differs in another place", name)
		}
	}
}

// "Bad DIR or damaged files: one line naming file and problem; nothing half-written."
func TestDamage(t *testing.T) {
	set := func(name string, value any) func(testing.TB, string) {
		return func(t testing.TB, dir string) { amend(t, dir, func(m obj) { m[name] = value }) }
	}
	swap := func(file, old, now string) func(testing.TB, string) {
		return func(t testing.TB, dir string) { edit(t, filepath.Join(dir, file), old, now) }
	}
	remove := func(file string) func(testing.TB, string) {
		return func(t testing.TB, dir string) { must(t, os.Remove(filepath.Join(dir, file))) }
	}
	cutBy := func(file string, n int64) func(testing.TB, string) {
		return func(t testing.TB, dir string) {
			s, err := os.Stat(filepath.Join(dir, file))
			must(t, err, os.Truncate(filepath.Join(dir, file), s.Size()-n))
		}
	}
	many := make([]any, 401)
	for i := range many {
		many[i] = obj{"round": 1}
	}
	for _, c := range []struct {
		damage func(testing.TB, string)
		says   string
	}{
		{swap("manifest.json", "{", "["), "manifest.json: damaged: "},
		{swap("manifest.json", `"seeds"`, `"seeds`), "manifest.json: damaged: "},
		{swap("manifest.json", `"agents": 5`, `"agents": "five"`), "manifest.json: damaged: "},
		{set("scenario", ""), `manifest.json: scenario ""; accepted is the name of one`},
		{set("status", "fine"), `manifest.json: status "fine"; accepted is done, interrupted or failed`},
		{set("runs", 0), "manifest.json: runs 0; accepted is 1 or more"},
		{set("runs", -5), "manifest.json: runs -5; accepted is 1 or more"},
		{set("agents", -5), "manifest.json: agents -5; accepted is 0 or more"},
		{set("rounds", -1), "manifest.json: rounds -1; accepted is 0 or more"},
		{set("rounds_played", -1), "manifest.json: rounds_played -1; accepted is 0 or more"},
		{set("rounds_ordered", -1), "manifest.json: rounds_ordered -1; accepted is 0 or more"},
		{set("agents", "five"), `manifest.json: damaged: "agents" is a string, which cannot be`},
		{set("scenario", "l\u202eake"), `manifest.json: scenario "l\u202eake"; accepted is a name of at most 100 bytes that can all be printed`},
		{set("scenario", "a\nb"), `manifest.json: scenario "a\nb"; accepted is a name`},
		{set("scenario", strings.Repeat("é", 50)+"x"), `manifest.json: scenario "éé`},
		{set("metrics", obj{"m": obj{"n": 1}}), `manifest.json: damaged: metric "m" has no mean`},
		{swap("agents.csv", ",rules\n1,1,10,Luke", "\n1,1,10,Luke"), "wrong number of fields"},
		{cutBy("agents.csv", 1), "agents.csv: its last line is cut"},
		{cutBy("agents.csv", 3), "agents.csv: its last line is cut"},
		{cutBy("rounds.csv", 1), "rounds.csv: its last line is cut"},
		{set("seeds", []int{1, 2}), "manifest.json: seeds 2; accepted is at most one for each of 1 runs"},
		{set("hash", "abc"), `manifest.json: hash "abc"; accepted is 64 hexadecimal digits`},
		{set("hash", strings.Repeat("X", 64)), "accepted is 64 hexadecimal digits"},
		{set("metrics", []int{}), "manifest.json: damaged: metrics are not an object"},
		{set("metrics", obj{"m": obj{"mean": 1, "n": 2}}), "manifest.json: metric \"m\": 2; accepted"},
		{set("metrics", obj{"m": obj{"mean": 1, "n": 1, "sd": -1}}), "manifest.json: metric \"m\""},
		{set("record", obj{"said": obj{"items": many}}), "manifest.json: record: of said there are 401, 0 left out at 0; accepted are lists of at most 400 entries"},
		{set("record", obj{"said": obj{"items": []any{}, "left_out": 3, "gap_at": 1}}), "manifest.json: record"},
		{set("record", obj{"marked": obj{"items": []any{}, "left_out": -3}}), "manifest.json: record"},
		{set("rounds_played", 12), "rounds.csv: it has 10 rounds, but "},
		{remove("rounds.csv"), "rounds.csv: it is not there"},
		{remove("agents.csv"), "agents.csv: it is not there"},
		{swap("rounds.csv", "run,seed,round", "run,seed,month"), "rounds.csv: line 1: the columns are "},
		{swap("agents.csv", ",decided_by", ""), "agents.csv: line 1: the columns are "},
		{swap("agents.csv", "\n1,1,1,Emma,", "\n1,1,1,Emma,7,"), "agents.csv: record on line 2: wrong number of fields"},
		{swap("rounds.csv", "\n1,1,2,94", "\n1,1,2,many"), `rounds.csv: line 3: cell "many"; accepted is a finite number, or nothing`},
		{swap("rounds.csv", "\n1,1,2,94", "\n1,1,2,NaN"), `rounds.csv: line 3: cell "NaN"; accepted`},
		{swap("rounds.csv", "\n1,1,2,94", "\n1,1,2,1e999"), `rounds.csv: line 3: cell "1e999"; accepted`},
		{swap("rounds.csv", "\n1,1,2,94", "\n1,1,2,-Inf"), `rounds.csv: line 3: cell "-Inf"; accepted`},
		{swap("rounds.csv", "\n1,1,2,94", "\n1,1,0,94"), `rounds.csv: line 3: round "0"; accepted is a number from 1`},
		{swap("rounds.csv", "\n1,1,2,94", "\n1,1,two,94"), `rounds.csv: line 3: round "two"; accepted`},
		{swap("rounds.csv", "\n1,1,3,88", "\n1,1,1,88"), `rounds.csv: line 4: round 1 comes after round 2`},
		{swap("rounds.csv", "\n1,1,3,88", "\n1,1,3,\"88"), `rounds.csv: `},
		{func(t testing.TB, dir string) { must(t, os.Truncate(filepath.Join(dir, "agents.csv"), 0)) }, "agents.csv: it is empty"},
	} {
		dir := lake(t)
		c.damage(t, dir)
		before := files(t, dir)
		_, err := report.Save(dir, known)
		if err == nil || errors.Is(err, report.ErrNoRun) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want %q with the file, got %v", c.says, err)
		}
		if after := files(t, dir); after != before {
			t.Errorf("%q: there is %s now, there was %s", c.says, after, before)
		}
	}
}

// "Of each text 2 KiB", whatever a manifest holds.
func TestTextsAreCutWhenRead(t *testing.T) {
	dir, long := lake(t), strings.Repeat("x", 3*report.MaxText)
	amend(t, dir, func(m obj) {
		m["error"] = long
		m["record"] = obj{
			"said":          obj{"items": []any{obj{"round": 1, "from": long, "to": []string{long}, "act": long, "text": long, "phase": long, "language": long}}},
			"incidents":     obj{"items": []any{obj{"round": 1, "who": long, "what": long, "at": long, "then": long, "why": long}}},
			"marked":        obj{"items": []any{obj{"round": 1, "who": long, "mark": long, "phase": long, "why": long}}},
			"interventions": obj{"items": []any{obj{"round": 1, "who": long, "what": long}}},
		}
	})
	_, d := saved(t, dir)
	if strings.Contains(both(t, dir), long[:report.MaxText+1]) || len(d.Said.Items[0].Text) != report.MaxText || d.Said.Items[0].More != 2*report.MaxText {
		t.Errorf("%d bytes are kept, %d are more", len(d.Said.Items[0].Text), d.Said.Items[0].More)
	}
}

func TestDamageAmongSeveralRuns(t *testing.T) {
	for _, c := range []struct {
		damage func(dir string)
		says   string
	}{
		{func(dir string) { must(t, os.Remove(dir+"/seed-2/manifest.json")) }, "seed-2/manifest.json: it is not there, but "},
		{func(dir string) { amend(t, dir+"/seed-2", func(m obj) { m["seed"] = 5 }) }, "seed-2/manifest.json: it is of another run: 1 of pond from seed 5"},
		{func(dir string) { amend(t, dir+"/seed-2", func(m obj) { m["scenario"] = "lake" }) }, "seed-2/manifest.json: it is of another run"},
		{func(dir string) { edit(t, dir+"/seed-3/rounds.csv", "\n3,3,2,", "\n3,3,2,x") }, "seed-3/rounds.csv: line 3: cell "},
		{func(dir string) { must(t, os.Remove(dir+"/seed-3/rounds.csv")) }, "seed-3/rounds.csv: it is not there"},
	} {
		dir := ponds(t, 3, 2)
		c.damage(dir)
		if _, err := report.Save(dir, known); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("want %q, got %v", c.says, err)
		}
	}
}

func TestNoRun(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(dir+"/file", nil, 0o666))
	for _, name := range []string{dir, dir + "/nowhere", dir + "/file"} {
		if _, err := report.Save(name, known); !errors.Is(err, report.ErrNoRun) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if files(t, dir) != "file" {
		t.Errorf("left %s", files(t, dir))
	}
}

// A run that was cut off may lack what it never wrote.
func TestCutOffRunsHaveReports(t *testing.T) {
	dir := lake(t)
	amend(t, dir, func(m obj) {
		m["status"], m["metrics"], m["rounds_played"], m["reproducible"] = "interrupted", obj{}, 11, false
	})
	text, d := saved(t, dir)
	if d.Headline != "The run was interrupted after 11 months. Decided by rules, no language model." || len(d.Plots) == 0 || !strings.Contains(text, "this is what ran") {
		t.Errorf("%q, %d plots", d.Headline, len(d.Plots))
	}
	must(t, os.Remove(dir+"/rounds.csv"), os.Remove(dir+"/agents.csv"))
	amend(t, dir, func(m obj) { m["status"], m["error"], m["rounds_played"] = "failed", "the lake is on fire", 1 })
	if _, d = saved(t, dir); d.Headline != "The run failed after 1 month: the lake is on fire. Decided by rules, no language model." || len(d.Plots) != 0 {
		t.Errorf("%q, %d plots", d.Headline, len(d.Plots))
	}
	// Of several runs those count that came to their end.
	several := ponds(t, 4, 2)
	amend(t, several+"/seed-4", func(m obj) { m["status"], m["rounds_played"] = "interrupted", 3 })
	amend(t, several, func(m obj) { m["status"], m["runs"] = "interrupted", 10 })
	if _, d = saved(t, several); d.Whole != 3 || !strings.Contains(d.Headline, "ran 3 times, for 18 to 20 rounds") || !strings.Contains(d.Headline, "It was interrupted when 3 of 10 runs had come to their end.") {
		t.Errorf("%d whole, %q", d.Whole, d.Headline)
	}
	if n := d.Plots[0].Panels[0].Lines[0].N[0]; n != 3 {
		t.Errorf("the mean is of %d runs, want the 3 that came to their end", n)
	}
}

// What a report cannot be written to is named, and nothing is left.
func TestSaveThatCannotWrite(t *testing.T) {
	dir := lake(t)
	must(t, os.MkdirAll(dir+"/report.html/full", 0o777))
	_, err := report.Save(dir, func(string) *polis.Scenario { return nil })
	if err == nil || strings.Contains(files(t, dir), "partial") {
		t.Errorf("%v, %s", err, files(t, dir))
	}
}

// What is told of one of several runs (what was said, rows of its tables) is told of the first that came to its own end.
func TestTheFirstRunIsToldOf(t *testing.T) {
	dir := ponds(t, 3, 2)
	amend(t, dir, func(m obj) { m["status"] = "interrupted" })
	amend(t, dir+"/seed-1", func(m obj) { m["status"] = "interrupted" })
	for seed, text := range map[string]string{"1": "one", "2": "two", "3": "three"} {
		amend(t, dir+"/seed-"+seed, func(m obj) {
			m["record"] = obj{"said": obj{"items": []any{obj{"round": 1, "from": "duck-1", "to": []string{"duck-2"}, "act": "inform", "text": text}}}}
		})
	}
	var seen polis.Chronicle
	s := polis.Scenario{Headline: func(c *polis.Chronicle) string { seen = *c; return "ducks swam" }}
	d, err := report.Save(dir, func(string) *polis.Scenario { return &s })
	must(t, err)
	if d.Told != 2 || len(d.Said.Items) != 1 || d.Said.Items[0].Text != "two" || !strings.HasPrefix(d.Headline, "Ducks swam. It was interrupted when 2 of 3 runs") {
		t.Errorf("told of %d: %v; %s", d.Told, d.Said.Items, d.Headline)
	}
	if len(seen.Runs) != 2 || seen.Runs[0].Seed != 2 || seen.Runs[0].Metrics["frogs_left"] != 5 || len(seen.Rows) != 19 || seen.Rows[0].World["frogs"] != 95 ||
		seen.Rows[0].Agents["duck-2"]["flies"] != 3 || seen.Settings["depth"] != "2" || seen.Decided["rules"] != 30 {
		t.Errorf("%+v", seen)
	}
}

// A scenario is asked for its words only when a run has come to its own end.
func TestNoWordsWithoutAnEnd(t *testing.T) {
	dir := lake(t)
	amend(t, dir, func(m obj) { m["status"] = "interrupted" })
	s := polis.Scenario{Headline: func(c *polis.Chronicle) string { return "It lasted " + fmt.Sprint(c.Runs[0].Rounds) }}
	d, err := report.Save(dir, func(string) *polis.Scenario { return &s })
	must(t, err)
	if !strings.HasPrefix(d.Headline, "The run was interrupted after 10 rounds.") {
		t.Error(d.Headline)
	}
}
