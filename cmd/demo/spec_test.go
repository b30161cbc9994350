package main

import (
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/polis-agents/polis/environment"
)

// planned is the plan of a command line.
func planned(t testing.TB, args ...string) *plan {
	t.Helper()
	p := newProcess(io.Discard, io.Discard, append([]string{"run"}, args...)...)
	c := &runCommand{}
	parser, err := kong.New(c, kong.Name("demo"), kong.WithHyphenPrefixedParameters(true))
	must(t, err)
	_, err = parser.Parse(args)
	must(t, err)
	pl, err := c.plan(p)
	must(t, err)
	return pl
}

// From a spec the same is built again: everything typed that matters is in it.
func TestSpecIsAPlan(t *testing.T) {
	p := newProcess(io.Discard, io.Discard)
	for _, args := range []string{
		"", "well", "well --seed 18446744073709551615 --rounds 3", "--agents 7 --mind 2*fixed:10 --mind greedy --mind 1*random:0-20",
		"--set talk=false --set split=round-robin --set initial=50", "--set newcomer=greedy@6", "--pace realtime --tick 5ms", "--pace realtime --tick 5ms --deadline 60s",
		"--pace sequential --deadline 3s", "--deadline 60s", "--chaos agent:20%", "--chaos agent:20%,model:429=10% --mind 4*model:sustainable --mind 1*greedy --model-limit inflight=3,queue=9,otpm=4000",
		"--mind model --model openai:sim-x@http://127.0.0.1:8081/v1", "--mind person", "--mind 1*person --mind 4*fixed:10",
	} {
		pl := planned(t, strings.Fields(args)...)
		text := pl.spec().text()
		s, err := readSpec(text)
		must(t, err)
		again, err := s.plan(p)
		if err != nil {
			t.Errorf("%q: %v", args, err)
			continue
		}
		if got := string(again.spec().text()); got != string(text) {
			t.Errorf("%q: %s\nwant %s", args, got, text)
		}
		if again.repeat != pl.repeat || again.seed != pl.seed || again.agents != pl.agents || again.runs != 1 || !reflect.DeepEqual(again.minds, pl.minds) {
			t.Errorf("%q: %q, want %q", args, again.repeat, pl.repeat)
		}
		want := pl.config
		want.Delay, want.Pace = 0, environment.Pace(pl.pace())
		if !reflect.DeepEqual(again.config, want) {
			t.Errorf("%q: %+v, want %+v", args, again.config, want)
		}
		if again.endpoint.limits != pl.endpoint.limits || again.endpoint.address != pl.endpoint.address ||
			!reflect.DeepEqual(again.endpoint.faults, pl.endpoint.faults) {
			t.Errorf("%q: %+v, want %+v", args, again.endpoint, pl.endpoint)
		}
	}
}

// Of several runs each has its own.
func TestSpecOfOneOfSeveral(t *testing.T) {
	one := planned(t, "well", "--runs", "5", "--seed", "7").one("demo", 3)
	s := one.spec()
	if s.Seed != 9 || s.Run != 3 || one.runs != 1 || !strings.Contains(one.repeat, "--seed 9") || strings.Contains(one.repeat, "--runs") {
		t.Errorf("%+v, %s", s, one.repeat)
	}
	again, err := s.plan(newProcess(io.Discard, io.Discard))
	if err != nil || again.run != 3 || again.seed != 9 {
		t.Errorf("%+v, %v", again, err)
	}
}

// The manifest of one run has its spec, and no key: that of several has none.
func TestManifestHasTheSpec(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--runs", "2", "--seed", "7", "--quiet", "--out", "kept").ok(t)
	var m struct{ Spec *spec }
	if read(t, "kept/manifest.json", &m); m.Spec != nil {
		t.Errorf("%+v", m.Spec)
	}
	if read(t, "kept/seed-8/manifest.json", &m); m.Spec == nil || m.Spec.Seed != 8 || m.Spec.Run != 2 || m.Spec.Scenario != "well" || m.Spec.Minds[0] != "3*steady:2" {
		t.Errorf("%+v", m.Spec)
	}
	text, err := os.ReadFile("kept/seed-8/manifest.json")
	must(t, err)
	if strings.Contains(string(text), "delay") {
		t.Error("what does not matter is in it")
	}
}

// What comes from a file or a peer is hostile until checked: one clear line.
func TestBadSpecs(t *testing.T) {
	good := string(planned(t, "well").spec().text())
	if !strings.HasPrefix(good, `{"spec":1,`) {
		t.Fatal(good)
	}
	for _, c := range []struct{ from, to, names string }{
		{good, ``, "its spec is damaged"},
		{good, `[]`, "its spec is damaged"},
		{good, good + `{}`, "its spec is damaged"},
		{`{"spec":1,`, `{"spec":1,"key":"secret",`, `its spec is damaged: unknown field "key"`},
		{`{"spec":1,`, `{"spec":2,"later":1,`, "it was made by a newer polis: its spec has form 2; known here are forms up to 1"},
		{`{"spec":1,`, `{`, "its spec has form 0; accepted is 1 to 1"},
		{`"run":1`, `"run":0`, "run 0; accepted is a number from 1"},
		{`"scenario":"well"`, `"scenario":"wall"`, `unknown scenario "wall", did you mean "well"?`},
		{`["3*steady:2"]`, `[]`, "it names no minds"},
		{`["3*steady:2"]`, `["3*stready:2"]`, `unknown mind "stready"`},
		{`["3*steady:2"]`, `["9999999*steady:2"]`, `count "9999999"; accepted`},
		{`["3*steady:2"]`, `["9*steady:2"]`, "9 agents; accepted are 5 at most"},
		{`"rounds":4`, `"rounds":-4`, `rounds: "-4"; accepted is a whole number from 1`},
		{`"pace":"rounds"`, `"pace":"slow"`, `pace "slow"; accepted`},
		{`"pace":"rounds"`, `"pace":""`, `pace ""; accepted`},
		{`"tick":"1s"`, `"tick":"-1s"`, `tick: "-1s"; accepted is a duration above 0`},
		{`"tick":"1s"`, `"tick":"1s","deadline":"soon"`, `deadline: "soon"; accepted`},
		{`"tick":"1s"`, `"tick":"1s","chaos":"agent:900%"`, `chaos "agent:900%"; accepted`},
		{`"tick":"1s"`, `"tick":"1s","fork":{"where":"x"}`, `unknown field "where"`},
		{`"tick":"1s"`, `"tick":"1s","settings":{"":"x"}`, `accepted is NAME=VALUE`},
		{`"tick":"1s"`, `"tick":"1s","settings":{"litres":"many"}`, `parameter litres is "many"`},
		{`"tick":"1s"`, `"tick":"1s","model":"gpt"`, `--model "gpt"; accepted`},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		if text == good {
			t.Fatalf("%s is not in %s", c.from, good)
		}
		s, err := readSpec([]byte(text))
		if err == nil {
			_, err = s.plan(newProcess(io.Discard, io.Discard))
		}
		if err == nil || !strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s instead of %s: %v, want %q", c.to, c.from, err, c.names)
		}
	}
	if _, err := readSpec(make([]byte, largestSpec+1)); err == nil || !strings.Contains(err.Error(), "accepted are at most") {
		t.Error(err)
	}
}

// What is read as a spec and can be planned says the same when it is written again.
func FuzzSpec(f *testing.F) {
	for _, args := range []string{"well", "--mind 2*fixed:10 --mind greedy --agents 4 --set talk=false", "--pace realtime --tick 5ms --chaos agent:3%", "--mind model:greedy"} {
		f.Add(planned(f, strings.Fields(args)...).spec().text())
	}
	f.Add([]byte(`{"spec":1,"scenario":"well","minds":["steady:2"],"seed":1,"run":1,"pace":"rounds","tick":"1s"}`))
	p := newProcess(io.Discard, io.Discard)
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := readSpec(text)
		if err != nil {
			return
		}
		if strings.Contains(string(text), "0000*") { // crowds are built, which takes its time
			return
		}
		pl, err := s.plan(p)
		if err != nil {
			return
		}
		again, err := readSpec(pl.spec().text())
		must(t, err)
		twice, err := again.plan(p)
		if err != nil || string(twice.spec().text()) != string(pl.spec().text()) {
			t.Errorf("%s becomes %s, %v", text, pl.spec().text(), err)
		}
	})
}
