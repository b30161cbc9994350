package bench

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"
)

func example() *Report {
	c := claim{name: "tell", unit: "cpu-ns/op", goal: "<= 1.0×", yardstick: "protoactor tell"}
	s := summary{value: 37.004, yardstick: 57, ratio: 0.65, valueCI: [2]float64{36, 38}, ratioCI: [2]float64{0.61, 0.70001}}
	return &Report{Bench: "engine", Machine: Machine{Cores: 2, Go: "go1.26"}, Results: []Result{newResult(c, s, true, 20)}}
}

// The form of `demo bench NAME --json`, to the letter.
func TestReportAsJSON(t *testing.T) {
	const want = `{"bench":"engine","machine":{"cores":2,"go":"go1.26"},"results":[` +
		`{"name":"tell","value":37,"unit":"cpu-ns/op","yardstick":"protoactor tell","yardstick_value":57,"ratio":0.65,` +
		`"ratio_ci":[0.61,0.7],"goal":"<= 1.0×","ok":true,"reps":20}]}` + "\n"
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(example()); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", &b, want)
	}
}

// What has neither yardstick nor goal says nothing of them, and what has a goal says whether it is met.
func TestResultWithoutYardstick(t *testing.T) {
	r := &Report{Bench: "adapter", Results: []Result{{Name: "limit", Value: 3, Unit: "calls", OK: true, Reps: 1}, {Name: "lost", Value: 1, Unit: "requests", Goal: "<= 0", Reps: 1}}}
	text, err := json.Marshal(r.Results)
	if want := `[{"name":"limit","value":3,"unit":"calls","reps":1},{"name":"lost","value":1,"unit":"requests","goal":"\u003c= 0","ok":false,"reps":1}]`; err != nil || string(text) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, text, want)
	}
	var b bytes.Buffer
	if err := r.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`limit +3 +calls +– +one run +– +–\n`, `lost +1 +requests +– +one run +<= 0 +missed +–\n`} {
		if !regexp.MustCompile(want).MatchString(b.String()) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
}

func TestReportAsTable(t *testing.T) {
	const want = `engine on 2 cores, go1.26

      value  unit       ratio  95 %         goal         yardstick
tell  37     cpu-ns/op  0.65×  0.61 to 0.7  <= 1.0×  ok  57 protoactor tell
`
	var b bytes.Buffer
	if err := example().WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", &b, want)
	}
}
