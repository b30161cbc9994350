package naming

import (
	"math/rand/v2"
	"strings"
)

// mostWords is the largest closed vocabulary.
const mostWords = 702 // single letters and pairs

// firstNames are those of Ashery et al., in their order.
const firstNames = "QMXYFJPRCD"

// vocabulary gives the first n names of a closed vocabulary: theirs, the other letters, and pairs of letters.
func vocabulary(n int) []string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	names := make([]string, 0, mostWords)
	for _, c := range firstNames {
		names = append(names, string(c))
	}
	for _, c := range letters {
		if !strings.ContainsRune(firstNames, c) {
			names = append(names, string(c))
		}
	}
	for _, c := range letters {
		for _, d := range letters {
			names = append(names, string(c)+string(d))
		}
	}
	return names[:n:n]
}

// longest is how many characters a word may have.
const longest = 32

// syllables of an invented word: 75 to the sixth are 178,000,000,000, so that no two of a society invent the same.
const syllables = 6

// coin invents a word.
func coin(r *rand.Rand) string {
	const consonants, vowels = "bdfghjklmnprstv", "aeiou"
	x := r.Uint64()
	word := make([]byte, 0, 2*syllables)
	for range syllables {
		word = append(word, consonants[x%15], vowels[x/15%5])
		x /= 75
	}
	return string(word)
}
