package report

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/emergence"
)

// Files of a run's directory.
const (
	manifestFile = "manifest.json"
	roundsFile   = "rounds.csv"
	agentsFile   = "agents.csv"
	pageFile     = "report.html"
	dataFile     = "report.json"
)

// manyRows is how many cells of a first run are looked at one by one.
const manyRows = 50_000

// Run is what a directory holds of one run, or of several that were ordered together.
type Run struct {
	Manifest *Manifest
	first    *Manifest // of the first run that came to its end, else of the first; Manifest itself when there is one run
	runs     []Ended
	rows     []polis.Row // of the first
	seen     *histories
	original *Run // that a fork shares its past with; nil: it is none
}

// Ended is one of the runs, as its own manifest tells.
type Ended struct {
	Seed    uint64             `json:"seed"`
	Status  string             `json:"status"`
	Rounds  int                `json:"rounds"` // played
	Hash    string             `json:"hash,omitempty"`
	Metrics map[string]float64 `json:"metrics,omitempty"`

	answers []emergence.Estimate // to the questions of the scenario
}

// Open reads the directory of a kept run, or of several. ErrNoRun: it is none. Every other error names a file of it and
// what is wrong with that.
func Open(dir string) (*Run, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{Manifest: m}
	kept := []string{dir}
	if m.Runs == 1 {
		r.first, r.runs = m, []Ended{ended(m)}
	} else if kept, err = r.readSeeds(dir); err != nil {
		return nil, err
	}
	longest := 0
	for i := range r.runs {
		longest = max(longest, r.runs[i].Rounds)
	}
	r.seen = &histories{each: max(1, (longest+manyPoints-1)/manyPoints)}
	for i, d := range kept {
		if m.Runs > 1 && r.runs[i].Status != "done" { // as in the metrics, only those count that came to their own end
			continue
		}
		if err := r.readTables(d, &r.runs[i]); err != nil {
			return nil, err
		}
	}
	return r, r.readOriginal(dir)
}

// readSeeds reads the manifests of several runs, and gives their directories.
func (r *Run) readSeeds(dir string) (kept []string, err error) {
	for _, seed := range r.Manifest.Seeds {
		sub := filepath.Join(dir, fmt.Sprintf("seed-%d", seed))
		m, err := readManifest(sub)
		if errors.Is(err, ErrNoRun) {
			return nil, fmt.Errorf("report: %s: it is not there, but %s names seed %d", filepath.Join(sub, manifestFile), filepath.Join(dir, manifestFile), seed)
		}
		if err != nil {
			return nil, err
		}
		if m.Runs != 1 || m.Scenario != r.Manifest.Scenario || m.Seed != seed {
			return nil, fmt.Errorf("report: %s: it is of another run: %d of %s from seed %d", filepath.Join(sub, manifestFile), m.Runs, m.Scenario, m.Seed)
		}
		r.runs, kept = append(r.runs, ended(m)), append(kept, sub)
		if r.first == nil || m.Status == "done" && r.first.Status != "done" {
			r.first = m
		}
	}
	if r.first == nil {
		r.first = r.Manifest
	}
	return kept, nil
}

func ended(m *Manifest) Ended {
	e := Ended{Seed: m.Seed, Status: m.Status, Rounds: m.Played, Hash: m.Hash, answers: m.Emergence}
	for _, s := range m.Metrics {
		if s.N == 0 {
			continue
		}
		if e.Metrics == nil {
			e.Metrics = map[string]float64{}
		}
		e.Metrics[s.Name] = s.Mean
	}
	return e
}

// rowsOf gathers the rows of a run, as long as they are few.
type rowsOf struct {
	rows  []polis.Row
	cells int
	at    int // of the round whose agents are read
}

// note makes a map of a line; nil: there are too many.
func (g *rowsOf) note(variables []string, l *line) map[string]float64 {
	if g.cells += len(l.values); g.cells > manyRows {
		return nil
	}
	m := make(map[string]float64, len(l.values))
	for i, v := range variables {
		if !math.IsNaN(l.values[i]) {
			m[v] = l.values[i]
		}
	}
	return m
}

func (g *rowsOf) world(variables []string, l *line) {
	if world := g.note(variables, l); world != nil {
		g.rows = append(g.rows, polis.Row{Round: l.round, World: world, Agents: map[string]map[string]float64{}})
	}
}

func (g *rowsOf) agent(variables []string, l *line) {
	for g.at < len(g.rows) && g.rows[g.at].Round < l.round {
		g.at++
	}
	if one := g.note(variables, l); one != nil && g.at < len(g.rows) && g.rows[g.at].Round == l.round {
		g.rows[g.at].Agents[l.agent] = one
	}
}

// readTables takes in the tables of one run. One that did not come to its own end may lack some of them.
func (r *Run) readTables(dir string, run *Ended) error {
	g, rounds := rowsOf{}, 0
	read := func(name string, see func([]string, *line) error) error {
		err := readTable(dir, name, see)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if run.Status != "done" {
			return nil
		}
		return fmt.Errorf("report: %s: it is not there", filepath.Join(dir, name))
	}
	err := read(roundsFile, func(variables []string, l *line) error {
		if l != nil {
			rounds++
			g.world(variables, l)
		}
		return r.seen.seeWorld(variables, l)
	})
	if err != nil {
		return err
	}
	err = read(agentsFile, func(variables []string, l *line) error {
		if l != nil {
			g.agent(variables, l)
		}
		return r.seen.seeAgent(variables, l)
	})
	if err != nil {
		return err
	}
	r.seen.closeRound()
	if run.Seed == r.first.Seed && g.cells <= manyRows {
		r.rows = g.rows
	}
	if run.Status == "done" && rounds != run.Rounds {
		return fmt.Errorf("report: %s: it has %d rounds, but %s says %d", filepath.Join(dir, roundsFile), rounds, filepath.Join(dir, manifestFile), run.Rounds)
	}
	return nil
}
