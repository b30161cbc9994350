package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/polis-agents/polis"
)

// ofRuns is a metric of so many runs whose mean is given.
func ofRuns(mean, sd float64, n int) statistic { return statistic{Mean: mean, SD: &sd, N: n} }

// "Exact compares to 1e-6; statistical |mean_R - ref| < 4 sqrt(se_ref² + se_R²)."
func TestTheToleranceOfAKnownNumber(t *testing.T) {
	known := &polis.Known{N: 100, SD: map[string]float64{"x": 3}}
	for _, c := range []struct {
		what    string
		theirs  float64
		k       *polis.Known
		ours    statistic
		in      float64 // standard errors; NaN: there are none
		verdict string
	}{
		{"exact", 2, &polis.Known{}, statistic{Mean: 2 + 9e-7, N: 1}, math.NaN(), verdictWithin},
		{"rounded too far", 2, &polis.Known{}, statistic{Mean: 2.00001, N: 1}, math.NaN(), verdictBeyond},
		{"less", 2, &polis.Known{}, statistic{Mean: 1.9999, N: 1}, math.NaN(), verdictBeyond},
		{"exact on average", 2, &polis.Known{}, ofRuns(2.3, 1, 100), 3, verdictWithin},
		{"too much", 2, &polis.Known{}, ofRuns(2.4001, 1, 100), 4.001, verdictBeyond},
		{"both vary", 2, known, ofRuns(3.9, 4, 100), 3.8, verdictWithin},
		{"both, too much", 2, known, ofRuns(-.1, 4, 100), -4.2, verdictBeyond},
		{"few and alike", 2, known, ofRuns(5, 0, 9), 3 / math.Hypot(.3, 1), verdictWithin},
		{"few and different", 2, known, ofRuns(5, 6, 9), 3 / math.Hypot(.3, 2), verdictWithin},
		{"many and alike", 2, known, ofRuns(5, 0, 90), 10, verdictBeyond},
		{"theirs as ours", 2, &polis.Known{N: 100}, ofRuns(3, 3, 100), 1 / math.Hypot(.3, .3), verdictWithin},
		{"neither varies", 2, &polis.Known{N: 100}, ofRuns(3, 0, 100), math.NaN(), verdictBeyond},
		{"rounded", .030, &polis.Known{N: 100, Rounded: map[string]float64{"x": .0005}}, ofRuns(.0303, 0, 100), math.NaN(), verdictWithin},
		{"rounded, too much", .030, &polis.Known{N: 100, Rounded: map[string]float64{"x": .0005}}, ofRuns(.0306, 0, 100), math.NaN(), verdictBeyond},
		{"none of ours", 2, known, statistic{}, math.NaN(), verdictMissing},
	} {
		got := compare("x", c.theirs, c.k, c.ours)
		in := math.NaN()
		if got.InErrors != nil {
			in = *got.InErrors
		}
		if got.Verdict != c.verdict || math.IsNaN(in) != math.IsNaN(c.in) || math.Abs(in-c.in) > 1e-9 {
			t.Errorf("%s: %s, %v standard errors; want %s, %v", c.what, got.Verdict, in, c.verdict, c.in)
		}
	}
}

// knownWell is the well with a reference that is as it must be, one by chance, one of a model and one that takes long.
func knownWell(level float64) polis.Scenario {
	s := well
	steady := []string{"3*steady:3"}
	s.References = []polis.Reference{
		{Name: "steady", Source: "by hand", Kind: "scripted", Metrics: map[string]float64{"level": level},
			Known: &polis.Known{Rounds: 4, Minds: steady, Settings: map[string]string{"litres": "60"}, Quick: 1}},
		{Name: "by chance", Source: "a loop", Kind: "random", Metrics: map[string]float64{"level": 36, "nobody": 1},
			Known: &polis.Known{Minds: []string{"random"}, N: 50, SD: map[string]float64{"level": 1000}, Quick: 3, Long: 5}},
		{Name: "too long", Source: "by hand", Kind: "scripted", Metrics: map[string]float64{"level": level}, Known: &polis.Known{Minds: steady, Settings: map[string]string{"litres": "60"}, Long: 2}},
		{Name: "GPT-0", Source: "a paper", Kind: "model", Metrics: map[string]float64{"level": 3}},
	}
	return s
}

// heldAgainst runs the command on one scenario.
func heldAgainst(t *testing.T, s polis.Scenario, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, told strings.Builder
	p := newProcess(&out, &told, append([]string{"known"}, args...)...)
	p.scenarios = []polis.Scenario{s}
	code = p.run(t.Context())
	return code, out.String(), told.String()
}

// A reference that is broken changes the verdict, and the exit code.
func TestKnown(t *testing.T) {
	right := knownWell(44)
	delete(right.References[1].Metrics, "nobody")
	code, out, told := heldAgainst(t, right, "well", "--quiet")
	if code != exitDone || told != "" {
		t.Fatalf("exit %d, %s%s", code, told, out)
	}
	for _, want := range []string{"well: by hand\n", "44, exact", "44 (1)", "none", "within\n", "36 ± 141 (50)", "(3)", " se ",
		"too long  1 metric", "not run: takes long\n", "not run: of a language model\n",
		"2 numbers within, 0 beyond; 1 result not run: of a language model; 1 result not run: takes long\nseeds of ours from 1;"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if i, j := strings.Index(out, "too long"), strings.Index(out, "by chance"); strings.Count(out, "well: by hand") != 1 || i > j {
		t.Errorf("what has one source is not together:\n%s", out)
	}

	code, out, told = heldAgainst(t, knownWell(44.5), "well", "--quiet")
	if code != exitFailed || told != "demo: 2 numbers of ours beyond the tolerance\n" || !strings.Contains(out, "-0.5") || !strings.Contains(out, "beyond\n") ||
		!strings.Contains(out, "none") || !strings.Contains(out, "missing\n") || !strings.Contains(out, "1 number within, 2 beyond") {
		t.Errorf("exit %d, %s%s", code, told, out)
	}
}

// What is printed for programs, and that its command runs the same.
func TestKnownJSON(t *testing.T) {
	s := knownWell(44)
	delete(s.References[1].Metrics, "nobody")
	code, out, told := heldAgainst(t, s, "--json", "--long", "--seed", "5")
	var d knownDocument
	must(t, json.Unmarshal([]byte(out), &d))
	if code != exitDone || d.Seed != 5 || d.Within != 3 || d.Beyond != 0 || d.NotRun != 1 || len(d.Findings) != 4 || d.Rule != tolerance {
		t.Fatalf("exit %d, %s%s", code, told, out)
	}
	i := slices.IndexFunc(d.Findings, func(f finding) bool { return f.Name == "by chance" })
	f := d.Findings[i]
	if len(f.Numbers) != 1 || f.Numbers[0].OurN != 5 || f.Numbers[0].TheirN != 50 || f.Numbers[0].Ours == nil || !strings.Contains(f.Command, "--seed 5 --runs 5") {
		t.Fatalf("%+v", f)
	}
	args := strings.Fields(strings.ReplaceAll(f.Command, "'", ""))[1:]
	again := try(t, append(args, "--out", "none", "--json", "--quiet")...).ok(t)
	if want := fmt.Sprintf(`"level":{"mean":%v,`, *f.Numbers[0].Ours); !strings.Contains(again, want) {
		t.Errorf("%s: %s is not in %s", f.Command, want, again)
	}
	if code, out, _ = heldAgainst(t, s, "--json", "--runs", "2"); code != exitDone || !strings.Contains(out, `"ours_n":2`) || !strings.Contains(out, `"ours_n":1`) {
		t.Errorf("--runs counts where chance takes part: exit %d, %s", code, out)
	}
}

// What cannot be done is one line.
func TestKnownUsage(t *testing.T) {
	try(t, "known", "well").oneLine(t, exitUsage, `unknown scenario of which numbers are known "well"; accepted: commons, dilemma`)
	try(t, "known", "commons", "--runs", "1").oneLine(t, exitUsage, "--runs 1; accepted is a whole number from 2")
	broken := knownWell(44)
	broken.References[0].Known.Settings = map[string]string{"litres": "many"}
	if code, out, told := heldAgainst(t, broken); code == exitDone || out != "" || !strings.Contains(told, `well, steady: parameter litres is "many"`) {
		t.Errorf("exit %d, %s%s", code, told, out)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := newProcess(&strings.Builder{}, &strings.Builder{}, "known", "well")
	p.scenarios = []polis.Scenario{knownWell(44)}
	if code := p.run(ctx); code != exitInterrupted {
		t.Errorf("exit %d of what was interrupted", code)
	}
}

// Every reference of the binary that says how it is run can be, and none of a language model is.
func TestEveryReferenceCanBeRun(t *testing.T) {
	p := newProcess(&strings.Builder{}, &strings.Builder{})
	p.scenarios = scenarios
	c := &knownCommand{Long: true, Seed: 1}
	findings, err := c.findings(p, &player{process: p, building: &sync.Mutex{}})
	must(t, err)
	for i := range findings {
		f := &findings[i]
		if k := f.reference.Known; k != nil && f.Kind == "model" || (f.NotRun == "") != (k != nil) || k != nil && k.Long > 0 && k.Long < k.Quick {
			t.Errorf("%s, %s: %q, %+v", f.Scenario, f.Name, f.NotRun, k)
		}
		if f.reference.Known == nil {
			continue
		}
		for name := range f.reference.Known.SD {
			if _, is := f.reference.Metrics[name]; !is {
				t.Errorf("%s, %s: the deviation of %s, which is none of its metrics", f.Scenario, f.Name, name)
			}
		}
	}
}
