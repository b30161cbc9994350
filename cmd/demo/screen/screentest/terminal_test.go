package screentest

import (
	"strings"
	"testing"
)

// What stands on the terminal after some sequences, as ECMA-48 and xterm have them.
func TestTerminal(t *testing.T) {
	for _, c := range []struct{ name, written, want string }{
		{"lines", "ab\r\ncd", "ab|cd||"},
		{"wraps at the end of a line", "abcdefgh", "abcdef|gh||"},
		{"but not before the next sign", "abcdef\rx", "xbcdef|||"},
		{"scrolls", "1\r\n2\r\n3\r\n4\r\n5", "2|3|4|5"},
		{"moves", "\x1b[2;3Hx\x1b[Ay\x1b[1G\x1b[Bz\x1b[4dw", "   y|z x|| w"},
		{"erases a line", "abcdef\x1b[1;3H\x1b[K\r\nabcdef\x1b[2;3H\x1b[1K", "ab|   def||"},
		{"erases the screen", "ab\r\ncd\x1b[1;2H\x1b[J", "a|||"},
		{"erases signs", "abcdef\x1b[1;2H\x1b[2X", "a  def|||"},
		{"inserts and deletes", "abcdef\x1b[1;2H\x1b[2@\x1b[1;6H\x1b[P", "a  bc|||"},
		{"lines in and out", "1\r\n2\r\n3\r\n4\x1b[2;1H\x1b[L\x1b[4;1H\x1b[M", "1||2|"},
		{"scrolls a part", "1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[3;1H\n\x1b[r", "1|3||4"},
		{"margins that make no sense", "1\x1b[9;9r\x1b[9r\r\n2", "1|2||"},
		{"backs up at the top", "1\r\n2\x1b[1;1H\x1bM0", "0|1|2|"},
		{"wide signs", "日本\x1b[1;2Hx", " x本|||"},
		{"wide signs wrap", "abcde日", "abcde|日||"},
		{"marks", "e\u0301x", "e\u0301x|||"},
		{"tabs and backs", "a\b\bb\x1b[1;1H\tc", "b    c|||"},
		{"the other screen", "main\x1b[?1049h\x1b[Hother\x1b[?1049l", "main|||"},
	} {
		term := New(6, 4)
		for i := range len(c.written) { // byte by byte: nothing may depend on how it is cut
			term.Write([]byte{c.written[i]})
		}
		got := strings.ReplaceAll(strings.TrimSuffix(term.Text(), "\n"), "\n", "|")
		if got != c.want || term.Err() != nil {
			t.Errorf("%s: %q, want %q; %v", c.name, got, c.want, term.Err())
		}
	}
}

// What the screen has no reason to send is an error.
func TestUnexpected(t *testing.T) {
	for _, written := range []string{"\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\", "\a", "\x1bP1$r\x1b\\", "\x1bc", "\x1b[5n", "\x1b[!p", "a\u202e", "\x1b[3b"} {
		term := New(20, 4)
		term.Write([]byte(written))
		if term.Err() == nil {
			t.Errorf("%q is taken", written)
		}
	}
}

func TestRestored(t *testing.T) {
	term := New(20, 4)
	for _, c := range []struct{ on, off, names string }{
		{"\x1b[?1049h", "\x1b[?1049l", "mode 1049"}, {"\x1b[?25l", "\x1b[?25h", "mode 25"}, {"\x1b[?2004h", "\x1b[?2004l", "mode 2004"},
		{"\x1b[>1u", "\x1b[<1u", "keyboard"}, {"\x1b[>4;2m", "\x1b[>4m", "keyboard"}, {"\x1b[1;31m", "\x1b[m", "style"},
	} {
		term.Write([]byte(c.on))
		if left := term.Restored(); !strings.Contains(left, c.names) {
			t.Errorf("after %q: %q", c.on, left)
		}
		term.Write([]byte(c.off))
		if left := term.Restored(); left != "" || term.Err() != nil {
			t.Errorf("after %q: %q, %v", c.off, left, term.Err())
		}
	}
}

func TestColoursOfTheTerminal(t *testing.T) {
	term := New(10, 1)
	term.Write([]byte("\x1b[1;31ma\x1b[0;38;2;1;2;3mb\x1b[48;5;196mc\x1b[38;5;244;7md\x1b[27;39;49me"))
	want := []Style{{Fore: "#aa0000", Bold: true}, {Fore: "#010203"}, {Fore: "#010203", Back: "#ff0000"}, {Fore: "#808080", Back: "#ff0000", Swaps: true}, {}}
	for i, w := range want {
		if got := term.Cells()[0][i].Style; got != w {
			t.Errorf("%d: %+v, want %+v", i, got, w)
		}
	}
	if page := term.HTML(true); !strings.Contains(page, "color:#010203;") || !strings.Contains(page, "color:#ff0000;background:#808080;") {
		t.Errorf("%s", page)
	}
}
