package schelling

import (
	"encoding/json"
	"math/rand/v2"

	"github.com/polis-agents/polis/environment"
)

// Laws are the parameters of a Grid. They are not part of its state.
type Laws struct {
	Width    int     // of the torus, in cells
	Agents   int     // how many live there at most
	Wanted   float64 // share of one's neighbours that shall be of one's kind: what is measured, not what agents decide by
	MaxTicks int     // after which it ends
	Blind    bool    // agents do not see each other
}

// Grid is a torus of cells, of which each has eight neighbours and holds one agent at most. Agents settle in the first
// round, all on cells drawn anew, and move from then on. Its exported fields are its state.
type Grid struct {
	Agents []string // who lives here, in the order in which they came; kinds take turns
	Absent []bool   // who has left, likewise
	Cells  []int    // by cell, row by row: the agent's number plus one; 0: nobody
	At     []int    // by agent: its cell; -1: it has none yet
	Empty  []int    // cells without an agent
	Asked  []int    // agents that want to move this round, in the order in which they said so
	Ticks  int      // rounds in which agents could move
	Calm   bool     // nobody was unhappy when the last round ended

	laws  Laws
	place map[string]int
}

// NewGrid makes an empty grid.
func NewGrid(laws Laws) *Grid {
	g := &Grid{Cells: make([]int, laws.Width*laws.Width), laws: laws, place: map[string]int{}}
	for cell := range g.Cells {
		g.Empty = append(g.Empty, cell)
	}
	return g
}

// Snapshot is the state.
func (g *Grid) Snapshot() ([]byte, error) { return json.Marshal(g) }

// Restore takes it back.
func (g *Grid) Restore(state []byte) error {
	again := Grid{laws: g.laws, place: map[string]int{}}
	if err := json.Unmarshal(state, &again); err != nil {
		return err
	}
	for i, name := range again.Agents {
		again.place[name] = i
	}
	*g = again
	return nil
}

// Enter lets an agent in; it has no cell before the round is over.
func (g *Grid) Enter(agent string) {
	if i, known := g.place[agent]; known {
		g.Absent[i] = false
		return
	}
	g.place[agent] = len(g.Agents)
	g.Agents, g.Absent, g.At = append(g.Agents, agent), append(g.Absent, false), append(g.At, -1)
}

// Leave empties an agent's cell.
func (g *Grid) Leave(agent string) {
	i, known := g.place[agent]
	if !known || g.Absent[i] {
		return
	}
	g.Absent[i] = true
	if cell := g.At[i]; cell >= 0 {
		g.Cells[cell], g.At[i] = 0, -1
		g.Empty = append(g.Empty, cell)
	}
}

// View is what an agent can sense: its own neighbourhood.
type View struct {
	Settled   bool `json:"settled"`   // it has a cell
	Neighbors int  `json:"neighbors"` // agents on the eight cells around it
	Similar   int  `json:"similar"`   // those of them of its own kind
}

// Perceive gives what one agent can sense.
func (g *Grid) Perceive(agent string) View {
	i, known := g.place[agent]
	if !known || g.At[i] < 0 {
		return View{}
	}
	if g.laws.Blind {
		return View{Settled: true}
	}
	similar, neighbors := g.around(i)
	return View{Settled: true, Neighbors: neighbors, Similar: similar}
}

// around counts an agent's neighbours.
func (g *Grid) around(i int) (similar, neighbors int) {
	w := g.laws.Width
	x, y := g.At[i]%w, g.At[i]/w
	for dy := w - 1; dy <= w+1; dy++ {
		for dx := w - 1; dx <= w+1; dx++ {
			if dx == w && dy == w {
				continue
			}
			if other := g.Cells[(y+dy)%w*w+(x+dx)%w] - 1; other >= 0 {
				neighbors++
				if other%2 == i%2 {
					similar++
				}
			}
		}
	}
	return similar, neighbors
}

// Move is the action: to another cell, wherever that is.
type Move struct{}

// Moving is its outcome: it is done when the round ends.
type Moving struct{}

// refusal is what the grid says no to.
type refusal struct{ reason, text string }

func (r refusal) Error() string  { return r.text }
func (r refusal) Reason() string { return r.reason }

// Move notes that an agent wants another cell.
func (g *Grid) Move(agent string, _ Move) (Moving, error) {
	i, known := g.place[agent]
	switch {
	case !known:
		return Moving{}, refusal{"stranger", "you do not live here"}
	case g.At[i] < 0:
		return Moving{}, refusal{"not-settled", "you have no cell yet: everybody is given one when the round ends"}
	}
	g.Asked = append(g.Asked, i)
	return Moving{}, nil
}

// Tick gives everybody a cell in the first round, and those who come later; then those who asked move, in an order drawn
// anew, each to a uniformly random empty cell: also one that another has just left.
func (g *Grid) Tick(_ string, r *rand.Rand) {
	settled := false
	for i := range g.Agents {
		if g.At[i] < 0 && !g.Absent[i] {
			settled = true
			g.put(i, r)
		}
	}
	if !settled {
		g.Ticks++
	}
	r.Shuffle(len(g.Asked), func(i, j int) { g.Asked[i], g.Asked[j] = g.Asked[j], g.Asked[i] })
	for _, i := range g.Asked {
		if !g.Absent[i] {
			g.put(i, r)
		}
	}
	g.Asked = g.Asked[:0]
	g.Calm = g.unhappy() == 0
}

// put moves an agent to a random empty cell. Its own is not among them.
func (g *Grid) put(i int, r *rand.Rand) {
	if len(g.Empty) == 0 {
		return
	}
	k := r.IntN(len(g.Empty))
	to := g.Empty[k]
	if from := g.At[i]; from >= 0 {
		g.Cells[from], g.Empty[k] = 0, from
	} else {
		g.Empty[k] = g.Empty[len(g.Empty)-1]
		g.Empty = g.Empty[:len(g.Empty)-1]
	}
	g.Cells[to], g.At[i] = i+1, to
}

// happy says whether enough neighbours are similar. Who has none has none of the other kind either.
func happy(similar, neighbors int, wanted float64) bool {
	return float64(similar) >= wanted*float64(neighbors)
}

// unhappy counts those who have fewer of their kind around them than is wanted.
func (g *Grid) unhappy() (n int) {
	for i := range g.Agents {
		if g.At[i] < 0 {
			continue
		}
		if similar, neighbors := g.around(i); !happy(similar, neighbors, g.laws.Wanted) {
			n++
		}
	}
	return n
}

// Similar is how many neighbours are of one's own kind, of all neighbours of all agents: 0..1; 0 when nobody has any.
func (g *Grid) Similar() float64 {
	all, same := 0, 0
	for i := range g.Agents {
		if g.At[i] >= 0 {
			similar, neighbors := g.around(i)
			all, same = all+neighbors, same+similar
		}
	}
	return float64(same) / float64(max(1, all))
}

// Done says that nobody is unhappy, or that there is no more time. Blind agents do not know: they have all the time there is.
func (g *Grid) Done() bool {
	return g.settledAll() && (g.Calm && !g.laws.Blind || g.Ticks >= g.laws.MaxTicks)
}

// settledAll says whether everybody has a cell.
func (g *Grid) settledAll() bool {
	for i := range g.Agents {
		if g.At[i] < 0 && !g.Absent[i] {
			return false
		}
	}
	return true
}

// Metrics measures the grid as it is.
func (g *Grid) Metrics() map[string]float64 {
	m := map[string]float64{Similar: g.Similar(), Ticks: float64(g.Ticks), Converged: 0}
	if g.Calm {
		m[Converged] = 1
	}
	return m
}

// Variables describe the grid at the end of a round.
func (g *Grid) Variables() []environment.Variable {
	return []environment.Variable{{Name: varSimilar, Value: g.Similar()}, {Name: varUnhappy, Value: float64(g.unhappy())}}
}

// AgentVariables describe nobody: there are too many, and what they have is in the sums.
func (g *Grid) AgentVariables(string) []environment.Variable { return nil }
