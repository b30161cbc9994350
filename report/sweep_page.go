package report

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed sweep.html.tmpl
var sweepText string

var sweepPage = template.Must(template.Must(page.Clone()).New("sweep").Parse(sweepText))

// sweepView is what the template of a sweep's page sees.
type sweepView struct {
	*Sweep
	Style    template.CSS
	Answers  []answer
	Beside   []drawing
	Drawings []drawing
	Lasting  []drawing
	Shown    []Cell
	Left     int // cells that are not shown
}

// WriteSweepHTML writes the report of a sweep as one page that needs no other file and no script.
func WriteSweepHTML(w io.Writer, s *Sweep) error {
	v := sweepView{Sweep: s, Style: template.CSS(pageStyle), Answers: s.rows(), Shown: s.Cells[:min(len(s.Cells), Kept)]}
	v.Left = len(s.Cells) - len(v.Shown)
	for _, of := range []struct {
		into  *[]drawing
		plots []Plot
		id    string
	}{{&v.Beside, s.Held, "held"}, {&v.Drawings, s.Curves, "curve"}, {&v.Lasting, s.Survival, "lasting"}} {
		all, err := drawings(of.plots, of.id)
		if err != nil {
			return err
		}
		*of.into = all
	}
	return sweepPage.Execute(w, v)
}
