package dilemma

import (
	"errors"
	"fmt"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

// kind is a mind of this scenario and how it is made from what follows its name.
type kind struct {
	polis.MindKind
	game string // in which it can decide; "": in both
	make func(arg string, s *settings) (func() actors.Behavior, error)
}

// kinds are all minds; those that make nothing do not decide themselves: see prompt.
var kinds = allKinds()

func allKinds() (all []kind) {
	for _, s := range strategies {
		all = append(all, kind{MindKind: polis.MindKind{Name: s.name, Doc: "ipd: " + s.doc}, game: ipd, make: always(player(s.next))})
	}
	all = append(all, kind{MindKind: polis.MindKind{Name: "Random", Arg: "P", Doc: "ipd: cooperates with probability P"}, game: ipd, make: makeRandom})
	for _, s := range ancients {
		all = append(all, kind{MindKind: polis.MindKind{Name: s.name, Doc: "ipd: " + s.doc}, game: ipd, make: remembers(s.next)})
	}
	for _, m := range members {
		all = append(all, kind{MindKind: polis.MindKind{Name: m.name, Doc: "pgg: " + m.doc}, game: pgg, make: always(inGroup(m.member))})
	}
	return append(all,
		kind{MindKind: polis.MindKind{Name: "fixed", Arg: "N", Doc: "pgg: gives N units every turn"}, game: pgg, make: makeFixed},
		kind{MindKind: polis.MindKind{Name: model, Arg: "[FALLBACK]",
			Doc: "the model of --model, by default a stand-in, decides; where it cannot, the rule FALLBACK does, or it passes"}},
		kind{MindKind: polis.MindKind{Name: person, Doc: "somebody who is asked at the terminal decides"}})
}

// errNothing says that a mind takes nothing after its name.
var errNothing = errors.New("accepted is nothing after the name")

// always makes a mind that takes nothing after its name.
func always(behavior func() actors.Behavior) func(string, *settings) (func() actors.Behavior, error) {
	return func(arg string, _ *settings) (func() actors.Behavior, error) {
		if arg != "" {
			return nil, errNothing
		}
		return behavior, nil
	}
}

// decider makes the mind that is ordered, in a world of that definition. then are services that are asked when a model could
// not decide.
func decider(m polis.Mind, s *settings, world *environment.Definition, then []string) (func() actors.Behavior, error) {
	k, err := kindOf(m, s)
	switch {
	case err != nil:
		return nil, err
	case k.make == nil:
		return prompt(m, s, world, then)
	}
	return decides(k, m, s)
}

// decides makes a mind that decides itself.
func decides(k kind, m polis.Mind, s *settings) (func() actors.Behavior, error) {
	b, err := k.make(m.Arg, s)
	if err != nil {
		return nil, fmt.Errorf("dilemma: mind %q: %w", m, err)
	}
	return b, nil
}

// kindOf finds the kind of a mind, among those of the game.
func kindOf(m polis.Mind, s *settings) (kind, error) {
	var names []string
	for _, k := range kinds {
		switch {
		case k.game != "" && k.game != s.game:
		case k.Name == m.Name:
			return k, nil
		default:
			names = append(names, k.Usage())
		}
	}
	return kind{}, fmt.Errorf("dilemma: mind %q; accepted with game=%s are %s", m, s.game, strings.Join(names, ", "))
}

// mindKinds is what the scenario offers.
func mindKinds() (all []polis.MindKind) {
	for _, k := range kinds {
		all = append(all, k.MindKind)
	}
	return all
}
