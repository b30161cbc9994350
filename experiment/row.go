package experiment

import (
	"cmp"
	"math"
	"slices"
)

// Row is what is kept of one run.
type Row struct {
	Run        int                 `json:"run"`
	Spec       string              `json:"spec"`              // Spec.Hash: what was ordered
	Hash       string              `json:"hash,omitempty"`    // of what happened; "": it was not digested
	Rounds     int                 `json:"rounds"`            // played
	Repeats    bool                `json:"repeats,omitempty"` // nothing that a seed does not decide took part
	Metrics    map[string]float64  `json:"metrics,omitempty"`
	Milestones map[string]int      `json:"milestones,omitempty"` // by name: the round in which it was come to; left out: it was not
	Measured   map[string]Measured `json:"measured,omitempty"`   // by hypothesis
	Decided    map[string]int      `json:"decided,omitempty"`    // actions by who decided
	Error      string              `json:"error,omitempty"`      // why it has failed; "": it has not
}

// Measured is a measure of one run, with its surrogate null where it has one.
type Measured struct {
	Value    float64  `json:"value"`
	N        int      `json:"n"` // samples
	Unit     string   `json:"unit,omitempty"`
	Null     *Shadow  `json:"null,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Error    string   `json:"error,omitempty"` // why there is no number; "": there is
}

// Shadow is what a surrogate null made of a measure in one run.
type Shadow struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
	P    float64 `json:"p"`
	N    int     `json:"n"` // surrogates
}

// finite drops what is no number: JSON has none, and what is absent must not be read as 0.
func finite(metrics map[string]float64) map[string]float64 {
	kept := map[string]float64{}
	for name, x := range metrics {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			kept[name] = x
		}
	}
	return kept
}

// inOrder puts rows in the order of runs.
func inOrder(rows []Row) {
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Run, b.Run) })
}
