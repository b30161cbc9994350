package experiment

import (
	"fmt"
	"maps"
	"slices"

	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/internal/chance"
)

// close puts what was seen of a run into its row.
func (r *record) close(f *File, spec *Spec, row *Row) error {
	if r.unknown != "" {
		return fmt.Errorf("milestone: the world shows no variable %q", r.unknown)
	}
	row.Milestones = r.reached
	for i := range f.Study.Hypotheses {
		h := &f.Study.Hypotheses[i]
		if h.Measure == "" || !slices.Contains([]string{h.Arm, h.Against, h.Minimal}, spec.Arm) {
			continue
		}
		m, err := r.measure(h, &f.Study, spec)
		if err != nil {
			m = Measured{Error: err.Error()}
		}
		if row.Measured == nil {
			row.Measured = map[string]Measured{}
		}
		row.Measured[h.Name] = m
	}
	return nil
}

// measure applies the measure of a hypothesis to what was seen of one run.
func (r *record) measure(h *Hypothesis, s *Study, spec *Spec) (Measured, error) {
	m, err := emergence.Find(h.Measure)
	if err != nil {
		return Measured{}, err
	}
	names, columns, err := r.columns(h)
	if err != nil {
		return Measured{}, err
	}
	table, err := emergence.NewTable(names, columns, nil)
	if err != nil {
		return Measured{}, err
	}
	seed := chance.New(s.Seed, "experiment/measure/"+h.Name+"/"+spec.Hash(), 0).Uint64()
	e, err := m.Estimate(emergence.Input{Table: table}, maps.Clone(h.Set), emergence.Test{Null: h.Null, Surrogates: s.Surrogates, Resamples: -1, Seed: seed})
	if err != nil {
		return Measured{}, err
	}
	if number(e.Value) == nil {
		return Measured{}, fmt.Errorf("there is no number: %v", e.Warnings)
	}
	one := Measured{Value: e.Value, N: e.N, Unit: e.Unit, Warnings: withoutNull(e.Warnings)}
	if e.Null != nil && e.P != nil {
		if one.Null = (&Shadow{Mean: e.Null.Mean, SD: e.Null.SD, P: *e.P, N: e.Null.N}); one.Null.alike() {
			one.Null, one.Warnings = nil, append(one.Warnings, allAlike)
		}
		for _, v := range e.Values {
			if v.Name == e.Null.Of {
				one.Value = v.Value // which is what was held against the null
			}
		}
	}
	return one, nil
}

// withoutNull leaves out what does not hold here: a measure of a run without surrogates is held against another arm.
func withoutNull(warnings []string) []string {
	return slices.DeleteFunc(slices.Clone(warnings), func(text string) bool { return text == "no null: descriptive only" })
}
