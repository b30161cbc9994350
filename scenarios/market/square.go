package market

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Laws are the parameters of a market. They are not part of its state.
type Laws struct {
	Tasks  int         // to be done, named 0, 1, …
	Costs  [][]float64 // of each contractor, in the order of their names, for each task; nil: drawn, Exp(1)
	Each   int         // tasks that one contractor can do
	Buyer  string      // the name of the agent that has the tasks
	Rounds int         // after which it ends
}

// Square is the world: its exported fields are its state.
type Square struct {
	Traders []Trader // the contractors, by name
	Works   []Work   // what is done, in order
	Rounds  int      // that are over
	Quiet   int      // of these, in a row, those in which nothing was done

	laws Laws
}

// Trader is what the world knows of a contractor.
type Trader struct {
	Name  string
	Costs []float64
	Left  int // tasks that it can still do
}

// Work is a task that is done.
type Work struct {
	Task int
	By   string
	Cost float64
}

// NewSquare makes a market in which nothing is done yet.
func NewSquare(laws Laws) *Square { return &Square{laws: laws} }

// Tick makes the costs of those who have none.
func (q *Square) Tick(_ string, r *rand.Rand) {
	q.Rounds++
	q.Quiet++
	for i := range q.Traders {
		t := &q.Traders[i]
		if t.Costs != nil {
			continue
		}
		for range q.laws.Tasks {
			t.Costs = append(t.Costs, r.ExpFloat64())
		}
	}
}

// Enter lets an agent trade.
func (q *Square) Enter(agent string) {
	i, known := q.find(agent)
	if known || agent == q.laws.Buyer {
		return
	}
	t := Trader{Name: agent, Left: q.laws.Each}
	if n := len(q.Traders); q.laws.Costs != nil && n < len(q.laws.Costs) {
		t.Costs = q.laws.Costs[n]
	}
	q.Traders = slices.Insert(q.Traders, i, t)
}

// Leave notes that an agent is gone: it can do nothing any more.
func (q *Square) Leave(agent string) {
	if i, known := q.find(agent); known {
		q.Traders[i].Left = 0
	}
}

func (q *Square) find(agent string) (int, bool) {
	return slices.BinarySearchFunc(q.Traders, agent, func(t Trader, name string) int { return strings.Compare(t.Name, name) })
}

// View is what an agent senses: the buyer which of its tasks are done, a contractor what each task would cost it and for
// how many it has time.
type View struct {
	Done  []int     `json:"done,omitempty" doc:"of the buyer: which tasks are done"`
	Tasks int       `json:"tasks" doc:"how many tasks there are, named from 0 on"`
	Costs []float64 `json:"costs,omitempty" doc:"of a contractor: what each task would cost you"`
	Left  int       `json:"left" doc:"of a contractor: how many tasks you have time for"`
}

// Perceive is what an agent senses.
func (q *Square) Perceive(agent string) View {
	v := View{Tasks: q.laws.Tasks}
	if agent == q.laws.Buyer {
		for _, w := range q.Works {
			v.Done = append(v.Done, w.Task)
		}
		return v
	}
	if i, known := q.find(agent); known {
		v.Costs, v.Left = q.Traders[i].Costs, q.Traders[i].Left
	}
	return v
}

// Perform is the action: a contractor does a task. The cost is its own.
type Perform struct {
	Task int `json:"task" min:"0" doc:"the number of the task"`
}

// Perform does a task, once.
func (q *Square) Perform(agent string, p Perform) (Work, error) {
	i, known := q.find(agent)
	switch {
	case !known:
		return Work{}, refusal{"stranger", agent + " is no contractor"}
	case p.Task >= q.laws.Tasks:
		return Work{}, refusal{"no-such-task", fmt.Sprintf("task %d; there are %d, from 0 on", p.Task, q.laws.Tasks)}
	case slices.ContainsFunc(q.Works, func(w Work) bool { return w.Task == p.Task }):
		return Work{}, refusal{"done", fmt.Sprintf("task %d is done", p.Task)}
	case q.Traders[i].Left == 0 || q.Traders[i].Costs == nil:
		return Work{}, refusal{"no-time", agent + " has no time left"}
	}
	q.Traders[i].Left--
	w := Work{p.Task, agent, q.Traders[i].Costs[p.Task]}
	q.Works, q.Quiet = append(q.Works, w), 0
	return w, nil
}

// grace is for how many rounds people stay when all is done: the last must tell the buyer, who must hear it.
const grace = 4

// Done says that all tasks are done and told, or time is over.
func (q *Square) Done() bool {
	return len(q.Works) >= q.laws.Tasks && q.Quiet >= grace || q.Rounds >= q.laws.Rounds
}

// refusal is why an action was refused.
type refusal struct{ code, text string }

func (r refusal) Error() string { return r.text }

// Reason is the code of the refusal.
func (r refusal) Reason() string { return r.code }
