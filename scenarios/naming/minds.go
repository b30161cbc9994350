package naming

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

// The minds.
const (
	firm   = "committed"
	random = "random"
	model  = "model"
	person = "person"
)

// kind is a mind of this scenario and how it is made.
type kind struct {
	polis.MindKind
	rule string // under which it can decide; "": under both
	make func(s *settings) func() actors.Behavior
}

// kinds are all minds; those that make nothing do not decide themselves: see prompt.
var kinds = []kind{
	{polis.MindKind{Name: minimalRule, Doc: "rule=minimal: says any of the words it knows; keeps one alone when it is understood, and learns those it hears"},
		minimalRule, func(s *settings) func() actors.Behavior { return s.minimal }},
	{polis.MindKind{Name: memoryRule, Doc: "rule=memory: chooses the name that its partners chose most often in the games it remembers"},
		memoryRule, func(s *settings) func() actors.Behavior { return s.recall }},
	{polis.MindKind{Name: random, Doc: "rule=memory: chooses any name, and remembers nothing"},
		memoryRule, func(s *settings) func() actors.Behavior {
			return func() actors.Behavior {
				return actors.FromRule[MatchView, any](&recall{names: s.names})
			}
		}},
	{polis.MindKind{Name: firm, Doc: "always the first name of the vocabulary, whatever it hears"}, "", func(s *settings) func() actors.Behavior { return s.firmly }},
	{MindKind: polis.MindKind{Name: model, Arg: "[FALLBACK]",
		Doc: "the model of --model, by default a stand-in, decides; where it cannot, the rule FALLBACK does, or it passes"}},
	{MindKind: polis.MindKind{Name: person, Doc: "somebody who is asked at the terminal decides"}},
}

func (s *settings) minimal() actors.Behavior {
	m := &minimal{names: s.names}
	if s.committed > 0 {
		m.words = []string{s.names[1]}
	}
	return actors.FromRule[TalkView, any](m)
}

func (s *settings) recall() actors.Behavior {
	m := &recall{names: s.names, most: s.memory}
	if s.committed > 0 {
		m.games = settled(s.names[1], s.memory)
	}
	return actors.FromRule[MatchView, any](m)
}

func (s *settings) firmly() actors.Behavior {
	if s.rule == memoryRule {
		return actors.FromRule[MatchView, any](faithful{s.names[0]})
	}
	return actors.FromRule[TalkView, any](committed{s.names[0]})
}

// cast settles who takes part: the first of those ordered are committed, as many as the parameter says.
func (s *settings) cast(o polis.Order) ([]polis.Mind, error) {
	minds := o.Minds
	if minds == nil {
		standard := minimalRule
		if s.rule == memoryRule {
			standard = memoryRule
		}
		minds, _ = polis.ParseMinds([]string{standard}, o.Agents, defaultAgents)
	}
	switch {
	case o.Agents > 0 && o.Agents != len(minds):
		return nil, fmt.Errorf("naming: %d minds for %d agents; accepted is one for each", len(minds), o.Agents)
	case len(minds) < 2 || len(minds) > mostAgents:
		return nil, fmt.Errorf("naming: %d agents; accepted are 2 to %d", len(minds), mostAgents)
	}
	minds = slices.Clone(minds)
	were, want := 0, s.firm(len(minds))
	for _, m := range minds {
		if m.Name == firm {
			were++
		}
	}
	switch {
	case s.committed > 0 && want == 0:
		return nil, s.wrong("committed", fmt.Sprintf("0, or a share that is at least one of %d agents", len(minds)))
	case were == 0:
		for i := range want {
			minds[i] = polis.Mind{Name: firm}
		}
	case were != want:
		return nil, fmt.Errorf("naming: %d committed minds of %d; accepted are none, or with committed=%s so many: %d", were, len(minds), s.text["committed"], want)
	}
	return minds, nil
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
	case m.Arg != "":
		return nil, fmt.Errorf("naming: mind %q: accepted is nothing after the name", m)
	}
	return k.make(s), nil
}

// kindOf finds the kind of a mind, among those of the rule.
func kindOf(m polis.Mind, s *settings) (kind, error) {
	var names []string
	for _, k := range kinds {
		switch {
		case k.rule != "" && k.rule != s.rule:
		case k.Name == m.Name:
			return k, nil
		default:
			names = append(names, k.Usage())
		}
	}
	return kind{}, fmt.Errorf("naming: mind %q; accepted with rule=%s are %s", m, s.rule, strings.Join(names, ", "))
}

// mindKinds is what the scenario offers.
func mindKinds() (all []polis.MindKind) {
	for _, k := range kinds {
		all = append(all, k.MindKind)
	}
	return all
}
