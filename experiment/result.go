package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/polis-agents/polis/emergence/statistics"
)

// Result is what the runs of a sweep come to. It follows from the file and the rows alone.
type Result struct {
	File    *File
	Rows    []Row    // of runs that came to their own end, in order
	Failed  []Row    // of those that did not
	Metrics []string // all, in the order of columns
	Cells   []Summary
	// Findings are what the runs say about each hypothesis, in the order of the file, cell by cell; that of a minimal model
	// follows the one that it is for.
	Findings []Finding
}

// Summary is what the runs of a cell come to.
type Summary struct {
	Cell
	Runs    int // that came to their own end
	Failed  int
	Metrics []Statistic
}

// Statistic is a metric over the runs of a cell.
type Statistic struct {
	Name     string
	N        int // runs in which it is a number
	Mean     float64
	SD       *float64             // of the sample, n-1; nil: of one run
	Interval *statistics.Interval // of the mean, 95 %; nil: of one run
}

// result puts rows together.
func (s *Sweep) result(rows []Row) *Result {
	r := &Result{File: s.Kept.whole(s.File)}
	rows = slices.Clone(rows)
	inOrder(rows)
	names := map[string]bool{}
	for _, row := range rows {
		if row.Error != "" {
			r.Failed = append(r.Failed, row)
			continue
		}
		r.Rows = append(r.Rows, row)
		for name := range row.Metrics {
			names[name] = true
		}
	}
	for _, name := range append(slices.Clone(s.Metrics), slices.Sorted(maps.Keys(names))...) {
		if names[name] {
			r.Metrics = append(r.Metrics, name)
			delete(names, name)
		}
	}
	r.summarise()
	r.find(s.Kept.named)
	return r
}

// cell of a run.
func (r *Result) cell(run int) int { return (run - 1) / r.File.Seeds.Count }

func (r *Result) seed(run int) uint64 {
	return r.File.Seeds.First + uint64((run-1)%r.File.Seeds.Count)
}

// of are the rows of a cell.
func (r *Result) of(cell int) []Row {
	from, _ := slices.BinarySearchFunc(r.Rows, cell, func(row Row, cell int) int { return r.cell(row.Run) - cell })
	to, _ := slices.BinarySearchFunc(r.Rows, cell+1, func(row Row, cell int) int { return r.cell(row.Run) - cell })
	return r.Rows[from:to]
}

func (r *Result) summarise() {
	failed := map[int]int{}
	for _, row := range r.Failed {
		failed[r.cell(row.Run)]++
	}
	for i, cell := range r.File.Cells() {
		rows := r.of(i)
		s := Summary{Cell: cell, Runs: len(rows), Failed: failed[i]}
		for _, name := range r.Metrics {
			var values []float64
			for _, row := range rows {
				if x, is := row.Metrics[name]; is {
					values = append(values, x)
				}
			}
			if len(values) > 0 {
				s.Metrics = append(s.Metrics, r.statistic(i, name, values))
			}
		}
		r.Cells = append(r.Cells, s)
	}
}

// statistic of a metric, one value of each run.
func (r *Result) statistic(cell int, name string, values []float64) Statistic {
	s := Statistic{Name: name, N: len(values), Mean: stat.Mean(values, nil)}
	if len(values) < 2 {
		return s
	}
	sd := stat.StdDev(values, nil)
	s.SD = &sd
	draws := r.chance("summary/"+name, cell)
	if _, i, err := statistics.Bootstrap(values, mean, statistics.Bootstrapping{}, draws); err == nil {
		s.Interval = &i
	}
	return s
}

func mean(values []float64) float64 { return stat.Mean(values, nil) }

// Hash names what happened in all runs together: SHA-256 of their hashes, in order, each followed by a newline. "": a run has
// none, or has failed.
func (r *Result) Hash() string {
	sum := sha256.New()
	for _, row := range r.Rows {
		if row.Hash == "" {
			return ""
		}
		fmt.Fprintln(sum, row.Hash)
	}
	if len(r.Failed) > 0 || len(r.Rows) < r.File.Runs() {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// number is x for JSON and tables; nil: it is none.
func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
