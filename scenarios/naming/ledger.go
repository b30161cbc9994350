package naming

import "slices"

// Ledger is what an onlooker who hears every game would write down: which words each agent knows, by the minimal rule. It
// is for measuring; agents act on what they remember themselves.
type Ledger struct {
	Words    []string // every word that was ever said, in the order of their invention
	Known    [][]int  // by agent, in the order in which it learnt them
	Holders  []int    // by word
	Total    int      // of words that agents know
	Distinct int      // words that somebody knows

	MostTotal    int // of all games so far
	MostAt       int // the first game after which there were so many
	MostDistinct int

	number map[string]int
}

// word gives a word its number.
func (l *Ledger) word(text string) int {
	if l.number == nil { // restored
		l.number = make(map[string]int, len(l.Words))
		for i, w := range l.Words {
			l.number[w] = i
		}
	}
	i, known := l.number[text]
	if !known {
		i = len(l.Words)
		l.number[text] = i
		l.Words, l.Holders = append(l.Words, text), append(l.Holders, 0)
	}
	return i
}

// knows says whether an agent knows a word.
func (l *Ledger) knows(agent, word int) bool { return slices.Contains(l.Known[agent], word) }

// learn adds a word to those an agent knows.
func (l *Ledger) learn(agent, word int) {
	if l.knows(agent, word) {
		return
	}
	l.Known[agent] = append(l.Known[agent], word)
	l.Total++
	if l.Holders[word]++; l.Holders[word] == 1 {
		l.Distinct++
	}
}

// keep lets an agent forget all other words.
func (l *Ledger) keep(agent, word int) {
	if known := l.Known[agent]; len(known) == 1 && known[0] == word {
		return
	}
	l.forget(agent)
	l.learn(agent, word)
}

// forget lets it forget all words.
func (l *Ledger) forget(agent int) {
	for _, w := range l.Known[agent] {
		l.Total--
		if l.Holders[w]--; l.Holders[w] == 0 {
			l.Distinct--
		}
	}
	l.Known[agent] = l.Known[agent][:0]
}

// note looks at the ledger after a game.
func (l *Ledger) note(game int) {
	if l.Total > l.MostTotal {
		l.MostTotal, l.MostAt = l.Total, game
	}
	l.MostDistinct = max(l.MostDistinct, l.Distinct)
}

// leader is the word that most agents know: of several the oldest; -1: nobody knows any.
func (l *Ledger) leader() int {
	best := -1
	for i, n := range l.Holders {
		if n > 0 && (best < 0 || n > l.Holders[best]) {
			best = i
		}
	}
	return best
}
