package screen

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// The colours are of middle lightness, to be read on a dark background and on a light one. None of them says anything
// that is not also said by a sign or a word.
var (
	plain  = lipgloss.NewStyle()
	bold   = lipgloss.NewStyle().Bold(true)
	faint  = lipgloss.NewStyle().Foreground(lipgloss.Color("#808080"))
	water  = lipgloss.NewStyle().Foreground(lipgloss.Color("#268bd2"))
	good   = lipgloss.NewStyle().Foreground(lipgloss.Color("#5f8700"))
	warn   = lipgloss.NewStyle().Foreground(lipgloss.Color("#b58900"))
	bad    = lipgloss.NewStyle().Foreground(lipgloss.Color("#dc322f"))
	accent = lipgloss.NewStyle().Foreground(lipgloss.Color("#2aa198"))
	banner = lipgloss.NewStyle().Reverse(true).Bold(true)
)

// pen writes texts into columns, as wide as the terminal takes them to be.
type pen struct{ width ansi.Method }

func (p pen) measure(text string) int { return p.width.StringWidth(text) }

// cut shortens a text to at most so many columns.
func (p pen) cut(text string, columns int) string {
	if columns <= 0 {
		return ""
	}
	text = p.width.Truncate(text, columns, "…")
	if p.measure(text) > columns { // a sign of several signs is wider than all there is
		return ""
	}
	return text
}

// fit makes a text exactly so wide.
func (p pen) fit(text string, columns int) string {
	text = p.cut(text, columns)
	return text + strings.Repeat(" ", max(columns-p.measure(text), 0))
}

// right makes a text exactly so wide, and sets it to the right.
func (p pen) right(text string, columns int) string {
	text = p.cut(text, columns)
	return strings.Repeat(" ", max(columns-p.measure(text), 0)) + text
}

// part is a piece of a line that may be left out when there is no room.
type part struct {
	text  string
	style lipgloss.Style
	rank  int // 0 goes last
}

// line writes parts with gaps of some columns, on the left and on the right of a line that is exactly so wide. Parts
// that do not fit are left out, those of the highest rank first; the last one is cut.
func (p pen) line(width, gap int, left, right []part) string {
	for {
		taken, last, worst := 0, 0, -1
		for i, a := range append(left[:len(left):len(left)], right...) {
			if a.text == "" {
				continue
			}
			if taken > 0 {
				taken += gap
			}
			taken += p.measure(a.text)
			last++
			if worst < 0 || a.rank >= rankAt(left, right, worst) {
				worst = i
			}
		}
		if taken <= width || last <= 1 {
			break
		}
		if worst < len(left) {
			left = without(left, worst)
		} else {
			right = without(right, worst-len(left))
		}
	}
	start, end := p.join(gap, left), p.join(gap, right)
	space := width - p.measure(ansi.Strip(start)) - p.measure(ansi.Strip(end))
	if space < 0 {
		return p.cut(start+end, width)
	}
	return start + strings.Repeat(" ", space) + end
}

func rankAt(left, right []part, i int) int {
	if i < len(left) {
		return left[i].rank
	}
	return right[i-len(left)].rank
}

func without(parts []part, i int) []part {
	out := append([]part(nil), parts...)
	out[i].text = ""
	return out
}

func (p pen) join(gap int, parts []part) string {
	var b strings.Builder
	for _, a := range parts {
		if a.text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(strings.Repeat(" ", gap))
		}
		b.WriteString(a.style.Render(a.text))
	}
	return b.String()
}

// bars are eighths of a cell, from below.
var bars = []rune("▁▂▃▄▅▆▇█")

// share is which part one number is of another, from 0 to 1; 0 where that makes no sense.
func share(part, whole float64) float64 {
	if x := part / whole; x > 0 && whole > 0 { // not so of a NaN
		return min(x, 1)
	}
	return 0
}

// sparkline draws values from 0 to top, one cell each; those below 0 as 0.
func sparkline(values []float64, top float64) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteRune(bars[int(share(v, top)*float64(len(bars)-2))]) // a full one would touch that of the line above
	}
	return b.String()
}

// gaugeBar draws how full something is: what is left, what was taken from it, and what could be there.
func gaugeBar(g Gauge, columns int) string {
	if g.Full <= 0 || columns <= 0 {
		return strings.Repeat("░", max(columns, 0))
	}
	cells := func(v float64) int {
		return min(int(share(v, g.Full)*float64(columns)+0.999), columns) // a fish is a cell
	}
	full, left := cells(g.Value), cells(min(g.Left, g.Value))
	return strings.Repeat("█", left) + strings.Repeat("▒", full-left) + strings.Repeat("░", columns-full)
}
