package openai

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how many runes of what a server says are shown.
const maxText = 200

// unprintable says whether a rune has no place in a line that is shown: control characters, and those that change the
// order or the look of others.
func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// oneLine makes at most limit runes of one printable line out of anything.
func oneLine(s string, limit int) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsSpace(r) || unprintable(r) {
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			n++
		}
		if n >= limit-1 {
			b.WriteString("…")
			return b.String()
		}
		b.WriteRune(r)
		n, space = n+1, false
	}
	return b.String()
}

// hide takes a key out of what a server says, and out of what became of it. Short keys are no secrets, but words.
func hide(s, key string) string {
	if len(key) < 4 || s == "" {
		return s
	}
	return strings.ReplaceAll(s, key, "[key]")
}

// shown is what people see of a text that may come from a server: one line, shortened, without the key.
func shown(s, key string) string {
	return hide(oneLine(hide(s, key), maxText), key)
}
