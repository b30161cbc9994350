package commons

import (
	"fmt"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

// kind is a mind of this scenario and how it is made from what follows its name.
type kind struct {
	polis.MindKind
	make  func(arg string) (func() actors.Behavior, error)
	asked bool // it does not decide itself: see prompt
}

// most is the largest number of tons that an order may name.
const most = 1_000_000

var kinds = []kind{
	{MindKind: polis.MindKind{Name: "fixed", Arg: "N", Doc: "asks for N tons every month"}, make: makeFixed},
	{MindKind: polis.MindKind{Name: "sustainable", Doc: "asks for its fair share of what the lake can regrow"}, make: always(rule(sustainable{}))},
	{MindKind: polis.MindKind{Name: "greedy", Doc: "asks for everything"}, make: always(rule(greedy{}))},
	{MindKind: polis.MindKind{Name: "random", Arg: "A-B", Doc: "asks for a random number of tons from A to B"}, make: makeRandom},
	{MindKind: polis.MindKind{Name: "reciprocal", Doc: "takes its fair share, answers overuse with overuse once, forgives"},
		make: always(func() actors.Behavior { return actors.FromRule[View, Harvest](&reciprocal{}) })},
	{MindKind: polis.MindKind{Name: "covenant", Doc: "proposes a cap, keeps what was agreed, holds others to it (needs talk: without it, its fair share)"},
		make: always(func() actors.Behavior { return newCovenant() })},
	{MindKind: polis.MindKind{Name: "lawful", Doc: "makes a cap the norm by vote, keeps it, tells who breaks it, sets and pays fines (needs talk: without it, its fair share)"},
		make: always(func() actors.Behavior { return newLawful(0) })},
	{MindKind: polis.MindKind{Name: "defector", Arg: "P", Doc: "does the same, but in P % of the months asks for half as much again, and pays no fine"}, make: makeDefector},
	{MindKind: polis.MindKind{Name: model, Arg: "[FALLBACK]",
		Doc: "the model of --model, by default a stand-in, speaks and decides; where it cannot, the rule FALLBACK does, or it passes"}, asked: true},
	{MindKind: polis.MindKind{Name: person, Doc: "somebody who is asked at the terminal speaks and decides"}, asked: true},
}

// rule makes behaviors of a rule without memory.
func rule(r actors.Rule[View, Harvest]) func() actors.Behavior {
	return func() actors.Behavior { return actors.FromRule(r) }
}

// always makes a mind that takes nothing after its name.
func always(behavior func() actors.Behavior) func(string) (func() actors.Behavior, error) {
	return func(arg string) (func() actors.Behavior, error) {
		if arg != "" {
			return nil, fmt.Errorf("accepted is nothing after the name")
		}
		return behavior, nil
	}
}

func makeFixed(arg string) (func() actors.Behavior, error) {
	n, ok := tons(arg)
	if !ok {
		return nil, fmt.Errorf("accepted is fixed:N with N from 0 to %d", most)
	}
	return rule(fixed{n}), nil
}

func makeRandom(arg string) (func() actors.Behavior, error) {
	from, to, _ := strings.Cut(arg, "-")
	a, ok := tons(from)
	b, okay := tons(to)
	if !ok || !okay || a > b {
		return nil, fmt.Errorf("accepted is random:A-B with A from 0 to B, and B to %d", most)
	}
	return rule(random{a, b}), nil
}

func tons(text string) (int, bool) { return polis.Whole(text, 0, most) }

// decider makes the mind that is ordered, in a world of that definition. then are services that are asked when a model could
// not decide.
func decider(m polis.Mind, world *environment.Definition, then []string) (func() actors.Behavior, error) {
	k, err := kindOf(m)
	switch {
	case err != nil:
		return nil, err
	case k.asked:
		return prompt(m, world, then)
	}
	return decides(k, m)
}

// decides makes a mind that decides itself.
func decides(k kind, m polis.Mind) (func() actors.Behavior, error) {
	b, err := k.make(m.Arg)
	if err != nil {
		return nil, fmt.Errorf("commons: mind %q: %w", m, err)
	}
	return b, nil
}

// kindOf finds the kind of a mind.
func kindOf(m polis.Mind) (kind, error) {
	var names []string
	for _, k := range kinds {
		if k.Name == m.Name {
			return k, nil
		}
		names = append(names, k.Usage())
	}
	return kind{}, fmt.Errorf("commons: mind %q; accepted are %s", m, strings.Join(names, ", "))
}

// mindKinds is what the scenario offers.
func mindKinds() (all []polis.MindKind) {
	for _, k := range kinds {
		all = append(all, k.MindKind)
	}
	return all
}
