package commons

import (
	"math/rand/v2"
	"slices"
)

// Split is how the fish are shared out when more is asked for than is there. No unit is lost in either way, and
// nobody gets more than asked for.
type Split string

const (
	// Random gives each ton to a random one of those who still want more, as the original does.
	Random Split = "random"
	// RoundRobin gives a ton to each in turn who still wants more, by name, so that catches are known exactly.
	RoundRobin Split = "round-robin"
)

// share gives each demand its part of a stock of so many tons.
func (s Split) share(stock int, demands []int, r *rand.Rand) []int {
	sum := 0
	var wanting []int // places of those who want more
	for i, d := range demands {
		sum += d
		if d > 0 {
			wanting = append(wanting, i)
		}
	}
	if sum <= stock {
		return demands
	}
	catches := make([]int, len(demands))
	for at := 0; stock > 0; stock-- {
		if s == Random {
			at = r.IntN(len(wanting))
		}
		i := wanting[at]
		catches[i]++
		if catches[i] == demands[i] {
			wanting = slices.Delete(wanting, at, at+1)
		} else {
			at++
		}
		if at >= len(wanting) {
			at = 0
		}
	}
	return catches
}
