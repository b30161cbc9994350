package experiment

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// File is a sweep as it is ordered: every arm with every combination of parameters and every seed. See docs/sweep.md.
type File struct {
	Scenario   string
	Agents     int    // 0: as many as the scenario has by default
	Rounds     int    // likewise
	Pace       string // "": the scenario's
	Seeds      Seeds
	Settings   map[string]string // the same in all runs
	Parameters []Axis            // of which all combinations are run, the last varying fastest
	Arms       []Arm             // at least one
	Study      Study             // what will be asked of the runs
}

// Seeds are First, First+1, …
type Seeds struct {
	First uint64 `json:"first"` // left out of a file: 1
	Count int    `json:"count"`
}

// Axis is a parameter of the scenario and the values it takes in turn.
type Axis struct {
	Name   string
	Values []string
}

// Arm is a condition: what of the society is as in no other arm.
type Arm struct {
	Name     string
	Minds    []string          // as on the command line; nil: the scenario's
	Null     string            // of the simulation nulls that the scenario offers; "": nothing is taken away
	Settings map[string]string // parameters that are not swept
	Model    string            // who answers minds that ask a model, as --model names it; "": the stand-in
}

// Bounds of a sweep.
const (
	MaxRuns = 1_000_000
	maxAxes = 20
	maxArms = 100
)

// only is the name of the arm of a file that names none.
const only = "all"

// check says what of a file makes no sense, whatever the scenario.
func (f *File) check() error {
	if f.Scenario == "" {
		return fmt.Errorf("it names no scenario; accepted is scenario: NAME")
	}
	if len(f.Arms) == 0 {
		f.Arms = []Arm{{Name: only}}
	}
	if f.Seeds.Count < 1 {
		return fmt.Errorf("it names no seeds; accepted is seeds: {first: 1, count: 20}")
	}
	if f.Seeds.First > math.MaxUint64-uint64(f.Seeds.Count-1) {
		return fmt.Errorf("seeds: %d from %d on; the greatest is %d", f.Seeds.Count, f.Seeds.First, uint64(math.MaxUint64))
	}
	runs := f.Seeds.Count * len(f.Arms)
	for i, axis := range f.Parameters {
		if _, is := f.Settings[axis.Name]; is {
			return fmt.Errorf("parameter %q is also a setting of all runs; accepted is one of the two", axis.Name)
		}
		for _, arm := range f.Arms {
			if _, is := arm.Settings[axis.Name]; is {
				return fmt.Errorf("parameter %q is also a setting of arm %q; accepted is one of the two", axis.Name, arm.Name)
			}
		}
		if slices.Contains(fixed, axis.Name) || slices.ContainsFunc(f.Parameters[:i], func(a Axis) bool { return a.Name == axis.Name }) {
			return fmt.Errorf("parameter %q would be the name of two columns", axis.Name)
		}
		if runs *= len(axis.Values); runs > MaxRuns {
			break
		}
	}
	if runs > MaxRuns || f.Seeds.Count > MaxRuns {
		return fmt.Errorf("more than %d runs; accepted are fewer", MaxRuns)
	}
	return f.Study.check(f)
}

// fixed are columns of runs.csv that every sweep has.
var fixed = []string{"run", "arm", "seed", "hash", "rounds"}

// Differs says in what another file orders other runs, or asks otherwise for what was asked before: a line each. Hypotheses
// about metrics and milestones that the other has in addition are no difference: they are looked at after.
func (f *File) Differs(other *File) (lines []string) {
	was := func(what string, old, now any) {
		if a, b := fmt.Sprint(old), fmt.Sprint(now); a != b {
			lines = append(lines, fmt.Sprintf("%s was %s and is %s", what, filled(a), filled(b)))
		}
	}
	was("scenario", f.Scenario, other.Scenario)
	was("agents", f.Agents, other.Agents)
	was("rounds", f.Rounds, other.Rounds)
	was("pace", f.Pace, other.Pace)
	was("seeds", f.Seeds, other.Seeds)
	was("settings", f.Settings, other.Settings)
	was("parameters", f.Parameters, other.Parameters)
	for i := range max(len(f.Arms), len(other.Arms)) {
		a, b := "", ""
		if i < len(f.Arms) {
			a = f.Arms[i].text()
		}
		if i < len(other.Arms) {
			b = other.Arms[i].text()
		}
		was(fmt.Sprintf("arm %d", i+1), a, b)
	}
	return append(lines, f.Study.differs(&other.Study)...)
}

func (a Arm) text() string { return strings.TrimSpace(fmt.Sprintf("%+v", a)) }

func filled(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}
