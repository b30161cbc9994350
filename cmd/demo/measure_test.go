package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis/emergence"
)

// written is a file with this text.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// "demo measure NAME [--in FILE] [--set …] [--null NAME] [--surrogates N] [--seed S] [--json]": the fields of the contract.
func TestMeasure(t *testing.T) {
	rows := "x,y\n0,0\n" + strings.Repeat("1,0\n1,1\n0,1\n0,0\n", 50)
	for _, in := range []string{written(t, "xy.csv", rows), written(t, "xy.json", `{"x":[0`+strings.Repeat(",1,1,0,0", 50)+`],"y":[0`+strings.Repeat(",0,1,1,0", 50)+`]}`)} {
		out := try(t, "measure", "transfer-entropy", "--in", in, "--set", "source=x", "--set", "target=y", "--null", "circular", "--surrogates", "199", "--seed", "7", "--json").ok(t)
		var doc struct {
			Measure, Unit string
			N             int
			Value         float64
			Values        map[string]float64
			Null          struct {
				Name     string
				N        int
				Mean, SD float64
			}
			P        float64
			CI       []float64
			Warnings []string
		}
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatal(err)
		}
		if doc.Measure != "transfer-entropy" || doc.Unit != "bit" || doc.N != 200 || doc.Value != doc.Values["plugin"] || doc.Null.Name != "circular" ||
			doc.Null.N != 199 || len(doc.CI) != 2 || doc.P < .005 || doc.Warnings == nil || len(doc.Values) != 2 {
			t.Errorf("%s", out)
		}
	}
	text := try(t, "measure", "gini", "--in", written(t, "x.csv", "x\n1\n2\n3\n4\n")).ok(t)
	for _, want := range []string{"gini x=x", "gini           0.25", "equality       0.75", "beware", "no null: descriptive only"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// A matrix of transitions has files of its own.
func TestMeasureOfAMatrix(t *testing.T) {
	matrix := written(t, "m.csv", ".5,.5,0,0\n0,0,.5,.5\n0,0,.5,.5\n.5,.5,0,0\n")
	states := written(t, "s.csv", "x1,x2,v\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
	if out := try(t, "measure", "causal-emergence", "--set", "matrix="+matrix, "--set", "states="+states, "--set", "parts=x1,x2", "--set", "macro=v", "--json").ok(t); !strings.Contains(out, `"values":{"psi":0,"delta":1,"gamma":1}`) {
		t.Errorf("%s", out)
	}
	if out := try(t, "measure", "effective-information", "--in", written(t, "i.csv", "1,0\n0,1\n"), "--json").ok(t); !strings.Contains(out, `"micro":1`) {
		t.Errorf("%s", out)
	}
}

// "--list says what each needs."
func TestMeasuresAreListed(t *testing.T) {
	plain, text := try(t, "measure", "--list").ok(t), try(t, "measure", "--list", "--json").ok(t)
	var doc struct{ Measures []map[string]any }
	if err := json.Unmarshal([]byte(text), &doc); err != nil || len(doc.Measures) != len(emergence.All()) {
		t.Fatalf("%d measures, %v", len(doc.Measures), err)
	}
	for _, m := range emergence.All() {
		if !strings.Contains(plain, m.Name+": "+m.Doc) || !strings.Contains(plain, "needs "+m.Needs) {
			t.Errorf("%s is not listed", m.Name)
		}
	}
}

// "Bad input: a clear error": one line that names the file, the place and what is accepted.
func TestMeasureOfBadInput(t *testing.T) {
	in := written(t, "xy.csv", "x,y\n0,1\n1,0\n")
	ragged := written(t, "ragged.csv", "x,y\n0,1\n1\n")
	for _, c := range []struct{ args, want string }{
		{"measure", "measure: a name is missing; accepted is one of entropy"},
		{"measure beauty --in " + in, `unknown measure "beauty"; accepted: entropy`},
		{"measure transfer-entropi --in " + in, `did you mean "transfer-entropy"?`},
		{"measure entropy --in nowhere.csv", "nowhere.csv: no such file"},
		{"measure entropy --in " + ragged, "ragged.csv: line 3 has 1 fields, the header has 2"},
		{"measure mutual-information --set x --in " + in, `--set "x"; accepted is NAME=VALUE, with a NAME of x, y, lag, bins`},
		{"measure mutual-information --set z=1 --in " + in, `unknown parameter "z"`},
		{"measure mutual-information --set x=x --set x=y --in " + in, "x is set twice"},
		{"measure mutual-information --set x=a --set y=y --in " + in, `column "a"; there are x, y`},
		{"measure mutual-information --null isolated --in " + in, `null "isolated"; accepted is block, circular, shuffle`},
		{"measure mutual-information --surrogates 0 --in " + in, "--surrogates"},
		{"measure mutual-information --surrogates 2000000 --in " + in, "2000000 surrogates; accepted is 1 to 1000000"},
	} {
		try(t, strings.Fields(c.args)...).oneLine(t, exitUsage, c.want)
	}
}

// "emergence" in run --json: what the scenario asks of every run, each answer with its null, interval and sample size, and p corrected.
func TestRunsAreAsked(t *testing.T) {
	t.Chdir(t.TempDir())
	for args, n := range map[string]int{"run commons --mind 5*random:0-20 --seed 4": 0, "run commons --mind 5*random:0-12 --runs 8": 8} {
		var doc struct {
			Emergence []emergence.Estimate
		}
		out := try(t, append(strings.Fields(args), "--out", "none", "--json")...)
		if err := json.Unmarshal([]byte(out.stdout), &doc); err != nil || len(doc.Emergence) != 1 {
			t.Fatalf("%s: %v, %s", args, err, out.stdout)
		}
		e := doc.Emergence[0]
		if e.Question == "" || e.Null == nil || e.Null.Name != "block" || e.P == nil || e.Q == nil || e.Interval == nil || e.N == 0 || e.Runs != n || len(e.Warnings) == 0 {
			t.Errorf("%s: %+v", args, e)
		}
	}
	if text := try(t, "run", "commons", "--mind", "5*random:0-12", "--out", "none", "--quiet").ok(t); !strings.Contains(text, "asked          Do catches go together? total-correlation ") || !strings.Contains(text, ", null block ") {
		t.Error(text)
	}
}
