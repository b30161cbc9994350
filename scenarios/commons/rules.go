package commons

import "github.com/polis-agents/polis/actors"

// situation is what the rules of this package decide from.
type situation = actors.Situation[View]

// fixed asks for the same every month.
type fixed struct{ tons int }

func (r fixed) Decide(*actors.Turn, situation) (Harvest, error) { return Harvest{r.tons}, nil }
func (fixed) Stateless()                                        {}

// sustainable asks for its fair share: half of the lake, rounded down, shared among those present, rounded down.
type sustainable struct{}

func (sustainable) Decide(_ *actors.Turn, s situation) (Harvest, error) {
	return Harvest{s.Percept.Share}, nil
}
func (sustainable) Stateless() {}

// greedy asks for all there is.
type greedy struct{}

func (greedy) Decide(_ *actors.Turn, s situation) (Harvest, error) {
	return Harvest{s.Percept.Stock}, nil
}
func (greedy) Stateless() {}

// random asks for a uniform number of tons in least..most.
type random struct{ least, most int }

func (r random) Decide(_ *actors.Turn, s situation) (Harvest, error) {
	return Harvest{r.least + s.Rand.IntN(r.most-r.least+1)}, nil
}
func (random) Stateless() {}
