package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/report"
)

// reportsOf reads both forms of a report.
func reportsOf(t *testing.T, dir string) (page string, d report.Document) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "report.html"))
	must(t, err)
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	must(t, err)
	strict(t, string(data), &d)
	return string(text) + string(data), d
}

// "Each kept run directory gets report.html and report.json. demo report DIR writes both again from what is kept,
// byte-identical to the first ones": of one run and of several, whole and not.
func TestReportIsWrittenAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range []string{
		"commons --mind 3*covenant --mind reciprocal --mind 1*fixed:13 --chaos agent:20%",
		"commons --runs 5 --mind random:0-20 --mind 2*covenant",
		"commons --mind 4*model --mind 1*greedy",
		"commons --mind 2*covenant --mind 3*random:0-8 --pace realtime --tick 5ms --rounds 3",
		"well --mind 2*steady:1 --mind broken --log-level off",
		"well --runs 3 --seed 18446744073709551613",
	} {
		name := strings.ReplaceAll(args, " ", "_")
		try(t, append([]string{"run", "--quiet", "--out", name}, strings.Fields(args)...)...).ok(t)
		first, d := reportsOf(t, name)
		out := try(t, "report", name).ok(t)
		if again, _ := reportsOf(t, name); again != first {
			t.Errorf("%s: the report differs when it is written again", args)
		}
		if want := d.Headline + "\n\n" + name + "/report.html\n" + name + "/report.json\n"; out != want {
			t.Errorf("%s: %q, want %q", args, out, want)
		}
	}
	_, d := reportsOf(t, "commons_--runs_5_--mind_random:0-20_--mind_2*covenant")
	if d.Whole != 5 || d.Told != 1 || len(d.Said.Items) == 0 || d.Metrics[0].N != 5 || len(d.Seeds.Items) != 5 || len(d.Plots) != 4 {
		t.Errorf("%d whole, told of %d, %d said, %d plots", d.Whole, d.Told, len(d.Said.Items), len(d.Plots))
	}
	out := try(t, "report", "commons_--runs_5_--mind_random:0-20_--mind_2*covenant/seed-3").ok(t)
	if _, d := reportsOf(t, "commons_--runs_5_--mind_random:0-20_--mind_2*covenant/seed-3"); d.Settings[5] != (report.Setting{Name: "seed", Value: "3"}) || !strings.HasPrefix(out, "The lake ") {
		t.Errorf("%v, %s", d.Settings, out)
	}
}

// The report says what the run's own output says.
func TestReportAgreesWithTheRun(t *testing.T) {
	t.Chdir(t.TempDir())
	out := try(t, "run", "commons", "--mind", "3*covenant", "--mind", "reciprocal", "--mind", "1*fixed:13", "--chaos", "agent:20%", "--out", "kept", "--plain").ok(t)
	page, d := reportsOf(t, "kept")
	if d.Hash != shown(out, "hash") || d.Command != shown(out, "again") || !strings.Contains(page, d.Hash) || !d.Repeats {
		t.Errorf("hash %s, command %s, faults %v", d.Hash, d.Command, d.Faults)
	}
	crashes := 0
	for _, f := range d.Faults {
		if f.Name == "crashes" {
			crashes = f.N
		}
	}
	if crashes == 0 || d.Incidents.Total() != crashes || !strings.Contains(shown(out, "faults"), fmt.Sprintf("%d crashes", crashes)) {
		t.Errorf("%d crashes, %d incidents, printed %s", crashes, d.Incidents.Total(), shown(out, "faults"))
	}
	if d.Headline != "The lake collapsed in month 10 of 12; Jack, John and Kate agreed on a cap of 10 in month 1, and every cap agreed on was kept. Decided by rules, no language model." {
		t.Errorf("%s", d.Headline)
	}
	if d.World[1].Is != "stochastic" {
		t.Errorf("%v", d.World)
	}
}

// "All numbers honest: a run decided by the stand-in says stand-in in headline, tables and plots' caption; never model."
func TestReportOfTheStandIn(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "commons", "--mind", "5*model", "--out", "kept", "--quiet").ok(t)
	page, d := reportsOf(t, "kept")
	const by = "Decided by the stand-in, no language model."
	if !strings.HasSuffix(d.Headline, by) || d.Deciders[0] != (report.Count{Name: "stand-in", N: 60}) || strings.Contains(page, "GPT-4") {
		t.Errorf("%s %v", d.Headline, d.Deciders)
	}
	for _, p := range d.Plots {
		if !strings.HasSuffix(p.Caption, by) {
			t.Errorf("caption %q", p.Caption)
		}
	}
	if len(d.Models) != 1 || d.Models[0].Requests == 0 || d.Models[0].Answered != d.Models[0].Requests || len(d.References) == 0 {
		t.Errorf("%+v, %d references", d.Models, len(d.References))
	}
	quotes := 0
	for _, s := range d.Said.Items {
		if s.Language == protocol.Natural && s.Text != "" {
			quotes++
		}
	}
	if quotes == 0 {
		t.Error("nothing quotable was said")
	}
}

// What is kept of a run depends on its seed alone, as does its hash: not on how agents ran side by side.
func TestRecordDoesNotDependOnOrder(t *testing.T) {
	t.Chdir(t.TempDir())
	var first string
	for i := range 3 {
		dir := fmt.Sprint("kept", i)
		try(t, "run", "commons", "--agents", "20", "--mind", "covenant", "--chaos", "agent:10%", "--out", dir, "--quiet").ok(t)
		var m struct{ Record json.RawMessage }
		read(t, dir+"/manifest.json", &m)
		var compact bytes.Buffer
		must(t, json.Compact(&compact, m.Record))
		if first == "" {
			first = compact.String()
		} else if compact.String() != first {
			t.Error("the record differs")
		}
		_, d := reportsOf(t, dir)
		if d.Said.LeftOut == 0 || len(d.Said.Items) != 2*report.Kept || d.Said.Items[report.Kept].Round < 11 {
			t.Errorf("%d said, %d left out, then round %d", len(d.Said.Items), d.Said.LeftOut, d.Said.Items[report.Kept].Round)
		}
	}
}

// The notebook keeps every kind of event, in an order of its own.
func TestNotebook(t *testing.T) {
	n := newNotebook([]string{"talk", "act"})
	say := func(round int, phase, who, text string) actors.Said {
		m := protocol.Say(text, "ann")
		m.Sender = who
		return actors.Said{Round: round, Phase: phase, Message: &m}
	}
	unheard := say(2, "talk", "cid", "last")
	unheard.Unheard = true
	for _, event := range []any{
		say(1, "act", "bob", "third"), say(1, "talk", "cid", "second"), say(1, "talk", "bob", "first"), say(1, "talk", "bob", strings.Repeat("x", report.MaxText+5)),
		actors.Clocked{Agent: "bob", What: "deadline"}, environment.Missed{Round: 1, Phase: "act", Agent: "ann", Late: true},
		actors.Marked{Agent: "bob", Round: 1, Phase: "act", Mark: actors.Fallback, Why: "busy"},
		environment.RoundEnded{Round: 1}, actors.Forgot{Agent: "ann"}, polis.Abandoned{Actor: "agents/ann", Job: "think"},
		actors.Unkept{Agent: "bob", Why: "too big"}, environment.Unkept{Round: 2, Why: "full"}, actors.Unruled{From: "cid", To: "ann", Why: "panic"},
		polis.Intervened{What: polis.DidSilence, Round: 2}, polis.Intervened{What: polis.DidCrash, Round: 2, Agent: "ann"}, unheard, "nothing",
	} {
		n.see(event)
	}
	r := n.record(&polis.Report{DecidedBy: map[string]int{"rules": 3}, Marks: map[string]int{"fallback": 1}}, nil)
	var got []string
	for _, s := range r.Said.Items {
		got = append(got, fmt.Sprintf("%d %s %.6s %d %v", s.Round, s.Sender, s.Text, s.More, s.Unheard))
	}
	for _, in := range r.Incidents.Items {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %s", in.Round, in.Who, in.What, in.At, in.Why)))
	}
	for _, m := range r.Marked.Items {
		got = append(got, fmt.Sprintf("%d %s %s %s %s", m.Round, m.Phase, m.Who, m.Mark, m.Why))
	}
	for _, h := range r.Interventions.Items {
		got = append(got, fmt.Sprintf("%d %s %s", h.Round, h.What, h.Who))
	}
	want := []string{"1 bob first 0 false", "1 bob xxxxxx 5 false", "1 cid second 0 false", "1 bob third 0 false", "2 cid last 0 true",
		"1 ann missed act it was too late", "1 bob depended on the clock or on load deadline", "2 ann restarted without its memory", "2 ann was left behind in its think",
		"2 bob had no snapshot made of it  too big", "2 cid was not let speak to ann panic", "2 world had no snapshot made of it  full",
		"1 act bob fallback busy", "2 silence ", "2 crash ann"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// "Damaged files: exit 1 with one line naming file and problem."
func TestReportOfDamagedFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--quiet", "--out", "kept").ok(t)
	before, _ := reportsOf(t, "kept")
	must(t, os.WriteFile("kept/rounds.csv", []byte("run,seed,round,litres\n1,1,1,many\n"), 0o666))
	try(t, "report", "kept").oneLine(t, exitFailed, `kept/rounds.csv: line 2: cell "many"; accepted is a finite number`)
	if after, _ := reportsOf(t, "kept"); after != before {
		t.Error("a report was written all the same")
	}
	must(t, os.WriteFile("kept/manifest.json", []byte("{"), 0o666))
	try(t, "report", "kept").oneLine(t, exitFailed, `kept/manifest.json: damaged: `)
}

// What fails to be reported is kept, and its result is told.
func TestRunThatCannotBeReported(t *testing.T) {
	t.Chdir(t.TempDir())
	s := well
	s.Metrics = nil
	s.Measure = func(*polis.Report) map[string]float64 {
		must(t, os.MkdirAll("kept/report.html/taken", 0o777)) // somebody is in the way
		return map[string]float64{"level": 1}
	}
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, &stderr, "run", "well", "--out", "kept", "--quiet")
	p.scenarios = []polis.Scenario{s}
	if code := p.run(t.Context()); code != exitFailed || !strings.Contains(stderr.String(), "report.html") || shown(stdout.String(), "hash") == "" {
		t.Errorf("exit %d, stderr %q, stdout %q", code, stderr.String(), stdout.String())
	}
	var m kept
	read(t, "kept/manifest.json", &m)
	if m.Status != "done" {
		t.Errorf("%+v", m)
	}
}

// Of several runs those are added up that came to their own end, as in the run's own document.
func TestRecordOfSeveralRuns(t *testing.T) {
	one := report.Record{Deciders: map[string]int{"rules": 3}, Marks: map[string]int{"fallback": 1}, Models: map[string]report.Usage{"model": {Requests: 2, CostUSD: 0.5}}}
	whole := outcome{rep: &polis.Report{}, record: one}
	sum := recordOfRuns([]outcome{whole, {rep: &polis.Report{}, record: one, interrupted: true}, {record: one}, whole})
	if sum.Deciders["rules"] != 6 || sum.Marks["fallback"] != 2 || sum.Models["model"] != (report.Usage{Requests: 4, CostUSD: 1}) || one.Deciders["rules"] != 3 {
		t.Errorf("%+v", sum)
	}
}

// "agents that were rejected act by their fallback, the report shows it": who, how often, and why.
func TestReportOfRejections(t *testing.T) {
	t.Chdir(t.TempDir())
	r := try(t, "run", "commons", "--mind", "5*model:sustainable", "--model-limit", "inflight=1,queue=1", "--rounds", "2", "--out", "kept", "--quiet")
	out := r.ok(t)
	var d report.Document
	text, err := os.ReadFile(filepath.Join("kept", "report.json"))
	must(t, err, json.Unmarshal(text, &d))
	m := d.Models[0]
	if m.Label != "stand-in" || m.Rejected == 0 || len(m.Rejections) == 0 || len(m.Askers) != 5 || len(m.Answering) != 1 || m.Answering[0].Name != "sim-commons" {
		t.Fatalf("%+v", m)
	}
	sum, rejected := 0, 0
	for _, c := range m.Rejections {
		sum += c.N
	}
	for _, a := range m.Askers {
		if rejected += a.Rejected; a.Marks["fallback"] != a.Rejected {
			t.Errorf("%s was rejected %d times, and fell back: %v", a.Name, a.Rejected, a.Marks)
		}
	}
	if sum != m.Rejected || rejected != m.Rejected {
		t.Errorf("%d rejected, by reason %d, by agent %d", m.Rejected, sum, rejected)
	}
	if want := fmt.Sprintf("%d rejected: %s", m.Rejections[0].N, m.Rejections[0].Name); !strings.Contains(shown(out, "requests"), want) {
		t.Errorf("the summary says %q, and not %q", shown(out, "requests"), want)
	}
	last := d.Courses[0]
	if !strings.HasPrefix(last.Title, "Model: requests that wait") || slices.Max(last.Panels[0].Lines[1].Y) != 1 || slices.Max(last.Panels[0].Lines[2].Y) != 1 {
		t.Errorf("%+v", last)
	}
}

// How busy an adapter was when a request ended: the call of the request itself was out until then.
func TestRation(t *testing.T) {
	n := newNotebook(nil)
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for i, e := range []llmadapter.Ended{
		{Outcome: "answered", Wait: time.Second, Took: time.Second, Load: llmadapter.Load{InFlight: 2, Queued: 1, Limit: 3}},
		{Outcome: "answered", Shared: true, Load: llmadapter.Load{InFlight: 2}},
		{Outcome: "rejected", Reason: llmadapter.QueueFull, Load: llmadapter.Load{InFlight: 4}},
		{Outcome: "failed", Kind: llmadapter.Stalled},
	} {
		e.Service, e.At = "model", noon.Add(time.Duration(i)*time.Second)
		n.see(e)
	}
	n.see(llmadapter.Ended{Service: "model", Outcome: "rejected", Reason: llmadapter.QueueFull}) // from before
	r := n.resource("model", "x", report.Spending{})
	var out []int
	for _, s := range r.Course.Slots {
		if s.N > 0 {
			out = append(out, s.InFlight)
		}
	}
	if !slices.Equal(out, []int{3, 2, 4, 0}) || r.Rejections["queue-full"] != 2 || r.Failures["stalled"] != 1 || r.Label != "x" {
		t.Errorf("%v, %+v", out, r)
	}
	if first := r.Course.Each * float64(slices.IndexFunc(r.Course.Slots, func(s report.Slot) bool { return s.N > 0 })); first < 1.9 || first > 2 {
		t.Errorf("the first ended after %v s", first)
	}
}
