package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/polis-agents/polis/experiment"
)

// tell prints what the runs come to.
func (c *sweepCommand) tell(p *process, r *player, d *experiment.Document) error {
	if c.JSON {
		return writeJSON(p.stdout, d)
	}
	out := &output{w: p.stdout, broken: func(error) {}}
	writeSweepSummary(out, r, d)
	if out.err != nil {
		return fmt.Errorf("stdout: %w", out.err)
	}
	return nil
}

func writeSweepSummary(w io.Writer, r *player, d *experiment.Document) {
	fmt.Fprintf(w, "%s: %d of %s, %s from seed %d in each cell, %s\n\n", d.Scenario, d.Done, plural(d.Runs, "run"), plural(d.Seeds.Count, "seed"), d.Seeds.First, r.decided(d.Decided))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "cell\tmetric\tmean\t95 %\tsd\tn")
	for _, c := range d.Cells {
		title := c.Title
		for _, m := range c.Metrics {
			low, sd := "", ""
			if m.CI != nil {
				low = fmt.Sprintf("%s to %s", short(m.CI[0]), short(m.CI[1]))
			}
			if m.SD != nil {
				sd = short(*m.SD)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\n", title, strings.ReplaceAll(m.Name, "_", " "), short(m.Mean), low, sd, m.N)
			title = ""
		}
		if len(c.Metrics) == 0 {
			fmt.Fprintf(t, "%s\tno run has come to its end\t\t\t\t\n", title)
		}
	}
	_ = t.Flush() // w remembers what went wrong
	if d.Seeds.Count < 8 {
		fmt.Fprintf(w, "\n%s in each cell: intervals over so few say little, look at the single runs\n", plural(d.Seeds.Count, "run"))
	}
	if d.Failed > 0 {
		fmt.Fprintf(w, "\n%s failed and are left out\n", plural(d.Failed, "run"))
	}
	if d.Hash != "" {
		fmt.Fprintf(w, "\nhash  %s\n", d.Hash)
	}
	if d.Dir != "" {
		fmt.Fprintf(w, "kept  %s\n", d.Dir)
	}
}
