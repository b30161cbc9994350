package social_test

import (
	"errors"
	"fmt"

	"github.com/polis-agents/polis/emergence/social"
)

func Example() {
	// What six agents called a thing in four rounds.
	rounds := [][]int{{1, 2, 3, 4, 5, 6}, {1, 1, 3, 3, 2, 6}, {1, 1, 1, 3, 1, 1}, {1, 1, 1, 1, 1, 1}}
	for _, words := range rounds {
		c, err := social.ConventionOf(words)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d words, the first among them %d with %.2f, %.2f bit, strength %.2f\n", c.Distinct, c.Dominant, c.Share, c.Entropy, c.Strength)
	}
	fmt.Println(social.ConsensusTime(rounds))
	fmt.Println(social.ConsensusTime(rounds[:3])) // the record ends before they agree
	// Output:
	// 6 words, the first among them 1 with 0.17, 2.58 bit, strength 0.17
	// 4 words, the first among them 1 with 0.33, 1.92 bit, strength 0.28
	// 2 words, the first among them 1 with 0.83, 0.65 bit, strength 0.72
	// 1 words, the first among them 1 with 1.00, 0.00 bit, strength 1.00
	// 4 <nil>
	// 3+ <nil>
}

// A value that stands by a convention comes with a Warning, bad input with another error and no value.
func ExampleWarning() {
	for _, catches := range [][]float64{{10, 10, 30}, {0, 0, 0}, {10, -10, 30}} {
		gini, err := social.Gini(catches)
		var warning social.Warning
		switch {
		case errors.As(err, &warning):
			fmt.Printf("%.2f, but %s\n", gini, warning.Warning())
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Printf("%.2f\n", gini)
		}
	}
	// Output:
	// 0.27
	// 0.00, but all payoffs are 0: inequality is taken as none
	// social: payoffs: number 2 is -10; accepted is a finite number from 0 on
}

// What eleven voters reach who are right in 6 of 10 cases and do not talk to each other. A debate has to beat it.
func ExampleCondorcet() {
	p, err := social.Condorcet(11, 0.6)
	fmt.Printf("%.4f %v\n", p, err)
	// Output: 0.7535 <nil>
}
