package market

import "math"

// optimum is the least that doing each task once can cost, when each contractor does at most so many: the assignment of Kuhn
// (1955), by shortest augmenting paths (Jonker and Volgenant 1987), in O(n³). costs are those of each contractor for each
// task; the tasks must fit.
func optimum(costs [][]float64, each int) float64 {
	if len(costs) == 0 {
		return 0
	}
	tasks := len(costs[0])
	columns := len(costs) * each
	owner := func(column int) []float64 { return costs[(column-1)/each] }
	u, v := make([]float64, tasks+1), make([]float64, columns+1)
	match, way := make([]int, columns+1), make([]int, columns+1)
	for task := 1; task <= tasks; task++ {
		match[0] = task
		column := 0
		least, used := make([]float64, columns+1), make([]bool, columns+1)
		for j := range least {
			least[j] = math.Inf(1)
		}
		for match[column] != 0 {
			used[column] = true
			row, next, delta := match[column], 0, math.Inf(1)
			for j := 1; j <= columns; j++ {
				if used[j] {
					continue
				}
				if reduced := owner(j)[row-1] - u[row] - v[j]; reduced < least[j] {
					least[j], way[j] = reduced, column
				}
				if least[j] < delta {
					delta, next = least[j], j
				}
			}
			for j := 0; j <= columns; j++ {
				if used[j] {
					u[match[j]] += delta
					v[j] -= delta
				} else {
					least[j] -= delta
				}
			}
			column = next
		}
		for column != 0 {
			match[column] = match[way[column]]
			column = way[column]
		}
	}
	return -v[0]
}

// central is what a dispatcher comes to who knows all costs and gives each task, in order, to the cheapest who has time.
func central(costs [][]float64, each int) (cost float64) {
	if len(costs) == 0 {
		return 0
	}
	left := make([]int, len(costs))
	for i := range left {
		left[i] = each
	}
	for task := range costs[0] {
		best := -1
		for i := range costs {
			if left[i] > 0 && (best < 0 || costs[i][task] < costs[best][task]) {
				best = i
			}
		}
		if best < 0 {
			return cost
		}
		left[best]--
		cost += costs[best][task]
	}
	return cost
}

// chance is what giving the tasks out at random costs on average, when there are as many places as the contractors have time for.
func chance(costs [][]float64) (cost float64) {
	for _, row := range costs {
		for _, c := range row {
			cost += c / float64(len(costs))
		}
	}
	return cost
}
