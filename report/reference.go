package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// columns are the metrics that a table of references shows.
func columns(d *Document) (names []string) {
	for _, m := range d.Metrics {
		if slices.ContainsFunc(d.References, func(r Reference) bool { _, ok := r.Metrics[m.Name]; return ok }) {
			names = append(names, m.Name)
		}
	}
	return names
}

// group is references of one kind.
type group struct {
	Title      string // with the source, if they have the same
	References []Reference
}

// groups puts references of one kind together. sources: they differ within a group, and need a column.
func groups(d *Document) (all []group, sources bool) {
	for _, kind := range []struct{ name, title string }{{"scripted", "scripted policies"}, {"random", "random policies"}, {"model", "language models, as published"}} {
		g := group{Title: kind.title}
		for _, r := range d.References {
			if r.Kind == kind.name {
				g.References = append(g.References, r)
			}
		}
		if len(g.References) == 0 {
			continue
		}
		if slices.ContainsFunc(g.References, func(r Reference) bool { return r.Source != g.References[0].Source }) {
			sources = true
		} else if g.References[0].Source != "" {
			g.Title += ": " + g.References[0].Source
		}
		all = append(all, g)
	}
	return all, sources
}

// spent is a line of the table of adapters: one value for each.
type spent struct {
	Name   string
	Values []string
}

// spending lists what was asked of adapters.
func spending(d *Document) (all []spent) {
	for _, row := range []struct {
		name string
		of   func(*Usage) float64
	}{
		{"requests", func(u *Usage) float64 { return float64(u.Requests) }},
		{"answered", func(u *Usage) float64 { return float64(u.Answered) }},
		{"rejected by the adapter", func(u *Usage) float64 { return float64(u.Rejected) }},
		{"failed", func(u *Usage) float64 { return float64(u.Failed) }},
		{"cancelled", func(u *Usage) float64 { return float64(u.Cancelled) }},
		{"attempts", func(u *Usage) float64 { return float64(u.Attempts) }},
		{"of which settled", func(u *Usage) float64 { return float64(u.Settled) }},
		{"of which never sent", func(u *Usage) float64 { return float64(u.Unsent) }},
		{"of which possibly billed", func(u *Usage) float64 { return float64(u.PossiblyBilled) }},
		{"answered by 429", func(u *Usage) float64 { return float64(u.Server429) }},
		{"tokens in", func(u *Usage) float64 { return float64(u.InputTokens) }},
		{"tokens out", func(u *Usage) float64 { return float64(u.OutputTokens) }},
		{"cost in $", func(u *Usage) float64 { return u.CostUSD }},
	} {
		s := spent{Name: row.name}
		for i := range d.Models {
			text := short(row.of(&d.Models[i].Usage))
			if row.name == "cost in $" && d.Models[i].CostUSD == 0 {
				text = "not known"
			}
			s.Values = append(s.Values, text)
		}
		all = append(all, s)
	}
	return all
}

// marks lists what of an agent's decisions was not made as usual: "3 fallback".
func marks(m map[string]int) string {
	var all []string
	for _, c := range counts(m) {
		all = append(all, fmt.Sprintf("%d %s", c.N, printable(c.Name, longName)))
	}
	return strings.Join(all, ", ")
}

// MeanOf is the mean of a metric as people read it, or a dash.
func (d *Document) MeanOf(metric string) string {
	for _, m := range d.Metrics {
		if m.Name == metric && m.N > 0 {
			return short(m.Mean)
		}
	}
	return "–"
}

// Silent says whether a decider is a language model that never answered.
func (d *Document) Silent(decider string) bool { return notModels[decider] == "" && !d.Answered }

// value is a metric of a reference, or a dash.
func value(metrics map[string]float64, name string) string {
	x, ok := metrics[name]
	if !ok {
		x = math.NaN()
	}
	return short(x)
}
