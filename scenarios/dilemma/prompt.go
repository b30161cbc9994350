package dilemma

import (
	"fmt"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter/prompted"
)

// Minds that do not decide themselves, and the services that are asked for them.
const (
	model  = "model"
	person = "person"
)

// prompt makes a mind for which a service is asked: a model, or a person.
func prompt(m polis.Mind, s *settings, world *environment.Definition, then []string) (func() actors.Behavior, error) {
	c := prompted.Config{Model: m.Name, Definition: world, MaxTokens: 4096}
	c.Role = func(name string) string { return role(name, s) }
	if m.Name == person {
		if m.Arg != "" {
			return nil, fmt.Errorf("dilemma: mind %q: accepted is nothing after the name", m)
		}
		c.Repairs, c.MaxTokens = 3, 0
		return prompted.Prepare(c)
	}
	c.Then = then
	if m.Arg != "" {
		var err error
		if c.Fallback, err = fallback(m, s); err != nil {
			return nil, err
		}
	}
	return prompted.Prepare(c)
}

// fallback makes the rule that decides when a model does not.
func fallback(m polis.Mind, s *settings) (func() actors.Behavior, error) {
	inner, err := polis.ParseMind(m.Arg)
	if err != nil {
		return nil, fmt.Errorf("dilemma: mind %q: %w", m, err)
	}
	for _, k := range kinds {
		if k.Name == inner.Name && k.make != nil && k.game == s.game {
			return decides(k, inner, s)
		}
	}
	return nil, fmt.Errorf("dilemma: mind %q: %q is no rule of game=%s; accepted after model: is a mind that decides itself, such as %s",
		m, inner, s.game, map[string]string{ipd: "TFT or Random:0.5", pgg: "conditional or fixed:10"}[s.game])
}

// role is what a model, or a person, is told about the game.
func role(name string, s *settings) string {
	if s.game == ipd {
		return "You are " + name + fmt.Sprintf(`. You play one game with each of the others, all at the same time, turn after turn, for many turns; nobody
is told how many. In every turn you and the other each cooperate (C) or defect (D), and neither sees before what the other does.
Both cooperate: %d points each. Both defect: %d each. One defects alone: %d for the one who defects, %d for the other.
You want as many points as you can get over all games and turns; it does not matter who has more than whom.
In what you perceive, name is what the others know you by, and games has for each of them: your last moves (mine) and theirs,
oldest first, how often they have defected in all, and both scores in that game.
Make one move in each game. Where you make none you do as in the last turn; in the first you cooperate.
`, Reward, Punishment, Temptation, Sucker)
	}
	text := "You are " + name + fmt.Sprintf(`, a member of a group. Every turn each of you gets %d units and gives some of them to a pool, from nothing to all;
all decide at the same time. What you do not give you keep. For each unit in the pool every member gets %g units, whoever has
given it. You want as many units as you can get over all turns; nobody is told how many there are.
In what you perceive, name is what the others know you by, and deeds has what each member gave, and earned, in the turn that
is seen: the last one, or this one once all have given.
`, s.endowment, units(s.back))
	if s.punishment {
		text += fmt.Sprintf(`When all have given, and have seen who gave what, each of you may punish others, by up to %d points each: a point costs you
%d unit, and whoever gets it %d. In deeds, points are those that somebody got.
`, MostPoints, CostOfPoint, FineOfPoint)
	}
	return text
}
