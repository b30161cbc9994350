package bench

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"text/tabwriter"
)

// Report is what a suite measured, in the form of `demo bench NAME --json`.
type Report struct {
	Bench   string   `json:"bench"`
	Machine Machine  `json:"machine"`
	Results []Result `json:"results"`
}

// Machine is where it was measured.
type Machine struct {
	Cores int    `json:"cores"`
	Go    string `json:"go"`
}

// Result is one contest: medians over its pairs.
type Result struct {
	Name           string     `json:"name"`
	Value          float64    `json:"value"`
	Unit           string     `json:"unit"` // cpu-ns/op, ns, allocs/op, B or 1/s
	Yardstick      string     `json:"yardstick"`
	YardstickValue float64    `json:"yardstick_value"`
	Ratio          float64    `json:"ratio"`    // of the pairs: value ÷ yardstick
	RatioCI        [2]float64 `json:"ratio_ci"` // 95 %
	Goal           string     `json:"goal"`     // about the ratio when it ends in ×, else about the value
	OK             bool       `json:"ok"`       // false only when the whole 95 % interval lies beyond the goal
	Reps           int        `json:"reps"`     // pairs

	ValueCI [2]float64 `json:"-"` // 95 %, in Unit: what a goal about the value is held against
}

func thisMachine() Machine {
	return Machine{Cores: runtime.GOMAXPROCS(0), Go: runtime.Version()}
}

// newResult rounds to four digits: more are never meant.
func newResult(c contest, s summary, ok bool, reps int) Result {
	round := func(x float64) float64 { return significant(x, 4) }
	return Result{
		Name: c.name, Unit: c.metric.unit, Yardstick: c.yardstick, Goal: c.goal, OK: ok, Reps: reps,
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
		fmt.Fprintf(t, "%s\t%s\t%s\t%s×\t%s to %s\t%s\t%s\t%s %s\n", x.Name, number(x.Value), x.Unit,
			number(x.Ratio), number(x.RatioCI[0]), number(x.RatioCI[1]), x.Goal, verdict, number(x.YardstickValue), x.Yardstick)
	}
	return t.Flush()
}

// number writes three digits, and no exponent.
func number(x float64) string {
	return strconv.FormatFloat(significant(x, 3), 'f', -1, 64)
}
