package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"unicode"
)

//go:embed page.html.tmpl
var pageText string

//go:embed page.css
var pageStyle string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"short": short, "number": optional, "words": words, "plain": plain, "plural": plural, "sentence": sentence, "clean": clean, "spoken": spoken, "name": name, "value": value, "parts": parts, "marks": marks, "add": func(a, b int) int { return a + b },
}).Parse(pageText))

// view is what the page's template sees.
type view struct {
	*Document
	Style    template.CSS
	Title    string
	Drawings []drawing
	Busy     []drawing // courses of models
	Held     []drawing // answers beside their nulls
	Answers  []answer
	Asked    string // how many of them go beyond their nulls
	Talk     []talk
	Trouble  []trouble
	Columns  []string // metrics of which references tell something
	Groups   []group
	Sources  bool
	Spent    []spent
	StandIn  bool
	Taped    bool // answers came from a cassette
	Labelled bool // who answers at adapters is known
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
		v.Taped = v.Taped || c.Name == "cassette" && c.N > 0
	}
	for i := range d.Models {
		v.Labelled = v.Labelled || d.Models[i].Label != ""
	}
	var err error
	if v.Drawings, err = drawings(d.Plots, "plot"); err != nil {
		return err
	}
	if v.Busy, err = drawings(d.Courses, "course"); err != nil {
		return err
	}
	if v.Held, err = drawings(d.Held, "held"); err != nil {
		return err
	}
	v.Answers, v.Asked = answerRows(d.Emergence), asked(d.Emergence)
	return page.Execute(w, v)
}

// WriteJSON writes the document as data.
func WriteJSON(w io.Writer, d *Document) error { return writeData(w, d) }

func writeData(w io.Writer, d any) error {
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// drawings draws every panel.
func drawings(plots []Plot, id string) ([]drawing, error) {
	var all []drawing
	for i := range plots {
		p := &plots[i]
		one := drawing{Plot: *p, ID: fmt.Sprintf("%s-%d", id, i+1), Several: len(p.Panels) > 1 || p.Kind == "bars" || p.Kind == "held", Full: len(p.Panels) > 6 || p.Kind == "held"}
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
	if h := panel.Held; h != nil {
		parts = append(parts, h.describe())
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

// parts are a command and its flags with what follows them: lines break between, not within.
func parts(command string) []string {
	all := strings.Split(command, " --")
	for i := 1; i < len(all); i++ {
		all[i] = "--" + all[i]
	}
	return all
}

// longName is how many letters of a name the page shows.
const longName = 60

// name is a short text on one line.
func name(text string) string {
	return printable(text, longName)
}

// clean is a text without characters that one cannot see or that turn the direction of writing, but for line breaks.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// spoken is what was said, without control characters but for line breaks. Characters that turn the direction of writing
// are kept, as they belong to some languages: the page isolates each text, so that they end with it.
func spoken(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || !unicode.IsControl(r) {
			return r
		}
		return '·'
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
