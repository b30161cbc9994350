package screen

import (
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/polis-agents/polis/environment"
)

func TestGaugeBar(t *testing.T) {
	for _, c := range []struct {
		value, left, full float64
		want              string
	}{
		{100, 100, 100, "██████████"},
		{100, 40, 100, "████▒▒▒▒▒▒"},
		{50, 20, 100, "██▒▒▒░░░░░"},
		{1, 1, 100, "█░░░░░░░░░"}, // a fish is a cell
		{0, 0, 100, "░░░░░░░░░░"},
		{50, 90, 100, "█████░░░░░"}, // no more is left than there was
		{500, 500, 100, "██████████"},
		{-5, -5, 100, "░░░░░░░░░░"},
		{5, 5, 0, "░░░░░░░░░░"},
		{math.NaN(), math.NaN(), 100, "░░░░░░░░░░"},
		{math.Inf(1), 3, math.Inf(1), "░░░░░░░░░░"},
	} {
		if got := gaugeBar(Gauge{Value: c.value, Left: c.left, Full: c.full}, 10); got != c.want {
			t.Errorf("%v of %v, %v left: %s, want %s", c.value, c.full, c.left, got, c.want)
		}
	}
}

func TestSparkline(t *testing.T) {
	got := sparkline([]float64{0, 1, 5, 10, 20, -3, math.NaN(), math.Inf(1)}, 10)
	if want := "▁▁▄▇▇▁▁▇"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := sparkline([]float64{math.Inf(1), 3}, math.Inf(1)); got != "▁▁" {
		t.Errorf("%s", got)
	}
}

// Numbers that make no sense are shown as they are, and hurt nothing.
func TestNumbersThatMakeNoSense(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300, 5e-324} {
		for _, look := range []Look{{}, Looks["commons"]} {
			b := newBoard(Plan{Look: look, Agents: []Agent{{Name: "John"}}})
			for i, y := range []float64{3, x, 2, x} {
				var world []environment.Variable
				for _, name := range []string{"stock", "left", "capacity", "collapsed"} {
					world = append(world, environment.Variable{Name: name, Value: y})
				}
				b.see(environment.RoundEnded{Round: i + 1, World: world, Agents: []environment.AgentRow{{Name: "John",
					Variables: []environment.Variable{{Name: "catch", Value: y}, {Name: "total", Value: y}}}}})
			}
			if lines := drawn(b, 120, 24, nil); len(lines) != 24 {
				t.Errorf("%v: %d lines", x, len(lines))
			}
			if x > 0 && !math.IsInf(x, 1) && b.top < x || math.IsInf(b.top, 0) || math.IsNaN(b.top) {
				t.Errorf("%v: the scale goes up to %v", x, b.top)
			}
		}
	}
}

// A line takes what fits: what matters least goes first, the last is cut.
func TestLine(t *testing.T) {
	p := pen{ansi.WcWidth}
	left, right := []part{{"title", plain, 2}, {"round", plain, 1}}, []part{{"seed", plain, 3}, {"100", plain, 0}}
	for width, want := range map[int]string{
		25: "title  round    seed  100", 22: "title  round       100", 17: "title  round  100", 16: "round        100", 10: "round  100", 9: "      100", 3: "100", 2: "1…", 0: "",
	} {
		if got := ansi.Strip(p.line(width, 2, left, right)); got != want {
			t.Errorf("%d: %q, want %q", width, got, want)
		}
	}
}

// News of several lines are cut when they are too long, and stand below one another.
func TestLongNews(t *testing.T) {
	v := newVillage(12, "John covenant")
	v.says(1, "John", strings.Repeat("one two three four five six seven eight nine ten ", 10))
	lines := (view{pen: pen{ansi.WcWidth}}).told(&picture{news: v.news, round: 1, rounds: 12}, 10, 60)
	if len(lines) != maxWrapped {
		t.Fatalf("%q", lines)
	}
	for i, line := range lines {
		line = ansi.Strip(line)
		if w := ansi.StringWidth(line); w > 60 || i > 0 != strings.HasPrefix(line, "      ") || (i == maxWrapped-1) != strings.HasSuffix(line, "…") {
			t.Errorf("line %d: %q", i, line)
		}
	}
}
