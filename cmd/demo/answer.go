package main

import (
	"fmt"
	"math"

	"github.com/polis-agents/polis/emergence"
)

// answerText is the answer to a question of the scenario in a line: never a number without its null and its sample.
func answerText(e *emergence.Estimate) string {
	if math.IsNaN(e.Value) || e.Null == nil || e.P == nil {
		return e.Question + " There is no answer"
	}
	unit, sample := "", plural(e.N, "sample")
	if e.Unit != "1" {
		unit = " " + e.Unit
	}
	if e.Runs > 0 {
		sample = plural(e.Runs, "run")
	}
	value, measure := e.Value, e.Measure
	for _, v := range e.Values {
		if v.Name == e.Null.Of { // of several numbers the one that was held against the null
			value, measure, unit = v.Value, e.Measure+" "+v.Name, ""
		}
	}
	interval := ""
	if i := e.Interval; i != nil {
		interval = fmt.Sprintf(" [%s, %s]", short(i.Low), short(i.High))
	}
	return fmt.Sprintf("%s %s %s%s%s, null %s %s ± %s, p %.3g of %s", e.Question, measure, short(value), interval, unit,
		e.Null.Name, short(e.Null.Mean), short(e.Null.SD), *e.P, sample)
}
