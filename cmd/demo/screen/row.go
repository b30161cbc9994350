package screen

// spark is how many of an agent's values are remembered.
const spark = 24

// row is what is known about one agent. It is a value: a picture takes a copy.
type row struct {
	id      string // its true name
	name    string // to be shown
	mind    string // as it was ordered, or who decides where that is no rule
	decides string // who decided last
	from    int    // the round in which it joins
	present bool
	asked   bool  // a question waits for it
	thinks  askID // what it has asked a model last; the zero one: it waits for nothing

	value  float64
	valued bool
	last   [spark]float64 // newest last
	n      int            // of them that are known

	said  remark
	state state
	word  promise
	kept  int // promises kept
	words int // promises made
}

// askID names what an agent has asked.
type askID struct {
	turn  uint64
	index int
}

// remark is what an agent said last.
type remark struct {
	text  string
	quote bool // in its own words
	round int
}

// says takes in what the agent says: its own words stay in view before the acts of the same round.
func (r *row) says(text string, quote bool, round int) {
	if r.said.quote && !quote && r.said.round == round {
		return
	}
	r.said = remark{text, quote, round}
}

// spoke says whether it has said something since a round, or in it.
func (r *row) spoke(round int) bool { return r.said.text != "" && r.said.round >= round }

// state is what was last to be said about how an agent fares.
type state struct {
	kind  kind
	text  string
	round int
}

// promise is the lowest limit to which an agent has bound itself in a round.
type promise struct {
	offer, limit          float64
	offeredIn, promisedIn int // rounds; 0: it has not
}

func (p *promise) proposes(limit float64, round int) { p.offer, p.offeredIn = limit, round }

func (p *promise) binds(limit float64, round int) {
	if p.promisedIn == round {
		limit = min(limit, p.limit)
	}
	p.limit, p.promisedIn = limit, round
}

// ends takes in the value of a round, and gives the limit that it broke.
func (r *row) ends(value float64, round int) (broken float64, ok bool) {
	r.value, r.valued = value, true
	copy(r.last[:], r.last[1:])
	r.last[spark-1] = value
	r.n = min(r.n+1, spark)
	if r.word.promisedIn != round {
		return 0, false
	}
	r.words++
	if value <= r.word.limit {
		r.kept++
		return 0, false
	}
	return r.word.limit, true
}
