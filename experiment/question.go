package experiment

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/emergence/statistics"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/chance"
)

// mostCells of a run are remembered for its questions: of longer ones they say that they were too long.
const mostCells = 2_000_000

// leftOut is the warning about runs that do not count.
const leftOut = "runs are left out: " + allAlike

// unmeasured begins the warning of an answer that there is not.
const unmeasured = "it could not be measured: "

// Watch looks at one run for what its scenario asks of it. It is for one goroutine.
type Watch struct {
	questions []polis.Question
	study     Study
	record    *record
	cells     int
}

// NewWatch is for these questions; nil: there are none.
func NewWatch(questions []polis.Question) *Watch {
	if len(questions) == 0 {
		return nil
	}
	w := &Watch{questions: questions}
	for _, q := range questions {
		w.study.Hypotheses = append(w.study.Hypotheses, Hypothesis{Name: q.Name, Measure: q.Measure, Set: q.Set, World: q.World, Agents: q.Agents, From: q.From, Null: q.Null})
	}
	w.record = newRecord(&w.study)
	return w
}

// See takes in an event, as polis.Config.Observe has it.
func (w *Watch) See(event any) {
	e, ok := event.(environment.RoundEnded)
	if !ok || w.cells > mostCells {
		return
	}
	w.cells += len(w.record.world) + len(w.record.agents)*len(e.Agents)
	w.record.see(event)
}

// nothingChanges is why a run has no answer to a question that is about what never did.
const nothingChanges = "nothing that it is about ever changes"

// Answers are the estimates of the run, by question, from its seed. One that could not be made says why in its warnings.
func (w *Watch) Answers(seed uint64, t emergence.Test) []emergence.Estimate {
	answers := make([]emergence.Estimate, len(w.questions))
	for i := range w.questions {
		q := &w.questions[i]
		t := t
		t.Null, t.Seed = q.Null, chance.New(seed, "question/"+q.Name, 0).Uint64()
		e, err := w.answer(&w.study.Hypotheses[i], t)
		if err != nil {
			e = &emergence.Estimate{Measure: q.Measure, Unit: "1", Value: math.NaN(), Values: emergence.Values{}, Warnings: []string{unmeasured + err.Error()}}
		}
		if q.Beware != "" && err == nil {
			e.Warnings = append(e.Warnings, q.Beware)
		}
		e.Question = q.Name
		answers[i] = *e
	}
	if len(answers) > 0 {
		correct(answers)
	}
	return answers
}

func (w *Watch) answer(h *Hypothesis, t emergence.Test) (*emergence.Estimate, error) {
	if w.cells > mostCells {
		return nil, fmt.Errorf("the run shows more than %d values", mostCells)
	}
	m, err := emergence.Find(h.Measure)
	if err != nil {
		return nil, err
	}
	names, columns, err := w.record.columns(h)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(columns, changes) {
		return nil, errors.New(nothingChanges)
	}
	table, err := emergence.NewTable(names, columns, nil)
	if err != nil {
		return nil, err
	}
	return m.Estimate(emergence.Input{Table: table}, maps.Clone(h.Set), t)
}

// changes says whether a series has more than one value.
func changes(series []float64) bool {
	return slices.ContainsFunc(series, func(x float64) bool { return x != series[0] })
}

// Together are the answers of several runs, each of them one sample: the mean over runs with its interval, and the p of all
// together. The answers of one run are its own. A question about what never changes in any of them does not apply, and is left
// out.
func Together(runs [][]emergence.Estimate, seed uint64) []emergence.Estimate {
	if len(runs) < 2 {
		return applying(slices.Concat(runs...))
	}
	all := make([]emergence.Estimate, len(runs[0]))
	for i := range all {
		first := &runs[0][i]
		e := emergence.Estimate{Question: first.Question, Measure: first.Measure, Of: first.Of, Unit: first.Unit, Seed: seed, Value: math.NaN(), Values: emergence.Values{}}
		var measured []Measured
		var values []float64
		null, tail := "", ""
		for _, answers := range runs {
			a := &answers[i]
			e.Warnings = append(e.Warnings, a.Warnings...)
			if a.Null == nil || a.P == nil {
				continue
			}
			x, shadow := tested(a), &Shadow{Mean: a.Null.Mean, SD: a.Null.SD, P: *a.P, N: a.Null.N}
			if shadow.alike() {
				e.Warnings = append(e.Warnings, leftOut)
				continue
			}
			e.Unit, e.Of, null, tail = a.Unit, a.Of, a.Null.Name, a.Null.Tail
			values = append(values, x)
			measured = append(measured, Measured{Value: x, Null: shadow})
		}
		slices.Sort(e.Warnings)
		e.Warnings = append([]string{}, slices.Compact(e.Warnings)...)
		if e.Runs, e.N = len(values), len(values); len(values) > 0 {
			e.Value = stat.Mean(values, nil)
			e.Values = emergence.Values{{Name: "mean", Value: e.Value}}
			if _, in, err := statistics.Bootstrap(values, mean, statistics.Bootstrapping{}, chance.New(seed, "question/"+e.Question, 1)); err == nil {
				e.Interval = &emergence.Interval{Low: in.Low, High: in.High, Method: in.Method + " over runs"}
				e.Warnings = append(e.Warnings, in.Warnings...)
			}
			stouffer(null, tail, measured, &e)
		}
		all[i] = e
	}
	correct(all)
	return applying(all)
}

// applying leaves out what was about what never changes.
func applying(all []emergence.Estimate) []emergence.Estimate {
	return slices.DeleteFunc(all, func(e emergence.Estimate) bool {
		return e.Null == nil && len(e.Warnings) == 1 && e.Warnings[0] == unmeasured+nothingChanges
	})
}

// tested is the value that was held against the null.
func tested(e *emergence.Estimate) float64 {
	for _, v := range e.Values {
		if v.Name == e.Null.Of {
			return v.Value
		}
	}
	return e.Value
}

// correct fills in q, for all that is asked together.
func correct(all []emergence.Estimate) {
	var ps []float64
	var of []*emergence.Estimate
	for i := range all {
		if all[i].P != nil {
			ps, of = append(ps, *all[i].P), append(of, &all[i])
		}
	}
	if len(ps) == 0 {
		return
	}
	if qs, err := statistics.BenjaminiHochberg(ps); err == nil {
		for i, e := range of {
			e.Q = &qs[i]
		}
	}
}
