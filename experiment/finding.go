package experiment

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/emergence/statistics"
)

// Finding is what the runs of a cell say about a hypothesis.
type Finding struct {
	Hypothesis  string             `json:"hypothesis"`
	Cell        string             `json:"cell"`         // arm and parameters
	Against     string             `json:"against"`      // the arm, or the surrogate, that it is held against
	NamedBefore bool               `json:"named_before"` // before the first run; else it was looked at after
	Test        string             `json:"test"`         // which question p answers: within runs or across runs, and by what
	Direction   string             `json:"direction"`
	Threshold   float64            `json:"threshold"` // of q
	Estimate    emergence.Estimate `json:"estimate"`
	Supported   bool               `json:"supported"`         // q is at most the threshold
	Minimal     *Resimulation      `json:"minimal,omitempty"` // whether the minimal model shows the same; nil: none was run
	Pattern     string             `json:"pattern"`           // what it may be called: see Pattern
	Error       string             `json:"error,omitempty"`   // why it could not be tested; "": it was

	model bool // it is of the minimal model of another
}

// Tests, by the question that they answer. What is found within runs says that a run has structure; what is found across runs
// says that arms differ. Neither stands for the other.
const (
	WithinRuns  = "within runs: each against its own surrogates, p of all runs together by Stouffer"
	AcrossRuns  = "across runs: one value of each, permuted between the arms"
	AcrossTimes = "across runs: times of each, censored ones too, by the log-rank test"
)

// find holds every hypothesis against the runs, in every cell that it is about.
func (r *Result) find(before func(hypothesis string) bool) {
	study := &r.File.Study
	for i := range study.Hypotheses {
		h := &study.Hypotheses[i]
		for k, cell := range r.File.Cells() {
			if cell.Arm.Name != h.Arm || !r.File.within(cell, h.Where) {
				continue
			}
			r.Findings = append(r.Findings, r.finding(h, k, before(h.Name)))
			if h.Minimal != "" {
				f := r.finding(h, r.File.beside(k, h.Minimal), before(h.Name))
				f.model = true
				r.Findings = append(r.Findings, f)
			}
		}
	}
	r.correct()
	for i := range r.Findings {
		f := &r.Findings[i]
		if i+1 < len(r.Findings) && r.Findings[i+1].model {
			model := &r.Findings[i+1]
			f.Minimal = &Resimulation{By: "minimal model " + model.Cell, Runs: model.Estimate.Runs, Reproduced: model.Supported}
		}
		f.Pattern = Pattern(f.Supported, f.Minimal)
	}
}

// within says whether a cell has these parameters.
func (f *File) within(c Cell, where map[string]string) bool {
	for i, axis := range f.Parameters {
		if value, is := where[axis.Name]; is && value != c.Values[i] {
			return false
		}
	}
	return true
}

// beside is the cell of another arm with the same parameters.
func (f *File) beside(cell int, arm string) int {
	each := len(f.Cells()) / len(f.Arms)
	return f.arm(arm)*each + cell%each
}

// finding of one cell.
func (r *Result) finding(h *Hypothesis, cell int, before bool) Finding {
	cells := r.File.Cells()
	f := Finding{Hypothesis: h.Name, Cell: r.File.Title(cells[cell]), Against: h.Against, NamedBefore: before, Direction: h.Direction, Threshold: h.Threshold}
	if h.Null != "" {
		f.Against = h.Null
	}
	if f.Threshold == 0 {
		f.Threshold = r.File.Study.Threshold
	}
	f.Estimate = emergence.Estimate{Measure: cmp.Or(h.Metric, h.Milestone, h.Measure), Unit: "1", Seed: r.File.Study.Seed, Warnings: []string{}}
	var err error
	switch {
	case h.Milestone != "":
		f.Test = AcrossTimes
		err = r.times(h, cell, &f.Estimate)
	case h.Null != "":
		f.Test = WithinRuns
		err = r.surrogates(h, cell, &f.Estimate)
	default:
		f.Test = AcrossRuns
		err = r.arms(h, cell, &f.Estimate)
	}
	if err != nil {
		f.Error = err.Error()
	}
	for _, k := range slices.Compact([]int{cell, r.nullCell(h, cell)}) {
		if n := r.Cells[k].Failed; n > 0 {
			f.Estimate.Warnings = append(f.Estimate.Warnings, fmt.Sprintf("%s: %d of %d runs failed and are left out", r.File.Title(cells[k]), n, r.File.Seeds.Count))
		}
		if n := r.Cells[k].Runs + r.Cells[k].Failed; n < r.File.Seeds.Count {
			f.Estimate.Warnings = append(f.Estimate.Warnings, fmt.Sprintf("%s: %d of %d runs are not played yet", r.File.Title(cells[k]), r.File.Seeds.Count-n, r.File.Seeds.Count))
		}
	}
	return f
}

// nullCell is the cell that a hypothesis is held against; itself where surrogates are.
func (r *Result) nullCell(h *Hypothesis, cell int) int {
	if h.Against == "" {
		return cell
	}
	return r.File.beside(cell, h.Against)
}

// correct fills in q. Those named before are corrected for all that was named before; what was looked at after, for all that
// was ever looked at.
func (r *Result) correct() {
	adjust := statistics.BenjaminiHochberg
	if r.File.Study.Correction == Holm {
		adjust = statistics.Holm
	}
	for _, named := range []bool{true, false} {
		var ps []float64
		var of []*Finding
		for i := range r.Findings {
			if f := &r.Findings[i]; f.Estimate.P != nil && (f.NamedBefore || !named) {
				ps, of = append(ps, *f.Estimate.P), append(of, f)
			}
		}
		if len(ps) == 0 {
			continue
		}
		qs, err := adjust(ps)
		for i, f := range of {
			switch {
			case err != nil:
				f.Error = err.Error()
			case f.NamedBefore == named:
				f.Estimate.Q = &qs[i]
				f.Supported = qs[i] <= f.Threshold
			}
		}
	}
}
