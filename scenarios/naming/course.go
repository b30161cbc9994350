package naming

import "math/rand/v2"

// counted is for how many rounds from the first the share of successes is kept.
const counted = 20

// Course is what both worlds have: who takes part, who meets whom in the present round, and how many games succeeded. A round
// is as many games as there are agents; the two of each game are drawn uniformly from all, one after the other.
type Course struct {
	Agents []string // everybody who ever took part, in the order in which they came
	Absent []bool   // who has left, likewise
	Rounds int      // that are over
	Games  int      // that are over, in all rounds
	Meets  []int    // the places of the two of each game of this round: first, second, first, …
	At     int      // whose turn it is, in Meets; before the first -1
	Played int      // games of this round that are over
	Won    int      // successes among them; after the round, of the one that is over
	Rates  []float64
	Ended  int // the game that ended it: from then on nothing changes; 0: none has

	place map[string]int
}

// join takes an agent in, and tells its place.
func (c *Course) join(agent string) int {
	if i, known := c.find(agent); known {
		c.Absent[i] = false
		return i
	}
	c.Agents, c.Absent = append(c.Agents, agent), append(c.Absent, false)
	if c.place == nil {
		c.place = map[string]int{}
	}
	c.place[agent] = len(c.Agents) - 1
	return len(c.Agents) - 1
}

// leave takes one out: it is drawn no more.
func (c *Course) leave(agent string) {
	if i, known := c.find(agent); known {
		c.Absent[i] = true
	}
}

// find gives an agent's place.
func (c *Course) find(agent string) (int, bool) {
	if c.place == nil { // restored
		c.place = make(map[string]int, len(c.Agents))
		for i, name := range c.Agents {
			c.place[name] = i
		}
	}
	i, known := c.place[agent]
	return i, known
}

// draw settles who meets whom in a round, and gives their names in the order of their turns.
func (c *Course) draw(r *rand.Rand) []string {
	var there []int
	for i := range c.Agents {
		if !c.Absent[i] {
			there = append(there, i)
		}
	}
	n := len(there)
	c.Meets, c.At, c.Played, c.Won = c.Meets[:0], -1, 0, 0
	if n < 2 {
		return nil
	}
	names := make([]string, 0, 2*n)
	for range n {
		i, j := r.IntN(n), r.IntN(n-1)
		if j >= i {
			j++
		}
		c.Meets = append(c.Meets, there[i], there[j])
		names = append(names, c.Agents[there[i]], c.Agents[there[j]])
	}
	return names
}

// turn goes on to an agent's turn. Those that have left by then have none. begins: with it a game does; the games
// before, up to that one, are over.
func (c *Course) turn(agent string) (who int, begins bool) {
	before := c.game()
	for c.At++; c.At < len(c.Meets); c.At++ {
		if who = c.Meets[c.At]; c.Agents[who] == agent {
			return who, c.game() != before
		}
	}
	return -1, c.game() != before
}

// game is the number of the present game in its round, from 0; before the first -1.
func (c *Course) game() int {
	if c.At < 0 {
		return -1
	}
	return min(c.At, len(c.Meets)) / 2
}

// pair are the two of the present game.
func (c *Course) pair() (first, second int) {
	g := c.game()
	if g < 0 || 2*g+1 >= len(c.Meets) {
		return -1, -1
	}
	return c.Meets[2*g], c.Meets[2*g+1]
}

// second says that it is the turn of the second of the two.
func (c *Course) second() bool { return c.At%2 == 1 }

// turnOf says whether it is an agent's turn.
func (c *Course) turnOf(agent string) bool {
	return c.At >= 0 && c.At < len(c.Meets) && c.Agents[c.Meets[c.At]] == agent
}

// over counts a game.
func (c *Course) over(won bool) {
	c.Games++
	c.Played++
	if won {
		c.Won++
	}
}

// skip counts the games before the present one in which nothing came of it, because somebody did not act.
func (c *Course) skip(upto int) {
	for c.Played < upto {
		c.over(false)
	}
}

// close ends a round.
func (c *Course) close() {
	c.skip(len(c.Meets) / 2)
	if c.Rounds++; len(c.Rates) < counted {
		c.Rates = append(c.Rates, c.rate())
	}
	c.At = len(c.Meets)
}

// rate is the share of successes in the round that is over.
func (c *Course) rate() float64 { return ratio(c.Won, c.Played) }

// there is how many take part.
func (c *Course) there() (n int) {
	for _, absent := range c.Absent {
		if !absent {
			n++
		}
	}
	return n
}

// ratio of two counts; 0 of nothing.
func ratio(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
