package opinion

import (
	"encoding/json"
	"math"
	"math/rand/v2"

	"github.com/polis-agents/polis/environment"
)

// Laws are the parameters of a Forum. They are not part of its state.
type Laws struct {
	Model     string  // voter, degroot, hk or deffuant
	Graph     string  // who can meet: complete, ring or path
	Eps       float64 // hk: an agent hears those alone whose opinion is at most so far from its own; deffuant: what settles
	MaxSweeps int     // after which it ends
	Deaf      bool    // a null: nobody hears anybody
	Shuffled  bool    // a null: in each sweep agents have other neighbours
}

// Forum is where agents say what they think. In the first round everybody does; then they meet, sweep by sweep. Its exported
// fields are its state.
type Forum struct {
	Agents   []string  // everybody who ever took part, in the order in which they came
	Absent   []bool    // who has left, likewise
	Opinions []float64 // what each said last, likewise
	Spoken   []bool    // who has said anything, likewise
	Circle   []int     // graphs but complete: who has which place
	Where    []int     // likewise: by agent, its place
	Who      []int     // whose turns make up this round
	Whom     []int     // likewise: whom each of them hears; -1: all it can
	At       int       // whose turn it is, in Who; before the first -1
	Before   []float64 // what all thought when the sweep began, -1 of who had not said it; deffuant: what the first of the two did when they met
	Opened   bool      // everybody has said what it thinks
	Sweeps   int       // that are over
	Moved    float64   // how far anybody moved in this sweep
	Up       int       // voter: how many are at 1
	Agreed   bool      // voter: all are at the same
	Ended    int       // likewise: after so many meetings of the sweep that is Sweeps; 0: at the end of the one before

	laws   Laws
	place  map[string]int
	sorted *ranking // of Before; nil: not made yet
}

// NewForum makes a forum in which nobody takes part yet.
func NewForum(laws Laws) *Forum { return &Forum{At: -1, laws: laws, place: map[string]int{}} }

// Snapshot is the state. JSON in the order of the fields will do, and costs less than the canonical one.
func (f *Forum) Snapshot() ([]byte, error) { return json.Marshal(f) }

// Restore takes it back.
func (f *Forum) Restore(state []byte) error {
	again := Forum{laws: f.laws, place: map[string]int{}}
	if err := json.Unmarshal(state, &again); err != nil {
		return err
	}
	for i, name := range again.Agents {
		again.place[name] = i
	}
	*f = again
	return nil
}

// Enter lets an agent take part.
func (f *Forum) Enter(agent string) {
	if i, known := f.place[agent]; known {
		f.Absent[i] = false
		return
	}
	f.place[agent] = len(f.Agents)
	f.Circle, f.Where = append(f.Circle, len(f.Agents)), append(f.Where, len(f.Agents))
	f.Agents, f.Absent = append(f.Agents, agent), append(f.Absent, false)
	f.Opinions, f.Spoken = append(f.Opinions, 0), append(f.Spoken, false)
	f.Before = append(f.Before, -1)
}

// Leave lets an agent go, and its opinion with it.
func (f *Forum) Leave(agent string) {
	if i, known := f.place[agent]; known && !f.Absent[i] {
		if f.Spoken[i] && f.Opinions[i] == 1 {
			f.Up--
		}
		f.Absent[i], f.Spoken[i] = true, false
	}
}

// Hold is the action of saying what one thinks.
type Hold struct {
	Opinion float64 `json:"opinion" min:"0" max:"1" doc:"what you think now, from 0 to 1"`
}

// Held is its outcome.
type Held struct{}

// Hold notes what an agent thinks.
func (f *Forum) Hold(agent string, h Hold) (Held, error) {
	i, known := f.place[agent]
	x := h.Opinion
	switch {
	case !known || f.Absent[i] || f.Opened && !f.turnOf(i):
		return Held{}, environment.Refuse("not-now", "it is not %s's turn", agent)
	case !(x >= 0 && x <= 1) || f.laws.Model == voter && x != 0 && x != 1:
		return Held{}, environment.Refuse("no-opinion", "%v is no opinion; accepted is a number from 0 to 1, in the voter model 0 or 1", x)
	}
	if f.Spoken[i] {
		f.Moved = max(f.Moved, math.Abs(x-f.Opinions[i]))
		if f.Opinions[i] == 1 {
			f.Up--
		}
	}
	if x == 1 {
		f.Up++
	}
	f.Opinions[i], f.Spoken[i] = x, true
	if f.laws.Model == voter && f.Opened && !f.Agreed && f.united() {
		f.Agreed, f.Ended = true, f.At+1
	}
	return Held{}, nil
}

// united says that all votes are the same.
func (f *Forum) united() bool { return f.Up == 0 || f.Up == f.there() }

// there is how many take part.
func (f *Forum) there() (n int) {
	for _, absent := range f.Absent {
		if !absent {
			n++
		}
	}
	return n
}

// Tick ends a round. The first is that in which everybody says what it thinks.
func (f *Forum) Tick(string, *rand.Rand) {
	if f.sorted = nil; f.Opened {
		f.Sweeps++
	}
	f.Opened = true
	if f.laws.Model == voter && !f.Agreed && f.united() {
		f.Agreed = true
	}
	f.At, f.Who, f.Whom = -1, f.Who[:0], f.Whom[:0]
}

// Done says that nobody will move any more, or that there is no more time, or nobody to meet.
func (f *Forum) Done() bool {
	if !f.Opened {
		return false
	}
	settled := false
	switch f.laws.Model {
	case voter:
		settled = f.Agreed
	case deffuant:
		settled = f.settled()
	default:
		settled = f.Sweeps > 0 && f.Moved < still
	}
	return settled || f.Sweeps >= f.laws.MaxSweeps || f.there() < 2
}

// Define makes the forum an environment.
func Define(laws Laws) *environment.Definition {
	d := environment.Define(func() *Forum { return NewForum(laws) }, (*Forum).Perceive)
	environment.AddAction(d, "hold", "Say what you think.", (*Forum).Hold)
	d.Properties = properties
	return d
}
