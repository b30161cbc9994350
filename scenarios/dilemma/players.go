package dilemma

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
)

// nameable are the names that can be given to players.
var nameable = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// cast settles who plays: the minds that were ordered and the players that were set must be the same, where both are.
func (s *settings) cast(o polis.Order) ([]polis.Mind, error) {
	minds := o.Minds
	switch {
	case minds == nil && s.players != nil:
		minds = s.players
	case minds == nil:
		minds, _ = polis.ParseMinds(standards[s.game].minds, 0, 1)
		if o.Agents > 0 && o.Agents != len(minds) {
			return nil, fmt.Errorf("dilemma: %d agents and nobody said who they are; accepted are %d, or who plays: players=%s,…",
				o.Agents, len(minds), minds[0])
		}
	case s.players != nil && !slices.Equal(minds, s.players):
		return nil, fmt.Errorf("dilemma: the minds %s are not the players %s; accepted are the same, or one of the two",
			listed(minds), listed(s.players))
	}
	if o.Agents != 0 && o.Agents != len(minds) {
		return nil, fmt.Errorf("dilemma: %d agents for the players %s; accepted is one for each, so %d", o.Agents, listed(minds), len(minds))
	}
	if n, most := len(minds), standards[s.game].crowd; n < 2 || n > most {
		return nil, fmt.Errorf("dilemma: %d players; accepted with game=%s are 2 to %d", n, s.game, most)
	}
	if s.names != nil && len(s.names) != len(minds) {
		return nil, fmt.Errorf("dilemma: parameter names has %d names for %d players; accepted is one for each", len(s.names), len(minds))
	}
	return minds, nil
}

// called names the players: as it was set, else after their minds; where several have the same they are numbered.
func (s *settings) called(minds []polis.Mind) []string {
	if s.names != nil {
		return s.names
	}
	times := map[string]int{}
	for _, m := range minds {
		times[m.Name]++
	}
	var names []string
	nth := map[string]int{}
	for _, m := range minds {
		name := m.Name
		if times[name] > 1 {
			nth[name]++
			name = fmt.Sprintf("%s-%d", name, nth[name])
		}
		names = append(names, name)
	}
	return names
}

// listed are the minds of players as they are set: "TFT,2*AllD".
func listed(minds []polis.Mind) string {
	var all []string
	for i := 0; i < len(minds); {
		n := 1
		for i+n < len(minds) && minds[i+n] == minds[i] {
			n++
		}
		text := minds[i].String()
		if n > 1 {
			text = fmt.Sprintf("%d*%s", n, text)
		}
		all = append(all, text)
		i += n
	}
	return strings.Join(all, ",")
}
