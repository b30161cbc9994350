package experiment

import (
	"fmt"
	"strings"
	"testing"
)

const least = "scenario: toy\nseeds: {count: 2}\n"

// "unknown keys refused with position", "ragged values": one line that names the line, the thing, and what is accepted.
func TestBadSweepIsOneLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "it is empty"},
		{least + "---\nscenario: b\n", "a sweep of 2 documents"},
		{"- a\n", "line 1: a sweep: "},
		{least + "sedes: 3\n", `line 3: unknown key "sedes" in a sweep; accepted are agents, arms, pace, parameters, rounds, scenario, seeds, settings, study`},
		{least + "arms:\n  - name: a\n    mind: [b]\n", `line 5: arms: unknown key "mind" in an arm; accepted are minds, model, name, null, settings`},
		{least + "arms:\n  - minds: [b]\n", "line 4: arms: an arm has no name"},
		{least + "arms:\n  - name: a\n  - name: a\n", `line 5: arms: arm "a" is there twice`},
		{least + "arms: []\n", "line 3: arms:"},
		{least + "rounds: 3\nrounds: 4\n", "line 4: "},
		{least + "rounds: 0\n", `line 3: rounds: "0"; accepted is a whole number from 1 to`},
		{least + "rounds: 2.5\n", `line 3: rounds: "2.5"; accepted`},
		{least + "rounds: [3]\n", `line 3: rounds: "[3]"; accepted`},
		{least + "parameters:\n  size: 3\n", `line 4: parameters: "3"; accepted is a list`},
		{least + "parameters:\n  size: [1, [2, 3]]\n", `line 4: parameters: "[2, 3]"; accepted is a single value in a list`},
		{least + "parameters:\n  size:\n    - 1\n    - a: 2\n", `line 6: parameters: "a: 2"; accepted is a single value in a list`},
		{least + "arms: [{name: a, minds: [5*fixed:10]}]\n", `line 3: arms: minds: "5*fixed: 10"; accepted is a single value in a list: no list, no mapping; text with a colon in quotes`},
		{least + "parameters:\n  size: [1, null]\n", `line 4: parameters: "null"; accepted is a single value`},
		{least + "parameters:\n  size: []\n", `line 4: parameters: "[]"; accepted is a list`},
		{least + "parameters:\n  size: [1, 2, 1]\n", `line 4: parameters: size: "1" is there twice`},
		{least + "parameters:\n  seed: [1, 2]\n", `parameter "seed" would be the name of two columns`},
		{least + "parameters: {a: [1]}\nsettings: {a: 1}\n", `parameter "a" is also a setting of all runs`},
		{least + "parameters: {a: [1]}\narms: [{name: b, settings: {a: 1}}]\n", `parameter "a" is also a setting of arm "b"`},
		{least + "settings: {a: [1, 2]}\n", `line 3: settings: a: "[1, 2]"; accepted is a single value: what takes several stands under parameters`},
		{least + "settings: {a: &x 1, b: *x}\n", `line 3: settings: a: "&x 1"; accepted`},
		{least + "settings: {a: !!str 1}\n", `line 3: settings: a: "!!str 1"; accepted`},
		{"scenario: toy\n", "it names no seeds"},
		{"seeds: {count: 2}\n", "it names no scenario"},
		{"scenario: toy\nseeds: {first: -1, count: 2}\n", `line 2: seeds: first: "-1"; accepted`},
		{"scenario: toy\nseeds: {first: 18446744073709551615, count: 2}\n", "seeds: 2 from 18446744073709551615 on; the greatest is"},
		{"scenario: toy\nseeds: {count: 0}\n", `line 2: seeds: count: "0"; accepted`},
		{"scenario: toy\nseeds: {count: 1000000}\nparameters: {a: [1, 2]}\n", "more than 1000000 runs"},
		{least + "\tx: 1\n", "line 3: "},
		{least + "rounds: " + strings.Repeat("[", 20) + "\n", "line 3: more than 16 brackets"},
		{least + strings.Repeat(" ", 200) + "x: 1\n", "line 3: it is indented by 200"},
		{strings.Repeat("#", maxLine+1), "line 1: 65537 bytes"},
		{strings.Repeat("#\n", MaxFile), "a sweep of 2097152 bytes; accepted are at most 1048576"},
		{least + "study: {threshold: 1}\n", `line 3: study: threshold: "1"; accepted is a number above 0 and below 1`},
		{least + "study: {correction: none}\n", `line 3: study: correction: "none"; accepted is bh, holm`},
		{least + "study: {milestones: [{name: a, when: share}]}\n", `line 3: study: milestones: when: "share"; accepted is VARIABLE OP NUMBER`},
		{least + "study: {milestones: [{name: a}]}\n", "milestone 1: accepted is a name, and when"},
		{least + "study: {milestones: [{name: a, when: b > 1}, {name: a, when: b > 2}]}\n", `milestone "a" is there twice`},
	} {
		f, err := Read([]byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), "experiment: "+c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60q: %v %v, want %s", c.text, f, err, c.want)
		}
	}
}

// A hypothesis is refused that could not be tested, before anything runs.
func TestBadHypothesisIsOneLine(t *testing.T) {
	const arms = least + "parameters: {size: [1, 2]}\narms: [{name: a}, {name: b}]\nstudy:\n  milestones: [{name: full, when: share >= 0.95}]\n  hypotheses:\n    - {name: h, %s}\n"
	for _, c := range []struct{ text, want string }{
		{"metric: x", "without a null a number says nothing; accepted is against: ARM"},
		{"metric: x, null: circular", `null "circular" is of a measure; accepted is against: ARM`},
		{"metric: x, against: b, null: circular", "without a null a number says nothing"},
		{"against: b", "it is about 0 things; accepted is one of metric, milestone, measure"},
		{"metric: x, milestone: full, against: b", "it is about 2 things"},
		{"metric: x, against: c", `against: "c"; there are a, b`},
		{"metric: x, arm: c, against: b", `arm: "c"; there are a, b`},
		{"metric: x, against: a", `arm "a" is held against itself`},
		{"metric: x, against: b, minimal: a", `arm "a" is held against itself`},
		{"metric: x, against: b, minimal: b", `minimal: arm "b" is the null; accepted is another`},
		{"metric: x, against: b, minimal: c", `minimal: "c"; there are a, b`},
		{"metric: x, against: b, where: {form: 1}", `where: parameter "form" is not swept; there are size`},
		{"metric: x, against: b, where: {size: 3}", "where: size=3; there are 1, 2"},
		{"metric: x, against: b, world: [share]", "world, agents, set and from are of a measure"},
		{"milestone: ful, against: b", `milestone "ful"; there are full`},
		{"measure: entrpy, against: b", `emergence: measure "entrpy"; there are entropy`},
		{"measure: entropy, world: [share], null: circular", `null "circular" of measure entropy; there are`},
		{"measure: transfer-entropy, world: [share], null: circle", `null "circle" of measure transfer-entropy; there are `},
		{"measure: transfer-entropy, set: {sauce: a}, world: [share], null: circular", `set: transfer-entropy has no parameter "sauce"; there are source`},
		{"measure: entropy, against: b", `measure "entropy" is of no series`},
		{"measure: mutual-information, world: [share], null: circular, direction: less", `direction "less" with null "circular"`},
	} {
		_, err := Read(fmt.Appendf(nil, arms, c.text))
		if err == nil || !strings.HasPrefix(err.Error(), `experiment: hypothesis "h": `+c.want) {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		}
	}
	for text, want := range map[string]string{"metric: x, against: b, direction: up": "direction", "metric: x, against: b, p: 1": "unknown key"} {
		if _, err := Read(fmt.Appendf(nil, arms, text)); err == nil || !strings.Contains(err.Error(), "line 8: study: hypotheses: "+want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	f, err := Read(fmt.Appendf(nil, arms, "metric: x, against: b, where: {size: 2}"))
	if err != nil {
		t.Fatal(err)
	}
	h := f.Study.Hypotheses[0]
	if h.Arm != "a" || h.Direction != Different || f.Study.Threshold != .05 || f.Study.Correction != BenjaminiHochberg || f.Study.Seed != 1 || f.Study.Surrogates != 999 {
		t.Errorf("%+v", f.Study)
	}
}

func TestPredicate(t *testing.T) {
	for text, holds := range map[string][3]bool{ // of 0.9, 0.95 and 1
		"share >= 0.95": {false, true, true}, "share>0.95": {false, false, true}, "share <= .95": {true, true, false},
		"share < 9.5e-1": {true, false, false}, "share == 0.95": {false, true, false}, "share != 0.95": {true, false, true},
	} {
		p, err := ParsePredicate(text)
		if err != nil || p.Variable != "share" {
			t.Fatal(text, p, err)
		}
		if got := [3]bool{p.Holds(.9), p.Holds(.95), p.Holds(1)}; got != holds {
			t.Errorf("%s: %v", text, got)
		}
		if again, err := ParsePredicate(p.String()); err != nil || again != p {
			t.Errorf("%s: %v %v", p, again, err)
		}
	}
	for _, text := range []string{"", "share", "share >=", ">= 3", "share => 3", "share = 3", "share >= x", "share >= NaN", "share >= Inf", "share > 1 and other > 2"} {
		if p, err := ParsePredicate(text); err == nil {
			t.Errorf("%q: %v", text, p)
		}
	}
}

// What is read never panics, and what is accepted orders runs.
func FuzzRead(f *testing.F) {
	f.Add(small)
	f.Add(least + "study: {milestones: [{name: a, when: share > .5, for: 3}], hypotheses: [{name: b, measure: entropy, world: [c], null: circular}]}\n")
	f.Add("a: &a [*a]\n")
	f.Add("? [x]\n: {y: !!binary z}\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Read([]byte(text))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n") {
				t.Errorf("%q is more than a line", err)
			}
			return
		}
		if n := file.Runs(); n < 1 || n > MaxRuns {
			t.Errorf("%d runs", n)
		}
		for s := range file.Specs() {
			if len(s.Hash()) != 64 {
				t.Error(s)
			}
			break
		}
		if lines := file.Differs(file); lines != nil {
			t.Errorf("it differs from itself: %v", lines)
		}
	})
}
