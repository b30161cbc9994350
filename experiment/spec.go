package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"strings"
)

// Cell is an arm with one combination of parameters: what all its runs have in common but the seed.
type Cell struct {
	Arm    Arm
	Values []string // of File.Parameters, in their order
}

// Spec is one run: all that decides what happens in it.
type Spec struct {
	Run      int               `json:"-"` // from 1, in the order of Specs
	Cell     int               `json:"-"` // of Cells
	Scenario string            `json:"scenario"`
	Agents   int               `json:"agents"`
	Rounds   int               `json:"rounds"`
	Pace     string            `json:"pace"`
	Arm      string            `json:"arm"`
	Minds    []string          `json:"minds"`
	Null     string            `json:"null"`
	Model    string            `json:"model"`
	Settings map[string]string `json:"settings"` // those of the file, of the arm and of the cell together
	Seed     uint64            `json:"seed"`
}

// Hash names what was ordered: two specs with the same hash order the same run. It is not the hash of what happened.
func (s *Spec) Hash() string {
	doc, err := json.Marshal(s) // of a map the keys are sorted
	if err != nil {
		panic(fmt.Sprintf("experiment: a spec has no JSON: %v", err)) // strings and numbers always have
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:])
}

// Cells are all combinations: arm by arm, the last parameter varying fastest.
func (f *File) Cells() (cells []Cell) {
	for _, arm := range f.Arms {
		at := make([]int, len(f.Parameters))
		for done := false; !done; {
			values := make([]string, len(at))
			for i, axis := range f.Parameters {
				values[i] = axis.Values[at[i]]
			}
			cells = append(cells, Cell{arm, values})
			done = true
			for i := len(at) - 1; i >= 0; i-- {
				if at[i]++; at[i] < len(f.Parameters[i].Values) {
					done = false
					break
				}
				at[i] = 0
			}
		}
	}
	return cells
}

// Specs are all runs: cell by cell, the seeds in order.
func (f *File) Specs() iter.Seq[Spec] {
	return func(yield func(Spec) bool) {
		run := 0
		for i, cell := range f.Cells() {
			one := f.spec(i, cell)
			for k := range f.Seeds.Count {
				run++
				one.Run, one.Seed = run, f.Seeds.First+uint64(k)
				if !yield(one) {
					return
				}
			}
		}
	}
}

// spec of a cell, without a seed.
func (f *File) spec(i int, c Cell) Spec {
	set := map[string]string{}
	maps.Copy(set, f.Settings)
	maps.Copy(set, c.Arm.Settings)
	for k, axis := range f.Parameters {
		set[axis.Name] = c.Values[k]
	}
	return Spec{Cell: i, Scenario: f.Scenario, Agents: f.Agents, Rounds: f.Rounds, Pace: f.Pace, Arm: c.Arm.Name, Minds: c.Arm.Minds,
		Null: c.Arm.Null, Model: c.Arm.Model, Settings: set}
}

// Runs is how many there are.
func (f *File) Runs() int { return len(f.Cells()) * f.Seeds.Count }

// Title is a cell in words: "talk, split=random".
func (f *File) Title(c Cell) string {
	parts := []string{c.Arm.Name}
	for i, axis := range f.Parameters {
		parts = append(parts, axis.Name+"="+c.Values[i])
	}
	return strings.Join(parts, ", ")
}
