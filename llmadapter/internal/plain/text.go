package plain

import (
	"strings"
	"unicode"
)

// Clean gives a text in valid UTF-8 without what steers a terminal or turns the direction of reading around. Lines
// become one.
func Clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200e', r == '\u200f':
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	return strings.TrimSpace(text)
}

// Shortened cuts a text that has more than so many characters.
func Shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	n := 0
	for i := range text {
		if n++; n > most {
			return text[:i] + "…"
		}
	}
	return text
}

// longest part of a sentence, in characters.
const longest = 400

// Part is a text from outside as a part of a sentence of ours: one short line that opens no fence in a prompt.
func Part(text string) string {
	return Shortened(strings.ReplaceAll(Clean(text), "```", "'''"), longest)
}
