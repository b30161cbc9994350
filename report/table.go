package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
)

// Columns of the tables beside the variables.
var (
	roundsBefore = []string{"run", "seed", "round"}
	agentsBefore = []string{"run", "seed", "round", "agent"}
	agentsAfter  = []string{"decided_by"}
)

// manyVariables is how many columns a table may have.
const manyVariables = 1000

// line is a row of a table: what an agent, or the world if agent is "", showed at the end of a round.
type line struct {
	round  int
	agent  string
	values []float64 // NaN: the cell is empty
}

// readTable calls see for every row of a table, with the same line each time. see is told first, by a nil line, which
// variables there are. Errors name the file and, where there is one, the line; fs.ErrNotExist: there is no such file.
func readTable(dir, name string, see func(variables []string, l *line) error) error {
	path := filepath.Join(dir, name)
	f, err := openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	before, after := roundsBefore, []string(nil)
	if name == agentsFile {
		before, after = agentsBefore, agentsAfter
	}
	if err := parseTable(f, before, after, see); err != nil {
		return fmt.Errorf("report: %s: %w", path, err)
	}
	return nil
}

// endOf knows the last byte that was read: a row that was cut off may still have all its cells.
type endOf struct {
	io.Reader
	last byte
}

func (e *endOf) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if n > 0 {
		e.last = p[n-1]
	}
	return n, err
}

// parseTable reads a table from its text.
func parseTable(text io.Reader, before, after []string, see func([]string, *line) error) error {
	whole := &endOf{Reader: text}
	r := csv.NewReader(whole)
	r.ReuseRecord = true
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty, without even a header")
	}
	if err != nil {
		return err
	}
	n := len(head) - len(before) - len(after)
	if n < 0 || n > manyVariables || !slices.Equal(head[:len(before)], before) || !slices.Equal(head[len(head)-len(after):], after) {
		return fmt.Errorf("line 1: the columns are %.200q; accepted are %q, up to %d variables, and %q", head, before, manyVariables, after)
	}
	variables := slices.Clone(head[len(before) : len(before)+n])
	if err := see(variables, nil); err != nil {
		return err
	}
	l := &line{values: make([]float64, n)}
	for last := 0; ; last = l.round {
		row, err := r.Read()
		if errors.Is(err, io.EOF) && whole.last != '\n' {
			return errors.New("its last line is cut: it does not end")
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err = l.read(row, len(before)); err == nil && l.round < last {
			err = fmt.Errorf("round %d comes after round %d", l.round, last)
		}
		if err == nil {
			err = see(variables, l)
		}
		if err != nil {
			at, _ := r.FieldPos(0)
			return fmt.Errorf("line %d: %w", at, err)
		}
	}
}

// read takes the cells of a row.
func (l *line) read(row []string, before int) error {
	var err error
	if l.round, err = strconv.Atoi(row[2]); err != nil || l.round < 1 {
		return fmt.Errorf("round %.40q; accepted is a number from 1", row[2])
	}
	l.agent = ""
	if before > 3 {
		l.agent = row[3]
	}
	for i := range l.values {
		cell := row[before+i]
		if cell == "" {
			l.values[i] = math.NaN()
			continue
		}
		x, err := strconv.ParseFloat(cell, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("cell %.40q; accepted is a finite number, or nothing", cell)
		}
		l.values[i] = x
	}
	return nil
}
