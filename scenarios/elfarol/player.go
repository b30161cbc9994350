package elfarol

import (
	"encoding/json"
	"math/rand/v2"

	"github.com/polis-agents/polis/actors"
)

// player is the agent of the minority game: it has several tables that say for each past what to do, and uses the one that
// would have won most often so far.
type player struct {
	memory, strategies int
	own                own
}

// own is what it remembers.
type own struct {
	Tables [][]byte // by strategy and past: 1 go, 0 stay
	Scores []int    // by strategy: +1 for each week it would have won, -1 for each it would not
	Before int      // the past it decided from last; -1: none yet
}

// draw makes its strategies, once.
func (p *player) draw(r *rand.Rand) {
	p.own = own{Scores: make([]int, p.strategies), Before: -1}
	for range p.strategies {
		table := make([]byte, 1<<p.memory)
		for i := range table {
			table[i] = byte(r.IntN(2))
		}
		p.own.Tables = append(p.own.Tables, table)
	}
}

// Decide does what the best table says.
func (p *player) Decide(_ *actors.Turn, s actors.Situation[View]) (Go, error) {
	past := s.Percept.Past
	if len(past) < p.memory {
		return Go{}, actors.ErrPass
	}
	if p.own.Tables == nil {
		p.draw(s.Rand)
	}
	if p.own.Before >= 0 {
		p.score(byte(past[0]))
	}
	p.own.Before = 0
	for _, won := range past[:p.memory] {
		p.own.Before = p.own.Before<<1 | won
	}
	if p.own.Tables[p.best(s.Rand)][p.own.Before] == 0 {
		return Go{}, actors.ErrPass
	}
	return Go{}, nil
}

// score rewards the tables that would have won.
func (p *player) score(winning byte) {
	for i, table := range p.own.Tables {
		if table[p.own.Before] == winning {
			p.own.Scores[i]++
		} else {
			p.own.Scores[i]--
		}
	}
}

// best is the strategy with the highest score; of several any.
func (p *player) best(r *rand.Rand) int {
	best, ties := 0, 1
	for i, score := range p.own.Scores[1:] {
		switch top := p.own.Scores[best]; {
		case score > top:
			best, ties = i+1, 1
		case score == top:
			if ties++; r.IntN(ties) == 0 {
				best = i + 1
			}
		}
	}
	return best
}

// Snapshot is what it remembers.
func (p *player) Snapshot() ([]byte, error) { return json.Marshal(p.own) }

// Restore takes it back.
func (p *player) Restore(state []byte) error {
	p.own = own{}
	return json.Unmarshal(state, &p.own)
}

// chancer goes by chance.
type chancer struct{ p float64 }

// Stateless says that it has no memory.
func (chancer) Stateless() {}

// Decide goes with probability p.
func (c chancer) Decide(_ *actors.Turn, s actors.Situation[View]) (Go, error) {
	if s.Percept.Past == nil || s.Rand.Float64() >= c.p {
		return Go{}, actors.ErrPass
	}
	return Go{}, nil
}
