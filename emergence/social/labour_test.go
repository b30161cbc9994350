package social_test

import (
	"math"
	"testing"

	"github.com/polis-agents/polis/emergence/social"
)

func labour[C social.Count](t *testing.T, name string, counts [][]C, specialised, split, symmetric float64) social.Labour {
	t.Helper()
	l, err := social.DivisionOfLabour(counts)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	near(t, name+": specialised", l.Specialised, specialised, 5e-11)
	near(t, name+": split", l.Split, split, 5e-11)
	near(t, name+": symmetric", l.Symmetric, symmetric, 5e-11)
	return l
}

func TestDivisionOfLabour(t *testing.T) {
	labour(t, "diagonal", [][]int{{5, 0, 0}, {0, 5, 0}, {0, 0, 5}}, 1, 1, 1)
	labour(t, "flat", [][]int{{2, 2, 2}, {2, 2, 2}, {2, 2, 2}}, 0, 0, 0)
	l := labour(t, "mostly one", [][]int{{8, 1, 1}, {1, 8, 1}, {1, 1, 8}}, .4183281343, .4183281343, .4183281343)
	if l.N != 30 {
		t.Errorf("%v counted, want 30", l.N)
	}
	l = labour(t, "two agents per task", [][]int{{3, 0}, {3, 0}, {0, 3}, {0, 3}}, 1, .5, .7071067812)
	near(t, "information", l.Information, 1, 1e-12)
	near(t, "H(agent)", l.Agents, 2, 1e-12)
	near(t, "H(task)", l.Tasks, 1, 1e-12)
	labour(t, "in shares, with an idle agent and a task that nobody does", [][]float64{{.25, 0, 0}, {0, 0, 0}, {0, 0, .25}}, 1, 1, 1)
	// Agents of different diligence: p = 6/8, 2/8 in one task each.
	labour(t, "unequal", [][]int{{6, 0}, {0, 2}}, 1, 1, 1)
	// Independent though unequal.
	labour(t, "independent", [][]int{{6, 2}, {3, 1}}, 0, 0, 0)
}

func TestDivisionOfWhatCannotBeDivided(t *testing.T) {
	l, err := social.DivisionOfLabour([][]int{{3, 0}, {4, 0}})
	warned(t, "one task", 0, "all work is of one task")(l.Specialised+l.Split+l.Symmetric, err)
	l, err = social.DivisionOfLabour([][]int{{3, 2}, {0, 0}})
	warned(t, "one agent", 0, "one agent did all the work")(l.Specialised+l.Split+l.Symmetric, err)
	near(t, "H(task)", l.Tasks, math.Log2(5)-(3*math.Log2(3)+2)/5, 1e-12)

	refused[social.Labour](t, "none", "no counts")(social.DivisionOfLabour[int](nil))
	refused[social.Labour](t, "no tasks", "no counts")(social.DivisionOfLabour([][]int{{}}))
	refused[social.Labour](t, "ragged", "agent 2 has 1 tasks; accepted is 2, as for agent 1")(social.DivisionOfLabour([][]int{{1, 2}, {1}}))
	refused[social.Labour](t, "negative", "counts: number 2 is -2")(social.DivisionOfLabour([][]int{{1, -2}}))
	refused[social.Labour](t, "nothing done", "counts are all 0")(social.DivisionOfLabour([][]int{{0, 0}}))
	refused[social.Labour](t, "beyond numbers", "sum of counts +Inf")(social.DivisionOfLabour([][]float64{{1.7e308, 1.7e308}}))
	refused[social.Labour](t, "NaN", "counts: number 1 is NaN")(social.DivisionOfLabour([][]float64{{nan}}))
}
