package experiment

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/emergence/statistics"
	"github.com/polis-agents/polis/environment"
)

const couples = "  surrogates: 99\n  hypotheses: [{name: h, measure: mutual-information, world: [x, y], null: shuffle}]\n"

// couple plays runs in which y does what x does; in the first so many nothing ever varies.
func couple(flat uint64) Player {
	return func(_ context.Context, s Spec, observe func(any)) (*Played, error) {
		r := rand.New(rand.NewPCG(s.Seed, 1))
		for round := 1; round <= 12; round++ {
			x := float64(r.IntN(2))
			if s.Seed <= flat {
				x = 1
			}
			observe(environment.RoundEnded{Round: round, World: []environment.Variable{{Name: "x", Value: x}, {Name: "y", Value: x}}})
		}
		return &Played{Report: &polis.Report{Rounds: 12}}, nil
	}
}

// A run in which nothing varied says nothing: it is left out, with a warning, and does not speak for the null.
func TestAFlatRunSaysNothing(t *testing.T) {
	r := carryOut(t, &Sweep{File: readFile(t, studyOf(9, couples)), Play: couple(3)})
	f := &r.Findings[0]
	if e := &f.Estimate; f.Error != "" || !f.Supported || *e.P > 1e-6 || e.Runs != 6 || e.Value < .5 || !slices.Contains(e.Warnings, allAlike) ||
		!slices.Contains(e.Warnings, "3 runs without a number, or without surrogates that differ, are left out") {
		t.Errorf("%+v", f)
	}
	if m := r.Rows[0].Measured["h"]; m.Null != nil || m.Error != "" {
		t.Errorf("a flat run is kept as %+v", m)
	}
	if f := carryOut(t, &Sweep{File: readFile(t, studyOf(9, couples)), Play: couple(8)}).Findings[0]; !strings.Contains(f.Error, "it could be tested in 1 of 9 runs: "+allAlike) || f.Estimate.P != nil {
		t.Errorf("%+v", f)
	}
	kept := &Result{File: readFile(t, studyOf(9, couples))} // rows of before, which have surrogates though all are alike
	for run := range 9 {
		m := Measured{Value: .1, Null: &Shadow{Mean: .02, SD: .03, P: .05, N: 999}}
		if run < 5 {
			m.Null = &Shadow{Mean: .1, SD: 1e-17, P: 1, N: 999}
		}
		kept.Rows = append(kept.Rows, Row{Run: run + 1, Measured: map[string]Measured{"h": m}})
	}
	e := &emergence.Estimate{}
	if err := kept.surrogates(&kept.File.Study.Hypotheses[0], 0, e); err != nil || *e.P > .001 || e.Runs != 4 {
		t.Errorf("%+v %v", e, err)
	}
}

// Likewise of what a scenario asks.
func TestAFlatRunAnswersNothing(t *testing.T) {
	p, flat := .05, 1.
	told := func(value, sd float64, p *float64) []emergence.Estimate {
		return []emergence.Estimate{{Question: "q", Value: value, P: p, Null: &emergence.Null{Name: "block", Tail: "upper", SD: sd, N: 19}}}
	}
	few, many := [][]emergence.Estimate{}, [][]emergence.Estimate{}
	for range 4 {
		few, many = append(few, told(1, .5, &p)), append(many, told(1, .5, &p), told(0, 0, &flat))
	}
	a, b := Together(few, 1)[0], Together(many, 1)[0]
	if *a.P != *b.P || b.Runs != 4 || b.Value != 1 || len(a.Warnings) == len(b.Warnings) || !slices.Contains(b.Warnings, leftOut) {
		t.Errorf("%+v, with flat ones %+v", a, b)
	}
	if none := Together(many[1:2:2], 1); *none[0].P != 1 {
		t.Errorf("one run alone stays as it is: %+v", none)
	}
	if none := Together([][]emergence.Estimate{many[1], many[3]}, 1)[0]; none.P != nil || none.Runs != 0 || !slices.Contains(none.Warnings, leftOut) {
		t.Errorf("%+v", none)
	}
}

// Runs of a two-sided measure add up when they are on the same side, and cancel when they are not; by chance its p is at most
// 0.05 in 5 of 100.
func TestTwoSidedMeasuresTogether(t *testing.T) {
	res := &Result{File: readFile(t, studyOf(6, "  hypotheses: [{name: h, measure: co-information, agents: move, null: circular}]\n"))}
	h := &res.File.Study.Hypotheses[0]
	if h.Direction != Different {
		t.Errorf("the direction is %s", h.Direction)
	}
	together := func(values ...float64) *emergence.Estimate {
		res.Rows = nil
		r := rand.New(rand.NewPCG(3, 4))
		null := make([]float64, 999)
		for i := range null {
			null[i] = r.NormFloat64()
		}
		for i, v := range values {
			p, err := statistics.P(v, null, statistics.TwoSided)
			if err != nil {
				t.Fatal(err)
			}
			res.Rows = append(res.Rows, Row{Run: i + 1, Measured: map[string]Measured{"h": {Value: v, Null: &Shadow{SD: 1, P: p, N: 999}}}})
		}
		e := &emergence.Estimate{}
		if err := res.surrogates(h, 0, e); err != nil {
			t.Fatal(err)
		}
		return e
	}
	above, below, apart := together(1.5, 1.5, 1.5, 1.5, 1.5, 1.5), together(-1.5, -1.5, -1.5, -1.5, -1.5, -1.5), together(1.5, -1.5, 1.5, -1.5, 1.5, -1.5)
	if *above.P > .002 || *below.P > .002 || *above.P < .00001 || *apart.P < .5 || above.Null.Tail != "two-sided" {
		t.Errorf("above %v, below %v, apart %v, tail %s", *above.P, *below.P, *apart.P, above.Null.Tail)
	}
	const studies = 400
	r, small := rand.New(rand.NewPCG(1, 3)), 0
	for range studies {
		var values []float64
		for range 6 {
			values = append(values, r.NormFloat64())
		}
		if *together(values...).P <= .05 {
			small++
		}
	}
	if i, err := statistics.Wilson(small, studies, .99); err != nil || !i.Meets(.03, .07) {
		t.Errorf("%d of %d: %+v %v", small, studies, i, err)
	}
}

// A question looks at the rounds from the first that it is to.
func TestAQuestionLooksFromARound(t *testing.T) {
	w := NewWatch([]polis.Question{{Name: "q", Measure: "entropy", World: []string{"x"}, From: 4, Null: "shuffle"}})
	for round := 1; round <= 9; round++ {
		w.See(environment.RoundEnded{Round: round, World: []environment.Variable{{Name: "x", Value: float64(round)}}})
	}
	if names, columns, err := w.record.columns(&w.study.Hypotheses[0]); err != nil || names[0] != "x" || !slices.Equal(columns[0], []float64{4, 5, 6, 7, 8, 9}) {
		t.Errorf("%v %v %v", names, columns, err)
	}
}
