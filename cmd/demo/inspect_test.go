package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
)

// "What it perceived, did and said in that turn, and the chain of causes", of an agent under its name.
func TestInspect(t *testing.T) {
	t.Chdir(t.TempDir())
	out := try(t, "run", "commons", "--rounds", "2", "--mind", "2*covenant", "--mind", "1*fixed:60", "--out", "kept").ok(t)
	before := tree(t, "kept")
	hash := shown(out, "hash")

	overview := try(t, "inspect", "kept").ok(t)
	for _, part := range []string{"kept: done, ", "hash " + hash + "\n", "\nagents/Jack  14 ", "\nworld        22 "} {
		if !strings.Contains(overview, part) {
			t.Errorf("%q is not in %s", part, overview)
		}
	}
	lines := try(t, "inspect", "kept", "--actor", "kate").ok(t)
	for _, part := range []string{
		"agents/Kate: 14 turns\n", "    1        0s  started\n",
		"    3        1s  message      from John: propose commons.Cap {\"month\":1,\"tons\":16}\n",
		"→ say to Jack, John: propose commons.Cap {\"month\":1,\"tons\":16}\n", "→ act commons.Harvest {\"tons\":16}\n",
		"    7        3s  outcome      harvest: commons.Asked {\"tons\":16}\n",
	} {
		if !strings.Contains(lines, part) {
			t.Errorf("%q is not in %s", part, lines)
		}
	}
	turn := try(t, "inspect", "kept", "--actor", "Kate", "--turn", "8").ok(t)
	for _, part := range []string{
		"agents/Kate turn 8, at 3s, written 20", "\nit had heard\n  outcome harvest: commons.Asked {\"tons\":16}  (turn 7)\n", "\nthen reached it\n  percept\n  {\n",
		"\nit did nothing\n", "\nit said\n  to Jack, John: propose commons.Cap {\"month\":2,\"tons\":2}\n",
		"\nbecause\n  world turn 14  opened  round 2, propose\n  world turn 13  tick  round 1, harvest\n  world turn 12  action  Kate: harvest commons.Harvest {\"tons\":16}\n  agents/Kate turn 6  percept  round 1, harvest: ",
		"\n  world turn 4  entered  \"Kate\"\n  the society began\n",
	} {
		if !strings.Contains(turn, part) {
			t.Errorf("%q is not in %s", part, turn)
		}
	}
	if got := tree(t, "kept"); !slices.Equal(got, before) {
		t.Errorf("looking at it changed %q to %q", before, got)
	}
}

// The documents of inspect hold entries as the journal has them: their digests can be checked.
func TestInspectJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "commons", "--rounds", "2", "--mind", "3*covenant", "--quiet", "--out", "kept").ok(t)
	var overview overviewForm
	strict(t, try(t, "inspect", "kept", "--json").ok(t), &overview)
	turns := uint64(0)
	for _, a := range overview.Actors {
		var one struct {
			Actor string     `json:"actor"`
			Turns []turnForm `json:"turns"`
		}
		strict(t, try(t, "inspect", "kept", "--actor", a.Actor, "--json").ok(t), &one)
		prev := journal.Digest{}
		for _, e := range one.Turns {
			if e.Sum(prev) != e.Digest {
				t.Errorf("turn %d of %s does not have its digest", e.N, e.Actor)
			}
			prev = e.Digest
		}
		if turns += a.Turns; uint64(len(one.Turns)) != a.Turns || prev != a.Digest || one.Actor != a.Actor {
			t.Errorf("%s: %d turns, want %d", one.Actor, len(one.Turns), a.Turns)
		}
	}
	if overview.Turns != turns || overview.State != "done" || len(overview.Hash) != 64 {
		t.Errorf("%+v", overview)
	}
	var doc oneTurn
	strict(t, try(t, "inspect", "kept", "--actor", "kate", "--turn", "8", "--json").ok(t), &doc)
	if doc.N != 8 || len(doc.Heard) == 0 || doc.Because[0].Actor != "world" || doc.Because[len(doc.Because)-1].Kind != "entered" || doc.Earlier {
		t.Errorf("%+v", doc)
	}
}

// A chain of causes as long as the run is shown as far as one can read.
func TestLongChainsAreCut(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--rounds", "60", "--quiet", "--out", "kept").ok(t)
	out := try(t, "inspect", "kept", "--actor", "ada", "--turn", "110").ok(t)
	if n := strings.Count(out, " turn "); n < longestChain || n > longestChain+5 || !strings.Contains(out, "\n  and what was before\n") {
		t.Errorf("%d turns in %s", n, out)
	}
}

// What stands in a journal is from anywhere: nothing of it reaches a terminal but what can be printed.
func TestGistOfAnything(t *testing.T) {
	for _, c := range []struct{ kind, payload, effects, want string }{
		{"percept", `{"choice":true,"phase":"act","round":3,"view":{"type":"x.View","value":[1]}}`, `[{"act":{"type":"pass","value":{}}}]`, "round 3, act: x.View [1]|pass"},
		{"message", `{"act":"inform","content":{"type":"text","value":"hi"},"sender":"ann"}`, `[{"send":{"act":"refuse","content":null,"receivers":["ann","bob"]}}]`, "from ann: inform “hi”|say to ann, bob: refuse"},
		{"message", `{"act":"cfp","content":{"type":"x.Task","value":{"n":1}},"conversation":"c1","protocol":"p","receivers":["bob"],"reply_by":3000000000,"sender":"ann"}`,
			`[{"send":{"act":"inform","content":{"type":"text","value":"hi"},"language":"natural","protocol":"p","receivers":["bob"]}},{"send":{"act":"agree","content":null,"protocol":"p"}}]`,
			`from ann: (cfp :protocol p :conversation-id c1 :reply-by 3s :content {"type":"x.Task","value":{"n":1}})|say to bob: (inform :protocol p :language natural :content "hi")|say to : (agree :protocol p)`},
		{"message", `{"act":"inform","content":7,"protocol":"p","sender":"ann"}`, `[{"send":{"act":"inform","content":[1],"protocol":3}}]`, "from ann: (inform :protocol p)|say to : inform [1]"},
		{"outcome", `{"action":"draw","detail":"too deep","reason":"out-of-bounds"}`, `[{"outcome":{"action":"draw","value":null},"to":"ann"}]`, "draw refused, out-of-bounds: too deep|tell ann: draw: null"},
		{"answer", `{"id":"3.0","service":"model","unanswered":"busy"}`, `[{"ask":{"id":"4.0","request":{"type":"q","value":1},"service":"model"}}]`, "model of 3.0: none, busy|ask model, as 4.0: q 1"},
		{"result", `{"id":"3.1","job":"think","value":{"type":"q","value":1}}`, `[{"do":{"id":"4.1","input":null,"job":"think"}},{"cancel":"4.1"},{"stop":true},{}]`, "think of 3.1: q 1|do think, as 4.1: null|cancel 4.1|stop|nothing: it was not permitted"},
		{"timer", `{"id":"3.0"}`, `[{"after":{"delay":1500000000,"id":"5.0"}}]`, "of 3.0|be woken after 1.5s, as 5.0"},
		{"undelivered", `{"message":{"act":"inform","content":null},"reason":"busy","to":"bob"}`, `[{"act":{"type":"d","value":1},"mark":"fallback","why":"late"}]`, "bob did not hear it, busy: inform|act d 1 (fallback: late)"},
		{"quarantined", `{"attempts":5,"error":"it cannot","event":null,"kind":"percept"}`, `[{"percept":{"view":1},"to":"ann"}]`, "its percept, which failed 5 times: it cannot|let ann perceive 1"},
		{"later", `{"new":1}`, `[{"novel":1}]`, `{"new":1}|{"novel":1}`},
		{"later", `7`, `{}`, `7|{}`},
		{"percept", `{"round":"\u001b[2J"}`, `[]`, "round \"\\u001b[2J\", : "},
		{"message", `{"sender":"\u001b[2J\u009b"}`, `[]`, "from  [2J :"},
	} {
		e := &journal.Entry{Kind: c.kind, Payload: json.RawMessage(c.payload), Effects: json.RawMessage(c.effects)}
		texts := append([]string{gist(e)}, wanted(e)...)
		for i := range texts {
			texts[i] = oneLine(texts[i], 200)
		}
		if got := strings.Join(texts, "|"); got != strings.Join(strings.Fields(c.want), " ") {
			t.Errorf("%s: %q, want %q", c.payload, got, c.want)
		}
	}
}

// Whatever is in a journal can be told.
func FuzzGist(f *testing.F) {
	f.Add("percept", `{"round":1,"view":{"type":"a","value":1}}`, `[{"act":{}},{"send":{"receivers":1}}]`)
	f.Add("message", `{"act":"cfp","content":{"type":"x","value":{}},"conversation":"c1","protocol":"p","receivers":["bob"],"reply_by":3,"sender":"ann"}`, `[]`)
	f.Add("undelivered", `{"message":7}`, `[{"outcome":null},{"percept":[]},{"after":{"delay":"x"}}]`)
	f.Fuzz(func(t *testing.T, kind, payload, effects string) {
		e := &journal.Entry{Kind: kind, Payload: json.RawMessage(payload), Effects: json.RawMessage(effects)}
		for _, text := range append(wanted(e), gist(e)) {
			if strings.ContainsAny(oneLine(text, 100), "\x1b\u009b\n\r\x00") {
				t.Errorf("%q", text)
			}
		}
	})
}

// "Events that crashed their receiver": listed, and shown one by one.
func TestQuarantine(t *testing.T) {
	var mendedOut bytes.Buffer
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--mind", "2*steady:1", "--mind", "broken", "--log-level", "off", "--quiet", "--out", "kept").ok(t)
	list := try(t, "quarantine", "kept").ok(t)
	if list != try(t, "quarantine", "kept", "list").ok(t) || strings.Count(list, "\n") != 4 || !strings.HasPrefix(list, "agents/cleo@2  percept  5 attempts  ") || !strings.Contains(list, "it cannot") {
		t.Errorf("%s", list)
	}
	show := try(t, "quarantine", "kept", "show", "cleo@2").ok(t)
	for _, part := range []string{"agents/cleo@2, at 0s: its percept was set aside after 5 attempts\nbecause of world turn ", "it cannot", "\nround 1, round: int 60\n", "\"view\": "} {
		if !strings.Contains(show, part) {
			t.Errorf("%q is not in %s", part, show)
		}
	}
	var all struct{ Quarantined []quarantinedForm }
	strict(t, try(t, "quarantine", "kept", "--json").ok(t), &all)
	var one quarantinedForm
	strict(t, try(t, "quarantine", "kept", "show", "agents/cleo@2", "--json").ok(t), &one)
	if len(all.Quarantined) != 4 || one.ID != "agents/cleo@2" || one.Attempts != 5 || string(all.Quarantined[0].Event) != string(one.Event) {
		t.Errorf("%+v, %+v", all, one)
	}
	if out := try(t, "quarantine", "kept", "retry", "cleo@2").ok(t); !strings.HasPrefix(out, "agents/cleo@2 would be set aside again: ") || !strings.Contains(out, "it cannot") {
		t.Errorf("%s", out)
	}
	var trial retriedForm
	if strict(t, try(t, "quarantine", "kept", "retry", "cleo@2", "--json").ok(t), &trial); trial.Well || trial.Why == "" || trial.Kind != "percept" {
		t.Errorf("%+v", trial)
	}
	mended := newProcess(&mendedOut, io.Discard, "quarantine", "kept", "retry", "cleo@2")
	mended.scenarios = []polis.Scenario{mendedWell()}
	if code := mended.run(t.Context()); code != exitDone || !strings.Contains(mendedOut.String(), "agents/cleo@2 would go well now; what has happened stays as it is\n\nit would do\n  act well.Draw {\"Litres\":4}\n\nit would say nothing\n") {
		t.Errorf("exit %d, %s", code, mendedOut.String())
	}
	try(t, "quarantine", "kept", "show", "ada@2").oneLine(t, exitUsage, "agents/ada@2 is a turn about an event of kind")
	try(t, "quarantine", "kept", "show", "cleo@99").oneLine(t, exitUsage, "no event was set aside there: there is no turn agents/cleo@99")
	try(t, "quarantine", "kept", "show", "nobody@1").oneLine(t, exitUsage, `unknown actor "nobody"; accepted: ada, ben, cleo`)
	try(t, "quarantine", "kept", "show", "cleo").oneLine(t, exitUsage, `turn "cleo"; accepted is ACTOR@TURN`)
	try(t, "run", "well", "--quiet", "--out", "whole").ok(t)
	if out := try(t, "quarantine", "whole").ok(t); out != "whole: no event was set aside\n" {
		t.Errorf("%s", out)
	}
}

// mendedWell is the well with a mind that no longer fails.
func mendedWell() polis.Scenario {
	s := well
	s.Build = func(o polis.Order) (polis.Society, error) {
		society, err := buildWell(o)
		for i := range society.Agents {
			if a := &society.Agents[i]; a.Mind == "broken" {
				a.Behavior = func() actors.Behavior { return drawer{mind: polis.Mind{Name: "steady", Arg: "4"}} }
			}
		}
		return society, err
	}
	return s
}

// Commands that read a kept run say in one line why they cannot, and change nothing.
func TestDirectoriesThatAreNoRun(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--quiet", "--out", "kept").ok(t)
	try(t, "run", "well", "--quiet", "--out", "forgot", "--journal", "memory").ok(t)
	try(t, "run", "well", "--quiet", "--out", "many", "--runs", "2", "--seed", "7", "--journal", "sqlite").ok(t)
	must(t, os.MkdirAll("empty", 0o777), os.MkdirAll("torn", 0o777), os.MkdirAll("other", 0o777), os.MkdirAll("folder/run.db", 0o777))
	text, err := os.ReadFile("kept/run.db")
	must(t, err, os.WriteFile("torn/run.db", text[:5000], 0o666), os.WriteFile("other/run.db", []byte("something else"), 0o666))
	for _, c := range []struct {
		dir, names string
		code       int
	}{
		{"nowhere", `"nowhere": accepted is the directory of a kept run, which holds a run.db`, exitUsage},
		{"empty", `"empty": accepted is the directory of a kept run`, exitUsage},
		{"kept/run.db", `"kept/run.db": accepted is the directory of a kept run`, exitUsage},
		{"forgot", `"forgot": its turns were not kept (--journal memory); accepted is a run with a journal in its directory`, exitUsage},
		{"many", `"many" holds 2 runs; accepted is the directory of one of them, such as many/seed-7`, exitUsage},
		{"torn", "torn/run.db: ", exitFailed},
		{"other", "other/run.db: not a journal", exitFailed},
		{"folder", "folder/run.db: ", exitFailed},
	} {
		for _, command := range []string{"inspect", "replay", "quarantine"} {
			before := contents(t, ".")
			try(t, command, c.dir).oneLine(t, c.code, c.names)
			if after := contents(t, "."); after != before {
				t.Errorf("%s %s changed %s to %s", command, c.dir, before, after)
			}
		}
	}
	try(t, "inspect", "many/seed-8").ok(t)
	try(t, "inspect", "kept", "--turn", "3").oneLine(t, exitUsage, "--turn 3 of whom? accepted is --actor NAME --turn N")
	try(t, "inspect", "kept", "--actor", "adda").oneLine(t, exitUsage, `unknown actor "adda", did you mean "ada"? accepted: ada, ben, cleo`)
	try(t, "inspect", "kept", "--actor", "ada", "--turn", "900").oneLine(t, exitUsage, "--turn 900: agents/ada has 12 turns; accepted is 1 to 12")
	try(t, "quarantine", "kept", "retry", "ada@1").oneLine(t, exitUsage, `agents/ada@1 is a turn about an event of kind`)
	try(t, "quarantine", "kept", "show").oneLine(t, exitUsage, "show needs an ID, such as agents/kate@12")
	try(t, "quarantine", "kept", "list", "ada@1").oneLine(t, exitUsage, "list takes no ID")
	must(t, os.WriteFile("kept/manifest.json", []byte("{"), 0o666))
	try(t, "inspect", "kept").oneLine(t, exitFailed, "kept/manifest.json: damaged: ")
}

// contents is all that is in a directory: names and bytes.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range tree(t, dir) {
		all.WriteString(name + "\n")
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			text, err := os.ReadFile(filepath.Clean(name))
			must(t, err)
			all.Write(text)
		}
	}
	return all.String()
}

// A run that goes on is read beside its writer, and one that was killed is read too.
func TestInspectOfALiveAndAKilledRun(t *testing.T) {
	s := start(t, "run", "well", "--rounds", "1000000", "--delay", "1ms", "--out", "kept")
	s.until(t, "round 3 ")
	t.Chdir(s.dir)
	if out := try(t, "inspect", "kept").ok(t); !strings.HasPrefix(out, "kept: running, ") {
		t.Errorf("%s", out)
	}
	if out := try(t, "inspect", "kept", "--actor", "ada", "--turn", "2").ok(t); !strings.Contains(out, "agents/ada turn 2") {
		t.Errorf("%s", out)
	}
	must(t, s.Process.Kill())
	s.exit(t)
	if out := try(t, "inspect", "kept").ok(t); !strings.HasPrefix(out, "kept: killed, ") {
		t.Errorf("%s", out)
	}
	got := strings.Join(tree(t, "kept"), " ")
	for _, name := range []string{"kept/run.db", "kept/.partial"} {
		if !strings.Contains(got, name) {
			t.Errorf("%s is not in %s", name, got)
		}
	}
	if strings.Contains(got, "kept/manifest.json") || strings.Contains(got, "kept/rounds.csv") {
		t.Errorf("what is not whole stands in %s", got)
	}
}
