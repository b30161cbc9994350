package social

import (
	"fmt"
	"strconv"
)

// Onset is when something began, counted from 1 in what the function says (rounds, windows, interactions). When it had
// not begun before the record ended it is right-censored: it began later than At, if at all. Onsets of several runs
// are made into a survival curve (Kaplan and Meier), never into a mean that takes a cap for a time.
type Onset struct {
	At       int
	Censored bool
}

// String is 17, or 17+ when the record ended there.
func (o Onset) String() string {
	if o.Censored {
		return strconv.Itoa(o.At) + "+"
	}
	return strconv.Itoa(o.At)
}

// First is the first value of at least level, counted from 1; it need not last. Shares of successes per window and 0.95
// make it t95. Censored at the number of values. O(T).
func First(values []float64, level float64) (Onset, error) {
	if err := amount("level", level, anything); err != nil {
		return Onset{}, err
	}
	if err := amounts("values", values, anything); err != nil {
		return Onset{}, err
	}
	for i, v := range values {
		if v >= level {
			return Onset{At: i + 1}, nil
		}
	}
	return Onset{At: len(values), Censored: true}, nil
}

// ConsensusTime is the first round in which all agents use one word: choices[t][i] is what agent i used in round t+1.
// It need not last; agents that choose by chance agree by chance. Censored at the number of rounds. Every round needs
// two agents or more: one agrees with itself. O(nT).
func ConsensusTime(choices [][]int) (Onset, error) {
	if len(choices) == 0 {
		return Onset{}, fmt.Errorf("social: no rounds; accepted is one or more")
	}
	first := Onset{At: len(choices), Censored: true}
	for t, round := range choices {
		if len(round) < 2 {
			return Onset{}, fmt.Errorf("social: round %d has %d agents; accepted is 2 or more", t+1, len(round))
		}
		if first.Censored && unanimous(round) {
			first = Onset{At: t + 1}
		}
	}
	return first, nil
}

func unanimous(choices []int) bool {
	for _, c := range choices {
		if c != choices[0] {
			return false
		}
	}
	return true
}

// T95 is the first population round of n interactions with at least 95 % of successes, counted in rounds from 1
// (Ashery, Aiello and Baronchelli 2025). Censored at the number of complete rounds. O(number of interactions).
func T95(successes []bool, n int) (Onset, error) {
	rates, err := SuccessRate(successes, n)
	if err != nil {
		return Onset{}, err
	}
	return First(rates, 0.95)
}

// StreakStart is the interaction, counted from 1, with which the first so many successes in a row begin. With language
// models, that never agree for certain, 3N of them are taken for consensus (Ashery, Aiello and Baronchelli 2025). When
// the record ends within a streak that is too short yet, consensus may have begun with it: it is censored just before
// that streak, and else at the end. O(number of interactions).
func StreakStart(successes []bool, length int) (Onset, error) {
	if length < 1 {
		return Onset{}, fmt.Errorf("social: streak of %d; accepted is 1 or more", length)
	}
	if len(successes) == 0 {
		return Onset{}, fmt.Errorf("social: no interactions; accepted is one or more")
	}
	run := 0
	for i, s := range successes {
		if run++; !s {
			run = 0
		}
		if run == length {
			return Onset{At: i + 2 - length}, nil
		}
	}
	return Onset{At: len(successes) - run, Censored: true}, nil
}
