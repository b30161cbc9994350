package report

import (
	"errors"
	"path/filepath"
	"slices"
)

// OriginalDir stands in the directory of a fork: what was kept of the run that it shares its past with.
const OriginalDir = "original"

// Forked is what a manifest says of a run that shares its past with another.
type Forked struct {
	Of      string   `json:"of"`      // the directory of the other, as it was named
	At      int      `json:"at"`      // the last round that they share
	Changed []string `json:"changed"` // in the order, as it was typed
}

// Fork is the other future of a run that shares its past with another.
type Fork struct {
	Forked
	Status  string      `json:"status"`        // of the original: done, interrupted or failed
	Rounds  int         `json:"rounds_played"` // by the original
	Hash    string      `json:"hash"`          // of the original
	Metrics []Statistic `json:"metrics"`       // of the original
	Futures []Future    `json:"futures"`       // round by round; empty: there are too many to look at one by one
}

// Future is a round of both runs. What one of them did not play, or does not show, is absent.
type Future struct {
	Round    int                `json:"round"`
	Shared   bool               `json:"shared"` // it is the past of both
	Original map[string]float64 `json:"original,omitempty"`
	Fork     map[string]float64 `json:"fork,omitempty"`
}

// readOriginal reads what a fork keeps of the run that it shares its past with; without it the fork is told alone.
func (r *Run) readOriginal(dir string) error {
	if r.Manifest.Fork == nil || r.Manifest.Runs != 1 {
		return nil
	}
	of, err := Open(filepath.Join(dir, OriginalDir))
	if errors.Is(err, ErrNoRun) {
		return nil
	}
	r.original = of
	return err
}

// forkOf tells both futures.
func forkOf(r *Run) *Fork {
	if r.original == nil {
		return nil
	}
	m := r.original.Manifest
	f := &Fork{Forked: *r.Manifest.Fork, Status: m.Status, Rounds: m.Played, Hash: m.Hash, Metrics: append([]Statistic{}, m.Metrics...), Futures: []Future{}}
	f.Changed = notNil(f.Changed)
	for i := range max(len(r.rows), len(r.original.rows)) {
		future := Future{Round: i + 1, Shared: i < f.At}
		if i < len(r.rows) {
			future.Fork = r.rows[i].World
		}
		if i < len(r.original.rows) {
			future.Original = r.original.rows[i].World
		}
		f.Futures = append(f.Futures, future)
	}
	return f
}

// Variables are the names of what the world shows in both futures.
func (f *Fork) Variables() (names []string) {
	for _, future := range f.Futures {
		for _, shown := range []map[string]float64{future.Original, future.Fork} {
			for name := range shown {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

// besides adds to the curves of a fork those of the original.
func (r *Run) besides(lines []Line, names []string) []Line {
	if r.original == nil || r.original.seen.each != r.seen.each {
		return lines
	}
	own := len(lines)
	for i := range own {
		lines[i].Name = "fork: " + lines[i].Name
	}
	for _, name := range names {
		at := slices.Index(r.original.seen.names, name)
		if at < 0 {
			continue
		}
		if l := r.original.seen.world[at].curve("original: "+plain(name), none); len(l.X) > 0 {
			lines = append(lines, l)
		}
	}
	return lines
}
