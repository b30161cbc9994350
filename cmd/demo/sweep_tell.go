package main

import (
	"cmp"
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
	for i := range d.Hypotheses {
		writeFinding(w, &d.Hypotheses[i])
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

// writeFinding tells what the runs say about a hypothesis: never a number without its null, its interval and its sample size.
func writeFinding(w io.Writer, f *experiment.Finding) {
	e := &f.Estimate
	fmt.Fprintf(w, "\n%s (%s)", f.Hypothesis, f.Cell)
	if !f.NamedBefore {
		fmt.Fprint(w, ", looked at after the runs")
	}
	if f.Error != "" || e.P == nil || e.Q == nil {
		fmt.Fprintf(w, ": not tested: %s\n", cmp.Or(f.Error, strings.Join(e.Warnings, "; ")))
		return
	}
	verdict := "not supported"
	if f.Supported {
		verdict = "supported"
	}
	fmt.Fprintf(w, ": %s\n  %s\n  %s %s%s", verdict, f.Test, e.Measure, short(e.Value), unitText(e.Unit))
	if e.Interval != nil {
		fmt.Fprintf(w, " (95 %%: %s to %s)", short(e.Interval.Low), short(e.Interval.High))
	}
	fmt.Fprintf(w, ", %s; %s null %s: %s, n = %d\n", plural(e.Runs, "run"), e.Null.Kind, e.Null.Name, short(e.Null.Mean), e.Null.N)
	fmt.Fprintf(w, "  p %s, corrected %s, threshold %s", short(*e.P), short(*e.Q), short(f.Threshold))
	if e.Effect != nil {
		fmt.Fprintf(w, "; effect %s sd of the null", short(*e.Effect))
	}
	fmt.Fprintln(w)
	if m := f.Minimal; m != nil {
		fmt.Fprintf(w, "  %s: %s by the %s\n", map[bool]string{true: "reproduced", false: "not reproduced"}[m.Reproduced], f.Pattern, m.By)
	}
	for _, warning := range e.Warnings {
		fmt.Fprintf(w, "  ! %s\n", warning)
	}
}

// unitText is a unit after its number; that of a share is none.
func unitText(unit string) string {
	if unit == "1" {
		return ""
	}
	return " " + unit
}
