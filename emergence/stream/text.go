package stream

import (
	"fmt"
	"strings"
)

// String says it in a line: the number, what it is held against, and of what it is. What has no null says that it is
// descriptive.
func (r Reading) String() string {
	value, rest := r.Parts()
	return r.Watch.String() + " " + value + ", " + rest
}

// Parts are the number with its p, or that it is descriptive, and what else goes with it; "-" and why, where there is none.
func (r Reading) Parts() (value, rest string) {
	if r.Err != nil {
		return "-", strings.TrimPrefix(r.Err.Error(), "stream: ")
	}
	e := r.Estimate
	value = fmt.Sprintf("%.3g", e.Value)
	if e.Unit != "1" {
		value += " " + e.Unit
	}
	of := fmt.Sprintf("window of %d rounds", r.Rounds)
	if r.Rounds == 1 {
		of = fmt.Sprintf("%d agents in round %d", e.N, r.Round)
	}
	if e.Null == nil || e.P == nil {
		return value + ", descriptive", of
	}
	n := e.Null
	return fmt.Sprintf("%s, p %.2g", value, *e.P), fmt.Sprintf("null %s %.3g (%.3g to %.3g) of %d, %s", n.Name, n.Mean, n.Low, n.High, n.N, of)
}
