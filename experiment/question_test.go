package experiment

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/environment"
)

var asks = []polis.Question{
	{Name: "Does b follow a?", Measure: "transfer-entropy", Set: map[string]string{"source": "a", "target": "b"}, Agents: "did", Null: "circular", Beware: "both see the weather"},
	{Name: "Can the world be told from its past?", Measure: "active-information", World: []string{"level"}, Null: "shuffle"},
}

// watched is a run of so many rounds in which b does what a did before, or what it likes, and the level goes by chance.
func watched(seed uint64, rounds int, follows bool) *Watch {
	w, r, before := NewWatch(asks), rand.New(rand.NewPCG(seed, 7)), 0.
	for t := range rounds {
		a, b := float64(r.IntN(2)), before
		if !follows || r.IntN(10) == 0 {
			b = float64(r.IntN(2))
		}
		before = a
		w.See(environment.RoundEnded{Round: t + 1, World: []environment.Variable{{Name: "level", Value: float64(r.IntN(2))}}, Agents: []environment.AgentRow{
			{Name: "a", Variables: []environment.Variable{{Name: "did", Value: a}}}, {Name: "b", Variables: []environment.Variable{{Name: "did", Value: b}}}}})
		w.See("something else that is told")
	}
	return w
}

var quick = emergence.Test{Surrogates: 199, Resamples: 100}

// "A study names its measures and nulls before it runs": the answers carry the question, the null, the interval and the sample, p and
// q; the same run gives the same answers.
func TestAnswersOfARun(t *testing.T) {
	answers := watched(1, 300, true).Answers(5, quick)
	if again := watched(1, 300, true).Answers(5, quick); rendered(t, again) != rendered(t, answers) {
		t.Errorf("the same run, other answers: %s, %s", rendered(t, answers), rendered(t, again))
	}
	follows, level := answers[0], answers[1]
	if follows.Question != asks[0].Name || *follows.P != .005 || *follows.Q != .01 || follows.Value < .3 || follows.Interval == nil || follows.Null.Name != "circular" || follows.N != 299 ||
		!slices.Contains(follows.Warnings, "both see the weather") {
		t.Errorf("it follows: %s", rendered(t, answers[:1]))
	}
	if level.Question != asks[1].Name || *level.P < .05 || *level.Q < *level.P || level.Value > .05 {
		t.Errorf("the level: %s", rendered(t, answers[1:]))
	}
	if free := watched(1, 300, false).Answers(5, quick); *free[0].P < .05 {
		t.Errorf("where nobody follows: %s", rendered(t, free))
	}
	if NewWatch(nil) != nil {
		t.Error("nothing is asked, and it is watched")
	}
}

// The unit of inference is the run: several are put together, with the interval over runs; one alone stays as it is.
func TestAnswersTogether(t *testing.T) {
	var runs [][]emergence.Estimate
	for seed := range uint64(10) {
		runs = append(runs, watched(seed, 60, true).Answers(seed, quick))
	}
	if one := Together(runs[:1], 1); rendered(t, one) != rendered(t, runs[0]) {
		t.Errorf("one run: %s", rendered(t, one))
	}
	if none := Together(nil, 1); len(none) != 0 {
		t.Errorf("no run: %v", none)
	}
	all := Together(runs, 1)
	mean := 0.
	for _, r := range runs {
		mean += r[0].Value / 10
	}
	e := all[0]
	if math.Abs(e.Value-mean) > 1e-12 || e.Runs != 10 || e.N != 10 || *e.P > 1e-6 || *e.Q < *e.P || e.Interval == nil || e.Interval.Low > mean || e.Interval.High < mean ||
		!strings.Contains(e.Interval.Method, "over runs") || e.Null.Kind != emergence.Surrogate || e.Question != asks[0].Name {
		t.Errorf("together: %s", rendered(t, all))
	}
	if *all[1].P < .01 {
		t.Errorf("the level: %s", rendered(t, all[1:]))
	}
}

// What cannot be measured is said, and never a silent number.
func TestAnswersThatCannotBeGiven(t *testing.T) {
	if one := watched(1, 1, true).Answers(1, quick); len(Together([][]emergence.Estimate{one}, 1)) != 0 || len(Together([][]emergence.Estimate{one, one}, 1)) != 0 {
		t.Errorf("of what never changes nothing can be asked: %s", rendered(t, one))
	}
	empty := NewWatch(asks).Answers(1, quick)
	late := watched(1, 20, true)
	late.See(environment.RoundEnded{Round: 21, Agents: []environment.AgentRow{{Name: "c", Variables: []environment.Variable{{Name: "did", Value: 1}}}}})
	long := watched(1, 20, true)
	long.cells = mostCells
	long.See(environment.RoundEnded{Round: 21, Agents: make([]environment.AgentRow, 1)})
	for name, answers := range map[string][]emergence.Estimate{"no round": empty, "a newcomer": late.Answers(1, quick), "too long": long.Answers(1, quick)} {
		if e := answers[0]; !math.IsNaN(e.Value) || e.P != nil || len(e.Warnings) == 0 || !strings.HasPrefix(e.Warnings[0], "it could not be measured: ") || e.Question == "" {
			t.Errorf("%s: %s", name, rendered(t, answers))
		}
	}
	if all := Together([][]emergence.Estimate{empty, empty}, 1); !math.IsNaN(all[0].Value) || all[0].Runs != 0 || len(all[0].Warnings) == 0 {
		t.Errorf("together: %s", rendered(t, all))
	}
}

func rendered(t *testing.T, answers []emergence.Estimate) string {
	t.Helper()
	b, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
