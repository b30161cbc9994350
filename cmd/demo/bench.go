package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/polis-agents/polis/internal/bench"
)

// benchCommand measures.
type benchCommand struct {
	Name string `arg:"" optional:"" help:"What to measure (${benches})."`
	JSON bool   `name:"json" help:"Print one JSON document."`
}

// Run carries out the command.
func (c *benchCommand) Run(ctx context.Context, p *process) error {
	switch names := bench.Names(); {
	case c.Name == "":
		return badUsage("bench needs a NAME; accepted: %s", listed(names))
	case !slices.Contains(names, c.Name):
		return unknown("benchmark", c.Name, names)
	}
	said := ""
	report, err := p.bench(ctx, c.Name, bench.Options{Progress: func(b bench.Progress) {
		if b.Name != said {
			said = b.Name
			fmt.Fprintf(p.stderr, "%d of %d: %s\n", b.Index, b.Count, b.Name)
		}
	}})
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return err
	case c.JSON:
		return writeJSON(p.stdout, report)
	}
	return report.WriteTable(p.stdout)
}
