package experiment

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// WriteRuns writes runs.csv: a row for each run that came to its own end, with its arm, parameters, seed and metrics, and the
// round in which it came to each milestone (an empty cell: it did not in its rounds).
func (r *Result) WriteRuns(w io.Writer) error {
	header := append([]string{"run", "arm"}, r.axes()...)
	header = append(header, "seed", "hash", "rounds")
	header = append(header, r.Metrics...)
	for _, m := range r.File.Study.Milestones {
		header = append(header, "milestone "+m.Name)
	}
	cells := r.File.Cells()
	return table(w, header, func(write func(...string) error) error {
		for i := range r.Rows {
			row := &r.Rows[i]
			line := append(r.where(cells, row), strconv.FormatUint(r.seed(row.Run), 10), row.Hash, strconv.Itoa(row.Rounds))
			for _, name := range r.Metrics {
				line = append(line, cell(row.Metrics, name))
			}
			for _, m := range r.File.Study.Milestones {
				line = append(line, cell(row.Milestones, m.Name))
			}
			if err := write(line...); err != nil {
				return err
			}
		}
		return nil
	})
}

// WriteFailed writes failed.csv: the runs that failed, and why.
func (r *Result) WriteFailed(w io.Writer) error {
	header := append([]string{"run", "arm"}, r.axes()...)
	cells := r.File.Cells()
	return table(w, append(header, "seed", "error"), func(write func(...string) error) error {
		for i := range r.Failed {
			row := &r.Failed[i]
			if err := write(append(r.where(cells, row), strconv.FormatUint(r.seed(row.Run), 10), row.Error)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// WriteSummary writes summary.csv: for each cell and metric the mean over runs, its 95 % interval, the standard deviation, and
// how many runs.
func (r *Result) WriteSummary(w io.Writer) error {
	header := append([]string{"arm"}, r.axes()...)
	return table(w, append(header, "metric", "n", "mean", "sd", "low", "high", "interval"), func(write func(...string) error) error {
		for _, c := range r.Cells {
			for _, m := range c.Metrics {
				line := append(append([]string{c.Arm.Name}, c.Values...), m.Name, strconv.Itoa(m.N), decimal(m.Mean))
				if m.SD == nil {
					line = append(line, "")
				} else {
					line = append(line, decimal(*m.SD))
				}
				if m.Interval == nil {
					line = append(line, "", "", "")
				} else {
					line = append(line, decimal(m.Interval.Low), decimal(m.Interval.High), strings.Join(append([]string{m.Interval.Method}, m.Interval.Warnings...), "; "))
				}
				if err := write(line...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// WriteHypotheses writes hypotheses.csv: a row for each hypothesis and cell.
func (r *Result) WriteHypotheses(w io.Writer) error {
	header := []string{"hypothesis", "cell", "against", "named_before", "test", "measure", "unit", "runs", "value", "low", "high", "null_kind", "null_mean", "null_sd",
		"effect", "p", "q", "direction", "threshold", "supported", "pattern", "warnings", "error"}
	return table(w, header, func(write func(...string) error) error {
		for i := range r.Findings {
			f := &r.Findings[i]
			e := &f.Estimate
			line := []string{f.Hypothesis, f.Cell, f.Against, strconv.FormatBool(f.NamedBefore), f.Test, e.Measure, e.Unit, strconv.Itoa(e.Runs)}
			if e.P == nil { // it was not tested: a number would be read as one
				line = append(line, make([]string, 8)...)
			} else {
				low, high := math.NaN(), math.NaN()
				if e.Interval != nil {
					low, high = e.Interval.Low, e.Interval.High
				}
				line = append(line, decimal(e.Value), decimal(low), decimal(high), e.Null.Kind, decimal(e.Null.Mean), decimal(e.Null.SD), optional(e.Effect), optional(e.P))
			}
			line = append(line, optional(e.Q), f.Direction, decimal(f.Threshold), strconv.FormatBool(f.Supported), f.Pattern, strings.Join(e.Warnings, "; "), f.Error)
			if err := write(line...); err != nil {
				return err
			}
		}
		return nil
	})
}

// optional is a number that may be missing.
func optional(x *float64) string {
	if x == nil {
		return ""
	}
	return decimal(*x)
}

// axes are the names of the parameters.
func (r *Result) axes() (names []string) {
	for _, axis := range r.File.Parameters {
		names = append(names, axis.Name)
	}
	return names
}

// where are the first columns of a run.
func (r *Result) where(cells []Cell, row *Row) []string {
	c := cells[r.cell(row.Run)]
	return slices.Concat([]string{strconv.Itoa(row.Run), c.Arm.Name}, c.Values)
}

// table writes a CSV file with a header.
func table(w io.Writer, header []string, rows func(write func(...string) error) error) error {
	c := csv.NewWriter(w)
	err := c.Write(header)
	if err == nil {
		err = rows(func(line ...string) error { return c.Write(line) })
	}
	c.Flush()
	return errors.Join(err, c.Error())
}

// cell is a number by its name; an empty one where there is none.
func cell[N int | float64](of map[string]N, name string) string {
	x, is := of[name]
	if !is {
		return ""
	}
	return decimal(float64(x))
}

// decimal writes a number so that it is read back as the same.
func decimal(x float64) string {
	if p := number(x); p == nil {
		return ""
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
