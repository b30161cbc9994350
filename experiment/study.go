package experiment

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/polis-agents/polis/emergence"
)

// Corrections for all that is asked.
const (
	BenjaminiHochberg = "bh"
	Holm              = "holm"
)

// Directions of a hypothesis.
const (
	Greater   = "greater" // of a milestone: later
	Less      = "less"    // of a milestone: earlier
	Different = "different"
)

// Study is what will be asked of the runs, named before there are any.
type Study struct {
	Threshold  float64 // of corrected p; left out of a file: 0.05
	Correction string  // over all hypotheses, in all cells; left out: bh
	Seed       uint64  // of resamples and surrogates; left out: 1
	Surrogates int     // of each run; left out: 999
	Milestones []Milestone
	Hypotheses []Hypothesis
}

// Milestone is a state of the world that a run may come to, judged by code: the first round of those, at least For in a row,
// in which the predicate holds. A run that ends before is censored then: it is not known when it would have come.
type Milestone struct {
	Name string
	When Predicate
	For  int // rounds; 0: 1
}

// Hypothesis is one question, asked in every cell of an arm that Where does not leave out. It is about one number of each run:
// a metric of the scenario, the time of a milestone, or a measure of what was recorded of the run.
type Hypothesis struct {
	Name      string            `json:"name,omitempty"`
	Metric    string            `json:"metric,omitempty"`
	Milestone string            `json:"milestone,omitempty"`
	Measure   string            `json:"measure,omitempty"` // of the catalogue of package emergence
	Set       map[string]string `json:"set,omitempty"`     // of the measure
	World     []string          `json:"world,omitempty"`   // variables of the world that are its columns
	Agents    string            `json:"agents,omitempty"`  // variable of the agents, of which each agent is a column; "": none
	From      int               `json:"from,omitempty"`    // the first round that it looks at; 0: 1

	Arm       string            `json:"arm,omitempty"`     // "": the only one, or the first
	Where     map[string]string `json:"where,omitempty"`   // by parameter
	Against   string            `json:"against,omitempty"` // the arm that is its simulation null, at the same parameters; "": Null is
	Null      string            `json:"null,omitempty"`    // the surrogate that it is held against within each run, of a Measure; "": Against is
	Direction string            `json:"direction,omitempty"`
	Threshold float64           `json:"threshold,omitempty"` // of corrected p; 0: the study's
	Minimal   string            `json:"minimal,omitempty"`   // the arm that is the minimal model: whether it shows the same decides what a pattern may be called
}

func (s *Study) read(n ast.Node) error {
	return fields(n, "a study", map[string]func(ast.Node) error{
		"threshold":  between(&s.Threshold, 0, 1),
		"correction": word(&s.Correction, BenjaminiHochberg, Holm),
		"seed": func(n ast.Node) error {
			seed := 0
			err := whole(&seed, 0, math.MaxInt)(n)
			s.Seed = uint64(seed)
			return err
		},
		"surrogates": whole(&s.Surrogates, 19, 1_000_000),
		"milestones": func(n ast.Node) error {
			return each(n, maxValues, func(n ast.Node) error {
				m := Milestone{}
				if err := m.read(n); err != nil {
					return err
				}
				s.Milestones = append(s.Milestones, m)
				return nil
			})
		},
		"hypotheses": func(n ast.Node) error {
			return each(n, maxValues, func(n ast.Node) error {
				h := Hypothesis{}
				if err := h.read(n); err != nil {
					return err
				}
				s.Hypotheses = append(s.Hypotheses, h)
				return nil
			})
		},
	})
}

func (m *Milestone) read(n ast.Node) error {
	return fields(n, "a milestone", map[string]func(ast.Node) error{
		"name": name(&m.Name),
		"for":  whole(&m.For, 1, 1_000_000),
		"when": func(n ast.Node) (err error) {
			value, ok := scalar(n)
			if !ok {
				return wrong(n, "a comparison such as share >= 0.95")
			}
			if m.When, err = ParsePredicate(value); err != nil {
				return fmt.Errorf("%s%w", at(n), err)
			}
			return nil
		},
	})
}

func (h *Hypothesis) read(n ast.Node) error {
	return fields(n, "a hypothesis", map[string]func(ast.Node) error{
		"name":      name(&h.Name),
		"metric":    name(&h.Metric),
		"milestone": name(&h.Milestone),
		"measure":   name(&h.Measure),
		"set":       settings(&h.Set),
		"world":     list(&h.World),
		"agents":    name(&h.Agents),
		"from":      whole(&h.From, 1, 1_000_000_000),
		"arm":       name(&h.Arm),
		"where":     settings(&h.Where),
		"against":   name(&h.Against),
		"null":      name(&h.Null),
		"direction": word(&h.Direction, Greater, Less, Different),
		"threshold": between(&h.Threshold, 0, 1),
		"minimal":   name(&h.Minimal),
	})
}

// word reads one of a few.
func word(into *string, accepted ...string) func(ast.Node) error {
	return func(n ast.Node) error {
		if *into, _ = scalar(n); !slices.Contains(accepted, *into) {
			return wrong(n, strings.Join(accepted, ", "))
		}
		return nil
	}
}

// check says what of a study makes no sense for the file it stands in, and fills in what was left out.
func (s *Study) check(f *File) error {
	if s.Threshold == 0 {
		s.Threshold = .05
	}
	if s.Correction == "" {
		s.Correction = BenjaminiHochberg
	}
	if s.Seed == 0 {
		s.Seed = 1
	}
	if s.Surrogates == 0 {
		s.Surrogates = 999
	}
	for i, m := range s.Milestones {
		if m.Name == "" || m.When.Op == "" {
			return fmt.Errorf("milestone %d: accepted is a name, and when: VARIABLE OP NUMBER", i+1)
		}
		if s.milestone(m.Name) != i {
			return fmt.Errorf("milestone %q is there twice", m.Name)
		}
	}
	for i := range s.Hypotheses {
		h := &s.Hypotheses[i]
		if h.Name == "" {
			return fmt.Errorf("hypothesis %d has no name", i+1)
		}
		if slices.ContainsFunc(s.Hypotheses[:i], func(other Hypothesis) bool { return other.Name == h.Name }) {
			return fmt.Errorf("hypothesis %q is there twice", h.Name)
		}
		if err := h.check(f); err != nil {
			return fmt.Errorf("hypothesis %q: %w", h.Name, err)
		}
	}
	return nil
}

// milestone finds one by its name; -1: there is none.
func (s *Study) milestone(name string) int {
	return slices.IndexFunc(s.Milestones, func(m Milestone) bool { return m.Name == name })
}

// check says what of a hypothesis makes no sense, and fills in what was left out.
func (h *Hypothesis) check(f *File) error {
	if n := given(h.Metric, h.Milestone, h.Measure); n != 1 {
		return fmt.Errorf("it is about %d things; accepted is one of metric, milestone, measure", n)
	}
	if h.Milestone != "" && f.Study.milestone(h.Milestone) < 0 {
		return fmt.Errorf("milestone %q; there are %s", h.Milestone, listed(f.Study.Milestones, func(m Milestone) string { return m.Name }))
	}
	series := len(h.World) > 0 || h.Agents != ""
	if err := h.checkMeasure(); err != nil {
		return err
	}
	switch {
	case h.Measure != "" && !series:
		return fmt.Errorf("measure %q is of no series; accepted is world: [VARIABLE, …], agents: VARIABLE, or both", h.Measure)
	case h.Measure == "" && (series || h.Set != nil || h.From > 0):
		return fmt.Errorf("world, agents, set and from are of a measure; accepted is with measure: NAME")
	case given(h.Against, h.Null) != 1:
		return fmt.Errorf("without a null a number says nothing; accepted is against: ARM, or for a measure null: SURROGATE")
	case h.Null != "" && h.Measure == "":
		return fmt.Errorf("null %q is of a measure; accepted is against: ARM", h.Null)
	}
	if err := h.checkDirection(); err != nil {
		return err
	}
	if h.Arm == "" {
		h.Arm = f.Arms[0].Name
	}
	for _, arm := range [][2]string{{"arm", h.Arm}, {"against", h.Against}, {"minimal", h.Minimal}} {
		if arm[1] != "" && f.arm(arm[1]) < 0 {
			return fmt.Errorf("%s: %q; there are %s", arm[0], arm[1], listed(f.Arms, func(a Arm) string { return a.Name }))
		}
	}
	if h.Minimal != "" && h.Minimal == h.Against {
		return fmt.Errorf("minimal: arm %q is the null; accepted is another", h.Minimal)
	}
	if h.Arm == h.Against || h.Arm == h.Minimal {
		return fmt.Errorf("arm %q is held against itself", h.Arm)
	}
	return h.checkWhere(f)
}

// checkDirection fills in the direction that was left out. Of a surrogate null the measure says which values are extreme.
func (h *Hypothesis) checkDirection() error {
	standard := Different
	if h.Null != "" {
		m, err := emergence.Find(h.Measure)
		if err != nil {
			return err
		}
		for direction, tail := range tails {
			if tail == m.Tail {
				standard = direction
			}
		}
		if h.Direction != "" && h.Direction != standard {
			return fmt.Errorf("direction %q with null %q; accepted is %s: the measure says which values are extreme", h.Direction, h.Null, standard)
		}
	}
	h.Direction = cmp.Or(h.Direction, standard)
	return nil
}

// checkMeasure says what of a measure the catalogue does not have.
func (h *Hypothesis) checkMeasure() error {
	if h.Measure == "" {
		return nil
	}
	m, err := emergence.Find(h.Measure)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(h.Set)) {
		if !slices.ContainsFunc(m.Params, func(p emergence.Param) bool { return p.Name == name }) {
			return fmt.Errorf("set: %s has no parameter %q; there are %s", h.Measure, name, listed(m.Params, func(p emergence.Param) string { return p.Name }))
		}
	}
	if h.Null != "" && !slices.Contains(m.Nulls, h.Null) {
		return fmt.Errorf("null %q of measure %s; there are %s", h.Null, h.Measure, listed(m.Nulls, func(name string) string { return name }))
	}
	return nil
}

func (h *Hypothesis) checkWhere(f *File) error {
	for _, name := range slices.Sorted(maps.Keys(h.Where)) {
		value := h.Where[name]
		i := slices.IndexFunc(f.Parameters, func(a Axis) bool { return a.Name == name })
		if i < 0 {
			return fmt.Errorf("where: parameter %q is not swept; there are %s", name, listed(f.Parameters, func(a Axis) string { return a.Name }))
		}
		if !slices.Contains(f.Parameters[i].Values, value) {
			return fmt.Errorf("where: %s=%s; there are %s", name, value, strings.Join(f.Parameters[i].Values, ", "))
		}
	}
	return nil
}

// arm finds one by its name; -1: there is none.
func (f *File) arm(name string) int {
	return slices.IndexFunc(f.Arms, func(a Arm) bool { return a.Name == name })
}

// differs says what of a study was asked otherwise: a line each.
func (s *Study) differs(other *Study) (lines []string) {
	was := func(what string, old, now any) {
		if a, b := fmt.Sprintf("%+v", old), fmt.Sprintf("%+v", now); a != b {
			lines = append(lines, fmt.Sprintf("%s was %s and is %s", what, a, b))
		}
	}
	was("study: threshold", s.Threshold, other.Threshold)
	was("study: correction", s.Correction, other.Correction)
	was("study: seed", s.Seed, other.Seed)
	was("study: surrogates", s.Surrogates, other.Surrogates)
	for _, m := range s.Milestones {
		if i := other.milestone(m.Name); i < 0 {
			lines = append(lines, fmt.Sprintf("milestone %q is gone", m.Name))
		} else {
			was(fmt.Sprintf("milestone %q", m.Name), m, other.Milestones[i])
		}
	}
	for _, h := range s.Hypotheses {
		i := slices.IndexFunc(other.Hypotheses, func(o Hypothesis) bool { return o.Name == h.Name })
		if i < 0 {
			lines = append(lines, fmt.Sprintf("hypothesis %q is gone", h.Name))
		} else {
			was(fmt.Sprintf("hypothesis %q", h.Name), h, other.Hypotheses[i])
		}
	}
	// What is looked at while runs are played cannot be asked of those that are over.
	for _, m := range other.Milestones {
		if s.milestone(m.Name) < 0 {
			lines = append(lines, fmt.Sprintf("milestone %q is new", m.Name))
		}
	}
	for _, h := range other.Hypotheses {
		if h.Measure != "" && !slices.ContainsFunc(s.Hypotheses, func(o Hypothesis) bool { return o.Name == h.Name }) {
			lines = append(lines, fmt.Sprintf("hypothesis %q, of a measure, is new", h.Name))
		}
	}
	return lines
}

// given counts those that are not empty.
func given(texts ...string) (n int) {
	for _, text := range texts {
		if text != "" {
			n++
		}
	}
	return n
}

// listed are the names of things; "none": there are none.
func listed[T any](things []T, name func(T) string) string {
	var names []string
	for _, t := range things {
		names = append(names, name(t))
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}
