package commons

import (
	"cmp"
	"fmt"

	"github.com/polis-agents/polis"
)

// Newcomer makes the n-th agent, from 1, that comes to a lake of that order while it is fished. It has the next name
// after those that were ordered.
func Newcomer(o polis.Order, mind polis.Mind, n int) (polis.Agent, error) {
	if n < 1 || n > polis.MostNewcomers {
		return polis.Agent{}, fmt.Errorf("commons: newcomer %d; accepted is a number from 1 to %d", n, polis.MostNewcomers)
	}
	set, err := read(o.Settings, cmp.Or(o.Rounds, defaultMonths))
	if err != nil {
		return polis.Agent{}, err
	}
	there := len(o.Minds)
	if there == 0 {
		there = cmp.Or(o.Agents, defaultAgents)
	}
	if set.joins > 0 {
		there++
	}
	there += n - 1
	one := polis.Society{World: Define(set.laws)}
	if err := settle(&one, there, mind, 0, o.Then); err != nil {
		return polis.Agent{}, fmt.Errorf("newcomer: %w", err)
	}
	crowd := polis.Society{Agents: append(make([]polis.Agent, there), one.Agents[0])}
	return one.Agents[0], limitTalk(&crowd, set.laws.Talk)
}
