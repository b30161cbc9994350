package dilemma

import (
	"fmt"
	"strconv"

	"github.com/polis-agents/polis/actors"
)

// deed is what a member can do: a Contribute, or a Punish.
type deed any

// member is a rule for the public good: what it gives, and whom it punishes.
type member struct {
	gives    func(v *GroupView) int
	punishes func(v *GroupView) []Fine // nil: nobody
}

// Decide contributes, or punishes when there is somebody to punish.
func (m member) Decide(_ *actors.Turn, s actors.Situation[GroupView]) (deed, error) {
	v := &s.Percept
	if s.Phase == phaseContribute {
		return Contribute{m.gives(v)}, nil
	}
	if m.punishes != nil {
		if fines := m.punishes(v); len(fines) > 0 {
			return Punish{fines}, nil
		}
	}
	return nil, actors.ErrPass
}

// Stateless says that all is in the percept.
func (member) Stateless() {}

// members by name.
var members = []struct {
	name, doc string
	member
}{
	{"conditional", "gives all first, then what the others gave on average, rounded down", member{gives: matching}},
	{"freerider", "gives nothing", member{gives: nothing}},
	{"punisher", "gives all, and punishes who gave less: a point for every 4 units", member{gives: all, punishes: shortfall}},
	{"wary", "gives nothing, until it is punished: then as much as whoever gave most; then the same again, while nobody punishes it", member{gives: yielding}},
}

func nothing(*GroupView) int { return 0 }

func all(v *GroupView) int { return v.Endowment }

// matching is what the others gave on average, rounded down: conditional cooperators give a little less than they see
// others give.
func matching(v *GroupView) int {
	sum, n := 0, 0
	for _, d := range v.Deeds {
		if d.Name != v.Name {
			sum += d.Gave
			n++
		}
	}
	if n == 0 {
		return v.Endowment
	}
	return sum / n
}

// yielding gives what it gave, and more once that was punished.
func yielding(v *GroupView) int {
	most, mine := 0, Deed{}
	for _, d := range v.Deeds {
		most = max(most, d.Gave)
		if d.Name == v.Name {
			mine = d
		}
	}
	if mine.Points > 0 {
		return most
	}
	return mine.Gave
}

// step is by how many units somebody must fall short for one more point: a point costs 3, and to give a unit less brings
// 0.6, so that it pays for nobody to give 4 less.
const step = 4

// shortfall punishes those who gave less than oneself.
func shortfall(v *GroupView) (fines []Fine) {
	mine := 0
	for _, d := range v.Deeds {
		if d.Name == v.Name {
			mine = d.Gave
		}
	}
	for _, d := range v.Deeds {
		if points := min((mine-d.Gave)/step, MostPoints); points > 0 {
			fines = append(fines, Fine{d.Name, points})
		}
	}
	return fines
}

// makeFixed makes fixed:N, which gives N every turn.
func makeFixed(arg string, s *settings) (func() actors.Behavior, error) {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 0 || n > s.endowment || arg != strconv.Itoa(n) {
		return nil, fmt.Errorf("accepted is fixed:N with N from 0 to %d, the endowment", s.endowment)
	}
	return inGroup(member{gives: func(*GroupView) int { return n }}), nil
}

// inGroup makes the behaviors of a member.
func inGroup(m member) func() actors.Behavior {
	return func() actors.Behavior { return actors.FromRule[GroupView, deed](m) }
}
