package naming

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
)

// What a game brings each of the two, by Ashery et al.
const (
	Reward  = 100 // for the same name
	Penalty = -50 // for different ones
)

// streakRounds times as many games as there are agents must succeed one after the other, by the same authors, for a run
// to end.
const streakRounds = 3

// MatchLaws are the parameters of a Match. They are not part of its state.
type MatchLaws struct {
	Names     []string // the vocabulary
	Committed []string // agents that choose the first of the names always; a run then ends when that is chosen by all
	Noted     []string // agents without a memory of their own, who are shown their last games
	Memory    int      // so many of them
	MaxRounds int      // after which it ends
	Untold    bool     // a null: agents never learn what came of a game
}

// Match is the world of the memory rule: in each game both choose a name at once, and win when it is the same. Its exported
// fields are its state.
type Match struct {
	Course
	First   int     // the choice of the first of the two in the present game; -1: none yet
	Results []Game  // by agent: its last game, while it has not been told; else without names
	Told    Game    // what the agent whose turn it is is told of that
	Past    []Games // by agent: its newest games, of those who are shown them
	Choices []int   // by agent: its newest choice; -1: it has made none
	Earned  []int   // by agent: points in the round
	Total   []int   // and in all
	Used    []int   // by name: how often it was chosen in the round

	Streak int    // successes with the same name, one after the other
	On     int    // that name
	Began  int    // the game before the streak that ended the run
	Recent []bool // the newest games, as many as there are agents, oldest first: which succeeded
	Good   int    // so many of them
	Mostly int    // the first game after which 95 % of as many games as there are agents had succeeded; 0: none yet

	laws  MatchLaws
	noted map[string]bool
	firm  map[string]bool
}

// Game is one game as one of the two sees it.
type Game struct {
	Mine   string `json:"mine"`
	Theirs string `json:"theirs"`
}

// Games are some, oldest first.
type Games []Game

// NewMatch makes a match before its first round.
func NewMatch(laws MatchLaws) *Match {
	m := &Match{First: -1, Used: make([]int, len(laws.Names)), laws: laws, noted: setOf(laws.Noted), firm: setOf(laws.Committed)}
	m.At = -1
	return m
}

// Snapshot is the state.
func (m *Match) Snapshot() ([]byte, error) { return json.Marshal(m) }

// Restore takes it back.
func (m *Match) Restore(state []byte) error {
	again := Match{laws: m.laws, noted: m.noted, firm: m.firm}
	if err := json.Unmarshal(state, &again); err != nil {
		return err
	}
	*m = again
	return nil
}

// Enter lets an agent take part.
func (m *Match) Enter(agent string) {
	if i := m.join(agent); i < len(m.Results) {
		return // it has been here before
	}
	m.Results, m.Choices = append(m.Results, Game{}), append(m.Choices, -1)
	m.Earned, m.Total = append(m.Earned, 0), append(m.Total, 0)
	var past Games
	if m.noted[agent] && len(m.firm) > 0 {
		past = settled(m.laws.Names[1], m.laws.Memory)
	}
	m.Past = append(m.Past, past)
}

// settled are games in which both said the same: the memory of who has lived under a convention.
func settled(name string, n int) Games { return slices.Repeat(Games{{name, name}}, n) }

// Leave lets an agent go.
func (m *Match) Leave(agent string) { m.leave(agent) }

// Next draws who meets whom in a round.
func (m *Match) Next(r *rand.Rand) []string {
	m.First, m.Told = -1, Game{}
	clear(m.Earned)
	clear(m.Used)
	return m.draw(r)
}

// Call goes on to an agent's turn. What did not come to an end before has failed.
func (m *Match) Call(agent string) {
	who, begins := m.turn(agent)
	if begins {
		m.missed(m.game())
		m.First = -1
	}
	m.Told = Game{}
	if who >= 0 {
		m.Told, m.Results[who] = m.Results[who], Game{}
	}
}

// missed counts games in which somebody did not choose.
func (m *Match) missed(upto int) {
	for m.Played < upto {
		m.count(false, -1)
	}
}

// Name is the action.
type Name struct {
	Name string `json:"name" maxlen:"32" doc:"one of the names"`
}

// Name notes a choice. The second of the two ends the game: neither has seen what the other chose.
func (m *Match) Name(agent string, n Name) (Noted, error) {
	i := slices.Index(m.laws.Names, n.Name)
	switch {
	case !m.turnOf(agent) || m.second() && m.First < 0 || !m.second() && m.First >= 0:
		return Noted{}, notNow(agent, "choose a name")
	case i < 0:
		return Noted{}, unknownName(n.Name, m.laws.Names)
	}
	m.Choices[m.Meets[m.At]] = i
	m.Used[i]++
	if !m.second() {
		m.First = i
		return Noted{}, nil
	}
	m.settle(m.First, i)
	m.First = -1
	return Noted{}, nil
}

// settle ends a game of two choices.
func (m *Match) settle(x, y int) {
	a, b := m.pair()
	m.result(a, x, y)
	m.result(b, y, x)
	m.count(x == y, x)
}

// result is what a game was for one of the two.
func (m *Match) result(who, mine, theirs int) {
	g := Game{m.laws.Names[mine], m.laws.Names[theirs]}
	points := Penalty
	if mine == theirs {
		points = Reward
	}
	m.Earned[who] += points
	m.Total[who] += points
	if m.laws.Untold {
		return
	}
	m.Results[who] = g
	if m.noted[m.Agents[who]] {
		m.Past[who] = append(m.Past[who], g)
		m.Past[who] = slices.Clone(m.Past[who][max(0, len(m.Past[who])-m.laws.Memory):])
	}
}

// count counts a game, and says whether it was the last that mattered.
func (m *Match) count(won bool, name int) {
	m.over(won)
	n := m.there()
	if m.Recent = append(m.Recent, won); won {
		m.Good++
	}
	for len(m.Recent) > n {
		if m.Recent[0] {
			m.Good--
		}
		m.Recent = m.Recent[1:]
	}
	if m.Mostly == 0 && len(m.Recent) == n && 20*m.Good >= 19*n {
		m.Mostly = m.Games
	}
	switch {
	case !won:
		m.Streak = 0
	case m.Streak > 0 && m.On != name:
		m.Streak, m.On = 1, name
	default:
		m.Streak, m.On = m.Streak+1, name
	}
	if m.Ended == 0 && m.Streak >= streakRounds*n && (len(m.firm) == 0 || m.On == 0) {
		m.Ended, m.Began = m.Games, m.Games-m.Streak
	}
}

// Tick ends a round.
func (m *Match) Tick(string, *rand.Rand) {
	m.missed(len(m.Meets) / 2)
	m.close()
	m.First, m.Told = -1, Game{}
}

// Done says that they have succeeded for long enough, or that there is no more time, or nobody to meet.
func (m *Match) Done() bool { return m.Ended > 0 || m.Rounds >= m.laws.MaxRounds || len(m.Meets) == 0 }

// Reward is what the round has brought an agent, in points.
func (m *Match) Reward(agent string) float64 {
	if i, known := m.find(agent); known {
		return float64(m.Earned[i])
	}
	return 0
}
