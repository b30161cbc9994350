package bench

// The cycle: the environment sends an agent its percept, with the outcome of its last action in it; a rule decides;
// the agent sends its action; the environment waits for all actions of the round and applies them. One operation is
// one cycle of one agent. World and rule are the same on both sides.

// percept is what an agent senses: 24 bytes.
type percept struct {
	stock   float64
	granted float64 // outcome of the action before
	round   uint64
}

// action is what an agent tries: 12 bytes.
type action struct {
	agent uint32
	wants float32
	round uint32
}

// fisher is an agent's memory, and its rule.
type fisher struct {
	agent uint32
	luck  uint32 // of its own generator
	had   float64
}

// decide wants a share of the stock, sometimes a little more.
func (f *fisher) decide(p *percept, agents int) *action {
	f.had += p.granted
	f.luck ^= f.luck << 13
	f.luck ^= f.luck >> 17
	f.luck ^= f.luck << 5
	wants := p.stock / float64(2*agents)
	if f.luck&7 == 0 {
		wants *= 1.25
	}
	return &action{agent: f.agent, wants: float32(wants), round: uint32(p.round)}
}

// pond is the world: what all want is shared out when it is not enough, and what is left grows back.
type pond struct {
	stock    float64
	round    uint64
	wants    []float32 // of the agents, in order
	waiting  int       // actions that this round still lacks
	percepts []percept // of this round
}

func newPond(agents int) *pond {
	p := &pond{stock: float64(agents), wants: make([]float32, agents), percepts: make([]percept, agents)}
	for i := range p.percepts {
		p.percepts[i].stock = p.stock
	}
	p.waiting = agents
	return p
}

// take notes an action; true: it was the last one of the round.
func (p *pond) take(a *action) bool {
	p.wants[a.agent] = a.wants
	p.waiting--
	return p.waiting == 0
}

// apply ends the round: the next percepts are in p.percepts, fresh ones, since those sent are the receivers'.
func (p *pond) apply() {
	share := p.share()
	p.percepts = make([]percept, len(p.wants))
	for i, w := range p.wants {
		p.percepts[i] = percept{stock: p.stock, granted: share * float64(w), round: p.round}
	}
	p.waiting = len(p.wants)
}

// share shares the stock out, lets it grow back, and says what part of its wish everybody gets.
func (p *pond) share() float64 {
	var sum float64
	for _, w := range p.wants {
		sum += float64(w)
	}
	share := min(1, p.stock/sum)
	p.stock = min(2*(p.stock-share*sum), float64(len(p.wants)))
	p.round++
	return share
}

// start asks the environment for that many rounds.
type start struct {
	rounds int
	left   float64 // the stock when they are over
	done   chan error
}

// over ends a round; true: it was the last.
func (s *start) over(p *pond) bool {
	p.apply()
	s.left = p.stock
	s.rounds--
	return s.rounds == 0
}

// inRounds says how many whole rounds make at least that many cycles.
func inRounds(cycles, agents int) int { return max(1, (cycles+agents-1)/agents) }
