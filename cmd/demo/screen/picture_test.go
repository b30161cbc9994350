package screen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis/cmd/demo/screen/screentest"
)

// TestPages makes pages of pictures in PICTURES, to be looked at.
func TestPages(t *testing.T) {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		t.Skip("PICTURES names no directory")
	}
	for name, c := range map[string]struct {
		board          *board
		columns, lines int
		change         func(*ui, *picture)
	}{
		"lived": {lived().board, 110, 30, nil}, "question": {lived().board, 100, 28, ask}, "small": {lived().board, 40, 10, nil},
		"help": {lived().board, 80, 24, func(u *ui, _ *picture) { u.help = true }}, "wide": {wide(), 80, 16, nil}, "crowd": {crowd(300).board, 80, 24, nil},
	} {
		term := screentest.New(c.columns, c.lines)
		u := newUI()
		u.columns, u.lines = c.columns, c.lines
		p := c.board.picture(0, c.lines)
		p.keys = true
		if c.change != nil {
			c.change(&u, &p)
		}
		u = u.show(p)
		term.Write([]byte(strings.Join(u.draw(&u.picture), "\r\n")))
		for _, light := range []bool{false, true} {
			page := name + map[bool]string{false: "-dark", true: "-light"}[light] + ".html"
			if err := os.WriteFile(filepath.Join(dir, page), []byte(term.HTML(light)), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if err := term.Err(); err != nil {
			t.Error(name, err)
		}
	}
}
