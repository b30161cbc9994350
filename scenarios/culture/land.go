package culture

import (
	"encoding/json"
	"math/rand/v2"
	"slices"

	"github.com/polis-agents/polis/environment"
)

// Laws are the parameters of a Land. They are not part of its state.
type Laws struct {
	Width    int  // of the grid, which ends at its borders
	Features int  // of a culture
	Traits   int  // that a feature can have
	Anybody  bool // whom one meets is drawn from all, not from one's neighbours
}

// Land is a grid with an agent on each site. A round is as many meetings as there are agents; who meets whom is drawn uniformly,
// one after the other. Its exported fields are its state.
type Land struct {
	Agents   []string // by site, row by row
	Cultures [][]int  // by site: the trait of each feature; empty before the first round
	Meets    []int    // sites of this round: who, whom, who, …
	At       int      // which meeting of Meets it is; -1: none yet
	Sweeps   int      // rounds that are over
	Copied   int      // traits taken over, in all
	Frozen   bool     // nothing can change any more

	laws Laws
}

// NewLand makes a land before its first round.
func NewLand(laws Laws) *Land { return &Land{At: -1, laws: laws} }

// Snapshot is the state.
func (l *Land) Snapshot() ([]byte, error) { return json.Marshal(l) }

// Restore takes it back.
func (l *Land) Restore(state []byte) error {
	again := Land{laws: l.laws}
	if err := json.Unmarshal(state, &again); err != nil {
		return err
	}
	*l = again
	return nil
}

// Enter gives an agent the next site.
func (l *Land) Enter(agent string) {
	if !slices.Contains(l.Agents, agent) {
		l.Agents = append(l.Agents, agent)
	}
}

// Leave leaves the site as it is: a culture outlives who has it.
func (l *Land) Leave(string) {}

// Next draws who meets whom in a round; before the first, the cultures.
func (l *Land) Next(r *rand.Rand) []string {
	if l.Cultures == nil {
		for range l.Agents {
			c := make([]int, l.laws.Features)
			for f := range c {
				c[f] = r.IntN(l.laws.Traits)
			}
			l.Cultures = append(l.Cultures, c)
		}
	}
	l.Meets, l.At = l.Meets[:0], -1
	names := make([]string, 0, len(l.Agents))
	for range l.Agents {
		site := r.IntN(len(l.Agents))
		around := l.around(site)
		if len(around) == 0 {
			continue
		}
		l.Meets = append(l.Meets, site, around[r.IntN(len(around))])
		names = append(names, l.Agents[site])
	}
	return names
}

// around are the sites that one can meet from a site.
func (l *Land) around(site int) (sites []int) {
	if l.laws.Anybody {
		for other := range l.Agents {
			if other != site {
				sites = append(sites, other)
			}
		}
		return sites
	}
	w := l.laws.Width
	x, y := site%w, site/w
	for _, d := range [...][2]int{{0, -1}, {-1, 0}, {1, 0}, {0, 1}} {
		if x, y := x+d[0], y+d[1]; x >= 0 && x < w && y >= 0 && y*w+x < len(l.Agents) {
			sites = append(sites, y*w+x)
		}
	}
	return sites
}

// Call goes on to an agent's meeting.
func (l *Land) Call(agent string) {
	for l.At++; 2*l.At < len(l.Meets) && l.Agents[l.Meets[2*l.At]] != agent; l.At++ {
	}
}

// pair are the sites of the meeting in which it is an agent's turn.
func (l *Land) pair(agent string) (who, whom int, ok bool) {
	if l.At < 0 || 2*l.At+1 >= len(l.Meets) || l.Agents[l.Meets[2*l.At]] != agent {
		return 0, 0, false
	}
	return l.Meets[2*l.At], l.Meets[2*l.At+1], true
}

// View is what an agent can sense: its own culture, and that of whom it meets.
type View struct {
	Own   []int `json:"own,omitempty"`
	Other []int `json:"other,omitempty"` // empty: it meets nobody now
}

// Perceive gives what one agent can sense.
func (l *Land) Perceive(agent string) View {
	who, whom, ok := l.pair(agent)
	if !ok {
		return View{}
	}
	return View{slices.Clone(l.Cultures[who]), slices.Clone(l.Cultures[whom])}
}

// Copy is the action: to take a trait over.
type Copy struct {
	Feature int `json:"feature" min:"0" doc:"which feature, from 0"`
}

// Copied is its outcome.
type Copied struct {
	Trait int `json:"trait"` // that it has now
}

// refusal is what the land says no to.
type refusal struct{ reason, text string }

func (r refusal) Error() string  { return r.text }
func (r refusal) Reason() string { return r.reason }

// Copy takes a trait over from whom the agent meets.
func (l *Land) Copy(agent string, c Copy) (Copied, error) {
	who, whom, ok := l.pair(agent)
	switch {
	case !ok:
		return Copied{}, refusal{"nobody-there", "you meet nobody now"}
	case c.Feature >= l.laws.Features:
		return Copied{}, refusal{"no-such-feature", "there is no such feature: count from 0"}
	}
	trait := l.Cultures[whom][c.Feature]
	l.Cultures[who][c.Feature] = trait
	l.Copied++
	return Copied{trait}, nil
}

// Tick ends a round.
func (l *Land) Tick(string, *rand.Rand) {
	if l.Cultures == nil {
		return // in another pace than the sequential nobody meets
	}
	l.Sweeps++
	l.At = len(l.Meets)
	l.Frozen = l.frozen()
}

// overlap counts the features that two sites have alike.
func (l *Land) overlap(a, b int) (n int) {
	for f, trait := range l.Cultures[a] {
		if trait == l.Cultures[b][f] {
			n++
		}
	}
	return n
}

// frozen says that all who can meet have everything in common, or nothing.
func (l *Land) frozen() bool {
	for site := range l.Agents {
		for _, other := range l.around(site) {
			if n := l.overlap(site, other); n > 0 && n < l.laws.Features {
				return false
			}
		}
	}
	return true
}

// Done says that nothing can change any more.
func (l *Land) Done() bool { return l.Frozen }

// regions are the sizes of the areas of one culture, the largest first. Neighbours belong together that have all alike.
func (l *Land) regions() (sizes []int) {
	if l.Cultures == nil {
		return nil
	}
	grid := Land{Agents: l.Agents, Cultures: l.Cultures, laws: l.laws}
	grid.laws.Anybody = false
	seen := make([]bool, len(l.Agents))
	for site := range l.Agents {
		if seen[site] {
			continue
		}
		seen[site] = true
		area := []int{site}
		for i := 0; i < len(area); i++ {
			for _, other := range grid.around(area[i]) {
				if !seen[other] && l.overlap(site, other) == l.laws.Features {
					seen[other] = true
					area = append(area, other)
				}
			}
		}
		sizes = append(sizes, len(area))
	}
	slices.SortFunc(sizes, func(a, b int) int { return b - a })
	return sizes
}

// Metrics measures the land as it is.
func (l *Land) Metrics() map[string]float64 {
	sizes := l.regions()
	if sizes == nil {
		return nil
	}
	m := map[string]float64{Regions: float64(len(sizes)), LargestShare: float64(sizes[0]) / float64(len(l.Agents)), Sweeps: float64(l.Sweeps), Converged: 0}
	if l.Frozen {
		m[Converged] = 1
	}
	return m
}

// Variables describe the land at the end of a round.
func (l *Land) Variables() []environment.Variable {
	largest, sizes := 0., l.regions()
	if sizes != nil {
		largest = float64(sizes[0]) / float64(len(l.Agents))
	}
	return []environment.Variable{{Name: varRegions, Value: float64(len(sizes))}, {Name: varLargest, Value: largest}}
}

// AgentVariables describe nobody: a culture is no number.
func (l *Land) AgentVariables(string) []environment.Variable { return nil }
