package social

import (
	"fmt"
	"math"
)

// Labour is how work is divided: the mutual information of agents and tasks, and its three normal forms, each 0 to 1
// (Gorelick, Bertram, Killeen and Fewell 2004).
type Labour struct {
	Information float64 // I(agent; task), bits
	Agents      float64 // H(agent), bits
	Tasks       float64 // H(task), bits
	Specialised float64 // I/H(task): how far individuals specialise
	Split       float64 // I/H(agent): how far tasks are split among individuals
	Symmetric   float64 // I/sqrt(H(task) H(agent)): both
	N           float64 // how much work was counted
}

// DivisionOfLabour measures counts[i][j], how often agent i did task j. Plug-in: the information is biased up by about
// (agents-1)(tasks-1)/(2N ln 2) bits, so hold it against permuted task labels. When all work is of one task, or of one
// agent, nothing can be divided: the forms that divide by that entropy are 0, with a Warning. O(agents x tasks).
func DivisionOfLabour[C Count](counts [][]C) (Labour, error) {
	if len(counts) == 0 || len(counts[0]) == 0 {
		return Labour{}, fmt.Errorf("social: no counts; accepted is an agent or more with a task or more")
	}
	var l Labour
	tasks := len(counts[0])
	flat := make([]C, 0, len(counts)*tasks)
	for i, row := range counts {
		if len(row) != tasks {
			return Labour{}, fmt.Errorf("social: agent %d has %d tasks; accepted is %d, as for agent 1", i+1, len(row), tasks)
		}
		flat = append(flat, row...)
		for _, c := range row {
			l.N += float64(c)
		}
	}
	joint, err := shares("counts", flat)
	if err != nil {
		return Labour{}, err
	}
	if err := amount("sum of counts", l.N, 0); err != nil {
		return Labour{}, err
	}
	agent, task := make([]float64, len(counts)), make([]float64, tasks)
	for k, p := range joint {
		agent[k/tasks] += p
		task[k%tasks] += p
	}
	for k, p := range joint {
		if p > 0 {
			l.Information += p * math.Log2(p/(agent[k/tasks]*task[k%tasks]))
		}
	}
	l.Information = max(0, l.Information) // rounding: it is never negative
	l.Agents, l.Tasks = entropy(agent), entropy(task)
	l.Specialised, l.Split = ratio(l.Information, l.Tasks), ratio(l.Information, l.Agents)
	l.Symmetric = ratio(l.Information, math.Sqrt(l.Tasks*l.Agents))
	switch {
	case len(positives(agent)) == 1:
		return l, Warning("one agent did all the work: nothing to divide, indices are taken as 0")
	case len(positives(task)) == 1:
		return l, Warning("all work is of one task: nothing to divide, indices are taken as 0")
	}
	return l, nil
}

// ratio is a/b, and 0 where b is 0.
func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}

// positives are those above zero.
func positives(p []float64) []float64 {
	var some []float64
	for _, x := range p {
		if x > 0 {
			some = append(some, x)
		}
	}
	return some
}
