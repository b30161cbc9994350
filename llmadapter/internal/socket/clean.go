package socket

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/polis-agents/polis/llmadapter/internal/plain"
)

// MaxText is how many runes of what a server says are shown.
const MaxText = 200

// unprintable says whether a rune has no place in a line that is shown: control characters, and those that change the
// order or the look of others.
func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// OneLine makes at most limit runes of one printable line out of anything.
func OneLine(s string, limit int) string {
	var line []rune
	space := false
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsSpace(r) || unprintable(r) {
			space = len(line) > 0
			continue
		}
		if space {
			line = append(line, ' ')
		}
		line, space = append(line, r), false
		if len(line) > limit {
			return strings.TrimRight(string(line[:limit-1]), " ") + "…"
		}
	}
	return string(line)
}

// Hide takes a key out of what a server says, and out of what became of it, however it is spelled.
func Hide(s, key string) string { return plain.Key(key).Hide(s) }

// Shown is what people see of a text that may come from a server: one line, shortened, without the key. What is not
// shown of the line becomes a space, of which no key is made, so a key is hidden first, before it may be cut.
func Shown(s, key string) string {
	return OneLine(Hide(s, key), MaxText)
}
