package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
)

// headline says in words what became of it and who decided: by the scenario's own words where it has some.
func headline(d *Document, r *Run, s *polis.Scenario) string {
	var parts []string
	if d.Whole > 0 && s.Headline != nil {
		parts = append(parts, sentence(s.Headline(chronicle(d, r))))
	}
	if len(parts) == 0 || parts[0] == "" {
		parts = []string{outcome(d, r)}
	}
	parts = append(parts, cutShort(d, r), d.Decided)
	for i := range parts {
		parts[i] = printable(parts[i], 2*MaxText) // names of agents and words of errors are in there
	}
	return strings.Join(slices.DeleteFunc(parts, func(text string) bool { return text == "" }), " ")
}

// outcome tells what is known of any scenario: how long it ran, and its first metric.
func outcome(d *Document, r *Run) string {
	if d.Whole == 0 {
		return ""
	}
	name := strings.TrimSuffix(sentence(d.Scenario), ".")
	text := fmt.Sprintf("%s ended after %s", name, plural(d.Played, d.Period))
	if d.Rounds > 0 && d.Runs == 1 {
		text = fmt.Sprintf("%s ran for %d of %s", name, d.Played, plural(d.Rounds, d.Period))
	}
	if d.Runs > 1 {
		least, most := lengths(r)
		text = fmt.Sprintf("%s ran %d times, for %s each", name, d.Whole, plural(least, d.Period))
		if least < most {
			text = fmt.Sprintf("%s ran %d times, for %d to %s", name, d.Whole, least, plural(most, d.Period))
		}
	}
	for i := range d.Metrics {
		if m := &d.Metrics[i]; m.N > 0 {
			text += fmt.Sprintf("; %s %s", plain(m.Name), short(m.Mean))
			if m.SD != nil {
				text += fmt.Sprintf(" on average (sd %s, n = %d)", short(*m.SD), m.N)
			}
			break
		}
	}
	return text + "."
}

// cutShort tells of runs that did not come to their own end; "": all did.
func cutShort(d *Document, r *Run) string {
	after := func(n int) string { return "after " + plural(n, d.Period) }
	switch {
	case d.Whole == d.Runs:
		return ""
	case d.Runs == 1 && d.Status == "failed":
		return sentence(fmt.Sprintf("The run failed %s: %s", after(d.Played), d.Error))
	case d.Runs == 1:
		return fmt.Sprintf("The run was interrupted %s.", after(d.Played))
	case d.Status == "failed":
		return sentence(fmt.Sprintf("%d of %s came to their end, then it failed: %s", d.Whole, plural(d.Runs, "run"), d.Error))
	}
	return fmt.Sprintf("It was interrupted when %d of %s had come to their end.", d.Whole, plural(d.Runs, "run"))
}

// lengths are the rounds of the shortest and of the longest run that came to its own end.
func lengths(r *Run) (least, most int) {
	least = -1
	for _, e := range r.runs {
		if e.Status != "done" {
			continue
		}
		if most = max(most, e.Rounds); least < 0 || e.Rounds < least {
			least = e.Rounds
		}
	}
	return max(least, 0), most
}

// chronicle is what a scenario makes its headline from.
func chronicle(d *Document, r *Run) *polis.Chronicle {
	c := &polis.Chronicle{Agents: d.Agents, Rounds: d.Rounds, Settings: r.Manifest.Parameters, Decided: r.Manifest.Record.Deciders,
		Said: d.Said.Items, LeftOut: d.Said.LeftOut, Rows: r.rows}
	for _, e := range r.runs {
		if e.Status == "done" {
			c.Runs = append(c.Runs, polis.Past{Seed: e.Seed, Rounds: e.Rounds, Metrics: e.Metrics})
		}
	}
	return c
}
