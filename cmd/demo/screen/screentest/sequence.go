package screentest

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// escape carries out an escape sequence.
func (t *Terminal) escape(seq string) {
	switch {
	case strings.HasPrefix(seq, "\x1b["):
		t.csi(seq)
	case seq == "\x1bM":
		if t.y == t.top {
			t.scroll(t.top, -1)
		} else {
			t.y = max(t.y-1, 0)
		}
	default: // titles, hyperlinks, the clipboard: none of them is the screen's
		t.unexpected(seq)
	}
}

func (t *Terminal) csi(seq string) {
	cmd := ansi.Cmd(t.parser.Command())
	n, _ := t.parser.Param(0, 1)
	if n == 0 {
		n = 1
	}
	switch {
	case cmd.Prefix() == '?' && (cmd.Final() == 'h' || cmd.Final() == 'l'):
		t.mode(cmd.Final() == 'h')
		return
	case cmd.Prefix() == '?' && cmd.Intermediate() == '$' && cmd.Final() == 'p': // is a mode known?
		return
	case cmd.Prefix() == '?' && cmd.Final() == 'W': // tab stops every 8 columns, as they are
		return
	case cmd.Final() == 'u' && (cmd.Prefix() == '>' || cmd.Prefix() == '<' || cmd.Prefix() == '?' || cmd.Prefix() == '='):
		t.keyboard(cmd.Prefix())
		return
	case cmd.Prefix() == '>' && cmd.Final() == 'm':
		t.keys, _ = t.parser.Param(1, 0)
		return
	case cmd.Prefix() != 0 || cmd.Intermediate() != 0:
		t.unexpected(seq)
		return
	case cmd.Final() == 'm':
		t.style = t.style.with(t.parser.Params())
		return
	}
	t.wraps = false
	if !t.move(cmd.Final(), n) && !t.edit(cmd.Final(), n) {
		t.unexpected(seq)
	}
}

// keyboard counts the modes that are pushed and popped.
func (t *Terminal) keyboard(prefix byte) {
	switch prefix {
	case '>':
		t.kitty++
	case '<':
		t.kitty = max(t.kitty-1, 0)
	}
}

// move moves the cursor.
func (t *Terminal) move(final byte, n int) bool {
	switch final {
	case 'A':
		t.y -= n
	case 'B', 'e':
		t.y += n
	case 'C', 'a':
		t.x += n
	case 'D':
		t.x -= n
	case 'G', '`':
		t.x = n - 1
	case 'd':
		t.y = n - 1
	case 'H', 'f':
		column, _ := t.parser.Param(1, 1)
		t.y, t.x = n-1, max(column, 1)-1
	case 'I':
		t.x = (t.x/8 + n) * 8
	case 'Z':
		t.x = max((t.x+7)/8-n, 0) * 8
	default:
		return false
	}
	t.x, t.y = max(min(t.x, t.columns-1), 0), max(min(t.y, len(t.lines)-1), 0)
	return true
}

// edit changes what stands there.
func (t *Terminal) edit(final byte, n int) bool {
	line := t.lines[t.y]
	switch final {
	case 'J', 'K':
		t.erase(final)
	case 'X':
		t.clear(line[t.x:min(t.x+n, t.columns)])
	case '@':
		n = min(n, t.columns-t.x)
		copy(line[t.x+n:], line[t.x:])
		t.clear(line[t.x : t.x+n])
	case 'P':
		n = min(n, t.columns-t.x)
		copy(line[t.x:], line[t.x+n:])
		t.clear(line[t.columns-n:])
	case 'L':
		t.scroll(t.y, -n)
	case 'M':
		t.scroll(t.y, n)
	case 'S':
		t.scroll(t.top, n)
	case 'T':
		t.scroll(t.top, -n)
	case 'r':
		bottom, _ := t.parser.Param(1, len(t.lines))
		if bottom = min(bottom, len(t.lines)); n < bottom { // others are ignored
			t.top, t.bottom, t.x, t.y = n-1, bottom-1, 0, 0
		}
	case 'b':
		return false // it would have to know the sign before
	default:
		return false
	}
	return true
}

// erase erases a line or the screen: 0 from the cursor on, 1 up to it, 2 all.
func (t *Terminal) erase(final byte) {
	n, _ := t.parser.Param(0, 0)
	line := t.lines[t.y]
	switch n {
	case 0:
		t.clear(line[t.x:])
	case 1:
		t.clear(line[:t.x+1])
	default:
		t.clear(line)
	}
	if final == 'K' {
		return
	}
	for i := range t.lines {
		if n >= 2 || n == 0 && i > t.y || n == 1 && i < t.y {
			t.clear(t.lines[i])
		}
	}
}

func (t *Terminal) clear(cells []Cell) {
	for i := range cells {
		cells[i] = Cell{Text: " ", Style: Style{Back: t.style.Back}}
	}
}

// mode sets private modes, or resets them.
func (t *Terminal) mode(on bool) {
	for _, p := range t.parser.Params() {
		n := p.Param(0)
		if n == 1049 && t.modes[n] != on {
			if on {
				t.main, t.lines = t.lines, grid(t.columns, len(t.lines))
			} else if t.main != nil {
				lines := len(t.lines)
				t.lines = t.main
				t.size(t.columns, lines)
			}
		}
		t.modes[n] = on
	}
}
