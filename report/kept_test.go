package report_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/report"
	"github.com/polis-agents/polis/scenarios/commons"
)

// obj is an object in JSON.
type obj = map[string]any

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// known is what a program knows that has the commons.
func known(name string) *polis.Scenario {
	if name == "commons" {
		return &commons.Scenario
	}
	return nil
}

// lake is a copy of a kept run of the commons, as the binary has left it.
func lake(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS("testdata/lake")))
	return dir
}

// edit changes a file of a kept run by replacing a text that must be there.
func edit(t testing.TB, path, old, now string) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s: there is no %q", path, old)
	}
	must(t, os.WriteFile(path, []byte(strings.Replace(string(text), old, now, 1)), 0o666))
}

// amend changes a manifest.
func amend(t testing.TB, dir string, change func(obj)) {
	t.Helper()
	path := filepath.Join(dir, "manifest.json")
	text, err := os.ReadFile(path)
	must(t, err)
	m := obj{}
	must(t, json.Unmarshal(text, &m))
	change(m)
	write(t, path, m)
}

func write(t testing.TB, path string, m obj) {
	t.Helper()
	text, err := json.Marshal(m)
	must(t, err, os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, text, 0o666))
}

// pond is the manifest of a run of a scenario that nobody knows, of n agents and some rounds.
func pond(seed, agents, rounds int) obj {
	return obj{
		"scenario": "pond", "status": "done", "command": "demo run pond", "seeds": []int{seed}, "seed": seed, "runs": 1, "agents": agents,
		"rounds": 20, "rounds_ordered": 20, "rounds_played": rounds, "pace": "rounds", "minds": []string{fmt.Sprintf("%d*duck", agents)},
		"hash": strings.Repeat("0a", 32), "hash_is": "of everything", "reproducible": true,
		"metrics":    obj{"frogs_left": obj{"mean": 3 + seed, "n": 1}, "noise": obj{"mean": 0.125 * float64(seed*seed), "n": 1}},
		"messages":   obj{"sent": 5, "handled": 5},
		"parameters": obj{"depth": "2"}, "settings": obj{}, "properties": obj{"static": false},
		"record": obj{"deciders": obj{"rules": agents * rounds}, "said": obj{"items": []any{}}},
	}
}

// tables of such a run.
func tables(t testing.TB, dir string, seed, agents, rounds int) {
	t.Helper()
	var r, a strings.Builder
	r.WriteString("run,seed,round,frogs,noise\n")
	a.WriteString("run,seed,round,agent,flies,decided_by\n")
	for round := 1; round <= rounds; round++ {
		fmt.Fprintf(&r, "%d,%d,%d,%d,%g\n", seed, seed, round, 100-(3+seed%3)*round, float64(round*seed%7)/4)
		for i := range agents {
			fmt.Fprintf(&a, "%d,%d,%d,duck-%d,%d,rules\n", seed, seed, round, i+1, (i*round+seed)%9)
		}
	}
	must(t, os.MkdirAll(dir, 0o777), os.WriteFile(filepath.Join(dir, "rounds.csv"), []byte(r.String()), 0o666),
		os.WriteFile(filepath.Join(dir, "agents.csv"), []byte(a.String()), 0o666))
}

// ponds is the directory of several runs: seeds from 1, each a little shorter than the one before.
func ponds(t testing.TB, runs, agents int) string {
	t.Helper()
	dir := t.TempDir()
	top := pond(1, agents, 0)
	seeds, played := []int{}, 0
	for seed := 1; seed <= runs; seed++ {
		sub, rounds := filepath.Join(dir, fmt.Sprintf("seed-%d", seed)), max(1, 21-seed)
		write(t, filepath.Join(sub, "manifest.json"), pond(seed, agents, rounds))
		tables(t, sub, seed, agents, rounds)
		seeds, played = append(seeds, seed), played+rounds
	}
	top["seeds"], top["runs"], top["rounds_played"] = seeds, runs, played
	top["metrics"] = obj{"frogs_left": obj{"mean": 4.5, "sd": 1.25, "n": runs}, "noise": obj{"mean": 2, "sd": 0.5, "n": runs}}
	top["record"] = obj{"deciders": obj{"rules": 10 * runs}}
	write(t, filepath.Join(dir, "manifest.json"), top)
	return dir
}

// saved gives the page of a kept run, and its document.
func saved(t testing.TB, dir string) (string, *report.Document) {
	t.Helper()
	d, err := report.Save(dir, known)
	must(t, err)
	text, err := os.ReadFile(filepath.Join(dir, "report.html"))
	must(t, err)
	return string(text), d
}

// pages are kept runs of every kind that a page has to show.
func pages(t testing.TB) map[string]string {
	t.Helper()
	hostile := lake(t)
	amend(t, hostile, spoil)
	edit(t, filepath.Join(hostile, "agents.csv"), "Emma", `"<b onclick=alert(1)>Emma&amp;</b> `+strings.Repeat("long ", 30)+`"`)
	standIn := lake(t)
	amend(t, standIn, func(m obj) {
		m["record"].(obj)["deciders"] = obj{"stand-in": 44, "rules": 6}
		m["record"].(obj)["marks"] = obj{"fallback": 6}
		m["record"].(obj)["models"] = obj{"model": obj{"requests": 60, "answered": 54, "rejected": 6, "attempts": 54, "settled": 54, "input_tokens": 12345}}
		m["record"].(obj)["interventions"] = obj{"items": []any{obj{"round": 3, "what": "silence"}, obj{"round": 4, "what": "crash", "who": "Kate"}}}
		m["reproducible"] = false
	})
	cut := filepath.Join(t.TempDir(), "cut")
	m := pond(1, 3, 0)
	m["status"], m["metrics"], m["reproducible"] = "interrupted", obj{}, false
	write(t, filepath.Join(cut, "manifest.json"), m)
	crowd := filepath.Join(t.TempDir(), "crowd")
	write(t, filepath.Join(crowd, "manifest.json"), pond(1, 30, 700))
	tables(t, crowd, 1, 30, 700)
	free := answered("Is John's catch what Kate took the month before, or less than that, whoever asks?", -0.01, 1, 1)
	asked := questioned(t, answered("Does John follow Kate?", 0.53, 0.001, 0.002), free, answered(nasty[0], 0.021, 0.5, 0.5), answered("", 0.04, 0.05, 0.05))
	return map[string]string{"asked": asked, "lake": lake(t), "hostile": hostile, "stand-in": standIn, "ponds": ponds(t, 8, 4), "cut": cut, "crowd": crowd}
}

// spoil puts into a manifest what hostile agents and models would say.
func spoil(m obj) {
	said := []any{}
	for i, text := range nasty {
		said = append(said, obj{"round": 1 + i/3, "phase": "propose", "from": "Jack", "to": []string{text, "Kate"}, "act": "inform", "language": "natural", "text": text})
		said = append(said, obj{"round": 1 + i/3, "phase": "reply", "from": text, "to": []string{"Jack"}, "act": text, "text": text})
	}
	r := m["record"].(obj)
	r["said"] = obj{"items": said}
	r["incidents"] = obj{"items": []any{obj{"round": 1, "who": nasty[0], "what": nasty[1], "at": nasty[2], "then": nasty[3], "why": nasty[0]}}}
	r["marked"] = obj{"items": []any{obj{"round": 1, "who": nasty[0], "mark": nasty[1], "phase": nasty[2], "why": nasty[3]}}}
	r["deciders"].(obj)[nasty[0]] = 3
	r["models"] = obj{nasty[0]: obj{"requests": 1}}
	m["parameters"].(obj)[nasty[1]] = nasty[0]
	m["command"] = "demo run '" + nasty[0] + "'"
	m["hash_is"], m["started"], m["minds"] = nasty[0], nasty[1], []string{nasty[2]}
}

// nasty is what should do no harm.
var nasty = []string{
	`</script><script>document.title='harm';fetch('http://127.0.0.1:9/harm')</script>`,
	`"><img src="http://127.0.0.1:9/harm.png" onerror="alert(1)"><svg onload=alert(1)>`,
	`' onmouseover='alert(1)' style='background:url(http://127.0.0.1:9/harm)`,
	"\u202Eevil\u2066 \u200F\u05E9\u05DC\u05D5\u05DD \u0645\u0631\u062D\u0628\u0627 \u2067never closed",
	"\x00\x01\x1b[31mred\x1b]8;;http://127.0.0.1:9/\x07\u0085\r\n\t{{.}} %s %d ${x} <!-- ]]> &lt;b&gt;",
	strings.Repeat("a word that never breaks", 700),
	strings.Repeat("\U0001F41F漢字", 500) + "\xff\xfe",
}
