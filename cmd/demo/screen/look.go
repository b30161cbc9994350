package screen

import (
	"fmt"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

// Looks are the looks of scenarios that have one of their own, by name.
var Looks = map[string]Look{
	"commons": {Title: "Lake Village", Period: "month", Value: "catch", Gauge: lakeGauge, Words: lakeWords, Limit: lakeLimit, Metrics: lakeMetrics},
	"dilemma": {Title: "Dilemma", Period: "turn", Gauge: dilemmaGauge, Metrics: dilemmaMetrics},
}

// Look is what a scenario shows of itself. The zero value shows any society, in general words.
type Look struct {
	Title  string // of the place; "": the scenario's name
	Period string // what a round is called; "": round
	Value  string // the variable of agents that is shown; "": their first

	// Gauge gives the one number everyone understands; nil: the world's first variable, of the most it has been.
	Gauge func(environment.RoundEnded) Gauge
	// Words tells what an act does, after its sender's name: "proposes a cap of 6". "" or nil: in general words.
	Words func(*protocol.Message) string
	// Limit reads out of a content what the speaker promises to stay within, once it is agreed; nil: nothing is promised.
	Limit func(content any) (limit float64, ok bool)
	// Metrics makes a fold that tells, round by round, what can be told before the end; nil: the world's other variables.
	Metrics func() func(environment.RoundEnded) []Metric
}

// Gauge is how much there is of something.
type Gauge struct {
	Name  string
	Value float64 // in the round
	Left  float64 // of it at the end of the round; the same as Value where nothing is taken
	Full  float64 // the most there can be
	Aside string  // what goes with it: "safe catch 10 each"
	Over  bool    // it is the end
}

// Metric is a named number as people read it.
type Metric struct{ Name, Value string }

// words tells what an act does.
func (l *Look) words(m *protocol.Message) string {
	if l.Words != nil {
		if text := l.Words(m); text != "" {
			return clean(text)
		}
	}
	text := string(m.Act)
	if m.Content != nil {
		text += " " + fmt.Sprint(m.Content)
	}
	return clean(text)
}

// number is a number in few digits.
func number(x float64) string {
	switch {
	case x == float64(int64(x)):
		return fmt.Sprintf("%.0f", x)
	case x < 10 && x > -10:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.1f", x)
}

// valueOf finds a variable by its name, "" finds the first.
func valueOf(all []environment.Variable, name string) (float64, bool) {
	for _, v := range all {
		if v.Name == name || name == "" {
			return v.Value, true
		}
	}
	return 0, false
}
