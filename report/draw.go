package report

import (
	"bytes"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Sizes of panels in points. They are small so that their text can still be read when a phone makes them smaller.
const (
	wide, high           = vg.Length(400), vg.Length(236) // a panel alone
	smallWide, smallHigh = vg.Length(196), vg.Length(112) // one of several
	letters              = vg.Length(10.5)
	smallLabel           = 12 // letters of a curve's name in a small panel
)

// Inks stand for the colours of the page: svg.go puts the page's own in their place, for light, dark and print.
var (
	ink    = color.NRGBA{R: 1, A: 255} // text, first curve's points
	faint  = color.NRGBA{R: 2, A: 255} // axes
	grid   = color.NRGBA{R: 3, A: 255} // level lines behind
	first  = color.NRGBA{R: 4, A: 255} // curves
	second = color.NRGBA{R: 5, A: 255} //
	third  = color.NRGBA{R: 6, A: 255} //
	shade  = color.NRGBA{R: 7, A: 255} // bands
	pens   = []color.Color{first, second, third}
	dashes = [][]vg.Length{nil, {5, 3}, {1.5, 2.5}, {8, 3, 1.5, 3}} // so that they differ without colour too
)

var typeface = font.Font{Typeface: "Liberation", Variant: "Sans"}

// drawPanel draws a panel of a plot as an SVG document.
func drawPanel(p *Plot, panel *Panel) ([]byte, error) {
	g := newGraph(p.Kind == "bars" || p.Kind == "held" || len(p.Panels) > 1)
	g.rounds, g.counts = p.Kind != "bars" && p.Kind != "held" && p.Kind != "curves", p.Kind == "bars"
	x, y := scales(p)
	switch p.Kind {
	case "bars":
		g.bars(panel)
	case "held":
		g.held(panel.Held)
	case "columns":
		y.take(0)
		g.axes(scale{x.low - 0.5, x.high + 0.5}, y.settled(0.06))
		g.columns(&panel.Lines[0])
	case "steps":
		g.axes(scale{0, max(x.high, 1)}, scale{0, 1.02})
		g.steps(panel)
	default:
		g.axes(x.settledX(), y.settled(0.06))
		g.lines(panel, y.settled(0.06))
	}
	var svg bytes.Buffer
	canvas := vgsvg.New(g.w, g.h)
	g.plot.Draw(draw.Crop(draw.New(canvas), 0, -2, 0, -letters/2)) // the topmost label is half above its line
	_, err := canvas.WriteTo(&svg)
	return svg.Bytes(), err
}

// graph is one panel being drawn.
type graph struct {
	plot *plot.Plot
	w, h vg.Length
	tiny bool

	rounds, counts bool // x, and y, are whole numbers
}

func newGraph(tiny bool) *graph {
	g := &graph{plot: plot.New(), w: wide, h: high, tiny: tiny}
	if tiny {
		g.w, g.h = smallWide, smallHigh
	}
	g.plot.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&g.plot.X, &g.plot.Y} {
		axis.LineStyle = draw.LineStyle{Color: faint, Width: 0.6}
		axis.Tick.LineStyle = draw.LineStyle{Color: faint, Width: 0.6}
		axis.Tick.Length = 3
		axis.Padding = 0
		axis.Tick.Label.Font = font.From(typeface, letters)
		axis.Tick.Label.Color = ink
		axis.Tick.Label.Handler = g.plot.TextHandler
	}
	g.plot.Y.LineStyle.Width, g.plot.Y.Tick.Length = 0, 0 // the grid is enough
	return g
}

// axes sets the ranges, the ticks and the grid.
func (g *graph) axes(x, y scale) {
	nx, ny := 7, 5
	if g.tiny {
		nx, ny = 4, 3
	}
	g.plot.X.Min, g.plot.X.Max = x.low, x.high
	g.plot.Y.Min, g.plot.Y.Max = y.low, y.high
	g.plot.X.Tick.Marker = plot.ConstantTicks(ticks(x, nx, g.rounds))
	g.plot.Y.Tick.Marker = plot.ConstantTicks(ticks(y, ny, g.counts))
	lines := plotter.NewGrid()
	lines.Vertical.Color = nil
	lines.Horizontal = draw.LineStyle{Color: grid, Width: 0.6}
	g.plot.Add(lines)
}

// style is a text's.
func (g *graph) style(c color.Color) text.Style {
	return text.Style{Color: c, Font: font.From(typeface, letters), Handler: g.plot.TextHandler, YAlign: draw.YCenter}
}

// lines draws curves with their bands, level lines, and each curve's name at its end.
func (g *graph) lines(panel *Panel, y scale) {
	right := math.Inf(-1)
	for i := range panel.Lines {
		g.band(&panel.Lines[i])
		right = max(right, slices.Max(panel.Lines[i].X))
	}
	for _, limit := range panel.Limits {
		g.level(limit)
	}
	var marks []mark
	for i := len(panel.Lines) - 1; i >= 0; i-- {
		l := &panel.Lines[i]
		g.curve(l, i)
		if l.Name != "" {
			marks = append(marks, mark{l.Name, l.Y[len(l.Y)-1], i})
		}
	}
	if len(panel.Lines) > 1 {
		g.names(marks, right, y)
	}
}

// xys are the points of a curve.
func xys(x, y []float64) plotter.XYs {
	points := make(plotter.XYs, min(len(x), len(y)))
	for i := range points {
		points[i].X, points[i].Y = x[i], y[i]
	}
	return points
}

// band draws the spread around a curve, where there is one.
func (g *graph) band(l *Line) {
	if len(l.Low) != len(l.X) || len(l.High) != len(l.X) {
		return
	}
	for from := 0; from < len(l.X); {
		to := from
		for to < len(l.X) && (len(l.N) != len(l.X) || l.N[to] > 1) { // a single number has no spread
			to++
		}
		around := xys(l.X[from:to], l.High[from:to])
		for i := to - 1; i >= from; i-- {
			around = append(around, plotter.XY{X: l.X[i], Y: l.Low[i]})
		}
		if band, err := plotter.NewPolygon(around); err == nil && to > from+1 {
			band.Color, band.LineStyle.Width = shade, 0
			g.plot.Add(band)
		}
		from = to + 1
	}
}

// curve draws a line and, while there are few, its points.
func (g *graph) curve(l *Line, pen int) {
	points := xys(l.X, l.Y)
	c := pens[pen%len(pens)]
	if line, err := plotter.NewLine(points); err == nil && len(points) > 1 {
		line.LineStyle = draw.LineStyle{Color: c, Width: 1.6, Dashes: dashes[pen%len(dashes)]}
		g.plot.Add(line)
	}
	if len(points) > 40 || g.tiny && len(points) > 1 {
		return
	}
	if dots, err := plotter.NewScatter(points); err == nil {
		shapes := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}}
		dots.GlyphStyle = draw.GlyphStyle{Color: c, Radius: 2.4, Shape: shapes[pen%len(shapes)]}
		g.plot.Add(dots)
	}
}

// level draws a line across, with its name above its left end.
func (g *graph) level(limit Limit) {
	across := plotter.XYs{{X: g.plot.X.Min, Y: limit.At}, {X: g.plot.X.Max, Y: limit.At}}
	if line, err := plotter.NewLine(across); err == nil {
		line.LineStyle = draw.LineStyle{Color: ink, Width: 0.8, Dashes: []vg.Length{2, 2}}
		g.plot.Add(line)
	}
	g.label(limit.Name, g.plot.X.Min, limit.At, vg.Point{X: 2, Y: 7}, ink)
}

// label writes a text at a point.
func (g *graph) label(name string, x, y float64, offset vg.Point, c color.Color) {
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: y}}, Labels: []string{label(name)}})
	if err == nil {
		labels.TextStyle, labels.Offset = []text.Style{g.style(c)}, offset
		g.plot.Add(labels)
	}
}

// mark is a curve's name and where the curve ends.
type mark struct {
	name string
	at   float64
	pen  int
}

// names writes the curves' names at their ends, apart from each other.
func (g *graph) names(marks []mark, x float64, y scale) {
	apart := (y.high - y.low) * float64(letters+1.5) / float64(g.h-30)
	slices.SortFunc(marks, func(a, b mark) int {
		if a.at != b.at {
			return cmpFloat(a.at, b.at)
		}
		return b.pen - a.pen
	})
	for i := 1; i < len(marks); i++ {
		marks[i].at = max(marks[i].at, marks[i-1].at+apart)
	}
	top := y.high
	for i := len(marks) - 1; i >= 0; i-- {
		marks[i].at = min(marks[i].at, top)
		top = marks[i].at - apart
	}
	for _, m := range marks {
		if letters := []rune(label(m.name)); g.tiny && len(letters) > smallLabel {
			m.name = string(letters[:smallLabel-1]) + "…" // a longer one would leave no room for the curves
		}
		g.label(m.name, x, m.at, vg.Point{X: 6}, pens[m.pen%len(pens)])
	}
}

func cmpFloat(a, b float64) int {
	if a < b {
		return -1
	}
	return 1
}

// columns draws a bar for each round.
func (g *graph) columns(l *Line) {
	for i := range l.X {
		g.box(l.X[i]-0.36, l.X[i]+0.36, 0, l.Y[i])
	}
}

func (g *graph) box(x0, x1, y0, y1 float64) {
	box, err := plotter.NewPolygon(plotter.XYs{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
	if err == nil {
		box.Color, box.LineStyle.Width = first, 0
		g.plot.Add(box)
	}
}

// steps draws a curve that changes at its points only.
func (g *graph) steps(panel *Panel) {
	var marks []mark
	right := 0.0
	for i := range panel.Lines {
		l := &panel.Lines[i]
		if line, err := plotter.NewLine(xys(l.X, l.Y)); err == nil {
			line.StepStyle, line.LineStyle = plotter.PostStep, draw.LineStyle{Color: pens[i%len(pens)], Width: 1.8, Dashes: dashes[i%len(dashes)]}
			g.plot.Add(line)
		}
		marks, right = append(marks, mark{l.Name, l.Y[len(l.Y)-1], i}), max(right, l.X[len(l.X)-1])
	}
	if len(marks) > 1 {
		g.names(marks, right, scale{0, 1.02})
	}
}

// bars draws how often which value was; each panel has its own axes.
func (g *graph) bars(panel *Panel) {
	x, most := emptyScale(), 1
	for _, b := range panel.Bars {
		x.take(b.Low)
		x.take(b.High)
		most = max(most, b.N)
	}
	half := 0.0 // of the width of a bar that stands for one value
	if len(panel.Bars) > 0 && panel.Bars[0].Low == panel.Bars[0].High {
		half = 0.4
		if x.low == x.high {
			half = 0.1 * max(1, math.Abs(x.low)*1e-6)
		}
	}
	x = scale{x.low - 1.5*half, x.high + 1.5*half}
	if len(panel.Bars) == 1 {
		x = scale{x.low - 4*half, x.high + 4*half}
	}
	g.axes(x, scale{0, 1.06 * float64(most)})
	for _, b := range panel.Bars {
		g.box(b.Low-half, b.High+half, 0, float64(b.N))
	}
}
