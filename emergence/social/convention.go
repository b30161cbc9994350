package social

import (
	"fmt"
	"maps"
	"slices"
)

// Convention is how far the agents of one round agree on a word.
type Convention struct {
	Distinct int     // words in use
	Dominant int     // the word most in use; of several the smallest
	Share    float64 // share of agents that use it, 1/n..1
	Entropy  float64 // of the words in use, plug-in, in bits; 0: all agree
	Strength float64 // chance that two agents, drawn with replacement, use the same word: 1 all agree, 1/W with W words used alike
}

// ConventionOf counts the words of one round: choices holds what each agent uses, any number standing for a word. The
// strength is the success rate to be expected of two agents that meet (Ashery, Aiello and Baronchelli 2025); it is the
// sum of squared shares, plug-in, biased up by about (1-Strength)/n. O(n log n).
func ConventionOf(choices []int) (Convention, error) {
	if len(choices) == 0 {
		return Convention{}, fmt.Errorf("social: no choices; accepted is one or more")
	}
	counts := map[int]int{}
	for _, w := range choices {
		counts[w]++
	}
	c := Convention{Distinct: len(counts)}
	most, p := 0, make([]float64, 0, len(counts))
	for _, w := range slices.Sorted(maps.Keys(counts)) { // in order: sums must not depend on a map
		share := float64(counts[w]) / float64(len(choices))
		p = append(p, share)
		c.Strength += share * share
		if counts[w] > most {
			most, c.Dominant, c.Share = counts[w], w, share
		}
	}
	c.Entropy = entropy(p)
	return c, nil
}

// Inventories counts words where an agent may hold several, as in the naming game (Baronchelli et al. 2006): distinct
// is N_d, the number of different words, total is N_w, the summed sizes. A word twice in one inventory is refused. Any
// inventory may be empty. O(N_w).
func Inventories(words [][]int) (distinct, total int, err error) {
	if len(words) == 0 {
		return 0, 0, fmt.Errorf("social: no inventories; accepted is one or more")
	}
	all := map[int]bool{}
	for i, inventory := range words {
		own := make(map[int]bool, len(inventory))
		for _, w := range inventory {
			if own[w] {
				return 0, 0, fmt.Errorf("social: inventory number %d holds word %d twice; accepted is once", i+1, w)
			}
			own[w], all[w] = true, true
		}
		total += len(inventory)
	}
	return len(all), total, nil
}

// SuccessRate is the share of successes in each window of so many interactions, one window after the other; with as
// many as there are agents a window is a population round. An incomplete last window is left out; not even one complete
// window is an error. Plug-in, O(n).
func SuccessRate(successes []bool, window int) ([]float64, error) {
	if window < 1 {
		return nil, fmt.Errorf("social: window %d; accepted is 1 or more", window)
	}
	if len(successes) < window {
		return nil, fmt.Errorf("social: %d interactions in windows of %d; accepted is one complete window or more", len(successes), window)
	}
	rates := make([]float64, 0, len(successes)/window)
	for w := range slices.Chunk(successes, window) {
		if len(w) < window {
			break
		}
		hits := 0
		for _, s := range w {
			if s {
				hits++
			}
		}
		rates = append(rates, float64(hits)/float64(window))
	}
	return rates, nil
}
