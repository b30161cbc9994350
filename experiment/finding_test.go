package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/emergence/statistics"
	"github.com/polis-agents/polis/environment"
)

// numbers plays runs whose metric x is what is listed for their arm, by seed.
func numbers(of map[string][]float64) Player {
	return func(_ context.Context, s Spec, _ func(any)) (*Played, error) {
		x := of[s.Arm][s.Seed-1]
		if math.IsInf(x, 0) {
			return nil, fmt.Errorf("run of seed %d", s.Seed)
		}
		return &Played{Report: &polis.Report{Hash: "h", Rounds: 10}, Metrics: map[string]float64{"x": x, "minus": -x}}, nil
	}
}

// studyOf is a sweep of arms a and b over so many seeds.
func studyOf(seeds int, study string) string {
	return fmt.Sprintf("scenario: toy\nseeds: {count: %d}\narms: [{name: a}, {name: b, null: channel-cut}, {name: c}]\nstudy:\n%s", seeds, study)
}

func findingsOf(t *testing.T, text string, play Player) []Finding {
	t.Helper()
	return carryOut(t, &Sweep{File: readFile(t, text), Play: play, Parallel: 2}).Findings
}

func valueOfEstimate(e *emergence.Estimate, name string) float64 {
	for _, v := range e.Values {
		if v.Name == name {
			return v.Value
		}
	}
	return math.NaN()
}

func near(x, want float64) bool { return math.Abs(x-want) < 1e-9 }

var apart = map[string][]float64{"a": {6, 7, 8, 9, 10}, "b": {1, 2, 3, 4, 5}, "c": {6, 8, 7, 9, 11}}

// "Exact permutation test, difference of means, {1..5} against {6..10}: p = 2/252; Cliff delta = 1."
func TestAcrossRuns(t *testing.T) {
	fs := findingsOf(t, studyOf(5, `
  correction: holm
  hypotheses:
    - {name: other, metric: x, against: b}
    - {name: more, metric: x, against: b, direction: greater}
    - {name: less, metric: x, against: b, direction: less}
    - {name: mirrored, metric: minus, against: b, direction: less}
    - {name: same, metric: x, against: c, direction: different, threshold: 0.9}
    - {name: strict, metric: x, against: b, direction: greater, threshold: 0.015}
`), numbers(apart))
	for i, want := range []struct {
		p, q      float64
		supported bool
	}{{2. / 252, 3 * 2. / 252, true}, {1. / 252, 6. / 252, true}, {1, 1, false}, {1. / 252, 6. / 252, true}, {1, 1, false}, {1. / 252, 6. / 252, false}} {
		f := &fs[i]
		if e := &f.Estimate; !near(*e.P, want.p) || !near(*e.Q, want.q) || f.Supported != want.supported {
			t.Errorf("%s: p %v, q %v, supported %v; want %+v", f.Hypothesis, *e.P, *e.Q, f.Supported, want)
		}
		if f.Test != AcrossRuns || !f.NamedBefore || f.Error != "" || f.Pattern != NotShown || f.Minimal != nil {
			t.Errorf("%+v", f)
		}
	}
	e := &fs[0].Estimate
	if n := e.Null; e.Value != 8 || e.Runs != 5 || n.Kind != emergence.Simulation || n.Name != "b (channel-cut)" || n.Mean != 3 || n.N != 5 || n.Tail != "two-sided" ||
		valueOfEstimate(e, "cliff_delta") != 1 || valueOfEstimate(e, "difference") != 5 || !near(*e.Effect, 5/math.Sqrt(2.5)) {
		t.Errorf("%+v %+v", e, n)
	}
	if i := e.Interval; i == nil || i.Low < 6 || i.High > 10 || i.Low >= 8 || i.High <= 8 {
		t.Errorf("%+v", i)
	}
	if want := "5 runs: fewer than 8, look at the single values"; !slices.Contains(e.Warnings, want) {
		t.Errorf("%q", e.Warnings)
	}
}

// What cannot be tested says why, and is no number; failed runs are told.
func TestWhatCannotBeTested(t *testing.T) {
	inf := math.Inf(1)
	of := map[string][]float64{"a": {6, 7, inf}, "b": {1, 2, 3}, "c": {6, inf, inf}}
	fs := findingsOf(t, studyOf(3, `
  hypotheses:
    - {name: failed, metric: x, against: b}
    - {name: one, metric: x, against: c}
    - {name: none, metric: y, against: b}
`), numbers(of))
	if f := fs[0]; f.Error != "" || !slices.Contains(f.Estimate.Warnings, "a: 1 of 3 runs failed and are left out") || !slices.Contains(f.Estimate.Warnings, "so few runs cannot give a p below 0.1") {
		t.Errorf("%+v", f)
	}
	for i, want := range map[int]string{1: "c: 1 of 1 runs have a x; accepted are two or more", 2: "a: 0 of 2 runs have a y; accepted are two or more"} {
		if f := fs[i]; f.Error != want || f.Estimate.P != nil || f.Supported {
			t.Errorf("%+v, want %s", f, want)
		}
	}
}

// pairs plays runs of two agents: where they are coupled, the second does what the first did in the round before.
func pairs(rounds int) Player {
	return func(_ context.Context, s Spec, observe func(any)) (*Played, error) {
		r := rand.New(rand.NewPCG(s.Seed, uint64(len(s.Arm))))
		first, second := 0., 0.
		for round := 1; round <= rounds; round++ {
			if next := first; s.Arm == "a" || s.Arm == "c" {
				second = next
			} else {
				second = float64(r.IntN(2))
			}
			first = float64(r.IntN(2))
			observe(environment.RoundEnded{Round: round, World: []environment.Variable{{Name: "sum", Value: first + second}}, Agents: []environment.AgentRow{
				{Name: "ada", Variables: []environment.Variable{{Name: "move", Value: first}}}, {Name: "ben", Variables: []environment.Variable{{Name: "move", Value: second}}}}})
		}
		return &Played{Report: &polis.Report{Rounds: rounds}}, nil
	}
}

// "Within-run surrogates and across-run tests carry different names", and each finds what is there and nothing else.
func TestWithinRuns(t *testing.T) {
	fs := findingsOf(t, studyOf(6, `
  surrogates: 99
  hypotheses:
    - {name: follows, measure: transfer-entropy, set: {source: ada, target: ben}, agents: move, null: circular, minimal: c}
    - {name: leads, measure: transfer-entropy, set: {source: ben, target: ada}, agents: move, null: circular}
    - {name: alone, measure: transfer-entropy, set: {source: ada, target: ben}, agents: move, null: circular, arm: b, minimal: c}
    - {name: more, measure: transfer-entropy, set: {source: ada, target: ben}, agents: move, against: b, direction: greater, from: 11}
    - {name: wrong, measure: transfer-entropy, set: {source: kate, target: ben}, agents: move, null: circular}
    - {name: unseen, measure: mutual-information, agents: mood, null: circular}
    - {name: unseen there, measure: mutual-information, agents: mood, against: b}
    - {name: public, measure: mutual-information, set: {x: sum, y: ada}, agents: move, world: [sum], null: circular}
`), pairs(60))
	names := map[string]*Finding{}
	for i := range fs {
		if f := &fs[i]; !f.model {
			names[f.Hypothesis] = f
		}
	}
	for name, want := range map[string]struct {
		test      string
		supported bool
		pattern   string
	}{
		"follows": {WithinRuns, true, WeaklyEmergent}, "leads": {WithinRuns, false, NotShown}, "alone": {WithinRuns, false, NotShown},
		"more": {AcrossRuns, true, NotShown}, "wrong": {WithinRuns, false, NotShown}, "unseen there": {AcrossRuns, false, NotShown}, "unseen": {WithinRuns, false, NotShown}, "public": {WithinRuns, true, NotShown},
	} {
		if f := names[name]; f.Test != want.test || f.Supported != want.supported || f.Pattern != want.pattern {
			t.Errorf("%s: %+v %v", name, f, f.Estimate.P)
		}
	}
	e := &names["follows"].Estimate
	if n := e.Null; e.Unit != "bit" || e.Value < .9 || n.Kind != emergence.Surrogate || n.Name != "circular" || n.N != 99 || n.Mean > .1 || e.Runs != 6 || *e.P > 1e-6 ||
		valueOfEstimate(e, "runs_with_p_up_to_0.05") != 1 || e.Interval == nil {
		t.Errorf("%+v %+v", e, e.Null)
	}
	if m := names["follows"].Minimal; m == nil || m.By != "minimal model c" || m.Runs != 6 || !m.Reproduced {
		t.Errorf("%+v", m)
	}
	if e := &names["more"].Estimate; e.Null.Kind != emergence.Simulation || e.Unit != "bit" || slices.Contains(e.Warnings, "no null: descriptive only") || !near(*e.P, 1/924.) {
		t.Errorf("%+v %v", e, *e.P)
	}
	for name, want := range map[string]string{"wrong": `a: it could be measured in 0 of 6 runs: emergence: `, "unseen there": `a: it could be measured in 0 of 6 runs: `, "unseen": `a: it could be measured in 0 of 6 runs: no agent shows a variable "mood"`} {
		if f := names[name]; !strings.HasPrefix(f.Error, want) {
			t.Errorf("%s: %q, want %s", name, f.Error, want)
		}
	}
}

// The p of runs together is one: among studies of nothing, it is at most 0.05 in 5 of 100.
func TestStoufferIsCalibrated(t *testing.T) {
	const studies = 400
	r := rand.New(rand.NewPCG(1, 2))
	below := 0
	for range studies {
		res := &Result{File: readFile(t, studyOf(5, "  hypotheses: [{name: h, measure: mutual-information, agents: move, null: circular}]\n"))}
		for run := range 5 {
			p := float64(1+r.IntN(20)) / 20 // of 19 surrogates
			res.Rows = append(res.Rows, Row{Run: run + 1, Measured: map[string]Measured{"h": {Value: 1, Null: &Shadow{Mean: .5, SD: 1, P: p, N: 19}}}})
		}
		e := &emergence.Estimate{}
		if err := res.surrogates(&res.File.Study.Hypotheses[0], 0, e); err != nil {
			t.Fatal(err)
		}
		if *e.P <= .05 {
			below++
		}
	}
	if i, err := statistics.Wilson(below, studies, .99); err != nil || !i.Meets(.03, .07) {
		t.Errorf("%d of %d: %+v %v", below, studies, i, err)
	}
}

// A run whose value is below all its surrogates does not decide alone, nor does one above all.
func TestStoufferTakesTheMiddleOfEachStep(t *testing.T) {
	res := &Result{File: readFile(t, studyOf(3, "  hypotheses: [{name: h, measure: mutual-information, agents: move, null: circular}]\n"))}
	for run, p := range []float64{1, .05, .05} {
		res.Rows = append(res.Rows, Row{Run: run + 1, Measured: map[string]Measured{"h": {Value: 1, Null: &Shadow{Mean: .5, SD: 1, P: p, N: 19}}}})
	}
	e := &emergence.Estimate{}
	if err := res.surrogates(&res.File.Study.Hypotheses[0], 0, e); err != nil {
		t.Fatal(err)
	}
	if want := .128922; math.Abs(*e.P-want) > 1e-4 { // z of .025, twice, less once, over the root of 3: 1.1316
		t.Errorf("p %v, want %v", *e.P, want)
	}
}

// A measure looks at the rounds from the first that it is to.
func TestFrom(t *testing.T) {
	f := readFile(t, studyOf(2, "  hypotheses: [{name: h, measure: mutual-information, agents: move, world: [share], from: 3, null: circular}]\n"))
	r := newRecord(&f.Study)
	for round := 1; round <= 5; round++ {
		v := []environment.Variable{{Name: "share", Value: float64(round)}, {Name: "move", Value: float64(-round)}}
		r.see(environment.RoundEnded{Round: round, World: v, Agents: []environment.AgentRow{{Name: "ben", Variables: v}, {Name: "ada", Variables: v}}})
	}
	names, columns, err := r.columns(&f.Study.Hypotheses[0])
	if err != nil || fmt.Sprint(names, columns) != "[share ada ben] [[3 4 5] [-3 -4 -5] [-3 -4 -5]]" {
		t.Errorf("%v %v %v", names, columns, err)
	}
	r.see(environment.RoundEnded{Round: 6, World: nil})
	if _, _, err := r.columns(&f.Study.Hypotheses[0]); err == nil || err.Error() != `variable "share" of the world has 5 values in 6 rounds` {
		t.Error(err)
	}
}

// "Milestones are predicates over world state judged by code, with times and censoring (Kaplan-Meier)."
func TestMilestones(t *testing.T) {
	times := map[string][]float64{"a": {1, 3, 3, 50, 120, 2, 2, 4}, "b": {50, 120, 90, 30, 80, 120, 70, 99}, "c": {1, 3, 3, 50, 120, 2, 2, 4}}
	play := func(_ context.Context, s Spec, observe func(any)) (*Played, error) {
		for round := 1; round <= 100; round++ {
			share := 0.
			if at := times[s.Arm][s.Seed-1]; float64(round) >= at || round%10 == 5 { // at a fifth round for one round only
				share = 1
			}
			observe(environment.RoundEnded{Round: round, World: []environment.Variable{{Name: "share", Value: share}}})
		}
		return &Played{Report: &polis.Report{Rounds: 100}}, nil
	}
	text := studyOf(8, `
  milestones:
    - {name: full, when: share >= 0.95, for: 2}
  hypotheses:
    - {name: other, milestone: full, against: b}
    - {name: sooner, milestone: full, against: b, direction: less}
    - {name: later, milestone: full, against: b, direction: greater}
`)
	r := carryOut(t, &Sweep{File: readFile(t, text), Play: play})
	for i, want := range map[int]map[string]int{0: {"full": 1}, 3: {"full": 50}, 4: {}, 11: {"full": 30}} {
		if got := r.Rows[i].Milestones; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("run %d: %v, want %v", i+1, got, want)
		}
	}
	durations := func(arm string) (all []statistics.Duration) {
		for _, at := range times[arm] {
			if at > 98 { // two rounds in a row
				all = append(all, statistics.Duration{Time: 100, Censored: at > 99})
			} else {
				all = append(all, statistics.Duration{Time: at})
			}
		}
		return all
	}
	theirs := durations("b")
	theirs[7] = statistics.Duration{Time: 99}
	want, err := statistics.LogRank(theirs, durations("a"))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range []float64{want.P, want.P / 2, 1 - want.P/2} {
		f := &r.Findings[i]
		if e := &f.Estimate; !near(*e.P, p) || f.Test != AcrossTimes || e.Unit != "rounds" || e.Null.Kind != emergence.Simulation {
			t.Errorf("%s: p %v, want %v: %+v", f.Hypothesis, *e.P, p, e)
		}
	}
	e := &r.Findings[0].Estimate
	if !near(e.Value, (1+3+3+50+100+2+2+4)/8.) || valueOfEstimate(e, "median") != 3 || valueOfEstimate(e, "reached") != 7./8 || valueOfEstimate(e, "null_reached") != 6./8 ||
		!slices.Contains(e.Warnings, "censored runs: 3 of 16 had not come to it when they ended") {
		t.Errorf("%+v", e)
	}
	if table := written(t, r.WriteRuns); !strings.HasPrefix(table, "run,arm,seed,hash,rounds,milestone full\n1,a,1,,100,1\n") || !strings.Contains(table, "\n5,a,5,,100,\n") {
		t.Error(table)
	}
	bad := strings.Replace(text, "share >=", "sharing >=", 1)
	if r = carryOut(t, &Sweep{File: readFile(t, bad), Play: play}); len(r.Failed) != 24 || r.Failed[0].Error != `milestone: the world shows no variable "sharing"` {
		t.Errorf("%+v", r.Failed)
	}
}

// "`named before` true, what was looked at after is marked": and corrected for all that was looked at.
func TestNamedBefore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	before := studyOf(5, "  correction: holm\n  hypotheses:\n    - {name: first, metric: x, against: b}\n")
	carry := func(take func(string, []byte) (*Directory, error), text string) (*Result, error) {
		d, err := take(dir, []byte(text))
		if err != nil {
			return nil, err
		}
		defer d.Close()
		return (&Sweep{File: readFile(t, text), Play: numbers(apart), Kept: d}).Run(t.Context())
	}
	if r, err := carry(Create, before); err != nil || !r.Findings[0].NamedBefore {
		t.Fatal(err)
	}
	r, err := carry(Reopen, before+"    - {name: second, metric: x, against: c}\n")
	if err != nil {
		t.Fatal(err)
	}
	first, second := &r.Findings[0], &r.Findings[1]
	if !first.NamedBefore || second.NamedBefore || !near(*first.Estimate.Q, *first.Estimate.P) || !near(*second.Estimate.Q, *second.Estimate.P) {
		t.Errorf("%+v %+v", first, second)
	}
	// Whoever asks one after the other is not corrected for one at a time, nor rid of what was asked by leaving it out.
	r, err = carry(Reopen, before+"    - {name: third, metric: minus, against: b}\n")
	if err != nil {
		t.Fatal(err)
	}
	if fs := r.Findings; len(fs) != 3 || fs[1].Hypothesis != "second" || fs[2].Hypothesis != "third" || fs[1].NamedBefore || fs[2].NamedBefore ||
		!near(*fs[2].Estimate.Q, 3*2/252.) || !near(*fs[0].Estimate.Q, 2/252.) {
		t.Errorf("what was looked at after: %+v", fs)
	}
	again, err := carry(Reopen, before)
	if err != nil || written(t, again.WriteHypotheses) != written(t, r.WriteHypotheses) || len(again.Findings) != 3 {
		t.Errorf("told again from what was ordered: %v\n%+v", err, again)
	}
	if _, err := carry(Reopen, before+"    - {name: second, metric: minus, against: b}\n"); err == nil || !strings.Contains(err.Error(), `hypothesis "second" was asked as {Name:second Metric:x`) {
		t.Errorf("asked otherwise: %v", err)
	}
	for _, c := range []struct{ text, want string }{
		{strings.Replace(before, "against: b", "against: c", 1), `hypothesis "first" was {Name:first Metric:x`},
		{strings.Replace(before, "name: first", "name: last", 1), `hypothesis "first" is gone`},
		{strings.Replace(before, "holm", "bh", 1), "study: correction was holm and is bh"},
		{strings.Replace(before, "correction", "threshold: 0.1\n  correction", 1), "study: threshold was 0.05 and is 0.1"},
		{strings.Replace(before, "correction", "milestones: [{name: a, when: b > 1}]\n  correction", 1), `milestone "a" is new`},
		{before + "    - {name: s, measure: entropy, world: [x], against: b}\n", `hypothesis "s", of a measure, is new`},
	} {
		if _, err := carry(Reopen, c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// A finding in every cell of its arm that it does not leave out.
func TestWhere(t *testing.T) {
	text := "scenario: toy\nseeds: {count: 3}\nparameters: {size: [1, 22], form: [x, y]}\narms: [{name: a}, {name: b}]\nstudy: {hypotheses: [{name: h, metric: y, against: b, where: {form: y}}, {name: g, metric: y, arm: b, against: a}]}\n"
	var cells []string
	for _, f := range findingsOf(t, text, toy) {
		cells = append(cells, f.Cell)
		if d := valueOfEstimate(&f.Estimate, "difference"); d != 0 { // the null is the other arm's cell of the same parameters
			t.Errorf("%s: the difference is %v", f.Cell, d)
		}
	}
	if got := strings.Join(cells, "; "); got != "a, size=1, form=y; a, size=22, form=y; b, size=1, form=x; b, size=1, form=y; b, size=22, form=x; b, size=22, form=y" {
		t.Error(got)
	}
}

// "One function with the words it may print, and a test": never "strong".
func TestPattern(t *testing.T) {
	for _, c := range []struct {
		supported bool
		re        *Resimulation
		want      string
	}{
		{false, nil, "not shown"}, {true, nil, "not shown"}, {true, &Resimulation{Runs: 9}, "not shown"}, {true, &Resimulation{Reproduced: true}, "not shown"},
		{false, &Resimulation{Runs: 9, Reproduced: true}, "not shown"}, {true, &Resimulation{Runs: 9, Reproduced: true}, "weakly emergent"},
	} {
		if got := Pattern(c.supported, c.re); got != c.want {
			t.Errorf("%v %+v: %s", c.supported, c.re, got)
		}
	}
	rules, model := map[string]int{"rules": 3, "model x": 0}, map[string]int{"rules": 3, "model x": 1}
	for i, c := range []struct {
		ran   *polis.Report
		again *polis.Replayed
		want  bool
	}{
		{nil, nil, false}, {&polis.Report{Hash: "a", DecidedBy: rules}, nil, false}, {&polis.Report{Hash: "a", DecidedBy: rules}, &polis.Replayed{Hash: "b"}, false},
		{&polis.Report{Hash: "a", DecidedBy: model}, &polis.Replayed{Hash: "a"}, false}, {&polis.Report{DecidedBy: rules}, &polis.Replayed{}, false},
		{&polis.Report{Hash: "a"}, &polis.Replayed{Hash: "a"}, false}, {&polis.Report{Hash: "a", DecidedBy: rules}, &polis.Replayed{Hash: "a"}, true},
	} {
		if re := Replayed(c.ran, c.again); re.Reproduced != c.want || re.By != "replay" {
			t.Errorf("%d: %+v", i, re)
		}
	}
}

// The document is JSON whatever the numbers are, and the table has a row for each finding.
func TestFindingsAreWritten(t *testing.T) {
	r := carryOut(t, &Sweep{File: readFile(t, studyOf(5, "  hypotheses: [{name: h, metric: x, against: b}, {name: none, metric: y, against: b}]\n")), Play: numbers(apart)})
	text, err := json.Marshal(r.Document())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"hypothesis":"h","cell":"a","against":"b","named_before":true,"test":"across runs: `, `"kind":"simulation"`, `"pattern":"not shown"`, `"error":"a: 0 of 5 runs have a y`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	lines := strings.Split(written(t, r.WriteHypotheses), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[1], `h,a,b,true,"across runs: one value of each, permuted between the arms",x,1,5,8,`) || !strings.HasPrefix(lines[2], `none,a,b,true,"across runs: one value of each, permuted between the arms",y,1,0,,,,,,,,,,different,0.05,false,not shown,,a: 0 of 5`) {
		t.Errorf("%q", lines)
	}
}
