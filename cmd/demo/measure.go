package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/polis-agents/polis/emergence"
)

// measureCommand applies a measure to the user's own data.
type measureCommand struct {
	Name       string   `arg:"" optional:"" help:"Which measure; see --list."`
	In         string   `placeholder:"FILE" default:"-" help:"The data: CSV with a header, or a JSON object of arrays (default: standard input)."`
	Set        []string `placeholder:"K=V" sep:"none" help:"A parameter of the measure; repeatable."`
	Null       string   `placeholder:"NAME" help:"What it is held against; see --list (default: none, the number describes)."`
	Surrogates count    `placeholder:"N" default:"999" help:"How many surrogates (default ${default})."`
	Seed       seed     `placeholder:"S" default:"1" help:"Surrogates and intervals derive from it (default ${default})."`
	JSON       bool     `name:"json" help:"Print one JSON document."`
	List       bool     `help:"List the measures: what each needs, its parameters, and its nulls."`
}

// Run carries out the command.
func (c *measureCommand) Run(p *process) error {
	if c.List || c.Name == "" {
		if !c.List {
			return badUsage("measure: a name is missing; accepted is one of %s, or --list", strings.Join(measureNames(), ", "))
		}
		return c.list(p)
	}
	m, err := emergence.Find(c.Name)
	if err != nil {
		return unknown("measure", c.Name, measureNames())
	}
	set, err := c.settings(m)
	if err != nil {
		return err
	}
	in, err := c.input(p, m, set)
	if err != nil {
		return err
	}
	e, err := m.Estimate(in, set, emergence.Test{Null: c.Null, Surrogates: int(c.Surrogates), Seed: uint64(c.Seed)})
	if err != nil {
		return usageOf(err)
	}
	if c.JSON {
		return writeJSON(p.stdout, e)
	}
	return writeEstimate(p.stdout, m, e)
}

// settings reads the parameters of the measure.
func (c *measureCommand) settings(m *emergence.Measure) (map[string]string, error) {
	var names []string
	for _, q := range m.Params {
		names = append(names, q.Name)
	}
	set := map[string]string{}
	for _, text := range c.Set {
		name, value, ok := strings.Cut(text, "=")
		_, again := set[name]
		switch {
		case !ok || name == "":
			return nil, badUsage("--set %q; accepted is NAME=VALUE, with a NAME of %s", text, listed(names))
		case !slices.Contains(names, name):
			return nil, unknown("parameter", name, names)
		case again:
			return nil, badUsage("--set %q: %s is set twice; accepted is once", text, name)
		}
		set[name] = value
	}
	return set, nil
}

// usageOf is what is wrong with the data or the settings, as the binary tells it.
func usageOf(err error) error {
	return badUsage("measure: %s", strings.TrimPrefix(err.Error(), "emergence: "))
}

func measureNames() []string {
	var names []string
	for _, m := range emergence.All() {
		names = append(names, m.Name)
	}
	return names
}

// most of a file that is read: what a table can hold is bounded too.
const most = 1 << 30

// input reads the data. Parameters that name files are taken out of set.
func (c *measureCommand) input(p *process, m *emergence.Measure, set map[string]string) (in emergence.Input, err error) {
	if path, given := set["matrix"]; given || m.Name == "effective-information" {
		if !given {
			path = c.In
		}
		delete(set, "matrix")
		if err := readFile(p, path, func(text []byte) (err error) { in.Matrix, err = emergence.ReadMatrix(bytes.NewReader(text)); return }); err != nil {
			return in, err
		}
		if path, given := set["states"]; given {
			delete(set, "states")
			return in, readFile(p, path, func(text []byte) (err error) { in.States, err = readTable(text); return })
		}
		return in, nil
	}
	return in, readFile(p, c.In, func(text []byte) (err error) { in.Table, err = readTable(text); return })
}

// readTable reads JSON where it begins as an object does, else CSV.
func readTable(text []byte) (*emergence.Table, error) {
	if first := bytes.TrimLeft(text, " \t\r\n"); len(first) > 0 && first[0] == '{' {
		return emergence.ReadJSON(bytes.NewReader(text))
	}
	return emergence.ReadCSV(bytes.NewReader(text))
}

// readFile reads a file, or standard input, and names it where that fails.
func readFile(p *process, path string, read func([]byte) error) error {
	from, name := p.stdin, "standard input"
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return badUsage("measure: %v", err)
		}
		defer f.Close()
		from, name = f, path
	}
	text, err := io.ReadAll(io.LimitReader(from, most+1))
	switch {
	case err != nil:
		return badUsage("measure: %s: %v", name, err)
	case len(text) > most:
		return badUsage("measure: %s has more than %d bytes", name, most)
	}
	if err := read(text); err != nil {
		return badUsage("measure: %s: %s", name, strings.TrimPrefix(err.Error(), "emergence: "))
	}
	return nil
}

// list shows the catalogue.
func (c *measureCommand) list(p *process) error {
	if c.JSON {
		type param struct {
			Name    string `json:"name"`
			Doc     string `json:"doc"`
			Default string `json:"default"`
		}
		type measure struct {
			Name   string   `json:"name"`
			Doc    string   `json:"doc"`
			Needs  string   `json:"needs"`
			Unit   string   `json:"unit"`
			Cost   string   `json:"cost"`
			Source string   `json:"source"`
			Params []param  `json:"parameters"`
			Values []string `json:"values"`
			Nulls  []string `json:"nulls"`
		}
		doc := struct {
			Measures []measure `json:"measures"`
		}{}
		for _, m := range emergence.All() {
			one := measure{m.Name, m.Doc, m.Needs, m.Unit, m.Cost, m.Source, []param{}, append([]string{}, m.Values...), append([]string{}, m.Nulls...)}
			for _, q := range m.Params {
				one.Params = append(one.Params, param(q))
			}
			doc.Measures = append(doc.Measures, one)
		}
		return writeJSON(p.stdout, doc)
	}
	for i, m := range emergence.All() {
		if i > 0 {
			fmt.Fprintln(p.stdout)
		}
		fmt.Fprintf(p.stdout, "%s: %s\n  needs %s\n  in %s, costs %s; %s\n", m.Name, m.Doc, m.Needs, unitName(m.Unit), m.Cost, m.Source)
		t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		for _, q := range m.Params {
			fmt.Fprintf(t, "    %s=%s\t%s\n", q.Name, q.Default, q.Doc)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		nulls := "none: it describes"
		if len(m.Nulls) > 0 {
			nulls = strings.Join(m.Nulls, ", ")
		}
		fmt.Fprintf(p.stdout, "  values: %s\n  nulls: %s\n", strings.Join(m.Values, ", "), nulls)
	}
	return nil
}

// unitName is how people read a unit.
func unitName(unit string) string {
	if unit == "1" {
		return "pure numbers"
	}
	return unit
}

// writeEstimate shows a number to people, with what it is to be held against.
func writeEstimate(w io.Writer, m *emergence.Measure, e *emergence.Estimate) error {
	unit := ""
	if e.Unit != "1" {
		unit = " " + e.Unit
	}
	fmt.Fprintf(w, "%s %s\n", e.Measure, e.Of)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range e.Values {
		of := unit
		if slices.Contains(m.Plain, v.Name) || strings.HasPrefix(v.Name, "s(") { // a share of runs
			of = ""
		}
		fmt.Fprintf(t, "  %s\t%.6g%s\n", v.Name, v.Value, of)
	}
	if e.Corrected != nil {
		fmt.Fprintf(t, "  corrected\t%.6g%s\n", *e.Corrected, unit)
	}
	fmt.Fprintf(t, "  samples\t%d\n", e.N)
	if i := e.Interval; i != nil {
		fmt.Fprintf(t, "  95 %% interval\t%.6g to %.6g (%s)\n", i.Low, i.High, i.Method)
	}
	if n := e.Null; n != nil {
		fmt.Fprintf(t, "  null\t%s, a %s: %.6g ± %.6g, 95 %% of %d within %.6g to %.6g\n", n.Name, n.Kind, n.Mean, n.SD, n.N, n.Low, n.High)
	}
	if e.P != nil {
		fmt.Fprintf(t, "  p\t%.4g\n", *e.P)
	}
	if e.Effect != nil {
		fmt.Fprintf(t, "  effect\t%.3g standard deviations of the null\n", *e.Effect)
	}
	for _, warning := range e.Warnings {
		fmt.Fprintf(t, "  beware\t%s\n", warning)
	}
	return errors.Join(t.Flush())
}
