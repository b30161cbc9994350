package dilemma

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/polis-agents/polis/environment"
)

// Phases of a turn of the public good. Without punishment there is only the first.
const (
	phaseContribute = "contribute" // all at the same time
	phasePunish     = "punish"     // all have seen who gave what
)

// What a point of punishment costs, in units: those of Fehr and Gächter 2002. In their experiment of 2000 a point took a
// tenth of the income of whom it hit, and cost ever more: 1, 2, 4, 6, 9, … units for 1, 2, 3, 4, 5, … points.
const (
	CostOfPoint = 1  // to who gives it
	FineOfPoint = 3  // to whom it hits
	MostPoints  = 10 // of one for another, in a turn
)

// unit is one unit of payoff in hundredths: payoffs are counted in whole numbers, so that they are the same everywhere.
const unit = 100

// GroupLaws are the parameters of a group. They are not part of its state.
type GroupLaws struct {
	Turns     int  // after which it ends
	Endowment int  // units that each member gets every turn
	Return    int  // hundredths of a unit that each member gets for each unit in the pool
	Punish    bool // members may punish each other
	Alone     bool // they see nothing of what the others do, nor what came of it
	NoPast    bool // they are told nothing of turns that are over: each is as the first
	Masked    bool // members know each other by numbers, "P3", and not by their names, which tell how they decide
}

// Group is the world of the public good: its exported fields are its state.
type Group struct {
	Turns   int      // that are over
	Opened  int      // the newest turn in which all have contributed
	Pool    int      // units given in that turn
	Points  int      // of punishment, given in that turn
	Members []Member // everybody who was ever in it, by name

	laws GroupLaws
}

// Member is what the group knows about one agent. Earned and Total are in hundredths of a unit.
type Member struct {
	Name     string
	Number   int // from 1, in the order in which they came
	Present  bool
	Gives    int    // units, in the present turn: nobody but the group sees it
	Fines    []Fine // that it wants, in the present turn: likewise
	Gave     int    // units, in the newest turn in which all have contributed
	Received int    // points of punishment that it got in that turn
	Earned   int    // in that turn
	Given    int    // units, in all turns
	Total    int    // earned in all turns
	Turns    int    // it took part in
}

// NewGroup makes a group before its first turn.
func NewGroup(laws GroupLaws) *Group { return &Group{laws: laws} }

// Phases of a turn.
func (g *Group) Phases() []string {
	if g.laws.Punish {
		return []string{phaseContribute, phasePunish}
	}
	return []string{phaseContribute}
}

// Enter lets an agent be a member.
func (g *Group) Enter(agent string) {
	i, known := g.find(agent)
	if !known {
		g.Members = slices.Insert(g.Members, i, Member{Name: agent, Number: len(g.Members) + 1})
	}
	g.Members[i].Present = true
}

// Leave notes that an agent is gone. What it has given and earned still counts.
func (g *Group) Leave(agent string) {
	if i, known := g.find(agent); known {
		m := &g.Members[i]
		m.Present, m.Gives, m.Fines = false, 0, nil
	}
}

// Contribute is the action of the first phase.
type Contribute struct {
	Units int `json:"units" min:"0" doc:"how much of your endowment you give to the pool; you keep the rest"`
}

// Given is the outcome of a Contribute. What the others give is seen when all have given.
type Given struct {
	Units int `json:"units"`
}

// Contribute notes what an agent gives.
func (g *Group) Contribute(agent string, c Contribute) (Given, error) {
	i, known := g.find(agent)
	switch {
	case !known || !g.Members[i].Present:
		return Given{}, outsider(agent)
	case c.Units > g.laws.Endowment:
		return Given{}, environment.Refuse("beyond-endowment", "%d units; accepted are 0 to %d", c.Units, g.laws.Endowment)
	}
	g.Members[i].Gives = c.Units
	return Given(c), nil
}

// Punish is the action of the second phase.
type Punish struct {
	Fines []Fine `json:"fines" maxlen:"200" doc:"whom you punish, and by how many points: each costs you 1 unit, and who gets it 3"`
}

// Fine is what one gets from another.
type Fine struct {
	Who    string `json:"who" maxlen:"64" doc:"the name of another member"`
	Points int    `json:"points" min:"1" max:"10" doc:"points of punishment"`
}

// Punished is the outcome of a Punish: what it costs. What the others do is seen in the next turn.
type Punished struct {
	Cost int `json:"cost"` // units
}

// Punish notes whom an agent punishes.
func (g *Group) Punish(agent string, p Punish) (Punished, error) {
	i, known := g.find(agent)
	if !known || !g.Members[i].Present {
		return Punished{}, outsider(agent)
	}
	fines := make([]Fine, 0, len(p.Fines))
	hit := map[int]bool{}
	points := 0
	for _, f := range p.Fines {
		j := g.other(i, f.Who)
		switch {
		case j < 0:
			return Punished{}, environment.Refuse("stranger", "%q; accepted are %s", f.Who, strings.Join(g.others(i), ", "))
		case hit[j]:
			return Punished{}, environment.Refuse("twice", "%s is named twice", f.Who)
		}
		hit[j] = true
		points += f.Points
		fines = append(fines, Fine{g.Members[j].Name, f.Points})
	}
	g.Members[i].Fines = fines
	return Punished{CostOfPoint * points}, nil
}

// other finds the place of who is known to a member by a name; -1: there is nobody.
func (g *Group) other(me int, name string) int {
	for i := range g.Members {
		if i != me && g.Members[i].Present && g.label(i) == name {
			return i
		}
	}
	return -1
}

func (g *Group) others(me int) (names []string) {
	for i := range g.Members {
		if i != me && g.Members[i].Present {
			names = append(names, g.label(i))
		}
	}
	return names
}

// label is what others know a member by.
func (g *Group) label(i int) string {
	return label(g.Members[i].Name, g.Members[i].Number, g.laws.Masked)
}

// Tick pays out the pool when all have contributed, and carries out what punishment is wanted when all have seen it.
func (g *Group) Tick(phase string, _ *rand.Rand) {
	if phase == phaseContribute {
		g.payOut()
	} else {
		g.fine()
	}
	if phase == phaseContribute && g.laws.Punish {
		return
	}
	for i := range g.Members {
		if m := &g.Members[i]; m.Present {
			m.Total += m.Earned
			m.Turns++
		}
	}
	g.Turns++
}

// payOut pays everybody what it has kept, and its return on the pool. Who has not contributed has given nothing.
func (g *Group) payOut() {
	g.Opened, g.Pool, g.Points = g.Turns+1, 0, 0
	for i := range g.Members {
		m := &g.Members[i]
		m.Gave, m.Gives = m.Gives, 0
		m.Received, m.Earned = 0, 0
		m.Given += m.Gave
		g.Pool += m.Gave
	}
	for i := range g.Members {
		if m := &g.Members[i]; m.Present {
			m.Earned = unit*(g.laws.Endowment-m.Gave) + g.laws.Return*g.Pool
		}
	}
}

// fine carries out all punishment at once. What is earned may fall below nothing.
func (g *Group) fine() {
	for i := range g.Members {
		by := &g.Members[i]
		for _, f := range by.Fines {
			if j, known := g.find(f.Who); known && g.Members[j].Present {
				of := &g.Members[j]
				by.Earned -= unit * CostOfPoint * f.Points
				of.Received += f.Points
				of.Earned -= unit * FineOfPoint * f.Points
				g.Points += f.Points
			}
		}
		by.Fines = nil
	}
}

// Done says that the last turn is over.
func (g *Group) Done() bool { return g.Turns >= g.laws.Turns }

// find gives an agent's place among the members, or where it would be.
func (g *Group) find(agent string) (int, bool) {
	return slices.BinarySearchFunc(g.Members, agent, func(m Member, name string) int { return strings.Compare(m.Name, name) })
}
