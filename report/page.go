package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/polis-agents/polis"
)

//go:embed page.html.tmpl
var pageText string

//go:embed page.css
var pageStyle string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"short": short, "plain": plain, "plural": plural, "sentence": sentence, "clean": clean, "name": name, "value": value, "add": func(a, b int) int { return a + b },
}).Parse(pageText))

// view is what the page's template sees.
type view struct {
	*Document
	Style    template.CSS
	Title    string
	Drawings []drawing
	Talk     []talk
	Trouble  []trouble
	Columns  []string // metrics of which references tell something
	Groups   []group
	Sources  bool
	Spent    []spent
	StandIn  bool
	Runs1    bool
	// ModelsShown: results of language models are among the references.
	ModelsShown bool
}

// drawing is a plot with its pictures.
type drawing struct {
	Plot
	ID      string
	Several bool // small ones
	Full    bool // so many that they need the whole width
	Panels  []picture
}

type picture struct {
	Name, Note string
	SVG        template.HTML
}

// talk is what was said in a round.
type talk struct {
	Round   int
	Sayings []saying
}

// saying is what one or several have said alike.
type saying struct {
	polis.Saying
	From []string
	To   string
	Gap  int // how many are left out before it
}

// trouble is what went wrong in a round, the same put together.
type trouble struct {
	Incident
	Times int
	Gap   int
}

// WriteHTML writes the document as one page that needs no other file and no script.
func WriteHTML(w io.Writer, d *Document) error {
	v := view{Document: d, Style: template.CSS(pageStyle), Talk: talks(d), Trouble: troubles(d), Columns: columns(d), Runs1: d.Runs == 1, Spent: spending(d)}
	v.Groups, v.Sources = groups(d)
	v.ModelsShown = slices.ContainsFunc(d.References, func(r Reference) bool { return r.Kind == "model" })
	v.Title = fmt.Sprintf("%s, seed %d", d.Scenario, d.Told)
	if d.Runs > 1 {
		v.Title = fmt.Sprintf("%s, %s", d.Scenario, plural(d.Runs, "run"))
	}
	for _, c := range d.Deciders {
		v.StandIn = v.StandIn || c.Name == "stand-in" && c.N > 0
	}
	var err error
	if v.Drawings, err = drawings(d); err != nil {
		return err
	}
	return page.Execute(w, v)
}

// WriteJSON writes the document as data.
func WriteJSON(w io.Writer, d *Document) error {
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// drawings draws every panel.
func drawings(d *Document) ([]drawing, error) {
	var all []drawing
	for i := range d.Plots {
		p := &d.Plots[i]
		one := drawing{Plot: *p, ID: fmt.Sprintf("plot-%d", i+1), Several: len(p.Panels) > 1 || p.Kind == "bars", Full: len(p.Panels) > 6}
		one.Plot.Panels = nil
		for j := range p.Panels {
			panel := &p.Panels[j]
			svg, err := drawPanel(p, panel)
			if err != nil {
				return nil, fmt.Errorf("report: plot %q: %w", p.Title, err)
			}
			title := p.Title
			if panel.Name != "" {
				title += ": " + panel.Name
			}
			text, err := inline(svg, fmt.Sprintf("%s-%d", one.ID, j+1), clean(title), clean(describe(p, panel)))
			if err != nil {
				return nil, err
			}
			one.Panels = append(one.Panels, picture{panel.Name, panel.Note, template.HTML(text)}) // of shapes and escaped texts only
		}
		all = append(all, one)
	}
	return all, nil
}

// describe says a panel in words, for those who cannot see it.
func describe(p *Plot, panel *Panel) string {
	var parts []string
	for _, l := range panel.Lines {
		if len(l.Y) == 0 {
			continue
		}
		name := l.Name
		if name != "" {
			name += " "
		}
		parts = append(parts, fmt.Sprintf("%sfrom %s in %s %s to %s in %s %s, between %s and %s.", name, short(l.Y[0]), p.X, short(l.X[0]),
			short(l.Y[len(l.Y)-1]), p.X, short(l.X[len(l.X)-1]), short(slices.Min(l.Y)), short(slices.Max(l.Y))))
	}
	for _, b := range panel.Bars {
		if b.N == 0 {
			continue
		}
		at := short(b.Low)
		if b.High > b.Low {
			at += " to " + short(b.High)
		}
		parts = append(parts, fmt.Sprintf("%s: %d.", at, b.N))
	}
	for _, limit := range panel.Limits {
		parts = append(parts, "Level line: "+limit.Name+".")
	}
	return strings.Join(parts, " ")
}

// talks puts what was said in rounds, and what several said alike in one phase on one line.
func talks(d *Document) (all []talk) {
	present := map[string]bool{}
	for i := range d.Said.Items {
		s := &d.Said.Items[i]
		present[s.Sender] = true
		for _, to := range s.Receivers {
			present[to] = true
		}
	}
	for i, s := range d.Said.Items {
		if len(all) == 0 || all[len(all)-1].Round != s.Round {
			all = append(all, talk{Round: s.Round})
		}
		one := saying{Saying: s, From: []string{name(s.Sender)}, To: receivers(s.Receivers, len(present)-1)}
		if d.Said.LeftOut > 0 && i == d.Said.GapAt {
			one.Gap = d.Said.LeftOut
		}
		at := &all[len(all)-1]
		if same := slices.IndexFunc(at.Sayings, one.alike); same >= 0 && one.Gap == 0 {
			at.Sayings[same].From = append(at.Sayings[same].From, one.From[0])
			continue
		}
		at.Sayings = append(at.Sayings, one)
	}
	return all
}

// alike says whether another has said the same to the same.
func (s *saying) alike(o saying) bool {
	return s.Phase == o.Phase && s.Act == o.Act && s.Text == o.Text && s.Language == o.Language && s.To == o.To && s.Unheard == o.Unheard &&
		s.More == 0 && o.More == 0 && !slices.Contains(o.From, s.From[0])
}

// receivers names a few; everybody else is "all".
func receivers(names []string, others int) string {
	n := len(names)
	switch {
	case n > 2 && n >= others:
		return "all"
	case n > 6:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:5], ", "), n-5)
	}
	return strings.Join(names, ", ")
}

// troubles puts equal incidents of a round together.
func troubles(d *Document) (all []trouble) {
	for i, in := range d.Incidents.Items {
		gap := 0
		if d.Incidents.LeftOut > 0 && i == d.Incidents.GapAt {
			gap = d.Incidents.LeftOut
		}
		if n := len(all); n > 0 && all[n-1].Incident == in && gap == 0 {
			all[n-1].Times++
			continue
		}
		all = append(all, trouble{in, 1, gap})
	}
	return all
}

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

// MeanOf is the mean of a metric as people read it, or a dash.
func (d *Document) MeanOf(metric string) string {
	for _, m := range d.Metrics {
		if m.Name == metric && m.N > 0 {
			return short(m.Mean)
		}
	}
	return "–"
}

// value is a metric of a reference, or a dash.
func value(metrics map[string]float64, name string) string {
	x, ok := metrics[name]
	if !ok {
		x = math.NaN()
	}
	return short(x)
}

// longName is how many letters of a name the page shows.
const longName = 60

// name is a short text on one line.
func name(text string) string {
	letters := []rune(strings.Join(strings.Fields(clean(text)), " "))
	if len(letters) > longName {
		return string(letters[:longName-1]) + "…"
	}
	return string(letters)
}

// clean is a text without characters that one cannot see, but for line breaks. Those that turn the direction of writing
// are kept, as they belong to some languages: the page isolates each text, so that they end with it.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || !unicode.IsControl(r) {
			return r
		}
		return '·'
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
