package jury

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/polis-agents/polis/environment"
)

// Phases of a case. Between them are those of talk: "talk-1", "talk-2", ….
const (
	PhaseDeal = "deal" // the evidence is drawn
	PhaseVote = "vote" // all vote at once
	talk      = "talk-"
)

// The two sides that a case can be decided for.
const (
	SideA = "A"
	SideB = "B"
)

var sides = [2]string{SideA, SideB}

// Laws are the parameters of a Court. They are not part of its state.
type Laws struct {
	Cases       int     // after which it ends
	Phases      int     // of talk in a case; 0: there is none, and jurors do not know of each other
	Shared      int     // clues that everybody has; they point to the wrong side
	Own         int     // clues that one juror has alone
	Reliability float64 // chance that one of these points to the right side
	InTurn      bool    // in a phase of talk one juror has the floor, by name
}

// Court is the world: cases, evidence and votes. Its exported fields are its state.
type Court struct {
	Jurors  []Juror // everybody who ever sat here, by name
	Case    int     // the present one, from 1; 0: none yet
	Truth   int     // the right side of it: an index of sides
	Decided int     // cases that are decided
	Right   int     // of which for the right side
	Votes   int     // in all cases
	Sound   int     // of which for the right side
	Shown   int     // clues that the court has shown to jurors, in all cases
	Last    Verdict // of the newest case

	laws Laws
}

// Juror is what the court knows about one agent.
type Juror struct {
	Name   string
	Seated bool   // it has entered and not left
	Clues  []Clue // its evidence in the present case
	Vote   int    // in the present case: an index of sides; -1: none yet
}

// Clue is a piece of evidence. Those with the same number are the same.
type Clue struct {
	Fact int    `json:"fact"`
	For  string `json:"for"` // the side that it points to
}

// Verdict is what became of a case.
type Verdict struct {
	A, B  int  // votes
	Right bool // it was decided for the right side
}

// NewCourt makes a court before its first case.
func NewCourt(laws Laws) *Court { return &Court{laws: laws} }

// Phases of a case.
func (c *Court) Phases() []string {
	phases := []string{PhaseDeal}
	for i := range c.laws.Phases {
		phases = append(phases, fmt.Sprint(talk, i+1))
	}
	return append(phases, PhaseVote)
}

// Enter lets a juror sit; it has no evidence before the next case.
func (c *Court) Enter(agent string) {
	i, known := c.find(agent)
	if !known {
		c.Jurors = slices.Insert(c.Jurors, i, Juror{Name: agent, Vote: -1})
	}
	c.Jurors[i].Seated = true
}

// Leave notes that a juror is gone. A vote that it has given counts.
func (c *Court) Leave(agent string) {
	if i, known := c.find(agent); known {
		c.Jurors[i].Seated = false
	}
}

func (c *Court) find(agent string) (int, bool) {
	return slices.BinarySearchFunc(c.Jurors, agent, func(j Juror, name string) int {
		switch {
		case j.Name < name:
			return -1
		case j.Name > name:
			return 1
		}
		return 0
	})
}

// Vote is the action.
type Vote struct {
	For string `json:"for" enum:"A,B" doc:"the side that you think is right"`
}

// Noted is its outcome. Which side is right is never told.
type Noted struct{}

// Vote notes a juror's vote.
func (c *Court) Vote(agent string, v Vote) (Noted, error) {
	i, known := c.find(agent)
	side := slices.Index(sides[:], v.For)
	switch {
	case !known || !c.Jurors[i].Seated:
		return Noted{}, environment.Refuse("stranger", "%s does not sit here", agent)
	case len(c.Jurors[i].Clues) == 0:
		return Noted{}, environment.Refuse("no-evidence", "%s came after the evidence was shown", agent)
	case side < 0:
		return Noted{}, environment.Refuse("unknown-side", "%q is no side; accepted are A and B", v.For)
	}
	c.Jurors[i].Vote = side
	return Noted{}, nil
}

// Tick draws the evidence, and decides when all have voted.
func (c *Court) Tick(phase string, r *rand.Rand) {
	switch phase {
	case PhaseDeal:
		c.deal(r)
	case PhaseVote:
		c.decide(r)
	}
}

// deal draws a case: the right side, and the evidence of everybody.
func (c *Court) deal(r *rand.Rand) {
	c.Case, c.Truth = c.Case+1, r.IntN(2)
	for i := range c.Jurors {
		j := &c.Jurors[i]
		j.Vote, j.Clues = -1, nil
		if !j.Seated {
			continue
		}
		for k := range c.laws.Shared {
			j.Clues = append(j.Clues, Clue{k + 1, sides[1-c.Truth]})
		}
		for k := range c.laws.Own {
			side := c.Truth
			if r.Float64() >= c.laws.Reliability {
				side = 1 - side
			}
			j.Clues = append(j.Clues, Clue{c.laws.Shared + i*c.laws.Own + k + 1, sides[side]})
		}
		c.Shown += len(j.Clues)
	}
}

// decide counts the votes. A tie, and a case in which nobody voted, is decided by a fair coin.
func (c *Court) decide(r *rand.Rand) {
	var votes [2]int
	for _, j := range c.Jurors {
		if j.Vote >= 0 {
			votes[j.Vote]++
		}
	}
	winner := 0
	switch {
	case votes[1] > votes[0]:
		winner = 1
	case votes[1] == votes[0]:
		winner = r.IntN(2)
	}
	c.Decided++
	c.Votes, c.Sound = c.Votes+votes[0]+votes[1], c.Sound+votes[c.Truth]
	if c.Last = (Verdict{votes[0], votes[1], winner == c.Truth}); c.Last.Right {
		c.Right++
	}
}

// Done says that all cases are decided.
func (c *Court) Done() bool { return c.Decided >= c.laws.Cases }

// View is what a juror can sense: its own evidence, and who else sits there, if they may talk.
type View struct {
	Name   string   `json:"name"`
	Case   int      `json:"case"`
	Clues  []Clue   `json:"clues,omitempty"`  // its own
	Others []string `json:"others,omitempty"` // who can be spoken to
	Floor  string   `json:"floor,omitempty"`  // the phase of talk in which it may speak; empty: in each
}

// Perceive gives what one juror can sense.
func (c *Court) Perceive(agent string) View {
	i, known := c.find(agent)
	if !known || len(c.Jurors[i].Clues) == 0 {
		return View{Name: agent}
	}
	v := View{Name: agent, Case: c.Case, Clues: c.Jurors[i].Clues}
	if c.laws.Phases == 0 {
		return v
	}
	for k, j := range c.Jurors {
		if j.Seated && k != i {
			v.Others = append(v.Others, j.Name)
		}
	}
	if c.laws.InTurn {
		v.Floor = fmt.Sprint(talk, i+1)
	}
	return v
}

// Variables describe the case that ended.
func (c *Court) Variables() []environment.Variable {
	right := 0.0
	if c.Last.Right {
		right = 1
	}
	return []environment.Variable{{Name: varRight, Value: right}, {Name: varA, Value: float64(c.Last.A)}, {Name: varB, Value: float64(c.Last.B)}}
}

// AgentVariables describe one juror: its vote in the case that ended, 0 for A and 1 for B.
func (c *Court) AgentVariables(agent string) []environment.Variable {
	if i, known := c.find(agent); known && c.Jurors[i].Vote >= 0 {
		return []environment.Variable{{Name: varVote, Value: float64(c.Jurors[i].Vote)}}
	}
	return nil
}

// Names of what the court shows to observers.
const (
	varRight = "right"
	varA     = "for_A"
	varB     = "for_B"
	varVote  = "vote"
)
