package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"text/tabwriter"

	"github.com/polis-agents/polis/llmadapter"
)

// Report is what a suite measured, in the form of `demo bench NAME --json`.
type Report struct {
	Bench    string              `json:"bench"`
	Machine  Machine             `json:"machine"`
	Endpoint string              `json:"endpoint,omitempty"` // that was driven, see Drive; "": none of somebody's own
	Model    string              `json:"model,omitempty"`    // likewise
	Results  []Result            `json:"results"`
	Account  *llmadapter.Account `json:"account,omitempty"` // of a Drive
}

// Machine is where it was measured.
type Machine struct {
	Cores int    `json:"cores"`
	Go    string `json:"go"`
}

// Result is one line of a suite: medians over its pairs, or what one long run came to.
type Result struct {
	Name           string     `json:"name"`
	Value          float64    `json:"value"`
	Unit           string     `json:"unit"`      // cpu-ns/op, ns, allocs/op, B, 1/s, share, or what is counted
	Yardstick      string     `json:"yardstick"` // "": there is none, and no value or ratio of it in the JSON
	YardstickValue float64    `json:"yardstick_value"`
	Ratio          float64    `json:"ratio"`             // of the pairs: value ÷ yardstick; 0 where the yardstick is
	RatioCI        [2]float64 `json:"ratio_ci,omitzero"` // 95 %; absent where there is one run
	Goal           string     `json:"goal"`              // about the ratio when it ends in ×, else about the value; "": none, and no OK in the JSON
	OK             bool       `json:"ok"`                // false when the whole 95 % interval lies beyond the goal, or what else was promised was not kept: see Note
	Reps           int        `json:"reps"`              // pairs; 1: one long run
	Note           string     `json:"note,omitempty"`    // how it was measured, and what else was seen

	ValueCI [2]float64 `json:"-"` // 95 %, in Unit: what a goal about the value is held against
}

// MarshalJSON leaves out what a result does not have.
func (r Result) MarshalJSON() ([]byte, error) {
	type whole Result
	var form any = whole(r)
	if r.Yardstick == "" {
		seen := struct {
			Name  string  `json:"name"`
			Value float64 `json:"value"`
			Unit  string  `json:"unit"`
			Goal  string  `json:"goal,omitempty"`
			OK    *bool   `json:"ok,omitempty"`
			Reps  int     `json:"reps"`
			Note  string  `json:"note,omitempty"`
		}{r.Name, r.Value, r.Unit, r.Goal, nil, r.Reps, r.Note}
		if r.Goal != "" {
			seen.OK = &r.OK
		}
		form = seen
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // whoever asked for the form says whether
	err := enc.Encode(form)
	return b.Bytes(), err
}

func thisMachine() Machine {
	return Machine{Cores: runtime.GOMAXPROCS(0), Go: runtime.Version()}
}

// newResult rounds to four digits: more are never meant.
func newResult(c claim, s summary, ok bool, reps int) Result {
	round := func(x float64) float64 { return significant(x, 4) }
	return Result{
		Name: c.name, Unit: c.unit, Yardstick: c.yardstick, Goal: c.goal, OK: ok, Reps: reps,
		Value: round(s.value), YardstickValue: round(s.yardstick), Ratio: round(s.ratio),
		RatioCI: [2]float64{round(s.ratioCI[0]), round(s.ratioCI[1])},
		ValueCI: [2]float64{round(s.valueCI[0]), round(s.valueCI[1])},
	}
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s on %d cores, %s\n\n", r.Bench, r.Machine.Cores, r.Machine.Go); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tvalue\tunit\tratio\t95 %\tgoal\t\tyardstick")
	for _, x := range r.Results {
		verdict := "ok"
		if !x.OK {
			verdict = "missed"
		}
		between := "one run"
		if x.Reps > 1 {
			between = number(x.RatioCI[0]) + " to " + number(x.RatioCI[1])
		}
		ratio, beside := number(x.Ratio)+"×", number(x.YardstickValue)+" "+x.Yardstick
		if x.Yardstick == "" {
			ratio, beside = "–", "–"
		}
		goal := x.Goal
		if goal == "" {
			goal, verdict = "–", ""
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.Name, number(x.Value), x.Unit, ratio, between, goal, verdict, beside)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return r.writeNotes(w)
}

// writeNotes writes, below the table, what does not fit into it.
func (r *Report) writeNotes(w io.Writer) error {
	before := "\n"
	for _, x := range r.Results {
		if x.Note == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s%s: %s\n", before, x.Name, x.Note); err != nil {
			return err
		}
		before = ""
	}
	return nil
}

// number writes three digits, and no exponent.
func number(x float64) string {
	return strconv.FormatFloat(significant(x, 3), 'f', -1, 64)
}
