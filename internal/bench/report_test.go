package bench

import (
	"bytes"
	"encoding/json"
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
