package report_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/polis-agents/polis/report"
)

// answered is an answer to a question as a manifest has it.
func answered(question string, value, p, q float64) obj {
	return obj{"question": question, "measure": "transfer-entropy", "of": "source=Kate target=John", "unit": "bit", "n": 199, "value": value, "values": obj{"plugin": value, "effective": value - 0.02},
		"corrected": value - 0.0125, "ci": []float64{value - 0.08, value + 0.07}, "ci_method": "basic bootstrap", "p": p, "q": q, "effect": (value - 0.02) / 0.01,
		"null": obj{"name": "circular", "tail": "upper", "kind": "surrogate", "n": 999, "mean": 0.02, "sd": 0.01, "low": 0.005, "high": 0.043}, "warnings": []string{"common public signal"}}
}

// questioned is a kept run that has answered.
func questioned(t testing.TB, all ...obj) string {
	t.Helper()
	dir := lake(t)
	amend(t, dir, func(m obj) { m["emergence"] = all })
	return dir
}

// "Table of measures with null bands: estimate, corrected, 95 % interval, null name and kind, mean, sd, p, q, effect, runs, warnings."
func TestAnswersOnThePage(t *testing.T) {
	text, d := saved(t, questioned(t, answered("Does John follow Kate?", 0.53, 0.001, 0.002), answered("", 0.03, 0.2, 0.2)))
	section := between(t, text, `<h2 id="asked">`, "</section>")
	for _, part := range []string{"Of 1 question named before the run 1 goes beyond its null, at a corrected p of at most 0.05.",
		"<bdi>Does John follow Kate?</bdi> · <bdi>named before the run</bdi>", "<bdi>A look at transfer-entropy</bdi> · <bdi>looked at after the run</bdi>",
		"transfer-entropy source=Kate target=John", "<bdi>0.53 bit</bdi>", ">0.518</td>", "<br>[0.45, 0.6]</td>", "surrogate null circular, 999 surrogates", "<br>0.02 ± 0.01 [0.005, 0.043]</td>",
		">0.001</td>", ">0.002</td>", ">51</td>", ">199 samples</td>", "<bdi>common public signal</bdi>", "Decided by rules, no language model.", "<svg",
		"The number is 0.53, with an interval from 0.45 to 0.6; under the null it is 0.02 on average, and between 0.005 and 0.043."} {
		if !strings.Contains(section, part) {
			t.Errorf("there is no %q", part)
		}
	}
	if strings.Contains(strings.ToLower(section), "emergen") {
		t.Error("a number is called emergent")
	}
	if len(d.Emergence) != 2 || len(d.Held) != 1 || len(d.Held[0].Panels) != 2 || math.Abs(d.Held[0].Panels[0].Held.Interval[1]-0.6) > 1e-12 {
		t.Errorf("%+v", d.Held)
	}
	if text, d := saved(t, lake(t)); strings.Contains(text, `id="asked"`) || len(d.Held)+len(d.Emergence) != 0 {
		t.Error("nothing was asked, and something is answered")
	}
}

func between(t testing.TB, text, from, to string) string {
	t.Helper()
	_, text, ok := strings.Cut(text, from)
	text, _, also := strings.Cut(text, to)
	if !ok || !also {
		t.Fatalf("there is nothing between %s and %s", from, to)
	}
	return text
}

// "No number called emergent is printed without its null, its interval and its sample size": neither on the page nor as data. Where
// data allow no interval, a warning says why.
func TestNoNumberWithoutItsNull(t *testing.T) {
	drop := func(keys ...string) obj {
		a := answered("Is it so?", 0.8125, 0.0625, 0.0625)
		a["values"] = obj{"plugin": 0.8125}
		for _, key := range keys {
			delete(a, key)
		}
		return a
	}
	noSurrogates := drop()
	noSurrogates["null"].(obj)["n"] = 0
	for why, a := range map[string]obj{
		"it was held against no null":                drop("null"),
		"no null: it was held against no null":       drop("p"),
		"no surrogates: it was held against no null": noSurrogates,
		"of how many samples it is was not said":     drop("n"),
		"it has no interval, and nothing says why":   drop("ci", "warnings"),
		"there is none": drop("value"),
		"nothing at all: it was held against no null":                 drop("null", "p", "q", "ci", "n", "effect"),
		"with no interval but a reason of its own, which is: (shown)": drop("ci"),
	} {
		_, reason, named := strings.Cut(why, ": ")
		if !named {
			reason = why
		}
		dir := questioned(t, a)
		_, d := saved(t, dir)
		all := both(t, dir)
		shown := strings.Contains(all, "0.8125") || strings.Contains(all, "0.812") || strings.Contains(all, "0.8 ")
		if reason == "(shown)" {
			if !shown || !strings.Contains(all, "<br>no interval</td>") || !strings.Contains(all, "Of 1 question named before the run 0 go beyond") {
				t.Errorf("%s: it is not shown", why)
			}
			continue
		}
		if shown || len(d.Held) != 0 || !math.IsNaN(d.Emergence[0].Value) || !strings.Contains(all, "no number is given: "+reason) || !strings.Contains(all, "no answer") {
			t.Errorf("%s: %+v", why, d.Emergence)
		}
	}
}

// Of several numbers the one that was held against the null is shown and drawn.
func TestAnswerOfSeveralNumbers(t *testing.T) {
	a := answered("Did it change?", 7, 0.01, 0.01)
	a["values"], a["unit"], a["ci"] = obj{"tau": 7, "k": 41}, "rounds", []float64{40, 42}
	a["null"].(obj)["of"] = "k"
	text, d := saved(t, questioned(t, a))
	if h := d.Held[0].Panels[0]; h.Held.Value != 41 || h.Note != "41" || !strings.Contains(text, "<bdi>transfer-entropy, k source=Kate target=John</bdi>") || strings.Contains(text, "41 rounds") {
		t.Errorf("%+v", h)
	}
	if len(d.Emergence[0].Values) != 2 || d.Emergence[0].Values[0].Value != 41 {
		t.Errorf("%+v", d.Emergence)
	}
}

// Of several runs the number of each is marked beside their mean.
func TestAnswersOfSeveralRuns(t *testing.T) {
	dir := ponds(t, 3, 2)
	top := answered("Is it so?", 0.5, 0.001, 0.001)
	top["runs"], top["n"] = 3, 3
	amend(t, dir, func(m obj) { m["emergence"] = []any{top} })
	for seed := 1; seed <= 3; seed++ {
		amend(t, fmt.Sprintf("%s/seed-%d", dir, seed), func(m obj) {
			m["emergence"] = []any{answered("Is it so?", 0.4+0.05*float64(seed), 0.01, 0.01), answered("Another?", 9, 1, 1)}
		})
	}
	text, d := saved(t, dir)
	if runs := d.Held[0].Panels[0].Held.Runs; fmt.Sprintf("%.2f", runs) != "[0.45 0.50 0.55]" || !strings.Contains(text, ">3 runs</td>") || !strings.Contains(text, "The numbers of 3 runs are marked.") {
		t.Errorf("%v", runs)
	}
}

// What a manifest has may be anything: texts are escaped and cut, numbers that cannot be are refused in a line.
func TestHostileAnswers(t *testing.T) {
	a := answered(nasty[0], 1e308, 1, 1)
	delete(a, "effect") // which is infinite
	a["measure"], a["of"], a["unit"], a["warnings"] = nasty[1], nasty[2], nasty[4], []string{nasty[3], nasty[5], nasty[6]}
	a["null"].(obj)["name"], a["values"] = nasty[1], obj{nasty[0]: 1, "plugin": nil}
	dir := questioned(t, a, answered(nasty[5], -1e99, 0, 0), answered("", 1e-300, 0.5, 0.5))
	text, d := saved(t, dir)
	for _, tag := range []string{"<script>", "<img", "<svg onload", "onmouseover='"} {
		if strings.Contains(text, tag) {
			t.Errorf("there is %s on the page", tag)
		}
	}
	if len(d.Held[0].Panels) != 2 { // what is too great is not drawn
		t.Errorf("%d panels", len(d.Held[0].Panels))
	}
	for _, c := range []struct {
		change func(obj)
		want   string
	}{
		{func(a obj) { a["p"] = 1.5 }, "p and q from 0 to 1"},
		{func(a obj) { a["q"] = -0.5 }, "p and q from 0 to 1"},
		{func(a obj) { a["n"] = -1 }, "counts from 0"},
		{func(a obj) { a["ci"] = []float64{2, 1} }, "its interval ends before it begins"},
		{func(a obj) { a["null"].(obj)["sd"] = -1 }, "deviations from 0"},
		{func(a obj) { a["null"].(obj)["low"] = 1 }, "its null has"},
		{func(a obj) { a["null"].(obj)["kind"] = "dream" }, "a surrogate or simulation"},
		{func(a obj) { a["values"] = []int{1} }, "damaged"},
	} {
		a := answered("Is it so?", 0.5, 0.1, 0.1)
		c.change(a)
		if _, err := report.Save(questioned(t, a), known); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want %q: %v", c.want, err)
		}
	}
	many := make([]obj, 401)
	for i := range many {
		many[i] = answered("Is it so?", 0.5, 0.1, 0.1)
	}
	if _, err := report.Save(questioned(t, many...), known); err == nil || !strings.Contains(err.Error(), "at most 400") {
		t.Error(err)
	}
}

// report.json has under emergence the same objects as run --json.
func TestAnswersAsData(t *testing.T) {
	dir := questioned(t, answered("Is it so?", 0.5, 0.1, 0.1))
	saved(t, dir)
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	must(t, err)
	var d struct {
		Emergence []obj `json:"emergence"`
	}
	must(t, json.Unmarshal(text, &d))
	if a, want := d.Emergence[0], answered("Is it so?", 0.5, 0.1, 0.1); fmt.Sprint(a) != fmt.Sprint(round(t, want)) {
		t.Errorf("%v\n%v", a, want)
	}
}

// round is an object after a way through JSON.
func round(t testing.TB, o obj) (back obj) {
	t.Helper()
	text, err := json.Marshal(o)
	must(t, err, json.Unmarshal(text, &back))
	return back
}

// The picture can be read without colours: the null is hatched and named, the number a point on a line with ends.
func TestNullsAreDrawnWithoutColour(t *testing.T) {
	text, _ := saved(t, questioned(t, answered("Is it so?", 0.5, 0.1, 0.1)))
	svg := between(t, between(t, text, `<h2 id="asked">`, "</section>"), "<svg ", "</svg>")
	if n := strings.Count(svg, "var(--faint)"); n < 8 || !strings.Contains(svg, ">null</text>") || len(regexp.MustCompile(`stroke-dasharray`).FindAllString(svg, -1)) < 1 || strings.Count(svg, "var(--first)") < 4 {
		t.Errorf("%d hatches: %s", n, svg)
	}
}
