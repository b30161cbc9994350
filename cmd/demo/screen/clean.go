package screen

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a text that is shown: nobody reads more in passing, and what is cleaned must not be a book.
const (
	maxBytes = 2 << 10 // that are looked at
	maxMarks = 4       // combining marks on one letter
)

// clean is a text on one line that does nothing to a terminal but stand there. Agents, models and peers write what
// they like: control characters (escape sequences begin with one) and what is not seen but has an effect, such as a
// change of the writing direction, are left out, and blanks are one space.
func clean(text string) string {
	if len(text) > maxBytes {
		cut := maxBytes
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	var b strings.Builder
	b.Grow(len(text))
	marks, blank := 0, false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			blank = b.Len() > 0
			continue
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			if marks++; marks > maxMarks || b.Len() == 0 || blank {
				continue
			}
		case r == zeroWidthJoiner:
			if b.Len() == 0 || blank {
				continue
			}
		case !unicode.IsGraphic(r):
			continue
		default:
			marks = 0
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// zeroWidthJoiner makes one sign of several: families, flags, letters of some scripts.
const zeroWidthJoiner = '\u200d'

// cleanLines cleans a text of several lines, each for itself; empty ones are left out.
func cleanLines(text string, most int) (lines []string) {
	for line := range strings.Lines(text) {
		if len(lines) == most {
			return append(lines, "…")
		}
		if line = clean(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
