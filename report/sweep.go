package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/polis-agents/polis/emergence"
)

// SweepSchema names the form of report.json of a sweep.
const SweepSchema = "polis.sweep/1"

// Files of a sweep's directory.
const (
	orderFile = "sweep.yaml"
	runsFile  = "runs.csv"
)

const (
	manyCells = 10_000 // of a sweep that is read
	manyLines = 12     // curves in a panel, and panels of a plot
)

// ErrNoSweep says that a directory holds no sweep.
var ErrNoSweep = errors.New("accepted is the directory of a sweep, which holds a " + orderFile + " and, once it has run, a manifest.json")

// Sweep is all that the report of a sweep says. Of its fields those above Schema are read from its manifest.
type Sweep struct {
	Polis struct {
		Version  string `json:"version"`
		Go       string `json:"go"`
		Revision string `json:"revision"`
	} `json:"polis"`
	Status   string    `json:"status"` // done, interrupted or failed
	Command  string    `json:"command"`
	Decided  string    `json:"decided_words"`
	Scenario string    `json:"scenario"`
	Runs     int       `json:"runs"` // ordered
	Done     int       `json:"done"` // came to their own end
	Failed   int       `json:"failed"`
	Seeds    Seeds     `json:"seeds"`
	Hash     string    `json:"hash"` // "": a run has none, or has failed
	Repeats  bool      `json:"reproducible"`
	Cells    []Cell    `json:"cells"`
	Findings []Finding `json:"hypotheses"`

	Schema   string `json:"schema"`
	Headline string `json:"headline"`
	Held     []Plot `json:"held"`   // each finding beside its null
	Curves   []Plot `json:"curves"` // metrics over parameters, a line for each arm
	Survival []Plot `json:"survival"`
}

// Seeds are First, First+1, …
type Seeds struct {
	First uint64 `json:"first"`
	Count int    `json:"count"`
}

// Cell is an arm with one combination of parameters.
type Cell struct {
	Title      string            `json:"title"`
	Arm        string            `json:"arm"`
	Parameters map[string]string `json:"parameters"`
	Runs       int               `json:"runs"`
	Failed     int               `json:"failed"`
	Metrics    []CellMetric      `json:"metrics"`
}

// CellMetric is a metric over the runs of a cell.
type CellMetric struct {
	Name     string      `json:"name"`
	Mean     float64     `json:"mean"`
	SD       *float64    `json:"sd,omitempty"`
	N        int         `json:"n"`
	Interval *[2]float64 `json:"ci,omitempty"` // 95 %, over runs
	Warnings []string    `json:"warnings,omitempty"`
}

// Finding is what the runs of a cell say about a hypothesis.
type Finding struct {
	Hypothesis  string             `json:"hypothesis"`
	Cell        string             `json:"cell"`
	Against     string             `json:"against"`
	NamedBefore bool               `json:"named_before"`
	Test        string             `json:"test"`
	Direction   string             `json:"direction"`
	Threshold   float64            `json:"threshold"` // of q
	Estimate    emergence.Estimate `json:"estimate"`
	Supported   bool               `json:"supported"`
	Pattern     string             `json:"pattern"`
	Error       string             `json:"error,omitempty"`
}

// OpenSweep reads the directory of a sweep and draws what its runs come to. ErrNoSweep: it is none. Every other error names a
// file of it and what is wrong with that.
func OpenSweep(dir string) (*Sweep, error) {
	if _, err := os.Stat(filepath.Join(dir, orderFile)); err != nil {
		return nil, fmt.Errorf("report: %q: %w", dir, ErrNoSweep)
	}
	path := filepath.Join(dir, manifestFile)
	f, err := openFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("report: %q: it has not come to an end: %w", dir, ErrNoSweep)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err != nil {
		return nil, err
	}
	s, err := parseSweep(text)
	if err != nil {
		return nil, fmt.Errorf("report: %s: %w", path, err)
	}
	if err := s.readRuns(dir); err != nil {
		return nil, err
	}
	return s, nil
}

// parseSweep reads and checks the manifest of a sweep.
func parseSweep(text []byte) (*Sweep, error) {
	if len(text) > largest {
		return nil, fmt.Errorf("it has more than %d bytes", largest)
	}
	s := &Sweep{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("damaged: %.200q", err.Error())
	}
	switch {
	case s.Scenario == "" || len(s.Scenario) > longScenario:
		return nil, fmt.Errorf("scenario %.100q; accepted is the name of one", s.Scenario)
	case s.Runs < 0 || s.Done < 0 || s.Failed < 0 || s.Seeds.Count < 0 || s.Done+s.Failed > s.Runs:
		return nil, fmt.Errorf("%d runs, of which %d are done and %d failed, of %d seeds; accepted are counts that add up", s.Runs, s.Done, s.Failed, s.Seeds.Count)
	case len(s.Cells) > manyCells || len(s.Findings) > manyCells:
		return nil, fmt.Errorf("%d cells and %d hypotheses; accepted are at most %d", len(s.Cells), len(s.Findings), manyCells)
	}
	for i := range s.Cells {
		for _, m := range s.Cells[i].Metrics {
			if m.N < 0 || m.SD != nil && *m.SD < 0 || m.Interval != nil && m.Interval[0] > m.Interval[1] {
				return nil, fmt.Errorf("cell %d, metric %.100q: n %d; accepted are counts and deviations from 0, and intervals that end after they begin", i+1, m.Name, m.N)
			}
		}
	}
	for i := range s.Findings {
		one := []emergence.Estimate{s.Findings[i].Estimate}
		if err := checkAnswers(one); err != nil {
			return nil, err
		}
		cutAnswers(one)
		s.Findings[i].Estimate = one[0]
	}
	s.compose()
	return s, nil
}

// compose makes sentences and pictures of what was read.
func (s *Sweep) compose() {
	s.Schema, s.Held, s.Curves, s.Survival = SweepSchema, []Plot{}, []Plot{}, []Plot{}
	s.Decided = sentence(printable(s.Decided, MaxText))
	named, supported := 0, 0
	for i := range s.Findings {
		f := &s.Findings[i]
		if f.Estimate.Interval == nil && strings.Contains(f.Test, "log-rank") {
			f.Estimate.Warnings = append(f.Estimate.Warnings, "no interval of the time itself: the curves below have theirs")
		}
		f.Estimate = answers([]emergence.Estimate{f.Estimate})[0]
		if f.NamedBefore {
			if named++; f.Supported && !math.IsNaN(f.Estimate.Value) {
				supported++
			}
		}
	}
	s.Headline = fmt.Sprintf("%s: %d of %s came to their own end, in %s of %s each.", sentenceCase(printable(s.Scenario, longName)), s.Done, plural(s.Runs, "run"),
		plural(len(s.Cells), "cell"), plural(s.Seeds.Count, "seed"))
	if named > 0 {
		verb := "are"
		if supported == 1 {
			verb = "is"
		}
		s.Headline += fmt.Sprintf(" Of %s named before the first run %d %s supported against the null, after correction.", plural(named, "test"), supported, verb)
	}
	s.Headline = strings.TrimSpace(s.Headline + " " + s.Decided)
	s.Curves = s.curves()
	s.Held = s.held()
}

// held draws each finding beside its null.
func (s *Sweep) held() []Plot {
	p := Plot{Title: "Each number beside its null", Kind: "held",
		Caption: "Point and line: the mean over runs and its 95 % interval. Hatched box: where 95 % of the null's values are, with their mean. " + s.Decided}
	for i := range s.Findings {
		f := &s.Findings[i]
		h, ok := heldOf(&f.Estimate)
		if ok && len(p.Panels) < 2*manyLines {
			p.Panels = append(p.Panels, Panel{Name: f.Hypothesis + " (" + f.Cell + ")", Note: answer{Estimate: &f.Estimate, Tested: h.Value}.Number(), Held: h})
		}
	}
	if len(p.Panels) == 0 {
		return []Plot{}
	}
	return []Plot{p}
}

// rows of the table of findings.
func (s *Sweep) rows() []answer {
	all := make([]answer, 0, len(s.Findings))
	for i := range s.Findings {
		f := &s.Findings[i]
		a := answer{Estimate: &f.Estimate, Title: f.Hypothesis + " (" + f.Cell + ")", Tested: tested(&f.Estimate)}
		verdict := "not supported"
		if !a.Shown() || f.Error != "" {
			verdict = "not tested"
		} else if f.Supported {
			verdict = "supported"
		}
		before := "looked at after the runs"
		if f.NamedBefore {
			before = "named before the first run"
		}
		a.Remarks = []string{verdict + ", threshold " + short(f.Threshold), before, f.Test}
		if f.Error != "" {
			a.Remarks = append(a.Remarks, f.Error)
		}
		all = append(all, a)
	}
	return all
}

// SaveSweep writes report.html and report.json of a sweep that is kept in a directory.
func SaveSweep(dir string) (*Sweep, error) {
	s, err := OpenSweep(dir)
	if err != nil {
		return nil, err
	}
	return s, saveFiles(dir, func(w io.Writer) error { return writeData(w, s) }, func(w io.Writer) error { return WriteSweepHTML(w, s) })
}
