package dilemma

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/polis-agents/polis/environment"
)

// The two moves.
const (
	Cooperate = "C"
	Defect    = "D"
)

// Payoffs of one turn, by Axelrod: of two who cooperate, of who cooperates alone, of who defects alone, of two who defect.
const (
	Reward     = 3
	Sucker     = 0
	Temptation = 5
	Punishment = 1
)

const (
	phaseMove = "move"
	everybody = "all" // in place of a name: those who are not named otherwise
	shown     = 10    // moves of a game that are remembered for all to see
)

// TournamentLaws are the parameters of a tournament. They are not part of its state.
type TournamentLaws struct {
	Turns  int  // after which it ends
	Masked bool // players know each other by numbers, "P3", and not by their names, which tell how they play
	Alone  bool // they see nothing of what the others do, nor what came of it: all seem to cooperate always
	NoPast bool // they are told nothing of turns that are over: each is as the first
}

// Tournament is the world of the iterated prisoner's dilemma: everybody plays one game with everybody else, all games at
// the same time, a move in each of them every turn. Its exported fields are its state.
type Tournament struct {
	Turns      int      // that are over
	Moves      int      // made in the newest of them, by all
	Cooperated int      // of which so many were to cooperate
	Mutual     int      // games in which both did
	Players    []Player // everybody who ever played, by name

	laws TournamentLaws
}

// Player is what the tournament knows about one agent.
type Player struct {
	Name       string
	Number     int // from 1, in the order in which they came
	Present    bool
	Score      int    // in all turns, of all its games
	Earned     int    // in the newest turn
	Cooperated int    // of its moves in that turn
	Games      []Game // with each other player, by its place among the players; with itself it plays none
}

// Game is one side of the game of two players.
type Game struct {
	Turns    int    // played
	Score    int    // of this side
	Defected int    // so often, by this side
	Moves    string // of this side, the newest ten, oldest first
	Next     string // its move until it makes another; "": to cooperate
}

// NewTournament makes a tournament before its first turn.
func NewTournament(laws TournamentLaws) *Tournament { return &Tournament{laws: laws} }

// Phases of a turn.
func (*Tournament) Phases() []string { return []string{phaseMove} }

// Enter lets an agent play, from now on, with everybody who is there.
func (t *Tournament) Enter(agent string) {
	i, known := t.find(agent)
	if !known {
		for j := range t.Players {
			t.Players[j].Games = slices.Insert(t.Players[j].Games, i, Game{})
		}
		p := Player{Name: agent, Number: len(t.Players) + 1, Games: make([]Game, len(t.Players)+1)}
		t.Players = slices.Insert(t.Players, i, p)
	}
	t.Players[i].Present = true
}

// Leave ends the games of an agent. What they have brought still counts.
func (t *Tournament) Leave(agent string) {
	if i, known := t.find(agent); known {
		t.Players[i].Present = false
	}
}

// Play is the action: a move in each game.
type Play struct {
	Moves []Choice `json:"moves" maxlen:"100" doc:"your move against each of the others; against whom you leave out you do as in the last turn, and cooperate in the first"`
}

// Choice is a move in one game.
type Choice struct {
	Against string `json:"against" maxlen:"64" doc:"the name of the other, or all: everybody who is not named"`
	Move    string `json:"move" enum:"C,D" doc:"C to cooperate, D to defect"`
}

// Noted is the outcome of a Play: in how many games there is a move. What comes of them is seen in the next turn.
type Noted struct {
	Games int `json:"games"`
}

// Play notes an agent's moves. They are held against those of the others when all have been made.
func (t *Tournament) Play(agent string, p Play) (Noted, error) {
	me, known := t.find(agent)
	if !known || !t.Players[me].Present {
		return Noted{}, outsider(agent)
	}
	next := make([]string, len(t.Players))
	rest := ""
	for _, c := range p.Moves {
		if c.Against == everybody && rest == "" {
			rest = c.Move
			continue
		}
		i := t.opponent(me, c.Against)
		switch {
		case c.Against == everybody || i >= 0 && next[i] != "":
			return Noted{}, environment.Refuse("twice", "%s is named twice", c.Against)
		case i < 0:
			return Noted{}, environment.Refuse("stranger", "%q; accepted are %s", c.Against, strings.Join(t.opponents(me), ", "))
		}
		next[i] = c.Move
	}
	n := Noted{}
	for i := range t.Players {
		if move := next[i]; move != "" {
			t.Players[me].Games[i].Next = move
			n.Games++
		} else if rest != "" && t.meets(me, i) {
			t.Players[me].Games[i].Next = rest
			n.Games++
		}
	}
	return n, nil
}

// meets says whether two places are players with a game that goes on.
func (t *Tournament) meets(i, j int) bool {
	return i != j && t.Players[i].Present && t.Players[j].Present
}

// opponent finds the place of who is known to a player by a name; -1: there is nobody.
func (t *Tournament) opponent(me int, name string) int {
	for i := range t.Players {
		if t.meets(me, i) && t.label(i) == name {
			return i
		}
	}
	return -1
}

// opponents are all that a player meets, by the names it knows.
func (t *Tournament) opponents(me int) (names []string) {
	for i := range t.Players {
		if t.meets(me, i) {
			names = append(names, t.label(i))
		}
	}
	return append(names, everybody)
}

// label is what others know a player by.
func (t *Tournament) label(i int) string {
	return label(t.Players[i].Name, t.Players[i].Number, t.laws.Masked)
}

func label(name string, number int, masked bool) string {
	if masked {
		return fmt.Sprintf("P%d", number)
	}
	return name
}

// Tick plays a turn of every game. Who has made no move does as in the last turn, or cooperates: moves stand until they
// are changed.
func (t *Tournament) Tick(string, *rand.Rand) {
	t.Turns++
	t.Moves, t.Cooperated, t.Mutual = 0, 0, 0
	for i := range t.Players {
		t.Players[i].Earned, t.Players[i].Cooperated = 0, 0
	}
	for i := range t.Players {
		for j := range i {
			if t.meets(i, j) {
				t.turn(&t.Players[i], &t.Players[j], &t.Players[i].Games[j], &t.Players[j].Games[i])
			}
		}
	}
}

// turn plays a turn of the game between two.
func (t *Tournament) turn(a, b *Player, ours, theirs *Game) {
	x, y := ours.move(), theirs.move()
	ours.score(a, x, payoff(x, y))
	theirs.score(b, y, payoff(y, x))
	t.Moves += 2
	for _, move := range []string{x, y} {
		if move == Cooperate {
			t.Cooperated++
		}
	}
	if x == Cooperate && y == Cooperate {
		t.Mutual++
	}
}

// move is what a side does now.
func (g *Game) move() string {
	if g.Next == Defect {
		return Defect
	}
	return Cooperate
}

// score counts what a move has brought.
func (g *Game) score(p *Player, move string, points int) {
	g.Turns++
	g.Score += points
	p.Score += points
	p.Earned += points
	if move == Defect {
		g.Defected++
	} else {
		p.Cooperated++
	}
	g.Moves += move
	g.Moves = g.Moves[max(0, len(g.Moves)-shown):]
}

// payoff of who moves x against y.
func payoff(x, y string) int {
	switch {
	case x == Cooperate && y == Cooperate:
		return Reward
	case x == Cooperate:
		return Sucker
	case y == Cooperate:
		return Temptation
	}
	return Punishment
}

// Done says that the last turn is over.
func (t *Tournament) Done() bool { return t.Turns >= t.laws.Turns }

// find gives an agent's place among the players, or where it would be.
func (t *Tournament) find(agent string) (int, bool) {
	return slices.BinarySearchFunc(t.Players, agent, func(p Player, name string) int { return strings.Compare(p.Name, name) })
}

// outsider is the refusal of an action by somebody who does not take part.
func outsider(name string) error {
	return environment.Refuse("outsider", "%s does not take part", name)
}
