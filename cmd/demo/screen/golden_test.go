package screen

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/polis-agents/polis/environment"
)

// drawn is a board as it stands on a terminal of some size, colours left out: they say nothing that is not said by a
// sign or a word too.
func drawn(b *board, columns, lines int, change func(*ui, *picture)) []string {
	u := newUI()
	u.columns, u.lines = columns, lines
	p := b.picture(0, lines)
	p.keys = true
	if change != nil {
		change(&u, &p)
	}
	u = u.show(p)
	out := u.draw(&u.picture)
	for i := range out {
		out[i] = ansi.Strip(out[i])
	}
	return out
}

// The screen is a function of what has happened and of the size of the terminal.
func TestGolden(t *testing.T) {
	type size struct{ columns, lines int }
	all := []size{{110, 30}, {80, 24}, {60, 16}, {40, 10}, {20, 5}, {7, 2}}
	for _, c := range []struct {
		name   string
		board  *board
		change func(*ui, *picture)
		sizes  []size
	}{
		{"lived", lived().board, nil, all},
		{"before", newVillage(12, "John covenant", "Kate greedy").board, nil, []size{{90, 16}}},
		{"collapsed", collapsed().board, nil, []size{{90, 16}, {40, 8}}},
		{"crowd", crowd(300).board, nil, []size{{100, 20}, {40, 10}}},
		{"general", general(), nil, []size{{80, 16}}},
		{"tournament", dilemma(false), nil, []size{{80, 16}}},
		{"group", dilemma(true), nil, []size{{80, 16}}},
		{"help", lived().board, func(u *ui, _ *picture) { u.help = true }, []size{{100, 26}, {40, 10}}},
		{"question", lived().board, ask, []size{{100, 26}, {60, 12}, {40, 6}, {30, 3}}},
		{"no-keyboard", lived().board, func(_ *ui, p *picture) { p.keys, p.paused, p.still = false, true, true }, []size{{80, 12}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			for _, s := range c.sizes {
				fmt.Fprintf(&b, "-- %d x %d --\n", s.columns, s.lines)
				for _, line := range drawn(c.board, s.columns, s.lines, c.change) {
					b.WriteString(strings.TrimRight(line, " ") + "\n")
				}
			}
			golden(t, filepath.Join("testdata", c.name+".txt"), b.String())
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is drawn (-update writes it anew):\n%s", path, got)
	}
}

func ask(u *ui, p *picture) {
	p.question = &asked{lines: cleanLines("Kate, round 3, harvest\n  stock: 100\n  share: 10\n  John: propose cap 6\n  harvest TONS: ask for fish\n  pass\n", 40),
		left: 42 * time.Second, reply: make(chan string, 1)}
	p.rows[1].asked = true
}

func collapsed() *village {
	v := newVillage(12, "John greedy", "Kate greedy")
	v.month(1, 100, 30, 30)
	v.month(2, 80, 40, 40)
	return v
}

// general is a society of which nothing is known beforehand.
// dilemma is three turns of a tournament, or of a group, as scenarios/dilemma shows them.
func dilemma(group bool) *board {
	b := newBoard(Plan{Name: "dilemma", Look: Looks["dilemma"], Rounds: 200, Seed: 1, Agents: []Agent{{Name: "AllD", Mind: "AllD"}, {Name: "TFT", Mind: "TFT"}}})
	for i := 1.0; i <= 3; i++ {
		world := []environment.Variable{{Name: "cooperation", Value: .5 / i}, {Name: "mutual", Value: .25 / i}}
		one, other := []environment.Variable{{Name: "earned", Value: 5 / i}, {Name: "score", Value: 5 + i}}, []environment.Variable{{Name: "earned", Value: i}, {Name: "score", Value: i}}
		if group {
			world = []environment.Variable{{Name: "contribution", Value: 5 * i}, {Name: "payoff", Value: 20 + i}, {Name: "points", Value: 3 - i}, {Name: "endowment", Value: 20}}
			one, other = []environment.Variable{{Name: "gave", Value: 2 * i}}, []environment.Variable{{Name: "gave", Value: 8 * i}}
		}
		b.see(environment.RoundEnded{Round: int(i), World: world, Agents: []environment.AgentRow{{Name: "AllD", Variables: one}, {Name: "TFT", Variables: other}}})
	}
	return b
}

func general() *board {
	b := newBoard(Plan{Name: "well", Agents: []Agent{{Name: "ada"}, {Name: "ben", Mind: "steady:2", From: 4}, {Name: "cleo"}}})
	for i := 1; i <= 3; i++ {
		b.see(environment.RoundEnded{Round: i, World: []environment.Variable{{Name: "litres", Value: 60 - 5.5*float64(i)}, {Name: "rain", Value: 5}},
			Agents: []environment.AgentRow{{Name: "ada", Variables: []environment.Variable{{Name: "drawn", Value: 2.25 * float64(i)}}}, {Name: "dora"}}})
	}
	return b
}

// However small or large the terminal: as many lines as it has, none wider, and nothing fails.
func TestEverySize(t *testing.T) {
	for name, b := range map[string]*board{"lived": lived().board, "crowd": crowd(60).board, "general": general(), "nobody": newBoard(Plan{}), "wide": wide()} {
		for _, columns := range []int{1, 2, 3, 5, 9, 20, 40, 44, 56, 60, 72, 80, 84, 100, 130} {
			for _, lines := range []int{1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 50} {
				for _, change := range []func(*ui, *picture){nil, func(u *ui, _ *picture) { u.help = true },
					func(u *ui, p *picture) {
						if len(p.rows) > 1 {
							ask(u, p)
						}
					}} {
					out := drawn(b, columns, lines, change)
					if len(out) != lines {
						t.Fatalf("%s, %d x %d: %d lines", name, columns, lines, len(out))
					}
					for i, line := range out {
						if w := ansi.StringWidthWc(line); w > columns {
							t.Fatalf("%s, %d x %d: line %d is %d wide: %q", name, columns, lines, i+1, w, line)
						}
					}
				}
			}
		}
	}
	if lines := drawn(lived().board, 0, 0, nil); len(lines) > 0 {
		t.Error("something is drawn on no terminal")
	}
}

// wide is a society that writes in wide signs and with combining marks.
func wide() *board {
	v := newVillage(12, "漁師太郎漁師太郎漁師太郎 鮎", "Zoe\u0301 covenant", "👩‍👩‍👧‍👦 greedy")
	v.says(1, "Zoe\u0301", "湖の魚を獲りすぎると、秋までに失ってしまう。みんなで六トンまでにしよう。")
	v.says(1, "👩‍👩‍👧‍👦", "e\u0301e\u0301e\u0301 👩‍👩‍👧‍👦 🎣")
	v.month(1, 100, 6, 6, 20)
	return v.board
}

// Signs of two columns and marks of none are measured as the terminal draws them: what stands right of them is in line.
func TestWideSignsKeepTheColumns(t *testing.T) {
	lines := drawn(wide(), 100, 20, nil)
	at := -1
	for _, line := range lines[2:5] {
		i := strings.IndexAny(line, string(bars))
		if i < 0 {
			t.Fatalf("no sparkline in %q", line)
		}
		if w := ansi.StringWidthWc(line[:i]); at >= 0 && w != at {
			t.Errorf("column %d, want %d: %q", w, at, line)
		} else {
			at = w
		}
	}
}
