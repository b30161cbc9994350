package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

// kept is what the tests read of a manifest.
type kept struct {
	Status       string
	Error        string
	Command      string
	Decided      string
	Started      string
	Seeds        []uint64
	RoundsPlayed int `json:"rounds_played"`
	Scenario     string
	Runs         int
	Minds        []string
	Hash         string
	Dir          string
	Reproducible bool
	Interrupted  bool
	Metrics      map[string]struct{ Mean, N float64 }
	Settings     map[string]string
	Journal      string
	Polis        build
	HashIs       string `json:"hash_is"`
}

// rowsOf reads a table, whose rows must have equally many cells, and checks its header.
func rowsOf(t *testing.T, path string, header ...string) [][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	must(t, err)
	if len(rows) == 0 || !slices.Equal(rows[0], header) {
		t.Fatalf("%s begins with %q, want %q", path, rows[0], header)
	}
	return rows[1:]
}

// A run's directory: manifest.json, rounds.csv and agents.csv, the report; events.jsonl when asked for; nothing else.
func TestRunDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	out := try(t, "run", "well", "--seed", "7", "--mind", "2*steady:3", "--mind", "random", "--set", "litres=40").ok(t)
	const dir = "runs/well-20261122-143012-1"
	if got := shown(out, "kept in"); got != dir {
		t.Errorf("kept in %q", got)
	}
	if got := tree(t, "."); !slices.Equal(got, []string{"runs", dir, dir + "/agents.csv", dir + "/manifest.json", dir + "/report.html", dir + "/report.json", dir + "/rounds.csv", dir + "/run.db"}) {
		t.Fatalf("%q", got)
	}
	var m kept
	read(t, dir+"/manifest.json", &m)
	if m.Status != "done" || m.Interrupted || m.Started != "2026-11-22T14:30:12Z" || !slices.Equal(m.Seeds, []uint64{7}) || m.RoundsPlayed != 4 ||
		m.Scenario != "well" || !slices.Equal(m.Minds, []string{"2*steady:3", "1*random"}) || m.Settings["litres"] != "40" || m.Journal != "sqlite" ||
		m.Decided != "decided by rules, no language model" || m.Polis.Go == "" || m.Dir != dir || !strings.Contains(out, m.Hash) ||
		m.Command != "demo run well --agents 3 --rounds 4 --seed 7 --pace rounds --mind '2*steady:3' --mind '1*random' --set litres=40" {
		t.Errorf("%+v", m)
	}
	rounds := rowsOf(t, dir+"/rounds.csv", "run", "seed", "round", "litres")
	agents := rowsOf(t, dir+"/agents.csv", "run", "seed", "round", "agent", "drawn", "decided_by")
	if len(rounds) != 4 || len(agents) != 12 || m.Metrics["level"].Mean != float(t, rounds[3][3]) {
		t.Errorf("rounds %q, agents %q, level %v", rounds, agents, m.Metrics["level"])
	}
	if got := agents[0]; !slices.Equal(got, []string{"1", "7", "1", "ada", "3", "rules"}) {
		t.Errorf("first row %q", got)
	}
	drawn := 0.0
	for _, row := range agents[9:] {
		drawn += float(t, row[4])
	}
	if level := 40 + 4*5 - drawn; level != m.Metrics["level"].Mean {
		t.Errorf("agents.csv adds up to a level of %v, the metric is %v", level, m.Metrics["level"].Mean)
	}
}

func float(t *testing.T, cell string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(cell, 64)
	must(t, err)
	return x
}

// "ID readable and unique": two runs within a second have two directories. An --out that is there and empty is used.
func TestDirectoriesAreUniqueAndMayBeThere(t *testing.T) {
	t.Chdir(t.TempDir())
	for range 2 {
		try(t, "run", "well", "--quiet").ok(t)
	}
	must(t, os.Mkdir("empty", 0o777))
	try(t, "run", "well", "--quiet", "--out", "empty", "--events").ok(t)
	try(t, "run", "well", "--quiet", "--out", "a/b/c").ok(t)
	try(t, "run", "well", "--quiet", "--out", "a/b/c").oneLine(t, exitUsage, `--out "a/b/c": it is not empty: there is agents.csv`)
	want := "a a/b a/b/c a/b/c/agents.csv a/b/c/manifest.json a/b/c/report.html a/b/c/report.json a/b/c/rounds.csv a/b/c/run.db empty empty/agents.csv " +
		"empty/events.jsonl empty/manifest.json empty/report.html empty/report.json empty/rounds.csv empty/run.db runs"
	got := strings.Join(tree(t, "."), " ")
	if !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s …", got, want)
	}
	runs, err := os.ReadDir("runs")
	if err != nil || len(runs) != 2 || runs[0].Name() != "well-20261122-143012-1" || runs[1].Name() != "well-20261122-143012-2" {
		t.Errorf("%v, %v", runs, err)
	}
}

func TestOutNoneKeepsNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range []string{"run well --out none --events", "run well --out none --runs 3", "run well --out none --journal memory"} {
		out := try(t, strings.Fields(args)...)
		if found := tree(t, "."); out.code != exitDone || len(found) > 0 || strings.Contains(out.stdout, "kept in") {
			t.Errorf("%s: exit %d, left %q, %s", args, out.code, found, out.stdout)
		}
	}
}

// events.jsonl: what observers were told, one object a line.
func TestEventsFile(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--mind", "2*steady:1", "--mind", "broken", "--out", "kept", "--events", "--quiet", "--log-level", "off").ok(t)
	text, err := os.ReadFile("kept/events.jsonl")
	must(t, err)
	count := map[string]int{}
	for line := range strings.Lines(string(text)) {
		var r record
		strict(t, line, &r)
		count[r.Event+" "+r.Decision]++
		if r.Event == "said" && (r.Agent == "" || r.Act != "inform" || len(r.Receivers) != 2) {
			t.Errorf("%s", line)
		}
		if r.Event == "round-ended" && (r.World["litres"] == nil || len(r.Agents) != 3) {
			t.Errorf("%s", line)
		}
	}
	if count["said "] != 2 || count["round-ended "] != 4 || count["missed "] != 4 || count["failed restart"] != 16 || count["failed quarantine"] != 4 {
		t.Errorf("%v", count)
	}
}

// trigger is an output that calls a function when a text passes.
type trigger struct {
	bytes.Buffer
	text string
	call func()
}

func (w *trigger) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(w.text)) {
		w.call()
	}
	return w.Buffer.Write(b)
}

// "An interrupted run (Ctrl-C) keeps what ran, marked interrupted in the manifest, exit 130."
func TestInterruptedRunKeepsWhatRan(t *testing.T) {
	for _, pace := range []string{"rounds", "sequential", "realtime"} {
		t.Run(pace, func(t *testing.T) {
			t.Chdir(t.TempDir())
			ctx, cancel := context.WithCancel(t.Context())
			stdout, stderr := &trigger{text: "round 3 ", call: cancel}, &bytes.Buffer{}
			p := newProcess(stdout, stderr, "run", "well", "--rounds", "1000000", "--delay", "1ms", "--tick", "1ms", "--pace", pace, "--out", "kept")
			if code := p.run(ctx); code != exitInterrupted || stderr.String() != "demo: interrupted\n" {
				t.Errorf("exit %d, stderr %q", code, stderr)
			}
			if got := strings.Join(tree(t, "kept"), " "); got != "kept/agents.csv kept/manifest.json kept/report.html kept/report.json kept/rounds.csv kept/run.db" {
				t.Errorf("%s", got)
			}
			var m kept
			read(t, "kept/manifest.json", &m)
			if m.Status != "interrupted" || !m.Interrupted || m.Reproducible || m.RoundsPlayed < 3 || len(m.Metrics) != 0 || m.Hash == "" {
				t.Errorf("%+v", m)
			}
			rounds := rowsOf(t, "kept/rounds.csv", "run", "seed", "round", "litres")
			agents := rowsOf(t, "kept/agents.csv", "run", "seed", "round", "agent", "drawn", "decided_by")
			if len(rounds) != m.RoundsPlayed || len(agents) != 3*len(rounds) {
				t.Errorf("%d rounds and %d rows of agents, played %d", len(rounds), len(agents), m.RoundsPlayed)
			}
			if !strings.Contains(stdout.String(), "interrupted after ") || shown(stdout.String(), "reproducible") != "no: it was interrupted" {
				t.Errorf("%s", stdout)
			}
		})
	}
}

// "exactly one JSON document": of an interrupted run too, and it says so.
func TestInterruptedRunJSON(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := well
	s.Build = func(o polis.Order) (polis.Society, error) {
		society, err := buildWell(o)
		perceived := &atomic.Int32{}
		// The world is perceived in every round by each of the three: after three rounds the run is interrupted.
		world := environment.Define(func() *Well { return &Well{Drawn: map[string]int{}} }, func(w *Well, _ string) int {
			if perceived.Add(1) == 9 {
				cancel()
			}
			return w.Litres
		})
		environment.AddAction(world, "draw", "Draw water.", (*Well).Draw)
		society.World = world
		return society, err
	}
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, &stderr, "run", "well", "--rounds", "1000000", "--json", "--out", "none", "--delay", "1ms")
	p.scenarios = []polis.Scenario{s}
	code := p.run(ctx)
	var doc struct {
		contract
		Interrupted bool `json:"interrupted"`
	}
	strict(t, stdout.String(), &doc)
	if code != exitInterrupted || !doc.Interrupted || doc.Reproducible || len(doc.Metrics) != 0 || doc.DecidedBy["rules"] < 6 {
		t.Errorf("exit %d, %+v", code, doc)
	}
}

// Of several runs those are kept and counted that are whole, when the rest is interrupted.
func TestInterruptedRunsKeepThoseThatAreWhole(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	s := well
	var measured atomic.Int32
	s.Measure = func(r *polis.Report) map[string]float64 {
		if measured.Add(1) == 5 {
			cancel()
		}
		return well.Measure(r)
	}
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, &stderr, "run", "well", "--runs", "1000", "--out", "kept")
	p.scenarios = []polis.Scenario{s}
	if code := p.run(ctx); code != exitInterrupted || stderr.String() != "demo: interrupted\n" {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
	var m kept
	read(t, "kept/manifest.json", &m)
	n := 0
	for _, seed := range m.Seeds {
		var one kept
		read(t, "kept/seed-"+strconv.FormatUint(seed, 10)+"/manifest.json", &one)
		if one.Status == "done" {
			n++
		} else if one.Status != "interrupted" {
			t.Errorf("%+v", one)
		}
	}
	if m.Status != "interrupted" || n < 5 || n > 100 || m.Metrics["level"].N != float64(n) {
		t.Errorf("%d whole runs; %+v", n, m)
	}
	if _, err := os.Stat("kept/" + unfinished); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something unfinished is left: %v", err)
	}
	if !strings.Contains(stdout.String(), "well, "+plural(n, "run")+" from seed 1") {
		t.Errorf("%s", stdout.String())
	}
}

// "Exit code 1: failed while running." What ran is kept, and the manifest says why it ended.
func TestFailedRunIsKept(t *testing.T) {
	for name, s := range map[string]polis.Scenario{
		"the world fails": brittle(2),
		"measure panics":  {Name: "well", Agents: 3, Rounds: 4, Build: buildWell, Measure: func(*polis.Report) map[string]float64 { panic("no ruler") }},
		"line panics":     {Name: "well", Agents: 3, Rounds: 4, Build: buildWell, Line: func(environment.RoundEnded) string { panic("no words") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var stdout, stderr bytes.Buffer
			p := newProcess(&stdout, &stderr, "run", "well", "--out", "kept", "--log-level", "off")
			p.scenarios = []polis.Scenario{s}
			code := p.run(t.Context())
			if code != exitFailed || strings.Count(stderr.String(), "\n") != 1 || strings.Contains(stderr.String(), "goroutine") {
				t.Errorf("exit %d, stderr %q", code, stderr.String())
			}
			var m kept
			read(t, "kept/manifest.json", &m)
			if m.Status != "failed" || !strings.Contains(stderr.String(), m.Error) || len(m.Metrics) != 0 {
				t.Errorf("%+v, stderr %q", m, stderr.String())
			}
			if got := strings.Join(tree(t, "kept"), " "); got != "kept/agents.csv kept/manifest.json kept/report.html kept/report.json kept/rounds.csv kept/run.db" {
				t.Errorf("%s", got)
			}
		})
	}
}

// brittle is a well that cannot be perceived any more from a round on.
func brittle(round int) polis.Scenario {
	s := well
	s.Build = func(o polis.Order) (polis.Society, error) {
		society, err := buildWell(o)
		world := environment.Define(func() *Well { return &Well{Drawn: map[string]int{}} }, func(w *Well, _ string) int {
			if w.Seen >= round {
				panic("it is dark")
			}
			return w.Litres
		})
		environment.AddAction(world, "draw", "Draw water.", func(w *Well, agent string, d Draw) (int, error) {
			if agent == "ada" {
				w.Seen++
			}
			return w.Draw(agent, d)
		})
		society.World = world
		return society, err
	}
	return s
}

// A run that fails ends the others.
func TestFailedRunsEndTheOthers(t *testing.T) {
	t.Chdir(t.TempDir())
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, &stderr, "run", "well", "--runs", "100000", "--out", "kept", "--log-level", "off")
	p.scenarios = []polis.Scenario{brittle(1)}
	if code := p.run(t.Context()); code != exitFailed || !strings.HasPrefix(stderr.String(), "demo: seed ") || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
	var m kept
	read(t, "kept/manifest.json", &m)
	if m.Status != "failed" || m.Error == "" {
		t.Errorf("%+v", m)
	}
}

// Whoever cannot write its result has failed, and what ran is kept.
func TestBrokenStdoutEndsTheRun(t *testing.T) {
	for _, args := range [][]string{{"--plain"}, {"--json"}, {"--quiet"}} {
		t.Chdir(t.TempDir())
		var stderr bytes.Buffer
		p := newProcess(full{}, &stderr, append([]string{"run", "well", "--out", "kept"}, args...)...)
		if code := p.run(t.Context()); code != exitFailed || stderr.String() != "demo: stdout: no space left\n" {
			t.Errorf("%q: exit %d, stderr %q", args, code, stderr.String())
		}
		if got := strings.Join(tree(t, "kept"), " "); got != "kept/agents.csv kept/manifest.json kept/report.html kept/report.json kept/rounds.csv kept/run.db" {
			t.Errorf("%q: %s", args, got)
		}
	}
}

// What breaks before anything has run leaves nothing.
func TestPanicBeforeTheRunLeavesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	var stderr bytes.Buffer
	if code := newProcess(panicking{}, &stderr, "run", "well", "--out", "new/kept").run(t.Context()); code != exitFailed {
		t.Errorf("exit %d", code)
	}
	if found := tree(t, "."); len(found) > 0 || stderr.String() != "demo: internal error: no paper\n" {
		t.Errorf("left %q, stderr %q", found, stderr.String())
	}
}

// Nothing is written after an error: half a result would read as a whole one.
func TestOutputEndsWithTheFirstError(t *testing.T) {
	var cause error
	w := &failing{after: 1}
	out := &output{w: w, broken: func(err error) { cause = err }}
	for _, text := range []string{"a", "b", "c"} {
		out.Write([]byte(text))
	}
	if w.String() != "a" || w.tries != 2 || cause == nil || !errors.Is(out.err, cause) {
		t.Errorf("wrote %q in %d tries, %v", w.String(), w.tries, cause)
	}
}

// failing is an output that fails after some writes, once.
type failing struct {
	bytes.Buffer
	after, tries int
}

func (f *failing) Write(b []byte) (int, error) {
	if f.tries++; f.tries == f.after+1 {
		return 0, errors.New("no space left")
	}
	return f.Buffer.Write(b)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }
