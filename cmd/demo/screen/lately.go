package screen

import (
	"fmt"
	"strings"
)

// Sizes of the curve of the gauge.
const (
	maxBars  = 36 // rounds, at most
	maxCurve = 10 // lines, with that of the rounds
	axis     = 6  // columns of the scale
)

// lately shows the gauge over time, where there is room, and what happened.
func (v view) lately(p *picture, n int) (lines []string) {
	if n < 1 {
		return nil
	}
	curve := v.curve(p, n)
	width, indent := v.columns, 0
	if len(curve) > 0 {
		indent = v.measure(curve[0]) + 2
		width -= indent
	}
	told := v.told(p, n, width)
	for i := range n {
		line := ""
		if indent > 0 {
			line = strings.Repeat(" ", indent)
			if i < len(curve) {
				style := water
				if i == len(curve)-1 {
					style = faint
				}
				line = style.Render(curve[i]) + "  "
			}
		}
		if i < len(told) {
			line += told[i]
		}
		lines = append(lines, line)
	}
	return lines
}

// curve draws the gauge round by round, in lines of one width; nil where there is no room.
func (v view) curve(p *picture, n int) (lines []string) {
	if n < 4 || v.columns < 80 || len(p.history) == 0 || p.gauge.Full <= 0 {
		return nil
	}
	slots := min(max(p.rounds, len(p.history)), maxBars)
	if p.rounds == 0 {
		slots = maxBars
	}
	cell := 1
	for cell < 3 && slots*(cell+1) <= maxBars {
		cell++
	}
	history := p.history[max(len(p.history)-slots, 0):]
	height := min(n, maxCurve) - 1
	for i := range height {
		var b strings.Builder
		switch i {
		case 0:
			b.WriteString(v.right(number(p.gauge.Full), axis-1) + " ")
		case height - 1:
			b.WriteString(v.right("0", axis-1) + " ")
		default:
			b.WriteString(strings.Repeat(" ", axis))
		}
		for j := range slots {
			c := " "
			if j < len(history) {
				c = column(share(history[j], p.gauge.Full)*float64(height) - float64(height-1-i))
			}
			b.WriteString(strings.Repeat(c, max(cell-1, 1)) + strings.Repeat(" ", min(cell-1, 1)))
		}
		lines = append(lines, b.String())
	}
	began := p.round - len(history) + 1
	text := fmt.Sprintf("%s, %s %d to %d", p.gauge.Name, p.period, began, p.round)
	return append(lines, v.fit(strings.Repeat(" ", axis)+text, axis+slots*cell))
}

// column is a cell of a bar that reaches so many cells above its foot.
func column(height float64) string {
	switch {
	case height <= 0.0625:
		return " "
	case height >= 1:
		return "█"
	}
	return string(bars[min(int(height*8), 7)])
}

// maxWrapped is how many lines an entry may take.
const maxWrapped = 3

// told are the newest of the news that fit, the newest at the bottom.
func (v view) told(p *picture, n, width int) (lines []string) {
	if p.round == 0 && len(p.news) == 0 {
		return []string{faint.Render(v.cut(fmt.Sprintf(" the first %s is under way", p.period), width))}
	}
	digits := len(fmt.Sprint(max(p.round+1, p.rounds)))
	for i := len(p.news) - 1; i >= 0 && len(lines) < n; i-- {
		lines = append(v.entry(p.news[i], digits, width), lines...)
	}
	return lines[max(len(lines)-n, 0):]
}

// entry writes one of the news, in as many lines as it takes.
func (v view) entry(e entry, digits, width int) (lines []string) {
	indent := digits + 4 // the round, and the sign
	text, names := e.what, e.names()
	if e.kind == quote {
		text = "“" + text + "”"
	}
	if names != "" {
		text = names + " " + text
	}
	if width < indent+16 {
		return []string{v.cut(" "+signs[e.kind]+" "+text, width)}
	}
	wrapped := strings.Split(v.width.Wrap(text, width-indent, " "), "\n")
	if len(wrapped) > maxWrapped {
		wrapped = wrapped[:maxWrapped]
		wrapped[maxWrapped-1] = v.cut(wrapped[maxWrapped-1]+" …", width-indent)
	}
	for i, line := range wrapped {
		if rest, ok := strings.CutPrefix(line, names); ok && i == 0 && names != "" {
			line = bold.Render(names) + rest
		}
		head := strings.Repeat(" ", indent)
		if i == 0 {
			head = faint.Render(fmt.Sprintf(" %*d ", digits, e.round)) + e.kind.style().Render(signs[e.kind]) + " "
		}
		lines = append(lines, head+v.cut(line, width-indent))
	}
	return lines
}
