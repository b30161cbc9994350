package report

import (
	"math"
	"slices"
)

// drawable is how great a number may be to be drawn: beyond it differences are infinite.
const drawable = 1e100

const (
	manyPoints = 240 // of a curve: more rounds are put together
	manyCurves = 64  // variables of a world, or of an agent, that are looked at
	manyAgents = 12  // that are shown one by one; of more, quartiles
)

// span is what is known of some numbers.
type span struct {
	n         int
	mean, m2  float64 // m2 is the sum of the squares of what differs from the mean (Welford)
	low, high float64
}

// add counts a number; NaN is none.
func (s *span) add(x float64) {
	if math.IsNaN(x) {
		return
	}
	if s.n == 0 {
		s.low, s.high = x, x
	}
	s.n++
	d := x - s.mean
	s.mean += d / float64(s.n)
	s.m2 += d * (x - s.mean)
	s.low, s.high = min(s.low, x), max(s.high, x)
}

// sd is the deviation of the sample, n-1; 0 for less than two.
func (s *span) sd() float64 {
	if s.n < 2 {
		return 0
	}
	return math.Sqrt(s.m2 / float64(s.n-1))
}

// history is what a variable was over rounds, each of them, or several together when there are very many.
type history struct {
	points []span
	each   int // rounds in a point
}

func (h *history) add(round int, x float64) {
	if math.Abs(x) > drawable {
		return
	}
	at := min((round-1)/h.each, manyPoints-1)
	for len(h.points) <= at {
		h.points = append(h.points, span{})
	}
	h.points[at].add(x)
}

// curve is a history as a line of a plot.
func (h *history) curve(name string, spread spread) Line {
	l := Line{Name: name}
	for i := range h.points {
		p := &h.points[i]
		if p.n == 0 {
			continue
		}
		// The middle of the rounds that are in it; where there is one, that one.
		l.X = append(l.X, float64(i*h.each)+float64(h.each+1)/2)
		l.Y = append(l.Y, p.mean)
		switch spread {
		case byDeviation:
			l.Low, l.High = append(l.Low, p.mean-p.sd()), append(l.High, p.mean+p.sd())
		case byRange:
			l.Low, l.High = append(l.Low, p.low), append(l.High, p.high)
		}
		l.N = append(l.N, p.n)
	}
	if !slices.ContainsFunc(l.N, func(n int) bool { return n != 1 }) {
		l.N = nil
	}
	return l
}

// spread is what the band around a curve shows.
type spread int

const (
	none spread = iota
	byDeviation
	byRange
)

// histories are the variables of a run, or of several.
type histories struct {
	each   int
	names  []string // of the world's variables
	world  []history
	shares []string             // names of the agents' variables
	agents map[string][]history // of each agent, while there are few
	order  []string             // agents, as they first appear
	crowd  [][5]history         // of each of the agents' variables: least, quartiles and most in a round, of all agents
	round  int                  // of the rows in now
	now    [][]float64          // of each of the agents' variables, what each agent showed in this round
}

// seeWorld takes a row of rounds.csv.
func (h *histories) seeWorld(variables []string, l *line) error {
	if l == nil {
		for _, v := range variables[:min(len(variables), manyCurves)] {
			if !slices.Contains(h.names, v) && len(h.names) < manyCurves {
				h.names = append(h.names, v)
				h.world = append(h.world, history{each: h.each})
			}
		}
		return nil
	}
	for i, v := range variables {
		if at := slices.Index(h.names, v); at >= 0 {
			h.world[at].add(l.round, l.values[i])
		}
	}
	return nil
}

// seeAgent takes a row of agents.csv. closeRound must follow the last.
func (h *histories) seeAgent(variables []string, l *line) error {
	if l == nil {
		for _, v := range variables[:min(len(variables), manyCurves)] {
			if !slices.Contains(h.shares, v) && len(h.shares) < manyCurves {
				h.shares = append(h.shares, v)
				h.crowd = append(h.crowd, newCrowd(h.each))
				h.now = append(h.now, nil)
			}
		}
		return nil
	}
	if l.round != h.round {
		h.closeRound()
		h.round = l.round
	}
	mine := h.agent(l.agent)
	for i, v := range variables {
		at := slices.Index(h.shares, v)
		if at < 0 {
			continue
		}
		if mine != nil {
			mine[at].add(l.round, l.values[i])
		}
		if !math.IsNaN(l.values[i]) {
			h.now[at] = append(h.now[at], l.values[i])
		}
	}
	return nil
}

func newCrowd(each int) (c [5]history) {
	for i := range c {
		c[i].each = each
	}
	return c
}

// agent gives the histories of an agent; nil: there are too many agents.
func (h *histories) agent(name string) []history {
	mine, known := h.agents[name]
	if !known && len(h.order) <= manyAgents {
		if h.order = append(h.order, name); h.agents == nil {
			h.agents = map[string][]history{}
		}
		mine = make([]history, 0, len(h.shares))
	}
	if len(h.order) > manyAgents {
		h.agents = nil
		return nil
	}
	for len(mine) < len(h.shares) {
		mine = append(mine, history{each: h.each})
	}
	h.agents[name] = mine
	return mine
}

// closeRound puts together what all agents showed in a round.
func (h *histories) closeRound() {
	for i, values := range h.now {
		if len(values) == 0 {
			continue
		}
		slices.Sort(values)
		for q := range h.crowd[i] {
			h.crowd[i][q].add(h.round, quantile(values, float64(q)/4))
		}
		h.now[i] = values[:0]
	}
}

// quantile of sorted numbers, between two of them in proportion.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
