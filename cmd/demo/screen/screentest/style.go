package screentest

import (
	"fmt"
	"html"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Style is how a sign looks. Colours are as in CSS, "": the terminal's own.
type Style struct {
	Fore, Back                            string
	Bold, Faint, Italic, Underline, Swaps bool
}

// sixteen are the colours of the palette that every terminal has, as most have them.
var sixteen = [16]string{"#000000", "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#aaaaaa",
	"#555555", "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff", "#ffffff"}

// with is the style after a sequence that sets some of it.
func (s Style) with(params ansi.Params) Style {
	if len(params) == 0 {
		return Style{}
	}
	for i := 0; i < len(params); i++ {
		n := params[i].Param(0)
		switch {
		case n == 0:
			s = Style{}
		case n == 1:
			s.Bold = true
		case n == 2:
			s.Faint = true
		case n == 3:
			s.Italic = true
		case n == 4:
			s.Underline = true
		case n == 7:
			s.Swaps = true
		case n == 22:
			s.Bold, s.Faint = false, false
		case n == 23:
			s.Italic = false
		case n == 24:
			s.Underline = false
		case n == 27:
			s.Swaps = false
		case n >= 30 && n <= 37:
			s.Fore = sixteen[n-30]
		case n >= 90 && n <= 97:
			s.Fore = sixteen[n-90+8]
		case n >= 40 && n <= 47:
			s.Back = sixteen[n-40]
		case n == 39:
			s.Fore = ""
		case n == 49:
			s.Back = ""
		case n == 38 || n == 48:
			color, used := colorOf(params[i+1:])
			if i += used; n == 38 {
				s.Fore = color
			} else {
				s.Back = color
			}
		}
	}
	return s
}

// colorOf reads a colour, and how many parameters it took.
func colorOf(p ansi.Params) (color string, used int) {
	at := func(i int) int {
		if i < len(p) {
			return p[i].Param(0)
		}
		return 0
	}
	switch at(0) {
	case 2:
		return fmt.Sprintf("#%02x%02x%02x", at(1), at(2), at(3)), 4
	case 5:
		n := at(1)
		switch {
		case n < 16:
			return sixteen[n], 2
		case n >= 232:
			g := 8 + 10*(n-232)
			return fmt.Sprintf("#%02x%02x%02x", g, g, g), 2
		}
		level := func(i int) int {
			if i == 0 {
				return 0
			}
			return 55 + 40*i
		}
		n -= 16
		return fmt.Sprintf("#%02x%02x%02x", level(n/36), level(n/6%6), level(n%6)), 2
	}
	return "", 1
}

// HTML is a page that looks like the terminal, to be photographed: light text on a dark background, or the other way.
func (t *Terminal) HTML(light bool) string {
	fore, back := "#d0d0d0", "#1c1c1c"
	if light {
		fore, back = "#303030", "#fafafa"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<!doctype html><meta charset="utf-8"><style>body{margin:12px;background:%s;color:%s}
pre{margin:0;font:15px/18px "DejaVu Sans Mono",monospace}</style><pre>`, back, fore)
	for _, line := range t.Cells() {
		for _, c := range line {
			f, k := c.Style.Fore, c.Style.Back
			if c.Style.Swaps {
				if f == "" {
					f = fore
				}
				if k == "" {
					k = back
				}
				f, k = k, f
			}
			css := ""
			if f != "" {
				css += "color:" + f + ";"
			}
			if k != "" {
				css += "background:" + k + ";"
			}
			if c.Style.Bold {
				css += "font-weight:bold;"
			}
			if c.Style.Faint {
				css += "opacity:.6;"
			}
			if c.Text != "" {
				fmt.Fprintf(&b, `<span style="%s">%s</span>`, css, html.EscapeString(c.Text))
			}
		}
		b.WriteString("\n")
	}
	return b.String() + "</pre>"
}
