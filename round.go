package polis

import (
	"math"
	"slices"
	"strconv"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// appendRound writes the end of a round by hand: in large societies it is the longest turn of all. The variables are
// named once; an agent that shows others names its own.
func appendRound(b []byte, e *environment.RoundEnded) ([]byte, error) {
	var named []environment.Variable
	if len(e.Agents) > 0 {
		named = e.Agents[0].Variables
	}
	b = append(b, `{"agents":[`...)
	for i := range e.Agents {
		row := &e.Agents[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		if row.Decides != "" {
			b = append(appendText(append(b, `"decides":`...), row.Decides), ',')
		}
		b = appendText(append(b, `"name":`...), row.Name)
		if row.Reward != nil {
			b = appendValue(append(b, `,"reward":`...), *row.Reward)
		}
		b = appendValues(append(b, `,"values":`...), row.Variables)
		if !sameNames(row.Variables, named) {
			b = appendNames(append(b, `,"variables":`...), row.Variables)
		}
		b = append(b, '}')
	}
	b = appendInt(append(b, `],"now":`...), int64(e.Now))
	b = appendInt(append(b, `,"round":`...), int64(e.Round))
	b = appendNames(append(b, `,"variables":`...), named)
	b = appendValues(append(b, `,"world":{"values":`...), e.World)
	b = appendNames(append(b, `,"variables":`...), e.World)
	return append(b, "}}"...), nil
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// appendText appends a JSON string; what is not UTF-8 is replaced, since it may come from anywhere.
func appendText(b []byte, s string) []byte {
	if b, err := journal.AppendCanonical(b, &s); err == nil {
		return b
	}
	s = clean(s)
	b, _ = journal.AppendCanonical(b, &s)
	return b
}

func sameNames(a, b []environment.Variable) bool {
	return slices.EqualFunc(a, b, func(x, y environment.Variable) bool { return x.Name == y.Name })
}

func appendNames(b []byte, vs []environment.Variable) []byte {
	b = append(b, '[')
	for i := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, vs[i].Name)
	}
	return append(b, ']')
}

func appendValues(b []byte, vs []environment.Variable) []byte {
	b = append(b, '[')
	for i := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, vs[i].Value)
	}
	return append(b, ']')
}

// appendValue writes a number; one that JSON has no word for is a string, as in protojson.
func appendValue(b []byte, v float64) []byte {
	switch {
	case math.IsNaN(v):
		return append(b, `"NaN"`...)
	case math.IsInf(v, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(b, `"-Infinity"`...)
	case v == math.Trunc(v) && math.Abs(v) < 1<<53 && (v != 0 || !math.Signbit(v)):
		return appendInt(b, int64(v))
	}
	b, _ = journal.AppendCanonical(b, &v)
	return b
}
