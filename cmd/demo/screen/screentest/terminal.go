package screentest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// Cell is one place on a terminal.
type Cell struct {
	Text  string // one sign, with its combining marks; "": the right half of a wide one
	Style Style
}

// Terminal is what stands on a terminal. Its methods are safe from any goroutine.
type Terminal struct {
	mu      sync.Mutex
	columns int
	lines   [][]Cell
	x, y    int
	wraps   bool // the next sign goes to the next line
	top     int  // of what scrolls
	bottom  int  // of what scrolls, included
	style   Style
	modes   map[int]bool
	kitty   int // entries on the stack of keyboard modes
	keys    int // level of modifyOtherKeys
	main    [][]Cell
	parser  *ansi.Parser
	rest    []byte
	err     error
}

// New makes an empty terminal.
func New(columns, lines int) *Terminal {
	p := ansi.NewParser()
	p.SetDataSize(1 << 16)
	p.SetParamsSize(32)
	t := &Terminal{parser: p, modes: map[int]bool{25: true, 7: true}}
	t.size(columns, lines)
	return t
}

// Resize makes it as large as said; what does not fit is lost.
func (t *Terminal) Resize(columns, lines int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.size(columns, lines)
}

func (t *Terminal) size(columns, lines int) {
	old := t.lines
	t.columns, t.lines = columns, grid(columns, lines)
	for i := range min(len(old), lines) {
		copy(t.lines[i], old[i])
	}
	t.top, t.bottom, t.wraps = 0, lines-1, false
	t.x, t.y = min(t.x, columns-1), min(t.y, lines-1)
}

func grid(columns, lines int) [][]Cell {
	g := make([][]Cell, lines)
	for i := range g {
		g[i] = make([]Cell, columns)
		for j := range g[i] {
			g[i][j].Text = " "
		}
	}
	return g
}

// Err is the first sequence that the terminal did not expect; nil: there was none.
func (t *Terminal) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// Mode says whether a private mode is set, such as 1049, the alternate screen.
func (t *Terminal) Mode(n int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.modes[n]
}

// Restored names what a program has not put back; "": nothing.
func (t *Terminal) Restored() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var left []string
	for mode, usual := range map[int]bool{25: true, 7: true, 1049: false, 2004: false, 1000: false, 1002: false, 1003: false, 1006: false, 2026: false} {
		if t.modes[mode] != usual {
			left = append(left, fmt.Sprintf("mode %d is %v", mode, t.modes[mode]))
		}
	}
	if t.kitty != 0 || t.keys != 0 {
		left = append(left, fmt.Sprintf("keyboard modes: %d, %d", t.kitty, t.keys))
	}
	if t.style != (Style{}) {
		left = append(left, fmt.Sprintf("style %+v", t.style))
	}
	slices.Sort(left)
	return strings.Join(left, ", ")
}

// Text is what stands there, one line each, without blanks at the ends.
func (t *Terminal) Text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, line := range t.lines {
		var text strings.Builder
		for _, c := range line {
			text.WriteString(c.Text)
		}
		b.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
	return b.String()
}

// Cells is a copy of what stands there.
func (t *Terminal) Cells() [][]Cell {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([][]Cell, len(t.lines))
	for i := range out {
		out[i] = slices.Clone(t.lines[i])
	}
	return out
}

// Write takes what a program writes. It does not fail; see Err.
func (t *Terminal) Write(data []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest = append(t.rest, data...)
	for len(t.rest) > 0 {
		seq, width, n, state := ansi.WcWidth.DecodeSequence(t.rest, ansi.NormalState, t.parser)
		if state != ansi.NormalState || n == 0 || !complete(t.rest) {
			break // the rest of it has not come yet
		}
		t.take(string(seq), width)
		t.rest = t.rest[n:]
	}
	return len(data), nil
}

// complete says whether the first sign is there with all its bytes.
func complete(data []byte) bool {
	if data[0] < 0xc0 {
		return true
	}
	need := 2
	if data[0] >= 0xe0 {
		need = 3
	}
	if data[0] >= 0xf0 {
		need = 4
	}
	return len(data) >= need
}

func (t *Terminal) take(seq string, width int) {
	switch {
	case len(seq) > 1 && seq[0] == '\x1b':
		t.escape(seq)
	case len(seq) == 1 && seq[0] < ' ':
		t.control(seq[0])
	case width == 0:
		t.join(seq)
	default:
		t.put(seq, width)
	}
}

// join adds a combining mark to the sign before.
func (t *Terminal) join(mark string) {
	x := t.x - 1
	if t.wraps {
		x = t.x
	}
	for x > 0 && t.lines[t.y][x].Text == "" {
		x--
	}
	if r := []rune(mark)[0]; x < 0 || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
		t.unexpected(mark)
		return
	}
	t.lines[t.y][x].Text += mark
}

func (t *Terminal) put(sign string, width int) {
	if t.wraps || t.x+width > t.columns {
		t.x, t.wraps = 0, false
		t.down()
	}
	if width > t.columns {
		return
	}
	line := t.lines[t.y]
	for i := range width { // half of what was wide is blank
		t.part(line, t.x+i)
	}
	line[t.x] = Cell{sign, t.style}
	for i := 1; i < width; i++ {
		line[t.x+i] = Cell{"", t.style}
	}
	if t.x += width; t.x >= t.columns {
		t.x, t.wraps = t.columns-1, true
	}
}

// part blanks the other half of a wide sign that is written over.
func (t *Terminal) part(line []Cell, x int) {
	if line[x].Text == "" && x > 0 {
		line[x-1].Text = " "
	}
	if x+1 < len(line) && line[x+1].Text == "" && line[x].Text != "" {
		line[x+1].Text = " "
	}
}

func (t *Terminal) control(c byte) {
	t.wraps = t.wraps && c != '\r' && c != '\b'
	switch c {
	case '\r':
		t.x = 0
	case '\n':
		t.down()
	case '\b':
		t.x = max(t.x-1, 0)
	case '\t':
		t.x = min((t.x/8+1)*8, t.columns-1)
	default:
		t.unexpected(string(c))
	}
}

func (t *Terminal) down() {
	if t.y == t.bottom {
		t.scroll(t.top, 1)
	} else {
		t.y = min(t.y+1, len(t.lines)-1)
	}
}

// scroll moves the lines from one on, to the bottom of what scrolls, up by n, or down when n is below 0.
func (t *Terminal) scroll(from, n int) {
	if from > t.bottom {
		return
	}
	for range max(n, -n) {
		blank := t.blank()
		if n > 0 {
			copy(t.lines[from:t.bottom+1], t.lines[from+1:t.bottom+1])
			t.lines[t.bottom] = blank
		} else {
			copy(t.lines[from+1:t.bottom+1], t.lines[from:t.bottom])
			t.lines[from] = blank
		}
	}
}

func (t *Terminal) blank() []Cell { return grid(t.columns, 1)[0] }

func (t *Terminal) unexpected(seq string) {
	if t.err == nil {
		t.err = fmt.Errorf("screentest: unexpected %q at line %d, column %d", seq, t.y+1, t.x+1)
	}
}
