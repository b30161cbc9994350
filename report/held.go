package report

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Heights in the picture of a number beside its null, from 0 to 1.
const (
	boxLow, boxHigh = 0.12, 0.66
	numberAt        = 0.39
	nullAt          = 0.86 // its name
)

// held draws the null's band as a hatched box, the number as a point on the line of its interval, and runs as strokes below.
func (g *graph) held(h *Held) {
	x := h.span().around()
	g.axes(x, scale{0, 1})
	g.plot.Y.Tick.Marker = nothing{}
	if box, err := plotter.NewPolygon(plotter.XYs{{X: h.Low, Y: boxLow}, {X: h.High, Y: boxLow}, {X: h.High, Y: boxHigh}, {X: h.Low, Y: boxHigh}}); err == nil {
		box.Color, box.LineStyle = shade, draw.LineStyle{Color: faint, Width: 0.8}
		g.plot.Add(box)
	}
	const hatches = 9
	for i := 1; i < hatches && h.High > h.Low; i++ {
		at := h.Low + (h.High-h.Low)*float64(i)/hatches
		g.stroke(at, at, boxLow, boxHigh, draw.LineStyle{Color: faint, Width: 0.5})
	}
	g.stroke(h.Mean, h.Mean, boxLow-0.06, boxHigh+0.06, draw.LineStyle{Color: ink, Width: 1, Dashes: []vg.Length{2, 2}})
	g.beside("null", h.Mean, nullAt, x, ink)
	for _, run := range h.Runs {
		g.stroke(run, run, 0, 0.09, draw.LineStyle{Color: first, Width: 0.8})
	}
	if i := h.Interval; i != nil {
		line := draw.LineStyle{Color: first, Width: 1.8}
		g.stroke(i[0], i[1], numberAt, numberAt, line)
		g.stroke(i[0], i[0], numberAt-0.09, numberAt+0.09, line)
		g.stroke(i[1], i[1], numberAt-0.09, numberAt+0.09, line)
	}
	if dot, err := plotter.NewScatter(plotter.XYs{{X: h.Value, Y: numberAt}}); err == nil {
		dot.GlyphStyle = draw.GlyphStyle{Color: first, Radius: 3.6, Shape: draw.CircleGlyph{}}
		g.plot.Add(dot)
	}
}

// stroke draws a straight line.
func (g *graph) stroke(x0, x1, y0, y1 float64, style draw.LineStyle) {
	if line, err := plotter.NewLine(plotter.XYs{{X: x0, Y: y0}, {X: x1, Y: y1}}); err == nil {
		line.LineStyle = style
		g.plot.Add(line)
	}
}

// beside writes a word at a point, towards the middle of the picture.
func (g *graph) beside(word string, x, y float64, of scale, c color.Color) {
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: y}}, Labels: []string{label(word)}})
	if err != nil {
		return
	}
	style := g.style(c)
	if x > (of.low+of.high)/2 {
		style.XAlign = draw.XRight
	}
	labels.TextStyle = []text.Style{style}
	g.plot.Add(labels)
}

// describe says the picture in words.
func (h *Held) describe() string {
	text := "The number is " + short(h.Value)
	if h.Interval != nil {
		text += fmt.Sprintf(", with an interval from %s to %s", short(h.Interval[0]), short(h.Interval[1]))
	}
	text += fmt.Sprintf("; under the null it is %s on average, and between %s and %s.", short(h.Mean), short(h.Low), short(h.High))
	if n := len(h.Runs); n > 0 {
		text += fmt.Sprintf(" The numbers of %s are marked.", plural(n, "run"))
	}
	return text
}
