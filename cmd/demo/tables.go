package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/polis-agents/polis/environment"
)

// tables are rounds.csv and agents.csv: one row per round, and per round and agent. Columns are variables.
type tables struct {
	rounds, agents *table
	run, seed      string
}

// table is a file of rows. Its variable columns are those of its first row.
type table struct {
	name      string
	file      *os.File
	csv       *csv.Writer
	before    []string // columns before the variables
	after     []string // and after them
	variables []string // nil: no row yet
	row       []string
}

func newTables(dir *directory, run int, seed uint64) (*tables, error) {
	rounds, err := newTable(dir, "rounds.csv", []string{"run", "seed", "round"}, nil)
	if err != nil {
		return nil, err
	}
	agents, err := newTable(dir, "agents.csv", []string{"run", "seed", "round", "agent"}, []string{"decided_by"})
	if err != nil {
		rounds.file.Close()
		return nil, err
	}
	return &tables{rounds, agents, strconv.Itoa(run), strconv.FormatUint(seed, 10)}, nil
}

func newTable(dir *directory, name string, before, after []string) (*table, error) {
	f, err := dir.create(name)
	if err != nil {
		return nil, err
	}
	return &table{name: name, file: f, csv: csv.NewWriter(f), before: before, after: after}, nil
}

// see writes the rows of a round.
func (t *tables) see(r environment.RoundEnded) error {
	round := strconv.Itoa(r.Round)
	err := t.rounds.write(r.World, []string{t.run, t.seed, round}, nil)
	for i := range r.Agents {
		a := &r.Agents[i]
		err = errors.Join(err, t.agents.write(a.Variables, []string{t.run, t.seed, round, a.Name}, []string{a.Decides}))
	}
	return err
}

// write writes a row. A variable that the row lacks is an empty cell.
func (t *table) write(variables []environment.Variable, before, after []string) error {
	if t.variables == nil {
		names := []string{}
		for _, v := range variables {
			names = append(names, v.Name)
		}
		if err := t.head(names); err != nil {
			return err
		}
	}
	t.row = append(append(t.row[:0], before...), make([]string, len(t.variables))...)
	for i, v := range variables {
		at := i // as a rule the order is always the same
		if at >= len(t.variables) || t.variables[at] != v.Name {
			at = slices.Index(t.variables, v.Name)
		}
		if at < 0 {
			return fmt.Errorf("%s: the variable %q was not in the first row; a world shows the same variables in every round", t.name, v.Name)
		}
		t.row[len(before)+at] = number(v.Value)
	}
	t.row = append(t.row, after...)
	return t.csv.Write(t.row)
}

func (t *table) head(variables []string) error {
	t.variables = variables
	return t.csv.Write(slices.Concat(t.before, variables, t.after))
}

// close writes what is left; a table without rows has its header.
func (t *tables) close() error { return errors.Join(t.rounds.close(), t.agents.close()) }

func (t *table) close() error {
	var err error
	if t.variables == nil {
		err = t.head([]string{})
	}
	t.csv.Flush()
	return errors.Join(err, t.csv.Error(), t.file.Close())
}

// number writes a number so that it is read back as the same; what is none is an empty cell.
func number(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
