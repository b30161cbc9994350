package opinion

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
)

// The minds.
const (
	moved    = "open"
	stubborn = "stubborn"
)

var mindKinds = []polis.MindKind{
	{Name: moved, Doc: "moves as the model says when it hears others"},
	{Name: stubborn, Arg: "[X]", Doc: "thinks X, or what it would have begun with, and never moves"},
}

// thinker is an agent: it holds its opinion itself.
type thinker struct {
	set   *settings
	firm  bool    // it never moves
	first float64 // what it begins with; below 0: it draws that

	memory
}

type memory struct {
	Began   bool    `json:"began"`
	Opinion float64 `json:"opinion"`
}

// Snapshot is what it thinks.
func (a *thinker) Snapshot() ([]byte, error) { return json.Marshal(a.memory) }

// Restore takes it back.
func (a *thinker) Restore(state []byte) error {
	a.memory = memory{}
	return json.Unmarshal(state, &a.memory)
}

// Decide says what it thinks, after it has heard others.
func (a *thinker) Decide(_ *actors.Turn, s actors.Situation[View]) (Hold, error) {
	if !a.Began {
		a.begin(s.Rand)
	}
	if v := s.Percept; v.Hears > 0 && !a.firm {
		a.Opinion = a.set.move(a.Opinion, v.Opinion, float64(v.Hears))
	}
	return Hold{a.Opinion}, nil
}

func (a *thinker) begin(r *rand.Rand) {
	if a.Began, a.Opinion = true, a.first; a.first < 0 {
		a.Opinion = r.Float64()
	}
}

// move is what one that thinks x thinks when it has heard n others, who think y on average.
func (s *settings) move(x, y, n float64) float64 {
	switch s.model {
	case voter:
		return y
	case degroot:
		return .5*x + .5*y
	case hk:
		return (x + n*y) / (n + 1)
	}
	if math.Abs(y-x) >= s.eps {
		return x
	}
	return x + s.mu*(y-x)
}

// decider makes the mind that is ordered, for an agent that begins with that opinion; below 0: one drawn from 0 to 1.
func decider(m polis.Mind, set *settings, first float64) (func() actors.Behavior, error) {
	switch {
	case m.Name == moved && m.Arg == "", m.Name == stubborn && m.Arg == "":
	case m.Name == stubborn:
		x, err := strconv.ParseFloat(m.Arg, 64)
		if err != nil || !(x >= 0 && x <= 1) || set.model == voter && x != 0 && x != 1 {
			return nil, fmt.Errorf("opinion: mind %q; accepted is stubborn:X with a number from 0 to 1, in the voter model 0 or 1", m)
		}
		first = x
	default:
		return nil, fmt.Errorf("opinion: mind %q; accepted are %s and %s", m, moved, mindKinds[1].Usage())
	}
	return func() actors.Behavior {
		return actors.FromRule[View, Hold](&thinker{set: set, firm: m.Name == stubborn, first: first})
	}, nil
}
