package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// chaosCommand lets societies meet every fault there is, in processes of their own, and shows what became of the promises.
type chaosCommand struct {
	Agents crowd    `default:"20" placeholder:"N" help:"Agents of each society (default ${default})."`
	Rounds count    `default:"60" placeholder:"N" help:"Rounds of each society (default ${default})."`
	Delay  pause    `default:"25ms" placeholder:"D" help:"Pause between rounds, so that there is something to kill (default ${default})."`
	Kills  count    `default:"5" placeholder:"N" help:"How often a process is killed, where that is the fault (default ${default})."`
	Seed   seed     `default:"1" placeholder:"S" help:"Seed of societies, faults and moments (default ${default})."`
	Only   []string `placeholder:"FAULT,…" help:"Only these faults, by their names in the table."`
	JSON   bool     `name:"json" help:"Print one JSON document."`
}

// chaosReport is the table as JSON.
type chaosReport struct {
	Chaos   string    `json:"chaos"`
	Machine machine   `json:"machine"`
	Agents  int       `json:"agents"`
	Rounds  int       `json:"rounds"`
	Seed    uint64    `json:"seed"`
	Took    float64   `json:"took_s"`
	Results []verdict `json:"results"`
}

// machine is where it was measured.
type machine struct {
	Cores int    `json:"cores"`
	Go    string `json:"go"`
}

// verdict is what came of one fault.
type verdict struct {
	Fault    string    `json:"fault"`
	Injected int       `json:"injected"`              // how often it came
	Recovery []float64 `json:"recovery_ms,omitempty"` // each time, sorted: until the first new turn was kept, or the world stood again
	Turns    int64     `json:"turns"`                 // in the journal, at the end
	Lost     int       `json:"lost"`                  // actions that were kept and never applied, or whose outcome nobody got
	Twice    int       `json:"twice"`                 // actions applied, or events handled, more than once
	Same     bool      `json:"same"`                  // the hash is that of the undisturbed run
	OK       bool      `json:"ok"`
	Note     string    `json:"note,omitempty"`    // what else was seen
	Skipped  string    `json:"skipped,omitempty"` // why it was not tried
	Failed   string    `json:"failed,omitempty"`  // why it could not be measured
}

// Run carries out the command.
func (c *chaosCommand) Run(ctx context.Context, p *process) error {
	all := p.ordeals
	names := make([]string, len(all))
	for i, o := range all {
		names[i] = o.name
	}
	for _, name := range c.Only {
		if !slices.Contains(names, name) {
			return unknown("fault", name, names)
		}
	}
	dir, err := os.MkdirTemp("", "polis-chaos-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // nobody could act on the error
	s := &siege{order: c, self: p.self, dir: dir, env: p.env, calm: map[string]string{}}
	begun := time.Now()
	report := chaosReport{Chaos: "table", Machine: machine{runtime.GOMAXPROCS(0), runtime.Version()},
		Agents: int(c.Agents.count), Rounds: int(c.Rounds), Seed: uint64(c.Seed)}
	bad := 0
	for i, o := range all {
		if len(c.Only) > 0 && !slices.Contains(c.Only, o.name) {
			continue
		}
		fmt.Fprintf(p.stderr, "%d of %d: %s\n", i+1, len(all), o.name)
		v := s.endure(ctx, o)
		if ctx.Err() != nil {
			return errInterrupted
		}
		if report.Results = append(report.Results, v); !v.OK && v.Skipped == "" {
			bad++
		}
	}
	report.Took = time.Since(begun).Seconds()
	if c.JSON {
		err = writeJSON(p.stdout, report)
	} else {
		err = report.writeTable(p.stdout)
	}
	if err == nil && bad > 0 {
		err = fmt.Errorf("%s did not leave the promises whole", plural(bad, "fault"))
	}
	return err
}

// writeTable writes the table in markdown: docs/chaos.md has it.
func (r *chaosReport) writeTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintf(t, "| fault\t| times\t| recovery, median\t| longest\t| turns kept\t| lost\t| twice\t| hash\t| note\t|\n")
	fmt.Fprintf(t, "|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|\n")
	for _, v := range r.Results {
		switch {
		case v.Skipped != "":
			fmt.Fprintf(t, "| %s\t| \t| \t| \t| \t| \t| \t| \t| skipped: %s\t|\n", v.Fault, cell(v.Skipped))
			continue
		case v.Failed != "":
			fmt.Fprintf(t, "| %s\t| %d\t| \t| \t| \t| \t| \t| \t| **failed**: %s\t|\n", v.Fault, v.Injected, cell(v.Failed))
			continue
		}
		median, longest := "–", "–"
		if n := len(v.Recovery); n > 0 {
			median, longest = inMilliseconds(v.Recovery[n/2]), inMilliseconds(v.Recovery[n-1])
		}
		hash := "same"
		if !v.Same {
			hash = "**different**"
		}
		fmt.Fprintf(t, "| %s\t| %d\t| %s\t| %s\t| %d\t| %d\t| %d\t| %s\t| %s\t|\n", v.Fault, v.Injected, median, longest, v.Turns, v.Lost, v.Twice, hash, cell(v.Note))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d agents, %d rounds, seed %d; %s, %s; it took %.0f s. Decided by rules, or by the stand-in: no language model.\n",
		r.Agents, r.Rounds, r.Seed, plural(r.Machine.Cores, "core"), r.Machine.Go, r.Took)
	return err
}

// cell is a text within a table of markdown.
func cell(text string) string { return strings.ReplaceAll(shortened(cleaned(text), 160), "|", "/") }

func inMilliseconds(ms float64) string {
	if ms < 10 {
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}
