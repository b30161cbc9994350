package dilemma

// The metrics of a run. NAME is a player's.
const (
	Score        = "score."       // ipd, score.NAME: sum of its scores against each other player; there is no game with itself
	Wins         = "wins."        // ipd, wins.NAME: how many of them have scored less in the game with it
	Cooperation  = "cooperation"  // ipd: share of all moves
	Contribution = "contribution" // pgg: units, mean of all members and turns
	Payoff       = "payoff"       // pgg: units, likewise; payoff.NAME: a member's, mean of its turns
)

// Metrics measures the turns played so far.
func (t *Tournament) Metrics() map[string]float64 {
	m := map[string]float64{}
	moves, defected := 0, 0
	for i := range t.Players {
		p := &t.Players[i]
		wins := 0
		for j := range p.Games {
			g := &p.Games[j]
			moves += g.Turns
			defected += g.Defected
			if j != i && g.Score > t.Players[j].Games[i].Score {
				wins++
			}
		}
		m[Score+p.Name] = float64(p.Score)
		m[Wins+p.Name] = float64(wins)
	}
	m[Cooperation] = ratio(moves-defected, moves)
	return m
}

// Metrics measures the turns played so far. Everybody counts by the turns in which it was there.
func (g *Group) Metrics() map[string]float64 {
	m := map[string]float64{}
	given, total, turns := 0, 0, 0
	for i := range g.Members {
		one := &g.Members[i]
		given += one.Given
		total += one.Total
		turns += one.Turns
		m[Payoff+"."+one.Name] = ratio(one.Total, unit*one.Turns)
	}
	m[Contribution], m[Payoff] = ratio(given, turns), ratio(total, unit*turns)
	return m
}
