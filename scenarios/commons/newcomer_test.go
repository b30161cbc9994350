package commons

import (
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
)

// "The n-th newcomer gets the next free name": whatever was ordered, it is nobody's there.
func TestNewcomersHaveNamesOfTheirOwn(t *testing.T) {
	for _, c := range []struct {
		order string
		first string
	}{{"", "Mia"}, {"3*greedy", "Emma"}, {"5*greedy newcomer=greedy@3", "Noah"}, {"12*greedy", "agent-013"}} {
		o := order(t, c.order)
		s := build(t, c.order)
		for n := 1; n <= 9; n++ {
			a, err := Newcomer(o, polis.Mind{Name: "fixed", Arg: "7"}, n)
			if err != nil {
				t.Fatal(err)
			}
			if n == 1 && a.Name != c.first || a.Mind != "fixed:7" || a.Behavior == nil || a.From != 0 ||
				slices.ContainsFunc(s.Agents, func(b polis.Agent) bool { return a.Name == b.Name }) {
				t.Errorf("%s: newcomer %d is %+v", c.order, n, a)
			}
			s.Agents = append(s.Agents, a)
		}
	}
	if a, err := Newcomer(polis.Order{Agents: 7}, polis.Mind{Name: "greedy"}, 2); err != nil || a.Name != nameOf(8) {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestNewcomersThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		order string
		mind  string
		n     int
		want  string
	}{
		{"", "greedy", 0, "newcomer 0; accepted is a number from 1 to 1000"},
		{"", "greedy", 1001, "newcomer 1001; accepted"},
		{"", "wise", 1, `mind "wise"; accepted are`},
		{"split=fair", "greedy", 1, "parameter split"},
		{"200*greedy", "covenant", 1, "201 agents"},
	} {
		m, _ := polis.ParseMind(c.mind)
		if _, err := Newcomer(order(t, c.order), m, c.n); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.order, err, c.want)
		}
	}
	if _, err := Newcomer(order(t, "200*greedy talk=false"), polis.Mind{Name: "covenant"}, 1); err != nil {
		t.Error(err)
	}
}
