package naming

import "strconv"

// The metrics of a run. One that did not come about is left out.
const (
	Converged         = "t_conv"              // open: games until all know one word, and the same
	TimeMost          = "t_max"               // open: the first game after which agents knew most words in all
	WordsMost         = "words_max"           // open: so many
	DistinctMost      = "distinct_max"        // open: most words that somebody knew, over all games
	RoundsToConsensus = "rounds_to_consensus" // closed: games until then, in rounds of as many games as there are agents; memory: until the streak that ended the run began
	Success           = "success_"            // success_R: share of successes in round R; 1 when all agreed before
	Flipped           = "flipped"             // with a committed minority: 1 if all came to agree on its name, else 0
	MostlyAgreed      = "t95"                 // memory: rounds until 95 % of the newest games, as many as there are agents, had succeeded
	Payoff            = "payoff"              // memory: points of a choice, mean of all
	Winner            = "winner."             // closed, winner.NAME: 1 for the name they agreed on, 0 for the others
)

// successes are the rounds whose share of successes is a metric.
var successes = []int{1, 2, 5, 10, 15, 20}

func successNames() (names []string) {
	for _, r := range successes {
		names = append(names, Success+strconv.Itoa(r))
	}
	return names
}

// Metrics measures the games played so far.
func (t *Talk) Metrics() map[string]float64 {
	m := map[string]float64{}
	t.successes(m)
	if t.laws.Names == nil {
		m[TimeMost], m[WordsMost], m[DistinctMost] = float64(t.MostAt), float64(t.MostTotal), float64(t.MostDistinct)
		if t.Ended > 0 {
			m[Converged] = float64(t.Ended)
		}
		return m
	}
	agreed(m, t.laws.Names, t.leader(), t.Ended, t.Ended, t.there(), len(t.laws.Committed) > 0)
	return m
}

// Metrics measures the games played so far.
func (m *Match) Metrics() map[string]float64 {
	all := map[string]float64{}
	m.successes(all)
	agreed(all, m.laws.Names, m.On, m.Ended, m.Began, m.there(), len(m.firm) > 0)
	if m.Mostly > 0 {
		all[MostlyAgreed] = ratio(m.Mostly, m.there())
	}
	points := 0
	for _, n := range m.Total {
		points += n
	}
	all[Payoff] = ratio(points, 2*m.Games)
	return all
}

// agreed measures the end of a run with a fixed vocabulary: on which name they agreed, and after how many games.
func agreed(m map[string]float64, names []string, on, ended, games, agents int, minority bool) {
	if minority {
		m[Flipped] = 0
	}
	if ended == 0 || on < 0 {
		return
	}
	m[RoundsToConsensus] = ratio(games, agents)
	for i, name := range names {
		m[Winner+name] = 0
		if i == on {
			m[Winner+name] = 1
		}
	}
	if minority { // which has its name, or there would be no end
		m[Flipped] = 1
	}
}

// successes of the first rounds. What would have come after the end is known: nothing changes any more.
func (c *Course) successes(m map[string]float64) {
	for _, r := range successes {
		switch name := Success + strconv.Itoa(r); {
		case r <= len(c.Rates):
			m[name] = c.Rates[r-1]
		case c.Ended > 0:
			m[name] = 1
		}
	}
}
