package naming

import (
	"fmt"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter/prompted"
)

// prompt makes a mind for which a service is asked: a model, or a person.
func prompt(m polis.Mind, s *settings, world *environment.Definition, then []string) (func() actors.Behavior, error) {
	c := prompted.Config{Model: m.Name, Definition: world, MaxTokens: 1024, Memory: 1} // what it is to know is in the percept
	c.Role = func(name string) string { return role(name, s) }
	if m.Name == person {
		if m.Arg != "" {
			return nil, fmt.Errorf("naming: mind %q: accepted is nothing after the name", m)
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
		return nil, fmt.Errorf("naming: mind %q: %w", m, err)
	}
	if k, err := kindOf(inner, s); err == nil && k.make != nil && k.Name != firm && inner.Arg == "" {
		return k.make(s), nil
	}
	return nil, fmt.Errorf("naming: mind %q: %q is no rule of rule=%s; accepted after model: is %s", m, inner, s.rule, s.rule)
}

// role is what a model, or a person, is told about the game.
func role(name string, s *settings) string {
	if s.rule == memoryRule {
		return "You are " + name + fmt.Sprintf(`. You play a game with another player, who is drawn anew every time from many; you do not know who it is.
You both choose one of the names at the same time, and neither sees before what the other chooses. If the names are the same each
of you gets %d points; if they are different each loses %d. You want as many points as you can get over all games.
In what you perceive, names are those that you can choose, in no order that means anything, and games are the newest that you have
played: the name that you chose (mine) and the one that the other chose (theirs), oldest first.
`, Reward, -Penalty)
	}
	text := "You are " + name + `. Again and again you meet one of many others, who is drawn anew every time, and talk about one thing
that has no name yet. One of you speaks: says a word for the thing. The other hears it, and says whether it knew that word. If so both
of you keep that word and forget all others. If not the hearer learns it, beside those it knows.
In what you perceive, part says whether you speak or hear; words are those that you know; heard is the word that was said to you.
To speak, say one of your words`
	if s.names == nil {
		return text + `; if you know none, invent one.
`
	}
	return text + `; if you know none, say any of the names.
`
}
